//! What a device records of where its owner truly is, in the order of time.

use std::sync::Arc;

use crate::model::SourceKind;
use crate::simulate::noise::Noise;
use crate::simulate::observe::{mast, sector_deg};
use crate::simulate::plane::{Plane, Point};
use crate::simulate::track::Track;

use super::device::{Device, DeviceKind};
use super::params::Sampling;
use super::record::Observed;

/// No position is farther out than this, metres: the largest error that phones and tags are known to make in a street
/// is of this order, and a near miss must not become an encounter by error alone.
const WORST_ERROR_M: f64 = 250.0;
/// One record in this many has an error several times as large as the device reports.
const OUTLIER_IN: u32 = 100;
const OUTLIER_FACTOR: f64 = 3.0;
/// The radius given to a position by cell, metres.
const CELL_RADIUS_M: u32 = 2_000;
const CAMERA_RADIUS_M: u32 = 50;
const US_PER_MS: i64 = 1_000;

/// What a device's records are made from.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) map: Plane,
    pub(super) track: Arc<Track>,
    /// When and where cameras saw the car.
    pub(super) seen: Arc<[(i64, Point)]>,
    pub(super) from_us: i64,
    /// Exclusive.
    pub(super) to_us: i64,
}

/// The records of one device, in the order of true time.
#[derive(Debug)]
pub(super) struct Sampler {
    device: Arc<Device>,
    life: Life,
    noise: Noise,
    sampling: Sampling,
    next_us: i64,
    reads: usize,
}

impl Sampler {
    pub(super) fn new(device: Arc<Device>, life: Life, sampling: Sampling, seed: u64) -> Self {
        let noise = Noise::new(seed, device.stream);
        let next_us = life.from_us;
        let mut sampler = Self { device, life, noise, sampling, next_us, reads: 0 };
        // Devices do not all begin on the stroke.
        sampler.next_us += sampler.step_us();
        sampler
    }

    /// The interval to the next record, microseconds.
    fn step_us(&mut self) -> i64 {
        let s = &self.sampling;
        let interval_s = match self.device.kind {
            DeviceKind::Phone if self.life.track.moves(self.next_us) => s.phone_moving_s,
            DeviceKind::Phone => s.phone_resting_s,
            DeviceKind::Sim => s.cell_s,
            DeviceKind::Tag => s.tag_s,
            DeviceKind::Car => return 0,
        };
        let (low_ms, high_ms) = s.spaced_ms(interval_s);
        i64::from(self.noise.whole(low_ms, high_ms)) * US_PER_MS
    }

    fn passed(&mut self) -> Option<Observed> {
        let (t_us, road) = *self.life.seen.get(self.reads)?;
        self.reads += 1;
        // A camera stands beside the road and belongs to nobody: its errors are not the car's.
        let camera = road.plus(Point::new(12.0, 9.0));
        (t_us < self.life.to_us).then(|| self.observed(t_us, camera, SourceKind::Anpr, CAMERA_RADIUS_M))
    }

    fn located(&mut self, t_us: i64) -> Observed {
        let truly = self.life.track.at(t_us);
        match self.device.kind {
            DeviceKind::Sim => {
                let mast = mast(truly, self.noise.whole(0, 1));
                let azimuth_deg = sector_deg(mast.bearing_deg(truly));
                Observed {
                    azimuth_deg: Some(azimuth_deg),
                    ..self.observed(t_us, mast, SourceKind::Cell, CELL_RADIUS_M)
                }
            }
            DeviceKind::Tag => self.measured(t_us, truly, SourceKind::Tag, (10, 60)),
            _ if !self.life.track.moves(t_us) && self.noise.whole(0, 2) == 0 => {
                self.measured(t_us, truly, SourceKind::Wifi, (15, 60))
            }
            _ => self.measured(t_us, truly, SourceKind::Gps, (4, 30)),
        }
    }

    /// A position with an error: as large as reported times the device's factor, and now and then larger.
    fn measured(&mut self, t_us: i64, truly: Point, source: SourceKind, (best_m, worst_m): (u32, u32)) -> Observed {
        let radius_m = self.noise.whole(best_m, worst_m);
        let outlier = if self.noise.whole(1, OUTLIER_IN) == 1 { OUTLIER_FACTOR } else { 1.0 };
        let error = self.noise.error(f64::from(radius_m) * self.device.error_factor * outlier);
        let length_m = error.distance_m(Point::new(0.0, 0.0));
        let within = if length_m > WORST_ERROR_M { WORST_ERROR_M / length_m } else { 1.0 };
        let at = truly.plus(Point::new(error.east_m * within, error.north_m * within));
        self.observed(t_us, at, source, radius_m)
    }

    fn observed(&self, true_us: i64, at: Point, source: SourceKind, uncertainty_m: u32) -> Observed {
        let (lat_deg, lon_deg) = self.life.map.degrees(at);
        Observed {
            true_us,
            t_us: true_us + self.device.clock_error_us,
            lat_e7: e7(lat_deg),
            lon_e7: e7(lon_deg),
            uncertainty_m,
            azimuth_deg: None,
            source,
        }
    }
}

impl Iterator for Sampler {
    type Item = Observed;

    fn next(&mut self) -> Option<Observed> {
        if self.device.kind == DeviceKind::Car {
            return self.passed();
        }
        while self.next_us < self.life.to_us {
            let t_us = self.next_us;
            let step_us = self.step_us().max(US_PER_MS);
            self.next_us += step_us;
            if !self.device.is_silent(t_us) {
                return Some(self.located(t_us));
            }
        }
        None
    }
}

fn e7(deg: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "180 degrees are 1.8e9; a cast of a float saturates")]
    let whole = (deg * 1e7).round() as i64;
    whole
}
