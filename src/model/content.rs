//! Identifiers derived from content: the same record delivered twice has one name, and a changed record another.
//!
//! An identifier is the first 64 bits of a SHA-256 over a domain word and the fields in a fixed order; text carries its
//! length and numbers their little-endian bytes, so that no two records run together. Among ten million records of one
//! case the chance that any two share an identifier is about 3 in a million; nothing is merged because identifiers
//! agree, only because contents do.

use std::fmt;

use sha2::{Digest, Sha256};

use super::ProximityParams;

/// An identifier derived from content; shown as 16 hexadecimal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentId(u64);

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl ContentId {
    /// The identifier as stored: its 64 bits as a signed number.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// Reads the 16 hexadecimal characters; `None` if they are not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// The identifier that was stored.
    #[must_use]
    pub const fn from_i64(stored: i64) -> Self {
        Self(stored.cast_unsigned())
    }
}

/// Bytes that are gathered before they are hashed: a record of the usual length is hashed in one go.
const GATHERED: usize = 4096;
/// Room for a record of the usual length.
const USUAL: usize = 256;

/// Gathers the fields of one record; every method returns the gatherer. It is small, since it is handed on at every field.
#[derive(Clone)]
pub(crate) struct Content {
    /// What did not stay in `bytes`, if there was so much.
    hash: Option<Box<Sha256>>,
    /// Still to be hashed.
    bytes: Vec<u8>,
}

impl Content {
    /// Begins a record of the given domain. A change of what is hashed must change the word.
    #[inline]
    pub(crate) fn of(domain: &str) -> Self {
        Self { hash: None, bytes: Vec::with_capacity(USUAL) }.text("locard").text(domain)
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > GATHERED {
            self.hash_gathered();
        }
    }

    #[cold]
    fn hash_gathered(&mut self) {
        self.hash.get_or_insert_default().update(&self.bytes);
        self.bytes.clear();
    }

    /// A text, with its length in bytes before it.
    #[inline]
    pub(crate) fn text(self, text: &str) -> Self {
        let mut next = self.count(text.len());
        next.put(text.as_bytes());
        next
    }

    /// A number of things, or a length.
    #[inline]
    pub(crate) fn count(self, count: usize) -> Self {
        self.natural(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// A natural number.
    #[inline]
    pub(crate) fn natural(mut self, n: u64) -> Self {
        self.put(&n.to_le_bytes());
        self
    }

    /// A whole number, as of microseconds.
    #[inline]
    pub(crate) fn whole(mut self, n: i64) -> Self {
        self.put(&n.to_le_bytes());
        self
    }

    /// A real number by its bits; minus zero is zero.
    #[inline]
    pub(crate) fn real(self, x: f64) -> Self {
        self.natural((x + 0.0).to_bits())
    }

    /// A real number that may be absent; absence differs from every number.
    #[inline]
    pub(crate) fn maybe_real(self, x: Option<f64>) -> Self {
        match x {
            None => self.natural(0),
            Some(x) => self.natural(1).real(x),
        }
    }

    /// A whole number that may be absent; absence differs from every number.
    #[inline]
    pub(crate) fn maybe_whole(self, n: Option<i64>) -> Self {
        match n {
            None => self.natural(0),
            Some(n) => self.natural(1).whole(n),
        }
    }

    /// Another record.
    #[inline]
    pub(crate) fn id(self, id: ContentId) -> Self {
        self.natural(id.0)
    }

    /// All parameters that decide what an encounter is.
    #[inline]
    pub(crate) fn params(self, p: &ProximityParams) -> Self {
        self.real(p.radius_m).whole(p.window_us).whole(p.gap_us).real(p.exit_radius_m).whole(p.max_interpolation_us)
    }

    /// The identifier.
    #[inline]
    pub(crate) fn finish(self) -> ContentId {
        let digest = match self.hash {
            None => Sha256::digest(&self.bytes),
            Some(mut hash) => {
                hash.update(&self.bytes);
                hash.finalize()
            }
        };
        ContentId(digest.iter().take(8).fold(0, |id, byte| (id << 8) | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is hashed, in one piece.
    fn of_bytes(bytes: &[u8]) -> ContentId {
        let digest = Sha256::digest(bytes);
        ContentId(u64::from_be_bytes(digest[..8].try_into().unwrap()))
    }

    #[test]
    fn however_long_a_record_is_its_name_is_that_of_its_bytes() {
        for length in [0, 100, 2000, 2020, 2021, 2024, 2025, 4096, 4097, 10_000] {
            let text = "x".repeat(length);
            let mut bytes = Vec::new();
            for part in ["locard", "d", &text, &text] {
                bytes.extend((part.len() as u64).to_le_bytes());
                bytes.extend(part.as_bytes());
            }
            bytes.extend(5_u64.to_le_bytes());
            assert_eq!(Content::of("d").text(&text).text(&text).natural(5).finish(), of_bytes(&bytes), "{length}");
        }
    }
}
