//! People who live in one town and have nothing to do with each other, or something: for the tests of chance.
//!
//! Everybody has a home, a place of work and tastes: which of the town's spots they go to in the evening and at weekends,
//! at hours of their own. Everybody is away for some days. A record every quarter of an hour by day.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::evaluate::{Device, Record};
use crate::time::US_PER_S;

/// Days of a life.
pub(super) const DAYS: i64 = 140;
/// 2025-04-07T00:00:00Z, a Monday.
pub(super) const START_US: i64 = 1_743_984_000 * US_PER_S;
/// Seconds between records, about.
const STEP_S: i64 = 900;
/// The town's spots where anybody may go.
const SPOTS: usize = 6;

/// North and east of a corner of the town, metres.
type Place = (f64, f64);

/// A stream of chance.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform from 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// A whole number from `low` to below `high`.
    pub(super) fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + i64::from(self.0.next_u32()) % (high - low)
    }

    fn place(&mut self) -> Place {
        (self.unit() * 8_000.0, self.unit() * 8_000.0)
    }

    fn noise_m(&mut self) -> f64 {
        (-2.0 * libm::log(1.0 - self.unit())).sqrt() * 12.0
    }
}

/// The spots of a town.
pub(super) struct Town([Place; SPOTS]);

impl Town {
    pub(super) fn new(chance: &mut Chance) -> Self {
        Self(std::array::from_fn(|_| chance.place()))
    }
}

/// Somewhere from a second to a second after the start.
#[derive(Clone, Copy)]
pub(super) struct Stay {
    from_s: i64,
    to_s: i64,
    pub(super) at: Place,
    /// Whether it is an outing to one of the town's spots.
    pub(super) outing: bool,
}

/// Who somebody is.
pub(super) struct Person {
    home: Place,
    work: Place,
    tastes: [f64; SPOTS],
}

impl Person {
    pub(super) fn new(chance: &mut Chance) -> Self {
        Self { home: chance.place(), work: chance.place(), tastes: std::array::from_fn(|_| 0.2 + chance.unit()) }
    }

    /// Somebody else with the same place of work and the same tastes.
    pub(super) fn former_partner(&self, chance: &mut Chance) -> Self {
        Self { home: chance.place(), work: self.work, tastes: self.tastes }
    }

    fn spot(&self, town: &Town, chance: &mut Chance) -> Place {
        let mut left = chance.unit() * self.tastes.iter().sum::<f64>();
        for (place, taste) in town.0.iter().zip(self.tastes) {
            left -= taste;
            if left < 0.0 {
                return *place;
            }
        }
        town.0[0]
    }

    /// What somebody does, in order of time; a later stay wins over an earlier one.
    pub(super) fn life(&self, town: &Town, chance: &mut Chance) -> Vec<Stay> {
        let (away, resort) = (chance.whole(0, DAYS - 7), (300_000.0 * (1.0 + chance.unit()), 0.0));
        let mut stays = Vec::new();
        for day in 0..DAYS {
            let at = |minutes: i64| day * 86_400 + minutes * 60;
            let mut stay = |from_s, to_s, at, outing| stays.push(Stay { from_s, to_s, at, outing });
            if (away..away + 7).contains(&day) {
                stay(at(0), at(1_440), resort, false);
                continue;
            }
            stay(at(0), at(1_440), self.home, false);
            let weekday = day % 7 < 5;
            if weekday {
                stay(at(480 + chance.whole(0, 40)), at(1_000 + chance.whole(0, 60)), self.work, false);
            }
            let outings = if weekday { vec![(1_080, 0.5)] } else { vec![(600, 0.6), (840, 0.5), (1_140, 0.5)] };
            for (earliest, share) in outings {
                if chance.unit() < share {
                    let from = earliest + chance.whole(0, 150);
                    stay(at(from), at(from + chance.whole(40, 130)), self.spot(town, chance), true);
                }
            }
        }
        stays
    }
}

/// The suspect's stays with some of the victim's outings among them: the device comes a while after hers and stays.
pub(super) fn stalking(mut own: Vec<Stay>, hers: &[Stay], times: usize, chance: &mut Chance) -> Vec<Stay> {
    let outings: Vec<Stay> = hers.iter().filter(|stay| stay.outing).copied().collect();
    for _ in 0..times {
        let at = usize::try_from(chance.whole(0, i64::try_from(outings.len()).unwrap())).unwrap();
        let hers = outings[at];
        own.push(Stay { from_s: hers.from_s + 600, ..hers });
    }
    own
}

/// The records of a life, every quarter of an hour from six to midnight.
pub(super) fn device(name: &str, stays: &[Stay], chance: &mut Chance) -> Device {
    let mut records = Vec::new();
    let mut places = vec![None; usize::try_from(DAYS * 86_400 / 60).unwrap()];
    for stay in stays {
        let minutes = usize::try_from(stay.from_s / 60).unwrap()..usize::try_from(stay.to_s / 60).unwrap();
        for minute in minutes {
            if let Some(place) = places.get_mut(minute) {
                *place = Some(stay.at);
            }
        }
    }
    let mut s = chance.whole(0, STEP_S);
    while s < DAYS * 86_400 {
        let place = places[usize::try_from(s / 60).unwrap()];
        if let (Some(place), true) = (place, s % 86_400 >= 6 * 3_600) {
            let (north_m, east_m) = (place.0 + chance.noise_m() - 15.0, place.1 + chance.noise_m() - 15.0);
            let t_us = START_US + s * US_PER_S;
            records.push(Record::at(t_us, 51.5 + north_m / 111_250.0, -0.12 + east_m / 69_300.0, 20.0));
        }
        s += STEP_S + chance.whole(-120, 120);
    }
    Device::new(name, "", records)
}
