//! Where the victim's device is while another is near her place: there, away, or not known.
//!
//! ```text
//!   her records   away ●   ● near   ● near        silence          ● away
//!                      └─┬─┘                └── longer than silence_us: neither there nor away
//!                     arrival: between the two
//! ```
//! Her silence is never taken for absence, and an arrival that falls into a silence is no arrival.

use super::super::Record;
use super::super::chord::Spot;
use super::super::chunks::Chunked;
use super::super::passes::{Pass, Passed, View};
use super::nearby::Around;
use super::observed::observed;
use super::params::VisitParams;
use super::stay::{Usable, usable};

/// Whether the victim's device was at the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// A record of it there falls into the time.
    There,
    /// Its records leave no silence in the time, and all are elsewhere.
    Away,
    /// Its records do not say.
    NotKnown,
}

impl Presence {
    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Away => "away",
            Self::NotKnown => "not_known",
        }
    }
}

/// A change between two records: it happened after `from_us` and not after `to_us`, UTC microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Near,
    Away,
    /// Its uncertainty reaches over the edge.
    Unclear,
    /// It is too uncertain to be looked at.
    LeftOut,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    t0_us: i64,
    t1_us: i64,
    place: Where,
}

/// The pass over the records of one of the victim's devices.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Presences {
    pub(super) params: VisitParams,
    /// The places and reaches that are asked about; no uncertainty is asked to lie within.
    pub(super) around: Vec<Around>,
}

/// What a chunk says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Said {
    /// When the device was observed, in stretches.
    observed: Vec<(i64, i64)>,
    /// The end of the record that ends last (of several the last), and its position.
    latest: Option<(i64, usize)>,
    /// The longest record, microseconds.
    longest_us: i64,
    /// Where each record is, for each place and reach.
    places: Vec<Vec<Where>>,
    /// The arrivals and the leavings that are known by its end, for each place and reach.
    changes: Vec<(Vec<Change>, Vec<Change>)>,
}

impl Pass for Presences {
    /// What is known of the last run, for each place and reach.
    type State = Vec<Changing>;
    type Found = Said;

    fn read(&self, state: &mut Vec<Changing>, view: &View<'_>) -> Said {
        let fixes = usable(view.own(), &self.params);
        state.resize(self.around.len(), Changing::default());
        let mut said = Said {
            observed: observed(fixes.iter().map(|fix| (fix.t0_us, fix.t1_us)), self.params.silence_us),
            latest: fixes.iter().map(|fix| (fix.t1_us, fix.record)).max(),
            longest_us: fixes.iter().map(|fix| fix.t1_us.saturating_sub(fix.t0_us)).max().unwrap_or(0),
            ..Said::default()
        };
        for (around, changing) in self.around.iter().zip(state) {
            let spot = Spot::new(around.lat_deg, around.lon_deg);
            let mut places = vec![Where::LeftOut; view.own().len()];
            let mut changes = (Vec::new(), Vec::new());
            for fix in &fixes {
                let place = relate(fix, &spot, around.reach_m);
                let known = Known { t0_us: fix.t0_us, t1_us: fix.t1_us, place };
                changing.take(&known, &self.params, &mut changes);
                if let Some(slot) = places.get_mut(fix.record) {
                    *slot = place;
                }
            }
            said.places.push(places);
            said.changes.push(changes);
        }
        said
    }
}

fn relate(fix: &Usable, place: &Spot, reach_m: f64) -> Where {
    if fix.spot.within(place, reach_m) {
        Where::Near
    } else if fix.spot.within(place, reach_m + fix.uncertainty_m) {
        Where::Unclear
    } else {
        Where::Away
    }
}

/// One of the victim's devices, with what each chunk of its records says.
pub(super) struct Told<'p> {
    records: &'p [Record],
    pass: &'p Presences,
    chunks: Vec<(usize, &'p Said)>,
    last: Vec<Changing>,
    /// For each chunk the record that ends last, of it and all before it: its end and its position.
    latest: Vec<Option<(i64, usize)>>,
    /// When the device was observed, in stretches.
    pub(super) observed: Vec<(i64, i64)>,
}

impl<'p> Told<'p> {
    pub(super) fn of(device: &Chunked<'p>, pass: &'p Presences, passed: &'p mut Passed<Presences>) -> Self {
        let found = passed.of(pass, device);
        let later = |latest: &mut Option<(i64, usize)>, (from, said): &(usize, &Said)| {
            *latest = (*latest).max(said.latest.map(|(end_us, at)| (end_us, from + at)));
            Some(*latest)
        };
        Self {
            records: device.records(),
            latest: found.chunks.iter().scan(None, later).collect(),
            observed: observed(
                found.chunks.iter().flat_map(|(_, said)| &said.observed).copied(),
                pass.params.silence_us,
            ),
            chunks: found.chunks,
            last: found.last,
            pass,
        }
    }

    /// Its account of being near a place.
    pub(super) fn account(&self, around: &Around) -> Account<'_> {
        let at = self.pass.around.iter().position(|known| known == around).unwrap_or(usize::MAX);
        let changes = || self.chunks.iter().filter_map(|(_, said)| said.changes.get(at));
        let left = self.last.get(at).and_then(|last| last.left);
        Account {
            told: self,
            at,
            arrivals: changes().flat_map(|(arrivals, _)| arrivals).copied().collect(),
            leavings: changes().flat_map(|(_, leavings)| leavings).copied().chain(left).collect(),
        }
    }
}

/// One of the victim's devices in relation to one place.
pub(super) struct Account<'p> {
    told: &'p Told<'p>,
    /// The number of the place and its reach.
    at: usize,
    pub(super) arrivals: Vec<Change>,
    pub(super) leavings: Vec<Change>,
}

