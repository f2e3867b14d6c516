//! Records of two devices that are near each other in space and time, as the engine's proximities are.

use super::sweep::any_shares;
use crate::evaluate::case::Record;
use crate::evaluate::extent::{Reached, of_time};
use crate::evaluate::passes::aligned;
use crate::evaluate::prism::Span;
use crate::evaluate::visit::observed::observed as joined;
use crate::index::{Comparator, Metric, Verdict, compare::Threshold, distance_m};
use crate::model::{Grade, ProximityParams, SourceKind};

/// A record of one device with one of the other near it; small, since two devices kept together have a million of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// The first device's record, by its position among the records.
    pub a: u32,
    /// The second device's record: of those near it, the nearest.
    pub b: u32,
    /// When: the first record's interval, as far as the second's, widened by the tolerance, reaches.
    pub span: Span,
    /// Geodesic distance of the centres, metres.
    pub distance_m: f64,
    /// Definite or probable.
    pub grade: Grade,
}

/// The second device's records by start, with the latest end so far, so that those of a time are found by halving.
struct Others<'a> {
    records: Vec<(u32, &'a Record)>,
    latest_us: Vec<i64>,
}

impl<'a> Others<'a> {
    fn new(records: impl Iterator<Item = (u32, &'a Record)>) -> Self {
        let records: Vec<(u32, &Record)> = records.collect();
        let mut latest = i64::MIN;
        let latest_us = records
            .iter()
            .map(|(_, r)| {
                latest = latest.max(r.t1_us);
                latest
            })
            .collect();
        Self { records, latest_us }
    }

    fn during(&self, from_us: i64, to_us: i64) -> impl Iterator<Item = (u32, &'a Record)> {
        let first = self.latest_us.partition_point(|&end| end < from_us);
        let rest = self.records.iter().copied().skip(first);
        rest.take_while(move |(_, r)| r.t0_us <= to_us).filter(move |(_, r)| r.t1_us >= from_us)
    }
}

/// For each of the first device's records the nearest of the second's that is within the radius and the time tolerance,
/// in the order of the first; each list in the order of content.
///
/// Only definite and probable pairs are contacts; if either is a cell record, whose position is the mast's, only definite.
#[must_use]
pub fn contacts(a: &[Record], b: &[Record], params: &ProximityParams) -> Vec<Contact> {
    contacts_at(a, b, &[params.radius_m], params.window_us).pop().unwrap_or_default()
}

/// As [`contacts`], for each of several radii, in one pass.
fn contacts_at(a: &[Record], b: &[Record], radii_m: &[f64], window_us: i64) -> Vec<Vec<Contact>> {
    contacts_among(a, (0_u32..).zip(b), radii_m, window_us)
}

/// As [`contacts_at`], with the second device's records by numbers in their order.
fn contacts_among<'b>(
    a: &[Record],
    b: impl Iterator<Item = (u32, &'b Record)> + Clone,
    radii_m: &[f64],
    window_us: i64,
) -> Vec<Vec<Contact>> {
    let comparator = Comparator::new(Metric::Geodesic);
    // Long stays apart: among many short records one would make every search begin at it.
    let long = |r: &Record| r.t1_us.saturating_sub(r.t0_us) > window_us;
    let lists = [Others::new(b.clone().filter(|(_, r)| !long(r))), Others::new(b.filter(|(_, r)| long(r)))];
    let mut found = vec![Vec::new(); radii_m.len()];
    let mut best: Vec<Option<Contact>> = vec![None; radii_m.len()];
    for (index, one) in (0_u32..).zip(a) {
        let (from_us, to_us) = (one.t0_us.saturating_sub(window_us), one.t1_us.saturating_add(window_us));
        let anchor = comparator.anchor(one.lat_deg, one.lon_deg);
        let mut threshold = Threshold::new(radii_m.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        for (at, other) in lists.iter().flat_map(|list| list.during(from_us, to_us)) {
            let cos_lat = libm::cos(other.lat_deg.to_radians());
            // Beyond all that is still wanted: a nearer one is known for every radius.
            if comparator.judge(&anchor, other.lat_deg, other.lon_deg, cos_lat, threshold) == Verdict::Beyond {
                continue;
            }
            let distance_m = distance_m(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg);
            for (&radius_m, best) in radii_m.iter().zip(&mut best) {
                // Of two as near, the first in the order of content.
                let nearer =
                    best.is_none_or(|old| distance_m < old.distance_m || (distance_m == old.distance_m && at < old.b));
                if let Some(grade) = grade(one, other, distance_m, radius_m).filter(|_| nearer) {
                    let span = shared(one, other, window_us);
                    *best = Some(Contact { a: index, b: at, span, distance_m, grade });
                }
            }
            let wanted = radii_m.iter().zip(&best).map(|(&radius_m, best)| best.map_or(radius_m, |c| c.distance_m));
            threshold = Threshold::new(wanted.fold(f64::NEG_INFINITY, f64::max));
        }
        for (found, best) in found.iter_mut().zip(&mut best) {
            found.extend(best.take());
        }
    }
    found
}

fn shared(a: &Record, b: &Record, window_us: i64) -> Span {
    Span {
        from_us: a.t0_us.max(b.t0_us.saturating_sub(window_us)),
        to_us: a.t1_us.min(b.t1_us.saturating_add(window_us)),
    }
}

fn grade(a: &Record, b: &Record, distance_m: f64, radius_m: f64) -> Option<Grade> {
    let grade = Grade::of(distance_m, a.uncertainty_m + b.uncertainty_m, radius_m)?;
    let mast = [a, b].iter().any(|r| r.source == SourceKind::Cell);
    let needed = if mast { Grade::Definite } else { Grade::Probable };
    // A cell record without a range would be definite at its mast: its radius is not 0 but unknown.
    let known = [a, b].iter().all(|r| r.source != SourceKind::Cell || r.uncertainty_m > 0.0);
    (grade >= needed && known).then_some(grade)
}

/// The times of contacts as maximal stretches, in order.
pub(super) fn stretches(contacts: &[Contact]) -> Vec<Span> {
    maximal(contacts.iter().map(|c| c.span).collect())
}

/// Stretches, joined where they touch.
fn maximal(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        super::sweep::join(&mut joined, span);
    }
    joined
}

/// What contacts at one radius say together, without each of them.
#[derive(Debug, Clone, PartialEq, Default)]
struct Near {
    /// How many there are.
    contacts: usize,
    /// The nearest, the first of several.
    nearest: Option<Contact>,
    /// Their times as maximal stretches, in order.
    observed: Vec<Span>,
    /// These, joined where they are no further apart than the gap.
    encounters: Vec<(i64, i64)>,
}

impl Near {
    fn of(contacts: &[Contact], gap_us: i64) -> Self {
        let nearest = contacts.iter().min_by(|p, q| p.distance_m.total_cmp(&q.distance_m)).copied();
        let observed = stretches(contacts);
        let encounters = joined(observed.iter().map(|span| (span.from_us, span.to_us)), gap_us);
        Self { contacts: contacts.len(), nearest, observed, encounters }
    }
}

/// What is kept of a chunk of the first device: the numbers of the second's chunks in its time, and what the contacts say at
/// each radius, their records by position in these chunks.
#[derive(Debug)]
struct Beside {
    numbers: Vec<u64>,
    near: Vec<Near>,
}

/// What is kept of two devices' contacts, for each chunk of the first, by its number and in its order.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Contacts {
    asked: Option<(Vec<f64>, i64, i64)>,
    kept: Vec<(u64, Beside)>,
}

