//! The space-time prism: where a device could have been between its records.
//!
//! ```text
//!   time                  a record i keeps a place out for D_i / v before and after it: its shadow
//!    ↑   ● record after       D_i = distance to the place − the place's reach − the record's own radius (not below 0)
//!    │  ╱▒╲
//!    │ ╱▒▒▒╲     place        ──▒▒▒▒▒▒▒▒▒●▒▒▒▒▒▒▒▒▒▒·········free·········▒▒▒▒▒▒▒▒▒▒●▒▒▒▒▒──> time
//!    │ ╲▒▒▒╱     ·····             shadow of the record before         shadow of the record after
//!    │  ╲▒╱
//!    │   ● record before      The device could have been at the place when no shadow lies on the moment.
//!    └──────────────> space
//! ```
//! Between two records this is the condition of Hägerstrand's prism, `D_1 / v + m + D_2 / v <= T` (Miller 1991). The
//! distance is the geodesic: no road is shorter, so what is called unreachable is unreachable, and what is called
//! reachable may not be.
//!
//! Every record holds its position only with a probability. The records that bear on one moment (its [`Family`]) are
//! chosen by their times and stated radii alone, never by their positions, and share the allowance for error between
//! them (Bonferroni): a device that was there at a given moment is shut out with at most the stated probability, if
//! errors are Gaussian as stated and it went no faster than `v`.

pub(super) mod chord;
mod family;
mod frontier;
mod params;
mod segments;
mod shadow;

pub(super) use family::MAX_MEMBERS;
pub use family::{Family, Member, Side};
pub use frontier::Frontier;
pub(super) use frontier::{MAX_A_SIDE, bears, loses};
pub(super) use params::deviations;
pub use params::{MODES, Mode, ReachError, ReachParams};
pub use segments::{Segment, Segments};
pub(super) use shadow::seconds;
pub use shadow::{Binding, Places, Room, Span, fastest_of, least_speed, spans_at};

#[cfg(test)]
mod prism_tests;
