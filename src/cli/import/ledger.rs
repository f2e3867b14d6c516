//! What the store knows of an import: the exhibit, when it first came, how far the import is, and its rejects.
//!
//! ```text
//!  application transaction            table      its version
//!  locard-exhibit-<case, file>-0      exhibits   when the file first came to the case, UTC microseconds
//!  locard-import-<all that is asked>-0 exhibits  1 begun, 2 finished
//!  locard-import-<all that is asked>-0 rejects   parts of the rejects that are stored
//! ```
//! Each is committed with its rows, so that of two imports at once, and of one that is cut off anywhere and given
//! again, each row is there once. An import is what is asked of a file: the same file read with another zone is another.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray as _, BinaryArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Field, Schema, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;
use futures::TryStreamExt as _;

use crate::model::{Authority, Content, Reject, Role};
use crate::store::{Commit, Offsets, Part, STORED_AT, Store, StoredExhibit, Table, Wanted};

use super::ImportError;

const BEGUN: i64 = 1;
const FINISHED: i64 = 2;
/// Rejects of one commit.
const REJECTS_AT_ONCE: usize = 50_000;

/// What decides how a file is read and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) role: Role,
    pub(super) subject_id: String,
    pub(super) device: Option<String>,
    pub(super) format: String,
    pub(super) profile: String,
    pub(super) zone: String,
    /// In the order of [`Authorities::given`](crate::model::Authorities::given); the role says what they govern.
    pub(super) authorised: Vec<Authority>,
}

/// A file on its way into a case.
#[derive(Debug)]
pub(super) struct Import<'a> {
    pub(super) case_id: &'a str,
    pub(super) stored: &'a StoredExhibit,
    pub(super) asked: &'a Asked,
    /// The device of records that name none, if the file is the first of its name.
    pub(super) default_device: String,
}

/// An import that the store knows of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begun {
    /// Names it in application transactions.
    pub(super) topic: String,
    /// When the file first came to the case, UTC microseconds.
    pub(super) imported_us: i64,
    /// The device of records that name none.
    pub(super) device: String,
    /// Everything of it is stored.
    pub(super) finished: bool,
}

/// A row of the table `exhibits`, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    sha256: String,
    subject: String,
    device: String,
    imported_us: i64,
}

impl Import<'_> {
    fn sha256(&self) -> &str {
        self.stored.exhibit.sha256.as_str()
    }

    /// The device of records that name none: the one given, the one of the time before, or the file's name; with the
    /// exhibit's beside it where another file of the case has that name, since two handsets' `track.gpx` are two
    /// devices.
    fn device(&self, known: &[Known]) -> String {
        let before = || known.iter().find(|k| k.sha256 == self.sha256()).map(|k| k.device.clone());
        let new = || {
            let taken = known.iter().any(|k| k.device == self.default_device);
            let short = self.stored.exhibit.sha256.short();
            if taken { format!("{} ({short})", self.default_device) } else { self.default_device.clone() }
        };
        self.asked.device.clone().or_else(before).unwrap_or_else(new)
    }

    /// The name of what is asked of a file that first came at this time.
    fn topic(&self, imported_us: i64, device: &str) -> String {
        let a = self.asked;
        let all = Content::of("import 1")
            .text(self.case_id)
            .text(self.sha256())
            .whole(imported_us)
            .text(a.role.as_str())
            .text(&a.subject_id)
            .text(if a.device.is_some() { "only" } else { "all" })
            .text(device)
            .text(&a.format)
            .text(&a.profile)
            .text(&a.zone);
        // Without authorities the names are those that they had before there were any.
        let with =
            |all: Content, a: &Authority| all.text(&a.identifier).whole(a.from_us).whole(a.to_us).text(&a.reference);
        format!("import-{}", a.authorised.iter().fold(all, with).finish())
    }

    /// The name of the file in the case.
    fn exhibit_topic(&self) -> String {
        format!("exhibit-{}", Content::of("exhibit 1").text(self.case_id).text(self.sha256()).finish())
    }

    fn row(&self, imported_us: i64, device: &str, finished: bool) -> Result<RecordBatch, ArrowError> {
        let exhibit = &self.stored.exhibit;
        let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
        let bytes = i64::try_from(exhibit.bytes).unwrap_or(i64::MAX);
        columns(
            Table::Exhibits,
            vec![
                text(self.case_id),
                text(exhibit.sha256.as_str()),
                text(&exhibit.name),
                Arc::new(Int64Array::from(vec![bytes])),
                text(&self.stored.stored_path),
                Arc::new(TimestampMicrosecondArray::from(vec![imported_us]).with_timezone("UTC")),
                text(self.asked.role.as_str()),
                text(device),
                Arc::new(BooleanArray::from(vec![finished])),
            ],
        )
    }
}

