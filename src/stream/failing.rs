//! Partitions whose pipeline has failed: how long each waits before it is started again, and what is said of it.
//!
//! ```text
//!  works ─ fails ─> waits 1 s ─> reads again what is stored ─ fails ─> waits 2 s ─> ... ─> waits 60 s at most
//!    ^                                   │
//!    └──── goes further than before ─────┘      then the next failure counts as the first
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use super::standing::Standing;

const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_mins(1);

/// How long a pipeline waits after so many failures in a row: 1 s, doubled each time, 60 s at most.
#[must_use]
pub fn wait_after(failures: u32) -> Duration {
    FIRST.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)).min(MOST)
}

#[derive(Debug, Default)]
struct Failed {
    failures: u32,
    /// Why it does not work; `None` if it works again, and has yet to go further.
    why: Option<String>,
    /// It is at work, or on its way to it.
    started: bool,
    /// Where it stood when it was last started again.
    began: Standing,
}

/// The partitions that have failed and have not gone further since.
#[derive(Debug, Default)]
pub struct Failing(BTreeMap<i32, Failed>);

impl Failing {
    /// Notes a failure: how long to wait now.
    pub fn failed(&mut self, partition: i32, why: String) -> Duration {
        let failed = self.0.entry(partition).or_default();
        failed.failures = failed.failures.saturating_add(1);
        (failed.why, failed.started) = (Some(why), false);
        wait_after(failed.failures)
    }

    /// Whether a partition waits to be started again.
    pub fn waits(&self, partition: i32) -> bool {
        self.0.get(&partition).is_some_and(|failed| !failed.started)
    }

    /// How many partitions wait to be started again.
    pub fn waiting(&self) -> usize {
        self.0.values().filter(|failed| !failed.started).count()
    }

    /// Notes that a partition was started again, from there.
    pub fn started(&mut self, partition: i32, from: Standing) {
        if let Some(failed) = self.0.get_mut(&partition) {
            (failed.started, failed.began) = (true, from);
        }
    }

    /// Notes that a partition works, and where it stands.
    pub fn works(&mut self, partition: i32, standing: &Standing) {
        let Some(failed) = self.0.get_mut(&partition).filter(|failed| failed.started) else { return };
        failed.why = None;
        if failed.began != *standing {
            self.0.remove(&partition);
        }
    }

    /// Forgets a partition that is not ours any more.
    pub fn forget(&mut self, partition: i32) {
        self.0.remove(&partition);
    }

    /// What is said of the partitions that do not work; `None` if all do.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let of = |(partition, failed): (&i32, &Failed)| {
            let (why, n) = (failed.why.as_ref()?, failed.failures);
            let wait_s = wait_after(n).as_secs();
            Some(format!(
                "partition {partition} failed {n} times in a row, and is started again after {wait_s} s: {why}"
            ))
        };
        let all: Vec<String> = self.0.iter().filter_map(of).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing::Next;
    use super::*;
    use crate::store::Table;

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let waits: Vec<u64> = [1, 2, 3, 6, 7, 33, u32::MAX].map(|n| wait_after(n).as_secs()).into();
        assert_eq!(waits, [1, 2, 4, 32, 60, 60, 60]);
    }

    #[test]
    fn only_going_further_makes_the_next_failure_the_first_again() {
        let (mut failing, mut standing) = (Failing::default(), Standing::default());
        let seconds = |failing: &mut Failing| failing.failed(3, "no room".to_owned()).as_secs();
        assert_eq!((seconds(&mut failing), failing.waits(3), failing.waiting()), (1, true, 1));
        failing.works(3, &standing);
        assert!(failing.text().is_some(), "what its last commit says comes late");
        failing.started(3, standing.clone());
        assert!(failing.text().is_some_and(|text| text.contains("partition 3") && text.contains("no room")));
        failing.works(3, &standing);
        assert_eq!((failing.text(), failing.waits(3)), (None, false));
        assert_eq!(seconds(&mut failing), 2, "it came no further");
        failing.started(3, standing.clone());
        standing.note(Table::Fixes, &Next { fixes: 7, cases: 0 });
        failing.works(3, &standing);
        assert_eq!(seconds(&mut failing), 1);
        failing.forget(3);
        assert_eq!((failing.text(), failing.waiting()), (None, 0));
    }
}
