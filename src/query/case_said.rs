//! What people said of a case of a store, as far as an evaluation needs it: authorities, detentions, allegations.
//!
//! ```text
//!  case_events ─> CaseState ─┬─> requests ─> Authorities      an exhibit that came back under a request, withdrawn or not,
//!                            ├─> custody  ─> CustodyMoment    may hold nothing but what a request that holds names
//!                            └─> targets  ─> Recorded
//! ```
//! It is read after the records ([`Reading`](super::Reading)): whatever is among them was asked for before.

use crate::evaluate::Recorded;
use crate::evaluate::pattern::CustodyMoment;
use crate::model::{Authorities, Authority, CaseState, StatedTarget};

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
