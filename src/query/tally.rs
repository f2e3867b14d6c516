//! What belongs to one question beside its words: what was stated with it, and what it touched, for the audit.
//!
//! ```text
//!  Session::stating(purpose, authority) ─> plan, run ─> guarded tables and searches note what they read ─> touched
//! ```
//! A case counts as touched if the plan could read its rows: it may be seen, and no condition on the case alone, which
//! came down to the table, leaves it out. Whether a row of it was in the answer is not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::QueryError;
use super::rights::Rights;
use crate::access::{Action, Context, Resource, Scope};
use crate::store::CASE_ID;
use crate::time::Stopwatch;

/// What somebody states with a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// What it is for; empty if it was not said.
    pub purpose: String,
    /// On whose authority; empty if it was not said.
    pub authority: String,
    /// Whether its rows are taken away as a file: then the policies are asked for each case before it is read.
    pub export: bool,
}

/// What a question touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Cases whose rows its plan could read.
    pub cases: BTreeSet<String>,
    /// Devices of people outside the viewer's cases that its searches touched; of several searches the sum.
    pub others: Option<u64>,
    /// The rules by which it was permitted.
    pub rules: BTreeSet<String>,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// What belongs to one question, or to all of a session whose questions are not told apart.
#[derive(Debug)]
pub struct Tally {
    stated: Stated,
    /// Whether it is of one question.
    of_one: bool,
    rights: Arc<Rights>,
    touched: Mutex<Touched>,
    searches: Mutex<BTreeMap<String, RecordBatch>>,
    since: Stopwatch,
    /// How often something had been taken away when its rows began; [`NOT_BEGUN`] if they have not.
    begun: AtomicU64,
}

/// No rows have begun.
const NOT_BEGUN: u64 = u64::MAX;

impl Tally {
    /// Of a session whose questions are not told apart.
    pub(super) fn of_session(rights: Arc<Rights>) -> Self {
        Self {
            stated: Stated::default(),
            of_one: false,
            rights,
            touched: Mutex::default(),
            searches: Mutex::default(),
            since: Stopwatch::start(),
            begun: AtomicU64::new(NOT_BEGUN),
        }
    }

    /// Of one question, which begins now.
    pub(super) fn of_question(stated: Stated, rights: Arc<Rights>) -> Self {
        Self { stated, of_one: true, ..Self::of_session(rights) }
    }

    /// Its rows begin now.
    pub(super) fn begin(&self) {
        if self.of_one {
            self.begun.store(self.rights.narrowed(), Ordering::SeqCst);
        }
    }

    /// Whether something was taken away since its rows began: then those that were made before are not given.
    pub(super) fn is_stale(&self) -> bool {
        let begun = self.begun.load(Ordering::SeqCst);
        begun != NOT_BEGUN && begun != self.rights.narrowed()
    }

    /// What was stated.
    pub(super) fn stated(&self) -> &Stated {
        &self.stated
    }

    /// What of `whole` is left for the question; all of it where questions are not told apart.
    pub(super) fn left(&self, whole: Duration) -> Duration {
        if !self.of_one {
            return whole;
        }
        whole.saturating_sub(Duration::try_from_secs_f64(self.since.seconds()).unwrap_or(Duration::ZERO))
    }

