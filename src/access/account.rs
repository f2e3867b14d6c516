//! An account: who, as what, which proofs, which cases. Changes are pure; the store writes them.

use serde::{Deserialize, Serialize};

use super::{Grant, Role, Secrets, Token, Withdrawal};

/// Somebody who may come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name; [`super::check_name`] says what one is.
    pub name: String,
    /// What for.
    pub role: Role,
    /// Whether it is shut. A shut account keeps its history.
    pub disabled: bool,
    /// Who made it: an account, or `first` for the first of all.
    pub created_by: String,
    /// When, UTC microseconds.
    pub created_us: i64,
    /// What is kept of the password.
    pub secrets: Secrets,
    /// API tokens, also those that no longer hold.
    #[serde(default)]
    pub tokens: Vec<Token>,
    /// Cases, also those that were withdrawn.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

/// Why an account cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeFault {
    /// Nothing of that case is granted.
    #[error("{account} has no grant of case {case_id:?} that could be withdrawn")]
    NoSuchGrant {
        /// The account.
        account: String,
        /// The case.
        case_id: String,
    },
    /// There is no such token, or it was called back before.
    #[error("{account} has no token {id:?} that could be called back")]
    NoSuchToken {
        /// The account.
        account: String,
        /// The token's id.
        id: String,
    },
    /// Nobody could keep accounts any more.
    #[error("{0} is the last administrator: make another before this one is disabled")]
    LastAdministrator(String),
}

impl Account {
    /// A new account without cases and tokens.
    #[must_use]
    pub fn new(name: &str, role: Role, secrets: Secrets, created_by: &str, created_us: i64) -> Self {
        let (name, created_by) = (name.to_owned(), created_by.to_owned());
        let (tokens, grants) = (Vec::new(), Vec::new());
        Self { name, role, disabled: false, created_by, created_us, secrets, tokens, grants }
    }

    /// Grants that hold at a moment, UTC microseconds.
    pub fn grants_at(&self, now_us: i64) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |g| g.holds(now_us))
    }

    /// Withdraws all that is granted of a case, and says how many grants that were.
    ///
    /// # Errors
    /// [`ChangeFault::NoSuchGrant`] if there is nothing to withdraw.
    pub fn withdraw(&mut self, case_id: &str, withdrawal: &Withdrawal) -> Result<usize, ChangeFault> {
        let mut count = 0;
        for grant in &mut self.grants {
            let open = grant.withdrawn.is_none() && grant.until_us.is_none_or(|until| withdrawal.when_us < until);
            if grant.case_id == case_id && open {
                grant.withdrawn = Some(withdrawal.clone());
                count += 1;
            }
        }
        let missing = || ChangeFault::NoSuchGrant { account: self.name.clone(), case_id: case_id.to_owned() };
        if count == 0 { Err(missing()) } else { Ok(count) }
    }

    /// Calls a token back.
    ///
    /// # Errors
    /// [`ChangeFault::NoSuchToken`] if there is none that still could hold.
    pub fn revoke(&mut self, token_id: &str, now_us: i64) -> Result<(), ChangeFault> {
        let missing = ChangeFault::NoSuchToken { account: self.name.clone(), id: token_id.to_owned() };
        let token = self.tokens.iter_mut().find(|t| t.id == token_id && t.revoked_us.is_none()).ok_or(missing)?;
        token.revoked_us = Some(now_us);
        Ok(())
    }
}

/// Whether an account may be shut, given all accounts: one administrator must be left.
pub(super) fn may_disable(name: &str, all: &[Account]) -> Result<(), ChangeFault> {
    let keeps = |a: &&Account| a.role == Role::Administrator && !a.disabled;
    let concerned = all.iter().filter(keeps).any(|a| a.name == name);
    let left = all.iter().filter(keeps).any(|a| a.name != name);
    if concerned && !left { Err(ChangeFault::LastAdministrator(name.to_owned())) } else { Ok(()) }
}
