//! What a token says, once it is known who said it. Pure.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{KeySet, OidcFault, OidcSettings};
use crate::access::Role;

/// What may be signed with (RFC 7518): `RSASSA-PKCS1-v1_5` and ECDSA on P-256 with SHA-256, and Ed25519 (RFC 8037).
const ALLOWED: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
/// How far the provider's clock and ours may be apart, microseconds.
const LEEWAY_US: i64 = 60_000_000;
const US_PER_S: f64 = 1e6;
/// Longer tokens are not read, bytes.
const LONGEST: usize = 16 * 1024;

/// Somebody as the provider knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account that they say leads to.
    pub account: String,
    /// The roles that the provider gives; `None` if it is not asked.
    pub roles: Option<Vec<Role>>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    /// Typed so that a list of issuers is none.
    #[serde(rename = "iss")]
    _iss: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Verifies a token at a moment, UTC microseconds, and reads whose it is (`OpenID` Connect Core 1.0, 3.1.3.7).
///
/// # Errors
/// [`OidcFault`]: why it is not taken. With [`OidcFault::UnknownKey`] newer keys may help.
pub fn verify(token: &str, keys: &KeySet, settings: &OidcSettings, now_us: i64) -> Result<Identity, OidcFault> {
    if token.len() > LONGEST {
        return Err(OidcFault::Malformed(format!("{} bytes, at most {LONGEST}", token.len())));
    }
    let header = decode_header(token).map_err(|e| OidcFault::Malformed(e.to_string()))?;
    if !ALLOWED.contains(&header.alg) {
        return Err(OidcFault::Algorithm(format!("{:?}", header.alg)));
    }
    if let Some(demands) = header.crit {
        return Err(OidcFault::Critical(demands));
    }
    let key = keys.find(header.kid.as_deref(), header.alg)?;
    let claims = decode::<Claims>(token, key, &expected(header.alg, settings)).map_err(|e| match e.kind() {
        ErrorKind::InvalidIssuer => OidcFault::Signature("another issuer".to_owned()),
        ErrorKind::InvalidAudience => OidcFault::Signature("another audience".to_owned()),
        _ => OidcFault::Signature(e.to_string()),
    })?;
    in_time(&claims.claims, now_us)?;
    from_client(&claims.claims, settings)?;
    identity(&claims.claims.rest, settings)
}

/// What the library looks at: all but the time, which it would take from the machine.
fn expected(algorithm: Algorithm, settings: &OidcSettings) -> Validation {
    let mut expected = Validation::new(algorithm);
    expected.validate_exp = false;
    expected.set_audience(&[&settings.audience]);
    expected.set_issuer(&[&settings.issuer]);
    expected.set_required_spec_claims(&["exp", "iss", "aud"]);
    expected
}

fn in_time(claims: &Claims, now_us: i64) -> Result<(), OidcFault> {
    let expires_us = microseconds(claims.exp).saturating_add(LEEWAY_US);
    if now_us >= expires_us {
        return Err(OidcFault::Expired((now_us - expires_us) / 1_000_000));
    }
    let from_us = claims.nbf.map_or(i64::MIN, |nbf| microseconds(nbf).saturating_sub(LEEWAY_US));
    if now_us < from_us {
        return Err(OidcFault::NotYet(from_us.saturating_sub(now_us) / 1_000_000));
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates, and what is no number becomes 1970")]
fn microseconds(seconds: f64) -> i64 {
    (seconds * US_PER_S) as i64
}

fn from_client(claims: &Claims, settings: &OidcSettings) -> Result<(), OidcFault> {
    let client = claims.azp.as_ref().or(claims.client_id.as_ref());
    let known = settings.clients.is_empty() || client.is_some_and(|c| settings.clients.contains(c));
    if known { Ok(()) } else { Err(OidcFault::Client(client.cloned().unwrap_or_default())) }
}

fn identity(claims: &Map<String, Value>, settings: &OidcSettings) -> Result<Identity, OidcFault> {
    let claim = &settings.account_claim;
    let wrong = |what: &str| OidcFault::Account { claim: claim.clone(), what: what.to_owned() };
    let named = claims.get(claim).and_then(Value::as_str).ok_or_else(|| wrong("is missing, or no text"))?;
    // Anybody can write an address that is not theirs into their profile.
    if claim == "email" && claims.get("email_verified") != Some(&Value::Bool(true)) {
        return Err(wrong("is not verified by the provider"));
    }
    let suffix = &settings.account_suffix;
    let account = named.strip_suffix(suffix.as_str()).filter(|a| !a.is_empty());
    let account = account.ok_or_else(|| wrong(&format!("does not end with {suffix:?}")))?.to_owned();
    let roles = settings.roles.as_ref().map(|(claim, roles)| {
        let values = match claims.get(claim) {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        values.into_iter().filter_map(|value| roles.get(value).copied()).collect()
    });
    Ok(Identity { account, roles })
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
