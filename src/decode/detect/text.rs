//! Text that is neither XML nor JSON: `OwnTracks` logs and tables.

use crate::time::parse_iso;

use super::super::profile;
use super::{Detection, Format, found};

/// Lines looked at.
const MAX_LINES: usize = 50;

/// The text without a byte-order mark and leading blanks; `None` if it is not text in UTF-8 or a single-byte code.
pub(super) fn body(head: &[u8]) -> Option<&[u8]> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if is_utf16(head) || text.contains(&0) {
        return None;
    }
    Some(text.trim_ascii_start())
}

fn is_utf16(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff])
}

/// Kinds of file that people are handed and that must be converted first, by their signatures.
pub(super) fn known_stranger(head: &[u8]) -> Option<&'static str> {
    const STRANGERS: [(&[u8], &str); 9] = [
        (b"\xd0\xcf\x11\xe0", "an old Excel or Word document: save each sheet as CSV (UTF-8)"),
        (b"SQLite format 3\0", "an SQLite database: export its table of locations as CSV"),
        (b"%PDF", "a PDF: ask for the records as CSV"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
        (b"Rar!", "a RAR archive: unpack it first"),
        (b"BZh", "a bzip2 archive: unpack it first"),
        (b"\xfd7zXZ\0", "an xz archive: unpack it first"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard archive: unpack it first"),
        (b"Obj\x01", "an Avro file: export it as CSV or Parquet"),
    ];
    if is_utf16(head) {
        return Some("text in UTF-16: save it as UTF-8");
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive: unpack it first");
    }
    STRANGERS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| *what)
}

pub(super) fn detect(head: &[u8], text: &[u8]) -> Option<Detection> {
    // In the middle of a character a head may end; so may a file in a single-byte code hold anything.
    let lossy = String::from_utf8_lossy(text);
    let lines = lines(&lossy);
    if lines.iter().any(|line| is_owntracks(line)) {
        return Some(found(Format::OwnTracks, "lines of time, * and JSON"));
    }
    if let Some((profile, because)) = profile::recognise(head) {
        return Some(Detection { format: Format::Csv, profile: Some(profile.name), because });
    }
    let (separator, columns) = separator(&lines)?;
    Some(found(Format::Csv, format!("{columns} columns separated by {separator:?}; no profile has these columns")))
}

/// The first lines that are not blank; a last one that is cut short does not outweigh the others.
fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|l| !l.trim().is_empty()).take(MAX_LINES).collect()
}

/// `2024-05-01T10:00:00Z <blanks> * <blanks> {json}`: the `OwnTracks` Recorder's log.
fn is_owntracks(line: &str) -> bool {
    let mut parts = line.split_whitespace();
    let (time, mark, json) = (parts.next(), parts.next(), parts.next());
    time.is_some_and(|t| parse_iso(t, None).is_ok()) && mark == Some("*") && json.is_some_and(|j| j.starts_with('{'))
}

/// The separator that divides most lines into the same number of columns, and that number.
///
/// Three columns or more in three of five lines (reports have cover rows), or two columns in all of several lines.
fn separator(lines: &[&str]) -> Option<(char, usize)> {
    let mut best: Option<(usize, char, usize)> = None;
    for separator in [',', ';', '\t', '|'] {
        let counts: Vec<usize> = lines.iter().map(|l| outside_quotes(l, separator)).collect();
        let Some((count, agreeing)) = mode(&counts) else { continue };
        let enough =
            if count >= 2 { agreeing * 5 >= lines.len() * 3 } else { agreeing == lines.len() && lines.len() > 1 };
        if enough && best.is_none_or(|(score, _, _)| count * agreeing > score) {
            best = Some((count * agreeing, separator, count + 1));
        }
    }
    best.map(|(_, separator, columns)| (separator, columns))
}

/// The most frequent count above nought, and how often it occurs; the larger count if two are as frequent.
fn mode(counts: &[usize]) -> Option<(usize, usize)> {
    counts
        .iter()
        .filter(|n| **n > 0)
        .map(|n| (*n, counts.iter().filter(|m| *m == n).count()))
        .max_by_key(|(count, agreeing)| (*agreeing, *count))
}

fn outside_quotes(line: &str, separator: char) -> usize {
    let mut quoted = false;
    let mut n = 0;
    for c in line.chars() {
        if c == '"' {
            quoted = !quoted;
        } else if c == separator && !quoted {
            n += 1;
        }
    }
    n
}
