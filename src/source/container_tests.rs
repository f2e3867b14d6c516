use std::cell::Cell;
use std::io::{Cursor, Write as _};
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::NamedTempFile;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

/// What a visit of a file saw: each member's name, and its content or why there is none.
type Seen = Vec<(String, Result<Vec<u8>, String>)>;

fn visit(path: &Path, limits: &Limits) -> (Seen, Result<(), SourceError>) {
    let mut seen = Vec::new();
    let result = visit_members(path, limits, &|_| (), &mut |member: Member<'_>| {
        let content = member.content.map_err(|e| e.to_string()).and_then(|c| {
            let mut bytes = Vec::new();
            c.reader.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
            Ok(bytes)
        });
        seen.push((member.name, content));
        Ok::<(), SourceError>(())
    });
    (seen, result)
}

fn written(bytes: &[u8], ending: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().prefix("x").suffix(ending).tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/container").join(name)
}

#[test]
fn a_plain_file_is_its_own_only_member_whatever_its_name() {
    let file = written(b"a,b\n1,2\n", ".zip");
    let read = Cell::new(0);
    let mut paths = 0;
    let result = visit_members(file.path(), &Limits::default(), &|n| read.set(n), &mut |m: Member<'_>| {
        let content = m.content?;
        paths += u32::from(content.path == Some(file.path()));
        let mut text = String::new();
        content.reader.read_to_string(&mut text).unwrap();
        assert_eq!((m.name.as_str(), text.as_str()), ("", "a,b\n1,2\n"));
        Ok::<(), SourceError>(())
    });
    assert!(result.is_ok());
    assert_eq!((paths, read.get()), (1, 8));
    let (seen, result) = visit(written(b"", ".csv").path(), &Limits::default());
    assert!(result.is_ok());
    assert_eq!(seen, [(String::new(), Ok(Vec::new()))]);
}

#[test]
fn containers_are_opened_within_each_other_as_deep_as_allowed() {
    let inner = zip(&[("c.csv", b"c"), ("d.csv.gz", &gz(b"d"))]);
    let mut two_streams = gz(b"b1,");
    two_streams.extend(gz(b"b2"));
    let outer = zip(&[("a.csv", b"a"), ("b.csv.GZ", &two_streams), ("in.zip", &inner), ("e/", b"")]);
    let file = written(&outer, ".bin");
    let (seen, result) = visit(file.path(), &Limits::default());
    assert!(result.is_ok());
    let names: Vec<_> = seen.iter().map(|(n, c)| (n.as_str(), c.as_deref().ok())).collect();
    let expected: [(&str, Option<&[u8]>); 4] = [
        ("a.csv", Some(b"a")),
        ("b.csv.GZ!b.csv", Some(b"b1,b2")),
        ("in.zip!c.csv", Some(b"c")),
        ("in.zip!d.csv.gz", None),
    ];
    assert_eq!(names, expected);
    assert!(seen[3].1.as_ref().unwrap_err().contains("more than 2 containers deep"));
    let (seen, _) = visit(file.path(), &Limits { max_depth: 3, ..Limits::default() });
    assert_eq!(seen[3], ("in.zip!d.csv.gz!d.csv".to_owned(), Ok(b"d".to_vec())));
}

#[test]
fn a_bomb_stops_at_the_ratio_and_the_members_after_it_are_read() {
    let zeros = vec![0; 3 << 20];
    let limits = Limits { ratio_floor_bytes: 1 << 20, ..Limits::default() };
    let file = written(&zip(&[("bomb", &zeros), ("b.csv", b"b")]), ".zip");
    let (seen, result) = visit(file.path(), &limits);
    assert!(result.is_ok());
    assert!(seen[0].1.as_ref().unwrap_err().contains("expands over 200:1"), "{:?}", seen[0].1);
    assert_eq!(seen[1], ("b.csv".to_owned(), Ok(b"b".to_vec())));
    let (seen, _) = visit(written(&gz(&zeros), ".gz").path(), &limits);
    assert!(seen[0].1.as_ref().unwrap_err().contains("expands over 200:1"), "{:?}", seen[0].1);
    // Below the floor, anything goes.
    let (seen, _) = visit(file.path(), &Limits::default());
    assert_eq!(seen[0].1.as_ref().map(Vec::len), Ok(3 << 20));
}

