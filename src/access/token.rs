//! API tokens: shown once, and only a hash of them kept.
//!
//! ```text
//!  locard_9f86d081884c7d65_<64 hexadecimal digits>
//!         id: finds it      secret: 32 random bytes, of which BLAKE3 is kept
//! ```
//! A secret of 256 random bits needs no slow hash: there is nothing to guess.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::error::Refusal;

/// How every token begins, so that one that leaks is recognised.
const PREFIX: &str = "locard_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its id, 16 hexadecimal digits: no secret.
    pub id: String,
    /// BLAKE3 of its secret, hexadecimal digits.
    pub hash: String,
    /// What it is for, in the words of who made it.
    pub label: String,
    /// Who made it.
    pub by: String,
    /// When, UTC microseconds.
    pub created_us: i64,
    /// The first moment at which it no longer holds, UTC microseconds.
    pub expires_us: i64,
    /// When it was called back, UTC microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_us: Option<i64>,
}

/// A token that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What its holder is given, once.
    pub shown: String,
    /// What is kept.
    pub record: Token,
}

impl NewToken {
    /// Makes a token.
    #[must_use]
    pub fn random(label: &str, by: &str, created_us: i64, expires_us: i64) -> Self {
        let id = hex_of(&rand::random::<[u8; ID_BYTES]>());
        let secret: [u8; SECRET_BYTES] = rand::random();
        let hash = blake3::hash(&secret).to_hex().to_string();
        let (label, by) = (label.to_owned(), by.to_owned());
        let shown = format!("{PREFIX}{id}_{}", hex_of(&secret));
        Self { shown, record: Token { id, hash, label, by, created_us, expires_us, revoked_us: None } }
    }
}

impl Token {
    /// Whether a secret is this token's, and the token still holds.
    ///
    /// # Errors
    /// Why not; time is looked at only after the secret, so that nobody learns of a token they do not hold.
    pub(super) fn check(&self, secret: &Secret, now_us: i64) -> Result<(), Refusal> {
        let known = bytes_of(&self.hash).unwrap_or_default();
        if !bool::from(known.ct_eq(blake3::hash(&secret.0).as_bytes().as_slice())) {
            return Err(Refusal::WrongToken);
        }
        self.holds(now_us)
    }

    /// Whether the token still holds at a moment, UTC microseconds.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn holds(&self, now_us: i64) -> Result<(), Refusal> {
        if self.revoked_us.is_some() {
            return Err(Refusal::RevokedToken);
        }
        if now_us >= self.expires_us { Err(Refusal::ExpiredToken) } else { Ok(()) }
    }
}

/// The id of a token as it is shown, by which it is found again without its secret; `None` if it is none.
#[must_use]
pub fn token_id(shown: &str) -> Option<&str> {
    read_token(shown).map(|(id, _)| id)
}

/// The secret part of a token that somebody shows.
pub(super) struct Secret([u8; SECRET_BYTES]);

/// The id and the secret of a token as it is shown; `None` if it is none.
pub(super) fn read_token(shown: &str) -> Option<(&str, Secret)> {
    let (id, secret) = shown.strip_prefix(PREFIX)?.split_once('_')?;
    let right = id.len() == 2 * ID_BYTES && id.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let secret = bytes_of(secret)?.try_into().ok()?;
    right.then_some((id, Secret(secret)))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that lower-case hexadecimal digits stand for.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<_>>()?;
    rest.is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shown: &str, record: &Token, now_us: i64) -> Result<(), Refusal> {
        let (_, secret) = read_token(shown).unwrap();
        record.check(&secret, now_us)
    }

    #[test]
    fn a_token_holds_until_it_expires_or_is_called_back() {
        let made = NewToken::random("notebook", "ann", 10, 20);
        let (id, _) = read_token(&made.shown).unwrap();
        assert_eq!(id, made.record.id);
        assert!(
            !format!("{:?}", made.record).contains(made.shown.rsplit('_').next().unwrap()),
            "the secret is not kept"
        );
        assert_eq!(check(&made.shown, &made.record, 19), Ok(()));
        assert_eq!(check(&made.shown, &made.record, 20), Err(Refusal::ExpiredToken));
        let revoked = Token { revoked_us: Some(15), ..made.record.clone() };
        assert_eq!(check(&made.shown, &revoked, 16), Err(Refusal::RevokedToken));
        let other = NewToken::random("notebook", "ann", 10, 20);
        assert_eq!(
            check(&other.shown, &revoked, 30),
            Err(Refusal::WrongToken),
            "nothing is learnt with a wrong secret"
        );
        let broken = Token { hash: String::new(), ..made.record };
        assert_eq!(check(&made.shown, &broken, 11), Err(Refusal::WrongToken));
    }

    #[test]
    fn only_what_is_written_as_a_token_is_one() {
        let made = NewToken::random("", "ann", 0, 1).shown;
        assert!(read_token(&made).is_some());
        let (short, upper) = (&made[..made.len() - 1], made.to_uppercase());
        let escaping = format!("locard_../../etc/passwd_{}", "0".repeat(64));
        for bad in ["", "locard_", short, &upper, &format!("{made}0"), &format!("x{made}"), &escaping] {
            assert!(read_token(bad).is_none(), "{bad}");
        }
    }
}
