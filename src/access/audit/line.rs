//! A line of the log: an entry as JSON, sealed with its hash.
//!
//! ```text
//!  {"sequence":7,...,"previous":"<64 digits>"  ,"hash":"<64 digits>"}
//!  └────────────── body ───────────────────┘   └──── seal ────────┘   hash = BLAKE3(previous, 32 bytes; body, as it is)
//! ```
//! The hash is of the bytes as they stand, so that no second way to write the same entry goes unseen.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::super::token::{bytes_of, hex_of};
use super::Entry;

const SEAL: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}";
const HASH_DIGITS: usize = 64;

/// The hash of an entry: BLAKE3, 32 bytes, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(pub(super) [u8; 32]);

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits in lower case")]
pub struct HashFault;

impl ChainHash {
    /// What the first entry has as the hash before it.
    pub const ZERO: Self = Self([0; 32]);
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_of(&self.0))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChainHash {
    type Err = HashFault;

    fn from_str(text: &str) -> Result<Self, HashFault> {
        bytes_of(text).and_then(|b| b.try_into().ok()).map(Self).ok_or(HashFault)
    }
}

/// What a line says of its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) sequence: u64,
    pub(super) previous: ChainHash,
    pub(super) hash: ChainHash,
}

/// The line of an entry, newline included, and its hash.
pub(super) fn seal(entry: &Entry, previous: ChainHash) -> Result<(Vec<u8>, ChainHash), serde_json::Error> {
    let mut line = serde_json::to_vec(entry)?;
    // The closing brace moves behind the seal.
    line.pop();
    let hash = hash_of(previous, &line);
    line.extend_from_slice(SEAL);
    line.extend_from_slice(hash.to_string().as_bytes());
    line.extend_from_slice(END);
    line.push(b'\n');
    Ok((line, hash))
}

/// The link that a line, without its newline, is; `None` if the line does not hold what it is sealed for.
pub(super) fn read_link(line: &[u8]) -> Option<Link> {
    #[derive(Deserialize)]
    struct Place {
        sequence: u64,
        previous: String,
    }
    let (body, hash) = opened(line)?;
    let mut json = body.to_vec();
    json.push(b'}');
    let Place { sequence, previous } = serde_json::from_slice(&json).ok()?;
    let previous = previous.parse().ok()?;
    (hash_of(previous, body) == hash).then_some(Link { sequence, previous, hash })
}

/// The entry that a line, without its newline, holds, whether its seal is right or not.
pub(super) fn read_entry(line: &[u8]) -> Option<Entry> {
    serde_json::from_slice(line).ok()
}

/// Body and hash.
fn opened(line: &[u8]) -> Option<(&[u8], ChainHash)> {
    let rest = line.strip_suffix(END)?;
    let (rest, digits) = rest.split_at_checked(rest.len().checked_sub(HASH_DIGITS)?)?;
    let hash = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((rest.strip_suffix(SEAL)?, hash))
}

fn hash_of(previous: ChainHash, body: &[u8]) -> ChainHash {
    let mut hash = blake3::Hasher::new();
    hash.update(&previous.0).update(body);
    ChainHash(*hash.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::{Details, Kind};
    use super::*;

    fn entry() -> Entry {
        let details = Details { text: "SELECT 1 --\n\u{1b}\"hash\":\"".to_owned(), ..Details::default() };
        let (account, client) = ("ann".to_owned(), "console".to_owned());
        let previous = ChainHash::ZERO.to_string();
        Entry { sequence: 1, at_us: 5, account, role: None, client, kind: Kind::Query, details, previous }
    }

    #[test]
    fn a_line_is_one_line_and_is_read_back() {
        let (line, hash) = seal(&entry(), ChainHash::ZERO).unwrap();
        assert_eq!(line.iter().position(|b| *b == b'\n'), Some(line.len() - 1));
        let line = line.strip_suffix(b"\n").unwrap();
        assert_eq!(read_link(line), Some(Link { sequence: 1, previous: ChainHash::ZERO, hash }));
        assert_eq!(read_entry(line), Some(entry()));
    }

    /// Anybody can check an entry with a BLAKE3 of their own: this is the whole recipe.
    #[test]
    fn the_hash_is_of_the_previous_hash_and_of_the_line_up_to_its_own() {
        let (line, hash) = seal(&entry(), ChainHash::ZERO).unwrap();
        let text = String::from_utf8(line).unwrap();
        let body = text.rsplit_once(",\"hash\":\"").unwrap().0;
        let expected = blake3::hash(&[&[0; 32], body.as_bytes()].concat());
        assert_eq!(hash.to_string(), expected.to_hex().as_str());
    }

    #[test]
    fn no_byte_can_be_another() {
        let (line, _) = seal(&entry(), ChainHash::ZERO).unwrap();
        let line = line.strip_suffix(b"\n").unwrap();
        for at in 0..line.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut other = line.to_vec();
                other[at] ^= flip;
                assert_eq!(read_link(&other), None, "byte {at}: {}", String::from_utf8_lossy(&other));
            }
        }
        assert_eq!(read_link(b""), None);
        assert_eq!(read_link(END), None);
    }
}
