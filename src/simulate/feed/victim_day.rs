//! A victim's days: home, work, a cafe at noon, a walk in the evening, and a walk in the night when the clocks change.

use crate::simulate::noise::Noise;
use crate::simulate::track::{Journey, Track, winding};
use crate::time::US_PER_S;

use super::calendar::Calendar;
use super::people::Victim;

pub(super) const CAR_MPS: f64 = 9.0;
pub(super) const WALK_MPS: f64 = 1.4;

const MINUTE_US: i64 = 60 * US_PER_S;
/// How long she is at the cafe.
const LUNCH_US: i64 = 40 * MINUTE_US;
/// How long she stays in the park.
const PARK_US: i64 = 25 * MINUTE_US;
/// How long she is out in a night when the clocks change: the hour that occurs twice, and more.
const NIGHT_US: i64 = 130 * MINUTE_US;

/// When a victim leaves where she is, UTC microseconds.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "units stand in names")]
pub(super) struct Hours {
    to_work_us: i64,
    /// From work to the cafe.
    pub(super) lunch_us: i64,
    to_home_us: i64,
    /// From home to the park.
    pub(super) walk_us: i64,
    /// From home into the yard, in a night when the clocks change.
    pub(super) night_us: Option<i64>,
}

impl Hours {
    pub(super) fn of(calendar: &Calendar, day: u32, noise: &mut Noise) -> Self {
        let mut about = |hour, minute, minutes: u32| {
            let late_s = i64::from(noise.whole(0, 2 * minutes * 60)) - i64::from(minutes) * 60;
            calendar.at(day, hour, minute) + late_s * US_PER_S
        };
        Self {
            to_work_us: about(7, 30, 20),
            lunch_us: about(12, 30, 5),
            to_home_us: about(17, 0, 5),
            walk_us: about(19, 5, 10),
            night_us: (day > 0 && calendar.clocks_change(day)).then(|| calendar.at(day, 0, 30)),
        }
    }
}

/// Where she truly was over all days.
pub(super) fn live(victim: &Victim, hours: &[Hours], (start_us, end_us): (i64, i64), noise: &mut Noise) -> Track {
    let mut j = Journey::begin(start_us, victim.home);
    for day in hours {
        if let Some(night_us) = day.night_us {
            j.stay_until(night_us);
            j.walk(&[victim.yard], WALK_MPS);
            j.stay_until(night_us + NIGHT_US);
            j.walk(&[victim.home], WALK_MPS);
        }
        j.stay_until(day.to_work_us);
        let mut commute = winding(victim.home, victim.work, noise);
        j.walk(&commute, CAR_MPS);
        j.stay_until(day.lunch_us);
        j.walk(&[victim.cafe], WALK_MPS);
        j.stay_until(day.lunch_us + LUNCH_US);
        j.walk(&[victim.work], WALK_MPS);
        j.stay_until(day.to_home_us);
        commute.reverse();
        j.walk(&commute, CAR_MPS);
        j.stay_until(day.walk_us);
        j.walk(&victim.to_park, WALK_MPS);
        let arrived_us = j.now_us();
        j.stay_until(arrived_us + PARK_US);
        let mut back = victim.to_park;
        back.reverse();
        j.walk(&back, WALK_MPS);
    }
    j.stay_until(end_us);
    j.end().0
}
