//! Two made-up accounts over made-up tables, behind the gate that a server asks.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use locard::access::{Role, Scope, Viewer};
use locard::join::{SessionOptions, runtime, session_in};
use locard::query::{Gate, Happening, Limits, Proof, QueryError, ScramSecret, Session, Workers};
use pgwire::api::auth::sasl::scram::gen_salted_password;

/// Account and password.
pub const ACCOUNTS: [(&str, &str); 2] = [("ada", "ada's secret"), ("ben", "ben's secret")];
const SALT: &[u8] = b"a made-up salt";
/// Few, so that tests are fast.
const ITERATIONS: u32 = 4096;

/// A gate with [`ACCOUNTS`]; each sees the tables under its own account's name in column `owner`.
pub struct TestGate {
    tables: Vec<(String, RecordBatch)>,
    workers: Arc<Workers>,
    noted: Mutex<Vec<String>>,
    /// Whether notes can be written.
    pub writable: std::sync::atomic::AtomicBool,
}

impl TestGate {
    pub fn new(tables: Vec<(String, RecordBatch)>) -> Arc<Self> {
        let workers = Arc::new(Workers::new(4).unwrap());
        Arc::new(Self { tables, workers, noted: Mutex::default(), writable: true.into() })
    }

    /// What was noted so far.
    #[allow(dead_code, clippy::allow_attributes, reason = "one of its two users looks at it")]
    pub fn noted(&self) -> Vec<String> {
        self.noted.lock().unwrap().clone()
    }

    fn session(&self, account: &str) -> Result<Session, QueryError> {
        let engine = session_in(&SessionOptions { partitions: 2, ..SessionOptions::default() }, runtime(200 << 20)?);
        let config = engine.copied_config().with_default_catalog_and_schema("locard", "public");
        let config = config.with_information_schema(true);
        let state = SessionStateBuilder::new_from_existing(engine.state()).with_config(config).build();
        let context = SessionContext::new_with_state(state);
        for (name, batch) in &self.tables {
            context.register_batch(name, batch.clone())?;
        }
        let viewer = Viewer { account: account.to_owned(), role: Role::Analyst, scope: Scope::default() };
        Ok(Session::new(context, viewer, Limits::default()).on(Arc::clone(&self.workers)))
    }
}

#[async_trait]
impl Gate for TestGate {
    async fn scram_secret(&self, account: &str) -> ScramSecret {
        let password = ACCOUNTS.iter().find(|(name, _)| *name == account).map_or("\u{1}nobody", |(_, p)| p);
        let salted_password = gen_salted_password(password, SALT, ITERATIONS as usize);
        ScramSecret { salt: SALT.to_vec(), iterations: ITERATIONS, salted_password }
    }

    async fn enter(&self, proof: Proof, _client: &str) -> Result<Arc<Session>, QueryError> {
        match proof {
            Proof::Scram { account } if ACCOUNTS.iter().any(|(name, _)| *name == account) => {
                Ok(Arc::new(self.session(&account)?))
            }
            _ => Err(QueryError::Refused("no such account".to_owned())),
        }
    }

    async fn note(&self, session: Option<&Session>, happening: Happening) -> Result<(), QueryError> {
        if !self.writable.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(QueryError::Refused("the audit cannot be written".to_owned()));
        }
        let who = session.map_or("nobody", |session| session.viewer().account.as_str());
        self.noted.lock().unwrap().push(format!("{who}: {happening:?}"));
        Ok(())
    }
}
