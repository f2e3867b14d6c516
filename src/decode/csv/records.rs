//! Records out of lines: a quoted field may hold line ends, and a quote that is never closed costs one line, not the file.
//!
//! ```text
//!  line without a quote ──> cut at the delimiter
//!  line with a quote ─────> csv reader, fed line by line ──> whole? ──> record
//!                                                     └──> not closed: the line is rejected, the rest is read again
//! ```

use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::lines::{Line, Lines, MAX_LINE_BYTES};

/// How many lines a record may go on for.
const MAX_CONTINUATION_LINES: usize = 64;

/// What came of asking for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The file is at its end.
    End,
    /// A line without content, or with delimiters only.
    Blank,
    /// A comment.
    Comment,
    /// A record; see [`Records::fields`].
    Record,
    /// A line too long to be read.
    TooLong,
    /// A line whose quote is not closed, or closed only by swallowing other rows.
    Unclosed,
}

/// Reads records and says on which line each began.
pub(super) struct Records<'r> {
    csv: csv::Reader<Feed<'r>>,
    delimiter: u8,
    comment: Option<Vec<u8>>,
    record: ByteRecord,
    bounds: Vec<(usize, usize)>,
    plain: bool,
    line: u64,
    delimiter_line: bool,
}

/// Hands the csv reader one line at a time, and keeps the lines of the record at hand.
struct Feed<'r> {
    lines: Lines<'r>,
    held: Vec<u8>,
    at: usize,
    fed: usize,
    cut: bool,
    owed: Option<u64>,
}

impl<'r> Feed<'r> {
    fn new(lines: Lines<'r>) -> Self {
        Self { lines, held: Vec::new(), at: 0, fed: 0, cut: false, owed: None }
    }

    /// Begins a record: its first line is held and not yet fed.
    fn begin(&mut self) -> io::Result<Line> {
        self.held.clear();
        (self.at, self.fed, self.cut) = (0, 1, false);
        self.lines.next(&mut self.held)
    }

    fn go_on(&mut self) -> io::Result<()> {
        let full = u64::try_from(self.held.len()).unwrap_or(u64::MAX) > MAX_LINE_BYTES;
        if full || self.fed > MAX_CONTINUATION_LINES {
            self.cut = true;
            return Ok(());
        }
        match self.lines.next(&mut self.held)? {
            Line::Read => self.fed += 1,
            Line::End => self.cut = true,
            Line::TooLong => {
                self.owed = Some(self.lines.number());
                self.cut = true;
            }
        }
        Ok(())
    }
}

impl Read for Feed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.held.len() {
            self.go_on()?;
        }
        let rest = self.held.get(self.at..).unwrap_or(&[]);
        let n = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}

fn csv_over(feed: Feed<'_>, delimiter: u8) -> csv::Reader<Feed<'_>> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(feed)
}

impl<'r> Records<'r> {
    pub(super) fn new(lines: Lines<'r>, delimiter: u8, comment: Option<&str>) -> Self {
        Self {
            csv: csv_over(Feed::new(lines), delimiter),
            delimiter,
            comment: comment.map(|c| c.as_bytes().to_vec()),
            record: ByteRecord::new(),
            bounds: Vec::new(),
            plain: true,
            line: 0,
            delimiter_line: false,
        }
    }

    /// Says that the first line is `sep=;` and no row.
    pub(super) fn expect_delimiter_line(&mut self, expected: bool) {
        self.delimiter_line = expected;
    }

    /// The first line is `sep=;` and no row.
    pub(super) fn delimiter_line_expected(&self) -> bool {
        self.delimiter_line
    }

