//! Why a token of an identity provider is not taken.

/// Why a token of an identity provider is not taken. For the audit: who tries is told no more than that it is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcFault {
    /// It is no signed token.
    #[error("no JSON Web Token: {0}")]
    Malformed(String),
    /// It is signed in a way that is not allowed, or says `none`.
    #[error("the algorithm {0:?} is not allowed: RS256, ES256 and EdDSA are")]
    Algorithm(String),
    /// It demands something that is not understood here (RFC 7515, 4.1.11).
    #[error("the token demands {0:?}, which is not understood")]
    Critical(Vec<String>),
    /// The provider has no such key. With newer keys it may be taken.
    #[error("the provider has no key {0:?} for this algorithm")]
    UnknownKey(Option<String>),
    /// The signature is not the provider's, or the issuer or audience are others.
    #[error("the token does not hold: {0}")]
    Signature(String),
    /// Its time is over.
    #[error("the token expired {0} s ago")]
    Expired(i64),
    /// Its time has not come. Later it may be taken.
    #[error("the token holds only in {0} s")]
    NotYet(i64),
    /// It was given to another program.
    #[error("the token was given to {0:?}")]
    Client(String),
    /// It does not name an account as it must.
    #[error("the claim {claim:?} {what}")]
    Account {
        /// The claim that names the account.
        claim: String,
        /// What is wrong with it.
        what: String,
    },
    /// The provider's keys cannot be had. Trying again may help.
    #[error("the keys of {issuer} cannot be had: {detail}")]
    Unreachable {
        /// The provider.
        issuer: String,
        /// What is wrong.
        detail: String,
    },
}
