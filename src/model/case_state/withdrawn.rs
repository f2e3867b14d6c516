//! What was withdrawn: marked, with when, why and by whom, and never silently gone.

use super::{CaseState, Said};
use crate::model::{Attribution, DataRequest, StatedTarget};

/// A withdrawal that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawn<'a> {
    /// What was withdrawn.
    pub matter: WithdrawnMatter<'a>,
    /// Who withdrew it, when and why.
    pub said: &'a Said,
}

/// What was withdrawn; `was` is the statement as it stood, `None` if it has not come (yet).
#[derive(Debug, Clone, PartialEq)]
pub enum WithdrawnMatter<'a> {
    /// The claim that a device was a subject's.
    Attribution {
        /// Names the claim.
        attribution_id: &'a str,
        /// The claim.
        was: Option<&'a Attribution>,
    },
    /// A stated target.
    Target {
        /// Names the target.
        target_id: &'a str,
        /// The target.
        was: Option<&'a StatedTarget>,
    },
    /// A request for records.
    Request {
        /// Names the request.
        request_id: &'a str,
        /// The request.
        was: Option<&'a DataRequest>,
    },
    /// A statement about a custody clock.
    CustodyStep {
        /// The detention.
        custody_id: &'a str,
        /// The `event_id` of the mistaken statement.
        step_event_id: &'a str,
    },
}

impl CaseState {
    /// The withdrawals that hold: of attributions, then targets, then requests, then custody statements, each by identifier.
    #[must_use]
    pub fn withdrawn(&self) -> Vec<Withdrawn<'_>> {
        let attributions = self.attributions.iter().filter_map(|(attribution_id, held)| {
            let (said, was) = held.withdrawn()?;
            Some(Withdrawn { matter: WithdrawnMatter::Attribution { attribution_id, was }, said })
        });
        let targets = self.targets.iter().filter_map(|(target_id, held)| {
            let (said, was) = held.withdrawn()?;
            Some(Withdrawn { matter: WithdrawnMatter::Target { target_id, was }, said })
        });
        let requests = self.requests.iter().filter_map(|(request_id, log)| {
            let (said, was) = log.asked().withdrawn()?;
            Some(Withdrawn { matter: WithdrawnMatter::Request { request_id, was }, said })
        });
        let steps = self.custody.iter().flat_map(|(custody_id, log)| {
            log.withdrawals().map(move |(step_event_id, said)| Withdrawn {
                matter: WithdrawnMatter::CustodyStep { custody_id, step_event_id },
                said,
            })
        });
        attributions.chain(targets).chain(requests).chain(steps).collect()
    }
}
