//! From a seed to the files of a case and the truth about it.

use serde::Serialize;

use super::SimulateError;
use super::files::{canonical_csv, incidents_csv, records_json};
use super::noise::Noise;
use super::observe::{calls, phone, plate_reads};
use super::story::{Chapter, DURATION_US, HOME_DEG, Story, WORK_DEG, tell};
use super::truth::{PlantedEncounter, PlantedKind};
use crate::model::{Basis, Place, SourceKind};
use crate::time::{EARLIEST_US, US_PER_S, ZoneRule};

/// The victim's phone, as `victim.csv` names it.
pub const VICTIM_PHONE: &str = "victim-phone";
/// The suspect's phone: the `deviceTag` of `suspect_records.json`.
pub const SUSPECT_PHONE_TAG: u64 = 1_700_000_001;
/// The suspect's SIM, as `suspect_calls.csv` names it.
pub const SUSPECT_SIM: &str = "suspect-sim";
/// The suspect's car, as `suspect_anpr.csv` names it.
pub const SUSPECT_CAR: &str = "suspect-car";
/// The zone of the local times in `incidents.csv`, which says none itself.
pub const INCIDENTS_ZONE: &str = "Europe/London";

/// How near truly counts as near: within this, metres, a planted encounter runs.
const NEAR_M: f64 = 100.0;
/// The latest start: 2100-01-01T00:00:00Z.
const LATEST_US: i64 = 4_102_444_800 * US_PER_S;
const PLACE_RADIUS_M: f64 = 75.0;
/// How many records of the suspect's phone have no position.
const LOST: i64 = 2;

/// A made-up case: its files, and the truth about them.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedCase {
    /// Name and bytes of each file, in the order of their names.
    pub files: Vec<(String, Vec<u8>)>,
    /// What was planted, in order of time; all of it is to be found.
    pub truth: Vec<PlantedEncounter>,
    /// When the suspect was in the area and not near: none of it is to be found.
    pub near_misses: Vec<PlantedEncounter>,
    /// The victim's places.
    pub places: Vec<Place>,
    /// The incidents: reference, and whether the suspect was there.
    pub incidents: Vec<(String, bool)>,
    /// How many rows cannot be used: positions at exactly 0, 0.
    pub rejects: i64,
}

/// Makes the case of a seed; it begins at `start_us` (UTC microseconds, a midnight) and lasts three days.
///
/// The same seed and start give the same bytes on every machine.
///
/// # Errors
/// [`SimulateError::Start`] if the start is before 1990 or after 2100; the others cannot happen with the bundled zones.
pub fn case(seed: u64, start_us: i64) -> Result<SimulatedCase, SimulateError> {
    if !(EARLIEST_US..=LATEST_US).contains(&start_us) {
        return Err(SimulateError::Start(start_us));
    }
    let story = tell(seed, start_us);
    let measured = |near_miss: bool| {
        let wanted = story.chapters.iter().filter(move |c| (c.kind == PlantedKind::NearMiss) == near_miss);
        wanted.map(|c| measure(&story, c)).collect::<Vec<_>>()
    };
    let (lat_deg, lon_deg) = HOME_DEG;
    let home = Place { name: "home".to_owned(), lat_deg, lon_deg, radius_m: PLACE_RADIUS_M };
    let (lat_deg, lon_deg) = WORK_DEG;
    let work = Place { name: "work".to_owned(), lat_deg, lon_deg, radius_m: PLACE_RADIUS_M };
    let lost_us: Vec<i64> = (0..LOST).map(|second| start_us + DURATION_US + second * US_PER_S).collect();
    let mut made = SimulatedCase {
        files: record(&story, seed, start_us, &lost_us)?,
        truth: measured(false),
        near_misses: measured(true),
        places: vec![home, work],
        incidents: story.allegations.iter().map(|a| (a.reference.to_owned(), a.suspect_present)).collect(),
        rejects: LOST,
    };
    let truth = truth_json(&made, seed, start_us)?;
    made.files.push(("truth.json".to_owned(), truth));
    made.files.sort();
    Ok(made)
}

