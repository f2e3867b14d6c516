//! A finding: a question, its answer, and all that somebody needs to check it.
//!
//! ```text
//!  question ─> answer ─┬─ figures      what was computed
//!                      ├─ fixes        the records that decide it: exhibit and row
//!                      ├─ parameters   what it was computed with
//!                      ├─ sensitivity  what the answer would have been with others
//!                      ├─ alternatives what else would give the same records
//!                      └─ limits       what the source cannot show
//! ```
//! A finding that nothing was found carries the same. Numbers are typed here; sentences come from [`super::words`].

use serde::{Serialize, Serializer};

use super::case::Record;
use super::exhibits::Exhibits;
use super::words::Sentence;
use crate::model::{Content, ContentId};

/// What a finding is about, in the order in which findings are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Was the device there, when and where something is alleged?
    Incident,
    /// Could two devices have come near each other between their records?
    Meeting,
    /// Stays at and passes by the victim's places.
    Visit,
    /// A device on another's path, a while later.
    Following,
    /// How many encounters chance would give.
    Coincidence,
    /// How much more likely the records are if the device was near than if it kept its routine.
    Strength,
    /// Whether two devices travel together.
    Attribution,
    /// Identifiers recorded at several scenes.
    Scenes,
    /// Silences, impossible speeds, clocks, records outside an authority.
    Quality,
    /// Episodes, days, places and their trend.
    Pattern,
}

impl Topic {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 10] = [
        Self::Incident,
        Self::Meeting,
        Self::Visit,
        Self::Following,
        Self::Coincidence,
        Self::Strength,
        Self::Attribution,
        Self::Scenes,
        Self::Quality,
        Self::Pattern,
    ];
}

/// Whether it states what records show, or weighs them: the second is for a named, competent person.
///
/// Source: R v Calland (2017) EWCA Crim 2308; the two output grades of practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What records show; an officer may state it.
    Fact,
    /// What records mean; only a competent person may state it.
    Evaluation,
}

/// A number with its unit, or a word.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A count.
    Count(u64),
    /// A quantity in the figure's unit; never not-a-number (that is `Absent`). Infinite means that no bound was found.
    Real(f64),
    /// A moment, UTC microseconds.
    MomentUs(i64),
    /// A word.
    Word(String),
    /// Yes or no.
    Flag(bool),
    /// Not known.
    Absent,
}

/// The word that stands in JSON, which has no infinity, where no bound was found.
pub const UNBOUNDED: &str = "unbounded";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(n) => s.serialize_u64(*n),
            Self::Real(x) if x.is_infinite() => s.serialize_str(UNBOUNDED),
            Self::Real(x) => s.serialize_f64(*x),
            Self::MomentUs(us) => s.serialize_i64(*us),
            Self::Word(word) => s.serialize_str(word),
            Self::Flag(yes) => s.serialize_bool(*yes),
            Self::Absent => s.serialize_none(),
        }
    }
}

/// One computed figure or one parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What it is, in the words of the design, with its unit in the name: `distance_m`, `earliest_arrival_us`.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

impl Figure {
    /// A quantity; not-a-number becomes absent.
    #[must_use]
    pub fn real(name: &'static str, value: f64) -> Self {
        Self { name, value: if value.is_nan() { Value::Absent } else { Value::Real(value) } }
    }

    /// A count.
    #[must_use]
    pub fn count(name: &'static str, value: usize) -> Self {
        Self { name, value: Value::Count(u64::try_from(value).unwrap_or(u64::MAX)) }
    }

    /// A moment, UTC microseconds.
    #[must_use]
    pub const fn moment(name: &'static str, us: i64) -> Self {
        Self { name, value: Value::MomentUs(us) }
    }

    /// A word.
    #[must_use]
    pub fn word(name: &'static str, word: impl Into<String>) -> Self {
        Self { name, value: Value::Word(word.into()) }
    }

    /// Yes or no.
    #[must_use]
    pub const fn flag(name: &'static str, value: bool) -> Self {
        Self { name, value: Value::Flag(value) }
    }

