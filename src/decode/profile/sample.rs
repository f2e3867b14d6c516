//! The first lines of a file, cut into fields: what recognition and proposals look at.

use super::Profile;
use super::columns::Headings;

/// The delimiters that are tried, the commonest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many lines are looked at.
const LINES: usize = 200;

/// What a text file's bytes mean, before its columns are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between fields.
    pub delimiter: u8,
    /// What ends a line: a line feed, or a carriage return in files of old Macintosh programs.
    pub terminator: u8,
    /// A first line `sep=;`, which spreadsheets write, names the delimiter and is no row.
    pub names_delimiter: bool,
}

impl Dialect {
    /// Works it out from the file's head and what the profile says.
    #[must_use]
    pub fn of(head: &[u8], profile: &Profile) -> Self {
        let terminator = terminator(head);
        let (named, _) = sep_line(head, terminator);
        let delimiter = profile.file.delimiter.or(named).unwrap_or_else(|| best_delimiter(head, profile));
        Self { delimiter, terminator, names_delimiter: named.is_some() }
    }
}

/// The head without a byte order mark.
#[must_use]
pub fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

fn terminator(head: &[u8]) -> u8 {
    if head.contains(&b'\r') && !head.contains(&b'\n') { b'\r' } else { b'\n' }
}

/// The delimiter that a first line `sep=;` names, and the rest of the head.
fn sep_line(head: &[u8], terminator: u8) -> (Option<u8>, &[u8]) {
    let head = without_mark(head);
    let Some(rest) = head.strip_prefix(b"sep=") else { return (None, head) };
    match (rest.split_first(), rest.iter().position(|b| *b == terminator)) {
        (Some((delimiter, _)), Some(end)) if end <= 2 => (Some(*delimiter), rest.get(end + 1..).unwrap_or(&[])),
        _ => (None, head),
    }
}

fn best_delimiter(head: &[u8], profile: &Profile) -> u8 {
    let fits = |d: &u8| {
        let sample = Sample::cut(head, *d);
        if let (false, Some(width)) = (profile.file.header, profile.file.fields) {
            return sample.rows.iter().any(|r| r.len() == width);
        }
        let searched = profile.file.skip_lines..profile.file.skip_lines + profile.file.header_search.max(1);
        sample
            .rows
            .iter()
            .enumerate()
            .any(|(at, row)| searched.contains(&at) && profile.missing(&Headings::new(row.clone())).is_empty())
    };
    DELIMITERS.into_iter().find(fits).unwrap_or_else(|| Sample::read(head).delimiter)
}

/// The first lines, cut into fields; a field that is not UTF-8 is cut with replacement characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// What stands between the fields.
    pub delimiter: u8,
    /// The rows, blank lines left out.
    pub rows: Vec<Vec<String>>,
}

impl Sample {
    /// Cuts by the given delimiter; the last line is left out if the head may have cut it short.
    #[must_use]
    pub fn cut(head: &[u8], delimiter: u8) -> Self {
        let end_of_line = terminator(head);
        let (_, mut text) = sep_line(head, end_of_line);
        if head.len() >= super::super::HEAD_BYTES
            && let Some(last) = text.iter().rposition(|b| *b == end_of_line)
        {
            text = text.get(..last).unwrap_or(text);
        }
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text);
        let mut rows = Vec::new();
        let mut record = csv::ByteRecord::new();
        while rows.len() < LINES && reader.read_byte_record(&mut record).unwrap_or(false) {
            rows.push(record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect());
        }
        Self { delimiter, rows }
    }

    /// Cuts by the delimiter that gives most rows of one width, more than one field each.
    #[must_use]
    pub fn read(head: &[u8]) -> Self {
        if let (Some(named), _) = sep_line(head, terminator(head)) {
            return Self::cut(head, named);
        }
        let mut best = Self::cut(head, b',');
        let mut best_score = best.score();
        for delimiter in DELIMITERS.into_iter().skip(1) {
            let sample = Self::cut(head, delimiter);
            let score = sample.score();
            if score > best_score {
                (best, best_score) = (sample, score);
            }
        }
        best
    }

    /// The commonest number of fields in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        let count = |w: usize| self.rows.iter().filter(|r| r.len() == w).count();
        self.rows.iter().map(Vec::len).max_by_key(|w| (count(*w), *w)).unwrap_or(0)
    }

    /// Rows of the commonest width, then the width: `0` if nothing was cut.
    fn score(&self) -> (usize, usize) {
        let width = self.width();
        if width < 2 {
            return (0, 0);
        }
        (self.rows.iter().filter(|r| r.len() == width).count(), width)
    }
}

/// A delimiter as a person reads it.
#[must_use]
pub fn delimiter_name(delimiter: u8) -> &'static str {
    match delimiter {
        b';' => "semicolons",
        b'\t' => "tabs",
        b'|' => "bars",
        _ => "commas",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_cuts_rows_alike() {
        assert_eq!(Sample::read(b"a;b;c\n1,5;2,5;3\n4,5;5,5;6\n").delimiter, b';');
        assert_eq!(Sample::read(b"a\tb\n1\t2\n").delimiter, b'\t');
        assert_eq!(Sample::read(b"a,b|c\n1,2|3\n4,5|6\n").delimiter, b',');
        assert_eq!(Sample::read(b"sep=|\na,b|c\n").delimiter, b'|');
        assert_eq!(Sample::read(b"a,b\r1,2\r").rows.len(), 2);
    }

    #[test]
    fn a_line_cut_short_by_the_head_is_not_a_row() {
        let mut head = b"a,b\n".repeat(super::super::super::HEAD_BYTES / 4);
        head.truncate(super::super::super::HEAD_BYTES - 2);
        head.extend_from_slice(b"xx");
        assert!(Sample::cut(&head, b',').rows.iter().all(|r| r.len() == 2));
    }
}