/// Rows of a table without the column that the store fills in.
fn columns(table: Table, columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
    let schema = table.schema();
    let fields: Vec<Field> =
        schema.fields().iter().filter(|f| f.name() != STORED_AT).map(|f| f.as_ref().clone()).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// Notes that a file is being imported, or finds that it was noted.
///
/// # Errors
/// [`ImportError::Contended`] if another import of the same file was faster: to be done again.
pub(super) async fn begin(store: &Store, import: &Import<'_>, now_us: i64) -> Result<Begun, ImportError> {
    let known = known(store, import.case_id).await?;
    let device = import.device(&known);
    let exhibit = import.exhibit_topic();
    let first = next(store, &exhibit, Table::Exhibits).await?;
    // A file whose rows are gone was deleted with its case, and comes anew.
    let is_known = known.iter().any(|k| k.sha256 == import.sha256());
    let imported_us = if let Some(first) = first.filter(|_| is_known) {
        first
    } else {
        let at_us = now_us.max(first.map_or(i64::MIN, |f| f.saturating_add(1)));
        let row = import.row(at_us, &device, false)?;
        step(store, Table::Exhibits, vec![row], (&exhibit, first, at_us)).await?;
        at_us
    };
    let topic = import.topic(imported_us, &device);
    let at = next(store, &topic, Table::Exhibits).await?;
    if at.is_none() {
        let same = |k: &Known| {
            (k.sha256.as_str(), k.subject.as_str(), &k.device) == (import.sha256(), import.asked.role.as_str(), &device)
        };
        let has_row = !is_known || known.iter().any(same);
        let rows = if has_row { Vec::new() } else { vec![import.row(imported_us, &device, false)?] };
        step(store, Table::Exhibits, rows, (&topic, None, BEGUN)).await?;
    }
    Ok(Begun { topic, imported_us, device, finished: at == Some(FINISHED) })
}

/// Notes that everything of an import is stored.
///
/// # Errors
/// As [`begin`].
pub(super) async fn finish(store: &Store, import: &Import<'_>, begun: &Begun) -> Result<(), ImportError> {
    let row = import.row(begun.imported_us, &begun.device, true)?;
    step(store, Table::Exhibits, vec![row], (&begun.topic, Some(BEGUN), FINISHED)).await
}

/// Stores the rejects of an import; those that are stored already are left out.
///
/// # Errors
/// As [`begin`].
pub(super) async fn store_rejects(
    store: &Store,
    import: &Import<'_>,
    begun: &Begun,
    rejects: &[Reject],
) -> Result<(), ImportError> {
    let stored = next(store, &begun.topic, Table::Rejects).await?;
    let done = usize::try_from(stored.unwrap_or(0)).unwrap_or(0);
    let mut expected = stored;
    for part in rejects.chunks(REJECTS_AT_ONCE).skip(done) {
        let after = expected.unwrap_or(0) + 1;
        let rows = reject_rows(import.case_id, part)?;
        step(store, Table::Rejects, vec![rows], (&begun.topic, expected, after)).await?;
        expected = Some(after);
    }
    Ok(())
}

fn reject_rows(case_id: &str, rejects: &[Reject]) -> Result<RecordBatch, ArrowError> {
    let texts =
        |values: &mut dyn Iterator<Item = &str>| -> ArrayRef { Arc::new(StringArray::from_iter_values(values)) };
    let n = rejects.len();
    let row = |r: &Reject| i64::try_from(r.row).unwrap_or(i64::MAX);
    columns(
        Table::Rejects,
        vec![
            texts(&mut rejects.iter().map(|_| case_id)),
            texts(&mut rejects.iter().map(|r| r.file.as_str())),
            Arc::new(Int32Array::new_null(n)),
            Arc::new(Int64Array::new_null(n)),
            Arc::new(Int64Array::from_iter_values(rejects.iter().map(row))),
            texts(&mut rejects.iter().map(|r| r.field.as_str())),
            texts(&mut rejects.iter().map(|r| r.value.as_str())),
            texts(&mut rejects.iter().map(|r| r.reason.as_str())),
            Arc::new(BinaryArray::new_null(n)),
        ],
    )
}

/// The version of an application transaction of a table.
async fn next(store: &Store, topic: &str, table: Table) -> Result<Option<i64>, ImportError> {
    let all = store.next_offsets(topic).await?;
    Ok(all.get(&0).and_then(|tables| tables.get(&table)).copied())
}

async fn step(
    store: &Store,
    table: Table,
    rows: Vec<RecordBatch>,
    (topic, expected, next): (&str, Option<i64>, i64),
) -> Result<(), ImportError> {
    let offsets = Offsets { topic: topic.to_owned(), partition: 0, expected, next };
    let parts = vec![Part { rows, offsets: Some(offsets) }];
    let done = store.append(Commit { table, parts }).await?;
    if done.taken.is_empty() { Ok(()) } else { Err(ImportError::Contended) }
}

/// The exhibits of a case, the first to come first.
async fn known(store: &Store, case_id: &str) -> Result<Vec<Known>, ImportError> {
    let wanted = Wanted { case_id: Some(case_id.to_owned()), ..Wanted::default() };
    let batches: Vec<RecordBatch> = store.read(Table::Exhibits, wanted).await?.try_collect().await?;
    let mut known = Vec::new();
    for batch in &batches {
        let lacks = |name: &str| ArrowError::SchemaError(format!("table exhibits has no usable column {name}"));
        let text = |name: &str| {
            let column = batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
            column.ok_or_else(|| lacks(name))
        };
        let times = batch.column_by_name("imported_at").and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        let times = times.ok_or_else(|| lacks("imported_at"))?;
        let (sha256, subject, device) = (text("sha256")?, text("subject")?, text("device")?);
        known.extend((0..batch.num_rows()).map(|row| Known {
            sha256: sha256.value(row).to_owned(),
            subject: subject.value(row).to_owned(),
            device: device.value(row).to_owned(),
            imported_us: times.value(row),
        }));
    }
    known.sort_by(|a, b| (a.imported_us, &a.sha256, &a.device).cmp(&(b.imported_us, &b.sha256, &b.device)));
    Ok(known)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
