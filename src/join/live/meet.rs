//! The verdict on a pair, with both sides prepared alike.

use crate::index::Comparator;
use crate::index::compare::{Threshold, Verdict};

use super::super::items::Item;
use super::super::physical::JoinSpec;
use super::super::predicate::Side;
use super::super::probe::Work;
use super::block::{Probe, Reaching, reach_m};
use super::run::RadiusTerms;

/// How pairs are judged: by the predicate, whichever side came first.
pub struct Judge<'a> {
    spec: &'a JoinSpec,
    comparator: Comparator,
    /// The radius and its threshold where the predicate has one for all pairs.
    fixed: Option<(f64, Threshold)>,
    constants: &'a [Option<f64>],
    /// The most that the constant terms come to, metres.
    constant_m: f64,
}

/// One row of a pair.
#[derive(Clone, Copy)]
pub struct End<'a> {
    /// Its place and time.
    pub item: &'a Item,
    /// The terms of the radius that it and rows beside it bring.
    pub radius: &'a RadiusTerms,
    /// Where it lies among them.
    pub row: usize,
}

impl<'a> Judge<'a> {
    /// Of a predicate and the constant terms of its radius.
    pub fn new(spec: &'a JoinSpec, constants: &'a [Option<f64>]) -> Self {
        let all: Option<f64> = constants.iter().copied().sum();
        let fixed = all.map(|radius_m| (radius_m, Threshold::new(radius_m)));
        let constant_m = reach_m(constants.iter().flatten().copied());
        Self { spec, comparator: Comparator::new(spec.metric), fixed, constants, constant_m }
    }

    /// A newcomer as blocks are asked about it. `reach_m` is what its row adds to the radius at most.
    pub fn probe(&self, item: &Item, cos_lat: f64, reach_m: f64) -> Probe {
        let (lat_deg, lon_deg) = (item.anchor.lat_deg, item.anchor.lon_deg);
        Probe { lat_deg, lon_deg, cos_lat, reach_m: reach_m + self.constant_m }
    }

    /// Whether a row is certainly too far from a newcomer, by what both reach at most: its own terms need not be looked up.
    pub fn is_beyond(&self, newcomer: &Probe, held: &Reaching) -> bool {
        let most = Threshold::new(newcomer.reach_m + held.reach_m);
        let Probe { lat_deg, lon_deg, cos_lat, .. } = *newcomer;
        self.comparator.judge(&held.item.anchor, lat_deg, lon_deg, cos_lat, most) == Verdict::Beyond
    }

    /// Whether a pair that is together in time is within the radius. `cos_lat` is that of the newcomer's latitude.
    pub fn near(&self, newcomer: End<'_>, side: Side, cos_lat: f64, held: End<'_>, work: &mut Work) -> bool {
        let (left, right) = if side == Side::Left { (newcomer, held) } else { (held, newcomer) };
        let (radius_m, threshold) = self.fixed.unwrap_or_else(|| {
            let radius_m = self.radius_m(left, right);
            (radius_m, Threshold::new(radius_m))
        });
        let n = &newcomer.item.anchor;
        match self.comparator.judge(&held.item.anchor, n.lat_deg, n.lon_deg, cos_lat, threshold) {
            Verdict::Within => true,
            Verdict::Beyond => false,
            Verdict::Unsure => {
                work.refined += 1;
                self.is_within(left.item, right.item, radius_m)
            }
        }
    }

    /// The terms added in the order the predicate adds them, so that they round as it does.
    fn radius_m(&self, left: End<'_>, right: End<'_>) -> f64 {
        let of = |end: End<'_>, place: usize| {
            let term = end.radius.iter().find(|(p, _)| *p == place);
            term.map(|(_, c)| c.value(end.row))
        };
        let term = |place: usize, constant: &Option<f64>| {
            constant.or_else(|| of(left, place)).or_else(|| of(right, place)).unwrap_or(f64::NAN)
        };
        let mut terms = self.constants.iter().enumerate().map(|(place, c)| term(place, c));
        let first = terms.next().unwrap_or(f64::NAN);
        terms.fold(first, |sum, term| sum + term)
    }

    fn is_within(&self, left: &Item, right: &Item, radius_m: f64) -> bool {
        let (a, b) = if self.spec.right_first { (&right.anchor, &left.anchor) } else { (&left.anchor, &right.anchor) };
        let d = self.spec.metric.distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg);
        // As SQL compares: zero has no sign, and not-a-number is beyond infinity.
        let order = d.total_cmp(&(radius_m + 0.0));
        if self.spec.strict { order.is_lt() } else { order.is_le() }
    }
}
