//! Small made-up worlds, written as files: dense enough that most rules are at work in most of them.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::run::{Folder, HEADING};

/// One fix; times are seconds after [`DAY`] begins.
#[derive(Debug, Clone)]
pub struct Fix {
    pub device: usize,
    pub t0_s: i64,
    pub t1_s: i64,
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub uncertainty_m: Option<f64>,
    pub confidence: Option<f64>,
}

/// A place: its name is `place 0`, `place 1` and so on.
#[derive(Debug, Clone)]
pub struct Place {
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub radius_m: f64,
}

/// An incident: its reference is `REF0`, `REF1` and so on.
#[derive(Debug, Clone)]
pub struct Incident {
    pub t0_s: i64,
    pub t1_s: i64,
    pub lat_deg: f64,
    pub lon_deg: f64,
}

#[derive(Debug, Clone)]
pub struct World {
    pub suspects: Vec<Fix>,
    pub victims: Vec<Fix>,
    pub places: Vec<Place>,
    pub incidents: Vec<Incident>,
    pub radius_m: f64,
    pub exit_radius_m: Option<f64>,
    pub window_s: i64,
    pub gap_s: i64,
}

/// 2025-06-01T00:00:00Z, UTC microseconds.
pub const DAY_US: i64 = 1_748_736_000_000_000;

pub fn us(t_s: i64) -> i64 {
    DAY_US + t_s * 1_000_000
}

fn clock(t_s: i64) -> (i64, i64, i64) {
    (t_s / 3_600, t_s / 60 % 60, t_s % 60)
}

/// Where a world lies: London, the antimeridian, near the pole. Incidents are in England only: their format says so.
const ORIGINS: [(f64, f64); 3] = [(51.54, -0.003), (-17.2, 180.0), (89.995, 40.0)];

/// Degrees of a position given in metres east and north of an origin; a rough map is enough.
fn degrees((lat, lon): (f64, f64), (east_m, north_m): (f64, f64)) -> (f64, f64) {
    let lat_deg = lat + north_m / 111_200.0;
    let lon_deg = lon + east_m / (111_200.0 * lat.to_radians().cos());
    (lat_deg, (lon_deg + 180.0).rem_euclid(360.0) - 180.0)
}

fn position() -> impl Strategy<Value = (f64, f64)> {
    prop_oneof![3 => (-300.0..300.0f64, -300.0..300.0f64), 1 => (-3_000.0..3_000.0f64, -300.0..300.0f64)]
}

fn fix(origin: (f64, f64)) -> impl Strategy<Value = Fix> {
    let lasts = prop_oneof![3 => Just(0i64), 1 => 1i64..900];
    // None at all, none worth speaking of, and some: each has its own branch in the formulas.
    let uncertainty = prop_oneof![Just(None), Just(Some(0.0)), (5.0..150.0f64).prop_map(Some)];
    let confidence = prop::option::of(prop::sample::select(vec![0.5, 0.68, 0.95, 0.99]));
    (0usize..3, 0i64..7_200, lasts, position(), uncertainty, confidence).prop_map(
        move |(device, t0_s, lasts_s, at, uncertainty_m, confidence)| {
            let (lat_deg, lon_deg) = degrees(origin, at);
            Fix { device, t0_s, t1_s: t0_s + lasts_s, lat_deg, lon_deg, uncertainty_m, confidence }
        },
    )
}

fn place(origin: (f64, f64)) -> impl Strategy<Value = Place> {
    (position(), prop_oneof![Just(0.0), 1.0..200.0f64]).prop_map(move |(at, radius_m)| {
        let (lat_deg, lon_deg) = degrees(origin, at);
        Place { lat_deg, lon_deg, radius_m }
    })
}

fn incident(origin: (f64, f64)) -> impl Strategy<Value = Incident> {
    (0i64..7_200, 0i64..1_800, position()).prop_map(move |(t0_s, lasts_s, at)| {
        let (lat_deg, lon_deg) = degrees(origin, at);
        Incident { t0_s, t1_s: t0_s + lasts_s, lat_deg, lon_deg }
    })
}