    /// A quantity that may be absent.
    #[must_use]
    pub fn maybe_real(name: &'static str, value: Option<f64>) -> Self {
        Self::real(name, value.unwrap_or(f64::NAN))
    }

    /// A moment that may be absent.
    #[must_use]
    pub fn maybe_moment(name: &'static str, us: Option<i64>) -> Self {
        us.map_or(Self { name, value: Value::Absent }, |us| Self::moment(name, us))
    }
}

/// A record that decides a finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cited {
    /// The device as the files name it.
    pub device: String,
    /// What it does for the finding: `nearest`, `before`, `after`, `first`, `last`, `within`.
    pub part: &'static str,
    /// SHA-256 of its exhibit, hex; empty if it came through none.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// Start of its interval, UTC microseconds.
    pub t0_us: i64,
    /// End of its interval, UTC microseconds.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius, metres; 0 where none is stated.
    pub uncertainty_m: f64,
}

impl Cited {
    /// Cites a record of a device; `exhibits` are those of the case.
    #[must_use]
    pub fn of(device: &str, part: &'static str, record: &Record, exhibits: &Exhibits) -> Self {
        let Record { t0_us, t1_us, lat_deg, lon_deg, uncertainty_m, .. } = *record;
        let exhibit = exhibits.name(record.origin.exhibit).unwrap_or_default().to_owned();
        Self {
            device: device.to_owned(),
            part,
            exhibit,
            row: record.origin.row,
            t0_us,
            t1_us,
            lat_deg,
            lon_deg,
            uncertainty_m,
        }
    }
}

/// What the answer would have been with other parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Varied {
    /// What was changed, and to what: `radius_m`, `window_us`, `uncertainty_times`, `speed_m_s`, …
    pub changed: Figure,
    /// The answer's word with it.
    pub answer: &'static str,
    /// The figure that the answer hangs on, with it.
    pub figure: Figure,
}

/// What the data say to one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub topic: Topic,
    /// Fact or evaluation: that of its answer's sentence.
    pub class: Class,
    /// The suspect's device it is about, if it is about one.
    pub device: Option<String>,
    /// What the device is compared with: an incident's reference, a place's name, a device; empty if nothing.
    pub about: String,
    /// The question, in words.
    pub question: String,
    /// The answer as one word: `excludes`, `possible`, `refused`.
    pub answer: &'static str,
    /// The answer in words.
    pub says: String,
    /// What was computed.
    pub figures: Vec<Figure>,
    /// The records that decide it.
    pub fixes: Vec<Cited>,
    /// What it was computed with.
    pub parameters: Vec<Figure>,
    /// What the answer would have been with others.
    pub sensitivity: Vec<Varied>,
    /// What else would give the same records.
    pub alternatives: Vec<&'static str>,
    /// What the records cannot show.
    pub limits: Vec<&'static str>,
}

impl Finding {
    /// A finding whose figures are still to be added.
    #[must_use]
    pub fn new(
        topic: Topic,
        about: impl Into<String>,
        question: &Sentence,
        answer: &'static str,
        says: &Sentence,
    ) -> Self {
        Self {
            topic,
            class: says.class(),
            device: None,
            about: about.into(),
            question: question.text().to_owned(),
            answer,
            says: says.text().to_owned(),
            figures: Vec::new(),
            fixes: Vec::new(),
            parameters: Vec::new(),
            sensitivity: Vec::new(),
            alternatives: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// The name of the finding: the same question about the same things, answered with the same parameters, has one name
    /// whatever the answer, so that a revised answer replaces the former.
    #[must_use]
    pub fn id(&self) -> ContentId {
        let mut content = Content::of("finding 1")
            .text(&format!("{:?}", self.topic))
            .text(self.device.as_deref().unwrap_or_default())
            .text(&self.about);
        for parameter in &self.parameters {
            content = content.text(parameter.name).text(&format!("{:?}", parameter.value));
        }
        content.finish()
    }
}
