//! Incidents: was the device there, when and where something is alleged?
//!
//! ```text
//!   a fix in the window, definite or probable at the radius ───────────────> places_device_there
//!   a fix in the window, possible ─────────────────────────────────────────> consistent
//!   else, some moment of the window on which no record's shadow lies ──────> consistent
//!   else, every moment in a shadow at every declared speed ────────────────> excludes
//!   no record in or near the window ───────────────────────────────────────> no_data
//! ```
//! `excludes` is said of the whole window: one fix five kilometres away at noon does not exclude the hour before or
//! after it. It means that there is no moment of the window, widened by the time tolerance, at which the device could
//! have been within the radius plus the place's extent, going no faster than the fastest declared mode (or than its own
//! records show that it went). If it was there, and errors are as stated, that is said with at most the probability that
//! the percentile leaves ([`crate::evaluate::prism`]).

mod finding;
mod judge;
mod nearest;
mod scene;
mod sensitivity;

pub use finding::{device_finding, findings, incident_finding};
pub use judge::{Answer, Basis, IncidentResult, ModeVerdict, judge};
pub use nearest::Nearest;
pub use scene::bears_on;

#[cfg(test)]
mod judge_tests;
#[cfg(test)]
mod worlds_tests;
