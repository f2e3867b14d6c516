//! Made-up cases with known truth, for `locard demo` and for tests.
//!
//! ```text
//!  seed ─> story (who was truly where) ─┬─> observe (errors, silences, masts, cameras) ─> files
//!                                       └─> truth (planted encounters, near misses) ────> truth.json, score
//! ```
//! The invariant: the same seed and start give the same bytes on every machine. Names and events are made up, and the
//! homes lie in parks. [`feed`] makes any number of cases as a feed, in the order in which records arrive.

mod case;
mod files;
mod noise;
mod observe;
mod plane;
mod story;
mod track;
mod truth;
mod write;

pub mod feed;

#[cfg(test)]
mod case_tests;

pub use case::{INCIDENTS_ZONE, SUSPECT_CAR, SUSPECT_PHONE_TAG, SUSPECT_SIM, SimulatedCase, VICTIM_PHONE, case};
pub use truth::{PlantedEncounter, PlantedKind, Score, score};

/// The seed of `locard demo`.
pub const DEMO_SEED: u64 = 20_251_024;

/// The start of `locard demo`: 2025-10-24T00:00:00Z, so that the clocks go back in the middle of the case.
pub const DEMO_START_US: i64 = 1_761_264_000 * crate::time::US_PER_S;

/// Why a case could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The start is outside the years that records may have.
    #[error("the case would start at {0} us since 1970: it must start between 1990 and 2100")]
    Start(i64),
    /// The zone of the incidents is not in the bundled database.
    #[error(transparent)]
    Zone(#[from] crate::time::ZoneError),
    /// A file could not be written as JSON.
    #[error("a file of the case could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
