//! Sends rows, and passes over them.

use jiff::tz::TimeZone;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse, MESSAGE_TYPE_BYTE_COPY_DATA};

use super::copy_form::CopyForm;
use super::encode::{Cells, Look};
use super::fault::Fault;
use super::rows::{Block, RowWriter, Rows, Write, message};
use super::watch::Watch;
use super::wire::Wire;

/// What a client wants of rows.
pub(super) struct Wanted<'a> {
    /// Columns as text or binary.
    pub formats: &'a [i16],
    /// The zone of moments.
    pub zone: &'a TimeZone,
    /// At most so many; `None` is all.
    pub most: Option<usize>,
}

/// What was sent.
pub(super) struct Sent {
    /// Rows.
    pub count: u64,
    /// Whether that was all there were.
    pub all: bool,
}

fn counted(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// Sends the next rows.
///
/// # Errors
/// Of the question, 57014, or that the client is gone.
pub(super) async fn rows(
    wire: &mut Wire,
    rows: &mut Rows,
    wanted: &Wanted<'_>,
    watch: &mut Watch,
) -> Result<Sent, Fault> {
    let writer = RowWriter::new(rows.columns.len(), wanted.formats, Look::new(wanted.zone));
    Ok(watch.over(written(wire, rows, writer, wanted.most)).await?.0)
}

/// Sends the next rows as they are written: each block while the next is.
async fn written<W: Write>(
    wire: &mut Wire,
    rows: &mut Rows,
    writer: W,
    most: Option<usize>,
) -> Result<(Sent, W), Fault> {
    let (mut left, mut count) = (most.unwrap_or(usize::MAX), 0);
    if left == 0 {
        return Ok((Sent { count, all: false }, writer));
    }
    let (mut block, mut writer) = rows.next(left, writer, Block::default()).await?;
    let mut spare = Block::default();
    while block.rows > 0 {
        left -= block.rows;
        count += counted(block.rows);
        if left == 0 {
            wire.put_written(&block.bytes).await?;
            return Ok((Sent { count, all: false }, writer));
        }
        let next;
        ((), (next, writer)) = tokio::try_join!(wire.put_written(&block.bytes), rows.next(left, writer, spare))?;
        spare = std::mem::replace(&mut block, next);
    }
    Ok((Sent { count, all: true }, writer))
}

/// Passes over the next rows; returns how many, and whether that was all.
///
/// # Errors
/// As [`rows`].
pub(super) async fn pass(rows: &mut Rows, most: Option<usize>, watch: &mut Watch) -> Result<(u64, bool), Fault> {
    let (mut left, mut count) = (most.unwrap_or(usize::MAX), 0);
    while left > 0 {
        let passed = watch.over(rows.pass(left)).await?;
        if passed == 0 {
            return Ok((count, true));
        }
        left -= passed;
        count += counted(passed);
    }
    Ok((count, false))
}

/// What a binary file begins with: its signature, no flags, no extension.
const BINARY_START: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Sends all rows as `COPY` does; returns how many.
///
/// # Errors
/// As [`rows`].
pub(super) async fn copy(
    wire: &mut Wire,
    rows: &mut Rows,
    form: &CopyForm,
    zone: &TimeZone,
    watch: &mut Watch,
) -> Result<u64, Fault> {
    let columns = rows.columns.len();
    let width = i16::try_from(columns).unwrap_or(i16::MAX);
    let code = i16::from(form.binary);
    let response = CopyOutResponse::new(i8::from(form.binary), width, vec![code; columns]);
    let mut first = vec![PgWireBackendMessage::CopyOutResponse(response)];
    if form.header {
        first.push(data(header(rows, form)));
    }
    wire.put(first).await?;
    // Clients look for the first row in the message that the file begins in.
    let start = if form.binary { BINARY_START.to_vec() } else { Vec::new() };
    let lines = Lines { form: form.clone(), width, look: Look::new(zone), start, scratch: Vec::new() };
    let (sent, lines) = watch.over(written(wire, rows, lines, None)).await?;
    let mut end = lines.start;
    end.extend_from_slice(&(-1_i16).to_be_bytes());
    let trailer = form.binary.then(|| data(end));
    let done = PgWireBackendMessage::CopyDone(CopyDone::new());
    wire.put(trailer.into_iter().chain([done]).collect()).await?;
    Ok(sent.count)
}

/// Writes rows as `COPY` does.
struct Lines {
    form: CopyForm,
    width: i16,
    look: Look,
    /// What the next line begins with.
    start: Vec<u8>,
    scratch: Vec<u8>,
}

impl Write for Lines {
    fn row(&mut self, cells: &[Cells], row: usize, out: &mut Vec<u8>) {
        let Self { form, width, look, start, scratch } = self;
        message(MESSAGE_TYPE_BYTE_COPY_DATA, out, |out| {
            out.append(start);
            if form.binary {
                binary_line(cells, row, *width, look, out);
            } else {
                text_line(cells, row, form, look, (out, scratch));
            }
        });
    }
}

fn header(rows: &Rows, form: &CopyForm) -> Vec<u8> {
    let mut line = Vec::new();
    for (at, column) in rows.columns.iter().enumerate() {
        form.write(Some(column.name.as_bytes()), at == 0, &mut line);
    }
    line.push(b'\n');
    line
}

fn binary_line(cells: &[Cells], row: usize, width: i16, look: &Look, line: &mut Vec<u8>) {
    line.extend_from_slice(&width.to_be_bytes());
    for cells in cells {
        cells.write(row, true, look, line);
    }
}

fn text_line(cells: &[Cells], row: usize, form: &CopyForm, look: &Look, (line, scratch): (&mut Vec<u8>, &mut Vec<u8>)) {
    for (at, cells) in cells.iter().enumerate() {
        scratch.clear();
        let value = if cells.is_null(row) {
            None
        } else {
            cells.text(row, look, scratch);
            Some(scratch.as_slice())
        };
        form.write(value, at == 0, line);
    }
    line.push(b'\n');
}

fn data(line: Vec<u8>) -> PgWireBackendMessage {
    PgWireBackendMessage::CopyData(CopyData::new(line.into()))
}
