//! The cases of a pipeline that are in memory: by name, by number, and in the order in which they were last needed.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::case::Case;

/// The cases of a pipeline, by number and by name.
#[derive(Debug, Default)]
pub struct Cases {
    by_name: BTreeMap<String, i64>,
    by_number: HashMap<i64, Case, FixedState>,
    /// The step in which each was last needed, and its number.
    by_use: BTreeSet<(u64, i64)>,
    next: i64,
    bytes: usize,
}

impl Cases {
    /// A case in memory.
    #[must_use]
    pub fn by_name(&mut self, id: &str) -> Option<&mut Case> {
        self.by_number.get_mut(self.by_name.get(id)?)
    }

    /// A case in memory.
    #[must_use]
    pub fn get(&mut self, number: i64) -> Option<&mut Case> {
        self.by_number.get_mut(&number)
    }

    /// A case in memory, opened if it was not there, that a step needs.
    pub fn entry(&mut self, id: &str, step: u64) -> &mut Case {
        let number = if let Some(number) = self.by_name.get(id) {
            *number
        } else {
            self.next += 1;
            self.by_name.insert(id.to_owned(), self.next);
            self.next
        };
        let case = self.by_number.entry(number).or_insert_with(|| Case::new(number, id));
        if case.used != step {
            self.by_use.remove(&(case.used, number));
            case.used = step;
        }
        self.by_use.insert((step, number));
        case
    }

    /// The case that was needed longest ago, if no step after `step` needed it.
    #[must_use]
    pub fn idle(&self, step: u64) -> Option<&str> {
        let (used, number) = self.by_use.first()?;
        (*used <= step).then(|| self.by_number.get(number))?.map(|case| case.id.as_str())
    }

    /// The number of a case in memory.
    #[must_use]
    pub fn number(&self, id: &str) -> Option<i64> {
        self.by_name.get(id).copied()
    }

    /// Looks again at how much a case holds, and gives what it needs. To be called when it has changed: looking at all of them
    /// at every step would make a step cost more the more cases there are.
    pub fn count(&mut self, number: i64) -> usize {
        let Some(case) = self.by_number.get_mut(&number) else { return 0 };
        let (before, now) = (case.counted, case.bytes());
        case.counted = now;
        self.bytes = (self.bytes + now).saturating_sub(before);
        now + case.join_bytes()
    }

    /// About how many bytes all cases hold, as they were last counted.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Lets a case go from memory; its number, if it was there.
    pub fn close(&mut self, id: &str) -> Option<i64> {
        let number = self.by_name.remove(id)?;
        let case = self.by_number.remove(&number)?;
        self.by_use.remove(&(case.used, number));
        self.bytes = self.bytes.saturating_sub(case.counted);
        Some(number)
    }

    /// How many cases are in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_number.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }
}
