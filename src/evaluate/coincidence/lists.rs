//! The stretches of contacts of two devices under each shift, chunk by chunk of the suspect's records.
//!
//! ```text
//!   suspect   ●●●●●●●│●●●◆●●●│●●●●●●●          a chunk that has changed is laid over the victim's chunks again
//!   shift 7   ═    ══│══ ═   │   ═══           under each shift; of the others what was found stands
//!   shift 14      ═  │       │═   ══
//!
//!   victim    ○ ○ ○│○ ◇ ○│○ ○ ○                where one of hers has changed, the chunks are laid again that a shift
//!                                              brings near it in time
//! ```
//! Where records have come to chunks of hers and nothing else has changed, only these are laid, and what that gives is joined to
//! what was found: a contact is of one record of his and one of hers, and hangs on no other.
//!
//! Where few chunks of his are laid again and none of hers has changed, only what each shift brings them to is put in parts of
//! hers, and not the whole chunks that it lies in.
//!
//! Invariant: a list holds the joined stretches of each chunk of the suspect's records with all of the victim's, as these were
//! known when the list was brought up to date last. They hang on the records alone, not on how these are cut in chunks or
//! parts, once they are joined over all chunks ([`joined`]).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::how::{Axis, How};
use super::laid::{Laid, Span, joined};
use super::parts::Parts;
use super::reach::Reached;
use super::side::{Side, Stood};
use crate::evaluate::chunks::between;

/// Of so many of his chunks each laying takes what it needs of hers.
const FEW: usize = 2;

/// A chunk as it was known: its number, and from when until when its records reach, microseconds.
type Known = (u64, (i64, i64));

fn known(side: &Side<'_>, axis: Axis) -> Vec<Known> {
    side.chunks.iter().map(|chunk| (chunk.number, chunk.time_us(axis))).collect()
}

/// The stretches under one shift, with what was counted of them.
#[derive(Debug)]
pub(super) struct List<C> {
    /// In order of their starts, each with the chunk that it is of.
    spans: Vec<(Span, u64)>,
    /// Whatever was made of the stretches, for as long as they are the same.
    pub(super) counted: Option<C>,
}

impl<C> Default for List<C> {
    fn default() -> Self {
        Self { spans: Vec::new(), counted: None }
    }
}

impl<C> List<C> {
    /// The encounters, in order of time.
    pub(super) fn encounters(&self, gap_us: i64) -> Vec<Span> {
        let mut joined = joined(self.spans.iter().map(|(span, _)| *span), gap_us);
        joined.retain(Span::opens);
        joined
    }

    /// Chunks that are gone are held whole by others, whose is now what was found of them.
    fn are_in(&mut self, others: &[(u64, u64)]) {
        if others.is_empty() {
            return;
        }
        for (_, number) in &mut self.spans {
            if let Some((_, other)) = others.iter().find(|(gone, _)| gone == number) {
                *number = *other;
            }
        }
    }

    /// Joins more of some chunks to what was found of them.
    fn add(&mut self, more: BTreeMap<u64, Vec<Span>>, gap_us: i64) {
        let whole = |(number, mut spans): (u64, Vec<Span>)| {
            spans.extend(self.spans.iter().filter(|(_, of)| *of == number).map(|(span, _)| *span));
            spans.sort_by_key(|span| span.start_us);
            (number, joined(spans.into_iter(), gap_us))
        };
        let found = more.into_iter().map(whole).collect();
        self.take(&BTreeSet::new(), found);
    }

    /// Takes what was found of chunks in the place of what was known of them, and of those that are gone.
    fn take(&mut self, gone: &BTreeSet<u64>, found: Vec<(u64, Vec<Span>)>) {
        let again: BTreeSet<u64> = found.iter().map(|(number, _)| *number).collect();
        let (old, mut all): (Vec<_>, Vec<_>) =
            self.spans.drain(..).partition(|(_, number)| gone.contains(number) || again.contains(number));
        let mut new: Vec<(Span, u64)> =
            found.into_iter().flat_map(|(number, spans)| spans.into_iter().map(move |span| (span, number))).collect();
        new.sort_by_key(|(span, _)| span.start_us);
        if !new.iter().map(|(span, _)| span).eq(old.iter().map(|(span, _)| span)) {
            self.counted = None;
        }
        if !new.is_empty() {
            all.append(&mut new);
            // Fast on what is in order but for the new ones.
            all.sort_by_key(|(span, _)| span.start_us);
        }
        all.shrink_to_fit();
        self.spans = all;
    }
}

