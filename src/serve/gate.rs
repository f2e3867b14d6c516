//! The way in for every protocol: accounts say who somebody is, policies what they may see, and the audit that they came.
//!
//! ```text
//!  proof ─> account ─> may they ask at all? ─> which cases? ─> written down ─> a session that is theirs
//!    └> wrong: the next try waits                                              └> asked again at each question
//! ```
//! The invariant: what cannot be written down is not answered.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::gate_entries::{cases_of, details_of, entry, said};
use super::gate_standing::{AccountStanding, Behind, Looked, rights};
use crate::access::audit::{AuditError, AuditLog, Details, Kind, NewEntry};
use crate::access::{
    AccessError, Account, AccountStore, Action, Context, Facts, InForce, Policies, Refusal, Resource, SCRAM_ITERATIONS,
    Stretch, Throttle, Viewer, token_id, viewer_of,
};
use crate::query::{Brought, Desk, Gate, Happening, Limits, Proof, QueryError, ScramSecret, Session, audit_table};
use crate::time::{Clock, Stopwatch};

/// The name of the table that the audit is, in the sessions of those who may read it.
const AUDIT: &str = "audit";
/// How long a password waits for others to be checked before it.
const CHECKED_WITHIN: Duration = Duration::from_secs(10);
/// How long somebody is held who tried too often, before they are told.
const HELD: Duration = Duration::from_secs(8);

/// A gate over the accounts, policies and audit of a store.
pub struct AccountGate {
    accounts: Arc<AccountStore>,
    policies: InForce,
    audit: Arc<AuditLog>,
    desk: Desk,
    limits: Limits,
    clock: Arc<dyn Clock>,
    throttle: Throttle,
    /// For the throttle: time that does not jump.
    since: Stopwatch,
    /// Passwords that are checked at once: each takes a core and 19 MiB for a while.
    checks: Semaphore,
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
        let desk = desk.with_secret(accounts.key_for("names of others' devices in scene searches"));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Ok(Self {
            accounts,
            policies: InForce::new(policies),
            audit,
            desk,
            limits,
            clock,
            throttle: Throttle::default(),
            since: Stopwatch::start(),
            checks: Semaphore::new((cores / 2).max(1)),
        })
    }

    /// Microseconds since the gate was opened.
    fn passed_us(&self) -> i64 {
        i64::try_from(Duration::try_from_secs_f64(self.since.seconds()).unwrap_or_default().as_micros())
            .unwrap_or(i64::MAX)
    }

    /// Waits for the turn of a try, if tries before it failed.
    async fn turn(&self, account: &str, client: &str) -> Result<(), AccessError> {
        let refused = |reason| AccessError::Refused { account: Some(account.to_owned()), reason };
        match self.throttle.admit(account, client, self.passed_us()) {
            Ok(wait_us) => {
                tokio::time::sleep(Duration::from_micros(u64::try_from(wait_us).unwrap_or(0))).await;
                Ok(())
            }
            Err(reason) => {
                // Who asks without end must not fill the audit without end.
                tokio::time::sleep(HELD).await;
                Err(refused(reason))
            }
        }
    }

    /// The account that a proof is of. One password waits for another to be checked, and not without end.
    async fn account(&self, proof: &Proof, client: &str) -> Result<Account, AccessError> {
        let name = said(proof);
        let guessable = matches!(proof, Proof::Password { .. });
        let mut check = None;
        if guessable {
            self.turn(&name, client).await?;
            let busy = |_| AccessError::Refused { account: Some(name.clone()), reason: Refusal::Busy };
            check = tokio::time::timeout(CHECKED_WITHIN, self.checks.acquire()).await.map_err(busy)?.ok();
        }
        let (accounts, now_us, shown) = (Arc::clone(&self.accounts), self.clock.now_us(), proof.clone());
        // Passwords are slow on purpose, and files may be.
        let found = tokio::task::spawn_blocking(move || match shown {
            Proof::Scram { account } => accounts.after_scram(&account),
            Proof::Password { account, password } => accounts.by_password(&account, &password),
            Proof::Token(token) => accounts.by_token(&token, now_us),
            Proof::Vouched { account, roles, .. } => accounts.vouched(&account, roles.as_deref()),
        });
        let found = found.await.unwrap_or_else(|e| Err(AccessError::Io { path: "accounts".into(), source: e.into() }));
        drop(check);
        match &found {
            Err(AccessError::Refused { reason: Refusal::NoAccount | Refusal::WrongPassword, .. }) if guessable => {
                self.throttle.failed(&name, client, self.passed_us());
            }
            Ok(_) if !matches!(proof, Proof::Token(_)) => self.throttle.succeeded(&name, client),
            _ => {}
        }
        found
    }

    /// The policies by which is decided.
    pub(super) const fn policies(&self) -> &InForce {
        &self.policies
    }

    pub(super) async fn write(&self, entry: NewEntry) -> Result<(), QueryError> {
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

    /// A session of an account that may ask by these policies: if others are in force by now, its first question finds out.
    async fn session(
        &self,
        account: Account,
        policies: &Policies,
        token: Option<String>,
        client: &str,
    ) -> Result<Session, QueryError> {
        let now_us = self.clock.now_us();
        let (_, reads_audit) = rights(&account, policies);
        let mut brought = Brought::new();
        if reads_audit {
            brought.insert(AUDIT.to_owned(), audit_table(self.audit.folder())?);
        }
        let viewer = viewer_of(&account, policies, [], now_us);
        let scope = viewer.scope.clone();
        let session = self.desk.session(viewer, self.limits, brought).await?;
        let behind = Behind { accounts: Arc::clone(&self.accounts), policies: self.policies.clone() };
        let looked = Looked { digest: policies.digest().to_owned(), at_us: now_us, scope, reads_audit };
        let standing = AccountStanding::new(behind, Arc::clone(&self.clock), account, token, looked);
        Ok(session.from_client(client).standing_on(Arc::new(standing)))
    }
}

