//! `locard.toml`: the settings of `locard serve` as they are written, before they are checked.
//!
//! Every setting has a default, so that an empty file is a file. An unknown key is an error: a setting that is misspelt
//! would silently be the default. `docs/serve.md` documents each of them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ask_config::{AccessSection, FlightSection, HttpAccess, PostgresSection, QuerySection, SignIn};
use super::config_error::ConfigError;
use super::layout::told;
use super::logs::LogForm;
use super::oidc::OidcSection;
use crate::model::ProximityParams;
use crate::source::kafka::{BlockLimits, ClientOptions, KafkaConfig, TopicNames};
use crate::time::US_PER_S;

/// The settings, by section.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Where records come from and flags go.
    pub kafka: KafkaSection,
    /// Where Avro schemas come from.
    pub schemas: SchemaSection,
    /// Where tables are kept.
    pub store: StoreSection,
    /// What counts as near, and as one encounter.
    pub proximity: ProximitySection,
    /// How much memory may be used.
    pub memory: MemorySection,
    /// Where questions are answered.
    pub http: HttpSection,
    /// Where PostgreSQL's protocol is spoken.
    pub postgres: PostgresSection,
    /// Where Arrow Flight SQL is spoken.
    pub flight: FlightSection,
    /// Who may see what.
    pub access: AccessSection,
    /// The identity provider whose tokens are taken.
    pub oidc: OidcSection,
    /// How much one question may take.
    pub query: QuerySection,
    /// The custody clock.
    pub custody: CustodySection,
    /// Findings as records arrive.
    pub evaluate: EvaluateSection,
    /// The logs.
    pub log: LogSection,
}

/// `[kafka]`: where records come from and flags go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaSection {
    /// Where to find brokers first: `host:port`, with commas between; `127.0.0.1:9092`.
    pub bootstrap_servers: String,
    /// The consumer group among whose members partitions are shared; `locard`.
    pub group: String,
    /// This instance's name in the brokers' logs and metrics; `locard`.
    pub instance: String,
    /// The names of the topics.
    pub topics: TopicNames,
    /// Partitions of each topic, if none exists yet and Locard creates them; 8.
    pub partitions: u32,
    /// Copies of each partition of a topic that Locard creates; 1.
    pub replication: u32,
    /// How much is gathered before it is handed on, for each topic and partition.
    pub blocks: BlockLimits,
    /// After how long without a sign of life this instance's partitions go to others, milliseconds; 10 000.
    pub session_timeout_ms: u32,
    /// How long the store may take when partitions come or go, milliseconds; 8000.
    pub answer_timeout_ms: u32,
    /// Further settings of librdkafka, by its names: security, compression, buffers.
    pub options: ClientOptions,
}

impl Default for KafkaSection {
    fn default() -> Self {
        let kafka = KafkaConfig::default();
        Self {
            bootstrap_servers: kafka.bootstrap_servers,
            group: "locard".to_owned(),
            instance: kafka.instance,
            topics: kafka.topics,
            partitions: 8,
            replication: 1,
            blocks: kafka.blocks,
            session_timeout_ms: kafka.session_timeout_ms,
            answer_timeout_ms: kafka.answer_timeout_ms,
            options: ClientOptions::default(),
        }
    }
}

/// `[schemas]`: where Avro schemas come from; without either, Avro messages are rejected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemaSection {
    /// The address of a Confluent schema registry: `http://registry:8081`.
    pub registry: Option<String>,
    /// A file of certificate authorities (PEM) that are believed for it besides the system's.
    pub ca: Option<PathBuf>,
    /// A folder with a file `<id>.avsc` for each schema.
    pub folder: Option<PathBuf>,
}

/// `[store]`: where tables are kept, and how often they are added to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSection {
    /// A folder, or the URL of one; `locard-data`.
    pub data: String,
    /// Rows wait at most this long before they are committed, milliseconds; 1000.
    pub commit_interval_ms: u64,
    /// So many rows are committed at once, however short they waited; 100 000.
    pub commit_rows: u64,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self { data: "locard-data".to_owned(), commit_interval_ms: 1_000, commit_rows: 100_000 }
    }
}