/// The lists of all shifts, by their days.
#[derive(Debug)]
pub(super) struct Lists<C> {
    suspect: Vec<Known>,
    victim: Vec<Known>,
    pub(super) by_days: BTreeMap<i64, List<C>>,
}

impl<C> Default for Lists<C> {
    fn default() -> Self {
        Self { suspect: Vec::new(), victim: Vec::new(), by_days: BTreeMap::new() }
    }
}

/// What has changed of the chunks.
struct Changes {
    /// The suspect's that are new and those that are gone.
    new: BTreeSet<u64>,
    gone: BTreeSet<u64>,
    /// The victim's that are new and those that are gone.
    hers_new: BTreeSet<u64>,
    hers_gone: BTreeSet<u64>,
    /// When these have records.
    victim_us: Vec<(i64, i64)>,
}

/// Which chunk has grown, and when all that came to it begins and ends, microseconds.
type More = (usize, (i64, i64));

/// What has come to the chunks of one side, where nothing else has changed.
struct Came {
    /// The chunks that are gone, each with the one that holds all of it now.
    into: Vec<(u64, u64)>,
    more: Vec<More>,
}

impl Came {
    /// `None` if anything else has changed; of the chunks some are new and some are gone.
    fn of(side: &Side<'_>, new: &BTreeSet<u64>, gone: &BTreeSet<u64>, how: &How<'_>) -> Option<Self> {
        let mut came = Self { into: Vec::new(), more: Vec::new() };
        for (place, chunk) in side.chunks.iter().enumerate().filter(|(_, chunk)| new.contains(&chunk.number)) {
            let grown = chunk.grown?;
            came.into.extend(grown.of.numbers().map(|of| (of, chunk.number)));
            came.more.extend(chunk.grown_us(&grown, how).map(|time_us| (place, time_us)));
        }
        let of: BTreeSet<u64> = came.into.iter().map(|(of, _)| *of).collect();
        (of == *gone).then_some(came)
    }
}

impl Changes {
    fn of(old: [&[Known]; 2], now: [&[Known]; 2]) -> Self {
        let [(gone, new), (hers_gone, hers_new)] = [0, 1].map(|side| differences(old[side], now[side]));
        let numbers = |known: &[Known]| known.iter().map(|(number, _)| *number).collect();
        Self {
            new: numbers(&new),
            gone: numbers(&gone),
            hers_new: numbers(&hers_new),
            hers_gone: numbers(&hers_gone),
            victim_us: hers_gone.iter().chain(&hers_new).map(|(_, time_us)| *time_us).collect(),
        }
    }

    /// What has come to the chunks of both; `None` if anything else has changed.
    fn only_more(&self, suspect: &Side<'_>, victim: &Side<'_>, how: &How<'_>) -> Option<[Came; 2]> {
        let his = Came::of(suspect, &self.new, &self.gone, how)?;
        Some([his, Came::of(victim, &self.hers_new, &self.hers_gone, how)?])
    }

    /// Whether what a chunk of the suspect's has with the victim's stands under every shift that is known.
    fn leave(&self, chunk: &Stood<'_>) -> bool {
        self.victim_us.is_empty() && !self.new.contains(&chunk.number)
    }

    /// Whether what is found again is so little that the victim's chunks are not worth putting in parts whole.
    fn are_few(&self) -> bool {
        self.victim_us.is_empty() && self.new.len() <= FEW
    }

    /// Whether a shift brings a chunk of the suspect's near a change of the victim's in time.
    fn touch(&self, chunk: &Stood<'_>, how: &How<'_>, days: i64) -> bool {
        how.moves_us(days).any(|by_us| {
            let (from_us, to_us) = how.widened(chunk.time_us(how.axis), by_us);
            self.victim_us.iter().any(|(start_us, end_us)| *start_us <= to_us && *end_us >= from_us)
        })
    }
}

