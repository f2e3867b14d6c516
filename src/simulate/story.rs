//! The made-up case as a story: who is where at which hour of three days, in metres on a map.
//!
//! ```text
//!           F friend          S shop
//!                                        O suspect's home
//!  M market      . car
//!            H home
//!  W work (8 km west)
//!                    D suspect's work (6 km south)      C cinema (9 km south)
//! ```
//! Homes and works lie in parks, so that nobody lives there. Hours are UTC; the first day begins at `start_us`.

use super::noise::Noise;
use super::plane::{Plane, Point};
use super::track::{Journey, Track, winding};
use super::truth::PlantedKind;
use crate::time::US_PER_S;

/// How long the case lasts.
pub(super) const DURATION_US: i64 = 3 * 24 * HOUR_US;
const HOUR_US: i64 = 3_600 * US_PER_S;

/// The origin of the map, the victim's home: a lawn in Victoria Park, London.
pub(super) const HOME_DEG: (f64, f64) = (51.5360, -0.0390);
/// The victim's work: a lawn in Regent's Park.
pub(super) const WORK_DEG: (f64, f64) = (51.5313, -0.1570);
/// The suspect's home: Wanstead Flats.
const SUSPECT_HOME_DEG: (f64, f64) = (51.5560, 0.0180);
/// The suspect's work: Burgess Park.
const SUSPECT_WORK_DEG: (f64, f64) = (51.4830, -0.0830);

const HOME: Point = Point::new(0.0, 0.0);
const MARKET: Point = Point::new(-1_000.0, 1_100.0);
const FRIEND: Point = Point::new(500.0, 3_000.0);
/// 500 m from the friend.
const SHOP: Point = Point::new(900.0, 3_300.0);
const CINEMA: Point = Point::new(1_300.0, -9_500.0);
/// Where the suspect waits, 60 m from the home.
const CORNER: Point = Point::new(36.0, 48.0);
/// Where the suspect parks before following, 381 m from the home.
const CAR: Point = Point::new(330.0, 190.0);

const CAR_MPS: f64 = 9.0;
const WALK_MPS: f64 = 1.4;
/// How long after the victim the suspect takes the same path.
const LAG_US: i64 = 45 * US_PER_S;
/// How far from the market the suspect turns back, metres.
const KEPT_M: f64 = 50.0;

/// A silence of a phone: no record from it between the two times, UTC microseconds.
pub(super) type Silence = (i64, i64);

/// A stretch of the story that the truth speaks of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chapter {
    pub(super) kind: PlantedKind,
    /// A place that stands still, with its name; `None` for the victim herself.
    pub(super) place: Option<(&'static str, Point)>,
    pub(super) from_us: i64,
    pub(super) to_us: i64,
}

/// An allegation, and whether the suspect was there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allegation {
    pub(super) reference: &'static str,
    pub(super) kind: (&'static str, &'static str),
    pub(super) at: Point,
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    pub(super) suspect_present: bool,
}

/// The whole case as it truly was.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) map: Plane,
    pub(super) victim: Track,
    pub(super) victim_silence: Silence,
    pub(super) suspect: Track,
    pub(super) suspect_silence: Silence,
    /// When and where cameras saw the suspect's car.
    pub(super) seen: Vec<(i64, Point)>,
    pub(super) chapters: Vec<Chapter>,
    pub(super) allegations: [Allegation; 2],
}

/// Tells the story; `seed` bends the streets.
pub(super) fn tell(seed: u64, start_us: i64) -> Story {
    let map = Plane::around(HOME_DEG.0, HOME_DEG.1);
    let clock = |day: i64, hour: i64, minute: i64| start_us + ((day * 24 + hour) * 60 + minute) * 60 * US_PER_S;
    let work = map.point(WORK_DEG.0, WORK_DEG.1);
    let victim = victim(&clock, work, &mut Noise::new(seed, 1));
    let (suspect, seen, chapters) = suspect(&clock, &map, work, &mut Noise::new(seed, 2));
    let present = Allegation {
        reference: "MADEUP/0001/25",
        kind: ("BIAD", "Burglary in a dwelling"),
        at: HOME,
        from_us: clock(0, 16, 0),
        to_us: clock(0, 17, 30),
        suspect_present: true,
    };
    let absent = Allegation {
        reference: "MADEUP/0002/25",
        kind: ("TFMV", "Theft from a motor vehicle"),
        at: HOME,
        from_us: clock(2, 20, 0),
        to_us: clock(2, 20, 40),
        suspect_present: false,
    };
    Story {
        map,
        victim,
        victim_silence: (clock(2, 9, 0), clock(2, 10, 30)),
        suspect,
        suspect_silence: (clock(1, 18, 0), clock(1, 20, 30)),
        seen,
        chapters,
        allegations: [present, absent],
    }
}

type ClockOfDay<'a> = &'a dyn Fn(i64, i64, i64) -> i64;

/// The path to the market, which the suspect will take too.
const TO_MARKET: [Point; 4] = [HOME, Point::new(-250.0, 120.0), Point::new(-600.0, 800.0), MARKET];

fn victim(clock: ClockOfDay<'_>, work: Point, noise: &mut Noise) -> Track {
    let mut j = Journey::begin(clock(0, 0, 0), HOME);
    let mut commute = winding(HOME, work, noise);
    j.stay_until(clock(0, 7, 0));
    j.walk(&commute, CAR_MPS);
    j.stay_until(clock(0, 16, 30));
    commute.reverse();
    j.walk(&commute, CAR_MPS);
    j.stay_until(clock(1, 10, 0));
    j.walk(&TO_MARKET, WALK_MPS);
    j.stay_until(clock(1, 12, 0));
    let mut back = TO_MARKET;
    back.reverse();
    j.walk(&back, WALK_MPS);
    j.stay_until(clock(2, 14, 0));
    j.walk(&[HOME, FRIEND], CAR_MPS);
    j.stay_until(clock(2, 17, 0));
    j.walk(&[FRIEND, HOME], CAR_MPS);
    j.stay_until(clock(3, 0, 0));
    j.end().0
}

