//! The disk is full for a while: it is waited for, said, and changes nothing. The disk is a small file system in memory,
//! filled up by a file that is not ours.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use locard::simulate::feed::FeedParams;

use super::broker::broker;
use super::harness::{Running, assert_equal, feed, options, reference_and_fixes, runtime, send, stored};

/// A file system of 48 MiB; unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None`, and a word on why, where it cannot be mounted.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=48m", "locard-test"]).arg(folder.path()).output();
        match mounted {
            Ok(out) if out.status.success() => return Some(Self(folder)),
            Ok(out) => println!("small disk: skipped: {}", String::from_utf8_lossy(&out.stderr).trim()),
            Err(error) => println!("small disk: skipped: mount: {error}"),
        }
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all of the room that is left.
    fn fill(&self) {
        let mut file = File::create(self.path().join("not-ours")).unwrap();
        for size in [1 << 20, 1 << 12] {
            let bytes = vec![7; size];
            let full = std::iter::repeat_with(|| file.write_all(&bytes)).find_map(Result::err).unwrap();
            assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.path().join("not-ours")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn a_disk_that_is_full_for_a_while_is_waited_for_and_changes_nothing() {
    let Some(disk) = SmallDisk::mount() else { return };
    let broker = broker("small-disk", 4);
    let mut params = FeedParams { cases: 6, days: 1, seed: 13, ..FeedParams::default() };
    params.sampling.spacing = 4.0;
    let items = feed(&params);
    let (expected, fixes) = reference_and_fixes(&items);
    let data = disk.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let (before, after) = items.split_at(items.len() / 3);
    let (part, all) = (i64::try_from(before.len()).unwrap(), i64::try_from(items.len()).unwrap());
    runtime().block_on(async {
        let mut running = Running::start(options(broker.alone(), &data), None).await;
        send(&broker, before);
        running.until_stored(part).await;

        disk.fill();
        send(&broker, after);
        let why = running.until(|h| h.store.is_some()).await.store.unwrap();
        println!("small disk: {why}");
        assert!(why.contains("No space left"), "{why}");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(stored(&running.store).await < all && running.waits());

        disk.free();
        running.until_stored(all).await;
        let well = running.until(|h| h.store.is_none()).await;
        assert_eq!(well.fault, None, "it waited and did not start again");
        running.stop().await;
        assert_equal(&data, &expected, fixes).await;
    });
}
