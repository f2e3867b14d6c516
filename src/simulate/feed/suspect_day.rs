//! A suspect's days: home and work, and what is planted between them.
//!
//! ```text
//!   midnight        07:00   12:00        15:00           18:15          20:45
//!   night meeting │ work │ meeting     │ waiting       │ following    │ arrest, on the last day
//!                        │ near in time│ near in space │
//! ```
//! Every chapter lies well inside its slot, so that one does not run into the next; no phone is silent after 12:00.

use crate::simulate::noise::Noise;
use crate::simulate::plane::Point;
use crate::simulate::track::{Journey, Track, winding};
use crate::time::US_PER_S;

use super::calendar::Calendar;
use super::people::{Suspect, Victim};
use super::truth::PlantedKind;
use super::victim_day::{CAR_MPS, Hours, WALK_MPS};

const MINUTE_US: i64 = 60 * US_PER_S;
/// How far from the park a follower turns back, metres.
const KEPT_M: f64 = 50.0;
/// How much of a near miss is cut from both ends: there the suspect is on the way, and anything may lie beside it.
const CUT_US: i64 = 5 * MINUTE_US;

/// A stretch that was planted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chapter {
    pub(super) kind: PlantedKind,
    /// The victim's number in the case, from 0.
    pub(super) victim: usize,
    pub(super) from_us: i64,
    pub(super) to_us: i64,
}

/// How a suspect truly lived.
#[derive(Debug)]
pub(super) struct SuspectLife {
    pub(super) track: Track,
    /// When and where cameras saw the car.
    pub(super) seen: Vec<(i64, Point)>,
    pub(super) chapters: Vec<Chapter>,
}

/// What a suspect's life depends on.
pub(super) struct Setting<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) victims: &'a [Victim],
    /// The hours of each victim, day by day.
    pub(super) hours: &'a [Vec<Hours>],
    pub(super) span_us: (i64, i64),
    /// When he is arrested, if he is.
    pub(super) arrest_us: Option<i64>,
    pub(super) planted_share: f64,
    /// Shifts the kinds of what is planted from case to case and suspect to suspect.
    pub(super) shift: u32,
    pub(super) days: u32,
}

/// Where he truly was over all days, and what was planted.
pub(super) fn live(suspect: &Suspect, setting: &Setting<'_>, noise: &mut Noise) -> SuspectLife {
    let journey = Journey::begin(setting.span_us.0, suspect.home);
    let mut telling = Telling { journey, at: suspect.home, noise, chapters: Vec::new(), victim: 0 };
    for day in 0..setting.days {
        telling.day(suspect, setting, day);
    }
    if let Some(arrest_us) = setting.arrest_us {
        telling.journey.stay_until(arrest_us);
        telling.drive(suspect.station);
    }
    telling.journey.stay_until(setting.span_us.1);
    let (track, seen) = telling.journey.end();
    SuspectLife { track, seen, chapters: telling.chapters }
}

struct Telling<'a> {
    journey: Journey,
    at: Point,
    noise: &'a mut Noise,
    chapters: Vec<Chapter>,
    victim: usize,
}

