//! From contacts to encounters: who was near whom, from when to when, and how near they came.
//!
//! ```text
//!  contacts of one device and one target, as intervals of time         g graded (within radius_m)
//!                                                                      h held (within exit_radius_m only)
//!    h ──        g ──── g ──   h ───        g ───            h ───
//!                └──────┬────────┘  <= gap   │      > gap
//!                enter ─┴────────────────── exit   the next h opens nothing
//! ```
//! - [`fold()`] groups contacts by device and target and cuts each group into maximal runs.
//! - [`measure_approach`] adds how near the two came on their tracks between the records.
//! - [`ContentId`] names fixes, targets, proximities and encounters by what is in them.
//!
//! Invariant: the result is a function of the set of records. Everything is sorted by content (names, times,
//! positions, exhibit and row), never by the order of arrival, so the same contacts in any order give the same
//! encounters to the byte. Positions in the caller's tables appear only as pointers, never in an order or an identifier.

mod annotate;
mod approach;
mod chains;
mod contact;
mod content_id;
mod content_order;
mod fold;
mod judge;
mod sweep;
mod track;

pub use annotate::measure_approach;
pub use approach::closest_approach;
pub use chains::{Chain, Chains};
pub use contact::{Contact, FixPoint, FoldError, Origin, Tables, TargetPoint};
pub use content_id::{anchor_id, fix_id, fix_row_id, incident_id, place_id, proximity_id};
pub use fold::{fold, together};
pub use judge::{End, contact};
pub use track::{DistanceFn, Track, TrackPoint};

pub use crate::model::ContentId;
