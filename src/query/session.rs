//! One person's session.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::reading::Reading;
use super::rights::{Rights, Standing};
use super::tables::{Pins, Sources};
use super::tally::{Stated, Tally, Touched};
use super::workers::Workers;
use super::{Elsewhere, Limits, QueryError, as_of, run, size, zone};
use crate::access::{Scope, Viewer};

/// One person's session: the tables as they may see them, and what their queries may take. A clone is the same session.
#[derive(Clone)]
pub struct Session {
    context: SessionContext,
    viewer: Arc<Viewer>,
    client: Arc<str>,
    limits: Limits,
    turns: Arc<Semaphore>,
    workers: Option<Arc<Workers>>,
    elsewhere: Option<Arc<dyn Elsewhere>>,
    pub(super) rights: Arc<Rights>,
    tally: Arc<Tally>,
    /// The store that it is over.
    pub(super) sources: Option<Arc<Sources>>,
}

impl Session {
    /// A session over tables that were wrapped for this viewer. Its queries at once are counted for itself, and run on the
    /// threads of whoever asks.
    #[must_use]
    pub fn new(context: SessionContext, viewer: Viewer, limits: Limits) -> Self {
        let turns = Arc::new(Semaphore::new(limits.at_once));
        let rights = Arc::new(Rights::new(viewer.scope.clone()));
        let tally = Arc::new(Tally::of_session(Arc::clone(&rights)));
        let (viewer, client) = (Arc::new(viewer), Arc::from(""));
        Self { context, viewer, client, limits, turns, workers: None, elsewhere: None, rights, tally, sources: None }
    }

