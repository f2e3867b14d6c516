use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use datafusion::prelude::SessionContext;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;

use super::durable::DurableFiles;
use super::sample::{address, files_below, fixes, of, open, rows, step, store, stored_offsets, with_words};
use super::{Options, Part, Store, StoreError, Table, Taken, Wanted};

#[tokio::test]
async fn rows_and_next_offsets_are_one_commit_and_survive_opening_again() {
    let (folder, store) = store().await;
    let done = store.append(of(Table::Fixes, vec![fixes(0, 0, 10), fixes(3, 0, 7)])).await.unwrap();
    assert_eq!((done.version, done.rows, done.files, done.taken.len()), (Some(1), 17, 4, 0));
    for store in [store, open(&folder, Options::default()).await] {
        assert_eq!(stored_offsets(&store, 0).await, (0..10).collect::<Vec<_>>());
        assert_eq!(stored_offsets(&store, 3).await, (0..7).collect::<Vec<_>>());
        let next = store.next_offsets("fixes").await.unwrap();
        let of = |next| BTreeMap::from([(Table::Fixes, next)]);
        assert_eq!(next, BTreeMap::from([(0, of(10)), (3, of(7))]));
    }
}

#[tokio::test]
async fn a_replayed_part_is_left_out_and_the_others_are_committed() {
    let (_folder, store) = store().await;
    store.append(of(Table::Fixes, vec![fixes(0, 0, 10)])).await.unwrap();
    let done = store.append(of(Table::Fixes, vec![fixes(0, 0, 10), fixes(1, 0, 5)])).await.unwrap();
    let taken = Taken { topic: "fixes".to_owned(), partition: 0, stored: Some(10) };
    assert_eq!((done.rows, done.taken), (5, vec![taken]));
    let none = store.append(of(Table::Fixes, vec![fixes(0, 0, 10)])).await.unwrap();
    assert_eq!((none.version, none.rows), (None, 0));
    assert_eq!(stored_offsets(&store, 0).await, (0..10).collect::<Vec<_>>());
    assert_eq!(stored_offsets(&store, 1).await, (0..5).collect::<Vec<_>>());
}

#[tokio::test]
async fn messages_without_rows_move_the_offset_too() {
    let (folder, store) = store().await;
    store.append(of(Table::Fixes, vec![Part { rows: Vec::new(), offsets: Some(step(2, None, 40)) }])).await.unwrap();
    let again = open(&folder, Options::default()).await;
    assert_eq!(again.next_offsets("fixes").await.unwrap()[&2][&Table::Fixes], 40);
}

#[tokio::test]
async fn every_table_gives_back_what_was_put_in_and_any_tool_can_read_it() {
    let (_folder, store) = store().await;
    for table in Table::ALL {
        let given = rows(table, &["A", "é/../B"], 5, 0..6);
        let text = |name: &str| table.schema().field_with_name(name).unwrap().data_type() == &DataType::Utf8;
        let words: Vec<&str> = table.layout().words.iter().copied().filter(|name| text(name)).collect();
        let mixed = vec![with_words(&given, &words), with_words(&given, &["case_id"]), given.clone()];
        let done = store.append(of(table, vec![Part { rows: mixed, offsets: Some(step(5, None, 6)) }])).await.unwrap();
        assert_eq!((done.rows, done.files), (18, 2), "{table}");
        let wanted = Wanted { case_id: Some("é/../B".to_owned()), ..Wanted::default() };
        let read: Vec<_> = store.read(table, wanted).await.unwrap().try_collect().await.unwrap();
        assert!(read.iter().all(|b| b.schema() == table.schema()), "{table}");
        let ctx = SessionContext::new();
        ctx.register_table("t", store.provider(table).await.unwrap()).unwrap();
        let columns: Vec<&str> = given.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
        let columns = columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {columns} FROM t WHERE case_id = 'é/../B'");
        let by_sql = ctx.sql(&sql).await.unwrap().collect().await.unwrap();
        assert_eq!(by_sql.iter().map(RecordBatch::num_rows).sum::<usize>(), 9, "{table}");
        // Offsets 1, 3, 5, three times each: what every column holds is a function of them.
        let shown = |batches: &[RecordBatch]| {
            let text = datafusion::arrow::util::pretty::pretty_format_batches(batches).unwrap().to_string();
            let mut lines: Vec<String> = text.lines().filter(|l| l.contains("é/../B")).map(str::to_owned).collect();
            lines.sort();
            lines.dedup();
            lines
        };
        let odd = [1, 3, 5].map(|o| rows(table, &["A", "é/../B"], 5, o..o + 1));
        assert_eq!(shown(&by_sql), shown(&odd), "{table}");
        let but_stored_at: Vec<usize> = (0..given.num_columns()).collect();
        let read: Vec<_> = read.iter().map(|b| b.project(&but_stored_at).unwrap()).collect();
        assert_eq!(shown(&read), shown(&odd), "{table}");
    }
}

