//! The settings of `locard serve`, checked: what a running Locard is made with.
//!
//! Every fault is found before anything is started, and says which setting, which value in which unit, and what it must
//! be.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::ask_config::AskSettings;
use super::config::{EvaluateSection, KafkaSection, ProximitySection, SchemaSection, ServeConfig, StoreSection};
use super::config_error::ConfigError;
use super::logs::{LogForm, filter};
use crate::decode::message::{SchemaFolder, SchemaRegistry, SchemaSource};
use crate::evaluate;
use crate::evaluate::validation::Validation;
use crate::model::ProximityParams;
use crate::source::Authorities;
use crate::source::kafka::{KafkaConfig, Membership, TopicPlan};
use crate::store;
use crate::time::custody::CustodyRules;
use crate::time::{US_PER_S, ZoneRule};

/// How long brokers may take to create topics.
const TOPICS_DEADLINE: Duration = Duration::from_secs(30);
const COMMIT_INTERVAL_MS: RangeInclusive<u64> = 10..=60_000;
const COMMIT_ROWS: RangeInclusive<u64> = 1..=10_000_000;
const MEMORY_MIB: RangeInclusive<u64> = 64..=1_048_576;
const EVALUATE_MEMORY_MIB: RangeInclusive<u64> = 0..=1_048_576;
const PARTITIONS: RangeInclusive<u32> = 1..=10_000;
const REPLICATION: RangeInclusive<u32> = 1..=100;

/// Settings that can be used.
#[derive(Debug)]
pub struct Settings {
    /// Kafka.
    pub kafka: KafkaConfig,
    /// How topics are made that do not exist.
    pub topics: TopicPlan,
    /// Where Avro schemas come from.
    pub schemas: Option<Arc<dyn SchemaSource>>,
    /// The tables.
    pub store: StoreSettings,
    /// What counts as near, and as one encounter.
    pub proximity: ProximityParams,
    /// The memory for the state of cases, bytes.
    pub memory_bytes: usize,
    /// Where HTTP is answered.
    pub listen: SocketAddr,
    /// Who may ask, where, and how much.
    pub ask: AskSettings,
    /// The rule table of the custody clock.
    pub custody: CustodyRules,
    /// What findings are computed with as records arrive; `None` if they are not.
    pub evaluate: Option<EvaluateSettings>,
    /// The form of the logs.
    pub log_form: LogForm,
    /// What is logged.
    pub log_level: String,
}

/// How cases are evaluated as records arrive.
#[derive(Debug, Clone)]
pub struct EvaluateSettings {
    /// What findings are computed with.
    pub findings: evaluate::Settings,
    /// Memory for cases that were evaluated.
    pub memory_bytes: usize,
}

/// How tables are kept.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The folder of the tables.
    pub location: Url,
    /// How they are opened.
    pub options: store::Options,
    /// Rows wait at most this long.
    pub commit_interval: Duration,
    /// So many rows are committed at once.
    pub commit_rows: usize,
}

impl Settings {
    /// Checks settings, and reads the files that they name.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that cannot be used.
    pub fn new(config: &ServeConfig) -> Result<Self, ConfigError> {
        let mib = within("memory.mib", config.memory.mib, &MEMORY_MIB, "MiB")?;
        filter("log.level", &config.log.level)?;
        Ok(Self {
            kafka: kafka(&config.kafka)?,
            topics: topic_plan(&config.kafka)?,
            schemas: schemas(&config.schemas)?,
            store: store_settings(&config.store)?,
            proximity: proximity(&config.proximity)?,
            memory_bytes: usize::try_from(mib << 20).unwrap_or(usize::MAX),
            listen: listen(&config.http.listen)?,
            ask: AskSettings::new(config)?,
            custody: custody(config.custody.rules.as_deref())?,
            evaluate: evaluate_settings(&config.evaluate)?,
            log_form: config.log.format,
            log_level: config.log.level.clone(),
        })
    }
}

/// Checks all of it, also if it is switched off.
fn evaluate_settings(section: &EvaluateSection) -> Result<Option<EvaluateSettings>, ConfigError> {
    let zone = ZoneRule::parse(&section.zone);
    let zone = zone.map_err(|e| ConfigError::value("evaluate.zone", format!("{:?}", section.zone), e.to_string()))?;
    let validation = section.validation.as_deref().map(validation).transpose()?;
    let mib = within("evaluate.memory_mib", section.memory_mib, &EVALUATE_MEMORY_MIB, "MiB")?;
    let memory_bytes = usize::try_from(mib << 20).unwrap_or(usize::MAX);
    let findings = evaluate::Settings { zone, validation, ..evaluate::Settings::default() };
    Ok(section.live.then_some(EvaluateSettings { findings, memory_bytes }))
}

