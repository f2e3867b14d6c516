//! From a feed's parameters to what is true of it.

use crate::model::{ProximityParams, Role};

use super::case_feed::{CaseStory, SuspectStory, end_us, subject_id};
use super::device::DeviceKind;
use super::feed_error::FeedError;
use super::nearness::{Aim, Reach, Stretch, stretches};
use super::params::FeedParams;
use super::suspect_day::Chapter;
use super::truth::{
    Delivered, DeviceTruth, FeedTruth, MARGIN_M, MARGIN_US, Near, PlaceTruth, Planted, PlantedKind, TRUTH_VERSION,
};
use crate::simulate::plane::Plane;
use crate::simulate::track::Track;

use super::people::CITY_DEG;

const NOTE: &str = "Made up by locard simulate: no person, place or event in these files is real.";

/// The truth about a feed before anything is delivered; the counts and `known_us` come from a [`Tally`](super::Tally).
///
/// Near is what [`ProximityParams`] says unless it is told otherwise: 100 m and 120 s.
///
/// # Errors
/// [`FeedError`] if the parameters cannot be used.
pub fn truth(params: &FeedParams) -> Result<FeedTruth, FeedError> {
    params.validate()?;
    let near = ProximityParams::default();
    let mut truth = FeedTruth {
        locard_truth: TRUTH_VERSION,
        note: NOTE.to_owned(),
        seed: params.seed,
        cases: params.cases,
        start_us: params.start_us,
        end_us: end_us(params),
        radius_m: near.radius_m,
        window_us: near.window_us,
        delivered: Delivered::default(),
        devices: Vec::new(),
        places: Vec::new(),
        planted: Vec::new(),
        near_misses: Vec::new(),
        near: Vec::new(),
        marginal: Vec::new(),
    };
    for case in (0..params.cases).filter_map(|n| usize::try_from(n).ok()) {
        tell_case(&CaseStory::tell(params, case)?, params, &mut truth);
    }
    Ok(truth)
}

fn tell_case(story: &CaseStory, params: &FeedParams, truth: &mut FeedTruth) {
    let case_id = story.case_id.to_string();
    for (device, subject) in story.devices.iter().zip(&story.subjects) {
        truth.devices.push(DeviceTruth {
            case_id: case_id.clone(),
            device_id: device.id.clone(),
            subject_id: subject.clone(),
            role: if device.role == Role::Victim { "victim" } else { "suspect" }.to_owned(),
            kind: device.kind.as_str().to_owned(),
            clock_error_us: device.clock_error_us,
            error_factor: device.error_factor,
            silences: device.silences.clone(),
            fixes: 0,
        });
    }
    for place in &story.places {
        let (case_id, name) = (case_id.clone(), place.name.clone());
        let (lat_deg, lon_deg, radius_m) = (place.lat_deg, place.lon_deg, place.radius_m);
        truth.places.push(PlaceTruth { case_id, name, lat_deg, lon_deg, radius_m });
    }
    let (planted_before, misses_before) = (truth.planted.len(), truth.near_misses.len());
    for (owner, suspect) in story.suspects.iter().enumerate() {
        let from_us = params.start_us;
        Pairs { story, owner, suspect, span_us: (from_us, suspect.to_us), truth }.tell();
    }
    let by_time = |p: &Planted| (p.from_us, p.to_us, p.device_id.clone(), p.target.clone());
    if let Some(planted) = truth.planted.get_mut(planted_before..) {
        planted.sort_by_key(by_time);
    }
    if let Some(misses) = truth.near_misses.get_mut(misses_before..) {
        misses.sort_by_key(by_time);
    }
}

/// One suspect and everything that he may be near.
struct Pairs<'a> {
    story: &'a CaseStory,
    owner: usize,
    suspect: &'a SuspectStory,
    span_us: (i64, i64),
    truth: &'a mut FeedTruth,
}

