//! Why a command on accounts or the audit was not done.

use std::io;

use crate::access::audit::AuditError;
use crate::access::{AccessError, PolicyError};

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The command was used wrongly: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Whoever acts was not let in. Why is in the audit, not here.
    #[error("not let in: there is no such account, the password is wrong, or the account is disabled")]
    NotLetIn,
    /// The policies do not permit it.
    #[error("{account} may not {action}{by}")]
    NotPermitted {
        /// Who.
        account: String,
        /// What.
        action: &'static str,
        /// Which rules said so, in words.
        by: String,
    },
    /// The two new passwords differ.
    #[error("the two passwords are not the same")]
    NotTheSame,
    /// No password could be read.
    #[error("cannot read a password: {0}")]
    Asking(io::Error),
    /// Accounts.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Policies.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The audit.
    #[error("the audit: {0}")]
    Audit(#[from] AuditError),
    /// The output cannot be written.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

impl AccountError {
    /// Whether the command was used wrongly.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Usage(_))
    }
}
