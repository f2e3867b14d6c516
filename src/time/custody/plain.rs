//! How much is left of a detention of which only two moments are known: for tables and quick answers.

use super::{CustodyClock, CustodyRules};
use crate::model::CustodyStep;

/// What is left at `now_us` of a detention that began at `relevant_us`, microseconds; negative once it has passed.
///
/// The ceiling is that of detention without anybody's authority, by the rule table. With `authorised_until_us`, the moment
/// to which somebody has authorised detention, the ceiling is the later of both and never past the absolute limit. It
/// knows of no stop of the clock and of no review: [`CustodyClock`] does.
#[must_use]
pub fn plain_left_us(
    relevant_us: i64,
    authorised_until_us: Option<i64>,
    now_us: i64,
    rules: &CustodyRules,
) -> Option<i64> {
    let started = CustodyStep::Started { relevant_us, authorised_us: None, indictable: false };
    let clock = CustodyClock::of([&started], rules)?;
    let ceiling_us = clock.ceiling.limit.end_us;
    let end_us = authorised_until_us.map_or(ceiling_us, |until_us| until_us.max(ceiling_us).min(clock.cap.end_us));
    Some(end_us.saturating_sub(now_us))
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: i64 = 3_600_000_000;

    #[test]
    fn the_rule_table_sets_the_ceiling_and_the_limit() {
        let rules = CustodyRules::pace().unwrap();
        let left = |until: Option<i64>, now: i64| plain_left_us(1_000 * H, until.map(|h| (1_000 + h) * H), now, &rules);
        assert_eq!(left(None, 1_000 * H), Some(24 * H));
        assert_eq!(left(None, 1_025 * H), Some(-H));
        assert_eq!(left(Some(36), 1_025 * H), Some(11 * H));
        assert_eq!(left(Some(12), 1_001 * H), Some(23 * H), "nobody's authority shortens what needs none");
        assert_eq!(left(Some(200), 1_000 * H), Some(96 * H), "the absolute limit");
        let mut ours = rules.clone();
        ours.detention.hours = 12;
        assert_eq!(plain_left_us(0, None, H, &ours), Some(11 * H), "the table is the rule");
    }
}
