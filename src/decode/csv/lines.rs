//! The physical lines of a file, each at most a mebibyte, so that a file without line ends cannot fill the memory.

use std::io::{self, BufRead, Read};

/// The longest line that is read, bytes; a longer one is rejected and passed over.
pub(super) const MAX_LINE_BYTES: u64 = 1024 * 1024;

/// What came of asking for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The file is at its end.
    End,
    /// A line was appended, ending in one line feed whatever the file wrote.
    Read,
    /// A line longer than [`MAX_LINE_BYTES`] was passed over.
    TooLong,
}

/// Reads lines, and can be given lines back.
pub(super) struct Lines<'r> {
    reader: Box<dyn BufRead + 'r>,
    terminator: u8,
    read: u64,
    current: u64,
    again: Vec<u8>,
    again_at: usize,
    again_number: u64,
    /// The last line ended in a carriage return: a line feed that comes next is part of that end.
    after_return: bool,
}

impl<'r> Lines<'r> {
    pub(super) fn new(reader: Box<dyn BufRead + 'r>, terminator: u8) -> Self {
        let again = Vec::new();
        Self { reader, terminator, read: 0, current: 0, again, again_at: 0, again_number: 0, after_return: false }
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.current
    }

    /// Appends the next line.
    pub(super) fn next(&mut self, into: &mut Vec<u8>) -> io::Result<Line> {
        if let Some(rest) = self.again.get(self.again_at..).filter(|rest| !rest.is_empty()) {
            let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
            into.extend_from_slice(rest.get(..end).unwrap_or(rest));
            self.again_at += end;
            self.again_number += 1;
            self.current = self.again_number;
            return Ok(Line::Read);
        }
        let start = into.len();
        let taken = if self.terminator == b'\r' {
            self.until_either(into)?
        } else {
            (&mut self.reader).take(MAX_LINE_BYTES).read_until(self.terminator, into)?
        };
        if taken == 0 {
            return Ok(Line::End);
        }
        self.read += 1;
        self.current = self.read;
        if into.last().is_some_and(|last| self.ends_line(*last)) {
            into.pop();
        } else if u64::try_from(taken).unwrap_or(u64::MAX) >= MAX_LINE_BYTES {
            into.truncate(start);
            self.pass_over()?;
            return Ok(Line::TooLong);
        }
        if into.len() > start && into.last() == Some(&b'\r') {
            into.pop();
        }
        into.push(b'\n');
        Ok(Line::Read)
    }

    /// Gives back lines, the first of which is number `first`: they are read again before anything else.
    pub(super) fn give_back(&mut self, lines: &[u8], first: u64) {
        let mut again = lines.to_vec();
        again.extend_from_slice(self.again.get(self.again_at..).unwrap_or(&[]));
        self.again = again;
        self.again_at = 0;
        self.again_number = first.saturating_sub(1);
    }

    /// A file of carriage returns may go on with line feeds past the head that was looked at: both end a line then.
    fn ends_line(&self, byte: u8) -> bool {
        byte == self.terminator || byte == b'\n'
    }

    /// Appends a line of a file of carriage returns with its end, and says how many bytes were taken.
    fn until_either(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        if std::mem::take(&mut self.after_return) && self.reader.fill_buf()?.first() == Some(&b'\n') {
            self.reader.consume(1);
        }
        let most = usize::try_from(MAX_LINE_BYTES).unwrap_or(usize::MAX);
        let mut taken = 0;
        while taken < most {
            let buffer = self.reader.fill_buf()?;
            let part = buffer.get(..most - taken).unwrap_or(buffer);
            let end = part.iter().position(|b| matches!(b, b'\r' | b'\n'));
            let line = end.and_then(|at| part.get(..=at)).unwrap_or(part);
            into.extend_from_slice(line);
            let used = line.len();
            self.reader.consume(used);
            taken += used;
            if end.is_some() || used == 0 {
                break;
            }
        }
        self.after_return = taken > 0 && into.last() == Some(&b'\r');
        Ok(taken)
    }

    fn pass_over(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let end = buffer.iter().position(|b| *b == self.terminator || *b == b'\n');
            self.after_return = end.and_then(|at| buffer.get(at)) == Some(&b'\r');
            let used = end.map_or(buffer.len(), |at| at + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_made_alike_and_a_line_too_long_is_passed_over() {
        let long = "x".repeat(usize::try_from(MAX_LINE_BYTES).unwrap() + 5);
        let text = format!("one\r\n{long}\nthree");
        let mut lines = Lines::new(Box::new(text.as_bytes()), b'\n');
        let mut got = Vec::new();
        assert_eq!(lines.next(&mut got).unwrap(), Line::Read);
        assert_eq!(lines.next(&mut got).unwrap(), Line::TooLong);
        assert_eq!(lines.next(&mut got).unwrap(), Line::Read);
        assert_eq!((got.as_slice(), lines.number()), (&b"one\nthree\n"[..], 3));
        assert_eq!(lines.next(&mut got).unwrap(), Line::End);
    }

    #[test]
    fn lines_given_back_keep_their_numbers() {
        let mut lines = Lines::new(Box::new(&b"1\n2\n3\n4\n"[..]), b'\n');
        let mut got = Vec::new();
        for _ in 0..3 {
            lines.next(&mut got).unwrap();
        }
        lines.give_back(b"2\n3\n", 2);
        let mut seen = Vec::new();
        loop {
            got.clear();
            if lines.next(&mut got).unwrap() == Line::End {
                break;
            }
            seen.push((lines.number(), String::from_utf8_lossy(&got).trim().to_owned()));
        }
        assert_eq!(seen, [(2, "2".to_owned()), (3, "3".to_owned()), (4, "4".to_owned())]);
    }
}
