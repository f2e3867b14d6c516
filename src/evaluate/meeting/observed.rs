//! Records of two devices that are near each other in space and time, as the engine's proximities are.

use crate::evaluate::case::Record;
use crate::evaluate::prism::Span;
use crate::index::{Comparator, Metric, Verdict, compare::Threshold, distance_m};
use crate::model::{Grade, ProximityParams, SourceKind};

/// A record of one device with one of the other near it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// The first device's record.
    pub a: Record,
    /// The second device's record: of those near it, the nearest.
    pub b: Record,
    /// Geodesic distance of the centres, metres.
    pub distance_m: f64,
    /// Definite or probable.
    pub grade: Grade,
}

impl Contact {
    /// When: the first record's interval, as far as the second's, widened by the tolerance, reaches.
    #[must_use]
    pub fn span(&self, window_us: i64) -> Span {
        Span {
            from_us: self.a.t0_us.max(self.b.t0_us.saturating_sub(window_us)),
            to_us: self.a.t1_us.min(self.b.t1_us.saturating_add(window_us)),
        }
    }
}

/// The second device's records by start, with the latest end so far, so that those of a time are found by halving.
struct Others<'a> {
    records: Vec<&'a Record>,
    latest_us: Vec<i64>,
}

impl<'a> Others<'a> {
    fn new(records: impl Iterator<Item = &'a Record>) -> Self {
        let records: Vec<&Record> = records.collect();
        let mut latest = i64::MIN;
        let latest_us = records
            .iter()
            .map(|r| {
                latest = latest.max(r.t1_us);
                latest
            })
            .collect();
        Self { records, latest_us }
    }

    fn during(&self, from_us: i64, to_us: i64) -> impl Iterator<Item = &'a Record> {
        let first = self.latest_us.partition_point(|&end| end < from_us);
        let rest = self.records.iter().copied().skip(first);
        rest.take_while(move |r| r.t0_us <= to_us).filter(move |r| r.t1_us >= from_us)
    }
}

/// For each of the first device's records the nearest of the second's that is within the radius and the time tolerance,
/// in the order of the first; each list in the order of content.
///
/// Only definite and probable pairs are contacts; if either is a cell record, whose position is the mast's, only definite.
#[must_use]
pub fn contacts(a: &[Record], b: &[Record], params: &ProximityParams) -> Vec<Contact> {
    let comparator = Comparator::new(Metric::Geodesic);
    let threshold = Threshold::new(params.radius_m);
    // Long stays apart: among many short records one would make every search begin at it.
    let long = |r: &&Record| r.t1_us.saturating_sub(r.t0_us) > params.window_us;
    let lists = [Others::new(b.iter().filter(|r| !long(r))), Others::new(b.iter().filter(long))];
    let mut found = Vec::new();
    for one in a {
        let (from_us, to_us) = (one.t0_us.saturating_sub(params.window_us), one.t1_us.saturating_add(params.window_us));
        let anchor = comparator.anchor(one.lat_deg, one.lon_deg);
        let mut best: Option<Contact> = None;
        for other in lists.iter().flat_map(|list| list.during(from_us, to_us)) {
            let cos_lat = libm::cos(other.lat_deg.to_radians());
            if comparator.judge(&anchor, other.lat_deg, other.lon_deg, cos_lat, threshold) != Verdict::Beyond
                && let Some(contact) = contact(one, other, params.radius_m)
                && best.as_ref().is_none_or(|old| nearer(&contact, old))
            {
                best = Some(contact);
            }
        }
        found.extend(best);
    }
    found
}

fn nearer(new: &Contact, old: &Contact) -> bool {
    new.distance_m.total_cmp(&old.distance_m).then_with(|| new.b.order(&old.b)).is_lt()
}

fn contact(a: &Record, b: &Record, radius_m: f64) -> Option<Contact> {
    let distance_m = distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg);
    let grade = Grade::of(distance_m, a.uncertainty_m + b.uncertainty_m, radius_m)?;
    let mast = [a, b].iter().any(|r| r.source == SourceKind::Cell);
    let needed = if mast { Grade::Definite } else { Grade::Probable };
    // A cell record without a range would be definite at its mast: its radius is not 0 but unknown.
    let known = [a, b].iter().all(|r| r.source != SourceKind::Cell || r.uncertainty_m > 0.0);
    (grade >= needed && known).then_some(Contact { a: *a, b: *b, distance_m, grade })
}
