//! One person's session.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::workers::Workers;
use super::{Limits, QueryError, as_of, run, size};
use crate::access::Viewer;

/// One person's session: the tables as they may see them, and what their queries may take.
pub struct Session {
    context: SessionContext,
    viewer: Viewer,
    limits: Limits,
    turns: Arc<Semaphore>,
    workers: Option<Arc<Workers>>,
}

impl Session {
    /// A session over tables that were wrapped for this viewer. Its queries at once are counted for itself, and run on the
    /// threads of whoever asks.
    #[must_use]
    pub fn new(context: SessionContext, viewer: Viewer, limits: Limits) -> Self {
        let turns = Arc::new(Semaphore::new(limits.at_once));
        Self { context, viewer, limits, turns, workers: None }
    }

    /// With threads of their own for its queries: not those that talk to clients, so that one that computes without a pause
    /// holds up no cancel, no time limit and nobody else.
    #[must_use]
    pub fn on(mut self, workers: Arc<Workers>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// With the turns of its account, which all its sessions share.
    #[must_use]
    pub(super) fn sharing(mut self, turns: Arc<Semaphore>) -> Self {
        self.turns = turns;
        self
    }

    /// Whose it is.
    #[must_use]
    pub const fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What a query may take.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The engine's session, for catalogs and for planning; what is run goes through [`Self::run`].
    #[must_use]
    pub const fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Plans a query that only reads.
    ///
    /// # Errors
    /// [`QueryError::NotARead`] for one that does more, whatever it is wrapped in; [`QueryError::Limit`] for one that is
    /// too large; [`QueryError::AsOf`] and [`QueryError::Engine`] if it is wrong.
    pub async fn plan(&self, sql: &str) -> Result<LogicalPlan, QueryError> {
        size::check_text(sql)?;
        let (state, sql) = (self.context.state(), as_of::rewritten(sql)?.into_owned());
        // Ends with this function, also if it is let go of half way.
        let mut planning = JoinSet::new();
        planning.spawn_on(async move { state.create_logical_plan(&sql).await }, &self.workers());
        let broken = || DataFusionError::Execution("the query was broken off".to_owned());
        let plan = planning.join_next().await.ok_or_else(broken)?.map_err(|_| broken())??;
        self.check(&plan)?;
        Ok(plan)
    }

    /// Whether a plan only reads, and is not too large.
    ///
    /// # Errors
    /// [`QueryError::NotARead`], [`QueryError::Limit`].
    pub fn check(&self, plan: &LogicalPlan) -> Result<(), QueryError> {
        let reads = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        reads.verify_plan(plan).map_err(|e| QueryError::NotARead(e.message().into_owned()))?;
        size::check_plan(plan)
    }

    /// Runs a plan within the limits; its placeholders have been filled in.
    ///
    /// All that is read of one table is of one version. Rows that are let go of end the work.
    ///
    /// # Errors
    /// As [`Self::check`]; [`QueryError::Limit`] if too many of the account's queries run, or planning takes too long;
    /// [`QueryError::Engine`]. The stream ends with an error that names the limit it ran into, a [`QueryError`] in
    /// `DataFusionError::External`.
    pub async fn run(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream, QueryError> {
        self.check(&plan)?;
        let turn = self.turn()?;
        let state = run::state_of_query(self.context.state(), &self.limits)?;
        run::start(state, plan, self.limits, turn, &self.workers()).await
    }

    /// Computes something on the threads of queries: what makes rows ready for a client is as much work as the query.
    ///
    /// # Errors
    /// [`QueryError::Engine`] if it is broken off, as when the threads end.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, QueryError> {
        let mut computing = JoinSet::new();
        computing.spawn_on(async move { work() }, &self.workers());
        let broken = || DataFusionError::Execution("the work was broken off".to_owned());
        Ok(computing.join_next().await.ok_or_else(broken)?.map_err(|_| broken())?)
    }

    fn workers(&self) -> Handle {
        self.workers.as_ref().map_or_else(Handle::current, |w| w.handle())
    }

    fn turn(&self) -> Result<OwnedSemaphorePermit, QueryError> {
        let detail = || format!("{} of one account", self.limits.at_once);
        let turn = Arc::clone(&self.turns).try_acquire_owned();
        turn.map_err(|_| QueryError::Limit { limit: "queries at once", detail: detail() })
    }
}
