//! The verdict on one device and one incident.

use super::nearest::{Nearest, nearest};
use super::scene::{Scene, Setting, records_about, widened};
use super::sensitivity;
use crate::evaluate::case::{Allegation, Device, Record};
use crate::evaluate::finding::Varied;
use crate::evaluate::prism::{Mode, ReachParams, Room, Span, fastest_of, least_speed, spans_at};
use crate::model::{Grade, ProximityParams};

/// What the records of one device say to one incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// A record in the window gives a position within the radius, definite or probable.
    PlacesDeviceThere,
    /// The records allow it.
    Consistent,
    /// At no moment of the window could it have been there.
    Excludes,
    /// Nothing bears on it.
    NoData,
}

impl Answer {
    /// The word used in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlacesDeviceThere => "places_device_there",
            Self::Consistent => "consistent",
            Self::Excludes => "excludes",
            Self::NoData => "no_data",
        }
    }
}

/// What an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A record in the window, of this grade.
    Record(Grade),
    /// Some moment of the window at which it could have been there, at a declared speed.
    Reachable,
    /// Such a moment only at a speed above those declared, which records of the device itself ask for.
    OwnSpeed,
    /// No such moment.
    Unreachable,
    /// No record within the horizon.
    Silent,
}

impl Basis {
    /// The word used in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record(_) => "record_in_window",
            Self::Reachable => "reachable",
            Self::OwnSpeed => "own_speed",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
        }
    }
}

/// What one way of travelling allows.
#[derive(Debug, Clone, PartialEq)]
pub struct ModeVerdict {
    /// The way of travelling.
    pub mode: Mode,
    /// Whether it could have been there for as long as is asked.
    pub reachable: bool,
    /// When it could have been there: maximal stretches within the window.
    pub spans: Vec<Span>,
}

impl ModeVerdict {
    fn new(mode: Mode, rooms: &[Room], min_stay_us: i64) -> Self {
        let spans = spans_at(rooms, |_| mode.speed_m_s);
        Self { mode, reachable: longest_us(&spans).is_some_and(|us| us >= min_stay_us), spans }
    }

    /// The earliest moment of the window at which it could have been there, UTC microseconds.
    #[must_use]
    pub fn earliest_us(&self) -> Option<i64> {
        self.spans.first().map(|s| s.from_us)
    }

    /// The latest such moment, UTC microseconds.
    #[must_use]
    pub fn latest_us(&self) -> Option<i64> {
        self.spans.last().map(|s| s.to_us)
    }

    /// The longest that it could have stayed within the window, microseconds.
    #[must_use]
    pub fn longest_us(&self) -> Option<i64> {
        longest_us(&self.spans)
    }
}

fn longest_us(spans: &[Span]) -> Option<i64> {
    spans.iter().map(Span::length_us).max()
}

/// The answer for one device and one incident, with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentResult {
    /// The answer.
    pub answer: Answer,
    /// What it rests on.
    pub basis: Basis,
    /// The record that speaks most directly.
    pub nearest: Option<Nearest>,
    /// The record before that asks for the break-even speed, or the last before the window.
    pub before: Option<Record>,
    /// The record after that asks for it, or the first after the window.
    pub after: Option<Record>,
    /// Each declared way of travelling.
    pub modes: Vec<ModeVerdict>,
    /// The least speed at which it could have been there, metres per second; infinite if records keep it away throughout.
    pub break_even_m_s: f64,
    /// Whether a record before the window's start (or covering it) bears on it.
    pub bounded_before: bool,
    /// Whether a record after the window's end (or covering it) bears on it.
    pub bounded_after: bool,
    /// A record in the window allows it, and others shut it out: they cannot all hold.
    pub contradicted: bool,
    /// How many records lie in the window, within the time tolerance.
    pub in_window: usize,
    /// How many of the records named here state no radius.
    pub unstated: usize,
    /// What the answer would have been with other parameters.
    pub sensitivity: Vec<Varied>,
}

