//! What can go wrong with accounts, and why somebody is not let in.

use std::io;
use std::path::{Path, PathBuf};

use super::{ChangeFault, NameFault, PasswordFault};

/// Why somebody is not let in. This is for the audit: whoever tries is told no more than "refused".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The password is another.
    #[error("wrong password")]
    WrongPassword,
    /// The account is shut.
    #[error("the account is disabled")]
    Disabled,
    /// It is no token of ours.
    #[error("there is no such token")]
    WrongToken,
    /// The token's time is over.
    #[error("the token has expired")]
    ExpiredToken,
    /// The token was called back.
    #[error("the token was called back")]
    RevokedToken,
    /// The password is another since they came in.
    #[error("the password was changed since")]
    PasswordChanged,
    /// The account is there for something else since they came in.
    #[error("the role was changed since")]
    RoleChanged,
    /// Too many tries failed, and more are waiting than there is time for.
    #[error("too many failed tries: this one was not looked at")]
    TooManyTries,
    /// More passwords are being checked than the machine can bear.
    #[error("too many passwords are being checked: this one was not looked at")]
    Busy,
    /// The identity provider gives other roles than the account's.
    #[error("the identity provider does not give the account's role")]
    OtherRole,
}

/// Why something could not be done with accounts.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Somebody is not let in; trying again with the same does not help.
    #[error("not let in: {reason}")]
    Refused {
        /// The account, if it is known or was named.
        account: Option<String>,
        /// Why.
        reason: Refusal,
    },
    /// A file cannot be read or written; retrying may help.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file does not hold what it should: nobody is let in by it.
    #[error("{}: cannot be read as what it should be: {detail}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A name that is none.
    #[error("{name:?} cannot be an account: {fault}")]
    Name {
        /// The name.
        name: String,
        /// Why.
        fault: NameFault,
    },
    /// The name is taken, perhaps in other capitals.
    #[error("there is an account {0:?} already")]
    Taken(String),
    /// There is no such account.
    #[error("there is no account {0:?}")]
    NoSuchAccount(String),
    /// A password that is none.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// A change that makes no sense.
    #[error(transparent)]
    Change(#[from] ChangeFault),
}

impl AccessError {
    pub(super) fn refused(account: &str, reason: Refusal) -> Self {
        Self::Refused { account: Some(account.to_owned()), reason }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn broken(path: &Path, detail: impl Into<String>) -> Self {
        Self::Broken { path: path.to_owned(), detail: detail.into() }
    }
}
