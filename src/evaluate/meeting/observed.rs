//! Records of two devices that are near each other in space and time, as the engine's proximities are.

use crate::evaluate::case::Record;
use crate::evaluate::prism::Span;
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
pub(super) fn contacts_at(a: &[Record], b: &[Record], radii_m: &[f64], window_us: i64) -> Vec<Vec<Contact>> {
    let comparator = Comparator::new(Metric::Geodesic);
    // Long stays apart: among many short records one would make every search begin at it.
    let long = |r: &Record| r.t1_us.saturating_sub(r.t0_us) > window_us;
    let other = || (0_u32..).zip(b);
    let lists = [Others::new(other().filter(|(_, r)| !long(r))), Others::new(other().filter(|(_, r)| long(r)))];
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
    let mut spans: Vec<Span> = contacts.iter().map(|c| c.span).collect();
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        super::sweep::join(&mut joined, span);
    }
    joined
}
