use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use url::Url;

use super::sample::{files_below, fixes, of, stored_offsets};
use super::upkeep_tests::late;
use super::{Options, Store, Table, Upkeep};

/// Names the folder of the store to the process that is to be killed.
const FOLDER: &str = "LOCARD_TEST_STORE_TO_CRASH";
const ROUNDS: usize = 12;

/// Appends for ever to the store that the environment names; without one it is no test and does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let upkeep = Upkeep { merge_files: 4, checkpoint_commits: 5, ..Upkeep::default() };
    let options = Options { upkeep, ..Options::default() };
    let store = Store::open(&Url::from_directory_path(folder).unwrap(), options).await.unwrap();
    let next = store.next_offsets("fixes").await.unwrap();
    let next = |partition: i32| next.get(&partition).map_or(0, |tables| tables[&Table::Fixes]);
    let (mut a, mut b) = (next(0), next(1));
    for i in 0.. {
        store.append(of(Table::Fixes, vec![fixes(0, a, a + 7), fixes(1, b, b + 5)])).await.unwrap();
        (a, b) = (a + 7, b + 5);
        if i % 6 == 5 {
            store.maintain().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_at_any_moment_the_rows_are_those_before_the_stored_offset() {
    let folder = tempfile::tempdir().unwrap();
    let address = Url::from_directory_path(folder.path()).unwrap();
    let mut moments = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let mut offsets = Vec::new();
    for _ in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::crash_tests::appends_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(moments.random_range(100..700))).await;
        assert_eq!(child.try_wait().unwrap(), None, "it writes until it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&address, Options::default()).await.unwrap();
        let next = store.next_offsets("fixes").await.unwrap();
        let next = |partition: i32| next.get(&partition).map_or(0, |tables| tables[&Table::Fixes]);
        for partition in [0, 1] {
            assert_eq!(stored_offsets(&store, partition).await, (0..next(partition)).collect::<Vec<_>>());
        }
        assert_eq!((next(0) % 7, next(1) % 5, next(0) / 7), (0, 0, next(1) / 5), "both partitions in each commit");
        offsets.push(next(0));
    }
    offsets.dedup();
    assert!(offsets.len() > ROUNDS / 3, "it did write, from where the one before was killed: {offsets:?}");
    // What the killed left half done goes in time.
    let store = Store::open(&address, late()).await.unwrap();
    store.maintain().await.unwrap();
    let fixes = store.table(Table::Fixes).unwrap();
    let known: usize = fixes.look(|state| state.files.values().map(BTreeMap::len).sum()).await.unwrap();
    let all = files_below(&folder.path().join("fixes"));
    let staged: Vec<_> = all.iter().filter(|p| p.to_string_lossy().contains("_staged_")).collect();
    assert!(staged.is_empty(), "{staged:?}");
    let in_log = |p: &&PathBuf| p.components().any(|c| c.as_os_str() == "_delta_log");
    assert_eq!(all.iter().filter(|p| !in_log(p)).count(), known, "of data files only those that the log names");
}
