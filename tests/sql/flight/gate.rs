//! Two made-up accounts with passwords and tokens over made-up tables, behind the gate that a server asks.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::prelude::{SessionConfig, SessionContext};
use locard::access::{Role, Scope, Viewer};
use locard::query::{Gate, Happening, Limits, Proof, QueryError, ScramSecret, Session, Workers};
use locard::time::Clock;
use tokio::sync::Semaphore;

/// Account, password, token, and when the token expires, UTC microseconds.
pub const ACCOUNTS: [(&str, &str, &str, i64); 2] =
    [("ada", "ada's secret", "locard_ada", i64::MAX), ("ben", "ben's secret", "locard_ben", 600_000_000)];

/// A clock that is put forward by hand.
#[derive(Debug, Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn forward_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A gate with [`ACCOUNTS`]; each sees all tables, and one row with its own name in `whose`.
pub struct MadeUpGate {
    tables: Vec<(String, RecordBatch)>,
    workers: Arc<Workers>,
    noted: Mutex<Vec<String>>,
    /// The time that tokens expire by.
    pub clock: Arc<HandClock>,
    /// What a question may take, of sessions from now on.
    pub limits: Mutex<Limits>,
    /// Whether notes can be written.
    pub writable: AtomicBool,
    /// How often somebody was let in.
    pub entered: AtomicUsize,
    /// Passwords' checks wait for a permit of this.
    pub checks: Semaphore,
    /// Checks of passwords that are going on.
    pub checking: AtomicUsize,
    /// The most checks of passwords there were at once.
    pub most_checking: AtomicUsize,
}

impl MadeUpGate {
    pub fn new(tables: Vec<(String, RecordBatch)>) -> Arc<Self> {
        Arc::new(Self {
            tables,
            workers: Arc::new(Workers::new(4).unwrap()),
            noted: Mutex::default(),
            clock: Arc::default(),
            limits: Mutex::new(Limits::default()),
            writable: AtomicBool::new(true),
            entered: AtomicUsize::new(0),
            checks: Semaphore::new(Semaphore::MAX_PERMITS),
            checking: AtomicUsize::new(0),
            most_checking: AtomicUsize::new(0),
        })
    }

    /// What was noted so far.
    #[allow(dead_code, clippy::allow_attributes, reason = "one of its two users looks at it")]
    pub fn noted(&self) -> Vec<String> {
        self.noted.lock().unwrap().clone()
    }

    async fn account(&self, proof: Proof) -> Option<&'static str> {
        let accounts: &'static [_] = &ACCOUNTS;
        let found = match proof {
            Proof::Password { account, password } => {
                let now = self.checking.fetch_add(1, Ordering::SeqCst) + 1;
                self.most_checking.fetch_max(now, Ordering::SeqCst);
                let _permit = self.checks.acquire().await.unwrap();
                tokio::task::yield_now().await;
                self.checking.fetch_sub(1, Ordering::SeqCst);
                accounts.iter().find(|a| (a.0, a.1) == (account.as_str(), password.as_str()))
            }
            Proof::Token(token) => accounts.iter().find(|a| a.2 == token && self.clock.now_us() < a.3),
            Proof::Scram { .. } | Proof::Vouched { .. } => None,
        };
        found.map(|a| a.0)
    }

    fn session(&self, account: &str) -> Result<Session, QueryError> {
        let config = SessionConfig::new()
            .with_default_catalog_and_schema("locard", "public")
            .with_information_schema(true)
            .with_target_partitions(2);
        let context = SessionContext::new_with_config(config);
        for (name, batch) in &self.tables {
            context.register_batch(name, batch.clone())?;
        }
        let name = datafusion::arrow::array::StringArray::from(vec![account]);
        context.register_batch("whose", RecordBatch::try_from_iter([("account", Arc::new(name) as _)]).unwrap())?;
        let viewer = Viewer { account: account.to_owned(), role: Role::Analyst, scope: Scope::default() };
        Ok(Session::new(context, viewer, *self.limits.lock().unwrap()).on(Arc::clone(&self.workers)))
    }
}

#[async_trait]
impl Gate for MadeUpGate {
    async fn scram_secret(&self, _account: &str) -> ScramSecret {
        ScramSecret { salt: Vec::new(), iterations: 4096, salted_password: Vec::new() }
    }

    async fn enter(&self, proof: Proof, client: &str) -> Result<Arc<Session>, QueryError> {
        let account = self.account(proof).await;
        let said = account.ok_or_else(|| QueryError::Refused("a reason that nobody outside hears".to_owned()));
        self.noted.lock().unwrap().push(format!("enter {account:?} {}", client.starts_with("127.0.0.1:")));
        self.entered.fetch_add(usize::from(account.is_some()), Ordering::SeqCst);
        Ok(Arc::new(self.session(said?)?))
    }

    async fn note(&self, session: Option<&Session>, happening: Happening) -> Result<(), QueryError> {
        if !self.writable.load(Ordering::SeqCst) {
            return Err(QueryError::Refused("the audit cannot be written".to_owned()));
        }
        let who = session.map_or("nobody", |session| session.viewer().account.as_str());
        self.noted.lock().unwrap().push(format!("{who}: {happening:?}"));
        Ok(())
    }
}