/// `[proximity]`: what counts as near, and as one encounter; the same parameters as `locard check` has.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProximitySection {
    /// Two positions this far apart or nearer are near, metres; 100.
    pub radius_m: f64,
    /// Two records this far apart in time or nearer are together, seconds; 120.
    pub window_s: i64,
    /// Proximities whose gap is at most this make one encounter, seconds; 600.
    pub gap_s: i64,
    /// An open encounter is held up to this distance, metres; `radius_m` unless set.
    pub exit_radius_m: Option<f64>,
    /// Tracks are interpolated only between fixes at most this far apart, seconds; 300.
    pub max_interpolation_s: i64,
}

impl Default for ProximitySection {
    fn default() -> Self {
        let params = ProximityParams::default();
        Self {
            radius_m: params.radius_m,
            window_s: params.window_us / US_PER_S,
            gap_s: params.gap_us / US_PER_S,
            exit_radius_m: None,
            max_interpolation_s: params.max_interpolation_us / US_PER_S,
        }
    }
}

/// `[memory]`: how much memory may be used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemorySection {
    /// The state of all cases in memory, mebibytes; 512. Idle cases leave memory when it gets short.
    pub mib: u64,
}

impl Default for MemorySection {
    fn default() -> Self {
        Self { mib: 512 }
    }
}

/// `[http]`: where questions are answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSection {
    /// Address and port; `127.0.0.1:8787`. Port 0 takes any that is free.
    pub listen: String,
    /// Whether people are asked who they are; `with-accounts`.
    pub sign_in: SignIn,
    /// A certificate in PEM, the server's own first; with it HTTP is spoken over TLS, and not without.
    pub certificate: Option<PathBuf>,
    /// Its private key in PEM.
    pub key: Option<PathBuf>,
    /// Connections at once, live feeds among them; 1000.
    pub connections: usize,
}

impl Default for HttpSection {
    fn default() -> Self {
        let HttpAccess { sign_in, connections, .. } = HttpAccess::default();
        Self { listen: "127.0.0.1:8787".to_owned(), sign_in, certificate: None, key: None, connections }
    }
}

/// `[custody]`: the custody clock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustodySection {
    /// A rule table in place of the one built in, PACE 1984.
    pub rules: Option<PathBuf>,
}

/// `[evaluate]`: findings as records arrive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateSection {
    /// Whether a case whose records have changed is evaluated, and what is new told by the live feed; true.
    pub live: bool,
    /// The zone of hours of the day, nights and weekdays: an IANA name, `UTC` or an offset; `UTC`.
    pub zone: String,
    /// What was shown of likelihood ratios: a file of `locard validate`; without it none is stated.
    pub validation: Option<PathBuf>,
    /// Memory for cases that were evaluated, so that only what is new of them is read and found, MiB, 0 to 1 048 576; 512.
    pub memory_mib: u64,
}

impl Default for EvaluateSection {
    fn default() -> Self {
        Self { live: true, zone: "UTC".to_owned(), validation: None, memory_mib: 512 }
    }
}

/// `[log]`: the logs, on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// `text` for a person, `json` for a machine; `text`.
    pub format: LogForm,
    /// What is logged: `info`, or several with their places, `info,locard::kafka=debug`; `info`. The environment
    /// variable `LOCARD_LOG` stands above it.
    pub level: String,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { format: LogForm::Text, level: "info".to_owned() }
    }
}

impl ServeConfig {
    /// Reads settings as they are written; `file` is the file's name, for errors.
    ///
    /// # Errors
    /// [`ConfigError::Layout`] names the file, the line and the key.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let layout = |message: String| ConfigError::Layout { file: file.to_owned(), message };
        toml::from_str(text).map_err(|e: toml::de::Error| layout(told(text, &e)))
    }

    /// Reads a file of settings.
    ///
    /// # Errors
    /// [`ConfigError::Read`] if it cannot be read, and as [`ServeConfig::parse`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let failed = |source| ConfigError::Read { field: "--config", path: path.to_owned(), source };
        Self::parse(&std::fs::read_to_string(path).map_err(failed)?, &path.display().to_string())
    }
}