    /// What was touched; where questions are not told apart, since this was asked last.
    pub(super) fn touched(&self) -> Touched {
        let mut touched = self.held();
        if self.of_one { touched.clone() } else { std::mem::take(&mut touched) }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Touched> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That it was refused, and why.
    pub(super) fn refuse(&self, reason: &str) -> DataFusionError {
        self.held().refused = Some(reason.to_owned());
        DataFusionError::External(Box::new(QueryError::Refused(reason.to_owned())))
    }

    /// A table is about to be read under a scope; these conditions came down to it.
    ///
    /// # Errors
    /// [`QueryError::Refused`] within, if rows are taken away as a file and the policies do not permit that of a case.
    pub(super) fn reads(&self, scope: &Scope, filters: &[Expr]) -> Result<(), DataFusionError> {
        let Scope::Cases(cases) = scope else {
            self.held().cases.insert("*".to_owned());
            return Ok(());
        };
        let granted = cases.iter().filter(|(_, stretches)| !stretches.is_empty()).map(|(case, _)| case);
        let read: Vec<&String> = granted.filter(|case| filters.iter().all(|f| admits(f, case))).collect();
        if self.stated.export {
            for case in &read {
                self.may_export(case)?;
            }
        }
        self.held().cases.extend(read.into_iter().cloned());
        Ok(())
    }

    fn may_export(&self, case: &str) -> Result<(), DataFusionError> {
        if self.held().cases.contains(case) {
            return Ok(());
        }
        let about = Resource::Case { case_id: case.to_owned(), granted: true };
        // Without policies, as on the machine itself, whoever reads may also keep.
        let Some(decision) = self.rights.decide(Action::Export, &about, &Context::default()) else { return Ok(()) };
        if !decision.allowed {
            return Err(self.refuse(&format!("rows of case {case} may not be taken away")));
        }
        self.held().rules.extend(decision.by);
        Ok(())
    }

    /// Whether the records of all people may be searched for scenes, by what was stated.
    ///
    /// # Errors
    /// [`QueryError::Refused`] within, which says what is missing.
    pub(super) fn may_search(&self) -> Result<(), DataFusionError> {
        let Stated { purpose, authority, .. } = &self.stated;
        let context = Context { purpose: purpose.clone(), authority: authority.clone(), to: None };
        let Some(decision) = self.rights.decide(Action::SearchScenes, &Resource::System, &context) else {
            return Err(self.refuse("a scene search is decided by policies, and there are none here: ask a server"));
        };
        if decision.allowed {
            self.held().rules.extend(decision.by);
            return Ok(());
        }
        let missing = purpose.trim().is_empty() || authority.trim().is_empty();
        Err(self.refuse(if missing {
            "a scene search reads records of people outside your cases: state what it is for and on whose authority, as \
             locard.purpose and locard.authority (over Flight SQL in headers, with - for the dot)"
        } else {
            "a scene search reads records of people outside your cases, and the policies do not permit it"
        }))
    }

    /// What a search gave before in this question.
    pub(super) fn found(&self, search: &str) -> Option<RecordBatch> {
        self.searches.lock().unwrap_or_else(PoisonError::into_inner).get(search).cloned().filter(|_| self.of_one)
    }

    /// What a search gave, and how many devices of others it touched.
    pub(super) fn keep(&self, search: String, rows: &RecordBatch, others: u64) {
        if self.of_one {
            self.searches.lock().unwrap_or_else(PoisonError::into_inner).insert(search, rows.clone());
        }
        let mut touched = self.held();
        touched.others = Some(touched.others.unwrap_or(0).saturating_add(others));
    }
}

/// Whether a row of a case can meet a condition. What is not about the case alone may be met.
fn admits(filter: &Expr, case: &str) -> bool {
    let is_case = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == CASE_ID);
    let is_it = |expr: &Expr| text(expr).is_none_or(|text| text == case);
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match (is_case(left), is_case(right)) {
            (true, false) => is_it(right),
            (false, true) => is_it(left),
            _ => true,
        },
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => admits(left, case) && admits(right, case),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => admits(left, case) || admits(right, case),
        Expr::InList(list) if !list.negated && is_case(&list.expr) => list.list.iter().any(is_it),
        _ => true,
    }
}

/// The text of a literal; `None` if it is none, or null.
fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(
            ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)) | ScalarValue::LargeUtf8(Some(text)),
            _,
        ) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;
    use crate::access::Stretch;

    fn touched(filters: &[Expr]) -> Vec<String> {
        let scope = Scope::Cases(["a", "b", "c"].map(|c| (c.to_owned(), vec![Stretch::default()])).into());
        let tally = Tally::of_question(Stated::default(), Arc::new(Rights::new(scope.clone())));
        tally.reads(&scope, filters).unwrap();
        tally.touched().cases.into_iter().collect()
    }

    #[test]
    fn a_case_is_touched_unless_a_condition_on_the_case_leaves_it_out() {
        let case = || col(CASE_ID);
        assert_eq!(touched(&[]), ["a", "b", "c"]);
        assert_eq!(touched(&[case().eq(lit("b"))]), ["b"]);
        assert_eq!(touched(&[lit("b").eq(case()), col("t0").gt(lit(1))]), ["b"]);
        assert_eq!(touched(&[case().in_list(vec![lit("a"), lit("x")], false)]), ["a"]);
        assert_eq!(touched(&[case().eq(lit("a")).or(case().eq(lit("c")))]), ["a", "c"]);
        assert_eq!(touched(&[case().eq(lit("a")).and(case().eq(lit("c")))]), [""; 0]);
        // What may be met is taken to be.
        assert_eq!(touched(&[case().in_list(vec![lit("a")], true)]), ["a", "b", "c"]);
        assert_eq!(touched(&[case().eq(lit("a")).or(col("t0").gt(lit(1)))]), ["a", "b", "c"]);
        assert_eq!(touched(&[col("device_id").eq(lit("a"))]), ["a", "b", "c"]);
    }

    #[test]
    fn of_a_session_whose_questions_are_not_told_apart_it_is_what_came_since() {
        let scope = Scope::Cases([("a".to_owned(), vec![Stretch::default()])].into());
        let tally = Tally::of_session(Arc::new(Rights::new(scope.clone())));
        tally.reads(&scope, &[]).unwrap();
        assert_eq!(tally.touched().cases.len(), 1);
        assert_eq!(tally.touched(), Touched::default());
        assert_eq!(tally.left(Duration::from_secs(9)), Duration::from_secs(9));
    }

    #[test]
    fn without_policies_nothing_is_searched() {
        let stated = Stated { purpose: "x".to_owned(), authority: "y".to_owned(), export: false };
        let tally = Tally::of_question(stated, Arc::new(Rights::new(Scope::Everything)));
        assert!(tally.may_search().is_err());
        assert!(tally.touched().refused.is_some_and(|why| why.contains("ask a server")));
    }
}
