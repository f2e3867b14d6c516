//! Walks a JSON document of any size, holding one value of it at a time.
//!
//! ```text
//!  {"locations": [ {…}, {…}, {…} ]}
//!   enter  next_key  next_element ─> value(): the bytes of one element, for serde_json
//! ```
//! The memory used is bounded by [`MAX_VALUE_BYTES`], whatever the document's size. A comma before a closing bracket
//! is forgiven; where the boundary of a value is no longer certain, reading stops with an error.

use std::io::{BufRead, ErrorKind};

use super::json_scan::Scan;
use super::{DecodeError, RowSink};
use crate::model::{RejectReason, RejectRow};

/// The largest single value that is held, bytes. An element of a location history is a few kilobytes; a value of this
/// size made to do harm takes some hundred times as much once it is read, which must still fit in memory.
pub(super) const MAX_VALUE_BYTES: usize = 4 * 1024 * 1024;

/// A JSON document that is read from front to back.
pub(super) struct JsonStream<'r> {
    reader: &'r mut dyn BufRead,
    file: &'r str,
    scan: Scan,
    value: Vec<u8>,
    #[cfg(test)]
    bytes_read: u64,
    /// Elements read so far by [`JsonStream::next_element`].
    row: u64,
    /// Nothing has been read yet inside the bracket that was entered last.
    first: bool,
}

impl<'r> JsonStream<'r> {
    /// Begins a document; `file` is its name, for errors.
    pub(super) fn new(reader: &'r mut dyn BufRead, file: &'r str) -> Self {
        Self {
            reader,
            file,
            scan: Scan::default(),
            value: Vec::new(),
            #[cfg(test)]
            bytes_read: 0,
            row: 0,
            first: true,
        }
    }

    /// The bytes of the value read last; after an error, what was read of it.
    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    /// How many elements were read, over all arrays: the row of the element read last.
    pub(super) fn row(&self) -> u64 {
        self.row
    }

