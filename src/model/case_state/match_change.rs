//! What changed between two states of a case that decides which fixes and targets are compared.

use std::collections::BTreeSet;

use super::CaseState;
use crate::model::Role;

/// The devices and targets whose matching must be done again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchChange {
    /// Devices that were attributed to another subject, in another role or for another time; by name.
    pub devices: BTreeSet<String>,
    /// Stated targets that were added, withdrawn or corrected; by their identifiers in the case.
    pub targets: BTreeSet<String>,
}

impl MatchChange {
    /// Whether nothing has to be done again.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.devices.is_empty() && self.targets.is_empty()
    }
}

/// What of a claim decides matching: subject, role, from, to. Not what it rests on, nor under which name it stands.
type Claim<'a> = (&'a str, Role, Option<i64>, Option<i64>);

impl CaseState {
    /// What changed since `before` that decides which fixes and targets are compared.
    ///
    /// Opening, closing and custody change when a case is looked at, not what is found, and do not appear.
    #[must_use]
    pub fn changes_matching(&self, before: &Self) -> MatchChange {
        let devices = self.by_device.keys().chain(before.by_device.keys());
        let changed = |device: &&String| self.claims_of(device) != before.claims_of(device);
        let devices = devices.filter(changed).cloned().collect();
        let targets = self.targets.keys().chain(before.targets.keys());
        let changed = |id: &&String| self.target(id) != before.target(id);
        MatchChange { devices, targets: targets.filter(changed).cloned().collect() }
    }

    fn claims_of(&self, device: &str) -> BTreeSet<Claim<'_>> {
        self.attributions_of(device).map(|a| (a.subject_id.as_str(), a.role, a.from_us, a.to_us)).collect()
    }
}
