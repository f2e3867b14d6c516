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

mod all;
pub mod attribution;
mod case;
mod chord;
mod chunks;
pub mod coincidence;
mod exhibits;
mod extent;
pub mod figures;
mod finding;
pub mod following;
mod gaps;
pub mod incident;
mod kept;
mod local_day;
pub mod meeting;
mod memory;
mod part;
mod passes;
pub mod pattern;
mod plane;
pub mod prism;
pub mod quality;
#[cfg(test)]
mod real_tests;
pub mod scenes;
pub mod strength;
pub mod validation;
pub mod visit;
mod wall_clock;
pub mod words;

pub use all::{Settings, evaluate, evaluate_in_time, findings_of, timeline_of};
use case::deviations;
pub use case::{Allegation, Case, Device, Record, Recorded, SetAside, VictimPlace};
pub use exhibits::Exhibits;
pub use finding::{Cited, Class, Figure, Finding, Topic, UNBOUNDED, Value, Varied};
pub use gaps::{DEFAULT_MIN_GAP_US, Gap, Heard, gaps};
pub use kept::{Kept, Whose};
pub use local_day::{DAY_BEGINS_HOUR, LocalDay, local_days, local_hours};