fn validation(path: &Path) -> Result<Validation, ConfigError> {
    let field = "evaluate.validation";
    let failed = |source| ConfigError::Read { field, path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Validation::parse(&text).map_err(|e| ConfigError::value(field, format!("{:?}", path.display()), e.to_string()))
}

fn kafka(section: &KafkaSection) -> Result<KafkaConfig, ConfigError> {
    let config = KafkaConfig {
        bootstrap_servers: section.bootstrap_servers.clone(),
        membership: Membership::Group(section.group.clone()),
        instance: section.instance.clone(),
        topics: section.topics.clone(),
        blocks: section.blocks,
        session_timeout_ms: section.session_timeout_ms,
        answer_timeout_ms: section.answer_timeout_ms,
        librdkafka: section.options.clone(),
    };
    config.validate().map_err(ConfigError::kafka)?;
    Ok(config)
}

fn topic_plan(section: &KafkaSection) -> Result<TopicPlan, ConfigError> {
    let partitions = within("kafka.partitions", section.partitions, &PARTITIONS, "partitions")?;
    let replication = within("kafka.replication", section.replication, &REPLICATION, "copies")?;
    Ok(TopicPlan {
        partitions: i32::try_from(partitions).unwrap_or(i32::MAX),
        replication: i32::try_from(replication).unwrap_or(i32::MAX),
        deadline: TOPICS_DEADLINE,
    })
}

fn schemas(section: &SchemaSection) -> Result<Option<Arc<dyn SchemaSource>>, ConfigError> {
    if let (None, Some(ca)) = (&section.registry, &section.ca) {
        return Err(ConfigError::value(
            "schemas.ca",
            format!("{:?}", ca.display().to_string()),
            "schemas.registry, which it is for, is not set",
        ));
    }
    match (&section.registry, &section.folder) {
        (None, None) => Ok(None),
        (None, Some(folder)) => {
            // A folder that is not there would turn away every Avro message, one by one.
            let shown = folder.display().to_string();
            let there = folder.is_dir();
            there
                .then(|| Some(Arc::new(SchemaFolder::new(folder)) as Arc<dyn SchemaSource>))
                .ok_or_else(|| ConfigError::value("schemas.folder", format!("{shown:?}"), "there is no such folder"))
        }
        (Some(address), None) => {
            let wrong = |why: String| ConfigError::value("schemas.registry", address_shown(address), why);
            let url = Url::parse(address).map_err(|e| wrong(e.to_string()))?;
            if !matches!(url.scheme(), "http" | "https") {
                return Err(wrong("expected http:// or https://".to_owned()));
            }
            let authorities = authorities("schemas.ca", section.ca.as_deref())?;
            Ok(Some(Arc::new(SchemaRegistry::new(url, authorities))))
        }
        (Some(_), Some(_)) => {
            let why = "schemas.folder is set too: numbers of the two could mean different schemas, so keep one";
            Err(ConfigError::value("schemas.registry", "set", why))
        }
    }
}

/// The authorities of a file; no more than the system's if none is named.
pub(in crate::serve) fn authorities(setting: &'static str, file: Option<&Path>) -> Result<Authorities, ConfigError> {
    let Some(file) = file else { return Ok(Authorities::default()) };
    Authorities::of_file(file)
        .map_err(|e| ConfigError::value(setting, format!("{:?}", file.display().to_string()), e.to_string()))
}

/// An address without what stands before its `@`: that may be a password.
fn address_shown(address: &str) -> String {
    format!("{:?}", address.rsplit_once('@').map_or(address, |(_, place)| place))
}

fn store_settings(section: &StoreSection) -> Result<StoreSettings, ConfigError> {
    let interval_ms = within("store.commit_interval_ms", section.commit_interval_ms, &COMMIT_INTERVAL_MS, "ms")?;
    let rows = within("store.commit_rows", section.commit_rows, &COMMIT_ROWS, "rows")?;
    Ok(StoreSettings {
        location: location(&section.data)?,
        options: store::Options::default(),
        commit_interval: Duration::from_millis(interval_ms),
        commit_rows: usize::try_from(rows).unwrap_or(usize::MAX),
    })
}

/// A folder, relative to the working folder unless it is absolute, or the URL of one.
fn location(data: &str) -> Result<Url, ConfigError> {
    let wrong = |why: String| ConfigError::value("store.data", address_shown(data), why);
    if data.trim().is_empty() {
        return Err(wrong("expected a folder or a URL".to_owned()));
    }
    if data.contains("://") {
        return Url::parse(data).map_err(|e| wrong(e.to_string()));
    }
    let folder = std::path::absolute(data).map_err(|e| wrong(e.to_string()))?;
    Url::from_directory_path(&folder).map_err(|()| wrong("the folder has no address".to_owned()))
}

fn proximity(section: &ProximitySection) -> Result<ProximityParams, ConfigError> {
    let us = |seconds: i64| seconds.saturating_mul(US_PER_S);
    let params = ProximityParams {
        radius_m: section.radius_m,
        window_us: us(section.window_s),
        gap_us: us(section.gap_s),
        exit_radius_m: section.exit_radius_m.unwrap_or(section.radius_m),
        max_interpolation_us: us(section.max_interpolation_s),
    };
    params.validate()?;
    Ok(params)
}

fn listen(text: &str) -> Result<SocketAddr, ConfigError> {
    let why = "expected an address and a port, such as 127.0.0.1:8787 or [::1]:8787";
    text.parse().map_err(|_| ConfigError::value("http.listen", format!("{text:?}"), why))
}

fn custody(rules: Option<&Path>) -> Result<CustodyRules, ConfigError> {
    let Some(path) = rules else { return Ok(CustodyRules::pace()?) };
    let failed = |source| ConfigError::Read { field: "custody.rules", path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Ok(CustodyRules::parse(&text, &path.display().to_string())?)
}

fn within<N: PartialOrd + Copy + std::fmt::Display>(
    field: &str,
    value: N,
    range: &RangeInclusive<N>,
    unit: &str,
) -> Result<N, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let why = format!("expected {} to {} {unit}", range.start(), range.end());
    Err(ConfigError::value(field, format!("{value} {unit}"), why))
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
