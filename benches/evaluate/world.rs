//! A case as large as the issue names: two people of one town over a year, his phone every half minute, hers every five.
//!
//! Both sleep at home, drive to work on working days, and go out to the same few spots of the town; every tenth day he drives
//! to hers and waits there. Nothing is drawn by chance from outside: the same numbers each time.

use locard::evaluate::validation::{Bounds, Calibration, DataType, Measured, Range, VERSION, Validation};
use locard::evaluate::{Allegation, Case, Device, Exhibits, Record, Settings, VictimPlace};
use locard::model::{ProximityParams, SourceKind};

const US_PER_S: i64 = 1_000_000;
/// 2025-01-06T00:00:00Z, a Monday.
const START_S: i64 = 1_736_121_600;
const DAY_S: i64 = 86_400;
const NORTH_DEG: f64 = 1.0 / 111_250.0;
const EAST_DEG: f64 = 1.0 / 69_300.0;
/// On the road, metres per second.
const SPEED: f64 = 9.0;

/// How large the case is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub days: i64,
    pub his_step_s: i64,
    pub her_step_s: i64,
    pub incidents: i64,
}

/// North and east of a corner of the town, metres.
type Place = (f64, f64);

const SPOTS: [Place; 5] =
    [(2_000.0, 2_500.0), (3_500.0, 4_000.0), (5_000.0, 1_500.0), (1_000.0, 5_500.0), (4_200.0, 2_800.0)];
const HERS: [Place; 2] = [(1_500.0, 4_300.0), (5_600.0, 3_300.0)];
const HIS: [Place; 2] = [(4_800.0, 5_700.0), (800.0, 1_200.0)];

/// Numbers that look like chance (xorshift).
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    fn spot(&mut self) -> Place {
        let at = [0.2, 0.4, 0.6, 0.8].iter().filter(|share| self.unit() > **share).count();
        SPOTS.get(at).copied().unwrap_or(SPOTS[0])
    }
}

