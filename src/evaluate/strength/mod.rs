//! Strength: how much more likely records are if the device was near than if it kept its routine, or less.
//!
//! ```text
//!                      first proposition: within R of the target at that time
//!  record ──┬────────────────────────────────────────────────────────────┐
//!           │          second proposition: its own routine               ├──> likelihood ratio ──> validation's line ──> held
//!           └── other days of the device, by time of day and weekday ────┘                         and bounds            ──> scale
//! ```
//! - [`Prior`]: everything that is assumed, printed with every ratio.
//! - [`Routine`]: where the device is expected, from its other days.
//! - [`position_log10_lr`], [`sector_log10_lr`]: the ratio of one record.
//! - [`stated`]: the ratio of an allegation, or the reason why none is stated: no ratio leaves without a validation that
//!   covers it.
//! - [`findings`]: for a whole case, both directions in the same words.
//!
//! Never a probability of a proposition. "Within R" and "its own routine" are the only two propositions: whose the device
//! is, and who carried it, are other questions.

mod answer;
#[cfg(test)]
mod calibration_tests;
mod figure;
mod finding;
#[cfg(test)]
mod finding_tests;
mod habit;
mod kept;
mod local;
mod prior;
mod ratio;
#[cfg(test)]
mod ratio_tests;
#[cfg(test)]
mod real_tests;
mod routine;
#[cfg(test)]
mod routine_tests;
mod scale;
mod sector;
mod told;
#[cfg(test)]
pub(in crate::evaluate) mod worlds;

pub(super) use answer::bear_on;
pub use answer::{Computed, MAX_PARTS, PART_US, Refusal, Routines, Settings, Stated, computed, in_time, stated};
pub use figure::ratio_svg;
pub(super) use finding::changed_findings;
pub use finding::{MORE_LIKELY_NEAR, MORE_LIKELY_ROUTINE, NEITHER, NO_DATA, REFUSED, device_findings, findings};
pub use habit::{Component, Habit};
pub(super) use kept::Passes;
pub use prior::{Environment, NOVEL_SCALES_M, Prior, PriorError, SectorPrior};
pub use ratio::{Target, position_log10_lr, sector_log10_lr};
pub use routine::{Basis, Routine};
pub use scale::{AFSP_2009, Band, ENFSI_2015, Scale, grouped, said};
pub use sector::Sector;
