//! What the records say beyond proximity: what they show, what they exclude, and what they cannot say.
//!
//! ```text
//!  Case (devices, records, places, incidents, parameters)
//!    ├─> incident · meeting · visit · following · pattern · quality      what records show
//!    └─> coincidence · strength · attribution · scenes                   against what they are weighed
//!                              └──> Finding: question, answer, fixes, parameters, sensitivity, alternatives, limits
//! ```
//! Each topic is a folder: pure functions from plain rows to a typed result, and one function from the result to a
//! [`Finding`]. What helps the suspect is computed with the care of what helps the victim; nothing that is unknown is
//! given an answer. The same records in any order give the same findings.

mod case;
mod chord;
mod finding;
pub mod following;
mod gaps;
mod local_day;
pub mod pattern;
pub mod visit;
pub mod words;

pub use case::{Allegation, Case, Device, Record, VictimPlace};
pub use finding::{Cited, Class, Figure, Finding, Topic, Value, Varied};
pub use gaps::{DEFAULT_MIN_GAP_US, Gap, Heard, gaps};
pub use local_day::{DAY_BEGINS_HOUR, LocalDay, local_days, local_hours};
