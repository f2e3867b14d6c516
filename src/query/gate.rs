//! The way in: who somebody is, their session, and the record of what happened.

use std::sync::Arc;

use async_trait::async_trait;

use super::{QueryError, Session};
use crate::access::{Role, Scope, ScramKey, Stretch, Viewer};

/// What a server needs to check a password without knowing it (RFC 5802, section 3, with SHA-256 by RFC 7677).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScramSecret {
    /// The salt.
    pub salt: Vec<u8>,
    /// How often the password was hashed.
    pub iterations: u32,
    /// `SaltedPassword` = `PBKDF2(password, salt, iterations)`.
    pub salted_password: Vec<u8>,
}

impl From<ScramKey> for ScramSecret {
    fn from(key: ScramKey) -> Self {
        let ScramKey { salt, iterations, salted_password } = key;
        Self { salt, iterations, salted_password }
    }
}

/// How somebody shows who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The protocol has checked the password of this account against its [`ScramSecret`].
    Scram {
        /// The account's name.
        account: String,
    },
    /// A name and a password, as HTTP has them.
    Password {
        /// The account's name.
        account: String,
        /// The password.
        password: String,
    },
    /// A token.
    Token(String),
    /// An identity provider vouches for an account; what it signed was verified before.
    Vouched {
        /// The account's name.
        account: String,
        /// The roles that the provider gives, of which the account's own must be one; `None` if it is not asked.
        roles: Option<Vec<Role>>,
        /// The provider.
        by: String,
    },
}

/// Something for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A query ended.
    Query {
        /// Its text.
        sql: String,
        /// Its parameters as text.
        parameters: Vec<String>,
        /// Tables that it names.
        tables: Vec<String>,
        /// Rows that were sent.
        rows: u64,
        /// How long it took, milliseconds.
        millis: u64,
        /// Why it failed or was refused; `None` if it was answered.
        fault: Option<String>,
    },
    /// Somebody was not let in.
    Refused {
        /// Who they said they were.
        account: String,
        /// Why.
        reason: String,
    },
}

/// What a protocol asks of the rest: who is this, what may they see, and write that down.
#[async_trait]
pub trait Gate: Send + Sync {
    /// The secret of an account; for one that is not there a made-up one, the same each time, so that names cannot be
    /// found out by trying.
    async fn scram_secret(&self, account: &str) -> ScramSecret;

    /// As [`Self::scram_secret`], for somebody who comes from an address. A gate may make them wait for it, after tries from
    /// there that failed.
    ///
    /// # Errors
    /// [`QueryError::Refused`] if there are too many tries; whoever asked writes it down by [`Self::turned_away`].
    async fn scram_secret_for(&self, account: &str, client: &str) -> Result<ScramSecret, QueryError> {
        let _ = client;
        Ok(self.scram_secret(account).await)
    }

    /// A session of somebody who has shown who they are; `client` is the address they come from.
    ///
    /// # Errors
    /// [`QueryError::Refused`], and that is written down.
    async fn enter(&self, proof: Proof, client: &str) -> Result<Arc<Session>, QueryError>;

    /// Writes down that a protocol did not let somebody in who comes from an address. `guessed` says that a password was
    /// tried and was wrong: a gate may make the next try wait.
    ///
    /// # Errors
    /// [`QueryError`] if it cannot be written down.
    async fn turned_away(&self, account: &str, client: &str, reason: &str, guessed: bool) -> Result<(), QueryError> {
        let _ = guessed;
        let reason = format!("from {client}: {reason}");
        self.note(None, Happening::Refused { account: account.to_owned(), reason }).await
    }

    /// Whether there is anybody who could come in.
    async fn has_accounts(&self) -> bool {
        true
    }

    /// Of a case's time the stretches of whose flags somebody is told as they come, now; empty if they are told of none.
    /// A server that holds a feed open asks again from time to time: grants are withdrawn.
    async fn watched(&self, viewer: &Viewer, case_id: &str) -> Vec<Stretch> {
        match &viewer.scope {
            Scope::Everything => vec![Stretch::default()],
            Scope::Cases(cases) => cases.get(case_id).cloned().unwrap_or_default(),
        }
    }

    /// Writes down what happened in a session, or before there was one. What a question touched, where it came from, and
    /// what was stated with it, the session knows: it is given the session that ran the question.
    ///
    /// # Errors
    /// [`QueryError`] if it cannot be written down: nothing may be answered then.
    async fn note(&self, session: Option<&Session>, happening: Happening) -> Result<(), QueryError>;
}