#[test]
fn a_bomb_within_a_container_stops_while_it_is_copied_out() {
    let bomb = zip(&[("zeros", &vec![0; 3 << 20])]);
    let file = written(&zip(&[("in.zip", &zip(&[("x", &bomb)])), ("b.csv", b"b")]), ".zip");
    let limits = Limits { ratio_floor_bytes: 1 << 20, max_depth: 3, ..Limits::default() };
    let (seen, result) = visit(file.path(), &limits);
    assert!(result.is_ok());
    assert_eq!(seen[0].0, "in.zip!x!zeros");
    assert!(seen[0].1.as_ref().unwrap_err().contains("expands over 200:1"), "{:?}", seen[0].1);
    assert!(seen[1].1.is_ok());
}

#[test]
fn the_limits_of_the_whole_exhibit_end_the_visit() {
    let file = written(&zip(&[("a", &[b'a'; 600]), ("b", &[b'b'; 600]), ("c", &[b'c'; 600])]), ".zip");
    let (seen, result) = visit(file.path(), &Limits { max_total_bytes: 1000, ..Limits::default() });
    assert!(matches!(result, Err(SourceError::TotalBytes { limit_bytes: 1000, .. })), "{result:?}");
    assert_eq!(seen.iter().map(|(n, c)| (n.as_str(), c.is_ok())).collect::<Vec<_>>(), [("a", true), ("b", false)]);
    let (seen, result) = visit(file.path(), &Limits { max_members: 2, ..Limits::default() });
    assert!(matches!(result, Err(SourceError::Members { found: 3, limit: 2, .. })));
    assert!(seen.is_empty());
    // A plain file is never too long.
    let plain = written(&[b'a'; 4000], ".csv");
    let (seen, result) = visit(plain.path(), &Limits { max_total_bytes: 10, ..Limits::default() });
    assert!(result.is_ok() && seen[0].1.is_ok());
}

#[test]
fn a_member_that_cannot_be_opened_is_named_and_the_others_are_read() {
    let (seen, result) = visit(&fixture("encrypted.zip"), &Limits::default());
    assert!(result.is_ok());
    assert_eq!(seen[0].0, "secret.arrows");
    assert!(seen[0].1.as_ref().unwrap_err().contains("encrypted"), "{:?}", seen[0].1);
    assert!(seen[1].1.is_ok());
    let (seen, _) = visit(&fixture("case.zip"), &Limits::default());
    assert!(seen.iter().any(|(n, c)| n == "case.zip" && c.as_ref().is_err_and(|e| e.contains("same name"))));
    assert!(seen.iter().any(|(n, _)| n == "../../etc/passwd"));
    assert!(!seen.iter().any(|(n, _)| n.contains("MACOSX") || n.contains("DS_Store") || n == "folder/"));
}

#[test]
fn a_member_whose_bytes_were_changed_breaks_at_its_checksum() {
    let mut bytes = zip(&[("a.csv", b"hello, hello, hello"), ("b.csv", b"b")]);
    let at = bytes.windows(5).position(|w| w == b"a.csv").unwrap() + 5;
    bytes[at + 3] ^= 0x10;
    let (seen, _) = visit(written(&bytes, ".zip").path(), &Limits::default());
    assert!(seen[0].1.is_err(), "{seen:?}");
    assert_eq!(seen[1].1.as_deref(), Ok(b"b".as_slice()));
}

#[test]
fn what_visit_returns_ends_the_visit_at_once() {
    let file = written(&zip(&[("a", b"a"), ("b", b"b")]), ".zip");
    let mut calls = 0;
    let result = visit_members(file.path(), &Limits::default(), &|_| (), &mut |_| {
        calls += 1;
        Err(SourceError::Folder { file: "stop".to_owned() })
    });
    assert!(matches!(result, Err(SourceError::Folder { .. })));
    assert_eq!(calls, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_behind_a_signature_are_opened_without_harm(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        magic in 0_usize..3,
    ) {
        let mut file = [b"\x1f\x8b\x08".as_slice(), b"PK\x03\x04", b""][magic].to_vec();
        file.extend(bytes);
        let (seen, result) = visit(written(&file, "").path(), &Limits::default());
        prop_assert!(result.is_err() || !seen.is_empty());
    }

    #[test]
    fn an_archive_with_changed_bytes_is_opened_without_harm(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = zip(&[("a.csv", b"hello, hello, hello"), ("b.gz", &gz(b"b")), ("c.zip", &zip(&[("d", b"d")]))]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let limits = Limits { max_total_bytes: 1 << 20, ..Limits::default() };
        let _ = visit(written(&bytes, ".zip").path(), &limits);
    }
}
