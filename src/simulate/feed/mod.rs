//! Generated feeds with known truth, of any size: for load tests, and for showing what is found and what is not.
//!
//! ```text
//!  seed ─> people and their days ─┬─> devices (errors, silences, clocks) ─> deliveries (late, twice) ─┐
//!          (where they truly are) ├─> what people say (case events) ────────────────────────────────┼─> Feed, by
//!                                 └─> nearness (true distances) ─> FeedTruth, score                  │   delivery
//!                                                               cases, merged by a heap ─────────────┘
//! ```
//! The invariant: the same parameters give the same messages, byte for byte, on every machine, at any rate and however
//! they are consumed. Records are made when they are asked for: memory goes with cases and days, not with records.

mod calendar;
mod case_feed;
mod custody;
mod delivery;
mod device;
mod feed_error;
mod flag;
mod folder;
mod kafka_writer;
mod known;
mod merge;
mod nearness;
mod pace;
mod params;
mod people;
mod record;
mod sampler;
mod score;
mod stamp;
mod suspect_day;
mod tally;
mod tell_truth;
mod truth;
mod victim_day;

#[cfg(test)]
mod feed_tests;

pub use calendar::FEED_ZONE;
pub use device::DeviceKind;
pub use feed_error::FeedError;
pub use flag::{Flag, FlagError, flags_from_json};
pub use folder::{CASES_FILE, FIXES_FILE, FeedWriter, FolderWriter, TRUTH_FILE, write_returned, write_truth};
pub use kafka_writer::KafkaWriter;
pub use known::{KnownCase, KnownDevice, known_case};
pub use merge::{Feed, fit_records};
pub use pace::Pace;
pub use params::{FeedParams, Sampling};
pub use record::{FeedBody, FeedFix, FeedItem};
pub use score::{FlagScore, Latency, score_flags};
pub use stamp::Stamp;
pub use tally::Tally;
pub use tell_truth::truth;
pub use truth::{
    Delivered, DeviceTruth, FeedTruth, MARGIN_M, MARGIN_US, Near, PlaceTruth, Planted, PlantedKind, TRUTH_VERSION,
};
