//! Bytes repaired to UTF-8: a name in another encoding must not cost the rows around it.

use std::io::{self, BufRead, Read};

use crate::decode::bounded::Bounded;

/// How much is read at a time, bytes.
const CHUNK_BYTES: usize = 32 * 1024;

/// Reads UTF-8; a byte that is none (Latin-1 in a track's name) is given as U+FFFD.
///
/// Positions, times and the names of elements are ASCII in every encoding that returned files use, UTF-16 apart, so
/// that nothing Locard reads is changed by it.
pub(in crate::decode) struct Utf8Input<'r> {
    inner: Bounded<'r>,
    raw: Vec<u8>,
    /// How many bytes at the start of `raw` wait for the rest of their character: at most 3.
    waiting: usize,
    ready: Vec<u8>,
    taken: usize,
}

impl<'r> Utf8Input<'r> {
    /// Wraps a reader.
    pub(in crate::decode) fn new(inner: Bounded<'r>) -> Self {
        Self { inner, raw: vec![0; CHUNK_BYTES], waiting: 0, ready: Vec::new(), taken: 0 }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.taken = 0;
        while self.ready.is_empty() {
            let (_, free) = self.raw.split_at_mut(self.waiting);
            let given = self.inner.read(free)?;
            let (filled, _) = self.raw.split_at(self.waiting + given);
            let last = given == 0;
            let rest = repair(filled, last, &mut self.ready);
            let start = filled.len() - rest;
            self.raw.copy_within(start..start + rest, 0);
            self.waiting = rest;
            if last {
                break;
            }
        }
        Ok(())
    }
}

/// Appends `bytes` to `ready` as UTF-8 and says how many bytes at the end wait for the rest of their character.
fn repair(bytes: &[u8], last: bool, ready: &mut Vec<u8>) -> usize {
    let mut rest = bytes;
    loop {
        let Err(fault) = std::str::from_utf8(rest) else {
            ready.extend_from_slice(rest);
            return 0;
        };
        let (valid, after) = rest.split_at(fault.valid_up_to());
        ready.extend_from_slice(valid);
        let bad = match fault.error_len() {
            None if !last => return after.len(),
            None => after.len(),
            Some(bad) => bad,
        };
        ready.extend_from_slice("\u{FFFD}".as_bytes());
        rest = after.get(bad..).unwrap_or_default();
    }
}

impl Read for Utf8Input<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let given = self.fill_buf()?.read(buf)?;
        self.consume(given);
        Ok(given)
    }
}

impl BufRead for Utf8Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken >= self.ready.len() {
            self.refill()?;
        }
        Ok(self.ready.get(self.taken..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::bounded::Allowance;
    use proptest::prelude::*;

    fn through(bytes: &[u8], capacity: usize) -> String {
        let mut slow = io::BufReader::with_capacity(capacity, bytes);
        let bounded = Bounded::start(&mut slow, &Allowance::new(1 << 20)).unwrap();
        let mut text = String::new();
        Utf8Input::new(bounded).read_to_string(&mut text).unwrap();
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn it_repairs_as_the_standard_library_does_however_the_bytes_come(
            bytes in proptest::collection::vec(prop_oneof![Just(0xC3), Just(0xA9), Just(0xE2), Just(0x82), any::<u8>()], 0..200),
            capacity in 1_usize..9,
        ) {
            prop_assume!(!bytes.starts_with(&[0xEF, 0xBB, 0xBF]));
            prop_assert_eq!(through(&bytes, capacity), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}
