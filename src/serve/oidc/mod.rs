//! Sign-in by `OpenID` Connect: what an identity provider signed is verified here, and leads to an account that is there.
//!
//! ```text
//!  Bearer eyJ... ─> header: an allowed algorithm? which key? ─┐
//!  issuer/.well-known/openid-configuration ─> jwks_uri ─> KeySet ─┴─> signature ─> iss, aud, exp, nbf ─> claims ─> account
//! ```
//! What decides is pure ([`verify`], [`KeySet`], when keys are due); [`Provider`] fetches keys and keeps them.
//!
//! The invariants: the algorithm is ours to allow and the key's kind must fit it, so that neither `none` nor a public key
//! taken for a secret passes (RFC 8725, 3.1 and 3.2); a provider makes no account and raises no role.

mod claims;
mod config;
mod fault;
mod keys;
mod provider;
#[cfg(test)]
mod provider_tests;
#[cfg(test)]
mod signing;

pub use claims::{Identity, verify};
pub use config::{OidcSection, OidcSettings};
pub use fault::OidcFault;
pub use keys::KeySet;
pub use provider::Provider;