impl Contacts {
    /// What the contacts of two devices say at each radius, within a window; encounters are joined over a gap. Read again is
    /// only what has changed.
    pub(super) fn of<'k>(
        &'k mut self,
        a: &'k [Reached<'k>],
        b: &[Reached<'_>],
        radii_m: &[f64],
        (window_us, gap_us): (i64, i64),
    ) -> Met<'k> {
        let asked = Some((radii_m.to_vec(), window_us, gap_us));
        if self.asked != asked {
            *self = Self { asked, kept: Vec::new() };
        }
        let numbers: Vec<u64> = a.iter().map(|chunk| chunk.number).collect();
        let old = aligned(std::mem::take(&mut self.kept), &numbers);
        self.kept.reserve_exact(a.len());
        let mut all = vec![(0, None); radii_m.len()];
        for (chunk, old) in a.iter().zip(old) {
            let (from_us, to_us) = (chunk.from_us.saturating_sub(window_us), chunk.to_us.saturating_add(window_us));
            let beside = of_time(b, from_us, to_us);
            let numbers = beside.clone().map(|other| other.number);
            let kept = old.filter(|old| old.numbers.iter().copied().eq(numbers.clone())).unwrap_or_else(|| {
                let others = (0_u32..).zip(beside.clone().flat_map(|other| other.records));
                let in_time = others.filter(|(_, r)| r.t1_us >= from_us && r.t0_us <= to_us);
                let contacts = contacts_among(chunk.records, in_time, radii_m, window_us);
                let near = contacts.iter().map(|contacts| Near::of(contacts, gap_us)).collect();
                Beside { numbers: numbers.collect(), near }
            });
            for ((contacts, nearest), near) in all.iter_mut().zip(&kept.near) {
                *contacts += near.contacts;
                let nearer = |c: &&Contact| {
                    nearest.as_ref().is_none_or(|n: &Contact| c.distance_m.total_cmp(&n.distance_m).is_lt())
                };
                if let Some(c) = near.nearest.as_ref().filter(nearer) {
                    let first = u32::try_from(chunk.from).unwrap_or(u32::MAX);
                    *nearest = Some(Contact { a: first.saturating_add(c.a), b: in_device(beside.clone(), c.b), ..*c });
                }
            }
            self.kept.push((chunk.number, kept));
        }
        Met { all, chunks: a, kept: &self.kept }
    }
}

