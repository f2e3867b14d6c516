//! The clocks of one case, and the one with least time left.

use super::{CustodyClock, CustodyRules};
use crate::model::CaseState;
use crate::model::case_state::{CaseStatus, Said};

/// The clock of one detention of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseClock<'a> {
    /// Names the detention in the case.
    pub custody_id: &'a str,
    /// The person detained.
    pub subject_id: &'a str,
    /// The clock.
    pub clock: CustodyClock,
    /// Who recorded the step that set the ceiling in force, when and why.
    pub ceiling_said: Option<&'a Said>,
}

/// The clocks of a case, in the order of their detentions' identifiers; those that have not started are left out.
#[must_use]
pub fn case_clocks<'a>(case: &'a CaseState, rules: &CustodyRules) -> Vec<CaseClock<'a>> {
    let clock = |custody: crate::model::case_state::Custody<'a>| {
        let clock = CustodyClock::of(custody.steps.iter().map(|s| s.step), rules)?;
        let ceiling_said = custody.steps.get(clock.ceiling.set_by).map(|s| s.said);
        Some(CaseClock { custody_id: custody.custody_id, subject_id: custody.subject_id, clock, ceiling_said })
    };
    case.custody().filter_map(clock).collect()
}

/// The least time left of the case's clocks at `now_us`, microseconds; `None` without a clock or if the case is closed.
///
/// A clock whose ceiling has passed gives a negative number and yields to one that still runs: its time cannot be won
/// back, the other's can be lost. Of several that have passed the latest is given.
#[must_use]
pub fn least_left_us(case: &CaseState, rules: &CustodyRules, now_us: i64) -> Option<i64> {
    if matches!(case.status(), CaseStatus::Closed { .. }) {
        return None;
    }
    let left = case_clocks(case, rules).into_iter().filter_map(|c| c.clock.left_us(now_us));
    left.min_by_key(|left_us| (*left_us < 0, left_us.unsigned_abs()))
}
