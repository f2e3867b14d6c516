//! A custody clock in words: local times with their zone, and how long is left.

use super::{CeilingKind, CustodyClock, CustodyRules, Limit};
use crate::time::{ZoneRule, elapsed_text, local_text, utc_text};

/// One line of a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockLine {
    /// What it is: `ceiling: superintendent's extension`.
    pub label: String,
    /// When, in the table's zone: `2026-03-30 00:55:00 BST`.
    pub local: String,
    /// When, in UTC: `2026-03-29T23:55:00Z`.
    pub utc: String,
    /// How long is left, or since when it is not: `03:10:05 left`, `00:12:00 ago`, `03:10:05 left, clock stopped`.
    pub left: String,
    /// Where the rule is from.
    pub source: String,
}

impl CustodyClock {
    /// The clock as seen at `now_us`: the ceiling in force, the absolute limit, the next review; times, no judgement.
    ///
    /// After the end of detention there is one line that says when it ended.
    #[must_use]
    pub fn shown(&self, rules: &CustodyRules, now_us: i64) -> Vec<ClockLine> {
        let zone = rules.zone_rule().unwrap_or_else(|_| ZoneRule::utc());
        if let Some(at_us) = self.released_us {
            let ended = Limit { end_us: at_us, stopped_since_us: None };
            return vec![line("detention ended".to_owned(), ended, "", &zone, now_us)];
        }
        let kind = self.ceiling.kind;
        let label = format!("ceiling: {}", kind.as_str());
        let mut lines = vec![line(label, self.ceiling.limit, &kind.rule(rules).source, &zone, now_us)];
        if kind != CeilingKind::Cap {
            lines.push(line(CeilingKind::Cap.as_str().to_owned(), self.cap, &rules.cap.source, &zone, now_us));
        }
        let review = self.next_review.map(|r| line("next review".to_owned(), r, &rules.reviews.source, &zone, now_us));
        lines.extend(review);
        lines
    }
}

fn line(label: String, limit: Limit, source: &str, zone: &ZoneRule, now_us: i64) -> ClockLine {
    let end_us = limit.end_seen_at(now_us);
    let left_us = limit.left_us(now_us);
    let stopped = limit.stopped_since_us.is_some_and(|since_us| since_us <= now_us);
    let left = match (left_us < 0, stopped) {
        (true, _) => format!("{} ago", elapsed_text(left_us.saturating_neg())),
        (false, false) => format!("{} left", elapsed_text(left_us)),
        (false, true) => format!("{} left, clock stopped", elapsed_text(left_us)),
    };
    ClockLine { label, local: local_text(end_us, zone), utc: utc_text(end_us), left, source: source.to_owned() }
}
