//! The way in for every protocol: accounts say who somebody is, policies what they may see, and the audit that they came.
//!
//! ```text
//!  proof ─> account ─> may they ask at all? ─> which cases? ─> written down ─> a session that is theirs
//! ```
//! The invariant: what cannot be written down is not answered.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use crate::access::audit::{AuditError, AuditLog, Details, Kind, NewEntry};
use crate::access::{
    AccessError, Account, AccountStore, Action, Context, Facts, Policies, Resource, Role, SCRAM_ITERATIONS, Scope,
    Stretch, Viewer, viewer_of,
};
use crate::query::{Brought, Desk, Gate, Happening, Limits, Proof, QueryError, ScramSecret, Session};
use crate::time::Clock;

/// A gate over the accounts, policies and audit of a store.
pub struct AccountGate {
    accounts: Arc<AccountStore>,
    policies: Policies,
    audit: Arc<AuditLog>,
    desk: Desk,
    limits: Limits,
    clock: Arc<dyn Clock>,
}

/// Why a gate cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The accounts.
    #[error("accounts: {0}")]
    Accounts(#[from] AccessError),
    /// The audit trail.
    #[error("audit: {0}")]
    Audit(#[from] AuditError),
}

impl AccountGate {
    /// A gate over the folders `access` and `audit` of a store's folder, as `locard account` and `locard audit` have them.
    ///
    /// # Errors
    /// [`GateError`] if they cannot be read or written.
    pub fn open(
        data: &Path,
        policies: Policies,
        desk: Desk,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, GateError> {
        let accounts = Arc::new(AccountStore::open(&data.join("access"))?);
        let audit = Arc::new(AuditLog::open(&data.join("audit"), clock.now_us())?);
        Ok(Self { accounts, policies, audit, desk, limits, clock })
    }

    async fn account(&self, proof: Proof) -> Result<Account, AccessError> {
        let (accounts, now_us) = (Arc::clone(&self.accounts), self.clock.now_us());
        // Passwords are slow on purpose, and files may be.
        let found = tokio::task::spawn_blocking(move || match proof {
            Proof::Scram { account } => accounts.after_scram(&account),
            Proof::Password { account, password } => accounts.by_password(&account, &password),
            Proof::Token(token) => accounts.by_token(&token, now_us),
            Proof::Vouched { account, roles, .. } => accounts.vouched(&account, roles.as_deref()),
        });
        found.await.unwrap_or_else(|e| Err(AccessError::Io { path: "accounts".into(), source: e.into() }))
    }

    async fn write(&self, entry: NewEntry) -> Result<(), QueryError> {
        let (audit, now_us) = (Arc::clone(&self.audit), self.clock.now_us());
        let written = tokio::task::spawn_blocking(move || audit.append(now_us, &entry)).await;
        let fault = match written {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(target: "locard::audit", fault, "the audit cannot be written: nothing is answered");
        Err(QueryError::Refused("what happens cannot be written down".to_owned()))
    }

    async fn refused(&self, entry: NewEntry) -> QueryError {
        match self.write(entry).await {
            Ok(()) => QueryError::Refused("the account, its password or its rights".to_owned()),
            Err(error) => error,
        }
    }
}

/// An entry about somebody who is at the door.
fn entry(account: &str, role: Option<Role>, client: &str, kind: Kind, details: Details) -> NewEntry {
    NewEntry { account: account.to_owned(), role, client: client.to_owned(), kind, details }
}

/// A secret that nobody knows, ourselves included.
fn nobodys_secret() -> ScramSecret {
    let (salt, salted_password): ([u8; 16], [u8; 32]) = (rand::random(), rand::random());
    ScramSecret { salt: salt.to_vec(), iterations: SCRAM_ITERATIONS, salted_password: salted_password.to_vec() }
}

/// Who somebody says they are.
fn said(proof: &Proof) -> String {
    match proof {
        Proof::Scram { account } | Proof::Password { account, .. } | Proof::Vouched { account, .. } => account.clone(),
        Proof::Token(_) => "a token".to_owned(),
    }
}

/// What is written of how somebody came in.
fn how(proof: &Proof) -> String {
    match proof {
        Proof::Vouched { by, .. } => format!("vouched for by {by}"),
        Proof::Scram { .. } | Proof::Password { .. } | Proof::Token(_) => String::new(),
    }
}

/// Of a case the stretches that an account may watch.
fn watched_by(account: &Account, policies: &Policies, case_id: &str, now_us: i64) -> Vec<Stretch> {
    let grants: Vec<_> = account.grants_at(now_us).filter(|g| g.case_id == case_id).collect();
    let about = Resource::Case { case_id: case_id.to_owned(), granted: !grants.is_empty() };
    let who = Facts { account: &account.name, role: account.role };
    let may = policies.decide(&who, Action::Watch, &about, &Context::default()).allowed && !account.disabled;
    match (may, grants.is_empty()) {
        (false, _) => Vec::new(),
        (true, true) => vec![Stretch::default()],
        (true, false) => grants.into_iter().flat_map(|g| g.stretches.iter().copied()).collect(),
    }
}

fn cases_of(viewer: &Viewer) -> Vec<String> {
    match &viewer.scope {
        Scope::Everything => vec!["*".to_owned()],
        Scope::Cases(cases) => cases.keys().cloned().collect(),
    }
}

/// What an entry says of something that happened.
fn details_of(happening: Happening) -> (Kind, Details, Option<String>) {
    match happening {
        Happening::Query { sql, parameters, tables, rows, millis, fault } => {
            let (rows, millis) = (Some(rows), Some(millis));
            (Kind::Query, Details { text: sql, parameters, tables, rows, millis, fault, ..Details::default() }, None)
        }
        Happening::Refused { account, reason } => {
            (Kind::Refused, Details { fault: Some(reason), ..Details::default() }, Some(account))
        }
    }
}

#[async_trait]
impl Gate for AccountGate {
    async fn scram_secret(&self, account: &str) -> ScramSecret {
        let (accounts, name) = (Arc::clone(&self.accounts), account.to_owned());
        let key = tokio::task::spawn_blocking(move || accounts.scram_key(&name)).await;
        if let Ok(Ok(key)) = key {
            return key.into();
        }
        // Whoever knew the key of this answer would come in by it once the accounts can be read again.
        tracing::error!(target: "locard::audit", account, "an account cannot be read: nobody comes in by it");
        nobodys_secret()
    }

    async fn enter(&self, proof: Proof, client: &str) -> Result<Arc<Session>, QueryError> {
        let (name, text) = (said(&proof), how(&proof));
        let account = match self.account(proof).await {
            Ok(account) => account,
            Err(error) => {
                let details = Details { fault: Some(error.to_string()), ..Details::default() };
                return Err(self.refused(entry(&name, None, client, Kind::Refused, details)).await);
            }
        };
        let who = Facts { account: &account.name, role: account.role };
        let may = self.policies.decide(&who, Action::Ask, &Resource::System, &Context::default());
        if !may.allowed {
            let fault = Some("may not ask".to_owned());
            let details = Details { fault, rules: may.by, ..Details::default() };
            return Err(self.refused(entry(&account.name, Some(account.role), client, Kind::Refused, details)).await);
        }
        let viewer = viewer_of(&account, &self.policies, [], self.clock.now_us());
        let details = Details { text, cases: cases_of(&viewer), rules: may.by, ..Details::default() };
        self.write(entry(&account.name, Some(account.role), client, Kind::Login, details)).await?;
        Ok(Arc::new(self.desk.session(viewer, self.limits, Brought::new()).await?))
    }

    async fn has_accounts(&self) -> bool {
        let accounts = Arc::clone(&self.accounts);
        let all = tokio::task::spawn_blocking(move || accounts.all()).await;
        // What cannot be read is there.
        !matches!(all, Ok(Ok(all)) if all.is_empty())
    }

    async fn watched(&self, viewer: &Viewer, case_id: &str) -> Vec<Stretch> {
        let (accounts, name) = (Arc::clone(&self.accounts), viewer.account.clone());
        let read = tokio::task::spawn_blocking(move || accounts.read(&name)).await;
        let Ok(Ok(Some(account))) = read else { return Vec::new() };
        watched_by(&account, &self.policies, case_id, self.clock.now_us())
    }

    async fn note(&self, session: Option<&Session>, happening: Happening) -> Result<(), QueryError> {
        let (kind, details, said) = details_of(happening);
        let viewer = session.map(Session::viewer);
        let name = viewer.map(|v| v.account.clone()).or(said).unwrap_or_default();
        // Where somebody comes from is in the entry of their login.
        self.write(entry(&name, viewer.map(|v| v.role), "", kind, details)).await
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
