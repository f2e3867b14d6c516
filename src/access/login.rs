//! Coming in: a name and a password, or a token. An account that is not there costs the same time as a wrong password.

use super::password::match_nobody;
use super::token::read_token;
use super::{AccessError, Account, AccountStore, Refusal, Role};

impl AccountStore {
    /// The account of a name and a password. Takes about a tenth of a second of a core and 19 MiB, on purpose: call it on
    /// a thread that may block, and not too many at a time.
    ///
    /// # Errors
    /// [`AccessError::Refused`], and what [`Self::read`] says.
    pub fn by_password(&self, name: &str, password: &str) -> Result<Account, AccessError> {
        let Some(account) = self.read(name)? else {
            match_nobody(password);
            return Err(AccessError::refused(name, Refusal::NoAccount));
        };
        // The password comes first: that an account is shut is told only to its holder.
        if !account.secrets.match_password(password) {
            return Err(AccessError::refused(name, Refusal::WrongPassword));
        }
        if account.disabled { Err(AccessError::refused(name, Refusal::Disabled)) } else { Ok(account) }
    }

    /// The account that an identity provider vouches for, if it is there and open. The provider makes no account and gives
    /// no role: with `roles` the account's own must be one of them.
    ///
    /// # Errors
    /// [`AccessError::Refused`], and what [`Self::read`] says.
    pub fn vouched(&self, name: &str, roles: Option<&[Role]>) -> Result<Account, AccessError> {
        let account = self.read(name)?.ok_or_else(|| AccessError::refused(name, Refusal::NoAccount))?;
        if account.disabled {
            return Err(AccessError::refused(name, Refusal::Disabled));
        }
        if roles.is_some_and(|roles| !roles.contains(&account.role)) {
            return Err(AccessError::refused(name, Refusal::OtherRole));
        }
        Ok(account)
    }

    /// The account of a token at a moment, UTC microseconds.
    ///
    /// # Errors
    /// [`AccessError::Refused`], and what [`Self::read`] says.
    pub fn by_token(&self, shown: &str, now_us: i64) -> Result<Account, AccessError> {
        let unknown = || AccessError::Refused { account: None, reason: Refusal::WrongToken };
        let (id, secret) = read_token(shown).ok_or_else(unknown)?;
        let account = self.of_token(id)?.ok_or_else(unknown)?;
        let token = account.tokens.iter().find(|t| t.id == id).ok_or_else(unknown)?;
        token.check(&secret, now_us).map_err(|reason| AccessError::refused(&account.name, reason))?;
        if account.disabled {
            return Err(AccessError::refused(&account.name, Refusal::Disabled));
        }
        Ok(account)
    }
}
