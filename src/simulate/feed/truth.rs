//! What is true of a generated feed: who was near whom and when, what was planted, and what was delivered.
//!
//! `truth.json` is this, field by field; `docs/simulate.md` says it in words.

use serde::{Deserialize, Serialize};

/// The version of `truth.json`.
pub const TRUTH_VERSION: u32 = 1;

/// What kind of stretch was planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantedKind {
    /// The suspect is with the victim.
    Meeting,
    /// The suspect takes her path a minute later.
    Following,
    /// The suspect waits near her home.
    Waiting,
    /// A near miss: where she was, two hours later.
    NearInSpace,
    /// A near miss: while she was, 700 m away.
    NearInTime,
}

impl PlantedKind {
    /// Whether it is none of the encounters that are to be found.
    #[must_use]
    pub const fn is_near_miss(self) -> bool {
        matches!(self, Self::NearInSpace | Self::NearInTime)
    }
}

/// A stretch that was planted: an encounter that is to be found, or a near miss that is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    /// The case.
    pub case_id: String,
    /// How it came about.
    pub kind: PlantedKind,
    /// The suspect's phone.
    pub device_id: String,
    /// The victim's phone, or the name of her place.
    pub target: String,
    /// Its first moment, UTC microseconds, true time.
    pub from_us: i64,
    /// Its last moment.
    pub to_us: i64,
    /// The least true distance within it, the window included, metres to a tenth; none is measured for a near miss.
    pub closest_m: Option<f64>,
    /// When the first record of each side had been delivered, UTC microseconds of the feed: before, nobody could know.
    pub known_us: Option<i64>,
}

/// A stretch in which a person truly was near a victim or place, planted or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Near {
    /// The case.
    pub case_id: String,
    /// The suspect.
    pub subject_id: String,
    /// The victim, or the name of her place.
    pub target: String,
    /// Its first moment, UTC microseconds, true time.
    pub from_us: i64,
    /// Its last moment.
    pub to_us: i64,
    /// The least true distance within it, the window included, metres to a tenth.
    pub closest_m: f64,
}

/// A device, and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceTruth {
    /// The case.
    pub case_id: String,
    /// The device, as its records name it.
    pub device_id: String,
    /// Whose it is.
    pub subject_id: String,
    /// `victim` or `suspect`.
    pub role: String,
    /// `phone`, `sim`, `car` or `tag`.
    pub kind: String,
    /// How far its clock is ahead, microseconds.
    pub clock_error_us: i64,
    /// Its true errors are this times what it reports.
    pub error_factor: f64,
    /// From when to when it was silent, UTC microseconds.
    pub silences: Vec<(i64, i64)>,
    /// How many records it made, each counted once.
    pub fixes: u64,
}

/// A place of a victim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceTruth {
    /// The case.
    pub case_id: String,
    /// Its name.
    pub name: String,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// How far it reaches, metres.
    pub radius_m: f64,
}

/// How much was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delivered {
    /// Records of `fixes`, duplicates included.
    pub records: u64,
    /// Records among them that had been delivered before.
    pub duplicates: u64,
    /// Messages of `cases`, duplicates included.
    pub case_events: u64,
}

/// Everything that is true of a feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedTruth {
    /// [`TRUTH_VERSION`].
    pub locard_truth: u32,
    /// Says that nobody in it is real.
    pub note: String,
    /// What the feed was made of.
    pub seed: u64,
    /// How many cases there are.
    pub cases: u32,
    /// Where it begins, UTC microseconds.
    pub start_us: i64,
    /// Where people's movements end, UTC microseconds; records are delivered and cases go on after it.
    pub end_us: i64,
    /// Near is this far apart or nearer, metres; of a place, from its edge.
    pub radius_m: f64,
    /// And this far apart in time or nearer, microseconds.
    pub window_us: i64,
    /// What was delivered.
    pub delivered: Delivered,
    /// The devices, by case and name.
    pub devices: Vec<DeviceTruth>,
    /// The places, by case and name.
    pub places: Vec<PlaceTruth>,
    /// The encounters that are to be found, by case and time.
    pub planted: Vec<Planted>,
    /// The stretches that are not to be flagged, by case and time.
    pub near_misses: Vec<Planted>,
    /// All stretches in which a suspect truly was near, by case, suspect and target.
    pub near: Vec<Near>,
    /// The same with [`MARGIN_M`] and [`MARGIN_US`] more: flags in these and not in `near` are neither right nor wrong.
    pub marginal: Vec<Near>,
}

/// How much farther than near is marginal, metres: two phones' errors together are seldom larger.
pub const MARGIN_M: f64 = 150.0;
/// How much longer than the window is marginal, microseconds: the errors of two clocks.
pub const MARGIN_US: i64 = 60_000_000;

impl FeedTruth {
    /// The names of the cases, each once, in order.
    #[must_use]
    pub fn case_ids(&self) -> std::collections::BTreeSet<&str> {
        self.devices.iter().map(|d| d.case_id.as_str()).collect()
    }

    /// The truth about one case; what was delivered stays that of the whole feed.
    #[must_use]
    pub fn of_case(mut self, case_id: &str) -> Self {
        self.devices.retain(|d| d.case_id == case_id);
        self.places.retain(|p| p.case_id == case_id);
        self.planted.retain(|p| p.case_id == case_id);
        self.near_misses.retain(|p| p.case_id == case_id);
        self.near.retain(|n| n.case_id == case_id);
        self.marginal.retain(|n| n.case_id == case_id);
        self
    }
}
