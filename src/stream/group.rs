//! What has been found of each device and target: contacts in chains, and the encounters that each chain holds.
//!
//! A new contact makes its chain dirty; so does a record that may move a closest approach, and a device that has gone on
//! past an open encounter. Only dirty chains are folded again.

use std::collections::{BTreeMap, BTreeSet};

use super::said::EncounterSaid;
use crate::encounter::{Chains, Contact};
use crate::model::TargetKind;

/// A device and what it was near: numbers of names in the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// The suspect's device.
    pub device: u32,
    /// The kind of target.
    pub kind: TargetKind,
    /// The victim's device, the place or the incident.
    pub owner: u32,
}

/// The contacts of one device with one target, and what was said of them.
#[derive(Debug, Default)]
pub struct Group {
    /// The contacts.
    pub chains: Chains<Contact>,
    /// The encounters of each chain, by its start.
    pub said: BTreeMap<i64, Vec<EncounterSaid>>,
}

/// All groups of a case.
#[derive(Debug, Default)]
pub struct Groups {
    by_key: BTreeMap<GroupKey, Group>,
    dirty: BTreeSet<(GroupKey, i64)>,
    /// When the device must have gone on for the encounter to be closed, UTC microseconds.
    open: BTreeSet<(u32, i64, GroupKey, i64)>,
    /// Where an encounter is, from and to, so that a record near in time finds it quickly: the widest reach of any.
    span: Option<(i64, i64)>,
    /// How many contacts there are in all groups, and how many encounters are said.
    contacts: usize,
    said: usize,
}

impl Groups {
    /// Puts a contact in.
    pub fn put(&mut self, key: GroupKey, (start_us, end_us): (i64, i64), contact: Contact, gap_us: i64) {
        let group = self.by_key.entry(key).or_default();
        let (now_in, gone) = group.chains.put(start_us, end_us, contact, gap_us);
        self.contacts += 1;
        for start in gone {
            // What was said of a chain that is part of this one now is compared with what is said of the whole.
            let said = group.said.remove(&start).unwrap_or_default();
            group.said.entry(now_in).or_default().extend(said);
            self.dirty.remove(&(key, start));
        }
        self.dirty.insert((key, now_in));
        let (from, to) = self.span.unwrap_or((start_us, end_us));
        self.span = Some((from.min(start_us), to.max(end_us)));
    }

    /// Whether there may be an encounter about a time. Most records are near nothing.
    #[must_use]
    pub fn reach(&self, from_us: i64, to_us: i64) -> bool {
        self.span.is_some_and(|(first, last)| from_us <= last && to_us >= first)
    }

    /// Says that a record of `device` (as a suspect's, or as a target's owner) lasts over a time: encounters about then may
    /// have come nearer.
    pub fn touch(&mut self, device: u32, owner: Option<u32>, from_us: i64, to_us: i64) {
        if !self.reach(from_us, to_us) {
            return;
        }
        for (key, group) in &self.by_key {
            let concerns = key.device == device || key.kind == TargetKind::VictimFix && owner == Some(key.owner);
            if concerns {
                self.dirty.extend(group.chains.about(from_us, to_us).map(|start| (*key, start)));
            }
        }
    }

    /// Says that a device has records until then: encounters that ended long enough before are closed.
    pub fn gone_on(&mut self, device: u32, latest_us: i64) {
        let first = GroupKey { device: 0, kind: TargetKind::VictimFix, owner: 0 };
        let due: Vec<_> = self
            .open
            .range((device, i64::MIN, first, i64::MIN)..)
            .take_while(|(d, at, _, _)| *d == device && *at < latest_us)
            .copied()
            .collect();
        for entry in due {
            self.open.remove(&entry);
            self.dirty.insert((entry.2, entry.3));
        }
    }

    /// Remembers that an encounter is open until its device has records after `until_us`.
    pub fn keep_open(&mut self, key: GroupKey, start_us: i64, until_us: i64) {
        self.open.insert((key.device, until_us, key, start_us));
    }

    /// The chains to be folded again; none is dirty after.
    pub fn take_dirty(&mut self) -> BTreeSet<(GroupKey, i64)> {
        std::mem::take(&mut self.dirty)
    }

    /// A group.
    #[must_use]
    pub fn get(&self, key: &GroupKey) -> Option<&Group> {
        self.by_key.get(key)
    }

    /// Takes what was said of a chain.
    pub fn take_said(&mut self, key: &GroupKey, start_us: i64) -> Vec<EncounterSaid> {
        let said = self.by_key.get_mut(key).and_then(|g| g.said.remove(&start_us)).unwrap_or_default();
        self.said -= said.len();
        said
    }

    /// Keeps what is said of a chain.
    pub fn say(&mut self, key: GroupKey, start_us: i64, said: Vec<EncounterSaid>) {
        if !said.is_empty() {
            self.said += said.len();
            let before = self.by_key.entry(key).or_default().said.insert(start_us, said);
            self.said -= before.map_or(0, |before| before.len());
        }
    }

    /// All contacts, each with its group.
    pub fn contacts(&self) -> impl Iterator<Item = (&GroupKey, &Contact)> {
        let chains = self.by_key.iter().flat_map(|(key, g)| g.chains.iter().map(move |(_, chain)| (key, chain)));
        chains.flat_map(|(key, chain)| chain.members.iter().map(move |c| (key, c)))
    }

    /// All that is said of encounters.
    pub fn encounters(&self) -> impl Iterator<Item = &EncounterSaid> {
        self.by_key.values().flat_map(|g| g.said.values().flatten())
    }

    /// About how many bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.contacts * size_of::<Contact>() * 3 / 2 + self.said * ENCOUNTER_BYTES + self.open.len() * 64
    }
}

/// What an encounter takes with its texts, about.
const ENCOUNTER_BYTES: usize = 512;
