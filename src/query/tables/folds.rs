//! Folds of single cases that stand for the next question: nearly every one asks for what people said of its case.
//!
//! ```text
//!  a question ─> the table at its version ─┬─ the one that is kept ──> the case's fold, if it was asked for before
//!                                          └─ another ─────────────> nothing; what is put now is of this one
//! ```
//! Invariant: a fold that is given was made of all statements of its case in just the table that is asked about. A table
//! that was given out never changes ([`Followed`](crate::store::Followed)), so which one it is says what it holds. A fold is the
//! same for everybody: who may see it is decided above.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::catalog::TableProvider;

use super::folded::Case;

/// What is kept was made of so many statements at most: some hundreds of bytes each.
const MOST_STATEMENTS: usize = 50_000;

/// The folds of the cases that were asked about last.
#[derive(Debug, Default)]
pub(super) struct Folds(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    of: Option<Arc<dyn TableProvider>>,
    cases: BTreeMap<String, Arc<Case>>,
    statements: usize,
}

impl Kept {
    fn is_of(&self, table: &Arc<dyn TableProvider>) -> bool {
        self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, table))
    }
}

impl Folds {
    /// The fold of a case, if it was made of this table.
    pub(super) fn get(&self, table: &Arc<dyn TableProvider>, case_id: &str) -> Option<Arc<Case>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_of(table) { kept.cases.get(case_id).cloned() } else { None }
    }

    /// Keeps the fold of a case that was made of this table.
    pub(super) fn put(&self, table: &Arc<dyn TableProvider>, case_id: &str, case: &Arc<Case>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.is_of(table) || kept.statements.saturating_add(case.statements) > MOST_STATEMENTS {
            *kept = Kept { of: Some(Arc::clone(table)), ..Kept::default() };
        }
        if case.statements <= MOST_STATEMENTS && kept.cases.insert(case_id.to_owned(), Arc::clone(case)).is_none() {
            kept.statements += case.statements;
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Schema;
    use datafusion::datasource::empty::EmptyTable;

    use super::*;

    fn table() -> Arc<dyn TableProvider> {
        Arc::new(EmptyTable::new(Arc::new(Schema::empty())))
    }

    fn case(statements: usize) -> Arc<Case> {
        Arc::new(Case { statements, ..Case::default() })
    }

    fn statements(folds: &Folds, table: &Arc<dyn TableProvider>, case_id: &str) -> Option<usize> {
        folds.get(table, case_id).map(|case| case.statements)
    }

    #[test]
    fn a_fold_is_given_of_the_table_that_it_was_made_of_and_of_no_other() {
        let (folds, old, new) = (Folds::default(), table(), table());
        folds.put(&old, "A", &case(1));
        folds.put(&old, "B", &case(2));
        assert_eq!((statements(&folds, &old, "A"), statements(&folds, &old, "B")), (Some(1), Some(2)));
        assert_eq!((statements(&folds, &old, "C"), statements(&folds, &new, "A")), (None, None));
        folds.put(&new, "A", &case(3));
        assert_eq!((statements(&folds, &new, "A"), statements(&folds, &new, "B")), (Some(3), None));
        assert_eq!(statements(&folds, &old, "A"), None, "what a question of before kept is gone");
    }

    #[test]
    fn what_is_kept_stays_within_its_bound() {
        let (folds, table) = (Folds::default(), table());
        let half = MOST_STATEMENTS / 2;
        for name in ["A", "B", "A", "B"] {
            folds.put(&table, name, &case(half));
        }
        assert_eq!((statements(&folds, &table, "A"), statements(&folds, &table, "B")), (Some(half), Some(half)));
        folds.put(&table, "C", &case(1));
        assert_eq!((statements(&folds, &table, "A"), statements(&folds, &table, "C")), (None, Some(1)));
        folds.put(&table, "D", &case(MOST_STATEMENTS + 1));
        assert_eq!(statements(&folds, &table, "D"), None);
    }
}