#[tokio::test]
async fn rows_of_another_shape_are_refused_with_the_column_named() {
    let (_folder, store) = store().await;
    let refused = async |batch| {
        let part = Part { rows: vec![batch], offsets: Some(step(0, None, 1)) };
        store.append(of(Table::CaseEvents, vec![part])).await.unwrap_err().to_string()
    };
    let good = rows(Table::CaseEvents, &["A"], 0, 0..1);
    let without = good.project(&[0, 1, 2, 3, 4, 5, 7, 8]).unwrap();
    assert!(refused(without).await.contains("column body is missing"));
    assert!(refused(rows(Table::Fixes, &["A"], 0, 0..1)).await.contains("column fix_id is none of the table's"));
    assert!(refused(rows(Table::CaseEvents, &[""], 0, 0..1)).await.contains("case_id is empty"));
    assert_eq!(store.next_offsets("fixes").await.unwrap(), BTreeMap::new());
    let reject = Part { rows: vec![rows(Table::Rejects, &[""], 0, 0..1)], offsets: None };
    assert_eq!(store.append(of(Table::Rejects, vec![reject])).await.unwrap().rows, 1);
}

#[tokio::test]
async fn reading_leaves_out_what_is_not_wanted() {
    let (_folder, store) = store().await;
    for from in [0, 10, 20] {
        store.append(of(Table::Fixes, vec![fixes(0, from, from + 10)])).await.unwrap();
    }
    let other = Part { rows: vec![rows(Table::Fixes, &["C"], 1, 0..3)], offsets: Some(step(1, None, 3)) };
    store.append(of(Table::Fixes, vec![other])).await.unwrap();
    let wanted = Wanted { case_id: Some("A".to_owned()), partition: Some(0), from_offset: Some(13) };
    let read: Vec<_> = store.read(Table::Fixes, wanted).await.unwrap().try_collect().await.unwrap();
    let mut offsets: Vec<i64> = Vec::new();
    for batch in &read {
        offsets.extend(batch.column_by_name("origin_offset").unwrap().as_primitive::<Int64Type>().values());
    }
    offsets.sort_unstable();
    assert_eq!(offsets, [14, 16, 18, 20, 22, 24, 26, 28], "case A has the even offsets");
    assert_eq!(store.cases_of(0).await.unwrap().into_iter().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(store.cases_of(1).await.unwrap().into_iter().collect::<Vec<_>>(), ["C"]);
    let rows_of = async |case| store.rows_of(Table::Fixes, case).await.unwrap();
    assert_eq!((rows_of("A").await, rows_of("B").await, rows_of("C").await, rows_of("D").await), (15, 15, 3, 0));
    assert_eq!(store.fixes_of("C").await.unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
}

#[tokio::test]
async fn the_last_revision_of_each_is_current() {
    let (_folder, store) = store().await;
    for table in [Table::Encounters, Table::Proximity] {
        let part = Part { rows: vec![rows(table, &["A"], 0, 0..5)], offsets: Some(step(0, None, 5)) };
        store.append(of(table, vec![part])).await.unwrap();
    }
    // Identifiers are half the offset, revisions the offset.
    for current in [store.current_encounters("A").await.unwrap(), store.current_proximities("A").await.unwrap()] {
        let revisions = current.column_by_name("revision").unwrap().as_primitive::<Int64Type>();
        assert_eq!(revisions.values(), &[1, 3, 4]);
    }
    assert_eq!(store.current_encounters("B").await.unwrap().num_rows(), 0);
}

#[tokio::test]
async fn a_table_of_another_version_is_not_touched() {
    let (folder, store) = store().await;
    drop(store);
    let entry = folder.path().join("fixes/_delta_log/00000000000000000000.json");
    let text = std::fs::read_to_string(&entry).unwrap();
    std::fs::write(&entry, text.replace(r#""locard.schema":"1""#, r#""locard.schema":"999""#)).unwrap();
    let refused = Store::open(&address(&folder), Options::default()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::SchemaVersion { table: Table::Fixes, found, .. } if found == "999"));
    assert!(!refused.retryable());
}

/// Two processes share nothing but the disk, as these two stores do; each has a partition, and both try a third.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_writers_both_succeed_and_a_contested_partition_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = tokio::join!(open(&folder, Options::default()), open(&folder, Options::default()));
    let write = async |store: &Store, own: i32| {
        let (mut won, mut from) = (0, 0);
        for i in 0..20 {
            let contested = fixes(9, from, from + 3);
            let done = store.append(of(Table::Fixes, vec![fixes(own, i * 5, i * 5 + 5), contested])).await.unwrap();
            won += i64::from(done.taken.is_empty());
            assert!(done.taken.iter().all(|t| t.partition == 9), "{:?}", done.taken);
            from = store.next_offsets("fixes").await.unwrap()[&9][&Table::Fixes];
        }
        won
    };
    let (a, b) = tokio::join!(write(&left, 0), write(&right, 1));
    for store in [left, right, open(&folder, Options::default()).await] {
        assert_eq!(stored_offsets(&store, 0).await, (0..100).collect::<Vec<_>>());
        assert_eq!(stored_offsets(&store, 1).await, (0..100).collect::<Vec<_>>());
        let contested = stored_offsets(&store, 9).await;
        let n = i64::try_from(contested.len()).unwrap();
        assert_eq!(contested, (0..n).collect::<Vec<_>>());
        assert_eq!((n, store.next_offsets("fixes").await.unwrap()[&9][&Table::Fixes]), (3 * (a + b), n));
    }
    // What lost is not left lying about.
    let data = files_below(&folder.path().join("fixes")).into_iter().filter(|p| p.extension().unwrap() == "parquet");
    assert_eq!(data.count(), left_files(&folder).await);
}

async fn left_files(folder: &tempfile::TempDir) -> usize {
    let store = open(folder, Options::default()).await;
    let table = store.table(Table::Fixes).unwrap();
    table.look(|state| state.files.values().map(BTreeMap::len).sum()).await.unwrap()
}

/// A disk that is full while it is told to be, or after so many more writes.
#[derive(Debug)]
struct FullDisk {
    inner: DurableFiles,
    full: AtomicBool,
    writes_left: AtomicI64,
    loses_the_answer: AtomicBool,
}

impl fmt::Display for FullDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullDisk")
    }
}

