//! What stands behind a session: the account's file, read again at each question, and the policies.
//!
//! ```text
//!  question ─> the file as it is ─> may they stay? ─> do other grants or policies hold? ─ no ──> the scope that was
//!                                                            └ yes ─> policies ───────────────> another scope
//! ```
//! No password is checked again: what it costs is to read one small file.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::access::{
    AccessError, Account, AccountStore, Action, Context, Decision, Facts, InForce, Policies, Resource, Scope,
    next_change_us, still_in, viewer_of,
};
use crate::query::{QueryError, Standing};
use crate::time::Clock;

/// What stands behind the session of an account.
pub(super) struct AccountStanding {
    behind: Behind,
    clock: Arc<dyn Clock>,
    /// As they came in.
    came_in: Account,
    /// The id of the token by which they did.
    token: Option<String>,
    /// Whether they were given the audit to read.
    reads_audit: bool,
    held: Mutex<Held>,
}

/// What is asked about a session, as it is at the time.
pub(super) struct Behind {
    /// The accounts.
    pub(super) accounts: Arc<AccountStore>,
    /// The policies.
    pub(super) policies: InForce,
}

/// What was found when somebody came in.
pub(super) struct Looked {
    /// By which policies.
    pub(super) digest: String,
    /// When, UTC microseconds.
    pub(super) at_us: i64,
    /// What they see.
    pub(super) scope: Scope,
    /// Whether they were given the audit to read.
    pub(super) reads_audit: bool,
}

/// What was found last.
struct Held {
    account: Account,
    /// The policies by which.
    digest: String,
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
    /// Of somebody who has just come in.
    pub(super) fn new(
        behind: Behind,
        clock: Arc<dyn Clock>,
        came_in: Account,
        token: Option<String>,
        looked: Looked,
    ) -> Self {
        let Looked { digest, at_us: looked_us, scope, reads_audit } = looked;
        let changes_us = next_change_us(&came_in, looked_us);
        let held = Held { account: came_in.clone(), digest, changes_us, looked_us, scope: Arc::new(scope) };
        Self { behind, clock, came_in, token, reads_audit, held: Mutex::new(held) }
    }

    async fn account(&self) -> Result<Option<Account>, AccessError> {
        let (accounts, name) = (Arc::clone(&self.behind.accounts), self.came_in.name.clone());
        let read = tokio::task::spawn_blocking(move || accounts.read(&name)).await;
        read.unwrap_or_else(|e| Err(AccessError::Io { path: "accounts".into(), source: e.into() }))
    }
}

/// Whether an account may ask at all, and whether it may read the audit.
pub(super) fn rights(account: &Account, policies: &Policies) -> (bool, bool) {
    let who = Facts { account: &account.name, role: account.role };
    let may = |action| policies.decide(&who, action, &Resource::System, &Context::default()).allowed;
    (may(Action::Ask), may(Action::ReadAudit))
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
        let policies = self.behind.policies.now();
        let as_before = account.grants == held.account.grants && policies.digest() == held.digest;
        // A clock that was set back may make a grant hold again that had ended.
        if as_before && (held.looked_us..held.changes_us).contains(&now_us) {
            held.looked_us = now_us;
            return Ok(Arc::clone(&held.scope));
        }
        if policies.digest() != held.digest {
            let (asks, reads) = rights(&account, &policies);
            // What a session was given when it began cannot be taken from it, nor given later.
            if !asks || reads != self.reads_audit {
                return Err(again("other policies are in force"));
            }
        }
        let scope = viewer_of(&account, &policies, [], now_us).scope;
        if scope != *held.scope {
            held.scope = Arc::new(scope);
        }
        held.changes_us = next_change_us(&account, now_us);
        held.looked_us = now_us;
        held.account = account;
        policies.digest().clone_into(&mut held.digest);
        Ok(Arc::clone(&held.scope))
    }

    fn decide(&self, action: Action, about: &Resource, context: &Context) -> Decision {
        let who = Facts { account: &self.came_in.name, role: self.came_in.role };
        self.behind.policies.now().decide(&who, action, about, context)
    }
}
