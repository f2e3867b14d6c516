//! Partitions whose cases are being taken back: a reason not to be ready, for as long as there is one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::readiness::Readiness;

/// The partitions, and how many say so of each: one that is lost and given again may have two.
#[derive(Debug, Clone)]
pub(super) struct Partitions {
    readiness: Readiness,
    by_number: Arc<Mutex<BTreeMap<i32, usize>>>,
}

impl Partitions {
    pub(super) fn new(readiness: Readiness) -> Self {
        Self { readiness, by_number: Arc::default() }
    }

    pub(super) fn begin(&self, partition: i32) -> Restoring {
        self.change(|all| *all.entry(partition).or_default() += 1);
        Restoring { partition, all: self.clone() }
    }

    fn end(&self, partition: i32) {
        self.change(|all| {
            let left = all.get(&partition).map_or(0, |count| count.saturating_sub(1));
            _ = if left == 0 { all.remove(&partition) } else { all.insert(partition, left) };
        });
    }

    /// Changes what is restored and says it, in one: what is said last is what is true.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<i32, usize>)) {
        let mut all = self.by_number.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut all);
        if all.is_empty() {
            return self.readiness.clear(Readiness::RESTORING);
        }
        let numbers: Vec<String> = all.keys().map(i32::to_string).collect();
        let text = format!("cases are taken back from the tables: partition {}", numbers.join(", "));
        self.readiness.set(Readiness::RESTORING, text);
    }
}

/// Says that cases of a partition are being taken back; dropped, it says so no more.
#[derive(Debug)]
pub struct Restoring {
    partition: i32,
    all: Partitions,
}

impl Drop for Restoring {
    fn drop(&mut self) {
        self.all.end(self.partition);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_restoring_until_the_last_partition_is_done() {
        let readiness = Readiness::default();
        let partitions = Partitions::new(readiness.clone());
        let (three, five, again) = (partitions.begin(3), partitions.begin(5), partitions.begin(3));
        let said = |text: &str| {
            let reasons = readiness.reasons();
            assert_eq!(reasons.get(Readiness::RESTORING).and_then(|t| t.split_once(": ")).map_or("", |t| t.1), text);
        };
        said("partition 3, 5");
        drop(three);
        said("partition 3, 5");
        drop(again);
        said("partition 5");
        drop(five);
        said("");
        assert!(readiness.is_ready());
    }
}
