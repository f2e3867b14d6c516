//! A provider's public keys (RFC 7517): only those that may verify, each for the one algorithm that fits it. Pure.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::OidcFault;

/// The most keys that are looked at.
const MOST: usize = 100;

/// A provider's public keys.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<Held>,
}

#[derive(Debug, Clone)]
struct Held {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a set. Keys of other kinds and for other uses are passed over: a provider may have them.
    ///
    /// # Errors
    /// What is wrong with the document.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(json).map_err(|e| format!("no key set: {e}"))?;
        if document.keys.len() > MOST {
            return Err(format!("{} keys, at most {MOST}", document.keys.len()));
        }
        let read = document.keys.into_iter().filter_map(|value| serde_json::from_value::<Jwk>(value).ok());
        Ok(Self { keys: read.filter_map(|jwk| held(&jwk)).collect() })
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.keys.len()
    }

    /// The key of an id for an algorithm. A token without an id is taken only if there is no choice.
    ///
    /// # Errors
    /// [`OidcFault::UnknownKey`].
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&DecodingKey, OidcFault> {
        let unknown = || OidcFault::UnknownKey(id.map(str::to_owned));
        let mut fitting = self.keys.iter().filter(|k| k.algorithm == algorithm);
        match id {
            Some(id) => fitting.find(|k| k.id.as_deref() == Some(id)).map(|k| &k.key).ok_or_else(unknown),
            None => match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(&only.key),
                _ => Err(unknown()),
            },
        }
    }
}

/// The key, if it may verify what is signed by an algorithm that we allow.
fn held(jwk: &Jwk) -> Option<Held> {
    let common = &jwk.common;
    let for_signatures = common.public_key_use.as_ref().is_none_or(|u| *u == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let fits = common.key_algorithm.is_none_or(|a| a == named);
    let key = DecodingKey::from_jwk(jwk).ok()?;
    (for_signatures && verifies && fits).then(|| Held { id: common.key_id.clone(), algorithm, key })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::signing::Signer;
    use super::*;

    #[test]
    fn only_keys_that_verify_what_we_allow_are_held() {
        let (es, ed) = (Signer::es256("es").jwk(), Signer::eddsa("ed").jwk());
        let with = |name: &str, value: Value| {
            let mut key = es.clone();
            key[name] = value;
            key
        };
        let keys = json!({"keys": [
            es, ed,
            with("use", json!("enc")),
            with("key_ops", json!(["encrypt"])),
            with("alg", json!("ES384")),
            {"kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "HS256"},
            {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "wide"},
            {"kty": "future", "kid": "f"},
            "nonsense",
        ]});
        let set = KeySet::parse(keys.to_string().as_bytes()).unwrap();
        assert_eq!(set.count(), 2);
        assert!(set.find(Some("es"), Algorithm::ES256).is_ok());
        assert!(set.find(Some("es"), Algorithm::EdDSA).is_err(), "a key is for its own algorithm");
        assert!(set.find(None, Algorithm::EdDSA).is_ok(), "there is only one");
        let two = json!({"keys": [es, Signer::es256("other").jwk()]});
        let two = KeySet::parse(two.to_string().as_bytes()).unwrap();
        assert!(two.find(None, Algorithm::ES256).is_err(), "there is a choice");
        assert!(KeySet::parse(b"{}").is_err() && KeySet::parse(b"<html>").is_err());
        let many = json!({"keys": vec![json!(0); MOST + 1]});
        assert!(KeySet::parse(many.to_string().as_bytes()).is_err());
    }
}