/// From which second of a day somebody heads for where.
fn plan(day: i64, [home, work]: [Place; 2], visits: Option<Place>, chance: &mut Chance) -> Vec<(i64, Place)> {
    let minutes = |from: i64, within: f64, chance: &mut Chance| from * 60 + whole(chance.unit() * within * 60.0);
    let mut plan = vec![(0, home)];
    if day % 7 < 5 {
        plan.push((minutes(450, 50.0, chance), work));
        plan.push((minutes(1_000, 40.0, chance), home));
    }
    if chance.unit() < 0.5 {
        let from = minutes(1_110, 60.0, chance);
        plan.push((from, chance.spot()));
        plan.push((from + minutes(40, 60.0, chance), home));
    }
    if let Some(place) = visits {
        plan.push((minutes(1_310, 20.0, chance), place));
        plan.push((minutes(1_370, 20.0, chance), home));
    }
    plan
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
fn whole(x: f64) -> i64 {
    x as i64
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
fn real(n: i64) -> f64 {
    n as f64
}

/// A phone's records: on the way it moves east first, then north.
fn phone(name: &str, subject: &str, own: [Place; 2], (size, step_s): (Size, i64), visits: Option<Place>) -> Device {
    let mut chance =
        Chance(name.bytes().fold(0x9E37_79B9_7F4A_7C15, |seed, byte| seed << 5 ^ seed >> 59 ^ u64::from(byte)));
    let mut records = Vec::new();
    let mut at = own[0];
    let mut s = 0;
    for day in 0..size.days {
        let plan = plan(day, own, visits.filter(|_| day % 10 == 4), &mut chance);
        while s < (day + 1) * DAY_S {
            let in_day = s - day * DAY_S;
            let to = plan.iter().rev().find(|(from, _)| *from <= in_day).map_or(own[0], |(_, place)| *place);
            let left = SPEED * real(step_s);
            let east = (to.1 - at.1).clamp(-left, left);
            let north = if (to.1 - at.1 - east).abs() < 1.0 {
                (to.0 - at.0).clamp(-(left - east.abs()), left - east.abs())
            } else {
                0.0
            };
            at = (at.0 + north, at.1 + east);
            let error = || 12.0;
            let (north_m, east_m) = (at.0 + error() * (chance.unit() - 0.5), at.1 + error() * (chance.unit() - 0.5));
            let t_us = (START_S + s) * US_PER_S;
            let mut record = Record::at(t_us, 51.5 + north_m * NORTH_DEG, -0.12 + east_m * EAST_DEG, 8.0);
            record.origin.row = records.len() as u64 + 1;
            records.push(record);
            s += step_s;
        }
    }
    Device::new(name, subject, records)
}

/// The case.
pub fn case(size: Size) -> Case {
    let place = |name: &str, (north_m, east_m): Place| VictimPlace {
        name: name.to_owned(),
        lat_deg: 51.5 + north_m * NORTH_DEG,
        lon_deg: -0.12 + east_m * EAST_DEG,
        radius_m: 30.0,
        from_us: None,
        to_us: None,
    };
    let places = vec![place("home", HERS[0]), place("work", HERS[1])];
    let incident = |n: i64| {
        let t0_us = (START_S + (n * size.days / size.incidents.max(1)) * DAY_S + 80_400) * US_PER_S;
        let (lat_deg, lon_deg) = (places[0].lat_deg, places[0].lon_deg);
        let t1_us = t0_us + 1_800 * US_PER_S;
        Allegation { reference: format!("INC-{n:03}"), t0_us, t1_us, lat_deg, lon_deg, uncertainty_m: 30.0 }
    };
    Case {
        suspects: vec![phone("his-phone", "suspect", HIS, (size, size.his_step_s), Some(HERS[0]))],
        victims: vec![phone("her-phone", "victim", HERS, (size, size.her_step_s), None)],
        incidents: (0..size.incidents).map(incident).collect(),
        places,
        reports_us: vec![(START_S + size.days / 2 * DAY_S) * US_PER_S],
        exhibits: Exhibits::dense(["0".repeat(64)]),
        params: ProximityParams::default(),
        ..Case::default()
    }
}

/// The case with a device more: every so many minutes of his waking hours a camera sees where his phone is.
pub fn with_camera(mut case: Case, every_minutes: i64) -> Case {
    let Some(phone) = case.suspects.first() else { return case };
    let step_us = every_minutes * 60 * US_PER_S;
    let (mut next_us, mut records) = (i64::MIN, Vec::new());
    for record in phone.records() {
        let hour = record.t0_us / US_PER_S % DAY_S / 3_600;
        if record.t0_us >= next_us && (7..23).contains(&hour) {
            next_us = record.t0_us + step_us;
            records.push(Record { source: SourceKind::Anpr, uncertainty_m: 50.0, ..*record });
        }
    }
    case.suspects.push(Device::new("number-plate", "suspect", records));
    case
}

/// The case with a second source of his phone: every fourth position once more, found by wireless networks seven seconds later.
pub fn with_second_source(mut case: Case) -> Case {
    let Some(phone) = case.suspects.first_mut() else { return case };
    let later = |record: &Record| Record {
        source: SourceKind::Wifi,
        t0_us: record.t0_us + 7 * US_PER_S,
        t1_us: record.t1_us + 7 * US_PER_S,
        uncertainty_m: 40.0,
        ..*record
    };
    let second = phone.records().iter().step_by(4).map(later);
    let records = phone.records().iter().copied().chain(second).collect();
    *phone = Device::new(phone.name.clone(), phone.subject.clone(), records);
    case
}

/// What might have been shown of ratios by these settings: it lets them be stated, and nobody measured it.
pub fn validation(settings: &Settings) -> Validation {
    let measured = |value| Measured { value, low: value - 0.1, high: value + 0.1 };
    let data_type = DataType {
        source: SourceKind::Gps.as_str().to_owned(),
        method: settings.prior.text(),
        made_from: "made up for a bench".to_owned(),
        radius_m: Range { from: 1.0, to: 1_000.0 },
        sigma_m: Range { from: 0.1, to: 1_000.0 },
        near: 300,
        routine: 300,
        cllr: measured(0.3),
        cllr_min: measured(0.28),
        calibration: Calibration::NONE,
        bounds: Bounds { lower_log10: -2.0, upper_log10: 2.3 },
        rates: Vec::new(),
        deciles: Vec::new(),
    };
    Validation { version: VERSION, data_types: vec![data_type] }
}

/// Ways that are taken each day in [`same_ways`].
const DAILY: i64 = 4;

/// Two phones that take the same ways every day, his one to four minutes after hers: as many trips in common as there can be.
pub fn same_ways(days: i64) -> Case {
    Case {
        suspects: vec![on_the_way("his-phone", "suspect", days, |day, way| 60 + (day * 37 + way * 11) % 200)],
        victims: vec![on_the_way("her-phone", "victim", days, |_, _| 0)],
        exhibits: Exhibits::dense(["0".repeat(64)]),
        ..Case::default()
    }
}

/// A phone that is recorded on its ways alone, every ten seconds: east and north by turns, 4 km.
fn on_the_way(name: &str, subject: &str, days: i64, late_s: impl Fn(i64, i64) -> i64) -> Device {
    let mut records = Vec::new();
    for (day, way) in (0..days).flat_map(|day| (0..DAILY).map(move |way| (day, way))) {
        let start_s = START_S + day * DAY_S + (5 + 4 * way) * 3_600 + late_s(day, way);
        let (mut north_m, mut east_m) = (2_000.0 * real(way), 0.0);
        for step in 0..45 {
            let t_us = (start_s + 10 * step) * US_PER_S;
            let mut record = Record::at(t_us, 51.5 + north_m * NORTH_DEG, -0.12 + east_m * EAST_DEG, 8.0);
            record.origin.row = records.len() as u64 + 1;
            records.push(record);
            let on = if step / 8 % 2 == 0 { &mut east_m } else { &mut north_m };
            *on += 10.0 * SPEED;
        }
    }
    Device::new(name, subject, records)
}