/// The chunks that are gone and those that are new.
fn differences(old: &[Known], now: &[Known]) -> (Vec<Known>, Vec<Known>) {
    let (was, is) = between(old, now, |a, b| a.0 == b.0);
    let (old, now) = (old.get(was).unwrap_or_default(), now.get(is).unwrap_or_default());
    let numbers = |known: &[Known]| known.iter().map(|(number, _)| *number).collect::<BTreeSet<u64>>();
    let without = |known: &[Known], others: &BTreeSet<u64>| {
        known.iter().filter(|(number, _)| !others.contains(number)).copied().collect()
    };
    (without(old, &numbers(now)), without(now, &numbers(old)))
}

impl<C> Lists<C> {
    /// Brings the lists of these shifts up to date; the others are dropped.
    ///
    /// `parts` gives a chunk in parts, or what is asked of it: the suspect's first, then the victim's.
    pub(super) fn update<'a>(
        &mut self,
        (suspect, victim): (&Side<'a>, &Side<'a>),
        how: &How<'_>,
        days: &[i64],
        parts: [InParts<'_, 'a>; 2],
    ) {
        let now = (known(suspect, how.axis), known(victim, how.axis));
        let changes = Changes::of([&self.suspect, &self.victim], [&now.0, &now.1]);
        let whole: Vec<bool> = days.iter().map(|days| !self.by_days.contains_key(days)).collect();
        let anew = whole.contains(&true);
        if !anew && let Some(came) = changes.only_more(suspect, victim, how) {
            self.by_days.retain(|known, _| days.contains(known));
            self.add((suspect, victim), how, &came, parts);
            (self.suspect, self.victim) = now;
            return;
        }
        let mut found: Vec<Vec<(u64, Vec<Span>)>> = days.iter().map(|_| Vec::new()).collect();
        let hers = Hers::of(victim, parts[1], !anew && changes.are_few());
        for chunk in &suspect.chunks {
            if !anew && changes.leave(chunk) {
                continue;
            }
            let is_new = changes.new.contains(&chunk.number);
            let mut own: Option<Parts> = None;
            for ((found, whole), days) in found.iter_mut().zip(&whole).zip(days) {
                let stands = !is_new && !whole;
                if stands && !changes.touch(chunk, how, *days) {
                    continue;
                }
                let own = own.get_or_insert_with(|| parts[0](chunk, Wanted::All));
                let spans = hers.spans(own, how, *days);
                if stands || !spans.is_empty() {
                    found.push((chunk.number, spans));
                }
            }
        }
        let mut old = std::mem::take(&mut self.by_days);
        for (days, found) in days.iter().zip(found) {
            let mut list = old.remove(days).unwrap_or_default();
            list.take(&changes.gone, found);
            self.by_days.insert(*days, list);
        }
        (self.suspect, self.victim) = now;
    }

    /// Adds what came to the chunks to all lists.
    fn add<'a>(
        &mut self,
        (suspect, victim): (&Side<'a>, &Side<'a>),
        how: &How<'_>,
        [his, hers]: &[Came; 2],
        parts: [InParts<'_, 'a>; 2],
    ) {
        let more = |came: &Came, side: &Side<'a>| {
            let of = |(place, time_us): &More| Some((side.chunks.get(*place)?.number, *time_us, *place));
            came.more.iter().filter_map(of).collect::<Vec<(u64, (i64, i64), usize)>>()
        };
        let of_his = |(number, time_us, place): (u64, (i64, i64), usize)| {
            Some((number, parts[0](suspect.chunks.get(place)?, Wanted::During(time_us))))
        };
        let his_more: Vec<(u64, Parts)> = more(his, suspect).into_iter().filter_map(of_his).collect();
        let of_hers = |(_, time_us, place): (u64, (i64, i64), usize)| {
            let chunk = victim.chunks.get(place)?;
            let mut reached = Reached::default();
            reached.hear(chunk.about(time_us, how).1.iter(), how.params);
            Some((time_us, parts[1](chunk, Wanted::During(time_us)), reached))
        };
        let hers_more: Vec<((i64, i64), Parts, Reached)> = more(hers, victim).into_iter().filter_map(of_hers).collect();
        let all_hers = Hers::of(victim, parts[1], true);
        for (days, list) in &mut self.by_days {
            list.are_in(&his.into);
            let mut found: BTreeMap<u64, Vec<Span>> = BTreeMap::new();
            for (number, own) in &his_more {
                found.entry(*number).or_default().extend(all_hers.spans(own, how, *days));
            }
            for by_us in how.moves_us(*days) {
                for (time_us, victim, reached) in &hers_more {
                    let his_us = how.widened(*time_us, -by_us);
                    for (_, chunk) in suspect.of_time(how.axis, his_us) {
                        let own = parts[0](chunk, Wanted::Near(his_us, reached));
                        let laid = Laid { suspect: &own, victim, params: how.params };
                        laid.spans(by_us, found.entry(chunk.number).or_default());
                    }
                }
            }
            found.retain(|_, spans| !spans.is_empty());
            if !found.is_empty() {
                list.add(found, how.params.gap_us);
            }
        }
    }
}

