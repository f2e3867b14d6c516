//! The rows of a block, gathered: fixes column by column, rejects one by one. Each record leads to one call.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::error::ArrowError;

use super::message_reject::{MessageReject, SHOWN_PAYLOAD_BYTES};
use super::schema::message_fix_schema;
use super::{DecodedFixes, MessageError};
use crate::decode::columns::Columns;
use crate::decode::sink::MAX_TEXT_BYTES;
use crate::decode::words::Words;
use crate::decode::{BATCH_ROWS, Checked, Collected, fix_schema};
use crate::model::{FixRow, RejectReason, shorten};
use crate::source::{Message, Topic};

/// The longest identifier of a case, bytes: it becomes the name of a folder.
const MAX_CASE_ID_BYTES: usize = 128;
/// How many unknown fields are counted by name, and how much of a name; further ones are counted together.
const MAX_UNKNOWN_FIELDS: usize = 256;
const MAX_UNKNOWN_BYTES: usize = 64;
/// The name under which further unknown fields are counted.
const FURTHER_FIELDS: &str = "(further fields)";

/// The message that a record comes from.
#[derive(Debug)]
pub(super) struct Origin<'a> {
    pub(super) partition: i32,
    pub(super) message: Message<'a>,
    shown: OnceCell<Arc<[u8]>>,
}

impl<'a> Origin<'a> {
    pub(super) fn new(partition: i32, message: Message<'a>) -> Self {
        Self { partition, message, shown: OnceCell::new() }
    }

    fn shown(&self) -> Arc<[u8]> {
        let begin = || {
            let payload = self.message.payload.unwrap_or_default();
            payload.get(..SHOWN_PAYLOAD_BYTES).unwrap_or(payload).into()
        };
        Arc::clone(self.shown.get_or_init(begin))
    }

    /// The case that the payload or the key names.
    fn case<'b>(&'b self, stated: Option<&'b str>) -> Result<&'b str, Fault<'b>> {
        let key = self.message.key.filter(|key| !key.trim_ascii().is_empty());
        let Some(key) = key else {
            return stated.ok_or(("case_id", "".into(), RejectReason::Missing));
        };
        match stated {
            // Equal to a text, it is one.
            Some(stated) if stated.as_bytes() == key => Ok(stated),
            Some(stated) => Err(("case_id", stated.into(), RejectReason::KeyMismatch)),
            None => std::str::from_utf8(key).map_err(|_| ("key", "".into(), RejectReason::NotUtf8)),
        }
    }
}

/// Field, value and reason.
type Fault<'a> = (&'static str, Cow<'a, str>, RejectReason);

/// A record of the topic as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FixRecord<'a> {
    /// The case that the payload states.
    pub(super) case_id: Option<&'a str>,
    /// SHA-256 of the returned file, hex; empty if there is none.
    pub(super) exhibit: &'a str,
    /// Its name.
    pub(super) file: &'a str,
    /// The fix; its row is that of the returned file.
    pub(super) fix: FixRow<'a>,
}

impl<'a> FixRecord<'a> {
    /// What is wrong with what says where the record was.
    fn fault_of_place(&self) -> Option<Fault<'a>> {
        let sha256 = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if self.file.len() > MAX_TEXT_BYTES {
            Some(("file", self.file.into(), RejectReason::NotAllowed))
        } else if self.exhibit.is_empty() {
            None
        } else if !sha256(self.exhibit) {
            Some(("exhibit", self.exhibit.into(), RejectReason::NotAllowed))
        } else if self.fix.row == 0 {
            Some(("row", "".into(), RejectReason::Missing))
        } else {
            None
        }
    }
}

/// Gathers the rows of one block after another.
#[derive(Debug)]
pub(super) struct Rows {
    columns: Columns,
    case: Words,
    exhibit: Words,
    file: Words,
    offset: Vec<i64>,
    rules: Checked<Collected>,
    /// When a message was read that does not say when it was appended, UTC microseconds.
    now_us: i64,
    expected: usize,
    done: DecodedFixes,
}

impl Rows {
    pub(super) fn new() -> Self {
        Self {
            columns: Columns::new(0, "", ""),
            case: Words::new(0),
            exhibit: Words::new(0),
            file: Words::new(0),
            offset: Vec::new(),
            rules: Checked::new(Collected::default(), 0),
            now_us: 0,
            expected: 0,
            done: DecodedFixes::default(),
        }
    }

    /// Begins a block of about `records` records; what a block before it left unfinished is dropped.
    ///
    /// # Errors
    /// [`MessageError::Batch`] if what is dropped cannot be.
    pub(super) fn start(&mut self, records: usize, now_us: i64) -> Result<(), ArrowError> {
        if !self.offset.is_empty() {
            self.take()?;
        }
        self.now_us = now_us;
        self.done = DecodedFixes::default();
        self.expect(records);
        Ok(())
    }

