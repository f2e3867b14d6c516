//! The records: what each is follows from its number alone, so that any of them is made without those before it.

use std::f64::consts::TAU;
use std::sync::Arc;

use locard::model::{Attribution, CaseChange, CaseEvent, Place, Role, SourceKind, StatedTarget};
use locard::simulate::feed::FeedFix;

/// 1 January 2020, UTC microseconds.
const T0_US: i64 = 1_577_836_800_000_000;
/// From one record of a case to its next.
const EVERY_US: i64 = 10_000_000;
/// Records of a case between two meetings; so many of them are at a meeting, and so many at the victim's home.
const ROUND: u64 = 1_000;
const MEETING: std::ops::Range<u64> = 100..112;
const AT_HOME: std::ops::Range<u64> = 600..606;

/// Cases in which somebody goes round in circles and now and then meets somebody else.
#[derive(Debug, Clone)]
pub struct World {
    cases: Vec<Case>,
}

#[derive(Debug, Clone)]
struct Case {
    id: Arc<str>,
    phone: Arc<str>,
    car: Arc<str>,
    victim: Arc<str>,
    lat_deg: f64,
    lon_deg: f64,
}

impl World {
    /// A world of so many cases.
    pub fn new(cases: u32) -> Self {
        let case = |n: u32| Case {
            id: format!("C-2026-{n:05}").into(),
            phone: format!("suspect-phone-{n:05}").into(),
            car: format!("suspect-car-{n:05}").into(),
            victim: format!("victim-phone-{n:05}").into(),
            lat_deg: 50.5 + f64::from(n % 50) * 0.1,
            lon_deg: -3.0 + f64::from(n / 50) * 0.1,
        };
        Self { cases: (0..cases.max(1)).map(case).collect() }
    }

    fn case(&self, of: u64) -> &Case {
        &self.cases[usize::try_from(of % self.cases.len() as u64).unwrap_or_default()]
    }

    /// The case of a record.
    pub fn case_id(&self, record: u64) -> &str {
        &self.case(record).id
    }

    /// How many cases there are.
    pub fn len(&self) -> u64 {
        self.cases.len() as u64
    }

    /// A record.
    pub fn fix(&self, record: u64) -> FeedFix {
        let (case, n) = (self.case(record), record / self.len());
        let t_us = T0_US + i64::try_from(n).unwrap_or_default() * EVERY_US;
        let (device, device_id, source) = match n % 4 {
            0 | 2 => (0, &case.phone, SourceKind::Gps),
            1 => (1, &case.car, SourceKind::Fused),
            _ => (2, &case.victim, SourceKind::Gps),
        };
        let (lat_deg, lon_deg) = case.position(n, device == 2);
        FeedFix {
            device_id: Arc::clone(device_id),
            device,
            t_us,
            true_us: t_us,
            lat_e7: e7(lat_deg),
            lon_e7: e7(lon_deg),
            uncertainty_m: 5 + u32::try_from(n % 13).unwrap_or_default(),
            azimuth_deg: None,
            source,
            duplicate: false,
        }
    }

    /// Whose the devices are, and where the victim lives; the event's case is its key.
    pub fn events(&self) -> Vec<CaseEvent> {
        self.cases.iter().flat_map(Case::events).collect()
    }
}

impl Case {
    /// The suspect's way is a circle of 3 km in 500 records, the victim's another, 15 km to the east.
    fn position(&self, n: u64, victim: bool) -> (f64, f64) {
        let within = n % ROUND;
        let (lat, lon) = (self.lat_deg, self.lon_deg);
        let jitter = f64::from(u32::try_from(n.wrapping_mul(7_919) % 100).unwrap_or_default()) * 1e-6;
        if MEETING.contains(&within) {
            return (lat + 0.1 + jitter, lon);
        }
        if AT_HOME.contains(&within) && !victim {
            return (lat, lon + 0.2 + jitter);
        }
        let angle = TAU * f64::from(u32::try_from(within % 500).unwrap_or_default()) / 500.0;
        let (radius_deg, lon) = if victim { (0.01, lon + 0.23) } else { (0.027, lon) };
        (lat + radius_deg * angle.sin() + jitter, lon + radius_deg * angle.cos())
    }

    fn events(&self) -> Vec<CaseEvent> {
        let attributed = |(device, subject, role): (&str, &str, Role)| {
            CaseChange::Attributed(Attribution {
                attribution_id: format!("a-{device}"),
                device_id: device.to_owned(),
                subject_id: subject.to_owned(),
                role,
                from_us: None,
                to_us: None,
                basis: "seized".to_owned(),
            })
        };
        let devices = [
            (&*self.phone, "suspect", Role::Suspect),
            (&*self.car, "suspect", Role::Suspect),
            (&*self.victim, "victim", Role::Victim),
        ];
        let home =
            Place { name: "home".to_owned(), lat_deg: self.lat_deg, lon_deg: self.lon_deg + 0.2, radius_m: 30.0 };
        let target = CaseChange::TargetAdded { target_id: "home".to_owned(), target: StatedTarget::Place(home) };
        let changes = [CaseChange::Opened].into_iter().chain(devices.map(attributed)).chain([target]);
        let event = |(n, change): (usize, CaseChange)| CaseEvent {
            case_id: self.id.to_string(),
            event_id: format!("{}-{n}", self.id),
            recorded_us: T0_US,
            author: "bench".to_owned(),
            reason: String::new(),
            change,
        };
        changes.enumerate().map(event).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "degrees times ten million are far below the limit")]
fn e7(deg: f64) -> i64 {
    (deg * 1e7).round() as i64
}
