//! The custody clock of the Police and Criminal Evidence Act 1984: when periods end, and when reviews are due.
//!
//! ```text
//!  steps of a detention ─┐
//!                        ├─> CustodyClock: ceiling in force, absolute limit, next review, time left
//!  rule table (data) ────┘
//! ```
//! All periods are elapsed time between UTC moments; the zone serves for showing only, so that the nights on which clocks
//! change make nothing longer or shorter. The clock never says whether a detention is lawful. `docs/custody.md` explains
//! the rules and how to replace them.

mod case_clocks;
mod clock;
#[cfg(test)]
mod clock_tests;
mod plain;
mod remark;
mod rules;
mod shown;
mod stops;

pub use case_clocks::{CaseClock, case_clocks, least_left_us};
pub use clock::{Ceiling, CeilingKind, CustodyClock};
pub use plain::plain_left_us;
pub use remark::{Remark, RemarkKind};
pub use rules::{CustodyRules, PeriodRule, ReviewRule, RulesError, Zero};
pub use shown::ClockLine;
pub use stops::Limit;
