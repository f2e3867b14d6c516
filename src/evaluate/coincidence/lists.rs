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
//! Invariant: a list holds the joined stretches of each chunk of the suspect's records with all of the victim's, as these were
//! known when the list was brought up to date last. They hang on the records alone, not on how these are cut in chunks or
//! parts, once they are joined over all chunks ([`joined`]).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::heard::Axis;
use super::hours::Cycle;
use super::laid::{Laid, Span, joined};
use super::parts::Parts;
use super::side::{Side, Stood};
use crate::evaluate::wall_clock::DAY_US;
use crate::model::ProximityParams;

/// A chunk as it was known: its number, and from when until when its records reach, microseconds.
type Known = (u64, (i64, i64));

/// On which axis the devices are laid, and what is an encounter.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'p> {
    pub(super) axis: Axis,
    /// The circle around which a shift moves; what does not begin in it is left out.
    pub(super) cycle: Option<Cycle>,
    pub(super) params: &'p ProximityParams,
}

impl How<'_> {
    /// By how much records move under a shift, microseconds; what is moved past the end of the cycle comes in again.
    fn moves_us(&self, days: i64) -> impl Iterator<Item = i64> + Clone {
        let around = self.cycle.map(|cycle| days * DAY_US - cycle.length_us());
        [days * DAY_US].into_iter().chain(around)
    }

    fn known(&self, side: &Side<'_>) -> Vec<Known> {
        side.chunks.iter().map(|chunk| (chunk.number, chunk.time_us(self.axis))).collect()
    }

    /// A time, so much later and wider by the window.
    fn widened(&self, (from_us, to_us): (i64, i64), by_us: i64) -> (i64, i64) {
        let window_us = self.params.window_us;
        ((from_us + by_us).saturating_sub(window_us), (to_us + by_us).saturating_add(window_us))
    }
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
    /// When the victim's that are new or gone have records.
    victim_us: Vec<(i64, i64)>,
}

impl Changes {
    fn of(old: [&[Known]; 2], now: [&[Known]; 2]) -> Self {
        let numbers = |known: &[Known]| known.iter().map(|(number, _)| *number).collect::<BTreeSet<u64>>();
        let [old_numbers, now_numbers] = [old, now].map(|of| of.map(numbers));
        let [(old_a, old_b), (now_a, now_b)] = [&old_numbers, &now_numbers].map(|[a, b]| (a, b));
        let gone = old[1].iter().filter(|(number, _)| !now_b.contains(number));
        let new = now[1].iter().filter(|(number, _)| !old_b.contains(number));
        Self {
            new: now_a.difference(old_a).copied().collect(),
            gone: old_a.difference(now_a).copied().collect(),
            victim_us: gone.chain(new).map(|(_, time_us)| *time_us).collect(),
        }
    }

    /// Whether a shift brings a chunk of the suspect's near a change of the victim's in time.
    fn touch(&self, chunk: &Stood<'_>, how: &How<'_>, days: i64) -> bool {
        how.moves_us(days).any(|by_us| {
            let (from_us, to_us) = how.widened(chunk.time_us(how.axis), by_us);
            self.victim_us.iter().any(|(start_us, end_us)| *start_us <= to_us && *end_us >= from_us)
        })
    }
}

impl<C> Lists<C> {
    /// Brings the lists of these shifts up to date; the others are dropped.
    ///
    /// `parts` gives a chunk in parts: the suspect's first, then the victim's.
    pub(super) fn update<'a>(
        &mut self,
        (suspect, victim): (&Side<'a>, &Side<'a>),
        how: &How<'_>,
        days: &[i64],
        parts: [&dyn Fn(&Stood<'a>) -> Parts; 2],
    ) {
        let now = (how.known(suspect), how.known(victim));
        let changes = Changes::of([&self.suspect, &self.victim], [&now.0, &now.1]);
        let whole: Vec<bool> = days.iter().map(|days| !self.by_days.contains_key(days)).collect();
        let mut found: Vec<Vec<(u64, Vec<Span>)>> = days.iter().map(|_| Vec::new()).collect();
        let hers = Hers { side: victim, parts: victim.chunks.iter().map(|_| OnceCell::new()).collect(), of: parts[1] };
        for chunk in &suspect.chunks {
            let is_new = changes.new.contains(&chunk.number);
            let mut own: Option<Parts> = None;
            for ((found, whole), days) in found.iter_mut().zip(&whole).zip(days) {
                let known = !is_new && !whole;
                if known && !changes.touch(chunk, how, *days) {
                    continue;
                }
                let own = own.get_or_insert_with(|| parts[0](chunk));
                let spans = hers.spans(own, how, *days);
                if known || !spans.is_empty() {
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
}

/// The victim's chunks in parts, as far as they are needed.
struct Hers<'h, 'a> {
    side: &'h Side<'a>,
    parts: Vec<OnceCell<Parts>>,
    of: &'h dyn Fn(&Stood<'a>) -> Parts,
}

impl Hers<'_, '_> {
    /// The joined stretches of contacts of some of the suspect's records under a shift.
    fn spans(&self, suspect: &Parts, how: &How<'_>, days: i64) -> Vec<Span> {
        let ends_us = suspect.runs.first().zip(suspect.ended_us.last());
        let Some((first, end_us)) = ends_us else { return Vec::new() };
        let mut spans = Vec::new();
        for by_us in how.moves_us(days) {
            let time_us = how.widened((first.start_us, *end_us), by_us);
            for (place, chunk) in self.side.of_time(how.axis, time_us) {
                let Some(parts) = self.parts.get(place) else { continue };
                let victim = parts.get_or_init(|| (self.of)(chunk));
                Laid { suspect, victim, params: how.params }.spans(by_us, &mut spans);
            }
        }
        // Stable, and fast on what is nearly in order; what starts together is in one run, whichever comes first.
        spans.sort_by_key(|span| span.start_us);
        joined(spans.into_iter(), how.params.gap_us)
    }
}
