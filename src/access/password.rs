//! Passwords: what is kept of them, and how one is checked.
//!
//! Two things are kept, because two protocols need them. HTTP sends the password, and Argon2id checks it. PostgreSQL's
//! SCRAM-SHA-256 never sends it, and needs the salted password of RFC 5802. The second is the cheaper one to attack for
//! whoever steals the file, so that it is the measure of the whole: `docs/access.md`.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use pgwire::api::auth::sasl::scram::gen_salted_password;
use serde::{Deserialize, Serialize};

/// The fewest characters of a password that is the only proof: NIST SP 800-63B-4, section 3.1.1.2.
pub const MIN_PASSWORD_CHARS: usize = 15;
/// The most bytes of one, so that nobody can make the server hash a book. Three words are far from it.
const MAX_PASSWORD_BYTES: usize = 1024;
/// How often SCRAM hashes the password. RFC 7677, section 4, asks for at least 4,096 and for more where clients can bear
/// it; a client does this once for each connection. The number is told to a client before it says who it is, so that all
/// accounts have the same.
pub const SCRAM_ITERATIONS: u32 = 100_000;
/// Memory of Argon2id, KiB: the first choice of OWASP's Password Storage Cheat Sheet, 19 MiB.
const ARGON2_MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it; same source.
const ARGON2_PASSES: u32 = 2;
/// Lanes; same source.
const ARGON2_LANES: u32 = 1;
/// Bytes of a salt: RFC 9106, section 3.1, recommends 16.
const SALT_BYTES: usize = 16;

/// Why a text cannot be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// It can be guessed.
    #[error("a password has at least {MIN_PASSWORD_CHARS} characters: three or four words, for one")]
    Short,
    /// It is longer than anybody can mean.
    #[error("a password has at most {MAX_PASSWORD_BYTES} bytes")]
    Long,
    /// It holds a character that a terminal sends by mistake.
    #[error("a password holds no control characters")]
    Control,
    /// The hash function did not work.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// What a server needs to check a password by SCRAM-SHA-256 without knowing it (RFC 5802, section 3; RFC 7677).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScramKey {
    /// The salt.
    #[serde(with = "hex")]
    pub salt: Vec<u8>,
    /// How often the password was hashed.
    pub iterations: u32,
    /// `SaltedPassword` = `PBKDF2(HMAC-SHA-256, SASLprep(password), salt, iterations)`.
    #[serde(with = "hex")]
    pub salted_password: Vec<u8>,
}

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Argon2id, as a PHC string.
    argon2id: String,
    /// For PostgreSQL's protocol.
    scram: ScramKey,
}

impl fmt::Debug for ScramKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramKey(..)")
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// What is kept of a new password; takes about a tenth of a second, on purpose.
    ///
    /// # Errors
    /// [`PasswordFault`] if it is too short, too long, or holds control characters.
    pub fn of(password: &str) -> Result<Self, PasswordFault> {
        check(password)?;
        let salt: [u8; SALT_BYTES] = rand::random();
        let hash: PasswordHash = hasher()
            .and_then(|h| h.hash_password_with_salt(password.as_bytes(), &salt).map_err(|e| e.to_string()))
            .map_err(PasswordFault::Hash)?;
        let salt: [u8; SALT_BYTES] = rand::random();
        Ok(Self { argon2id: hash.to_string(), scram: ScramKey::of(password, &salt) })
    }

    /// Whether this is the password. Argon2id compares in constant time.
    #[must_use]
    pub fn match_password(&self, password: &str) -> bool {
        let known = PasswordHash::new(&self.argon2id).ok().zip(hasher().ok());
        password.len() <= MAX_PASSWORD_BYTES
            && known.is_some_and(|(hash, hasher)| hasher.verify_password(password.as_bytes(), &hash).is_ok())
    }

    /// For PostgreSQL's protocol.
    #[must_use]
    pub fn scram(&self) -> &ScramKey {
        &self.scram
    }
}

