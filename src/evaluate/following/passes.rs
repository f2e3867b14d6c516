//! What is remembered of the lag scans of a case: how each device moves, and what each two of them have in common.

use std::collections::BTreeMap;

use super::super::chunks::Chunked;
use super::super::{Device, Record};
use super::params::FollowingParams;
use super::scan::Scans;
use super::walked::Walked;

/// What is remembered, by the names of the devices.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Passes {
    his: BTreeMap<String, Walked>,
    hers: BTreeMap<String, Walked>,
    both: BTreeMap<(String, String), Scans>,
}

/// Two devices with what is remembered of them.
pub(super) struct Followed<'a> {
    pub(super) his: &'a Walked,
    pub(super) hers: &'a Walked,
    pub(super) scans: &'a mut Scans,
    /// The records of both.
    pub(super) records: [&'a [Record]; 2],
}

impl Passes {
    /// Takes in what has changed of two devices.
    pub(super) fn of<'a>(
        &'a mut self,
        (suspect, his): (&Device, &Chunked<'a>),
        (victim, hers): (&Device, &Chunked<'a>),
        params: &FollowingParams,
    ) -> Followed<'a> {
        let of_him = self.his.entry(suspect.name.clone()).or_default();
        let of_her = self.hers.entry(victim.name.clone()).or_default();
        of_him.update(his, params);
        of_her.update(hers, params);
        let scans = self.both.entry((suspect.name.clone(), victim.name.clone())).or_default();
        Followed { his: of_him, hers: of_her, scans, records: [his.records(), hers.records()] }
    }

    /// Forgets what is of other devices than those of these names, his and hers.
    pub(in crate::evaluate) fn keep(&mut self, his: impl Fn(&str) -> bool, hers: impl Fn(&str) -> bool) {
        self.his.retain(|name, _| his(name));
        self.hers.retain(|name, _| hers(name));
        self.both.retain(|(a, b), _| his(a) && hers(b));
    }
}