fn no_space() -> Error {
    Error::Generic { store: "FullDisk", source: std::io::Error::from(std::io::ErrorKind::StorageFull).into() }
}

#[async_trait]
impl ObjectStore for FullDisk {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if self.full.load(Ordering::SeqCst) && self.writes_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(no_space());
        }
        let done = self.inner.put_opts(location, payload, opts).await?;
        let entry = location.extension() == Some("json");
        if entry && self.loses_the_answer.swap(false, Ordering::SeqCst) { Err(no_space()) } else { Ok(done) }
    }
    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }
    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn a_full_disk_is_waited_out_and_the_rows_are_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(FullDisk {
        inner: DurableFiles::new(),
        full: AtomicBool::new(false),
        writes_left: AtomicI64::new(0),
        loses_the_answer: AtomicBool::new(false),
    });
    let options = Options { storage: Some(Arc::<FullDisk>::clone(&disk)), ..Options::default() };
    let store = open(&folder, options).await;
    store.append(of(Table::Fixes, vec![fixes(0, 0, 4)])).await.unwrap();
    let files = files_below(folder.path());
    disk.full.store(true, Ordering::SeqCst);
    // Two data files and the log entry: each of them may be the one that does not fit.
    for fits in 0..3 {
        disk.writes_left.store(fits, Ordering::SeqCst);
        let failed = store.append(of(Table::Fixes, vec![fixes(0, 4, 9)])).await.unwrap_err();
        assert!(failed.retryable(), "{failed}");
        assert_eq!(stored_offsets(&store, 0).await, (0..4).collect::<Vec<_>>());
        let mut left = files_below(folder.path());
        left.retain(|f| !files.contains(f));
        assert!(left.is_empty(), "nothing is left to fill the disk further: {left:?}");
    }
    disk.full.store(false, Ordering::SeqCst);
    store.append(of(Table::Fixes, vec![fixes(0, 4, 9)])).await.unwrap();
    assert_eq!(stored_offsets(&store, 0).await, (0..9).collect::<Vec<_>>());
    // The entry is written, and the answer is lost: the commit is known for what it is.
    disk.loses_the_answer.store(true, Ordering::SeqCst);
    let done = store.append(of(Table::Fixes, vec![fixes(0, 9, 12)])).await.unwrap();
    assert_eq!((done.rows, done.taken.len()), (3, 0));
    assert_eq!(stored_offsets(&store, 0).await, (0..12).collect::<Vec<_>>());
}
