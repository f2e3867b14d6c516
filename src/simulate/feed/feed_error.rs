//! Why a feed could not be made or written.

use std::path::PathBuf;

/// A feed that could not be made, or not written.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The start is outside the years that records may have.
    #[error("the start is {0} us since 1970: it must lie between 1990 and 2100")]
    Start(i64),
    /// A number that must be counted from 1.
    #[error("{name} is {value}: it must be between 1 and {most}")]
    Count {
        /// Which parameter.
        name: &'static str,
        /// Its value.
        value: u32,
        /// The most it may be.
        most: u32,
    },
    /// A share that is none.
    #[error("{name} is {value}: it must be between 0 and 1")]
    Share {
        /// Which parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// Records too sparse or too dense.
    #[error("spacing is {0}: it must be between 0.01 and 4")]
    Spacing(f64),
    /// An interval between records that cannot be used.
    #[error("{name} is {low_s} s to {high_s} s: it must rise, from 0.1 s at least to 86400 s at most")]
    Interval {
        /// Which parameter.
        name: &'static str,
        /// The shorter end, seconds.
        low_s: f64,
        /// The longer end, seconds.
        high_s: f64,
    },
    /// That many records cannot be made of that many cases and days.
    #[error(
        "{cases} cases in {days} days make between {least:.0} and {most:.0} records, not {records}: \
             change the number of cases or of days"
    )]
    Records {
        /// How many were wanted.
        records: u64,
        /// How many there can be at least.
        least: f64,
        /// How many there can be at most.
        most: f64,
        /// The cases.
        cases: u32,
        /// The days.
        days: u32,
    },
    /// The brokers did not take a message.
    #[error(transparent)]
    Kafka(#[from] crate::source::kafka::KafkaError),
    /// A message was handed over and not delivered.
    #[error("a message was not delivered: {0}")]
    Undelivered(String),
    /// The zone of daily life is not in the bundled database.
    #[error(transparent)]
    Zone(#[from] crate::time::ZoneError),
    /// A file could not be written; another folder may help.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something could not be written as JSON.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