impl Pairs<'_> {
    fn tell(&mut self) {
        let map = Plane::around(CITY_DEG.0, CITY_DEG.1);
        for (victim, track) in self.story.victims.iter().enumerate() {
            self.victim(victim, track);
            let places = self.story.places.iter().zip(&self.story.place_owners);
            for (place, _) in places.filter(|(_, owner)| **owner == victim) {
                let aim = Aim::Point(map.point(place.lat_deg, place.lon_deg));
                let near = self.look(aim, place.radius_m, &place.name);
                let is_home = place.name.ends_with("home");
                let waits = |c: &&Chapter| is_home && c.victim == victim && c.kind == PlantedKind::Waiting;
                for chapter in self.suspect.chapters.iter().filter(waits) {
                    self.plant(chapter, &near.0, &place.name);
                }
            }
        }
    }

    fn victim(&mut self, victim: usize, track: &Track) {
        let subject = subject_id(&self.story.case_id, Role::Victim, victim);
        let phone = format!("{subject}-{}", DeviceKind::Phone.as_str());
        let (near, marginal) = self.look(Aim::Person(track), 0.0, &subject);
        for chapter in self.suspect.chapters.iter().filter(|c| c.victim == victim) {
            if !chapter.kind.is_near_miss() {
                self.plant(chapter, &near, &phone);
            } else if !marginal.iter().any(|s| overlaps(s, chapter)) {
                let miss = self.planted(chapter, &phone, (chapter.from_us, chapter.to_us), None);
                self.truth.near_misses.push(miss);
            }
        }
    }

    /// The stretches near a target and those marginally near; both go into the truth.
    fn look(&mut self, aim: Aim<'_>, edge_m: f64, target: &str) -> (Vec<Stretch>, Vec<Stretch>) {
        let within = |margin_m: f64, margin_us: i64| {
            let reach = Reach {
                radius_m: self.truth.radius_m + edge_m + margin_m,
                window_us: self.truth.window_us + margin_us,
            };
            stretches(&self.suspect.track, aim, reach, self.span_us)
        };
        let (near, marginal) = (within(0.0, 0), within(MARGIN_M, MARGIN_US));
        let subject_id = subject_id(&self.story.case_id, Role::Suspect, self.owner);
        let told = |s: &Stretch| Near {
            case_id: self.story.case_id.to_string(),
            subject_id: subject_id.clone(),
            target: target.to_owned(),
            from_us: s.from_us,
            to_us: s.to_us,
            closest_m: tenths(s.closest_m),
        };
        self.truth.near.extend(near.iter().map(told));
        self.truth.marginal.extend(marginal.iter().map(told));
        (near, marginal)
    }

    /// What a chapter planted: from the first stretch within it to the last.
    fn plant(&mut self, chapter: &Chapter, near: &[Stretch], target: &str) {
        let within: Vec<&Stretch> = near.iter().filter(|s| overlaps(s, chapter)).collect();
        let ends = (within.iter().map(|s| s.from_us).min(), within.iter().map(|s| s.to_us).max());
        if let (Some(from_us), Some(to_us)) = ends {
            let closest_m = within.iter().map(|s| s.closest_m).fold(f64::INFINITY, f64::min);
            let planted = self.planted(chapter, target, (from_us, to_us), Some(tenths(closest_m)));
            self.truth.planted.push(planted);
        }
    }

    fn planted(
        &self,
        chapter: &Chapter,
        target: &str,
        (from_us, to_us): (i64, i64),
        closest_m: Option<f64>,
    ) -> Planted {
        let subject = subject_id(&self.story.case_id, Role::Suspect, self.owner);
        Planted {
            case_id: self.story.case_id.to_string(),
            kind: chapter.kind,
            device_id: format!("{subject}-{}", DeviceKind::Phone.as_str()),
            target: target.to_owned(),
            from_us,
            to_us,
            closest_m,
            known_us: None,
        }
    }
}

fn overlaps(stretch: &Stretch, chapter: &Chapter) -> bool {
    stretch.from_us <= chapter.to_us && stretch.to_us >= chapter.from_us
}

fn tenths(m: f64) -> f64 {
    (m * 10.0).round() / 10.0
}
