//! Where things are: the one distance function, the cells that let far pairs be skipped, and their SQL functions.
//!
//! ```text
//!  a pair ──> time bucket ──> lattice cell ──> plane bound ──> distance     (each dearer, each run on fewer pairs)
//! ```
//! Coarse steps may keep a pair that is too far; none may lose a pair that is near. [`disc`] holds the bound that all of
//! them rest on. [`lattice`] is the filter of the join: cells that cost a multiplication, not an H3 index, per fix;
//! [`discs`] says which of them a disc touches.
//! [`cover`] is the same promise in H3 cells, for tables that store them.

mod at_least;
pub mod compare;
pub mod cover;
pub mod disc;
pub mod discs;
pub mod distance;
pub mod functions;
pub mod lattice;
pub mod national_grid;
mod probability;
pub mod reach;

pub use at_least::at_least;
pub use compare::{Comparator, Metric, Verdict};
pub use distance::{EARTH_RADIUS_M, bearing_deg, distance_m, haversine_m};
pub use probability::{p_within, sigma_m};