    /// How much memory the stream holds: the largest value so far.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.value.capacity()
    }

    /// How much was read as values.
    #[cfg(test)]
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Counts `n` further rows that were read as part of one value.
    pub(super) fn add_rows(&mut self, n: u64) {
        self.row += n;
    }

    /// Skips a byte-order mark, then enters `bracket`; `false` if the document begins with something else.
    pub(super) fn enter_root(&mut self, bracket: u8) -> Result<bool, DecodeError> {
        if self.peek_raw()? == Some(0xEF) {
            for mark in [0xEF, 0xBB, 0xBF] {
                if self.peek_raw()? != Some(mark) {
                    return Ok(false);
                }
                self.reader.consume(1);
            }
        }
        self.enter(bracket)
    }

    /// Enters an object (`{`) or array (`[`) if one comes next; says whether it did.
    pub(super) fn enter(&mut self, bracket: u8) -> Result<bool, DecodeError> {
        let here = self.peek()? == Some(bracket);
        if here {
            self.reader.consume(1);
            self.first = true;
        }
        Ok(here)
    }

    /// The next key of the object that was entered, its colon read too; `None` at the object's end.
    pub(super) fn next_key(&mut self) -> Result<Option<String>, DecodeError> {
        if !self.has_next(b'}')? {
            return Ok(None);
        }
        self.take(true)?;
        let key = serde_json::from_slice(&self.value).map_err(|_| self.broken("a key is not a JSON string"))?;
        if self.peek()? != Some(b':') {
            return Err(self.broken("a key is not followed by a colon"));
        }
        self.reader.consume(1);
        Ok(Some(key))
    }

    /// Reads the next element of the array that was entered into [`JsonStream::value`]; `false` at the array's end.
    pub(super) fn next_element(&mut self) -> Result<bool, DecodeError> {
        if !self.has_next(b']')? {
            return Ok(false);
        }
        self.take(true)?;
        self.row += 1;
        Ok(true)
    }

    /// Reads a whole value into [`JsonStream::value`].
    pub(super) fn read_value(&mut self) -> Result<(), DecodeError> {
        self.take(true)
    }

    /// Passes over a whole value without holding it.
    pub(super) fn skip_value(&mut self) -> Result<(), DecodeError> {
        self.take(false)
    }

    /// Whether the value read last, or what was read of it, writes `name` in quotes: enough to recognise a format.
    pub(super) fn value_names(&self, name: &str) -> bool {
        let quoted = format!("\"{name}\"");
        self.value.windows(quoted.len()).any(|w| w == quoted.as_bytes())
    }

    /// Passes over the value of an unknown key. Records may hide in an array, so one that has elements is rejected as a
    /// whole; says whether it was.
    pub(super) fn skip_unknown(&mut self, key: &str, sink: &mut dyn RowSink) -> Result<bool, DecodeError> {
        if !self.enter(b'[')? {
            self.take(false)?;
            return Ok(false);
        }
        let mut elements = 0_u64;
        while self.has_next(b']')? {
            self.take(false)?;
            elements += 1;
        }
        if elements == 0 {
            return Ok(false);
        }
        let value = format!("{elements} elements that are not known to this format");
        let reason = RejectReason::NotAllowed;
        sink.reject(&RejectRow { row: self.row + 1, path: key, field: key, value: &value, reason })?;
        Ok(true)
    }

    /// Checks that nothing follows the document.
    pub(super) fn end(&mut self) -> Result<(), DecodeError> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.broken("something follows the end of the document")),
        }
    }

    /// The document is not in the expected format.
    pub(super) fn unknown(&self, detail: &str) -> DecodeError {
        DecodeError::Unknown { file: self.file.to_owned(), detail: detail.to_owned() }
    }

    fn broken(&self, detail: impl Into<String>) -> DecodeError {
        DecodeError::Structure { file: self.file.to_owned(), row: self.row, detail: detail.into() }
    }

    /// Stands before the next member of the bracket that was entered; `false` if `closes` came instead.
    fn has_next(&mut self, closes: u8) -> Result<bool, DecodeError> {
        let mut next = self.peek()?;
        if !self.first && next == Some(b',') {
            self.reader.consume(1);
            next = self.peek()?;
        } else if !self.first && next.is_some_and(|b| b != closes) {
            return Err(self.broken("a comma is missing between two values"));
        }
        self.first = false;
        match next {
            None => Err(self.broken("the file ends in the middle")),
            Some(b) if b == closes => {
                self.reader.consume(1);
                Ok(false)
            }
            Some(b'}' | b']') => Err(self.broken("a closing bracket of the wrong kind")),
            Some(_) => Ok(true),
        }
    }

    /// Reads one value to its end, into `value` if it is to be kept.
    fn take(&mut self, keep: bool) -> Result<(), DecodeError> {
        self.peek()?;
        self.value.clear();
        self.scan.restart();
        loop {
            let chunk = fill(self.reader, self.file)?;
            if chunk.is_empty() {
                return Err(self.broken("the file ends in the middle of a value"));
            }
            let end = match self.scan.feed(chunk) {
                Ok(end) => end,
                Err(fault) => return Err(self.broken(fault.to_string())),
            };
            let used = end.unwrap_or(chunk.len());
            if keep {
                if self.value.len() + used > MAX_VALUE_BYTES {
                    return Err(self.broken(format!("one value is larger than {MAX_VALUE_BYTES} bytes")));
                }
                self.value.extend_from_slice(chunk.get(..used).unwrap_or(chunk));
            }
            self.reader.consume(used);
            #[cfg(test)]
            {
                self.bytes_read += u64::try_from(used).unwrap();
            }
            if end.is_some() {
                // White space between a word and the comma after it belongs to neither.
                let kept = self.value.trim_ascii_end().len();
                self.value.truncate(kept);
                return Ok(());
            }
        }
    }

    /// The next byte that is not white space, left in place.
    fn peek(&mut self) -> Result<Option<u8>, DecodeError> {
        loop {
            let chunk = fill(self.reader, self.file)?;
            let Some(blank) = chunk.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')) else {
                let n = chunk.len();
                if n == 0 {
                    return Ok(None);
                }
                self.reader.consume(n);
                continue;
            };
            let next = chunk.get(blank).copied();
            self.reader.consume(blank);
            return Ok(next);
        }
    }

    fn peek_raw(&mut self) -> Result<Option<u8>, DecodeError> {
        Ok(fill(self.reader, self.file)?.first().copied())
    }
}

