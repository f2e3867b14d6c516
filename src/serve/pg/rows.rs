//! Rows of one running question.
//!
//! ```text
//!  threads of queries   the question ─> batch ─> cells ─> a block of messages
//!  threads of the server        └ a few ahead ┘     └─> socket, while the next block is written
//! ```
//! The question runs in a task of its own, so that a cancel is answered at once whatever the engine is at. What takes time
//! for each row is done on the threads of queries, so that an export takes none from who answers and from the stream.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::common::runtime::SpawnedTask;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;
use pgwire::api::Type;
use pgwire::api::results::FieldFormat;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{FieldDescription, MESSAGE_TYPE_BYTE_DATA_ROW, RowDescription};
use tokio::sync::mpsc;

use super::encode::{Cells, Look, with_length};
use super::fault::Fault;
use super::names::Names;
use super::types;
use crate::query::{QueryError, Session};

/// Batches that wait to be encoded.
const AHEAD: usize = 2;
/// Bytes of messages from which on they are sent: few turns from thread to thread, and all of it in a core's cache.
const BLOCK_BYTES: usize = 64 * 1024;
/// So few are written at once where they are sent: another thread would cost more.
const FEW: usize = 64;

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

/// Writes rows as messages.
pub(super) trait Write: Send + 'static {
    /// One row.
    fn row(&mut self, cells: &[Cells], row: usize, out: &mut Vec<u8>);
}

/// Rows as they are sent.
#[derive(Default)]
pub(super) struct Block {
    /// Whole messages.
    pub bytes: Vec<u8>,
    /// How many rows; none at the end.
    pub rows: usize,
}

/// Rows of one running question.
pub(super) struct Rows {
    /// What they are made of.
    pub columns: Arc<Vec<Column>>,
    source: mpsc::Receiver<Result<Ready, Fault>>,
    current: Option<Current>,
    /// Where rows are written; none for a few that are known already.
    session: Option<Arc<Session>>,
    /// Ends with this.
    _task: Option<SpawnedTask<()>>,
}

/// A batch in the forms that its cells are written from.
struct Ready {
    cells: Vec<Cells>,
    count: usize,
}

impl Ready {
    fn of(batch: &RecordBatch, columns: &[Column]) -> Result<Self, Fault> {
        let cells = columns.iter().zip(batch.columns()).map(|(column, array)| Cells::of(array, &column.wire));
        let cells = cells.collect::<Result<_, _>>().map_err(|e| Fault::new("XX000", e.to_string()))?;
        Ok(Self { cells, count: batch.num_rows() })
    }
}

/// A batch that is being sent.
struct Current {
    cells: Arc<Vec<Cells>>,
    at: usize,
    count: usize,
}

impl From<Ready> for Current {
    fn from(Ready { cells, count }: Ready) -> Self {
        Self { cells: Arc::new(cells), at: 0, count }
    }
}

impl Rows {
    /// Runs a plan whose parameters have been filled in; `is_plan` if its rows are those of an `EXPLAIN`.
    pub fn run(session: Arc<Session>, plan: LogicalPlan, columns: Arc<Vec<Column>>, is_plan: bool) -> Self {
        let (send, source) = mpsc::channel(AHEAD);
        let (asker, of) = (Arc::clone(&session), Arc::clone(&columns));
        let work = async move {
            let mut stream = match asker.run(plan).await {
                Ok(stream) => stream,
                Err(error) => return drop(send.send(Err(error.into())).await),
            };
            while let Some(batch) = stream.next().await {
                let ready = match batch.map_err(QueryError::Engine) {
                    Ok(batch) => ready(&asker, batch, &of, is_plan).await,
                    Err(error) => Err(error.into()),
                };
                let failed = ready.is_err();
                if send.send(ready).await.is_err() || failed {
                    return;
                }
            }
        };
        Self { columns, source, current: None, session: Some(session), _task: Some(SpawnedTask::spawn(work)) }
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
        let current = Some(Ready { cells, count: rows.len() }.into());
        Ok(Self { columns: Arc::new(columns), source, current, session: None, _task: None })
    }

    /// The batch that the next row is in; `None` at the end.
    async fn current(&mut self) -> Result<Option<&mut Current>, Fault> {
        while self.current.as_ref().is_none_or(|current| current.at == current.count) {
            let Some(ready) = self.source.recv().await.transpose()? else { return Ok(None) };
            self.current = Some(ready.into());
        }
        Ok(self.current.as_mut())
    }

