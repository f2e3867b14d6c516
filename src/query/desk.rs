//! The desk: makes a session for each person who has come in, over one store.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionState;
use tokio::sync::Semaphore;
use url::Url;

use super::rights::Rights;
use super::tables::{CaseTables, Findings, SceneSearch, Sources};
use super::workers::Workers;
use super::{Elsewhere, Limits, QueryError, Session};
use crate::access::Viewer;
use crate::join::{SessionOptions, runtime, session_in};
use crate::store::{KeptColumns, Options};
use crate::time::custody::CustodyRules;

/// Of a file that is read by several threads the share of one is not worth less than this, bytes.
const SHARE_BYTES: usize = 1 << 20;

/// Tables that others bring for a viewer, by name, as the audit trail is.
pub type Brought = BTreeMap<String, Arc<dyn TableProvider>>;

/// How a desk works.
#[derive(Debug, Clone)]
pub struct DeskOptions {
    /// How the store is read.
    pub store: Options,
    /// Rules of the custody clock.
    pub rules: CustodyRules,
    /// Threads for queries; all the machine's cores but one if not given.
    pub threads: Option<NonZeroUsize>,
}

/// Makes sessions over one store; what they share is here.
pub struct Desk {
    sources: Arc<Sources>,
    engine: Arc<RuntimeEnv>,
    /// What questions asked for before, of whomever: a file is only read of cases that its reader may see.
    kept: Arc<KeptColumns>,
    workers: Arc<Workers>,
    threads: usize,
    /// What names of others' devices are made up from.
    secret: [u8; 32],
    /// Where plans of its sessions may run besides this process.
    elsewhere: Option<Arc<dyn Elsewhere>>,
    /// By account, so that who comes in twice has no more turns.
    turns: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl Desk {
    /// Opens a desk over the store at an address, which need not be there yet.
    ///
    /// # Errors
    /// [`QueryError::Store`] for an address that is none; [`QueryError::Engine`] if the system gives no threads.
    pub fn open(location: &Url, options: DeskOptions) -> Result<Self, QueryError> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = options.threads.map_or(cores.saturating_sub(1).max(1), NonZeroUsize::get);
        Ok(Self {
            sources: Arc::new(Sources::new(location, &options.store, options.rules)?),
            // Each query brings its own pool; what stands outside one is planning, and small.
            engine: runtime(Limits::default().memory_bytes)?,
            kept: Arc::new(KeptColumns::new(options.store.kept_bytes)),
            workers: Arc::new(Workers::new(threads).map_err(DataFusionError::from)?),
            threads,
            secret: rand::random(),
            elsewhere: None,
            turns: Mutex::default(),
        })
    }

    /// With a secret from which the names are made up that others' devices have in scene searches, so that they stay the
    /// same after a restart; without one they are new each time a desk is opened.
    #[must_use]
    pub fn with_secret(mut self, secret: [u8; 32]) -> Self {
        self.secret = secret;
        self
    }

    /// With a place where plans of its sessions may run besides this process: see [`Session::or_elsewhere`].
    #[must_use]
    pub fn with_elsewhere(mut self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        self.elsewhere = Some(elsewhere);
        self
    }

    /// A session of a viewer. Its tables are wrapped for them before any text of theirs is read.
    ///
    /// # Errors
    /// [`QueryError::Engine`] if the engine cannot take the tables.
    pub async fn session(&self, viewer: Viewer, limits: Limits, brought: Brought) -> Result<Session, QueryError> {
        let options = SessionOptions { partitions: self.threads, ..SessionOptions::default() };
        let context = session_in(&options, Arc::clone(&self.engine));
        let rights = Arc::new(Rights::new(viewer.scope.clone()));
        let tables: Arc<dyn SchemaProvider> =
            Arc::new(CaseTables::new(Arc::clone(&self.sources), Arc::clone(&rights), brought));
        // Comments of columns that are joined, united or aggregated may differ: that is no fault of a plan.
        let options = |state: &mut SessionState| {
            state.config_mut().set_extension(Arc::clone(&self.kept));
            let engine = state.config_mut().options_mut();
            engine.execution.skip_physical_aggregate_schema_check = true;
            engine.optimizer.repartition_file_min_size = SHARE_BYTES;
            // A handful of rows is not handed from thread to thread: the tables of what people said have no more.
            engine.execution.use_row_number_estimates_to_optimize_partitioning = true;
        };
        options(&mut context.state_ref().write());
        let defaults = context.copied_config().options().catalog.clone();
        let catalog = context.catalog(&defaults.default_catalog);
        let missing = || DataFusionError::Internal("the session has no catalog".to_owned());
        catalog.ok_or_else(missing)?.register_schema(&defaults.default_schema, tables)?;
        super::functions::register(&context).await?;
        let findings = Findings::new(Arc::clone(&self.sources), Arc::clone(&rights));
        context.register_udtf(Findings::NAME, Arc::new(findings));
        let searched = SceneSearch::new(Arc::clone(&self.sources), Arc::clone(&rights), self.secret);
        context.register_udtf(SceneSearch::NAME, Arc::new(searched));
        let turns = self.turns(&viewer.account, limits.at_once);
        let session = Session::new(context, viewer, limits).sharing(turns).under(rights).on(Arc::clone(&self.workers));
        let session = session.over(Arc::clone(&self.sources));
        Ok(match &self.elsewhere {
            Some(elsewhere) => session.or_elsewhere(Arc::clone(elsewhere)),
            None => session,
        })
    }

    fn turns(&self, account: &str, at_once: usize) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let held = turns.entry(account.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(at_once)));
        Arc::clone(held)
    }
}
