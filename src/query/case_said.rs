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
use crate::store::{CASE_ID, Followed, Options, StoreError, Table};

/// What people said of a case, as far as an evaluation needs it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaseSaid {
    /// What the requests authorise.
    pub authorities: Authorities,
    /// The steps of the detentions, in order.
    pub custody: Vec<CustodyMoment>,
    /// When the allegations that hold were recorded, in order.
    pub recorded: Vec<Recorded>,
}

impl CaseSaid {
    /// Of the state that the statements about a case make.
    #[must_use]
    pub fn of(state: &CaseState) -> Self {
        Self { authorities: authorities(state), custody: custody(state), recorded: recorded(state) }
    }

    /// Of a case of the store at an address.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn at(location: &Url, case_id: &str) -> Result<Self> {
        Ok(Self::of(&state(location, case_id).await?))
    }
}

/// The state of a case as its statements make it.
async fn state(location: &Url, case_id: &str) -> Result<CaseState> {
    let failed = |e: StoreError| DataFusionError::External(Box::new(e));
    let followed = Followed::new(location, Table::CaseEvents, Options::default()).map_err(failed)?;
    let mut state = CaseState::default();
    let Some(events) = followed.newest().await.map_err(failed)? else { return Ok(state) };
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
fn authorities(state: &CaseState) -> Authorities {
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
fn custody(state: &CaseState) -> Vec<CustodyMoment> {
    let mut steps: Vec<CustodyMoment> =
        state.custody().flat_map(|c| c.steps.into_iter().map(|s| CustodyMoment::from(s.step))).collect();
    steps.sort_by_key(|step| (step.at_us, step.kind));
    steps
}

/// When the allegations that hold were recorded, in order.
fn recorded(state: &CaseState) -> Vec<Recorded> {
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
