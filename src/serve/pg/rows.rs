//! Rows of one running question. The question runs in a task of its own, so that a cancel is answered at once whatever
//! the engine is at, and encoding goes on beside it.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Schema;
use datafusion::common::runtime::SpawnedTask;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;
use pgwire::api::Type;
use pgwire::api::results::FieldFormat;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{DataRow, FieldDescription, RowDescription};
use tokio::sync::mpsc;

use super::encode::{Cells, Look};
use super::fault::Fault;
use super::names::Names;
use super::types;
use super::watch::Watch;
use crate::query::{QueryError, Session};

/// Batches that wait to be encoded.
const AHEAD: usize = 2;
/// Rows that are encoded in one go.
const STRETCH: usize = 1024;

/// A column as the client is told of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// What it is called.
    pub name: String,
    /// Of what type its values are.
    pub wire: Type,
}

impl Column {
    /// A column of text.
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), wire: Type::TEXT }
    }
}

/// The columns of a schema under the names that PostgreSQL gives them.
pub(super) fn columns_of(schema: &Schema, names: &Names) -> Vec<Column> {
    let mut called: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    names.apply(&mut called);
    let wires = schema.fields().iter().map(|field| types::of_field(field));
    called.into_iter().zip(wires).map(|(name, wire)| Column { name, wire }).collect()
}

/// The formats that a client asks columns in: none is text, one is for all.
pub(super) fn is_binary(formats: &[i16], column: usize) -> bool {
    let code = if formats.len() == 1 { formats.first() } else { formats.get(column) };
    code.is_some_and(|code| FieldFormat::from(*code) == FieldFormat::Binary)
}

/// What tells a client of its columns.
pub(super) fn description(columns: &[Column], formats: &[i16]) -> PgWireBackendMessage {
    let field = |(at, column): (usize, &Column)| {
        let format = i16::from(is_binary(formats, at));
        let (name, wire) = (column.name.clone(), &column.wire);
        FieldDescription::new(name, 0, 0, wire.oid(), types::size(wire), -1, format)
    };
    PgWireBackendMessage::RowDescription(RowDescription::new(columns.iter().enumerate().map(field).collect()))
}

/// Rows of one running question.
pub(super) struct Rows {
    /// What they are made of.
    pub columns: Arc<Vec<Column>>,
    source: mpsc::Receiver<Result<RecordBatch, QueryError>>,
    current: Option<Current>,
    /// Ends with this.
    _task: Option<SpawnedTask<()>>,
}

/// A batch that is being sent.
struct Current {
    cells: Vec<Cells>,
    at: usize,
    count: usize,
}

impl Rows {
    /// Runs a plan whose parameters have been filled in.
    pub fn run(session: Arc<Session>, plan: LogicalPlan, columns: Arc<Vec<Column>>) -> Self {
        let (send, source) = mpsc::channel(AHEAD);
        let work = async move {
            let mut stream = match session.run(plan).await {
                Ok(stream) => stream,
                Err(error) => return drop(send.send(Err(error)).await),
            };
            while let Some(batch) = stream.next().await {
                let failed = batch.is_err();
                if send.send(batch.map_err(QueryError::Engine)).await.is_err() || failed {
                    return;
                }
            }
        };
        Self { columns, source, current: None, _task: Some(SpawnedTask::spawn(work)) }
    }

    /// Rows of text that are known already.
    ///
    /// # Errors
    /// If the rows are not as wide as the columns.
    pub fn known(columns: Vec<Column>, rows: &[Vec<String>]) -> Result<Self, Fault> {
        let of_column =
            |at: usize| -> ArrayRef { Arc::new(rows.iter().map(|row| row.get(at)).collect::<StringArray>()) };
        let arrays: Vec<ArrayRef> = (0..columns.len()).map(of_column).collect();
        let cells = columns.iter().zip(&arrays).map(|(column, array)| Cells::of(array, &column.wire));
        let cells = cells.collect::<Result<_, _>>().map_err(|e| Fault::new("XX000", e.to_string()))?;
        let (_, source) = mpsc::channel(1);
        let current = Some(Current { cells, at: 0, count: rows.len() });
        Ok(Self { columns: Arc::new(columns), source, current, _task: None })
    }

    /// The next rows, at most so many; empty at the end.
    ///
    /// # Errors
    /// Of the question, or 57014.
    async fn stretch(&mut self, most: usize, watch: &mut Watch) -> Result<std::ops::Range<usize>, Fault> {
        loop {
            if let Some(current) = self.current.as_mut().filter(|current| current.at < current.count) {
                let from = current.at;
                current.at = current.count.min(from.saturating_add(most));
                return Ok(from..current.at);
            }
            let source = &mut self.source;
            let Some(batch) = watch.over(async { source.recv().await.transpose().map_err(Fault::from) }).await? else {
                return Ok(0..0);
            };
            let columns = self.columns.iter().zip(batch.columns());
            let cells = columns.map(|(column, array)| Cells::of(array, &column.wire)).collect::<Result<_, _>>();
            let cells = cells.map_err(|e| Fault::new("XX000", e.to_string()))?;
            self.current = Some(Current { cells, at: 0, count: batch.num_rows() });
        }
    }

    /// The next rows as they are written by `write`, at most so many; empty at the end.
    ///
    /// # Errors
    /// Of the question, or 57014.
    pub async fn next<T>(
        &mut self,
        most: usize,
        watch: &mut Watch,
        mut write: impl FnMut(&[Cells], usize) -> T,
    ) -> Result<Vec<T>, Fault> {
        let rows = self.stretch(most.min(STRETCH), watch).await?;
        let cells = self.current.as_ref().map_or(&[][..], |current| current.cells.as_slice());
        Ok(rows.map(|row| write(cells, row)).collect())
    }
}

/// Writes rows as `DataRow`, out of one buffer.
pub(super) struct RowWriter {
    binary: Vec<bool>,
    look: Look,
    scratch: Vec<u8>,
    buffer: DataRow,
}

impl RowWriter {
    /// For so many columns in these formats.
    pub fn new(columns: usize, formats: &[i16], look: Look) -> Self {
        let binary = (0..columns).map(|at| is_binary(formats, at)).collect();
        Self { binary, look, scratch: Vec::new(), buffer: DataRow::default() }
    }

    /// One row.
    pub fn row(&mut self, cells: &[Cells], row: usize) -> PgWireBackendMessage {
        self.scratch.clear();
        for (cells, binary) in cells.iter().zip(&self.binary) {
            cells.write(row, *binary, &self.look, &mut self.scratch);
        }
        let count = i16::try_from(self.binary.len()).unwrap_or(i16::MAX);
        let data = &mut self.buffer.data;
        if data.capacity() < self.scratch.len() {
            data.reserve(self.scratch.len().max(64 * 1024));
        }
        data.extend_from_slice(&self.scratch);
        PgWireBackendMessage::DataRow(DataRow::new(data.split(), count))
    }
}
