//! The audit trail as a table, for those who may read it: brought into their session, and into nobody else's.
//!
//! It is read from the first line on each time it is asked, a batch at a time, so that a log of any length takes no more
//! memory than a batch. Nothing is verified: `locard audit verify` does that. A line that holds no entry gives no row.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::PartitionStream;

use super::COMMENT;
use crate::access::Role;
use crate::access::audit::{AuditError, Entry, each_entry};

/// Entries of a batch at most.
const BATCH_ROWS: usize = 1_024;
/// Bytes of texts after which a batch is full.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait to be taken.
const AHEAD: usize = 2;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Text,
    Texts,
    Whole,
    Moment,
}

/// Name, what it holds, whether it may be null, meaning.
const COLUMNS: [(&str, Holds, bool, &str); 18] = [
    ("sequence", Holds::Whole, false, "The entry's number, from 1, without gaps"),
    ("at", Holds::Moment, false, "When, by the clock of the machine that wrote it [UTC]"),
    ("account", Holds::Text, false, "Who; of a login that failed, who they said they were"),
    ("role", Holds::Text, true, "As what, if that is known"),
    ("client", Holds::Text, false, "From where: an address, or console for a command on the machine itself"),
    ("kind", Holds::Text, false, "login, refused, query, export, grant, account, policies, torn, broken"),
    ("text", Holds::Text, false, "What was asked or done"),
    ("parameters", Holds::Texts, false, "Parameters of a query as text"),
    ("tables", Holds::Texts, false, "Tables that it names"),
    ("cases", Holds::Texts, false, "Cases whose rows its plan could read; of a login those that could be seen then"),
    ("subject", Holds::Text, true, "The account that was changed, or that a case was granted to"),
    ("rows", Holds::Whole, true, "Rows that were sent"),
    ("millis", Holds::Whole, true, "How long it took [ms]"),
    ("others", Holds::Whole, true, "Devices of people outside the viewer's cases that a scene search looked at"),
    ("purpose", Holds::Text, true, "What for, as it was stated"),
    ("authority", Holds::Text, true, "On whose authority, as it was stated"),
    ("rules", Holds::Texts, false, "By which rules it was decided"),
    ("fault", Holds::Text, true, "Why it failed, or was refused"),
];

/// The audit in a folder as a table.
///
/// # Errors
/// If the engine does not take it, which is a defect.
pub fn audit_table(folder: &Path) -> Result<Arc<dyn TableProvider>> {
    let schema = schema();
    let entries = Entries { folder: folder.to_owned(), schema: Arc::clone(&schema) };
    Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(entries)])?))
}

fn schema() -> SchemaRef {
    let field = |(name, holds, nullable, meaning): (&str, Holds, bool, &str)| {
        let kind = match holds {
            Holds::Text => DataType::Utf8,
            Holds::Texts => DataType::new_list(DataType::Utf8, true),
            Holds::Whole => DataType::Int64,
            Holds::Moment => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(name, kind, nullable).with_metadata([(COMMENT.to_owned(), meaning.to_owned())].into())
    };
    Arc::new(Schema::new(COLUMNS.map(field).to_vec()))
}

/// The entries, from the first on.
#[derive(Debug)]
struct Entries {
    folder: PathBuf,
    schema: SchemaRef,
}

impl PartitionStream for Entries {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut rows = RecordBatchReceiverStream::builder(Arc::clone(&self.schema), AHEAD);
        let (out, schema, folder) = (rows.tx(), Arc::clone(&self.schema), self.folder.clone());
        rows.spawn_blocking(move || {
            let mut held = Held::default();
            let gone = || io::Error::other("nobody reads any more");
            let send = |held: &mut Held| out.blocking_send(batch(&schema, &held.take())).map_err(|_| gone());
            let read = each_entry(&folder, |entry| {
                if let Some(entry) = entry
                    && held.add(entry)
                {
                    return send(&mut held);
                }
                Ok(())
            });
            match read.and_then(|()| send(&mut held).map_err(AuditError::Output)) {
                Ok(()) | Err(AuditError::Output(_)) => Ok(()),
                Err(error) => {
                    tracing::error!(target: "locard::audit", %error, "the audit could not be read");
                    Err(DataFusionError::Execution("the table audit cannot be read now".to_owned()))
                }
            }
        });
        rows.build()
    }
}

/// Entries of the next batch.
#[derive(Debug, Default)]
struct Held {
    entries: Vec<Entry>,
    bytes: usize,
}

