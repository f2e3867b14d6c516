//! Which case is evaluated next. Pure.

use std::collections::{BTreeSet, VecDeque};

use crate::source::CaseLag;

/// Cases that wait, in the order in which they began to.
#[derive(Debug, Default)]
pub(super) struct Queue {
    order: VecDeque<String>,
    waiting: BTreeSet<String>,
    /// Whether the last one was taken for its clock.
    urgent: bool,
}

impl Queue {
    /// Adds cases; one that waits already keeps its place.
    pub(super) fn add(&mut self, cases: impl IntoIterator<Item = String>) {
        for case in cases {
            if self.waiting.insert(case.clone()) {
                self.order.push_back(case);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The next case: that with the least custody time left, and every other time the one that has waited longest, so that
    /// a case in custody that changes all the time leaves room for the rest. `cases` has the most urgent first.
    pub(super) fn next(&mut self, cases: &[CaseLag]) -> Option<String> {
        let clocked = cases.iter().filter(|case| case.left_us.is_some());
        let urgent = clocked.map(|case| &case.case).find(|case| self.waiting.contains(*case));
        let at = match urgent {
            Some(case) if !self.urgent => self.order.iter().position(|waits| waits == case),
            _ => None,
        };
        self.urgent = at.is_some();
        let next = self.order.remove(at.unwrap_or(0))?;
        self.waiting.remove(&next);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag(case: &str, left_us: Option<i64>) -> CaseLag {
        CaseLag { case: case.to_owned(), partition: 0, lag_records: 0, left_us, aside_bytes: None }
    }

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn custody_goes_first_and_nobody_waits_for_ever() {
        let cases = [lag("pressing", Some(1)), lag("later", Some(9)), lag("huge", None)];
        let mut queue = Queue::default();
        queue.add(names(&["a", "huge", "b", "later", "pressing"]));
        queue.add(names(&["a"]));
        let mut taken = Vec::new();
        while let Some(next) = queue.next(&cases) {
            // The pressing case changes all the time.
            if next == "pressing" && taken.len() < 6 {
                queue.add(names(&["pressing"]));
            }
            taken.push(next);
        }
        assert_eq!(taken, ["pressing", "a", "pressing", "huge", "pressing", "b", "pressing", "later"]);
        assert!(queue.is_empty() && queue.next(&cases).is_none());
    }
}
