use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use futures::TryStreamExt as _;

use super::sample::{address, files_below, fixes, of, open, rows, step, store, stored_offsets};
use super::{Options, Part, Store, StoreError, Table, Upkeep, Wanted};

fn eager(clock: Arc<dyn crate::time::Clock>) -> Options {
    let upkeep = Upkeep { merge_files: 4, checkpoint_commits: 5, ..Upkeep::default() };
    Options { clock, upkeep, ..Options::default() }
}

/// An hour and more ahead of the disk's clock: all that has been written is old.
pub(super) fn late() -> Options {
    let now = crate::time::Clock::now_us(&crate::time::SystemClock);
    let later = crate::time::FixedClock(now + 3 * 3_600_000_000);
    let mut options = eager(Arc::new(later));
    options.upkeep.log_retention = Duration::from_mins(30);
    options
}

async fn data_files(store: &Store) -> usize {
    let table = store.table(Table::Fixes).unwrap();
    table.look(|state| state.files.values().map(std::collections::BTreeMap::len).sum()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_are_merged_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, eager(Arc::new(crate::time::SystemClock))).await;
    for i in 0..6 {
        store.append(of(Table::Fixes, vec![fixes(0, i * 4, i * 4 + 4)])).await.unwrap();
    }
    let before = sorted_rows(&store, "A").await;
    let done = store.maintain().await.unwrap();
    assert_eq!((done.merged_files, done.checkpoints, done.log_entries, done.stray_files), (10, 1, 0, 0));
    assert_eq!(data_files(&store).await, 2);
    assert_eq!(sorted_rows(&store, "A").await, before);
    store.append(of(Table::Fixes, vec![fixes(0, 24, 28)])).await.unwrap();
    // A later day: the merged files and the log before the checkpoint go, and everything is still there.
    let store = open(&folder, late()).await;
    let files = files_below(&folder.path().join("fixes")).len();
    let done = store.maintain().await.unwrap();
    assert_eq!(done.stray_files, 12);
    assert!(done.log_entries > 0 && files_below(&folder.path().join("fixes")).len() < files - 12);
    for store in [store, open(&folder, Options::default()).await] {
        assert_eq!(stored_offsets(&store, 0).await, (0..28).collect::<Vec<_>>());
        assert_eq!(store.next_offsets("fixes").await.unwrap()[&0][&Table::Fixes], 28, "offsets outlive their entries");
    }
}

