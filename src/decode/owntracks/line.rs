//! Reading lines in bounded memory: a line that is too long is passed over, and the next one is read.

use std::io::{self, BufRead, ErrorKind};

/// The longest line that is kept, bytes; a message with all its fields is below 2 KiB.
pub(super) const MAX_LINE_BYTES: usize = 1024 * 1024;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its end, in the buffer.
    Whole,
    /// A line longer than [`MAX_LINE_BYTES`]; it was passed over.
    TooLong,
    /// No more lines.
    End,
}

/// Reads the next line into `line`; the last one need not be ended.
///
/// # Errors
/// What the reader says.
pub(super) fn read_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let (mut begun, mut too_long) = (false, false);
    loop {
        let available = match reader.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = available.iter().position(|byte| *byte == b'\n');
        let (part, used) = match end {
            Some(at) => (available.get(..at).unwrap_or_default(), at + 1),
            None => (available, available.len()),
        };
        begun |= used > 0;
        too_long |= line.len() + part.len() > MAX_LINE_BYTES;
        if !too_long {
            line.extend_from_slice(part);
        }
        reader.consume(used);
        if end.is_some() || used == 0 {
            return Ok(match (begun, too_long) {
                (false, _) => Line::End,
                (_, true) => Line::TooLong,
                (_, false) => Line::Whole,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], capacity: usize) -> Vec<(Line, String)> {
        let mut reader = io::BufReader::with_capacity(capacity, bytes);
        let (mut line, mut found) = (Vec::new(), Vec::new());
        loop {
            match read_line(&mut reader, &mut line).unwrap() {
                Line::End => return found,
                kind => found.push((kind, String::from_utf8_lossy(&line).into_owned())),
            }
        }
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_come() {
        for capacity in [1, 3, 64] {
            let found = lines(b"a\n\nbcd\nend", capacity);
            let texts: Vec<_> = found.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, ["a", "", "bcd", "end"], "{capacity}");
        }
        assert!(lines(b"", 8).is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_does_not_take_the_next_one_with_it() {
        let mut bytes = vec![b'x'; MAX_LINE_BYTES];
        bytes.extend_from_slice(b"\n");
        bytes.extend_from_slice(&vec![b'y'; MAX_LINE_BYTES + 1]);
        bytes.extend_from_slice(b"\nnext");
        let found = lines(&bytes, 8192);
        let kinds: Vec<_> = found.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Line::Whole, Line::TooLong, Line::Whole]);
        assert_eq!(found[2].1, "next");
    }
}
