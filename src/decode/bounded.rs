//! A reader with an allowance: no single record of a hostile file can fill the memory.
//!
//! Parsers of trees (XML, JSON) hold one piece of the file at a time, however long it is. The invariant here: between
//! two renewals of the [`Allowance`] at most `limit` bytes are given; then reading fails and says so.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::DecodeError;

/// UTF-8's mark of byte order; it carries nothing and is skipped.
const UTF8_BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// How many bytes a reader may still give; shared between the reader and the one who renews it.
#[derive(Debug, Clone)]
pub(super) struct Allowance(Rc<Meter>);

#[derive(Debug)]
struct Meter {
    limit: u64,
    left: Cell<u64>,
    overdrawn: Cell<bool>,
}

impl Allowance {
    /// An allowance of `limit` bytes between renewals.
    pub(super) fn new(limit: u64) -> Self {
        Self(Rc::new(Meter { limit, left: Cell::new(limit), overdrawn: Cell::new(false) }))
    }

    /// A new record begins: the full allowance again.
    pub(super) fn renew(&self) {
        self.0.left.set(self.0.limit);
    }

    /// The error of a file whose reading failed with `error` after `row`: too long a record, or the system's failure.
    pub(super) fn explain(&self, file: &str, row: u64, error: io::Error) -> DecodeError {
        let file = file.to_owned();
        if self.0.overdrawn.get() {
            let detail = format!("one element is longer than {} bytes", self.0.limit);
            DecodeError::Structure { file, row, detail }
        } else {
            DecodeError::Io { file, source: error }
        }
    }
}

/// A reader under an [`Allowance`], past the mark of byte order.
pub(super) struct Bounded<'r> {
    head: io::Chain<io::Cursor<Vec<u8>>, &'r mut dyn BufRead>,
    allowance: Allowance,
    utf16: bool,
}

impl<'r> Bounded<'r> {
    /// Looks at the first three bytes and skips UTF-8's mark of byte order.
    ///
    /// # Errors
    /// What the reader says.
    pub(super) fn start(reader: &'r mut dyn BufRead, allowance: &Allowance) -> io::Result<Self> {
        let mut head = Vec::with_capacity(UTF8_BOM.len());
        reader.take(UTF8_BOM.len() as u64).read_to_end(&mut head)?;
        let utf16 = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
        if head == UTF8_BOM {
            head.clear();
        }
        Ok(Self { head: io::Cursor::new(head).chain(reader), allowance: allowance.clone(), utf16 })
    }

    /// The file begins with a mark of UTF-16, which Locard does not read.
    pub(super) fn is_utf16(&self) -> bool {
        self.utf16
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let meter = &self.allowance.0;
        let left = meter.left.get();
        if left == 0 {
            meter.overdrawn.set(true);
            return Err(io::Error::other("allowance used up"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let (allowed, _) = buf.split_at_mut(most);
        let given = self.head.read(allowed)?;
        meter.left.set(left.saturating_sub(given as u64));
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_renewed_in_time_is_read_whole_and_what_is_not_is_refused() {
        let allowance = Allowance::new(8);
        let mut bytes: &[u8] = b"\xEF\xBB\xBFabcdefgh12345678x";
        let mut reader = Bounded::start(&mut bytes, &allowance).unwrap();
        let mut eight = [0; 8];
        reader.read_exact(&mut eight).unwrap();
        assert_eq!(&eight, b"abcdefgh", "the mark is skipped");
        allowance.renew();
        reader.read_exact(&mut eight).unwrap();
        let refused = reader.read_exact(&mut eight).unwrap_err();
        assert!(matches!(allowance.explain("f", 7, refused), DecodeError::Structure { row: 7, .. }));
    }

    #[test]
    fn a_failure_of_the_system_stays_one() {
        let allowance = Allowance::new(8);
        let broken = io::Error::other("disk");
        assert!(matches!(allowance.explain("f", 7, broken), DecodeError::Io { .. }));
    }

    #[test]
    fn a_mark_is_found_even_if_bytes_come_one_by_one() {
        let mut slow = io::BufReader::with_capacity(1, &b"\xEF\xBB\xBFa"[..]);
        let mut text = String::new();
        Bounded::start(&mut slow, &Allowance::new(8)).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a");
        let mut utf16: &[u8] = b"\xFF\xFE<\0";
        assert!(Bounded::start(&mut utf16, &Allowance::new(8)).unwrap().is_utf16());
    }
}
