//! `findings(case)` and `findings(case, zone)`: what the records of a case say, question by question, computed when asked.
//!
//! ```text
//!  attributions, fixes, targets, as the viewer sees them ─> StoredCase ─> evaluate ─> a row for each finding
//! ```
//! Invariant: a finding is of the whole case or is not given. Whoever may see a part of its time only is told so: that
//! nothing is found in a part could be taken for an answer.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{
    DataFusionError, ParamValues, Result, ScalarValue, internal_datafusion_err, plan_datafusion_err, plan_err,
};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::{ExecutionPlan, collect};
use serde::Serialize;

use super::Sources;
use super::fold_rows::{Cell, columns};
use crate::access::{Scope, Stretch};
use crate::evaluate::{Finding, Settings, evaluate};
use crate::query::case_rows::{CASE_STATEMENTS, CaseRows};
use crate::query::catalogue::findings_doc;
use crate::query::functions::{Argument, value};
use crate::query::rights::Rights;
use crate::query::tally::Tally;
use crate::query::{CaseSaid, Known, QueryError, StoredCase};
use crate::time::ZoneRule;

/// What an evaluation holds for each record of a case, bytes: 280 were measured with a million of them.
const BYTES_A_RECORD: usize = 300;

/// The table function as a session has it.
#[derive(Debug)]
pub struct Findings {
    sources: Arc<Sources>,
    rights: Arc<Rights>,
}

impl Findings {
    /// What it is called.
    pub const NAME: &'static str = "findings";

    /// For a session whose tables are wrapped for its viewer: it asks them as any question of the session does.
    pub const fn new(sources: Arc<Sources>, rights: Arc<Rights>) -> Self {
        Self { sources, rights }
    }
}

impl TableFunctionImpl for Findings {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let (case, zone) = match args.exprs() {
            [case] => (case, ZoneRule::utc()),
            [case, zone] => {
                let name = text("zone", zone)?;
                (case, ZoneRule::parse(&name).map_err(|e| plan_datafusion_err!("zone: {e}"))?)
            }
            _ => return plan_err!("write findings(case) or findings(case, zone)"),
        };
        let case_id = text("case", case)?;
        let (sources, rights) = (Arc::clone(&self.sources), Arc::clone(&self.rights));
        Ok(Arc::new(Evaluated { sources, rights, case_id, zone, schema: findings_doc().schema() }))
    }
}

fn text(name: &str, given: &Expr) -> Result<String> {
    let ScalarValue::Utf8(Some(text)) = value(name, Argument::Text, given)? else {
        return plan_err!("{name} is a text in quotes");
    };
    Ok(text)
}

/// The findings of a case that were asked for.
#[derive(Debug)]
struct Evaluated {
    sources: Arc<Sources>,
    rights: Arc<Rights>,
    case_id: String,
    zone: ZoneRule,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for Evaluated {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.whole_case(state)?;
        let rows = self.rows(state).await?;
        Ok(MemorySourceConfig::try_new_exec(&[vec![rows]], self.schema(), projection.cloned())?)
    }
}

impl Evaluated {
    /// Refuses who may see a part of the case's time; of a case that is not theirs at all they see nothing, as in tables.
    fn whole_case(&self, state: &dyn Session) -> Result<()> {
        let scope = self.rights.scope();
        let Scope::Cases(cases) = scope.as_ref() else { return Ok(()) };
        let stretches = cases.get(&self.case_id).map_or(&[][..], Vec::as_slice);
        if stretches.is_empty() || stretches.contains(&Stretch::default()) {
            return Ok(());
        }
        let reason = "findings are of a whole case, and you may see a part of its time only";
        Err(match state.config().get_extension::<Tally>() {
            Some(tally) => tally.refuse(reason),
            None => DataFusionError::External(Box::new(QueryError::Refused(reason.to_owned()))),
        })
    }

    /// What the session that asks sees: the state is that of its question, tables wrapped for its viewer.
    async fn answer(&self, state: &dyn Session, sql: &str) -> Result<Vec<RecordBatch>> {
        let of_session = state.as_any().downcast_ref::<SessionState>();
        let of_session = of_session.ok_or_else(|| internal_datafusion_err!("the question is of no session"))?;
        let given = ParamValues::from(vec![("case", ScalarValue::from(self.case_id.as_str()))]);
        // The plan of a question is being made around this one: its stack is deep already.
        let plan = Box::pin(of_session.create_logical_plan(sql)).await?.with_param_values(given)?;
        let physical = Box::pin(of_session.create_physical_plan(&plan)).await?;
        collect(physical, state.task_ctx()).await
    }

    async fn rows(&self, state: &dyn Session) -> Result<RecordBatch> {
        let mut parts = Vec::with_capacity(CASE_STATEMENTS.len());
        for sql in CASE_STATEMENTS {
            parts.push(self.answer(state, sql).await?);
        }
        let [claims, records, targets] = <[Vec<RecordBatch>; 3]>::try_from(parts).unwrap_or_default();
        let held = records.iter().map(RecordBatch::num_rows).sum::<usize>();
        let consumer = MemoryConsumer::new(Findings::NAME);
        let reservation = consumer.register(&state.runtime_env().memory_pool);
        reservation.try_grow(held.saturating_mul(BYTES_A_RECORD))?;
        let said = CaseSaid::of(&self.sources.said_of(state, &self.case_id, &self.rights).await?);
        let known = Known { params: self.sources.params().await?, ..Known::default() };
        let settings = Settings { zone: self.zone.clone(), ..Settings::default() };
        let computing = SpawnedTask::spawn_blocking(move || {
            let stored = StoredCase::of(&CaseRows { claims, records, targets }, said, &known)?;
            Ok::<_, DataFusionError>(if stored.is_empty() { Vec::new() } else { evaluate(&stored.case, &settings) })
        });
        let broken = |_| DataFusionError::Execution("the evaluation was broken off".to_owned());
        let found = computing.join().await.map_err(broken)??;
        let rows = found.iter().map(|finding| row(&self.case_id, finding)).collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new(self.schema(), columns(findings_doc().columns, rows))?)
    }
}

fn row(case_id: &str, finding: &Finding) -> Result<Vec<Cell>> {
    Ok(vec![
        case_id.into(),
        Cell::Text(finding.id().to_string()),
        word(&finding.topic)?,
        word(&finding.class)?,
        finding.device.as_deref().map_or(Cell::Null, Cell::from),
        finding.about.as_str().into(),
        finding.question.as_str().into(),
        finding.answer.into(),
        finding.says.as_str().into(),
        json(&finding.figures)?,
        json(&finding.fixes)?,
        json(&finding.parameters)?,
        json(&finding.sensitivity)?,
        json(&finding.alternatives)?,
        json(&finding.limits)?,
    ])
}

fn json<T: Serialize>(part: &T) -> Result<Cell> {
    serde_json::to_string(part).map(Cell::Text).map_err(|e| DataFusionError::External(Box::new(e)))
}

/// What stands in JSON between quotes.
fn word<T: Serialize>(part: &T) -> Result<Cell> {
    let text = serde_json::to_string(part).map_err(|e| DataFusionError::External(Box::new(e)))?;
    Ok(text.trim_matches('"').into())
}