    /// The line on which the record at hand began, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The record at hand.
    pub(super) fn fields(&self) -> Fields<'_> {
        if self.plain {
            Fields { held: &self.csv.get_ref().held, bounds: &self.bounds, record: None }
        } else {
            Fields { held: &[], bounds: &[], record: Some(&self.record) }
        }
    }

    /// The line at hand as the file writes it, without its end.
    pub(super) fn first_line(&self) -> &[u8] {
        self.csv.get_ref().held.split(|b| *b == b'\n').next().unwrap_or(&[])
    }

    /// Passes over one line, whatever is in it; `false` at the end of the file.
    pub(super) fn pass_over_line(&mut self) -> io::Result<bool> {
        let feed = self.csv.get_mut();
        let line = feed.begin()?;
        self.line = feed.lines.number();
        Ok(line != Line::End)
    }

    /// Reads on; `width` is the number of fields expected, where that is known.
    pub(super) fn next(&mut self, width: Option<usize>) -> io::Result<Step> {
        let feed = self.csv.get_mut();
        if let Some(owed) = feed.owed.take() {
            feed.held.clear();
            self.line = owed;
            return Ok(Step::TooLong);
        }
        let line = feed.begin()?;
        self.line = feed.lines.number();
        match line {
            Line::End => return Ok(Step::End),
            Line::TooLong => return Ok(Step::TooLong),
            Line::Read => {}
        }
        let text = feed.held.strip_suffix(b"\n").unwrap_or(&feed.held);
        if text.iter().all(|b| *b == self.delimiter || b.is_ascii_whitespace()) {
            return Ok(Step::Blank);
        }
        if self.comment.as_ref().is_some_and(|c| text.starts_with(c)) {
            return Ok(Step::Comment);
        }
        self.plain = !text.contains(&b'"');
        if self.plain {
            cut(text, self.delimiter, &mut self.bounds);
            return Ok(Step::Record);
        }
        self.quoted(width)
    }

    fn quoted(&mut self, width: Option<usize>) -> io::Result<Step> {
        self.csv.read_byte_record(&mut self.record).map_err(io::Error::other)?;
        let feed = self.csv.get_ref();
        let swallowed = feed.fed > 1 && swallows(&feed.held, &self.record, self.delimiter, width);
        if !feed.cut && !swallowed {
            return Ok(Step::Record);
        }
        self.recover();
        Ok(Step::Unclosed)
    }

    /// Begins again after the first line of the record at hand.
    fn recover(&mut self) {
        let empty = csv_over(Feed::new(Lines::new(Box::new(io::empty()), b'\n')), self.delimiter);
        let mut feed = std::mem::replace(&mut self.csv, empty).into_inner();
        let after = feed.held.iter().position(|b| *b == b'\n').map_or(feed.held.len(), |at| at + 1);
        let rest = feed.held.split_off(after);
        feed.lines.give_back(&rest, self.line + 1);
        feed.at = feed.held.len();
        self.csv = csv_over(feed, self.delimiter);
    }
}

fn cut(text: &[u8], delimiter: u8, bounds: &mut Vec<(usize, usize)>) {
    bounds.clear();
    let mut start = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte == delimiter {
            bounds.push((start, at));
            start = at + 1;
        }
    }
    bounds.push((start, text.len()));
}

/// Whether a record of several lines swallowed rows because of a stray quote.
///
/// It did if its quotes do not pair, if its fields are not as many as expected, or if a line it went on for has
/// enough delimiters to be a row itself (the last line may, where the first field is the one of several lines).
fn swallows(held: &[u8], record: &ByteRecord, delimiter: u8, width: Option<usize>) -> bool {
    if count(held, b'"') % 2 == 1 {
        return true;
    }
    let Some(width) = width else { return false };
    let surplus = record.iter().skip(width).any(|f| !f.trim_ascii().is_empty());
    if record.len() < width || surplus {
        return true;
    }
    let row_like = |line: &[u8]| count(line, delimiter) + 1 >= width.max(3);
    let first_goes_on = record.get(0).is_some_and(|f| f.contains(&b'\n'));
    let mut lines = held.strip_suffix(b"\n").unwrap_or(held).split(|b| *b == b'\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        let last = lines.peek().is_none();
        if row_like(line) && !(last && first_goes_on) {
            return true;
        }
    }
    false
}

