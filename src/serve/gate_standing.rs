//! What stands behind a session: the account's file, read again at each question, and the policies.
//!
//! ```text
//!  question ─> the file as it is ─> may they stay? ─> do other grants hold? ─ no ──> the scope that was
//!                                                            └ yes ─> policies ───> another scope
//! ```
//! No password is checked again: what it costs is to read one small file.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::access::{
    AccessError, Account, AccountStore, Action, Context, Decision, Facts, Policies, Resource, Scope, next_change_us,
    still_in, viewer_of,
};
use crate::query::{QueryError, Standing};
use crate::time::Clock;

/// What stands behind the session of an account.
pub(super) struct AccountStanding {
    accounts: Arc<AccountStore>,
    policies: Policies,
    clock: Arc<dyn Clock>,
    /// As they came in.
    came_in: Account,
    /// The id of the token by which they did.
    token: Option<String>,
    held: Mutex<Held>,
}

/// What was found last.
struct Held {
    account: Account,
    /// From this moment on other grants may hold, UTC microseconds.
    changes_us: i64,
    /// The moment of the last look, UTC microseconds.
    looked_us: i64,
    scope: Arc<Scope>,
}

impl fmt::Debug for AccountStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountStanding").field("account", &self.came_in.name).finish_non_exhaustive()
    }
}

impl AccountStanding {
    /// Of somebody who has just come in and sees `scope`, at a moment in UTC microseconds.
    pub(super) fn new(
        accounts: Arc<AccountStore>,
        policies: Policies,
        clock: Arc<dyn Clock>,
        came_in: Account,
        token: Option<String>,
        scope: Scope,
        now_us: i64,
    ) -> Self {
        let changes_us = next_change_us(&came_in, now_us);
        let held = Held { account: came_in.clone(), changes_us, looked_us: now_us, scope: Arc::new(scope) };
        Self { accounts, policies, clock, came_in, token, held: Mutex::new(held) }
    }

    async fn account(&self) -> Result<Option<Account>, AccessError> {
        let (accounts, name) = (Arc::clone(&self.accounts), self.came_in.name.clone());
        let read = tokio::task::spawn_blocking(move || accounts.read(&name)).await;
        read.unwrap_or_else(|e| Err(AccessError::Io { path: "accounts".into(), source: e.into() }))
    }
}

/// What they are told who may not stay; why is not theirs to know beyond that.
fn again(reason: &str) -> QueryError {
    QueryError::Refused(format!("come in again: {reason}"))
}

#[async_trait]
impl Standing for AccountStanding {
    async fn scope(&self) -> Result<Arc<Scope>, QueryError> {
        let mut held = self.held.lock().await;
        // While accounts cannot be read nobody is let in, and nobody stays.
        let account = self.account().await.map_err(|error| {
            tracing::error!(target: "locard::audit", %error, "an account cannot be read: nothing of it is answered");
            again("the account cannot be read now")
        })?;
        let account = account.ok_or_else(|| again("there is no such account"))?;
        let now_us = self.clock.now_us();
        let stays = still_in(&self.came_in, &account, self.token.as_deref(), now_us);
        stays.map_err(|reason| again(&reason.to_string()))?;
        // A clock that was set back may make a grant hold again that had ended.
        if account.grants == held.account.grants && (held.looked_us..held.changes_us).contains(&now_us) {
            held.looked_us = now_us;
            return Ok(Arc::clone(&held.scope));
        }
        let scope = viewer_of(&account, &self.policies, [], now_us).scope;
        if scope != *held.scope {
            held.scope = Arc::new(scope);
        }
        held.changes_us = next_change_us(&account, now_us);
        held.looked_us = now_us;
        held.account = account;
        Ok(Arc::clone(&held.scope))
    }

    fn decide(&self, action: Action, about: &Resource, context: &Context) -> Decision {
        let who = Facts { account: &self.came_in.name, role: self.came_in.role };
        self.policies.decide(&who, action, about, context)
    }
}