pub fn worlds() -> impl Strategy<Value = World> {
    prop_oneof![3 => Just(0usize), 1 => Just(1), 1 => Just(2)].prop_flat_map(|at| {
        let origin = ORIGINS[at];
        let parameters = (
            prop_oneof![Just(100.0), 0.0..300.0f64],
            prop::option::of(0.0..150.0f64),
            prop_oneof![Just(0i64), 1i64..400],
            prop_oneof![Just(0i64), 1i64..900],
        );
        (
            prop::collection::vec(fix(origin), 0..40),
            prop::collection::vec(fix(origin), 0..40),
            prop::collection::vec(place(origin), 1..4),
            prop::collection::vec(incident(origin), if at == 0 { 0..4 } else { 0..1 }),
            parameters,
        )
            .prop_map(|(suspects, victims, places, incidents, (radius_m, wider_m, window_s, gap_s))| World {
                suspects,
                victims,
                places,
                incidents,
                radius_m,
                exit_radius_m: wider_m.map(|m| radius_m + m),
                window_s,
                gap_s,
            })
    })
}

pub fn row(who: &str, f: &Fix) -> String {
    let time = |t_s: i64| {
        let (h, m, s) = clock(t_s);
        format!("2025-06-01T{h:02}:{m:02}:{s:02}Z")
    };
    let end = if f.t1_s == f.t0_s { String::new() } else { time(f.t1_s) };
    let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
    let (lat, lon, u, c) = (f.lat_deg, f.lon_deg, number(f.uncertainty_m), number(f.confidence));
    format!("{who}{},gps,{},{end},{lat},{lon},{u},{c}\n", f.device, time(f.t0_s))
}

/// Fixes as canonical CSV: row 2 of the file is the first.
pub fn csv(who: &str, fixes: &[Fix]) -> String {
    HEADING.to_owned() + &fixes.iter().map(|f| row(who, f)).collect::<String>()
}

impl World {
    /// The incidents as the police write them: row 1 of the file is the first.
    pub fn incidents_csv(&self) -> String {
        let mut text = String::new();
        for (i, n) in self.incidents.iter().enumerate() {
            let time = |t_s: i64| {
                let (h, m, s) = clock(t_s);
                format!("20250601{h:02}{m:02}{s:02}")
            };
            let (from, to) = (time(n.t0_s), time(n.t1_s));
            writeln!(text, "MADEUP,AB,Made up,B1,REF{i},{from},{to},,,{},{},WGS84,", n.lat_deg, n.lon_deg).unwrap();
        }
        text
    }

    /// All arguments but the suspect's and the victim's files.
    pub fn parameters(&self, folder: &Folder) -> Vec<String> {
        let mut args: Vec<String> = Vec::new();
        let mut option = |name: &str, value: String| args.extend([name.to_owned(), value]);
        for (i, p) in self.places.iter().enumerate() {
            option("--place", format!("place {i}={},{},{}", p.lat_deg, p.lon_deg, p.radius_m));
        }
        if !self.incidents.is_empty() {
            option("--incidents", folder.write("incidents.csv", self.incidents_csv()));
        }
        option("--radius-m", self.radius_m.to_string());
        if let Some(m) = self.exit_radius_m {
            option("--exit-radius-m", m.to_string());
        }
        option("--window-s", self.window_s.to_string());
        option("--gap-s", self.gap_s.to_string());
        option("--zone", "UTC".to_owned());
        args
    }

    /// All arguments, with one file for each role.
    pub fn arguments(&self, folder: &Folder) -> Vec<String> {
        let mut args = vec!["--suspect".to_owned(), folder.write("suspect.csv", csv("s", &self.suspects))];
        args.extend(["--victim".to_owned(), folder.write("victim.csv", csv("v", &self.victims))]);
        args.extend(self.parameters(folder));
        args
    }
}