fn count(bytes: &[u8], wanted: u8) -> usize {
    bytes.iter().map(|b| usize::from(*b == wanted)).sum()
}

/// The fields of one record, as bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    held: &'a [u8],
    bounds: &'a [(usize, usize)],
    record: Option<&'a ByteRecord>,
}

impl<'a> Fields<'a> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.record.map_or(self.bounds.len(), ByteRecord::len)
    }

    /// The field at a position, from 0.
    pub(super) fn get(&self, at: usize) -> Option<&'a [u8]> {
        match self.record {
            Some(record) => record.get(at),
            None => self.bounds.get(at).and_then(|(from, to)| self.held.get(*from..*to)),
        }
    }

    /// All of them.
    pub(super) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).filter_map(move |at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, width: usize) -> Vec<(u64, Step, String)> {
        let mut records = Records::new(Lines::new(Box::new(text.as_bytes()), b'\n'), b',', None);
        let mut all = Vec::new();
        loop {
            let step = records.next(Some(width)).unwrap();
            if step == Step::End {
                return all;
            }
            let fields: Vec<_> = records.fields().iter().map(String::from_utf8_lossy).collect();
            all.push((records.line(), step, if step == Step::Record { fields.join("|") } else { String::new() }));
        }
    }

    #[test]
    fn a_quoted_field_may_hold_delimiters_quotes_and_line_ends() {
        let got = read("a,\"b,\"\"c\"\"\",d\n1,\"two\nlines\",3\n4,5,6\n", 3);
        let want = [
            (1, Step::Record, "a|b,\"c\"|d".to_owned()),
            (2, Step::Record, "1|two\nlines|3".to_owned()),
            (4, Step::Record, "4|5|6".to_owned()),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_one_line() {
        for stray in ["a,b,\"c", "\"a,b,c", "a,\"b,c"] {
            let got = read(&format!("{stray}\n1,2,3\n4,5,6\n7,8,9\n"), 3);
            let steps: Vec<_> = got.iter().map(|(line, step, _)| (*line, *step)).collect();
            assert_eq!(
                steps,
                [(1, Step::Unclosed), (2, Step::Record), (3, Step::Record), (4, Step::Record)],
                "{stray}"
            );
            assert_eq!(got[3].2, "7|8|9", "{stray}");
        }
    }

    #[test]
    fn two_stray_quotes_do_not_swallow_the_rows_between_them() {
        let got = read("a,b,\"c\n1,2,3\n4,5,\"6\n7,8,9\n", 3);
        let records: Vec<_> = got.iter().filter(|g| g.1 == Step::Record).map(|g| g.2.as_str()).collect();
        assert_eq!(records, ["1|2|3", "7|8|9"]);
        assert_eq!(got.len(), 4, "every line is accounted for");
    }

    #[test]
    fn a_quote_open_for_ever_is_given_up_after_a_bounded_number_of_lines() {
        let text = format!("\"open,2,3\n{}", "x\n".repeat(1_000));
        let got = read(&text, 3);
        assert_eq!((got[0].1, got.len()), (Step::Unclosed, 1_001));
    }

    #[test]
    fn a_line_too_long_after_an_open_quote_is_told_too() {
        let long = "y".repeat(usize::try_from(MAX_LINE_BYTES).unwrap() + 1);
        let got = read(&format!("\"open,2,3\n1,2,3\n{long}\n4,5,6\n"), 3);
        let mut steps: Vec<_> = got.iter().map(|g| (g.0, g.1)).collect();
        steps.sort_by_key(|s| s.0);
        assert_eq!(steps, [(1, Step::Unclosed), (2, Step::Record), (3, Step::TooLong), (4, Step::Record)]);
    }
}
