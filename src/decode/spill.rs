//! Batches on disk: a nameless temporary file of short Arrow IPC streams, each readable by itself.
//!
//! ```text
//!  | schema dict batch batch .. end | schema dict batch .. end | ...
//!  ^ Segment { start, rows }        ^ Segment
//! ```
//! A stream may replace a dictionary between batches (the writer resends it only when it differs), and it can only be
//! read from its beginning: so streams are kept short, and readers of different parts do not read each other's.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, Write as _};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::CompressionType;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::{IpcWriteOptions, StreamWriter};

/// A stream is ended once it holds this many rows.
const SEGMENT_ROWS: u64 = 131_072;

/// How much is read from or written to the file at a time, bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// One stream within the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    start: u64,
    pub(super) rows: u64,
}

/// Batches written to a temporary file, which the system removes when it is closed, also after a crash.
#[derive(Debug)]
pub(super) struct Spill {
    file: Arc<File>,
    segments: Vec<Segment>,
    open: Option<Open>,
}

struct Open {
    writer: StreamWriter<BufWriter<File>>,
    start: u64,
    rows: u64,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("start", &self.start).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Spill {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { file: Arc::new(tempfile::tempfile()?), segments: Vec::new(), open: None })
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin(&batch.schema())?,
        };
        open.writer.write(batch)?;
        open.rows += batch.num_rows() as u64;
        let full = open.rows >= SEGMENT_ROWS;
        self.open = Some(open);
        if full { self.end_segment() } else { Ok(()) }
    }

    fn begin(&self, schema: &Schema) -> Result<Open, ArrowError> {
        // The clone shares its position with `file`, where only the writer moves it: readers give theirs.
        let mut file = self.file.try_clone()?;
        let start = file.stream_position()?;
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        let buffered = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Open { writer: StreamWriter::try_new_with_options(buffered, schema, options)?, start, rows: 0 })
    }

    /// Ends the open stream: its batches can be read from now on.
    pub(super) fn end_segment(&mut self) -> Result<(), ArrowError> {
        if let Some(mut open) = self.open.take() {
            open.writer.finish()?;
            open.writer.into_inner()?.flush()?;
            self.segments.push(Segment { start: open.start, rows: open.rows });
        }
        Ok(())
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Reads a segment's batches, only the given columns; any number of segments may be read at once.
    pub(super) fn read(
        &self,
        segment: Segment,
        columns: Option<Vec<usize>>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + use<>, ArrowError> {
        let part = PartReader { file: Arc::clone(&self.file), at: segment.start };
        StreamReader::try_new(BufReader::with_capacity(BUFFER_BYTES, part), columns)
    }
}

/// A shared file, read from a place of its own.
struct PartReader {
    file: Arc<File>,
    at: u64,
}

impl Read for PartReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = read_at(&self.file, buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, at)
}

#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, at)
}
