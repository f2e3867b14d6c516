//! The beginning of a stream, looked at and put back.

use std::io::{self, BufRead, Cursor, Read};

/// A stream whose beginning has been looked at: it reads as if nobody had.
///
/// If reading broke within the beginning, what came before the break is still read, and then the break is met.
pub struct Rejoined<'a> {
    head: Cursor<Vec<u8>>,
    broke: Option<io::Error>,
    rest: &'a mut dyn BufRead,
}

impl<'a> Rejoined<'a> {
    /// Looks at up to `max_bytes` of the beginning.
    pub fn new(rest: &'a mut dyn BufRead, max_bytes: usize) -> Self {
        let mut head = Vec::new();
        let broke = rest.take(max_bytes as u64).read_to_end(&mut head).err();
        Self { head: Cursor::new(head), broke, rest }
    }

    /// The beginning: shorter than asked only if the stream is, or if it broke.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        self.head.get_ref()
    }

    /// Takes the error that broke the beginning, if one did.
    pub fn take_break(&mut self) -> Option<io::Error> {
        self.broke.take()
    }

    fn head_is_spent(&self) -> bool {
        self.head.position() >= self.head.get_ref().len() as u64
    }
}

impl Read for Rejoined<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.head_is_spent() {
            return self.head.read(buf);
        }
        self.broke.take().map_or_else(|| self.rest.read(buf), Err)
    }
}

impl BufRead for Rejoined<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.head_is_spent() {
            return self.head.fill_buf();
        }
        match self.broke.take() {
            Some(e) => Err(e),
            None => self.rest.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        if self.head_is_spent() { self.rest.consume(amount) } else { self.head.consume(amount) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    struct Breaks(u8);
    impl Read for Breaks {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("broke"));
            }
            self.0 -= 1;
            buf[0] = b'x';
            Ok(1)
        }
    }

    #[test]
    fn a_stream_reads_as_if_nobody_had_looked() {
        let mut rest = Cursor::new(b"line one\nline two\n".to_vec());
        let mut joined = Rejoined::new(&mut rest, 4);
        assert_eq!(joined.head(), b"line");
        let mut text = String::new();
        joined.read_line(&mut text).unwrap();
        joined.read_line(&mut text).unwrap();
        assert_eq!(text, "line one\nline two\n");
    }

    #[test]
    fn what_came_before_a_break_is_read_and_then_the_break_is_met() {
        let mut rest = BufReader::new(Breaks(3));
        let mut joined = Rejoined::new(&mut rest, 100);
        let mut bytes = Vec::new();
        assert!(joined.read_to_end(&mut bytes).is_err());
        assert_eq!(bytes, b"xxx");
    }
}