impl ScramKey {
    fn of(password: &str, salt: &[u8]) -> Self {
        let rounds = usize::try_from(SCRAM_ITERATIONS).unwrap_or(usize::MAX);
        let salted_password = gen_salted_password(password, salt, rounds);
        Self { salt: salt.to_vec(), iterations: SCRAM_ITERATIONS, salted_password }
    }

    /// One that no password fits, the same each time for the same name and secret, so that it cannot be told from a real
    /// one by asking.
    pub(super) fn made_up(name: &str, server_secret: &[u8; 32]) -> Self {
        let derived = |what: &str| {
            let mut hash = blake3::Hasher::new_keyed(server_secret);
            hash.update(what.as_bytes()).update(&[0]).update(name.as_bytes());
            hash.finalize()
        };
        let salt = derived("salt").as_bytes().iter().copied().take(SALT_BYTES).collect();
        let salted_password = derived("salted password").as_bytes().to_vec();
        Self { salt, iterations: SCRAM_ITERATIONS, salted_password }
    }
}

/// Costs what a check costs, for an account that is not there.
pub(super) fn match_nobody(password: &str) {
    if password.len() <= MAX_PASSWORD_BYTES {
        let mut out = [0; 32];
        // What comes out is of no use; the work is.
        _ = hasher().map(|h| h.hash_password_into(password.as_bytes(), &[0; SALT_BYTES], &mut out));
        std::hint::black_box(out);
    }
}

fn check(password: &str) -> Result<(), PasswordFault> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(PasswordFault::Short);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordFault::Long);
    }
    if password.chars().any(char::is_control) { Err(PasswordFault::Control) } else { Ok(()) }
}

fn hasher() -> Result<Argon2<'static>, String> {
    let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, None).map_err(|e| e.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Bytes as hexadecimal digits.
mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::super::token::hex_of(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        super::super::token::bytes_of(&text).ok_or_else(|| D::Error::custom("not hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_checked_and_kept_with_the_stated_parameters() {
        let secrets = Secrets::of("correct horse battery").unwrap();
        assert!(secrets.argon2id.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", secrets.argon2id);
        assert!(secrets.match_password("correct horse battery"));
        assert!(!secrets.match_password("correct horse batterz"));
        let again = Secrets::of("correct horse battery").unwrap();
        assert!(again.argon2id != secrets.argon2id && again.scram.salt != secrets.scram.salt, "salts are random");
        assert!(!format!("{secrets:?}").contains("argon2id$"), "secrets are not shown in logs");
    }

    #[test]
    fn a_password_that_can_be_guessed_is_refused() {
        assert_eq!(Secrets::of("fourteen chars"), Err(PasswordFault::Short));
        assert_eq!(Secrets::of(&"x".repeat(1025)), Err(PasswordFault::Long));
        assert_eq!(Secrets::of("fifteen chars\u{7f} x"), Err(PasswordFault::Control));
    }

    /// The example of RFC 7677, section 3: its salt, password `pencil`, 4,096 iterations, and the proof that follows.
    #[test]
    fn the_salted_password_is_that_of_the_rfc() {
        let salt = [0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81];
        let salted = gen_salted_password("pencil", &salt, 4096);
        let shown = super::super::token::hex_of(&salted);
        assert_eq!(shown, "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d");
    }

    #[test]
    fn the_scram_key_is_of_the_password_and_a_made_up_one_is_stable() {
        let secrets = Secrets::of("correct horse battery").unwrap();
        let ScramKey { salt, iterations, salted_password } = secrets.scram().clone();
        assert_eq!((salt.len(), iterations), (16, SCRAM_ITERATIONS));
        assert_eq!(salted_password, ScramKey::of("correct horse battery", &salt).salted_password);

        let made_up = ScramKey::made_up("nobody", &[7; 32]);
        assert_eq!((made_up.salt.len(), made_up.iterations, made_up.salted_password.len()), (16, SCRAM_ITERATIONS, 32));
        assert_eq!(made_up, ScramKey::made_up("nobody", &[7; 32]));
        assert_ne!(made_up.salt, ScramKey::made_up("nobodz", &[7; 32]).salt);
        assert_ne!(made_up.salt, ScramKey::made_up("nobody", &[8; 32]).salt);
    }
}