/// The bytes at hand, read again if a signal interrupted.
fn fill<'b>(reader: &'b mut dyn BufRead, file: &str) -> Result<&'b [u8], DecodeError> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(DecodeError::Io { file: file.to_owned(), source }),
        }
    }
    // The buffer is full now, so this does not read; asking twice keeps the borrow out of the loop.
    reader.fill_buf().map_err(|source| DecodeError::Io { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader, Read};

    use super::*;

    fn elements(document: &[u8]) -> (Vec<String>, Result<(), DecodeError>) {
        let mut reader = document;
        let mut stream = JsonStream::new(&mut reader, "file");
        let mut found = Vec::new();
        let mut walk = || {
            assert!(stream.enter_root(b'[')?);
            while stream.next_element()? {
                found.push(String::from_utf8_lossy(stream.value()).into_owned());
            }
            stream.end()
        };
        let result = walk();
        (found, result)
    }

    #[test]
    fn a_comma_too_many_at_the_end_is_forgiven_and_elsewhere_it_is_an_empty_element() {
        assert_eq!(elements(b"[1 , \"a\",]").0, ["1", "\"a\""]);
        assert_eq!(elements(b"[1,,2]").0, ["1", "", "2"]);
        assert!(elements(b"[ ]").1.is_ok());
    }

    #[test]
    fn where_a_boundary_is_uncertain_reading_stops() {
        for broken in ["[{} {}]", "[1}", "[{]]", "[1] 2", "[1", "[", "[\"a", "[1:2]"] {
            let (_, result) = elements(broken.as_bytes());
            assert!(matches!(result, Err(DecodeError::Structure { .. })), "{broken}: {result:?}");
        }
    }

    #[test]
    fn a_value_that_is_too_large_is_not_held() {
        let mut document = vec![b'a'; MAX_VALUE_BYTES + 100];
        document.splice(..0, *b"[1, \"");
        let mut reader = BufReader::with_capacity(4096, document.as_slice());
        let mut stream = JsonStream::new(&mut reader, "file");
        assert!(stream.enter_root(b'[').unwrap() && stream.next_element().unwrap());
        let error = stream.next_element().unwrap_err();
        assert!(matches!(error, DecodeError::Structure { row: 1, .. }), "{error}");
        assert!(stream.value().len() <= MAX_VALUE_BYTES);
    }

    /// Interrupted once, then one byte at a time, then failing.
    struct Flaky(u8);

    impl Read for Flaky {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let step = usize::from(self.0);
            self.0 += 1;
            match (step, b"[7,".get(step.wrapping_sub(1))) {
                (0, _) => Err(ErrorKind::Interrupted.into()),
                (_, Some(byte)) => {
                    buf[0] = *byte;
                    Ok(1)
                }
                _ => Err(io::Error::other("disk")),
            }
        }
    }

    #[test]
    fn an_interruption_is_retried_and_a_failure_is_told() {
        let mut reader = BufReader::new(Flaky(0));
        let mut stream = JsonStream::new(&mut reader, "file");
        assert!(stream.enter_root(b'[').unwrap() && stream.next_element().unwrap());
        assert_eq!(stream.value(), b"7");
        assert!(matches!(stream.next_element(), Err(DecodeError::Io { .. })));
    }
}
