//! Reading one case: several questions that are answered from one version of each table.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, ParamValues, ScalarValue, internal_datafusion_err};
use futures::TryStreamExt as _;
use tokio::task::JoinSet;

use super::case_rows::{AS_STORED, AS_WRITTEN, CASE_STATEMENTS, CaseRows, HOW_MANY, ReadSoFar, STORED_SINCE};
use super::tables::Pins;
use super::{CaseSaid, QueryError, Session};

/// What a session sees of cases, all of it from one version of each table: whatever is committed meanwhile is not in it.
///
/// Made by [`Session::reading`]. Its methods fail as [`Session::plan`] and [`Session::run`] do.
pub struct Reading<'s> {
    session: &'s Session,
    pins: Arc<Pins>,
}

/// A parameter of a statement.
type Given<'g> = (&'g str, ScalarValue);

impl<'s> Reading<'s> {
    pub(super) fn of(session: &'s Session) -> Self {
        Self { session, pins: Arc::default() }
    }

    /// The rows of a case that a [`StoredCase`](super::StoredCase) is put together from.
    ///
    /// # Errors
    /// See [`Reading`].
    pub async fn rows(&self, case_id: &str) -> Result<CaseRows, QueryError> {
        self.all(CASE_STATEMENTS, &[("case", case_id.into())]).await
    }

    /// The same, with where each record stands in its file and its time as written there, which take longer to read.
    ///
    /// # Errors
    /// See [`Reading`].
    pub async fn rows_as_written(&self, case_id: &str) -> Result<CaseRows, QueryError> {
        self.all(AS_WRITTEN, &[("case", case_id.into())]).await
    }

    /// The same as [`Self::rows`], with when each record was stored (`stored_us`), for [`ReadSoFar::of`].
    ///
    /// # Errors
    /// See [`Reading`].
    pub async fn rows_as_stored(&self, case_id: &str) -> Result<CaseRows, QueryError> {
        self.all(AS_STORED, &[("case", case_id.into())]).await
    }

    /// The same, but of the records only those that came since others were read; `None` if those and these are not all
    /// that the case has, so that it is to be read whole.
    ///
    /// # Errors
    /// See [`Reading`].
    pub async fn rows_since(&self, case_id: &str, read: &ReadSoFar) -> Result<Option<CaseRows>, QueryError> {
        let since = ScalarValue::TimestampMicrosecond(Some(read.last_us), Some("UTC".into()));
        let case = || ("case", ScalarValue::from(case_id));
        let rows = self.all(STORED_SINCE, &[case(), ("since", since)]).await?;
        let counted = self.answer(HOW_MANY, &[case()]).await?;
        let new = ReadSoFar::of(&rows.records).map_err(QueryError::of_engine)?;
        let is_all = new.map_or(*read, |new| read.and(new)).is_all(&counted).map_err(QueryError::of_engine)?;
        Ok(is_all.then_some(rows))
    }

    /// What people said of a case, as far as an evaluation needs it.
    ///
    /// # Errors
    /// See [`Reading`]; `Internal` if the session is over no store.
    pub async fn said(&self, case_id: &str) -> Result<CaseSaid, QueryError> {
        let session = self.session;
        session.may_stay().await?;
        let (rights, sources) = (Arc::clone(&session.rights), session.sources.clone());
        let sources = sources.ok_or_else(|| internal_datafusion_err!("the session is over no store"))?;
        let (state, case_id) = (session.state_of_query(&self.pins)?, case_id.to_owned());
        // Ends with this function, also if it is let go of half way.
        let mut folding = JoinSet::new();
        folding.spawn_on(async move { sources.said_of(&state, &case_id, &rights).await }, &session.workers());
        let broken = || DataFusionError::Execution("the query was broken off".to_owned());
        let folded = folding.join_next().await.ok_or_else(broken)?.map_err(|_| broken())?;
        Ok(CaseSaid::of(&folded.map_err(QueryError::of_engine)?))
    }

    async fn all(&self, statements: [&str; 3], given: &[Given<'_>]) -> Result<CaseRows, QueryError> {
        let [claims, records, targets] = statements;
        // Records first: what people said is then no older than what they asked for.
        let records = self.answer(records, given).await?;
        let (claims, targets) = (self.answer(claims, given).await?, self.answer(targets, given).await?);
        Ok(CaseRows { claims, records, targets })
    }

    async fn answer(&self, sql: &str, given: &[Given<'_>]) -> Result<Vec<RecordBatch>, QueryError> {
        let plan = self.session.plan(sql).await?.with_param_values(ParamValues::from(given.to_vec()));
        let rows = self.session.run_at(plan.map_err(QueryError::of_engine)?, &self.pins).await?;
        rows.try_collect::<Vec<_>>().await.map_err(QueryError::of_engine)
    }
}
