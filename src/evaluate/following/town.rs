//! A made-up town for the tests: streets, people with habits, their phones, and who goes after whom.
//!
//! Everybody takes the best way by the same map, so that roads are shared more than in any real town. The truth is what the
//! generator did: a follower's phone is where the victim's phone was a lag ago, with its own error.

use std::collections::{BTreeMap, BinaryHeap};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::{Device, Record};
use crate::time::US_PER_S;

/// Streets each way.
const STREETS: usize = 30;
/// Between two streets, metres.
const BLOCK_M: f64 = 200.0;
/// 2025-11-03, a Monday, 00:00 UTC, seconds.
const MONDAY_S: f64 = 1_762_128_000.0;
/// A phone's error, metres at 68 %.
const ERROR_M: f64 = 9.0;

pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(super) fn normal(&mut self) -> f64 {
        let length = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        length * libm::cos(self.unit() * 2.0 * std::f64::consts::PI)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % n
    }
}

/// A trip as seconds, metres east, metres north, at every change of speed.
pub(super) type Trip = Vec<(f64, f64, f64)>;

pub(super) struct Town {
    /// The cost of the street east and north of each corner, metres weighed.
    costs: Vec<[f64; 2]>,
    trees: BTreeMap<usize, Vec<usize>>,
}

pub(super) fn corner(x: usize, y: usize) -> usize {
    y * STREETS + x
}

impl Town {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let costs = (0..STREETS * STREETS).map(|at| {
            let (x, y) = (at % STREETS, at / STREETS);
            // Every fifth street is a main road.
            let main = |street: usize| if street % 5 == 2 { 0.6 } else { 1.0 };
            [main(y) * chance.between(0.9, 1.1), main(x) * chance.between(0.9, 1.1)]
        });
        Self { costs: costs.collect(), trees: BTreeMap::new() }
    }

    /// From every corner the next corner on the best way to `to`.
    fn tree(&mut self, to: usize) -> &[usize] {
        let costs = &self.costs;
        self.trees.entry(to).or_insert_with(|| {
            let mut next = vec![to; costs.len()];
            let mut known = vec![u64::MAX; costs.len()];
            let mut waiting = BinaryHeap::from([(std::cmp::Reverse(0), to, to)]);
            while let Some((std::cmp::Reverse(cost), at, towards)) = waiting.pop() {
                if known[at] != u64::MAX {
                    continue;
                }
                (known[at], next[at]) = (cost, towards);
                let (x, y) = (at % STREETS, at / STREETS);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "costs of some kilometres")]
                let mut reach = |to: usize, c: f64| {
                    waiting.push((std::cmp::Reverse(cost + (c * 1e6) as u64), to, at));
                };
                if x + 1 < STREETS {
                    reach(at + 1, costs[at][0]);
                }
                if x > 0 {
                    reach(at - 1, costs[at - 1][0]);
                }
                if y + 1 < STREETS {
                    reach(at + STREETS, costs[at][1]);
                }
                if y > 0 {
                    reach(at - STREETS, costs[at - STREETS][1]);
                }
            }
            next
        })
    }

    pub(super) fn route(&mut self, from: usize, to: usize) -> Vec<usize> {
        let tree = self.tree(to);
        let mut route = vec![from];
        while let Some(&at) = route.last().filter(|at| **at != to) {
            route.push(tree[at]);
        }
        route
    }
}

pub(super) fn metres(at: usize) -> (f64, f64) {
    let street = |n: usize| f64::from(u32::try_from(n).unwrap()) * BLOCK_M;
    (street(at % STREETS), street(at / STREETS))
}

pub(super) fn between_m(a: usize, b: usize) -> f64 {
    let ((ax, ay), (bx, by)) = (metres(a), metres(b));
    (ax - bx).abs() + (ay - by).abs()
}