/// What the records of a device say to an incident; see [`crate::evaluate::incident`] for the meaning of each answer.
#[must_use]
pub fn judge(device: &Device, incident: &Allegation, params: &ProximityParams, reach: &ReachParams) -> IncidentResult {
    // A window written backwards is a window all the same: it must not come out as one without a moment.
    let (t0_us, t1_us) = (incident.t0_us.min(incident.t1_us), incident.t0_us.max(incident.t1_us));
    let incident = &Allegation { t0_us, t1_us, ..incident.clone() };
    let widest_us = sensitivity::widest_us(params);
    let records = records_about(device, incident, widest_us, reach);
    let scene = Scene::new(&records, incident, widest_us, reach);
    let setting = Setting::of(params, reach);
    let rooms = scene.rooms(&setting);
    let Core { answer, basis, nearest, break_even_m_s, contradicted } = core(&scene, &setting, reach, &rooms);
    let binding = least_speed(&rooms, reach.min_stay_us);
    let record = |index: Option<u32>| index.and_then(|i| scene.frontier.record(i)).copied();
    let before = record(binding.before.or_else(|| rooms.first().and_then(Room::last_before)));
    let after = record(binding.after.or_else(|| rooms.last().and_then(Room::first_after)));
    let window = widened(incident, setting.window_us);
    let named = nearest.iter().map(|n| &n.record).chain(&before).chain(&after);
    IncidentResult {
        answer,
        basis,
        before,
        after,
        modes: reach.modes.iter().map(|&mode| ModeVerdict::new(mode, &rooms, reach.min_stay_us)).collect(),
        break_even_m_s,
        bounded_before: rooms.first().is_some_and(Room::is_bounded_before),
        bounded_after: rooms.last().is_some_and(Room::is_bounded_after),
        contradicted,
        in_window: records.iter().filter(|r| r.t0_us <= window.to_us && r.t1_us >= window.from_us).count(),
        unstated: named.filter(|r| r.uncertainty_m.is_nan() || r.uncertainty_m <= 0.0).count(),
        sensitivity: sensitivity::table(&scene, &setting, reach, &rooms),
        nearest,
    }
}

/// The part of an answer that parameters change.
pub(super) struct Core {
    pub(super) answer: Answer,
    pub(super) basis: Basis,
    pub(super) nearest: Option<Nearest>,
    pub(super) break_even_m_s: f64,
    contradicted: bool,
}

/// The answer with one setting, from the rooms with the same.
pub(super) fn core(scene: &Scene<'_>, setting: &Setting, reach: &ReachParams, rooms: &[Room]) -> Core {
    let nearest = nearest(scene, setting, reach);
    let break_even_m_s = least_speed(rooms, reach.min_stay_us).speed_m_s;
    let stays = |spans: Vec<Span>| longest_us(&spans).is_some_and(|us| us >= reach.min_stay_us);
    let declared = stays(spans_at(rooms, |_| setting.speed_m_s));
    let faster = || rooms.iter().any(|room| room.own_speed_m_s > setting.speed_m_s);
    let own = declared || (faster() && stays(spans_at(rooms, |room| fastest_of(setting.speed_m_s, room))));
    let graded = nearest.as_ref().and_then(|n| n.grade.map(|grade| (grade, n.is_there())));
    let silent = !rooms.iter().any(|room| room.is_bounded_before() || room.is_bounded_after());
    let (answer, basis) = match graded {
        Some((grade, true)) => (Answer::PlacesDeviceThere, Basis::Record(grade)),
        Some((grade, false)) => (Answer::Consistent, Basis::Record(grade)),
        None if silent => (Answer::NoData, Basis::Silent),
        None if declared => (Answer::Consistent, Basis::Reachable),
        None if own => (Answer::Consistent, Basis::OwnSpeed),
        None => (Answer::Excludes, Basis::Unreachable),
    };
    Core { answer, basis, nearest, break_even_m_s, contradicted: graded.is_some() && !own }
}
