use super::*;
use crate::model::{Exhibit, RejectReason, Sha256Hex};
use crate::store::Options;
use crate::time::FixedClock;

const NOW_US: i64 = 1_800_000_000_000_000;

async fn open(folder: &tempfile::TempDir) -> Store {
    let url = url::Url::from_directory_path(folder.path()).unwrap();
    Store::open(&url, Options { clock: Arc::new(FixedClock(NOW_US)), ..Options::default() }).await.unwrap()
}

fn exhibit(byte: u8) -> StoredExhibit {
    let exhibit = Exhibit { name: "track.gpx".to_owned(), sha256: Sha256Hex::from_bytes(&[byte; 32]), bytes: 7 };
    StoredExhibit { exhibit, stored_path: "exhibits/x".to_owned(), new: true }
}

fn asked() -> Asked {
    Asked {
        role: Role::Suspect,
        subject_id: "suspect".to_owned(),
        device: None,
        format: String::new(),
        profile: String::new(),
        zone: String::new(),
        authorised: Vec::new(),
    }
}

fn import<'a>(stored: &'a StoredExhibit, asked: &'a Asked) -> Import<'a> {
    Import { case_id: "C", stored, asked, default_device: "track.gpx".to_owned() }
}

async fn rows(store: &Store, table: Table) -> usize {
    let batches: Vec<RecordBatch> = store.read(table, Wanted::default()).await.unwrap().try_collect().await.unwrap();
    batches.iter().map(RecordBatch::num_rows).sum()
}

fn rejects(n: u64) -> Vec<Reject> {
    let reject = |row| Reject {
        file: "track.gpx".to_owned(),
        exhibit: String::new(),
        row,
        path: String::new(),
        field: "lat".to_owned(),
        value: "91".to_owned(),
        reason: RejectReason::LatitudeRange,
    };
    (1..=n).map(reject).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_from_begun_to_finished_once_whatever_is_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let (stored, asked) = (exhibit(1), asked());
    let import = import(&stored, &asked);
    let first = begin(&open(&folder).await, &import, NOW_US).await.unwrap();
    assert_eq!((first.imported_us, first.finished, first.device.as_str()), (NOW_US, false, "track.gpx"));

    // The process ended here; given again later, it is the same import of the same moment.
    let store = open(&folder).await;
    assert_eq!(begin(&store, &import, NOW_US + 5).await.unwrap(), first);
    store_rejects(&store, &import, &first, &rejects(60_000)).await.unwrap();
    store_rejects(&store, &import, &first, &rejects(60_000)).await.unwrap();
    assert_eq!(rows(&store, Table::Rejects).await, 60_000);
    finish(&store, &import, &first).await.unwrap();
    assert_eq!(begin(&store, &import, NOW_US + 9).await.unwrap(), Begun { finished: true, ..first.clone() });
    assert_eq!(rows(&store, Table::Exhibits).await, 2);
    assert!(finish(&store, &import, &first).await.unwrap_err().is_contended(), "and never twice");

    // With another zone it is another import of the same exhibit, and adds no exhibit.
    let other = Asked { zone: "UTC".to_owned(), ..asked.clone() };
    let other = begin(&store, &Import { asked: &other, ..import }, NOW_US + 9).await.unwrap();
    assert!(other.topic != first.topic && !other.finished && other.imported_us == NOW_US);
    assert_eq!(rows(&store, Table::Exhibits).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_was_deleted_is_imported_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (store, stored, asked) = (open(&folder).await, exhibit(1), asked());
    let import = import(&stored, &asked);
    let first = begin(&store, &import, NOW_US).await.unwrap();
    store_rejects(&store, &import, &first, &rejects(3)).await.unwrap();
    finish(&store, &import, &first).await.unwrap();
    store.delete_case("C").await.unwrap();
    let again = begin(&store, &import, NOW_US).await.unwrap();
    assert!(!again.finished && again.imported_us > first.imported_us);
    store_rejects(&store, &import, &again, &rejects(3)).await.unwrap();
    assert_eq!(rows(&store, Table::Rejects).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_of_one_name_are_two_devices() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let (one, two, asked) = (exhibit(1), exhibit(2), asked());
    let device = async |stored: &StoredExhibit| begin(&store, &import(stored, &asked), NOW_US).await.unwrap().device;
    assert_eq!(device(&one).await, "track.gpx");
    assert_eq!(device(&two).await, "track.gpx (020202020202)");
    assert_eq!(device(&one).await, "track.gpx", "and stay what they are");
    assert_eq!(device(&two).await, "track.gpx (020202020202)");
    let named = Asked { device: Some("H9".to_owned()), ..asked.clone() };
    assert_eq!(begin(&store, &import(&two, &named), NOW_US).await.unwrap().device, "H9");
}