/// Walks or drives a route: stops at lights now and then.
pub(super) fn go(route: &[usize], depart_s: f64, speed_m_s: f64, chance: &mut Chance) -> Trip {
    let mut t = depart_s;
    let mut trip: Trip = Vec::new();
    for pair in route.windows(2) {
        let ((ax, ay), (bx, by)) = (metres(pair[0]), metres(pair[1]));
        trip.push((t, ax, ay));
        if chance.unit() < 0.15 {
            t += chance.between(5.0, 40.0);
            trip.push((t, ax, ay));
        }
        t += BLOCK_M / (speed_m_s * chance.between(0.85, 1.15));
        trip.push((t, bx, by));
    }
    trip
}

/// The same way a lag later; the lag drifts by up to three tenths.
pub(super) fn after(trip: &Trip, lag_s: f64, chance: &mut Chance) -> Trip {
    let mut drift = 0.0;
    let mut last = f64::NEG_INFINITY;
    let late = trip.iter().map(|&(t, x, y)| {
        drift = (drift + chance.normal() * 0.05 * lag_s).clamp(-0.3 * lag_s, 0.3 * lag_s);
        last = (t + lag_s + drift).max(last + 0.1);
        (last, x, y)
    });
    late.collect()
}

/// The trips of one person over the days of the case, in seconds from its first Monday, not overlapping.
#[derive(Default)]
pub(super) struct Life {
    trips: Vec<Trip>,
}

impl Life {
    /// Adds a trip, unless another is under way then.
    pub(super) fn add(&mut self, trip: Trip) -> bool {
        let (Some(first), Some(last)) = (trip.first(), trip.last()) else { return false };
        let clash = |other: &Trip| other[0].0 < last.0 + 60.0 && first.0 < other[other.len() - 1].0 + 60.0;
        if self.trips.iter().any(clash) {
            return false;
        }
        self.trips.push(trip);
        true
    }

    /// Drops what is under way between two times.
    pub(super) fn clear(&mut self, from_s: f64, to_s: f64) {
        self.trips.retain(|trip| trip[trip.len() - 1].0 < from_s || trip[0].0 > to_s);
    }

    pub(super) fn trips(&self) -> &[Trip] {
        &self.trips
    }

    /// What the phone records: a fix in ten seconds on the way, one in twenty minutes at rest.
    pub(super) fn phone(&self, name: &str, chance: &mut Chance) -> Device {
        let mut trips = self.trips.clone();
        trips.sort_by(|a, b| a[0].0.total_cmp(&b[0].0));
        let mut records = Vec::new();
        let sigma = ERROR_M / 1.5096;
        let mut record = |t: f64, x: f64, y: f64, chance: &mut Chance| {
            let (x, y) = (x + chance.normal() * sigma, y + chance.normal() * sigma);
            let (lat, lon) = (51.5 + y / 111_250.0, x / (111_400.0 * 51.5_f64.to_radians().cos()));
            #[expect(clippy::cast_possible_truncation, reason = "seconds of this century")]
            records.push(Record::at(((MONDAY_S + t).round() as i64) * US_PER_S, lat, lon, ERROR_M));
        };
        for (n, trip) in trips.iter().enumerate() {
            let offset = chance.between(0.0, 10.0);
            let mut t = trip[0].0 - 60.0 + offset;
            let end = trip[trip.len() - 1];
            let mut leg = 0;
            while t <= end.0 + 60.0 {
                while leg + 1 < trip.len() && trip[leg + 1].0 < t {
                    leg += 1;
                }
                let (a, b) = (trip[leg], trip[(leg + 1).min(trip.len() - 1)]);
                let share = if b.0 > a.0 { ((t - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 0.0 };
                record(t, a.1 + share * (b.1 - a.1), a.2 + share * (b.2 - a.2), chance);
                t += 10.0;
            }
            let next = trips.get(n + 1).map_or(end.0 + 3_600.0, |next| next[0].0);
            let mut rest = end.0 + 1_200.0;
            while rest < next - 120.0 {
                record(rest, end.1, end.2, chance);
                rest += 1_200.0;
            }
        }
        Device::new(name, name, records)
    }
}