    /// With threads of their own for its queries: not those that talk to clients, so that one that computes without a pause
    /// holds up no cancel, no time limit and nobody else.
    #[must_use]
    pub fn on(mut self, workers: Arc<Workers>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// With a place where its plans may run besides this process. Rights, limits of time and rows, and what was touched are
    /// seen to here all the same; [`Limits::memory_bytes`] is of this process alone.
    #[must_use]
    pub fn or_elsewhere(mut self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        self.elsewhere = Some(elsewhere);
        self
    }

    /// With the turns of its account, which all its sessions share.
    #[must_use]
    pub(super) fn sharing(mut self, turns: Arc<Semaphore>) -> Self {
        self.turns = turns;
        self
    }

    /// With the rights by which its tables were wrapped.
    #[must_use]
    pub(super) fn under(mut self, rights: Arc<Rights>) -> Self {
        self.tally = Arc::new(Tally::of_session(Arc::clone(&rights)));
        self.rights = rights;
        self
    }

    /// With the store that its tables are of.
    #[must_use]
    pub(super) fn over(mut self, sources: Arc<Sources>) -> Self {
        self.sources = Some(sources);
        self
    }

    /// With what says, at each question, whether they may stay and what they may see.
    #[must_use]
    pub fn standing_on(self, standing: Arc<dyn Standing>) -> Self {
        self.rights.stand_on(standing);
        self
    }

    /// With the address that they come from.
    #[must_use]
    pub fn from_client(mut self, client: &str) -> Self {
        self.client = Arc::from(client);
        self
    }

    /// This session for one question, which begins now, with what is stated with it. What that question touches is then
    /// known by itself ([`Self::touched`]), and [`Limits::wall_time`] covers its planning and its running together.
    #[must_use]
    pub fn stating(&self, stated: Stated) -> Self {
        let tally = Arc::new(Tally::of_question(stated, Arc::clone(&self.rights)));
        Self { tally, ..self.clone() }
    }

    /// This session, which is in UTC, with moments of a zone: a text without an offset is of it, days and hours are by its clock, and what is
    /// written has its offset. The zone is named as the engine knows it: of the IANA's, `UTC`, or an offset such as `+01:00`.
    ///
    /// # Errors
    /// [`QueryError::Engine`] if the engine cannot make it.
    pub fn in_zone(self, zone: &str) -> Result<Self, QueryError> {
        if zone == self.zone() {
            return Ok(self);
        }
        let state = zone::in_zone(&self.context.state(), zone)?;
        Ok(Self { context: SessionContext::new_with_state(state), ..self })
    }

    /// The zone that its moments are of: UTC unless it was made for another.
    #[must_use]
    pub fn zone(&self) -> String {
        let config = self.context.copied_config();
        config.options().execution.time_zone.clone().unwrap_or_else(|| zone::UTC.to_owned())
    }

    /// What was stated with the question.
    #[must_use]
    pub fn stated(&self) -> &Stated {
        self.tally.stated()
    }

    /// What the question touched so far. Of a session that is not for one question, what its questions touched since this
    /// was asked last.
    #[must_use]
    pub fn touched(&self) -> Touched {
        self.tally.touched()
    }

    /// Where they come from; empty if that is not known.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// Whose it is, as they came in. What they may see now is [`Self::scope`].
    #[must_use]
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What they may see, as of their last question.
    #[must_use]
    pub fn scope(&self) -> Arc<Scope> {
        self.rights.scope()
    }

    /// Asks whether they may stay, and what they may see now; [`Self::plan`] and [`Self::run`] do so by themselves. Who
    /// holds rows of a question that began before asks the session of that question before giving more of them.
    ///
    /// # Errors
    /// [`QueryError::Refused`] if they must come in again, or if something was taken away since the question's rows began.
    pub async fn confirm(&self) -> Result<(), QueryError> {
        self.may_stay().await?;
        if self.tally.is_stale() { Err(run::narrowed()) } else { Ok(()) }
    }

    pub(super) async fn may_stay(&self) -> Result<(), QueryError> {
        let confirmed = self.rights.check().await;
        if let Err(error) = &confirmed {
            // The words are for the audit: what the caller is told is the error.
            drop(self.tally.refuse(&error.to_string()));
        }
        confirmed
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
    /// too large or takes too long to plan; [`QueryError::Refused`] for one that may not be asked; [`QueryError::AsOf`] and
    /// [`QueryError::Engine`] if it is wrong.
    pub async fn plan(&self, sql: &str) -> Result<LogicalPlan, QueryError> {
        size::check_text(sql)?;
        let (mut state, sql) = (self.context.state(), as_of::rewritten(sql)?.into_owned());
        state.config_mut().set_extension(Arc::clone(&self.tally));
        let work = async {
            self.may_stay().await?;
            // Ends with this block, also if it is let go of half way.
            let mut planning = JoinSet::new();
            planning.spawn_on(async move { state.create_logical_plan(&sql).await }, &self.workers());
            let broken = || DataFusionError::Execution("the query was broken off".to_owned());
            let planned = planning.join_next().await.ok_or_else(broken)?.map_err(|_| broken())?;
            planned.map_err(QueryError::of_engine)
        };
        let left = self.tally.left(self.limits.wall_time);
        let plan = tokio::time::timeout(left, work).await.map_err(|_| run::time_is_up(&self.limits))??;
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
    /// As [`Self::check`]; [`QueryError::Refused`] if they may not stay, or the query may not be run; [`QueryError::Limit`]
    /// if too many of the account's queries run, or planning takes too long;
    /// [`QueryError::Engine`]. The stream ends with an error that names the limit it ran into, a [`QueryError`] in
    /// `DataFusionError::External`.
    pub async fn run(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream, QueryError> {
        self.run_at(plan, &Arc::default()).await
    }

    /// As [`Self::run`], at the versions that other queries met first.
    pub(super) async fn run_at(
        &self,
        plan: LogicalPlan,
        pins: &Arc<Pins>,
    ) -> Result<SendableRecordBatchStream, QueryError> {
        self.check(&plan)?;
        self.may_stay().await?;
        self.tally.begin();
        let turn = self.turn()?;
        let state = self.state_of_query(pins)?;
        let elsewhere = self.elsewhere.clone();
        let left = self.tally.left(self.limits.wall_time);
        let bounds = run::Bounds { limits: self.limits, left, rights: Arc::clone(&self.rights), elsewhere };
        run::start(state, plan, bounds, turn, &self.workers()).await
    }

    /// The engine's state for one query.
    pub(super) fn state_of_query(&self, pins: &Arc<Pins>) -> Result<SessionState, QueryError> {
        let (tally, pins) = (Arc::clone(&self.tally), Arc::clone(pins));
        let state = run::state_of_query(self.context.state(), &self.limits, (tally, pins), self.elsewhere.as_deref())?;
        Ok(state)
    }

    /// For several questions about a case that are answered from one version of each table.
    #[must_use]
    pub fn reading(&self) -> Reading<'_> {
        Reading::of(self)
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

    pub(super) fn workers(&self) -> Handle {
        self.workers.as_ref().map_or_else(Handle::current, |w| w.handle())
    }

    fn turn(&self) -> Result<OwnedSemaphorePermit, QueryError> {
        let detail = || format!("{} of one account", self.limits.at_once);
        let turn = Arc::clone(&self.turns).try_acquire_owned();
        turn.map_err(|_| QueryError::Limit { limit: "queries at once", detail: detail() })
    }
}
