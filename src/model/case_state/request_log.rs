//! Requests for records as they stand: what was asked, and what came back.

use super::CaseState;
use super::said::{Held, Said};
use crate::model::DataRequest;

/// What came back of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// When, UTC microseconds.
    pub at_us: i64,
    /// SHA-256 of what was returned, hex; empty if that is not said.
    pub exhibit: String,
}

/// A request that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedRequest<'a> {
    /// What was asked.
    pub request: &'a DataRequest,
    /// Who said so.
    pub said: &'a Said,
    /// What came back, by the statement recorded last; `None` if nothing has (yet).
    pub returned: Option<&'a Returned>,
}

/// All that was said of one request. That something came back may be said before it is said that it was asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RequestLog {
    asked: Held<DataRequest>,
    returned: Option<(Said, Returned)>,
}

impl RequestLog {
    /// That records were asked for; returns whether it is the latest.
    pub(super) fn ask(&mut self, said: Said, request: DataRequest) -> bool {
        self.asked.state(said, request)
    }

    /// That it does not count any more; returns whether it is the latest.
    pub(super) fn withdraw(&mut self, said: Said) -> bool {
        self.asked.withdraw(said)
    }

    /// That something came back; returns whether it is the latest.
    pub(super) fn give_back(&mut self, said: Said, returned: Returned) -> bool {
        let latest = self.returned.as_ref().is_none_or(|(before, _)| *before < said);
        if latest {
            self.returned = Some((said, returned));
        }
        latest
    }

    pub(super) fn asked(&self) -> &Held<DataRequest> {
        &self.asked
    }
}

impl CaseState {
    /// What came back of any request, of those that were withdrawn too, in the order of their identifiers.
    pub fn returned(&self) -> impl Iterator<Item = &Returned> {
        self.requests.values().filter_map(|log| log.returned.as_ref().map(|(_, returned)| returned))
    }

    /// The requests that hold, in the order of their identifiers.
    pub fn requests(&self) -> impl Iterator<Item = StatedRequest<'_>> {
        self.requests.values().filter_map(|log| {
            let (said, request) = log.asked.upheld()?;
            Some(StatedRequest { request, said, returned: log.returned.as_ref().map(|(_, returned)| returned) })
        })
    }
}
