//! One device's records in the order of their delivery: late, out of order, and some of them twice.
//!
//! Memory: what lies between the shortest and the longest delay; never the device's whole history.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::simulate::noise::Noise;

use super::device::Delivery;
use super::record::Observed;
use super::sampler::Sampler;

const US_PER_MS: i64 = 1_000;
/// How fast a returned file is delivered: one record in this time, microseconds.
const RETURNED_STEP_US: i64 = 1_000;
/// Records of a returned file change places within this, milliseconds.
const RETURNED_JITTER_MS: u32 = 50;
/// A duplicate comes at most this long after the first, milliseconds.
const AGAIN_MS: u32 = 600_000;
/// The stream of chance of a device's delivery, apart from that of its records.
const DELIVERY_STREAM: u64 = 1 << 60;

/// A record on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parcel {
    pub(super) deliver_us: i64,
    pub(super) observed: Observed,
    /// It was delivered before.
    pub(super) duplicate: bool,
    /// Its number among the device's parcels.
    number: u64,
}

impl Parcel {
    fn rank(&self) -> (i64, u64) {
        (self.deliver_us, self.number)
    }
}

impl PartialEq for Parcel {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Parcel {}

impl PartialOrd for Parcel {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Parcel {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// The records of one device, in the order of their delivery.
#[derive(Debug)]
pub(super) struct Deliveries {
    sampler: Sampler,
    delivery: Delivery,
    duplicate_share: f64,
    noise: Noise,
    /// Made and not yet delivered.
    waiting: BinaryHeap<Reverse<Parcel>>,
    /// The next record of the sampler.
    ahead: Option<Observed>,
    made: u64,
    numbered: u64,
}

impl Deliveries {
    pub(super) fn new(
        mut sampler: Sampler,
        delivery: Delivery,
        duplicate_share: f64,
        (seed, stream): (u64, u64),
    ) -> Self {
        let ahead = sampler.next();
        let noise = Noise::new(seed, stream | DELIVERY_STREAM);
        let waiting = BinaryHeap::new();
        Self { sampler, delivery, duplicate_share, noise, waiting, ahead, made: 0, numbered: 0 }
    }

    /// The earliest that the record ahead, or any after it, can be delivered.
    fn floor_us(&self, ahead: &Observed) -> i64 {
        match self.delivery {
            Delivery::Live(least_ms, _) => ahead.true_us + i64::from(least_ms) * US_PER_MS,
            Delivery::Returned(at_us) => self.in_turn_us(at_us),
        }
    }

    fn in_turn_us(&self, at_us: i64) -> i64 {
        at_us.saturating_add(i64::try_from(self.made).unwrap_or(i64::MAX).saturating_mul(RETURNED_STEP_US))
    }

    fn send(&mut self, observed: Observed) {
        let first_us = match self.delivery {
            Delivery::Live(least_ms, most_ms) => {
                // Most records come soon, a few come late.
                let part = self.noise.unit();
                let late_ms = f64::from(most_ms - least_ms) * part * part * part;
                #[expect(clippy::cast_possible_truncation, reason = "below a u32 of milliseconds")]
                let late_ms = late_ms as i64;
                observed.true_us + (i64::from(least_ms) + late_ms) * US_PER_MS
            }
            Delivery::Returned(at_us) => {
                self.in_turn_us(at_us) + i64::from(self.noise.whole(0, RETURNED_JITTER_MS)) * US_PER_MS
            }
        };
        self.made += 1;
        self.push(first_us, observed, false);
        if self.noise.unit() < self.duplicate_share {
            let again_us = first_us + i64::from(self.noise.whole(1, AGAIN_MS)) * US_PER_MS;
            self.push(again_us, observed, true);
        }
    }

    fn push(&mut self, deliver_us: i64, observed: Observed, duplicate: bool) {
        self.numbered += 1;
        self.waiting.push(Reverse(Parcel { deliver_us, observed, duplicate, number: self.numbered }));
    }
}

impl Iterator for Deliveries {
    type Item = Parcel;

    fn next(&mut self) -> Option<Parcel> {
        while let Some(ahead) = self.ahead {
            let floor_us = self.floor_us(&ahead);
            if self.waiting.peek().is_some_and(|Reverse(parcel)| parcel.deliver_us <= floor_us) {
                break;
            }
            self.send(ahead);
            self.ahead = self.sampler.next();
        }
        self.waiting.pop().map(|Reverse(parcel)| parcel)
    }
}