/// What of a chunk is to be put in parts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'r> {
    /// All of it.
    All,
    /// What shares a moment with a time, microseconds.
    During((i64, i64)),
    /// Of this what could be near some records of the other device.
    Near((i64, i64), &'r Reached),
}

impl<'r> Wanted<'r> {
    /// The time that is asked about, microseconds.
    pub(super) const fn when_us(&self) -> Option<(i64, i64)> {
        match self {
            Self::All => None,
            Self::During(time_us) | Self::Near(time_us, _) => Some(*time_us),
        }
    }

    /// What it is to be near to.
    pub(super) const fn near(&self) -> Option<&'r Reached> {
        match self {
            Self::Near(_, reached) => Some(reached),
            Self::All | Self::During(_) => None,
        }
    }
}

/// Gives what is asked of a chunk in parts.
pub(super) type InParts<'p, 'a> = &'p dyn Fn(&Stood<'a>, Wanted<'_>) -> Parts;

/// The victim's chunks in parts, as far as they are needed.
struct Hers<'h, 'a> {
    side: &'h Side<'a>,
    /// Whole chunks, each put in parts once; empty if each laying takes what it needs.
    whole: Vec<OnceCell<Parts>>,
    of: InParts<'h, 'a>,
}

impl<'h, 'a> Hers<'h, 'a> {
    fn of(side: &'h Side<'a>, of: InParts<'h, 'a>, in_pieces: bool) -> Self {
        let whole = if in_pieces { 0 } else { side.chunks.len() };
        Self { side, whole: std::iter::repeat_with(OnceCell::new).take(whole).collect(), of }
    }

    /// The joined stretches of contacts of some of the suspect's records under a shift.
    fn spans(&self, suspect: &Parts, how: &How<'_>, days: i64) -> Vec<Span> {
        let ends_us = suspect.runs.first().zip(suspect.ended_us.last());
        let Some((first, end_us)) = ends_us else { return Vec::new() };
        let mut spans = Vec::new();
        for by_us in how.moves_us(days) {
            let time_us = how.widened((first.start_us, *end_us), by_us);
            for (place, chunk) in self.side.of_time(how.axis, time_us) {
                let lay = |victim: &Parts, spans: &mut Vec<Span>| {
                    Laid { suspect, victim, params: how.params }.spans(by_us, spans);
                };
                match self.whole.get(place) {
                    Some(parts) => lay(parts.get_or_init(|| (self.of)(chunk, Wanted::All)), &mut spans),
                    None => lay(&(self.of)(chunk, Wanted::During(time_us)), &mut spans),
                }
            }
        }
        // Stable, and fast on what is nearly in order; what starts together is in one run, whichever comes first.
        spans.sort_by_key(|span| span.start_us);
        joined(spans.into_iter(), how.params.gap_us)
    }
}
