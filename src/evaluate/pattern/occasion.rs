//! Occasions: encounters and visits, merged where they are one event.

use std::collections::BTreeSet;

use super::super::visit::{Manner, PlaceVisits, VisitParams, place_visits};
use super::super::{Case, Device, VictimPlace};
use crate::model::{Encounter, TargetKind};

/// What an appearance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A suspect's device near a victim's device.
    Encounter,
    /// A suspect's device near a place and time of an allegation.
    Incident,
    /// A stay at one of the victim's places.
    Stay,
    /// Records near one of the victim's places for as long as a stay, without one.
    Lingering,
    /// A pass by one of the victim's places.
    Pass,
}

impl Kind {
    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Encounter => "encounter",
            Self::Incident => "incident",
            Self::Stay => "stay",
            Self::Lingering => "lingering",
            Self::Pass => "pass",
        }
    }

    /// Whether it is at one of the victim's places.
    #[must_use]
    pub const fn is_at_place(self) -> bool {
        matches!(self, Self::Stay | Self::Lingering | Self::Pass)
    }
}

/// One encounter or visit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Appearance {
    /// When it begins, UTC microseconds.
    pub t0_us: i64,
    /// When it ends, UTC microseconds.
    pub t1_us: i64,
    /// What it is.
    pub kind: Kind,
    /// The suspect's device.
    pub device: String,
    /// The victim's device, the place's name or the incident's reference.
    pub about: String,
}

impl From<&Encounter> for Appearance {
    /// An encounter with a place is a stay or a pass only to the eye of [`visit_appearances`]: here it is a pass if a single
    /// fix supports it, and lingering otherwise.
    fn from(encounter: &Encounter) -> Self {
        let kind = match encounter.target_kind {
            TargetKind::VictimFix => Kind::Encounter,
            TargetKind::Incident => Kind::Incident,
            TargetKind::Place if encounter.single_fix => Kind::Pass,
            TargetKind::Place => Kind::Lingering,
        };
        Self {
            t0_us: encounter.enter_us,
            t1_us: encounter.exit_us,
            kind,
            device: encounter.device.clone(),
            about: encounter.target.clone(),
        }
    }
}

/// The visits of all of the suspect's devices to all of the victim's places as appearances, in order.
#[must_use]
pub fn visit_appearances(case: &Case, params: &VisitParams) -> Vec<Appearance> {
    appearances_of(case, |device| place_visits(device, &[], &case.places, params))
}

/// As [`visit_appearances`], with what finds a device's visits to each of the places.
pub(in crate::evaluate) fn appearances_of(
    case: &Case,
    mut visits: impl FnMut(&Device) -> Vec<PlaceVisits>,
) -> Vec<Appearance> {
    let mut all = Vec::new();
    for device in &case.suspects {
        let visits = visits(device);
        let of_place = |(place, found): (&VictimPlace, PlaceVisits)| {
            let about = place.name.clone();
            let device = device.name.clone();
            found.visits.into_iter().map(move |visit| Appearance {
                t0_us: visit.t0_us,
                t1_us: visit.t1_us,
                kind: match visit.manner {
                    Manner::Stay => Kind::Stay,
                    Manner::Lingering => Kind::Lingering,
                    Manner::Pass => Kind::Pass,
                },
                device: device.clone(),
                about: about.clone(),
            })
        };
        all.extend(case.places.iter().zip(visits).flat_map(of_place));
    }
    all.sort();
    all
}

/// One separate occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// When its first appearance begins, UTC microseconds.
    pub t0_us: i64,
    /// When its last appearance ends, UTC microseconds.
    pub t1_us: i64,
    /// How many encounters and visits it joins.
    pub appearances: usize,
    /// The kinds of them.
    pub kinds: BTreeSet<Kind>,
    /// The suspect's devices.
    pub devices: BTreeSet<String>,
    /// The victim's places.
    pub places: BTreeSet<String>,
    /// The victim's devices and the incidents.
    pub others: BTreeSet<String>,
}

impl Occasion {
    fn of(first: &Appearance) -> Self {
        let mut occasion = Self {
            t0_us: first.t0_us,
            t1_us: first.t1_us,
            appearances: 0,
            kinds: BTreeSet::new(),
            devices: BTreeSet::new(),
            places: BTreeSet::new(),
            others: BTreeSet::new(),
        };
        occasion.take(first);
        occasion
    }

    fn take(&mut self, other: &Appearance) {
        self.t1_us = self.t1_us.max(other.t1_us);
        self.appearances += 1;
        self.kinds.insert(other.kind);
        insert(&mut self.devices, &other.device);
        insert(if other.kind.is_at_place() { &mut self.places } else { &mut self.others }, &other.about);
    }
}

/// Adds a name, which is mostly there already.
fn insert(names: &mut BTreeSet<String>, name: &String) {
    if !names.contains(name) {
        names.insert(name.clone());
    }
}

/// The separate occasions among appearances in any order: maximal runs whose gaps are at most `gap_us`.
///
/// Two devices of the suspect at one time, or one device near two places in turn, are one occasion. An appearance given
/// twice counts once.
#[must_use]
pub fn occasions(appearances: &[Appearance], gap_us: i64) -> Vec<Occasion> {
    let mut sorted: Vec<&Appearance> = appearances.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut found: Vec<Occasion> = Vec::new();
    for appearance in sorted {
        match found.last_mut() {
            Some(last) if appearance.t0_us.saturating_sub(last.t1_us) <= gap_us => last.take(appearance),
            _ => found.push(Occasion::of(appearance)),
        }
    }
    found
}