/// A secret that nobody knows, ourselves included.
fn nobodys_secret() -> ScramSecret {
    let (salt, salted_password): ([u8; 16], [u8; 32]) = (rand::random(), rand::random());
    ScramSecret { salt: salt.to_vec(), iterations: SCRAM_ITERATIONS, salted_password: salted_password.to_vec() }
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

    async fn scram_secret_for(&self, account: &str, client: &str) -> Result<ScramSecret, QueryError> {
        self.turn(account, client).await.map_err(|e| QueryError::Refused(e.to_string()))?;
        Ok(self.scram_secret(account).await)
    }

    async fn turned_away(&self, account: &str, client: &str, reason: &str, guessed: bool) -> Result<(), QueryError> {
        if guessed {
            self.throttle.failed(account, client, self.passed_us());
        }
        let details = Details { fault: Some(reason.to_owned()), ..Details::default() };
        self.write(entry(account, None, client, Kind::Refused, details)).await
    }

    async fn enter(&self, proof: Proof, client: &str) -> Result<Arc<Session>, QueryError> {
        let text = how(&proof);
        let account = match self.account(&proof, client).await {
            Ok(account) => account,
            Err(error) => {
                let details = Details { fault: Some(error.to_string()), ..Details::default() };
                return Err(self.refused(entry(&named(&error, &proof), None, client, Kind::Refused, details)).await);
            }
        };
        let who = Facts { account: &account.name, role: account.role };
        let policies = self.policies.now();
        let may = policies.decide(&who, Action::Ask, &Resource::System, &Context::default());
        let (name, role) = (account.name.clone(), account.role);
        if !may.allowed {
            let fault = Some("may not ask".to_owned());
            let details = Details { fault, rules: may.by, ..Details::default() };
            return Err(self.refused(entry(&name, Some(role), client, Kind::Refused, details)).await);
        }
        let token = match &proof {
            Proof::Token(shown) => token_id(shown).map(str::to_owned),
            _ => None,
        };
        let session = self.session(account, &policies, token, client).await?;
        let details = Details { text, cases: cases_of(&session.scope()), rules: may.by, ..Details::default() };
        self.write(entry(&name, Some(role), client, Kind::Login, details)).await?;
        Ok(Arc::new(session))
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
        watched_by(&account, &self.policies.now(), case_id, self.clock.now_us())
    }

    async fn note(&self, session: Option<&Session>, happening: Happening) -> Result<(), QueryError> {
        let (kind, details, said) = details_of(session, happening);
        let viewer = session.map(Session::viewer);
        let name = viewer.map(|v| v.account.clone()).or(said).unwrap_or_default();
        let client = session.map_or("", Session::client);
        self.write(entry(&name, viewer.map(|v| v.role), client, kind, details)).await
    }
}

/// Whose name a refusal is written down under.
fn named(error: &AccessError, proof: &Proof) -> String {
    match error {
        AccessError::Refused { account: Some(account), .. } => account.clone(),
        _ => said(proof),
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
pub(super) mod tests;
