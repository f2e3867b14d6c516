//! The state of a case: a fold over the set of statements about it.
//!
//! ```text
//!  CaseEvent, CaseEvent, ...   in any order, any number of times
//!       └─ apply ─> CaseState ─> attributions, role_of, targets, custody, status, withdrawn
//! ```
//! Invariant: the state is a function of the set of events. For each matter (an attribution, a target, a
//! request, a step of a detention, whether the case is open) the statement recorded last holds, by `(recorded_us, event_id)`; a withdrawal
//! that comes before what it withdraws still holds if it was recorded later.

mod claims;
mod custody_log;
mod match_change;
mod request_log;
mod said;
#[cfg(test)]
mod tests;
mod withdrawn;

use std::collections::{BTreeMap, BTreeSet};

use self::custody_log::CustodyLog;
use self::request_log::RequestLog;
use self::said::Held;
use super::{Attribution, CaseChange, CaseEvent, StatedTarget};

pub use claims::Claims;
pub use custody_log::{Custody, StatedStep};
pub use match_change::MatchChange;
pub use request_log::{Returned, StatedRequest};
pub use said::Said;
pub use withdrawn::{Withdrawn, WithdrawnMatter};

/// Whether a case needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseStatus {
    /// Something was said about it, not that it was opened: the statement may still come.
    NotOpened,
    /// It was opened, and not closed since.
    Open,
    /// It was closed, and not opened since.
    Closed {
        /// When, UTC microseconds.
        at_us: i64,
    },
}

/// What is known of one case. Events of other cases must not be given to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseState {
    opened: Option<Said>,
    closed: Option<(Said, i64)>,
    attributions: BTreeMap<String, Held<Attribution>>,
    targets: BTreeMap<String, Held<StatedTarget>>,
    custody: BTreeMap<String, CustodyLog>,
    requests: BTreeMap<String, RequestLog>,
    /// The attributions that hold, by device: a fix asks by device.
    by_device: BTreeMap<String, BTreeSet<String>>,
}

impl CaseState {
    /// Takes in one statement; returns whether anything that can be asked of the state has changed.
    pub fn apply(&mut self, event: &CaseEvent) -> bool {
        let said = Said::of(event);
        match &event.change {
            CaseChange::Opened => {
                let latest = self.opened.as_ref().is_none_or(|before| *before < said);
                if latest {
                    self.opened = Some(said);
                }
                latest
            }
            CaseChange::Closed { at_us } => {
                let latest = self.closed.as_ref().is_none_or(|(before, _)| *before < said);
                if latest {
                    self.closed = Some((said, *at_us));
                }
                latest
            }
            CaseChange::Attributed(a) => self.attribute(&a.attribution_id, |held| held.state(said, a.clone())),
            CaseChange::AttributionWithdrawn { attribution_id } => {
                self.attribute(attribution_id, |held| held.withdraw(said))
            }
            CaseChange::TargetAdded { target_id, target } => {
                self.targets.entry(target_id.clone()).or_default().state(said, target.clone())
            }
            CaseChange::TargetWithdrawn { target_id } => {
                self.targets.entry(target_id.clone()).or_default().withdraw(said)
            }
            CaseChange::Custody(c) => {
                self.custody.entry(c.custody_id.clone()).or_default().state(said, &c.subject_id, &c.step)
            }
            CaseChange::CustodyWithdrawn { custody_id, step_event_id } => {
                self.custody.entry(custody_id.clone()).or_default().withdraw(step_event_id, said)
            }
            CaseChange::Requested(r) => self.requests.entry(r.request_id.clone()).or_default().ask(said, r.clone()),
            CaseChange::RequestReturned { request_id, at_us, exhibit } => {
                let returned = Returned { at_us: *at_us, exhibit: exhibit.clone() };
                self.requests.entry(request_id.clone()).or_default().give_back(said, returned)
            }
            CaseChange::RequestWithdrawn { request_id } => {
                self.requests.entry(request_id.clone()).or_default().withdraw(said)
            }
        }
    }

    /// The attributions that hold, in the order of their identifiers, each with who said so.
    pub fn attributions(&self) -> impl Iterator<Item = (&Attribution, &Said)> {
        self.attributions.values().filter_map(Held::upheld).map(|(said, a)| (a, said))
    }

    /// The stated targets that hold, in the order of their identifiers, each with who said so.
    pub fn targets(&self) -> impl Iterator<Item = (&str, &StatedTarget, &Said)> {
        self.targets.iter().filter_map(|(id, held)| held.upheld().map(|(said, target)| (id.as_str(), target, said)))
    }

    /// One stated target, if it holds.
    #[must_use]
    pub fn target(&self, target_id: &str) -> Option<&StatedTarget> {
        self.targets.get(target_id)?.upheld().map(|(_, target)| target)
    }

    /// The detentions, in the order of their identifiers.
    pub fn custody(&self) -> impl Iterator<Item = Custody<'_>> {
        self.custody.iter().filter_map(|(id, log)| log.view(id))
    }

    /// Whether the case is open.
    #[must_use]
    pub fn status(&self) -> CaseStatus {
        match (&self.opened, &self.closed) {
            (Some(opened), Some((closed, _))) if opened > closed => CaseStatus::Open,
            (_, Some((_, at_us))) => CaseStatus::Closed { at_us: *at_us },
            (Some(_), None) => CaseStatus::Open,
            (None, None) => CaseStatus::NotOpened,
        }
    }

    fn attribute(&mut self, id: &str, change: impl FnOnce(&mut Held<Attribution>) -> bool) -> bool {
        let held = self.attributions.entry(id.to_owned()).or_default();
        let device = |held: &Held<Attribution>| held.upheld().map(|(_, a)| a.device_id.clone());
        let before = device(held);
        let changed = change(held);
        let after = device(held);
        if before == after {
            return changed;
        }
        if let Some(ids) = before.as_ref().and_then(|device| self.by_device.get_mut(device)) {
            ids.remove(id);
        }
        self.by_device.retain(|_, ids| !ids.is_empty());
        if let Some(device) = after {
            self.by_device.entry(device).or_default().insert(id.to_owned());
        }
        changed
    }
}
