//! One case: its people's lives, its devices, its events, and all of it in the order of delivery.

use std::sync::Arc;

use crate::model::{CaseEvent, Place, Role};
use crate::simulate::noise::Noise;
use crate::simulate::plane::Plane;
use crate::simulate::track::Track;
use crate::time::US_PER_S;

use super::calendar::Calendar;
use super::custody::{CALL_DATA_US, DOWNLOAD_US, Facts, events};
use super::delivery::{Deliveries, Parcel};
use super::device::{Device, DeviceKind};
use super::feed_error::FeedError;
use super::params::FeedParams;
use super::people::{CITY_DEG, PLACE_RADIUS_M, People};
use super::record::{FeedBody, FeedFix};
use super::sampler::{Life, Sampler};
use super::suspect_day::{self, Setting, SuspectLife};
use super::victim_day::{self, Hours};

const MINUTE_US: i64 = 60 * US_PER_S;
const DAY_US: i64 = 24 * 60 * MINUTE_US;
/// Streams of chance that a case has; each of its people and devices takes some.
const STREAMS: u64 = 256;
const DEVICE_STREAMS: u64 = 128;

/// When people's movements end, UTC microseconds.
pub(super) const fn end_us(params: &FeedParams) -> i64 {
    params.start_us + params.days as i64 * DAY_US
}

/// A case as it truly is.
#[derive(Debug)]
pub(super) struct CaseStory {
    pub(super) case_id: Arc<str>,
    pub(super) victims: Vec<Arc<Track>>,
    pub(super) suspects: Vec<SuspectStory>,
    pub(super) devices: Vec<Arc<Device>>,
    /// The subject of each device.
    pub(super) subjects: Vec<String>,
    pub(super) places: Vec<Place>,
    /// Whose each place is: the victim's number.
    pub(super) place_owners: Vec<usize>,
    pub(super) events: Vec<CaseEvent>,
    lives: Vec<Life>,
}

/// A suspect's life, and where it ends: with the arrest or with the feed.
#[derive(Debug)]
pub(super) struct SuspectStory {
    pub(super) track: Arc<Track>,
    pub(super) chapters: Vec<suspect_day::Chapter>,
    pub(super) to_us: i64,
}

/// The identifier of a case by its number, from 0.
pub(super) fn case_id(case: usize) -> String {
    format!("case-{:05}", case + 1)
}

/// A person's identifier: `case-00001-v1`.
pub(super) fn subject_id(case_id: &str, role: Role, owner: usize) -> String {
    let letter = if role == Role::Victim { 'v' } else { 's' };
    format!("{case_id}-{letter}{}", owner + 1)
}

impl CaseStory {
    /// Tells the story of a case; it depends on the parameters and the case's number, and on nothing else.
    pub(super) fn tell(params: &FeedParams, case: usize) -> Result<Self, FeedError> {
        let number = u64::try_from(case).unwrap_or(u64::MAX);
        let first_stream = number.wrapping_mul(STREAMS);
        let noise = |k: u64| Noise::new(params.seed, first_stream + k);
        let calendar = Calendar::new(params.start_us)?;
        let end_us = end_us(params);
        let span_us = (params.start_us, end_us);
        let people = People::settle(params.victims, params.suspects, &mut noise(0));
        let mut chance = noise(1);
        let in_custody = chance.unit() < params.custody_share;
        let arrest_us = in_custody.then(|| calendar.at(params.days - 1, 20, 45));

        let mut hours = Vec::new();
        let mut victims = Vec::new();
        for (victim, k) in people.victims.iter().zip(10..) {
            let mut noise = noise(k);
            let days: Vec<Hours> = (0..params.days).map(|day| Hours::of(&calendar, day, &mut noise)).collect();
            victims.push(Arc::new(victim_day::live(victim, &days, span_us, &mut noise)));
            hours.push(days);
        }
        let mut lives = Vec::new();
        let shift = u32::try_from(case % 1_000).unwrap_or(0);
        for (suspect, k) in people.suspects.iter().zip(0_u32..) {
            let setting = Setting {
                calendar: &calendar,
                victims: &people.victims,
                hours: &hours,
                span_us,
                arrest_us,
                planted_share: params.planted_share,
                shift: shift + k,
                days: params.days,
            };
            lives.push(suspect_day::live(suspect, &setting, &mut noise(20 + u64::from(k))));
        }
        let mut story = Self::empty(case, victims, &people);
        story.equip(params, &calendar, lives, arrest_us, first_stream, &mut chance);
        story.hear(params, arrest_us, &mut noise(2));
        Ok(story)
    }