impl Telling<'_> {
    fn day(&mut self, suspect: &Suspect, setting: &Setting<'_>, day: u32) {
        let turn = setting.shift.wrapping_add(day);
        let (Ok(turn_at), Ok(day_at)) = (usize::try_from(turn), usize::try_from(day)) else { return };
        self.victim = turn_at % setting.victims.len().max(1);
        let victim = setting.victims.get(self.victim);
        let hours = setting.hours.get(self.victim).and_then(|days| days.get(day_at));
        let (Some(victim), Some(hours)) = (victim, hours) else { return };
        let clock = |hour, minute| setting.calendar.at(day, hour, minute);
        let mut planted = || self.noise.unit() < setting.planted_share;
        let [noon, afternoon, evening, night] = [planted(), planted(), planted(), planted()];

        if let Some(night_us) = hours.night_us.filter(|_| night) {
            self.meet_at_night(victim, night_us);
            self.drive(suspect.home);
        }
        self.journey.stay_until(clock(7, 0));
        self.drive(suspect.work);
        self.journey.stay_until(clock(12, 0));
        match (noon, turn.is_multiple_of(2)) {
            (true, true) => self.meet(victim, hours),
            (true, false) => self.be_near_in_time(victim, hours),
            (false, _) => {}
        }
        self.drive(suspect.work);
        self.journey.stay_until(clock(15, 0));
        match (afternoon, (turn / 2).is_multiple_of(2)) {
            (true, true) => self.wait(victim, clock(17, 40)),
            (true, false) => self.be_near_in_space(victim),
            (false, _) => {}
        }
        self.journey.stay_until(clock(17, 0));
        self.drive(suspect.home);
        self.journey.stay_until(clock(18, 15));
        if evening {
            self.follow(victim, hours);
        }
        self.drive(suspect.home);
    }

    fn drive(&mut self, to: Point) {
        if to.distance_m(self.at) < 1.0 {
            return;
        }
        let route = winding(self.at, to, self.noise);
        self.journey.drive(&route, CAR_MPS);
        self.at = to;
    }

    fn plant(&mut self, kind: PlantedKind, from_us: i64, to_us: i64) {
        self.chapters.push(Chapter { kind, victim: self.victim, from_us, to_us });
    }

    /// A point 6 to 15 m from another.
    fn beside(&mut self, of: Point) -> Point {
        let (east_m, north_m) = (self.noise.between(4.0, 11.0), self.noise.between(4.0, 11.0));
        of.plus(Point::new(east_m, north_m))
    }

    /// Is at the cafe when she comes, and leaves with her.
    fn meet(&mut self, victim: &Victim, hours: &Hours) {
        let spot = self.beside(victim.cafe);
        self.drive(spot);
        let from_us = self.journey.now_us();
        let to_us = hours.lunch_us + 38 * MINUTE_US;
        self.journey.stay_until(to_us);
        self.plant(PlantedKind::Meeting, from_us, to_us);
    }

    fn meet_at_night(&mut self, victim: &Victim, night_us: i64) {
        self.journey.stay_until(night_us - 25 * MINUTE_US);
        let spot = self.beside(victim.yard);
        self.drive(spot);
        let from_us = self.journey.now_us();
        let to_us = night_us + 120 * MINUTE_US;
        self.journey.stay_until(to_us);
        self.plant(PlantedKind::Meeting, from_us, to_us);
    }

    /// Is in a shop 700 m away while she eats.
    fn be_near_in_time(&mut self, victim: &Victim, hours: &Hours) {
        self.drive(victim.shop);
        let from_us = self.journey.now_us();
        let to_us = hours.lunch_us + 50 * MINUTE_US;
        self.journey.stay_until(to_us);
        self.plant(PlantedKind::NearInTime, from_us + CUT_US, to_us - CUT_US);
    }

    /// Is at the cafe two hours after her.
    fn be_near_in_space(&mut self, victim: &Victim) {
        let spot = self.beside(victim.cafe);
        self.drive(spot);
        let from_us = self.journey.now_us();
        let to_us = from_us + 45 * MINUTE_US;
        self.journey.stay_until(to_us);
        self.plant(PlantedKind::NearInSpace, from_us + CUT_US, to_us - CUT_US);
    }

    /// Waits within sight of her home from before she comes until after.
    fn wait(&mut self, victim: &Victim, until_us: i64) {
        self.drive(victim.corner);
        let from_us = self.journey.now_us();
        self.journey.stay_until(until_us);
        self.plant(PlantedKind::Waiting, from_us, until_us);
    }

    /// Parks out of sight, takes her path 40 to 80 s behind her, turns before the park and goes back.
    fn follow(&mut self, victim: &Victim, hours: &Hours) {
        self.drive(victim.car);
        let lag_us = i64::from(self.noise.whole(40, 80)) * US_PER_S;
        let behind_us = hours.walk_us + lag_us;
        // 380 m at walking pace take 272 s.
        self.journey.stay_until(behind_us - 273 * US_PER_S);
        self.journey.walk(&[victim.home], WALK_MPS);
        self.journey.stay_until(behind_us);
        let [home, corner, bend, park] = victim.to_park;
        let short = park.towards(bend, KEPT_M / park.distance_m(bend).max(KEPT_M));
        self.journey.walk(&[home, corner, bend, short], WALK_MPS);
        self.plant(PlantedKind::Following, behind_us, self.journey.now_us());
        self.journey.walk(&[victim.car], WALK_MPS);
    }
}