fn record(story: &Story, seed: u64, start_us: i64, lost_us: &[i64]) -> Result<Vec<(String, Vec<u8>)>, SimulateError> {
    let map = &story.map;
    let hers = phone(&story.victim, start_us, story.victim_silence, &mut Noise::new(seed, 3));
    let his = phone(&story.suspect, start_us, story.suspect_silence, &mut Noise::new(seed, 4));
    let called = calls(&story.suspect, start_us, &mut Noise::new(seed, 5));
    let read = plate_reads(&story.seen);
    let zone = ZoneRule::parse(INCIDENTS_ZONE)?;
    let files = [
        ("incidents.csv", incidents_csv(map, &zone, &story.allegations)),
        ("suspect_anpr.csv", canonical_csv(map, SUSPECT_CAR, SourceKind::Anpr, Basis::Estimated, &read)),
        ("suspect_calls.csv", canonical_csv(map, SUSPECT_SIM, SourceKind::Cell, Basis::Estimated, &called)),
        ("suspect_records.json", records_json(map, SUSPECT_PHONE_TAG, &his, lost_us)?),
        ("victim.csv", canonical_csv(map, VICTIM_PHONE, SourceKind::Gps, Basis::Measured, &hers)),
    ];
    Ok(files.map(|(name, bytes)| (name.to_owned(), bytes)).into())
}

/// The truth of a chapter, second by second: a planted encounter runs from the first second within [`NEAR_M`] to the
/// last; a near miss runs as long as its chapter.
fn measure(story: &Story, chapter: &Chapter) -> PlantedEncounter {
    let mut truth = PlantedEncounter {
        kind: chapter.kind,
        near: chapter.place.map_or(VICTIM_PHONE, |(name, _)| name).to_owned(),
        start_us: chapter.to_us,
        end_us: chapter.from_us,
        min_offset_m: f64::INFINITY,
    };
    let mut t_us = chapter.from_us;
    while t_us <= chapter.to_us {
        let target = chapter.place.map_or_else(|| story.victim.at(t_us), |(_, at)| at);
        let offset_m = story.suspect.at(t_us).distance_m(target);
        truth.min_offset_m = truth.min_offset_m.min(offset_m);
        if chapter.kind == PlantedKind::NearMiss || offset_m <= NEAR_M {
            truth.start_us = truth.start_us.min(t_us);
            truth.end_us = truth.end_us.max(t_us);
        }
        t_us += US_PER_S;
    }
    truth.min_offset_m = (truth.min_offset_m * 10.0).round() / 10.0;
    truth
}

#[derive(Serialize)]
struct TruthFile<'a> {
    note: &'static str,
    seed: u64,
    start_us: i64,
    victim_devices: [&'static str; 1],
    suspect_devices: [String; 3],
    places: Vec<PlaceTruth<'a>>,
    planted: &'a [PlantedEncounter],
    near_misses: &'a [PlantedEncounter],
    incidents: Vec<IncidentTruth<'a>>,
    rejected_rows: i64,
}

#[derive(Serialize)]
struct PlaceTruth<'a> {
    name: &'a str,
    lat_deg: f64,
    lon_deg: f64,
    radius_m: f64,
}

impl<'a> PlaceTruth<'a> {
    fn of(place: &'a Place) -> Self {
        let Place { name, lat_deg, lon_deg, radius_m } = place;
        Self { name, lat_deg: *lat_deg, lon_deg: *lon_deg, radius_m: *radius_m }
    }
}

#[derive(Serialize)]
struct IncidentTruth<'a> {
    reference: &'a str,
    suspect_present: bool,
}

fn truth_json(made: &SimulatedCase, seed: u64, start_us: i64) -> Result<Vec<u8>, SimulateError> {
    let places = made.places.iter();
    let incidents = made.incidents.iter();
    let file = TruthFile {
        note: "Made up by locard demo: no person, place or event in these files is real.",
        seed,
        start_us,
        victim_devices: [VICTIM_PHONE],
        suspect_devices: [SUSPECT_PHONE_TAG.to_string(), SUSPECT_SIM.to_owned(), SUSPECT_CAR.to_owned()],
        places: places.map(PlaceTruth::of).collect(),
        planted: &made.truth,
        near_misses: &made.near_misses,
        incidents: incidents
            .map(|(reference, present)| IncidentTruth { reference, suspect_present: *present })
            .collect(),
        rejected_rows: made.rejects,
    };
    Ok(serde_json::to_vec_pretty(&file)?)
}