impl Held {
    /// Adds an entry; true if the batch is full.
    fn add(&mut self, entry: &Entry) -> bool {
        let details = &entry.details;
        let lists = [&details.parameters, &details.tables, &details.cases, &details.rules];
        self.bytes += details.text.len() + lists.into_iter().flatten().map(String::len).sum::<usize>();
        self.entries.push(entry.clone());
        self.entries.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    fn take(&mut self) -> Vec<Entry> {
        self.bytes = 0;
        std::mem::take(&mut self.entries)
    }
}

/// Entries as rows.
fn batch(schema: &SchemaRef, entries: &[Entry]) -> Result<RecordBatch> {
    let text =
        |of: fn(&Entry) -> Option<&str>| -> ArrayRef { Arc::new(entries.iter().map(of).collect::<StringArray>()) };
    let whole = |of: fn(&Entry) -> Option<u64>| -> ArrayRef {
        let numbers = entries.iter().map(|e| of(e).map(|n| i64::try_from(n).unwrap_or(i64::MAX)));
        Arc::new(numbers.collect::<Int64Array>())
    };
    let texts = |of: fn(&Entry) -> &Vec<String>| -> ArrayRef {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for entry in entries {
            lists.append_value(of(entry).iter().map(Some));
        }
        Arc::new(lists.finish())
    };
    let at: TimestampMicrosecondArray = entries.iter().map(|e| Some(e.at_us)).collect();
    let columns = vec![
        whole(|e| Some(e.sequence)),
        Arc::new(at.with_timezone("UTC")),
        text(|e| Some(&e.account)),
        text(|e| e.role.map(Role::as_str)),
        text(|e| Some(&e.client)),
        text(|e| Some(e.kind.as_str())),
        text(|e| Some(&e.details.text)),
        texts(|e| &e.details.parameters),
        texts(|e| &e.details.tables),
        texts(|e| &e.details.cases),
        text(|e| e.details.subject.as_deref()),
        whole(|e| e.details.rows),
        whole(|e| e.details.millis),
        whole(|e| e.details.others),
        text(|e| e.details.purpose.as_deref()),
        text(|e| e.details.authority.as_deref()),
        texts(|e| &e.details.rules),
        text(|e| e.details.fault.as_deref()),
    ];
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::access::audit::{AuditLog, Details, Kind, NewEntry};

    fn entry(n: u64) -> NewEntry {
        let details = Details { text: format!("SELECT {n}"), rows: Some(n), ..Details::default() };
        NewEntry {
            account: "ann".to_owned(),
            role: Some(Role::Analyst),
            client: "x".to_owned(),
            kind: Kind::Query,
            details,
        }
    }

    #[test]
    fn a_batch_is_full_by_rows_or_by_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let log = AuditLog::open(folder.path(), 1).unwrap();
        log.append(2, &entry(1)).unwrap();
        let mut small = None;
        each_entry(folder.path(), |e| {
            small = e.cloned();
            Ok(())
        })
        .unwrap();
        let small = small.unwrap();
        let mut held = Held::default();
        let fits = (0..5_000).take_while(|_| !held.add(&small)).count();
        assert_eq!(fits, BATCH_ROWS - 1);
        held.take();
        let mut large = small;
        large.details.text = "x".repeat(BATCH_BYTES / 2 + 1);
        assert_eq!([held.add(&large), held.add(&large)], [false, true]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_read_as_it_grows_and_a_part_of_it_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let log = AuditLog::open(folder.path(), 1).unwrap();
        let context = SessionContext::new();
        context.register_table("audit", audit_table(folder.path()).unwrap()).unwrap();
        let count = async |sql: &str| {
            let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
            batches.iter().map(RecordBatch::num_rows).sum::<usize>()
        };
        assert_eq!(count("SELECT * FROM audit").await, 0);
        for n in 0..20 {
            log.append(2, &entry(n)).unwrap();
        }
        assert_eq!(count("SELECT * FROM audit WHERE rows >= 15 AND account = 'ann'").await, 5);
        assert_eq!(count("SELECT sequence FROM audit LIMIT 3").await, 3);
        assert_eq!(count("SELECT * FROM audit WHERE cardinality(cases) = 0 AND role = 'analyst'").await, 20);
    }

    #[test]
    fn every_column_has_a_comment() {
        assert!(schema().fields().iter().all(|f| !f.metadata()[COMMENT].is_empty()));
    }
}
