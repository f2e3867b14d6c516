use std::fs;
use std::path::Path;

use super::*;

pub(super) fn entry(text: &str) -> NewEntry {
    let details = Details { text: text.to_owned(), rows: Some(3), ..Details::default() };
    NewEntry { account: "ann".to_owned(), role: None, client: "console".to_owned(), kind: Kind::Query, details }
}

/// A log of `count` entries in files of a few entries each.
pub(super) fn written(folder: &Path, count: usize) -> AuditLog {
    let log = AuditLog::open_with(folder, 1, 700).unwrap();
    for i in 0..count {
        log.append(i64::try_from(i).unwrap(), &entry(&format!("SELECT {i}"))).unwrap();
    }
    log
}

fn entries(folder: &Path) -> Vec<Entry> {
    let mut found = Vec::new();
    each_entry(folder, |e| {
        found.push(e.unwrap().clone());
        Ok(())
    })
    .unwrap();
    found
}

fn faults(folder: &Path) -> Vec<String> {
    verify(folder, None).unwrap().faults.iter().map(ToString::to_string).collect()
}

/// The last file of the log, as text.
fn last_file(folder: &Path) -> std::path::PathBuf {
    files::log_files(folder).unwrap().pop().unwrap().path
}

#[test]
fn what_is_written_is_read_and_holds() {
    let folder = tempfile::tempdir().unwrap();
    let head = { written(folder.path(), 12) }.append(99, &entry("last")).unwrap();
    let found = entries(folder.path());
    assert_eq!(found.iter().map(|e| e.sequence).collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
    assert_eq!((found[12].at_us, found[12].details.text.as_str()), (99, "last"));
    let verified = verify(folder.path(), Some(head.hash)).unwrap();
    assert_eq!((verified.lines, verified.head, verified.witnessed), (13, head, Some(13)));
    assert_eq!(verified.faults, []);
    assert!(verified.files > 2, "the files roll: {}", verified.files);
    assert_eq!(head_of(folder.path()).unwrap(), head);
}

#[test]
fn a_log_without_entries_holds() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(AuditLog::open(folder.path(), 1).unwrap().folder(), folder.path());
    let verified = verify(folder.path(), None).unwrap();
    assert_eq!((verified.lines, verified.head, verified.faults.as_slice()), (0, Head::NONE, &[][..]));
}

#[test]
fn several_writers_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let log = AuditLog::open_with(folder.path(), 1, 2000).unwrap();
            scope.spawn(move || {
                for i in 0..10 {
                    log.append(i, &entry(&format!("{writer}-{i}"))).unwrap();
                }
            });
        }
    });
    let texts: std::collections::BTreeSet<_> = entries(folder.path()).into_iter().map(|e| e.details.text).collect();
    assert_eq!(texts.len(), 40);
    assert_eq!(faults(folder.path()), [""; 0]);
}

/// A crash may leave any part of a line, from one byte to all but the newline.
#[test]
fn a_torn_line_is_found_kept_aside_and_said_wherever_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path(), 2));
    let path = last_file(folder.path());
    let (before, head) = (fs::read(&path).unwrap(), fs::read(folder.path().join("head")).unwrap());
    written(folder.path(), 0).append(9, &entry("lost")).unwrap();
    let line = fs::read(&path).unwrap().split_off(before.len());
    assert!(line.len() > 200, "the line is in the same file");
    for cut in 1..line.len() {
        let torn = &line[..cut];
        fs::write(&path, [&before, torn].concat()).unwrap();
        fs::write(folder.path().join("head"), &head).unwrap();
        let found = faults(folder.path());
        assert!(found.len() == 1 && found[0].contains("torn: the last line"), "{cut}: {found:?}");

        drop(AuditLog::open_with(folder.path(), 7, 700).unwrap());
        assert_eq!(fs::read(folder.path().join("torn-3")).unwrap(), torn);
        assert_eq!(faults(folder.path()), [""; 0], "what never counted is no fault");
        let all = entries(folder.path());
        assert_eq!((all.len(), all[2].kind, all[2].details.file.as_deref()), (3, Kind::Torn, Some("torn-3")));
        fs::remove_file(folder.path().join("torn-3")).unwrap();
    }
}

#[test]
fn a_line_that_is_torn_inside_is_kept_aside_too() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path(), 4));
    let path = last_file(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    let line = [&[0; 100][..], &b"x\"}\n"[..]].concat();
    bytes.extend_from_slice(&line);
    fs::write(&path, &bytes).unwrap();
    drop(AuditLog::open(folder.path(), 7).unwrap());
    assert_eq!(fs::read(folder.path().join("torn-5")).unwrap(), line[..line.len() - 1]);
    assert_eq!(entries(folder.path())[4].kind, Kind::Torn);
    assert_eq!(faults(folder.path()), [""; 0]);
}