    fn expect(&mut self, records: usize) {
        self.expected = records;
        let room = records.min(BATCH_ROWS);
        self.columns.reserve(room);
        self.offset.reserve(room);
        for words in [&mut self.case, &mut self.exhibit, &mut self.file] {
            words.reserve(room);
        }
    }

    /// Keeps a record, or rejects it if it cannot be used; `position` counts from 1 through its payload.
    ///
    /// # Errors
    /// [`MessageError::Batch`] if the rows do not make a batch.
    #[inline]
    pub(super) fn put(&mut self, at: &Origin<'_>, position: u64, record: &FixRecord<'_>) -> Result<(), MessageError> {
        // A message is judged by the moment it was appended, so that it is judged the same whenever it is read.
        self.rules.read_at(at.message.appended_us.unwrap_or(self.now_us));
        let case = match self.case_of_sound(at, record) {
            Ok(case) => case,
            Err((field, value, reason)) => {
                self.reject(at, position, field, &value, reason);
                return Ok(());
            }
        };
        self.case.push(case);
        self.exhibit.push(record.exhibit);
        self.file.push(record.file);
        self.offset.push(at.message.offset);
        self.columns.push(&record.fix);
        if self.offset.len() < BATCH_ROWS { Ok(()) } else { self.emit(at.partition) }
    }

    /// The case of a record that can be used; else what is wrong with it.
    #[inline]
    fn case_of_sound<'b>(&self, at: &'b Origin<'_>, record: &FixRecord<'b>) -> Result<&'b str, Fault<'b>> {
        let case = at.case(record.case_id)?;
        if case.len() > MAX_CASE_ID_BYTES {
            return Err(("case_id", case.into(), RejectReason::NotAllowed));
        }
        if let Some(fault) = record.fault_of_place() {
            return Err(fault);
        }
        let fault = self.rules.fault_of_fix(&record.fix);
        fault.map_or(Ok(case), |(field, value, reason)| Err((field, value.into(), reason)))
    }

    /// Rejects a record; `position` is 0 if it is the payload as a whole.
    pub(super) fn reject(&mut self, at: &Origin<'_>, position: u64, field: &str, value: &str, reason: RejectReason) {
        *self.done.counts.rejects.entry(reason).or_default() += 1;
        self.done.rejects.push(MessageReject {
            topic: Topic::Fixes,
            partition: at.partition,
            offset: at.message.offset,
            row: position,
            case_id: at.message.key.and_then(|key| std::str::from_utf8(key).ok()).map(str::to_owned),
            field: shorten(field),
            value: shorten(value),
            reason,
            bytes: at.shown(),
        });
    }

    /// Counts `n` records with a field that the schema does not name.
    pub(super) fn unknown_field(&mut self, name: &str, n: u64) {
        let seen = &mut self.done.unknown_fields;
        let name = name.get(..name.floor_char_boundary(MAX_UNKNOWN_BYTES)).unwrap_or(name);
        if let Some(count) = seen.get_mut(name) {
            *count += n;
            return;
        }
        let name = if seen.len() < MAX_UNKNOWN_FIELDS { name } else { FURTHER_FIELDS };
        *seen.entry(name.to_owned()).or_default() += n;
    }

    fn emit(&mut self, partition: i32) -> Result<(), MessageError> {
        let batch = self.take().map_err(|source| MessageError::Batch { partition, source })?;
        self.done.counts.fixes += batch.num_rows() as u64;
        self.expect(self.expected.saturating_sub(batch.num_rows()));
        self.done.batches.push(batch);
        Ok(())
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let (exhibit, file) = (self.exhibit.take()?, self.file.take()?);
        let (_, fixes, _) = self.columns.take()?.into_parts();
        let mut columns = vec![self.case.take()?];
        columns.extend(fix_schema().fields().iter().zip(fixes).map(|(field, column)| match field.name().as_str() {
            "exhibit" => Arc::clone(&exhibit),
            "file" => Arc::clone(&file),
            _ => column,
        }));
        let offset: ArrayRef = Arc::new(Int64Array::from(std::mem::take(&mut self.offset)));
        columns.push(offset);
        RecordBatch::try_new(message_fix_schema(), columns)
    }

    /// Ends the block.
    ///
    /// # Errors
    /// [`MessageError::Batch`] if the rows do not make a batch.
    pub(super) fn finish(&mut self, partition: i32) -> Result<DecodedFixes, MessageError> {
        self.expected = 0;
        if !self.offset.is_empty() {
            self.emit(partition)?;
        }
        Ok(std::mem::take(&mut self.done))
    }
}
