//! One person's session.

use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;

use super::{Limits, QueryError};
use crate::access::Viewer;

/// One person's session: the tables as they may see them, and what their queries may take.
pub struct Session {
    context: SessionContext,
    viewer: Viewer,
    limits: Limits,
}

impl Session {
    /// A session over tables that were wrapped for this viewer.
    #[must_use]
    pub const fn new(context: SessionContext, viewer: Viewer, limits: Limits) -> Self {
        Self { context, viewer, limits }
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
    /// [`QueryError::NotARead`] for one that does more, whatever it is wrapped in; [`QueryError::Engine`] if it is wrong.
    pub async fn plan(&self, sql: &str) -> Result<LogicalPlan, QueryError> {
        let plan = self.context.state().create_logical_plan(sql).await?;
        self.check(&plan)?;
        Ok(plan)
    }

    /// Whether a plan only reads.
    ///
    /// # Errors
    /// [`QueryError::NotARead`].
    pub fn check(&self, plan: &LogicalPlan) -> Result<(), QueryError> {
        let reads = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        reads.verify_plan(plan).map_err(|e| QueryError::NotARead(e.message().into_owned()))
    }

    /// Runs a plan within the limits; its placeholders have been filled in.
    ///
    /// # Errors
    /// As [`Self::check`], and [`QueryError::Engine`]. The stream ends with an error that names the limit it ran into.
    pub async fn run(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream, QueryError> {
        self.check(&plan)?;
        Ok(self.context.execute_logical_plan(plan).await?.execute_stream().await?)
    }
}