type SuspectStory = (Track, Vec<(i64, Point)>, Vec<Chapter>);

fn suspect(clock: ClockOfDay<'_>, map: &Plane, work: Point, noise: &mut Noise) -> SuspectStory {
    let own_home = map.point(SUSPECT_HOME_DEG.0, SUSPECT_HOME_DEG.1);
    let own_work = map.point(SUSPECT_WORK_DEG.0, SUSPECT_WORK_DEG.1);
    let mut j = Journey::begin(clock(0, 0, 0), own_home);
    let mut chapters = Vec::new();
    j.stay_until(clock(0, 6, 0));
    drive_to(&mut j, own_home, own_work, noise);
    j.stay_until(clock(0, 11, 30));
    let lunch = pass_by(&mut j, own_work, work, noise);
    chapters.extend(lunch);
    j.stay_until(clock(0, 15, 30));
    chapters.push(wait_near_home(&mut j, own_work, clock(0, 17, 30), noise));
    drive_to(&mut j, CORNER, own_home, noise);
    j.stay_until(clock(1, 9, 5));
    chapters.extend(follow(&mut j, own_home, (clock(1, 9, 40), clock(1, 10, 0) + LAG_US), noise));
    drive_to(&mut j, CAR, own_home, noise);
    j.stay_until(clock(1, 13, 0));
    drive_to(&mut j, own_home, own_work, noise);
    j.stay_until(clock(1, 17, 0));
    drive_to(&mut j, own_work, own_home, noise);
    j.stay_until(clock(2, 14, 40));
    chapters.push(shop(&mut j, own_home, clock(2, 15, 40), noise));
    drive_to(&mut j, SHOP, own_home, noise);
    j.stay_until(clock(2, 19, 0));
    drive_to(&mut j, own_home, CINEMA, noise);
    j.stay_until(clock(2, 22, 0));
    drive_to(&mut j, CINEMA, own_home, noise);
    j.stay_until(clock(3, 0, 0));
    let (track, seen) = j.end();
    (track, seen, chapters)
}

fn drive_to(j: &mut Journey, from: Point, to: Point, noise: &mut Noise) {
    let route = winding(from, to, noise);
    j.drive(&route, CAR_MPS);
}

/// Parks 600 m from the victim's work, walks past it at 40 m and comes back by another street.
fn pass_by(j: &mut Journey, own_work: Point, work: Point, noise: &mut Noise) -> [Chapter; 2] {
    let from_work = |east_m: f64, north_m: f64| work.plus(Point::new(east_m, north_m));
    let parked = from_work(450.0, -400.0);
    drive_to(j, own_work, parked, noise);
    let near_miss_from_us = j.now_us();
    j.stay_until(near_miss_from_us + 1_200 * US_PER_S);
    let near_miss_to_us = j.now_us();
    j.walk(&[from_work(450.0, -40.0)], WALK_MPS);
    let from_us = j.now_us();
    j.walk(&[from_work(-450.0, -40.0)], WALK_MPS);
    let to_us = j.now_us();
    j.walk(&[from_work(-450.0, -400.0), parked], WALK_MPS);
    drive_to(j, parked, own_work, noise);
    [
        Chapter { kind: PlantedKind::NearMiss, place: None, from_us: near_miss_from_us, to_us: near_miss_to_us },
        Chapter { kind: PlantedKind::Passing, place: None, from_us, to_us },
    ]
}

/// Waits at the corner of the victim's street from before she comes home until after.
fn wait_near_home(j: &mut Journey, from: Point, until_us: i64, noise: &mut Noise) -> Chapter {
    drive_to(j, from, CORNER, noise);
    let from_us = j.now_us();
    j.stay_until(until_us);
    Chapter { kind: PlantedKind::Waiting, place: Some(("home", HOME)), from_us, to_us: until_us }
}

/// Parks within sight, then takes the victim's path behind her and goes back another way.
fn follow(j: &mut Journey, own_home: Point, (walk_us, behind_us): (i64, i64), noise: &mut Noise) -> [Chapter; 2] {
    drive_to(j, own_home, CAR, noise);
    let parked_us = j.now_us();
    j.stay_until(walk_us);
    let near_miss =
        Chapter { kind: PlantedKind::NearMiss, place: Some(("home", HOME)), from_us: parked_us, to_us: walk_us };
    // Arrives at the home just as its lag behind her begins: 381 m at walking pace take 272 s.
    j.stay_until(behind_us - 273 * US_PER_S);
    j.walk(&[HOME], WALK_MPS);
    j.stay_until(behind_us);
    let from_us = behind_us - LAG_US;
    let [home, corner, bend, market] = TO_MARKET;
    let short = market.towards(bend, KEPT_M / market.distance_m(bend));
    j.walk(&[home, corner, bend, short], WALK_MPS);
    let to_us = j.now_us();
    j.walk(&[CAR], WALK_MPS);
    [near_miss, Chapter { kind: PlantedKind::Following, place: None, from_us, to_us }]
}

/// Is in a shop 500 m from where the victim visits a friend.
fn shop(j: &mut Journey, own_home: Point, until_us: i64, noise: &mut Noise) -> Chapter {
    drive_to(j, own_home, SHOP, noise);
    let from_us = j.now_us();
    j.stay_until(until_us);
    Chapter { kind: PlantedKind::NearMiss, place: None, from_us, to_us: until_us }
}
