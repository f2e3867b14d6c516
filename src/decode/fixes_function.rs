//! `fixes('FILE')`: any file that Locard reads, as the canonical table, in SQL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::Expr;

use super::{DecodeError, ExhibitOptions, ExhibitReport, FixStore, FixTable, decode_exhibit};

/// Reads files as tables of [`fix_schema`](super::fix_schema), each once however often a query names it.
///
/// The account of what was not used is kept until it is taken: whoever runs the query shows it.
#[derive(Debug)]
pub struct FixesFunction {
    options: ExhibitOptions,
    parts: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    memory_left_bytes: usize,
    tables: BTreeMap<PathBuf, Arc<FixTable>>,
    reports: Vec<ExhibitReport>,
}

impl FixesFunction {
    /// Reads with the given options into at most about `memory_bytes` of memory for all files together, the rest to
    /// temporary files; the tables are read in up to `parts` parts at once.
    #[must_use]
    pub fn new(options: ExhibitOptions, memory_bytes: usize, parts: usize) -> Self {
        let state = State { memory_left_bytes: memory_bytes, tables: BTreeMap::new(), reports: Vec::new() };
        Self { options, parts, state: Mutex::new(state) }
    }

    /// The table of a file; read when it is first asked for.
    ///
    /// # Errors
    /// [`DecodeError`] if the file cannot be read at all. Rows that cannot be used stand in the report.
    pub fn table(&self, file: &Path) -> Result<Arc<FixTable>, DecodeError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = state.tables.get(file) {
            return Ok(Arc::clone(table));
        }
        // How many files follow is not known: each takes half of what is left.
        let limit_bytes = state.memory_left_bytes / 2;
        state.memory_left_bytes -= limit_bytes;
        let kept = |e: super::StoreError| DecodeError::Sink { file: file.display().to_string(), detail: e.to_string() };
        let mut store = FixStore::new(limit_bytes);
        let report = decode_exhibit(file, &self.options, &|_, _| (), &mut |batch| store.push(batch).map_err(kept))?;
        store.finish().map_err(kept)?;
        let table = Arc::new(FixTable::new(Arc::new(store), self.parts).map_err(kept)?);
        state.reports.push(report);
        state.tables.insert(file.to_owned(), Arc::clone(&table));
        Ok(table)
    }

    /// The accounts of the files read since this was last called, in the order they were read.
    #[must_use]
    pub fn take_reports(&self) -> Vec<ExhibitReport> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.reports)
    }
}

impl TableFunctionImpl for FixesFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [Expr::Literal(value, _)] = args.exprs() else {
            return plan_err!("fixes takes one file's name in quotes: fixes('suspect.gpx')");
        };
        let (ScalarValue::Utf8(Some(file)) | ScalarValue::Utf8View(Some(file)) | ScalarValue::LargeUtf8(Some(file))) =
            value
        else {
            return plan_err!("fixes takes a file's name in quotes, not {value}");
        };
        let table = self.table(Path::new(file)).map_err(|e| DataFusionError::Plan(e.to_string()))?;
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::prelude::SessionContext;

    const NOW_US: i64 = 1_800_000_000_000_000;
    const CSV: &str = "tests/fixtures/csv/canonical.csv";

    #[tokio::test]
    async fn a_file_is_read_once_and_accounted_for_once() {
        let function = Arc::new(FixesFunction::new(ExhibitOptions::new(NOW_US), 1 << 20, 2));
        let context = SessionContext::new();
        context.register_udtf("fixes", Arc::clone(&function) as Arc<dyn TableFunctionImpl>);
        let sql = format!("SELECT a.row FROM fixes('{CSV}') a JOIN fixes('{CSV}') b ON a.row = b.row");
        let rows = context.sql(&sql).await.unwrap().count().await.unwrap();
        let reports = function.take_reports();
        assert_eq!(reports.len(), 1);
        let counts = reports[0].counts();
        assert_eq!(rows as u64, counts.fixes);
        assert!(counts.fixes > 0 && counts.rejected() > 0, "{counts:?}");
        assert!(function.take_reports().is_empty());
    }

    #[tokio::test]
    async fn only_a_name_in_quotes_is_a_file() {
        let context = SessionContext::new();
        let function = FixesFunction::new(ExhibitOptions::new(NOW_US), 1 << 20, 2);
        context.register_udtf("fixes", Arc::new(function));
        for call in ["fixes()", "fixes(1)", "fixes('a', 'b')", "fixes(NULL)", "fixes('tests/fixtures/none.csv')"] {
            let error = context.sql(&format!("SELECT * FROM {call}")).await.unwrap_err().to_string();
            assert!(error.contains("fixes takes") || error.contains("none.csv"), "{call}: {error}");
        }
    }
}