/// What two devices' contacts say together at each of several radii, by the number of the radius.
pub(super) struct Met<'k> {
    /// How many there are at each, and the nearest.
    all: Vec<(usize, Option<Contact>)>,
    /// The first device's chunks, and what is kept of each.
    chunks: &'k [Reached<'k>],
    kept: &'k [(u64, Beside)],
}

impl Met<'_> {
    /// How many contacts there are.
    pub(super) fn contacts(&self, radius: usize) -> usize {
        self.all.get(radius).map_or(0, |(contacts, _)| *contacts)
    }

    /// The nearest contact, the first of several.
    pub(super) fn nearest(&self, radius: usize) -> Option<Contact> {
        self.all.get(radius).and_then(|(_, nearest)| *nearest)
    }

    /// Whether a contact shares a moment with a part of the time.
    pub(super) fn shares(&self, radius: usize, part: Span) -> bool {
        // A contact lies in the time of its first record, and that in the time of its chunk.
        let chunks = of_time(self.chunks, part.from_us, part.to_us);
        // Both stand in the order of positions.
        let place = |chunk: &Reached<'_>| self.chunks.partition_point(|other| other.from < chunk.from);
        let kept = chunks.filter_map(|chunk| self.kept.get(place(chunk))?.1.near.get(radius));
        kept.into_iter().any(|near| any_shares(&near.observed, part))
    }

    /// The times of the contacts, joined where they are no further apart than the gap, in order.
    #[expect(clippy::stable_sort_primitive, reason = "one chunk after the other: mostly in order, which it is fast on")]
    pub(super) fn encounters(&self, radius: usize, gap_us: i64) -> Vec<(i64, i64)> {
        let near = self.kept.iter().filter_map(|(_, beside)| beside.near.get(radius));
        let mut encounters: Vec<(i64, i64)> = near.flat_map(|near| &near.encounters).copied().collect();
        encounters.sort();
        joined(encounters, gap_us)
    }
}

/// The position in the device of a record by its position in some of its chunks.
fn in_device<'r, 'a: 'r>(chunks: impl Iterator<Item = &'r Reached<'a>>, at: u32) -> u32 {
    let mut left = usize::try_from(at).unwrap_or(usize::MAX);
    for chunk in chunks {
        if left < chunk.records.len() {
            return u32::try_from(chunk.from + left).unwrap_or(u32::MAX);
        }
        left -= chunk.records.len();
    }
    u32::MAX
}