impl Account<'_> {
    /// Whether the device was at the place between two times.
    pub(super) fn during(&self, t0_us: i64, t1_us: i64, params: &VisitParams) -> Presence {
        let to = self.told.records.partition_point(|record| record.t0_us <= t1_us);
        let (before, within) = self.until(to, t0_us);
        if within.iter().any(|k| k.place == Where::Near) {
            return Presence::There;
        }
        let after = self.first_from(to);
        let all: Vec<Known> = before.into_iter().chain(within).chain(after).collect();
        let enclosed = all.first().is_some_and(|k| k.t0_us <= t0_us);
        let closed = after.is_some() || all.iter().any(|k| k.t1_us >= t1_us);
        if !enclosed || !closed || has_silence(&all, params) {
            return Presence::NotKnown;
        }
        match (all.iter().all(|k| k.place == Where::Near), all.iter().all(|k| k.place == Where::Away)) {
            (true, _) => Presence::There,
            (_, true) => Presence::Away,
            _ => Presence::NotKnown,
        }
    }

    /// A record that is certain enough, by its position and its chunk.
    fn known(&self, at: usize, (from, said): (usize, &Said)) -> Option<Known> {
        let place = *said.places.get(self.at)?.get(at.checked_sub(from)?)?;
        let record = self.told.records.get(at).filter(|_| place != Where::LeftOut)?;
        Some(Known { t0_us: record.t0_us, t1_us: record.t1_us.max(record.t0_us), place })
    }

    fn known_at(&self, at: usize) -> Option<Known> {
        let place = self.told.chunks.partition_point(|(from, _)| *from <= at).checked_sub(1)?;
        self.known(at, *self.told.chunks.get(place)?)
    }

    fn first_from(&self, at: usize) -> Option<Known> {
        let place = self.told.chunks.partition_point(|(from, _)| *from <= at).saturating_sub(1);
        let later = self.told.chunks.iter().skip(place);
        later
            .flat_map(|chunk| (at.max(chunk.0)..chunk.0 + chunk.1.len()).filter_map(|at| self.known(at, *chunk)))
            .next()
    }

    /// Of the records up to a position: the one that ends last before a time (of several the last), and those, in order,
    /// that end then or later.
    fn until(&self, to: usize, t0_us: i64) -> (Option<Known>, Vec<Known>) {
        let (mut ended, mut within): (Option<(i64, usize)>, Vec<Known>) = (None, Vec::new());
        let begun = self.told.chunks.partition_point(|(from, _)| *from < to);
        for place in (0..begun).rev() {
            let Some(chunk) = self.told.chunks.get(place) else { break };
            let latest = self.told.latest.get(place).copied().flatten();
            let whole = chunk.0 + chunk.1.len() <= to;
            if whole && latest.is_none_or(|(end_us, _)| end_us < t0_us) {
                ended = ended.max(latest);
                break;
            }
            for at in (chunk.0..to.min(chunk.0 + chunk.1.len())).rev() {
                let Some(known) = self.known(at, *chunk) else { continue };
                if known.t1_us >= t0_us {
                    within.push(known);
                    continue;
                }
                ended = ended.max(Some((known.t1_us, at)));
                // The longest of all before it would end no later than the one that is known.
                let most_us = known.t0_us.saturating_add(chunk.1.longest_us);
                if most_us < t0_us && ended.is_some_and(|(end_us, _)| end_us >= most_us) {
                    break;
                }
            }
        }
        within.reverse();
        (ended.and_then(|(_, at)| self.known_at(at)), within)
    }
}

impl Said {
    /// How many records the chunk has, if any place is asked about.
    fn len(&self) -> usize {
        self.places.first().map_or(0, Vec::len)
    }
}

fn has_silence(known: &[Known], params: &VisitParams) -> bool {
    let mut heard_until_us: Option<i64> = None;
    known.iter().any(|k| {
        let silent = heard_until_us.is_some_and(|until| k.t0_us.saturating_sub(until) > params.silence_us);
        heard_until_us = heard_until_us.max(Some(k.t1_us));
        silent
    })
}

/// Arrivals and leavings: changes between runs near the place and records elsewhere that are not a silence apart.
///
/// Records near the place whose gap is at most `gap_us` are one run, so that a jump of one position is no leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Changing {
    away_us: Option<i64>,
    run: Option<(i64, i64)>,
    /// A leaving, unless the device is near again soon.
    left: Option<Change>,
}

impl Changing {
    fn take(&mut self, k: &Known, params: &VisitParams, (arrivals, leavings): &mut (Vec<Change>, Vec<Change>)) {
        match (k.place, self.run) {
            (Where::Near, Some((from_us, to_us))) if k.t0_us.saturating_sub(to_us) <= params.gap_us => {
                self.run = Some((from_us, to_us.max(k.t1_us)));
                self.left = None;
            }
            (Where::Near, _) => {
                leavings.extend(self.left.take());
                let seen = self.away_us.filter(|us| k.t0_us.saturating_sub(*us) <= params.silence_us && *us <= k.t0_us);
                arrivals.extend(seen.map(|from_us| Change { from_us, to_us: k.t0_us }));
                self.run = Some((k.t0_us, k.t1_us));
            }
            (Where::Away, _) => {
                if let Some((_, to_us)) = self.run.filter(|_| self.left.is_none())
                    && k.t0_us >= to_us
                    && self.away_us.is_none_or(|us| us <= to_us)
                    && k.t0_us.saturating_sub(to_us) <= params.silence_us
                {
                    self.left = Some(Change { from_us: to_us, to_us: k.t0_us });
                }
                self.away_us = self.away_us.max(Some(k.t1_us));
            }
            (Where::Unclear | Where::LeftOut, _) => {}
        }
    }
}
