//! How far each table is with each topic of a partition, and the parts of a commit that bring it further.

use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;

use crate::source::kafka::{NextOffset, Position};
use crate::source::{Block, Topic};
use crate::store::{Offsets, Part, Store, StoreError, Table};

/// The next offsets that the tables hold of one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    at: BTreeMap<(Table, Topic), i64>,
}

/// The tables that are committed, the truth before what is derived from it.
pub const COMMITTED: [Table; 5] =
    [Table::Rejects, Table::CaseEvents, Table::Fixes, Table::Proximity, Table::Encounters];

const fn topic_of(table: Table) -> &'static [Topic] {
    match table {
        Table::Fixes => &[Topic::Fixes],
        Table::CaseEvents => &[Topic::Cases],
        Table::Rejects | Table::Proximity | Table::Encounters | Table::Exhibits => &[Topic::Fixes, Topic::Cases],
    }
}

impl Standing {
    /// Reads how far the tables are, for all partitions.
    ///
    /// # Errors
    /// [`StoreError`] if a log cannot be read.
    pub async fn of_all(store: &Store) -> Result<BTreeMap<i32, Self>, StoreError> {
        let mut all: BTreeMap<i32, Self> = BTreeMap::new();
        for topic in [Topic::Fixes, Topic::Cases] {
            for (partition, tables) in store.next_offsets(topic.as_str()).await? {
                let standing = all.entry(partition).or_default();
                standing.at.extend(tables.into_iter().map(|(table, next)| ((table, topic), next)));
            }
        }
        Ok(all)
    }

    /// The next offset of a topic that a table holds; `None` if it holds none.
    #[must_use]
    pub fn at(&self, table: Table, topic: Topic) -> Option<i64> {
        self.at.get(&(table, topic)).copied()
    }

    /// The greatest next offset of a topic that any table holds: from there on no offset was ever used.
    #[must_use]
    pub fn furthest(&self, topic: Topic) -> i64 {
        COMMITTED.into_iter().filter_map(|table| self.at(table, topic)).max().unwrap_or(0)
    }

    /// Where each topic is to be read from: after what its table of truth holds.
    #[must_use]
    pub fn positions(&self, partition: i32) -> Vec<Position> {
        let from = |table, topic| {
            let next = self.at(table, topic).and_then(NextOffset::new)?;
            Some(Position { topic, partition, next })
        };
        let all = [from(Table::Fixes, Topic::Fixes), from(Table::CaseEvents, Topic::Cases)];
        all.into_iter().flatten().collect()
    }

    /// The offsets from which on what is derived may lack what the truth holds; `None` if it lacks nothing.
    #[must_use]
    pub fn behind(&self) -> Option<(i64, i64)> {
        let least = |topic| {
            [Table::Proximity, Table::Encounters].map(|t| self.at(t, topic).unwrap_or(0)).into_iter().min().unwrap_or(0)
        };
        let (fixes, cases) = (least(Topic::Fixes), least(Topic::Cases));
        let truth = |table, topic| self.at(table, topic).unwrap_or(0);
        let lacks = fixes < truth(Table::Fixes, Topic::Fixes) || cases < truth(Table::CaseEvents, Topic::Cases);
        lacks.then_some((fixes, cases))
    }

    /// The parts of a table's commit that bring it to `next`; the rows go with the first.
    #[must_use]
    pub fn parts(&self, table: Table, partition: i32, next: &Next, mut rows: Vec<RecordBatch>) -> Vec<Part> {
        let part = |topic: &Topic| {
            let expected = self.at(table, *topic);
            // A table that is ahead (it was committed before the process ended) stays where it is.
            let next = next.of(*topic).max(expected.unwrap_or(0));
            let offsets = Offsets { topic: topic.as_str().to_owned(), partition, expected, next };
            Part { rows: std::mem::take(&mut rows), offsets: Some(offsets) }
        };
        topic_of(table).iter().map(part).collect()
    }

    /// Notes that parts were committed.
    pub fn note(&mut self, table: Table, next: &Next) {
        for topic in topic_of(table) {
            let at = self.at.entry((table, *topic)).or_insert(0);
            *at = (*at).max(next.of(*topic));
        }
    }
}

/// The next offsets of a partition's topics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Next {
    /// Of `fixes`.
    pub fixes: i64,
    /// Of `cases`.
    pub cases: i64,
}

impl Next {
    /// Of a topic.
    #[must_use]
    pub const fn of(&self, topic: Topic) -> i64 {
        match topic {
            Topic::Fixes => self.fixes,
            Topic::Cases => self.cases,
        }
    }

    /// When these were taken too.
    #[must_use]
    pub fn after(mut self, blocks: &[Block]) -> Self {
        for block in blocks {
            let of = match block.topic() {
                Topic::Fixes => &mut self.fixes,
                Topic::Cases => &mut self.cases,
            };
            *of = block.next_offset().unwrap_or(*of);
        }
        self
    }

    /// How many messages are taken into account: the revision of what is said now.
    #[must_use]
    pub const fn messages(&self) -> i64 {
        self.fixes.saturating_add(self.cases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(at: &[(Table, Topic, i64)]) -> Standing {
        Standing { at: at.iter().map(|(table, topic, next)| ((*table, *topic), *next)).collect() }
    }

    #[test]
    fn reading_goes_on_where_the_truth_ends_and_what_is_derived_catches_up() {
        let s = standing(&[
            (Table::Fixes, Topic::Fixes, 50),
            (Table::Proximity, Topic::Fixes, 40),
            (Table::Encounters, Topic::Fixes, 50),
            (Table::CaseEvents, Topic::Cases, 7),
            (Table::Proximity, Topic::Cases, 7),
            (Table::Encounters, Topic::Cases, 7),
        ]);
        let from: Vec<_> = s.positions(3).iter().map(|p| (p.topic, p.partition, p.next.get())).collect();
        assert_eq!(from, [(Topic::Fixes, 3, 50), (Topic::Cases, 3, 7)]);
        assert_eq!(s.behind(), Some((40, 7)));
        let mut caught_up = s;
        caught_up.note(Table::Proximity, &Next { fixes: 50, cases: 7 });
        assert_eq!(caught_up.behind(), None);
        assert_eq!(Standing::default().behind(), None);
        assert_eq!(Standing::default().positions(0), []);
    }

    #[test]
    fn a_table_that_is_ahead_is_not_brought_back() {
        let s = standing(&[(Table::Rejects, Topic::Fixes, 60)]);
        let parts = s.parts(Table::Rejects, 1, &Next { fixes: 55, cases: 0 }, Vec::new());
        let steps: Vec<_> = parts.iter().filter_map(|p| p.offsets.clone()).collect();
        let step = |topic: &str, expected, next| Offsets { topic: topic.into(), partition: 1, expected, next };
        assert_eq!(steps, [step("fixes", Some(60), 60), step("cases", None, 0)]);
        assert_eq!(
            (s.furthest(Topic::Fixes), s.furthest(Topic::Cases)),
            (60, 0),
            "other messages never get its offsets"
        );
    }
}