#[test]
fn a_crash_while_a_torn_line_is_set_aside_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path(), 3));
    // Kept aside twice, and cut off the log, but not yet said.
    fs::write(folder.path().join("torn-4"), "{\"a").unwrap();
    fs::write(folder.path().join("torn-4-1"), "{\"a").unwrap();
    fs::write(folder.path().join("torn-40"), "of another time").unwrap();
    drop(AuditLog::open(folder.path(), 7).unwrap());
    drop(AuditLog::open(folder.path(), 8).unwrap());
    let said: Vec<_> = entries(folder.path()).into_iter().filter_map(|e| e.details.file).collect();
    assert_eq!(said, ["torn-4", "torn-4-1"], "each once");
}

#[test]
fn a_crash_between_entry_and_head_leaves_a_whole_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = written(folder.path(), 3);
    let head = fs::read(folder.path().join("head")).unwrap();
    log.append(9, &entry("unnoticed")).unwrap();
    fs::write(folder.path().join("head"), head).unwrap();
    assert_eq!(faults(folder.path()), [""; 0]);
    drop(log);
    AuditLog::open(folder.path(), 7).unwrap().append(10, &entry("after")).unwrap();
    assert_eq!(entries(folder.path()).len(), 5);
    assert_eq!(faults(folder.path()), [""; 0]);
}

#[test]
fn a_crash_when_a_file_is_begun_leaves_a_whole_log() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path(), 3));
    fs::write(files::LogFile::of(folder.path(), 4).path, "").unwrap();
    assert_eq!(faults(folder.path()), [""; 0]);
    AuditLog::open(folder.path(), 7).unwrap().append(10, &entry("after")).unwrap();
    assert_eq!(faults(folder.path()), [""; 0]);
}

#[test]
fn a_tail_that_was_cut_off_stays_known_when_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let log = written(folder.path(), 9);
    let path = last_file(folder.path());
    let text = fs::read_to_string(&path).unwrap();
    let kept: String = text.split_inclusive('\n').take(1).collect();
    assert!(kept.len() < text.len(), "there is something to cut");
    fs::write(&path, kept).unwrap();
    let before = faults(folder.path());
    assert!(before.len() == 1 && before[0].contains("cut: entr"), "{before:?}");
    // A writer that was there all along sees it too.
    log.append(10, &entry("after")).unwrap();
    let after = faults(folder.path());
    assert!(
        after.len() == 1 && after[0].contains("broken before") && after[0].contains("to 9 were missing"),
        "{after:?}"
    );
}

#[test]
fn a_head_that_is_gone_or_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path(), 3));
    let head = folder.path().join("head");
    let good = fs::read_to_string(&head).unwrap();
    fs::write(&head, good.replace("3 ", "2 ")).unwrap();
    assert_eq!(faults(folder.path()), ["head:1: the head names another entry than the chain holds"]);
    fs::write(&head, "nonsense ".repeat(20)).unwrap();
    assert_eq!(faults(folder.path()), ["head:1: the head cannot be read"]);
    assert!(matches!(head_of(folder.path()), Err(AuditError::NoTail { .. })));
    drop(AuditLog::open(folder.path(), 7).unwrap());
    assert_eq!(head_of(folder.path()).unwrap().sequence, 4);
    assert!(faults(folder.path())[0].contains("the head could not be read"), "{:?}", faults(folder.path()));
    fs::remove_file(&head).unwrap();
    assert_eq!(faults(folder.path()).last().unwrap(), "head:1: the head is missing");
    drop(AuditLog::open(folder.path(), 7).unwrap());
    assert!(faults(folder.path())[1].contains("broken before: when this entry was written, the head was missing"));
}

#[test]
fn a_log_that_was_written_anew_is_told_by_a_head_from_elsewhere() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let noted = written(old.path(), 5).append(9, &entry("the truth")).unwrap();
    written(new.path(), 5).append(9, &entry("a lie")).unwrap();
    assert_eq!(faults(new.path()), [""; 0], "the chain alone cannot show it");
    let verified = verify(new.path(), Some(noted.hash)).unwrap();
    assert!(matches!(verified.faults[..], [Fault { what: Wrong::NotWitnessed, .. }]), "{:?}", verified.faults);
    assert_eq!(verify(old.path(), Some(noted.hash)).unwrap().witnessed, Some(6));
}

#[test]
fn a_long_text_is_cut_and_the_log_still_holds() {
    let folder = tempfile::tempdir().unwrap();
    let log = written(folder.path(), 1);
    log.append(9, &entry(&"x".repeat(2 << 20))).unwrap();
    log.append(9, &entry("after")).unwrap();
    let found = entries(folder.path());
    assert!(found[1].details.text.contains("[cut: 2097152 bytes, BLAKE3 "));
    assert_eq!(faults(folder.path()), [""; 0]);
}
