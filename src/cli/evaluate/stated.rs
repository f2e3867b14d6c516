//! What people said of a case of a store, as far as an evaluation needs it: authorities, detentions, allegations.
//!
//! ```text
//!  case_events ─> CaseState ─┬─> requests ─> Authorities      an exhibit that came back under a request, withdrawn or not,
//!                            ├─> custody  ─> CustodyMoment    may hold nothing but what a request that holds names
//!                            └─> targets  ─> Recorded
//! ```
//! It is read after the session was opened: whatever the session sees was asked for before.

use datafusion::arrow::array::{ArrayRef, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use datafusion::prelude::{SessionContext, col, lit};
use url::Url;

use crate::decode::message::case_event;
use crate::evaluate::Recorded;
use crate::evaluate::pattern::CustodyMoment;
use crate::model::{Authorities, Authority, CaseState, StatedTarget};
use crate::store::{CASE_ID, Table, tables_at};

/// The state of a case as its statements make it.
pub(super) async fn state(location: &Url, case_id: &str) -> Result<CaseState> {
    let tables = tables_at(location).await.map_err(|e| DataFusionError::External(Box::new(e)))?;
    let mut state = CaseState::default();
    let Some((_, events)) = tables.into_iter().find(|(table, _)| *table == Table::CaseEvents) else {
        return Ok(state);
    };
    let bodies = SessionContext::new().read_table(events)?.filter(col(CASE_ID).eq(lit(case_id)))?;
    for batch in bodies.select_columns(&["body"])?.collect().await? {
        let bodies: ArrayRef = cast(batch.column(0), &DataType::Utf8)?;
        for body in bodies.as_string::<i32>().iter().flatten() {
            // What was accepted once is not judged by the clock again.
            let event = case_event(body.as_bytes(), i64::MAX)
                .map_err(|e| DataFusionError::Execution(format!("a stored statement cannot be read: {e}")))?;
            state.apply(&event);
        }
    }
    Ok(state)
}

/// What the requests of a case authorise.
pub(super) fn authorities(state: &CaseState) -> Authorities {
    let authority = |r: &crate::model::DataRequest| Authority {
        reference: r.authority.clone(),
        identifier: r.device_id.clone(),
        from_us: r.from_us,
        to_us: r.to_us,
    };
    let given = state.requests().map(|stated| authority(stated.request)).collect();
    let returned = state.returned().map(|it| it.exhibit.clone()).filter(|sha256| !sha256.is_empty());
    Authorities::new(given).returned(returned)
}

/// The steps of the detentions of a case, in order.
pub(super) fn custody(state: &CaseState) -> Vec<CustodyMoment> {
    let mut steps: Vec<CustodyMoment> =
        state.custody().flat_map(|c| c.steps.into_iter().map(|s| CustodyMoment::from(s.step))).collect();
    steps.sort_by_key(|step| (step.at_us, step.kind));
    steps
}

/// When the allegations that hold were recorded, in order.
pub(super) fn recorded(state: &CaseState) -> Vec<Recorded> {
    let mut recorded: Vec<Recorded> = state
        .targets()
        .filter_map(|(_, target, said)| match target {
            StatedTarget::Incident(incident) => {
                Some(Recorded { at_us: said.recorded_us, reference: incident.reference.clone() })
            }
            StatedTarget::Place(_) => None,
        })
        .collect();
    recorded.sort_by(|a, b| (a.at_us, &a.reference).cmp(&(b.at_us, &b.reference)));
    recorded
}
