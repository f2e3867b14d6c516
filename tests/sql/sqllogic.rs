//! SQL and its results as files: `tests/sql/sqllogic/*.slt`, each over a session with Locard's functions.
//!
//! A value is written as Arrow writes it, NULL as `NULL`, an empty text as `(empty)`. What a file expects comes from an
//! independent source where there is one, and its comments name it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::Result;
use datafusion::prelude::SessionContext;
use locard::join::{SessionOptions, session};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner, strict_column_validator};

struct Locard(SessionContext);

#[async_trait]
impl AsyncDB for Locard {
    type Error = datafusion::common::DataFusionError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>> {
        let frame = self.0.sql(sql).await?;
        let types: Vec<_> = frame.schema().fields().iter().map(|f| letter(f.data_type())).collect();
        let batches = frame.collect().await?;
        if types.is_empty() {
            return Ok(DBOutput::StatementComplete(0));
        }
        let rows = batches.iter().map(rows).collect::<Result<Vec<_>>>()?.concat();
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "locard"
    }
}

fn letter(data_type: &DataType) -> DefaultColumnType {
    if data_type.is_integer() {
        DefaultColumnType::Integer
    } else if data_type.is_floating() {
        DefaultColumnType::FloatingPoint
    } else {
        DefaultColumnType::Text
    }
}

fn rows(batch: &RecordBatch) -> Result<Vec<Vec<String>>> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<ArrayFormatter<'_>> =
        batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options)).collect::<Result<_, _>>()?;
    let text = |value: String| if value.is_empty() { "(empty)".to_owned() } else { value };
    let row = |row: usize| columns.iter().map(|c| text(c.value(row).to_string())).collect();
    Ok((0..batch.num_rows()).map(row).collect())
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql/sqllogic");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "slt"));
    files.sort();
    files
}

/// Each file in a session of its own; a file that fails does not hide the next.
#[tokio::test]
async fn every_file_gives_what_it_says() {
    let mut faults = Vec::new();
    for file in files() {
        let mut runner = Runner::new(|| async { session(&SessionOptions::default()).map(Locard) });
        runner.with_column_validator(strict_column_validator);
        if let Err(fault) = runner.run_file_async(&file).await {
            faults.push(fault.display(false).to_string());
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// No function of ours is left out of the files.
#[test]
fn every_function_is_called_in_some_file() {
    let texts: Vec<String> = files().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for function in locard::index::functions::all() {
        let call = format!("{}(", function.name());
        assert!(texts.iter().any(|text| text.contains(&call)), "{call}...) is in no file of tests/sql/sqllogic");
    }
}
