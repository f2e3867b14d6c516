//! What is appended in one commit: rows, and for each partition of a topic the offset after them.
//!
//! ```text
//!  expected 40 ─┐
//!  stored   40 ─┴─ equal: the rows and `next` 57 go into the commit
//!  expected 40, stored 57 ── taken: another writer (or this one, before a crash) has them; the rows are left out
//! ```

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::RecordBatch;

use super::{StoreError, Table};

/// Rows for one table, and how far they bring each partition.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The table.
    pub table: Table,
    /// The rows, by where they come from.
    pub parts: Vec<Part>,
}

/// Rows that come from one place and are committed together or not at all.
#[derive(Debug, Clone)]
pub struct Part {
    /// Batches with the columns of the table but `stored_at`, in any order; texts may be dictionaries.
    pub rows: Vec<RecordBatch>,
    /// The partition they come from; `None` for rows that come from no topic, which the caller must not give twice.
    pub offsets: Option<Offsets>,
}

/// A step of one partition of one topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offsets {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The next offset that the table must hold now; `None` if it must hold none yet.
    pub expected: Option<i64>,
    /// The next offset after these rows.
    pub next: i64,
}

impl Offsets {
    /// The name of the application transaction in the Delta log, whose version is the next offset.
    #[must_use]
    pub fn app_id(&self) -> String {
        app_id(&self.topic, self.partition)
    }
}

/// The name of the application transaction of a partition: `locard-<topic>-<partition>`.
pub(super) fn app_id(topic: &str, partition: i32) -> String {
    format!("locard-{topic}-{partition}")
}

/// The partition that an application transaction of a topic is for.
pub(super) fn partition_of(app_id: &str, topic: &str) -> Option<i32> {
    app_id.strip_prefix("locard-")?.strip_prefix(topic)?.strip_prefix('-')?.parse().ok()
}

/// A part that was left out, since the table does not stand where the caller thought with its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The next offset that the table holds.
    pub stored: Option<i64>,
}

/// What a commit did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The version of the table that it made; `None` if nothing was left to commit.
    pub version: Option<u64>,
    /// Rows committed.
    pub rows: u64,
    /// Data files written.
    pub files: usize,
    /// Their size, bytes.
    pub bytes: u64,
    /// What was left out.
    pub taken: Vec<Taken>,
    /// How often it was tried: more than once if other writers were faster.
    pub attempts: usize,
}

/// Checks that the steps make sense in themselves.
pub(super) fn check(commit: &Commit) -> Result<(), StoreError> {
    let mut seen = BTreeSet::new();
    for o in commit.parts.iter().filter_map(|p| p.offsets.as_ref()) {
        let fault = if !seen.insert((o.topic.as_str(), o.partition)) {
            Some("named twice in one commit".to_owned())
        } else if o.next < o.expected.unwrap_or(0) {
            Some(format!("next offset {} is before the expected {}", o.next, o.expected.unwrap_or(0)))
        } else {
            None
        };
        if let Some(detail) = fault {
            let (table, topic, partition) = (commit.table, o.topic.clone(), o.partition);
            return Err(StoreError::Offsets { table, topic, partition, detail });
        }
    }
    Ok(())
}

/// What of a commit has to be left out on a table that holds these next offsets.
///
/// The parts of a partition, one for each topic, go together: where one is late all are left out. Otherwise the rows of
/// a writer that fell behind in one topic would get in with its step in the other, in which nothing has moved.
pub(super) fn late<'a>(
    steps: impl Iterator<Item = Option<&'a Offsets>> + Clone,
    stored: &BTreeMap<String, i64>,
) -> Vec<Taken> {
    let partitions: BTreeSet<i32> =
        steps.clone().filter_map(|step| taken(step, stored)).map(|taken| taken.partition).collect();
    let out = steps.flatten().filter(|o| partitions.contains(&o.partition));
    let stored = |o: &Offsets| stored.get(&o.app_id()).copied();
    out.map(|o| Taken { topic: o.topic.clone(), partition: o.partition, stored: stored(o) }).collect()
}

/// Whether a part is among what is left out.
pub(super) fn is_left_out(offsets: Option<&Offsets>, late: &[Taken]) -> bool {
    offsets.is_some_and(|o| late.iter().any(|t| t.partition == o.partition && t.topic == o.topic))
}

/// Why a part cannot be committed on a table that holds these next offsets; `None` if it can.
fn taken(offsets: Option<&Offsets>, stored: &BTreeMap<String, i64>) -> Option<Taken> {
    let o = offsets?;
    let stored = stored.get(&o.app_id()).copied();
    (stored != o.expected).then(|| Taken { topic: o.topic.clone(), partition: o.partition, stored })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(partition: i32, expected: Option<i64>, next: i64) -> Offsets {
        Offsets { topic: "fixes".to_owned(), partition, expected, next }
    }

    #[test]
    fn a_part_is_committed_only_where_the_table_stands_as_expected() {
        let stored = BTreeMap::from([("locard-fixes-3".to_owned(), 40)]);
        let at = |o: &Offsets| taken(Some(o), &stored).map(|t| t.stored);
        assert_eq!(at(&step(3, Some(40), 57)), None);
        assert_eq!(at(&step(3, Some(39), 57)), Some(Some(40)), "a replay");
        assert_eq!(at(&step(3, Some(41), 57)), Some(Some(40)), "a gap");
        assert_eq!(at(&step(3, None, 57)), Some(Some(40)));
        assert_eq!(at(&step(4, None, 57)), None);
        assert_eq!(at(&step(4, Some(0), 57)), Some(None));
        assert_eq!(taken(None, &stored), None);
    }

    #[test]
    fn a_partition_that_is_late_in_one_topic_is_left_out_in_both() {
        let stored = [("locard-fixes-3", 40), ("locard-cases-3", 9), ("locard-fixes-4", 5)];
        let stored = stored.map(|(app_id, next)| (app_id.to_owned(), next)).into();
        let cases = Offsets { topic: "cases".to_owned(), ..step(3, Some(7), 9) };
        let steps = [step(3, Some(40), 40), cases, step(4, Some(5), 6)];
        let late = late(steps.iter().map(Some), &stored);
        let seen: Vec<_> = late.iter().map(|t| (t.topic.as_str(), t.partition, t.stored)).collect();
        assert_eq!(seen, [("fixes", 3, Some(40)), ("cases", 3, Some(9))]);
        assert_eq!(steps.each_ref().map(|s| is_left_out(Some(s), &late)), [true, true, false]);
        assert!(!is_left_out(None, &late));
    }

    #[test]
    fn steps_that_make_no_sense_are_refused() {
        let commit = |steps: Vec<Offsets>| Commit {
            table: Table::Fixes,
            parts: steps.into_iter().map(|o| Part { rows: Vec::new(), offsets: Some(o) }).collect(),
        };
        assert!(check(&commit(vec![step(1, None, 5), step(2, Some(5), 5)])).is_ok());
        assert!(check(&commit(vec![step(1, None, 5), step(1, Some(5), 6)])).is_err());
        assert!(check(&commit(vec![step(1, Some(6), 5)])).is_err());
        assert!(check(&commit(vec![step(1, None, -1)])).is_err());
    }

    #[test]
    fn a_topic_whose_name_begins_another_is_told_apart() {
        assert_eq!(partition_of(&app_id("fixes", 12), "fixes"), Some(12));
        assert_eq!(partition_of(&app_id("fixes-2", 12), "fixes"), None);
        assert_eq!(partition_of("locard-fixes-x", "fixes"), None);
        assert_eq!(partition_of("other-fixes-1", "fixes"), None);
    }
}
