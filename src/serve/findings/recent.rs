//! Cases that were evaluated of late, with what was found of them.

use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;

use crate::evaluate::Kept;
use crate::query::{CaseRows, CaseSaid, ReadSoFar};

/// A record with what is remembered of it, bytes, about (docs/evaluate.md says how that was measured).
const RECORD_BYTES: usize = 300;

/// What a case was put together from: as long as people say the same, it grows by the records that came since.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Basis {
    claims: Vec<RecordBatch>,
    targets: Vec<RecordBatch>,
    said: CaseSaid,
}

impl Basis {
    /// Of the rows of a case, whichever of its records are among them, and what people said of it.
    pub(super) fn of(rows: &CaseRows, said: &CaseSaid) -> Self {
        Self { claims: rows.claims.clone(), targets: rows.targets.clone(), said: said.clone() }
    }
}

/// A case that was evaluated.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) kept: Kept,
    /// Whether anybody's records are there: a case without is not evaluated, and what was told of it is gone.
    pub(super) attributed: bool,
    pub(super) basis: Basis,
    /// How far its records were read; `None` if it had none.
    pub(super) read: Option<ReadSoFar>,
}

/// The cases, those that were not heard of for longest making room for others. Of a case that is not held everything is read
/// and found anew.
#[derive(Debug)]
pub(super) struct Recent {
    most_records: usize,
    /// When each was put here, as a count.
    cases: BTreeMap<String, (u64, Evaluated)>,
    count: u64,
}

impl Recent {
    /// Holds as much as fits in so many bytes.
    pub(super) const fn within(bytes: usize) -> Self {
        Self { most_records: bytes / RECORD_BYTES, cases: BTreeMap::new(), count: 0 }
    }

    /// A case, if it is held; it is not any more.
    pub(super) fn take(&mut self, case_id: &str) -> Option<Evaluated> {
        self.cases.remove(case_id).map(|(_, case)| case)
    }

    /// Holds a case, unless it is too large by itself.
    pub(super) fn put(&mut self, case_id: &str, case: Evaluated) {
        if case.kept.records() > self.most_records {
            return;
        }
        self.count += 1;
        self.cases.insert(case_id.to_owned(), (self.count, case));
        while self.cases.values().map(|(_, case)| case.kept.records()).sum::<usize>() > self.most_records {
            let longest = self.cases.iter().min_by_key(|(_, (count, _))| *count).map(|(case, _)| case.clone());
            longest.map(|case| self.cases.remove(&case));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Case, Device, Record, Settings};

    fn kept(records: usize) -> Evaluated {
        let records = vec![Record::at(0, 51.5, -0.1, 5.0); records];
        let case = Case { suspects: vec![Device::new("d", "s", records)], ..Case::default() };
        let basis = Basis::of(&CaseRows::default(), &CaseSaid::default());
        Evaluated { kept: Kept::new(case, Settings::default().into()), attributed: true, basis, read: None }
    }

    #[test]
    fn few_records_are_held_and_the_oldest_case_goes_first() {
        let most = 3_000;
        let mut recent = Recent::within(most * RECORD_BYTES + RECORD_BYTES - 1);
        recent.put("too large", kept(most + 1));
        for case in ["a", "b", "c"] {
            recent.put(case, kept(most / 3));
        }
        let a = recent.take("a").unwrap();
        recent.put("a", a);
        recent.put("d", kept(most / 3));
        assert_eq!(recent.cases.keys().collect::<Vec<_>>(), ["a", "c", "d"]);
        assert!(recent.take("b").is_none() && recent.take("a").is_some() && recent.take("a").is_none());
        recent.put("all", kept(most));
        assert_eq!(recent.cases.keys().collect::<Vec<_>>(), ["all"]);
    }
}