    fn empty(case: usize, victims: Vec<Arc<Track>>, people: &People) -> Self {
        let map = Plane::around(CITY_DEG.0, CITY_DEG.1);
        let (mut places, mut place_owners) = (Vec::new(), Vec::new());
        for (owner, victim) in people.victims.iter().enumerate() {
            for (what, at) in [("home", victim.home), ("work", victim.work)] {
                let (lat_deg, lon_deg) = map.degrees(at);
                // Seven digits, as they are written: the place that is stated is the place that is meant.
                let round = |deg: f64| (deg * 1e7).round() / 1e7;
                let name = format!("v{}-{what}", owner + 1);
                places.push(Place { name, lat_deg: round(lat_deg), lon_deg: round(lon_deg), radius_m: PLACE_RADIUS_M });
                place_owners.push(owner);
            }
        }
        Self {
            case_id: case_id(case).into(),
            victims,
            suspects: Vec::new(),
            devices: Vec::new(),
            subjects: Vec::new(),
            places,
            place_owners,
            events: Vec::new(),
            lives: Vec::new(),
        }
    }

    /// Gives everybody devices: victims a phone and a SIM, suspects a car too and every second one a tag.
    fn equip(
        &mut self,
        params: &FeedParams,
        calendar: &Calendar,
        lives: Vec<SuspectLife>,
        arrest_us: Option<i64>,
        first_stream: u64,
        chance: &mut Noise,
    ) {
        let map = Plane::around(CITY_DEG.0, CITY_DEG.1);
        let (from_us, end_us) = (params.start_us, end_us(params));
        for owner in 0..self.victims.len() {
            let Some(track) = self.victims.get(owner).map(Arc::clone) else { continue };
            let life = Life { map, track, seen: [].into(), from_us, to_us: end_us };
            for kind in [DeviceKind::Phone, DeviceKind::Sim] {
                self.own(kind, (Role::Victim, owner), None, &life, (calendar, params.days, first_stream), chance);
            }
        }
        for (owner, SuspectLife { track, seen, chapters }) in lives.into_iter().enumerate() {
            let (track, to_us) = (Arc::new(track), arrest_us.unwrap_or(end_us));
            let life = Life { map, track: Arc::clone(&track), seen: seen.into(), from_us, to_us };
            let tagged = chance.whole(0, 1) == 1;
            let kinds = [DeviceKind::Phone, DeviceKind::Sim, DeviceKind::Car, DeviceKind::Tag];
            for kind in kinds.into_iter().filter(|kind| tagged || *kind != DeviceKind::Tag) {
                let returned_us = match kind {
                    DeviceKind::Phone => arrest_us.map(|us| us + DOWNLOAD_US),
                    DeviceKind::Sim => arrest_us.map(|us| us + CALL_DATA_US),
                    DeviceKind::Car | DeviceKind::Tag => None,
                };
                let given = (calendar, params.days, first_stream);
                self.own(kind, (Role::Suspect, owner), returned_us, &life, given, chance);
            }
            self.suspects.push(SuspectStory { track, chapters, to_us });
        }
    }

    fn own(
        &mut self,
        kind: DeviceKind,
        (role, owner): (Role, usize),
        returned_us: Option<i64>,
        life: &Life,
        (calendar, days, first_stream): (&Calendar, u32, u64),
        chance: &mut Noise,
    ) {
        let subject = subject_id(&self.case_id, role, owner);
        let number = u64::try_from(self.devices.len()).unwrap_or(u64::MAX);
        let stream = first_stream + DEVICE_STREAMS + number % DEVICE_STREAMS;
        let mut device = Device::new(kind, (role, &subject), returned_us, stream, chance);
        if kind == DeviceKind::Phone {
            // In the morning, when nothing is planted: a silence must not hide what is to be found.
            for day in (0..days).filter(|_| chance.whole(1, 3) == 1).collect::<Vec<_>>() {
                let from_us = calendar.at(day, 9, 15) + i64::from(chance.whole(0, 60)) * MINUTE_US;
                device.silences.push((from_us, from_us + i64::from(chance.whole(30, 90)) * MINUTE_US));
            }
        }
        self.devices.push(Arc::new(device));
        self.subjects.push(subject);
        self.lives.push(life.clone());
    }