async fn sorted_rows(store: &Store, case: &str) -> String {
    let batches = store.fixes_of(case).await.unwrap();
    let all = datafusion::arrow::compute::concat_batches(&Table::Fixes.schema(), &batches).unwrap();
    let text = datafusion::arrow::util::pretty::pretty_format_batches(&[all]).unwrap().to_string();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn maintenance_runs_beside_writers_and_neither_fails() {
    let folder = tempfile::tempdir().unwrap();
    let write = async |store: Store, partition: i32| {
        for i in 0..40 {
            store.append(of(Table::Fixes, vec![fixes(partition, i * 3, i * 3 + 3)])).await.unwrap();
        }
    };
    let keep = async |store: Store| {
        let mut merged = 0;
        for _ in 0..12 {
            merged += store.maintain().await.unwrap().merged_files;
            tokio::task::yield_now().await;
        }
        merged
    };
    let opened = || open(&folder, eager(Arc::new(crate::time::SystemClock)));
    let stores = (opened().await, opened().await, opened().await, opened().await);
    // Two at once, as two processes might: files merged twice would double their rows.
    let ((), (), a, b) = tokio::join!(write(stores.0, 0), write(stores.1, 1), keep(stores.2), keep(stores.3));
    let store = opened().await;
    assert!(a + b + store.maintain().await.unwrap().merged_files > 0);
    for partition in [0, 1] {
        assert_eq!(stored_offsets(&store, partition).await, (0..120).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_case_leaves_no_row_on_the_disk_and_the_others_stay() {
    let (folder, store) = store().await;
    let secret = "C-secret";
    for (i, table) in Table::ALL.into_iter().enumerate() {
        for from in [0, 10] {
            let rows = vec![rows(table, &[secret, "B"], 0, from..from + 10)];
            let offsets = Some(step(0, (from > 0).then_some(from), from + 10));
            store.append(of(table, vec![Part { rows, offsets }])).await.unwrap();
        }
        assert!(store.table(table).unwrap().checkpoint().await.unwrap() > 0, "{i}");
    }
    let others = open(&folder, Options::default()).await;
    let deleted = store.delete_case(secret).await.unwrap();
    assert_eq!(deleted.files, 12);
    assert_eq!(deleted.log_entries, 12);
    // Of the case nothing remains but its name, in the entries that removed its files and in the checkpoint after them.
    for path in files_below(folder.path()) {
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("device of C-secret"), "{}", path.display());
        assert!(!path.to_string_lossy().contains(secret), "{}", path.display());
        for line in text.lines().filter(|l| l.contains(secret) && path.extension().is_some_and(|e| e == "json")) {
            assert!(line.contains("\"remove\"") && !line.contains("stats"), "{line}");
        }
    }
    for store in [&store, &others, &open(&folder, Options::default()).await] {
        for table in Table::ALL {
            let wanted = |case: &str| Wanted { case_id: Some(case.to_owned()), ..Wanted::default() };
            let count = async |case: &str| -> usize {
                let rows: Vec<RecordBatch> =
                    store.read(table, wanted(case)).await.unwrap().try_collect().await.unwrap();
                rows.iter().map(RecordBatch::num_rows).sum()
            };
            assert_eq!((count(secret).await, count("B").await), (0, 10), "{table}");
        }
        assert_eq!(store.next_offsets("fixes").await.unwrap()[&0].len(), 6);
    }
    assert_eq!(store.delete_case(secret).await.unwrap().files, 0);
    // A day later the name is gone too.
    let upkeep = Upkeep { checkpoint_commits: 1, ..late().upkeep };
    let later = open(&folder, Options { upkeep, ..late() }).await;
    for (table, from) in [(Table::Fixes, 20), (Table::Fixes, 21)] {
        let part =
            Part { rows: vec![rows(table, &["B"], 0, from..from + 1)], offsets: Some(step(0, Some(from), from + 1)) };
        later.append(of(table, vec![part])).await.unwrap();
    }
    later.maintain().await.unwrap();
    let fixes = files_below(&folder.path().join("fixes"));
    let json = fixes.into_iter().filter(|p| p.extension().is_some_and(|e| e == "json"));
    for path in json {
        assert!(!std::fs::read_to_string(&path).unwrap().contains(secret), "{}", path.display());
    }
    assert_eq!(later.fixes_of("B").await.unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_appended_while_their_case_is_deleted_are_whole_or_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, deleter) = (open(&folder, Options::default()).await, open(&folder, Options::default()).await);
    let write = async {
        for i in 0..30 {
            writer.append(of(Table::Fixes, vec![fixes(0, i * 4, i * 4 + 4)])).await.unwrap();
        }
    };
    let delete = async {
        for _ in 0..6 {
            deleter.delete_case("A").await.unwrap();
        }
    };
    tokio::join!(write, delete);
    // Every file that the table names is there, whatever was deleted when.
    let store = open(&folder, Options::default()).await;
    let offsets = stored_offsets(&store, 0).await;
    assert!(offsets.windows(2).all(|w| w[0] < w[1]));
    assert_eq!(offsets.iter().filter(|o| *o % 2 == 1).count(), 60, "the other case lost nothing");
}

#[tokio::test]
async fn an_exhibit_is_stored_once_and_checked_when_it_is_read() {
    let (folder, store) = store().await;
    let file = folder.path().join("returned.csv");
    std::fs::write(&file, "abc").unwrap();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let stored = store.store_exhibit(&file).await.unwrap();
    assert_eq!((stored.new, stored.exhibit.sha256.as_str(), stored.exhibit.bytes), (true, sha256, 3));
    assert_eq!(stored.stored_path, format!("exhibits/{sha256}"));
    assert!(!store.store_exhibit(&file).await.unwrap().new);
    assert_eq!(files_below(&folder.path().join("exhibits")).len(), 1, "no temporary file is left");
    assert_eq!(store.exhibit(sha256).await.unwrap(), b"abc");
    let on_disk = store.exhibit_file(sha256).unwrap();
    std::fs::write(&on_disk, "abd").unwrap();
    assert!(matches!(store.verify_exhibit(sha256).await.unwrap_err(), StoreError::Exhibit { .. }));
    std::fs::remove_file(&on_disk).unwrap();
    assert!(matches!(store.verify_exhibit(sha256).await.unwrap_err(), StoreError::Io { .. }));
    assert!(matches!(store.verify_exhibit("../fixes").await.unwrap_err(), StoreError::Exhibit { .. }));
    assert!(store.exhibit_file("../fixes").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_deleted_case_go_unless_another_case_has_them() {
    let (folder, store) = store().await;
    let mut hashes = Vec::new();
    for name in ["own", "shared"] {
        let file = folder.path().join(name);
        std::fs::write(&file, name).unwrap();
        hashes.push(store.store_exhibit(&file).await.unwrap().exhibit.sha256);
    }
    let row = |case: &str, sha256: &str| {
        let batch = rows(Table::Exhibits, &[case], 0, 0..1);
        let mut columns = batch.columns().to_vec();
        columns[1] = Arc::new(datafusion::arrow::array::StringArray::from(vec![sha256]));
        Part { rows: vec![RecordBatch::try_new(batch.schema(), columns).unwrap()], offsets: None }
    };
    let (own, shared) = (hashes[0].as_str(), hashes[1].as_str());
    store.append(of(Table::Exhibits, vec![row("A", own), row("A", shared), row("B", shared)])).await.unwrap();
    assert_eq!(store.delete_case("A").await.unwrap().exhibits, 1);
    assert!(store.verify_exhibit(own).await.is_err());
    assert_eq!(store.verify_exhibit(shared).await.unwrap(), 6);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let url = url::Url::parse("mailto:someone@example.org").unwrap();
    assert!(matches!(Store::open(&url, Options::default()).await.unwrap_err(), StoreError::Location { .. }));
    let (folder, _store) = store().await;
    let without_slash = url::Url::parse(address(&folder).as_str().trim_end_matches('/')).unwrap();
    let store = Store::open(&without_slash, Options::default()).await.unwrap();
    assert_eq!(store.location(), &address(&folder));
}