    /// Passes over the next rows, at most so many, and says how many; none at the end.
    ///
    /// # Errors
    /// Of the question.
    pub async fn pass(&mut self, most: usize) -> Result<usize, Fault> {
        let Some(current) = self.current().await? else { return Ok(0) };
        let passed = most.min(current.count - current.at);
        current.at += passed;
        Ok(passed)
    }

    /// The next rows as they are written, at most so many. Many are written on the threads of queries. The block that is
    /// given is written over.
    ///
    /// # Errors
    /// Of the question.
    pub async fn next<W: Write>(&mut self, most: usize, mut writer: W, mut block: Block) -> Result<(Block, W), Fault> {
        block.bytes.clear();
        block.rows = 0;
        let session = self.session.clone();
        let Some(current) = self.current().await? else { return Ok((block, writer)) };
        let (cells, from, most) = (Arc::clone(&current.cells), current.at, most.min(current.count - current.at));
        let work = move || {
            while block.rows < most && block.bytes.len() < BLOCK_BYTES {
                writer.row(&cells, from + block.rows, &mut block.bytes);
                block.rows += 1;
            }
            (block, writer)
        };
        let (block, writer) = match session {
            Some(session) if most > FEW => session.compute(work).await?,
            _ => work(),
        };
        current.at += block.rows;
        Ok((block, writer))
    }
}

/// A batch made ready, on the threads of queries if it has many rows.
async fn ready(
    session: &Session,
    batch: RecordBatch,
    columns: &Arc<Vec<Column>>,
    is_plan: bool,
) -> Result<Ready, Fault> {
    let (columns, few) = (Arc::clone(columns), batch.num_rows() <= FEW);
    let work = move || {
        let batch = if is_plan { plan_lines(&batch) } else { Ok(batch) };
        Ready::of(&batch.map_err(|e| Fault::new("XX000", e.to_string()))?, &columns)
    };
    if few { work() } else { session.compute(work).await? }
}

/// The engine's kinds of plan and their texts as lines in one column; one in JSON is one row.
fn plan_lines(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let text = |column: usize| cast(batch.column(column), &DataType::Utf8);
    if batch.num_columns() < 2 {
        return Ok(batch.clone());
    }
    let (kinds, plans) = (text(0)?, text(1)?);
    let (kinds, plans) = (kinds.as_string::<i32>(), plans.as_string::<i32>());
    let mut lines: Vec<&str> = Vec::new();
    for (kind, plan) in kinds.iter().zip(plans).map(|(kind, plan)| (kind.unwrap_or(""), plan.unwrap_or(""))) {
        if plan.starts_with(['[', '{']) {
            lines.push(plan);
            continue;
        }
        lines.push(kind);
        lines.extend(plan.lines());
    }
    let lines: ArrayRef = Arc::new(lines.into_iter().map(Some).collect::<StringArray>());
    RecordBatch::try_from_iter([("QUERY PLAN", lines)])
}

/// Writes rows as `DataRow`.
pub(super) struct RowWriter {
    binary: Vec<bool>,
    look: Look,
}

impl RowWriter {
    /// For so many columns in these formats.
    pub fn new(columns: usize, formats: &[i16], look: Look) -> Self {
        Self { binary: (0..columns).map(|at| is_binary(formats, at)).collect(), look }
    }
}

impl Write for RowWriter {
    fn row(&mut self, cells: &[Cells], row: usize, out: &mut Vec<u8>) {
        message(MESSAGE_TYPE_BYTE_DATA_ROW, out, |out| {
            out.extend_from_slice(&u16::try_from(self.binary.len()).unwrap_or(u16::MAX).to_be_bytes());
            for (cells, binary) in cells.iter().zip(&self.binary) {
                cells.write(row, *binary, &self.look, out);
            }
        });
    }
}

/// One message: its letter, its length with the length's own four bytes, and what it holds.
pub(super) fn message(letter: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(letter);
    with_length(4, out, write);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_shown_in_lines_and_one_in_json_whole() {
        let texts = |texts: [&str; 2]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
        let columns = [("plan_type", texts(["logical_plan", "json"])), ("plan", texts(["Limit\n  Scan", "[{\n}]"]))];
        let lines = plan_lines(&RecordBatch::try_from_iter(columns).unwrap()).unwrap();
        let lines: Vec<_> = lines.column(0).as_string::<i32>().iter().flatten().collect();
        assert_eq!(lines, ["logical_plan", "Limit", "  Scan", "[{\n}]"]);
    }
}