    fn hear(&mut self, params: &FeedParams, arrest_us: Option<i64>, noise: &mut Noise) {
        let devices: Vec<Device> = self.devices.iter().map(|d| (**d).clone()).collect();
        let facts = Facts {
            case_id: &self.case_id,
            start_us: params.start_us,
            end_us: end_us(params),
            arrest_us,
            devices: &devices,
            subjects: &self.subjects,
            places: &self.places,
        };
        self.events = events(&facts, noise);
    }

    /// The records of a device, each once, in the order of true time: what a returned file holds.
    pub(super) fn sampler(&self, params: &FeedParams, device: usize) -> Option<Sampler> {
        let (held, life) = (self.devices.get(device)?, self.lives.get(device)?);
        Some(Sampler::new(Arc::clone(held), life.clone(), params.sampling, params.seed))
    }

    /// Where a device's owner truly is.
    pub(super) fn track(&self, device: usize) -> Option<Arc<Track>> {
        self.lives.get(device).map(|life| Arc::clone(&life.track))
    }

    /// Everything that is delivered of the case, in order.
    pub(super) fn deliver(self, params: &FeedParams) -> CaseFeed {
        let lane = |(i, device): (usize, &Arc<Device>)| {
            let sampler = self.sampler(params, i)?;
            let chance = (params.seed, device.stream);
            let mut rest = Deliveries::new(sampler, device.delivery, params.duplicate_share, chance);
            Some(Lane { device: i, device_id: device.id.as_str().into(), next: rest.next(), rest })
        };
        let lanes = self.devices.iter().enumerate().filter_map(lane).collect();
        CaseFeed { case_id: Arc::clone(&self.case_id), lanes, events: self.events.into_iter().peekable() }
    }
}

/// One device's part in a case's feed.
#[derive(Debug)]
struct Lane {
    device: usize,
    device_id: Arc<str>,
    next: Option<Parcel>,
    rest: Deliveries,
}

/// A case's messages in the order of delivery; events before records at the same moment, then devices by number.
#[derive(Debug)]
pub(super) struct CaseFeed {
    pub(super) case_id: Arc<str>,
    lanes: Vec<Lane>,
    events: std::iter::Peekable<std::vec::IntoIter<CaseEvent>>,
}

impl CaseFeed {
    fn earliest(&self) -> Option<(i64, usize)> {
        let due = |lane: &Lane| lane.next.map(|parcel| (parcel.deliver_us, lane.device));
        self.lanes.iter().filter_map(due).min()
    }

    /// When the next message is delivered.
    pub(super) fn due_us(&mut self) -> Option<i64> {
        let event_us = self.events.peek().map(|e| e.recorded_us);
        let fix_us = self.earliest().map(|(us, _)| us);
        event_us.into_iter().chain(fix_us).min()
    }

    /// The next message and when it is delivered.
    pub(super) fn take(&mut self) -> Option<(i64, FeedBody)> {
        let earliest = self.earliest();
        let event_first = |e: &CaseEvent| earliest.is_none_or(|(us, _)| e.recorded_us <= us);
        if let Some(event) = self.events.next_if(event_first) {
            return Some((event.recorded_us, FeedBody::Event(Box::new(event))));
        }
        let (_, device) = earliest?;
        let lane = self.lanes.iter_mut().find(|lane| lane.device == device)?;
        let parcel = lane.next.take()?;
        lane.next = lane.rest.next();
        let fix = FeedFix::new(Arc::clone(&lane.device_id), device, &parcel.observed, parcel.duplicate);
        Some((parcel.deliver_us, FeedBody::Fix(fix)))
    }
}
