//! Why settings cannot be used: the field, its value with its unit, and what it must be.

use std::io;
use std::path::PathBuf;

use crate::model::ParamsError;
use crate::source::kafka::KafkaError;
use crate::time::custody::RulesError;

/// A setting that cannot be used; retrying does not help.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{field} {}: {source}", path.display())]
    Read {
        /// Which setting or flag names it.
        field: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML, or a key is unknown or of the wrong type.
    #[error("{file}: {message}")]
    Layout {
        /// The file.
        file: String,
        /// Where and what, as the TOML reader says it.
        message: String,
    },
    /// A value makes no sense.
    #[error("{field} is {value}: {why}")]
    Value {
        /// The setting, with its section.
        field: String,
        /// Its value and unit.
        value: String,
        /// What it must be.
        why: String,
    },
    /// A parameter of the matching makes no sense.
    #[error("proximity: {0}")]
    Params(#[from] ParamsError),
    /// The rule table of the custody clock cannot be used.
    #[error("custody.rules: {0}")]
    Rules(#[from] RulesError),
    /// The process has logs already.
    #[error("the logs of this process have been started already")]
    LogsStarted,
}

impl ConfigError {
    pub(super) fn value(field: &str, value: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Value { field: field.to_owned(), value: value.into(), why: why.into() }
    }

    /// A fault of Kafka's settings, under the names that they have in the file.
    pub(super) fn kafka(error: KafkaError) -> Self {
        match error {
            KafkaError::Config { field, value, detail } => {
                let field = match field.strip_prefix("librdkafka.") {
                    Some(name) => format!("kafka.options.{name:?}"),
                    None if field == "membership.group" => "kafka.group".to_owned(),
                    None => format!("kafka.{field}"),
                };
                // What it says to set instead, it calls by its own name.
                let why = match detail.strip_prefix("set ") {
                    Some("membership") => "set kafka.group".to_owned(),
                    Some(name) => format!("set kafka.{name}"),
                    None => detail,
                };
                Self::Value { field, value: format!("{value:?}"), why }
            }
            other => Self::Value { field: "kafka".to_owned(), value: String::new(), why: other.to_string() },
        }
    }
}
