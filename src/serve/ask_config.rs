//! `[postgres]`, `[flight]`, `[access]` and `[query]`: who may ask, where, and how much one question may take.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::config::ServeConfig;
use super::config_error::ConfigError;
use super::flight;
use super::pg::{Access, TlsFiles};
use crate::access::{Policies, PolicySources};
use crate::query::Limits;

/// `[postgres]`: where PostgreSQL's protocol is spoken; nowhere unless `listen` is set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresSection {
    /// Address and port, such as `127.0.0.1:5432`.
    pub listen: Option<String>,
    /// A certificate in PEM, the server's own first; with it TLS is offered.
    pub certificate: Option<PathBuf>,
    /// Its private key in PEM.
    pub key: Option<PathBuf>,
    /// Whether those who do not ask for TLS are turned away; false.
    pub require_tls: bool,
    /// Connections at once; 100.
    pub connections: usize,
}

impl Default for PostgresSection {
    fn default() -> Self {
        Self { listen: None, certificate: None, key: None, require_tls: false, connections: 100 }
    }
}

/// `[flight]`: where Arrow Flight SQL is spoken; nowhere unless `listen` is set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlightSection {
    /// Address and port, such as `127.0.0.1:32010`.
    pub listen: Option<String>,
    /// A certificate in PEM, the server's own first; with it TLS alone is spoken.
    pub certificate: Option<PathBuf>,
    /// Its private key in PEM.
    pub key: Option<PathBuf>,
    /// Connections at once; 100.
    pub connections: usize,
    /// After so long without a call a session is over, seconds; 900.
    pub idle_s: u64,
    /// So long after a password was shown it must be shown again, seconds; 3600.
    pub life_s: u64,
}

impl Default for FlightSection {
    fn default() -> Self {
        let access = flight::Access::default();
        Self {
            listen: None,
            certificate: None,
            key: None,
            connections: access.connections,
            idle_s: access.idle.as_secs(),
            life_s: access.life.as_secs(),
        }
    }
}

/// `[access]`: who may see what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSection {
    /// A folder of Cedar policies in place of the built-in ones.
    pub policies: Option<PathBuf>,
}

/// `[query]`: how much one question may take.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuerySection {
    /// From its start to the last row, seconds; 300.
    pub wall_time_s: u64,
    /// Rows of its result; 10 000 000.
    pub rows: u64,
    /// Memory that its operators may hold, mebibytes; 1024.
    pub memory_mib: u64,
    /// Questions of one account at once; 4.
    pub at_once: usize,
}

impl Default for QuerySection {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            wall_time_s: limits.wall_time.as_secs(),
            rows: limits.rows,
            memory_mib: u64::try_from(limits.memory_bytes >> 20).unwrap_or(u64::MAX),
            at_once: limits.at_once,
        }
    }
}

/// Who may ask, where, and how much: checked.
#[derive(Debug)]
pub struct AskSettings {
    /// Where PostgreSQL's protocol is spoken, and how; nowhere if `None`.
    pub postgres: Option<(SocketAddr, Access)>,
    /// Where Arrow Flight SQL is spoken, and how; nowhere if `None`.
    pub flight: Option<(SocketAddr, flight::Access)>,
    /// The rules of who may see what.
    pub policies: Policies,
    /// How much one question may take.
    pub limits: Limits,
}

impl AskSettings {
    /// Checks the settings, and reads the policies.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that cannot be used.
    pub fn new(config: &ServeConfig) -> Result<Self, ConfigError> {
        let wrong = |e: crate::access::PolicyError| ConfigError::value("access.policies", "a folder", e.to_string());
        let sources = match &config.access.policies {
            Some(folder) => PolicySources::folder(folder).map_err(wrong)?,
            None => PolicySources::built_in(),
        };
        Ok(Self {
            postgres: postgres(&config.postgres)?,
            flight: flight(&config.flight)?,
            policies: sources.check().map_err(wrong)?,
            limits: limits(&config.query)?,
        })
    }
}

/// Certificate and key of a section; both or none.
fn tls_files(
    section: &str,
    certificate: Option<&PathBuf>,
    key: Option<&PathBuf>,
) -> Result<Option<TlsFiles>, ConfigError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate: certificate.clone(), key: key.clone() })),
        (None, None) => Ok(None),
        _ => {
            let field = format!("{section}.certificate");
            Err(ConfigError::value(&field, "alone", "a certificate and its key go together"))
        }
    }
}

/// Where a section's protocol is spoken. What goes over a network that others share is read by others.
fn listen(section: &str, text: &str, secured: bool, such_as: &str) -> Result<SocketAddr, ConfigError> {
    let wrong = |why: &str| {
        ConfigError::value(&format!("{section}.listen"), format!("{text:?}"), format!("{why}, such as {such_as}"))
    };
    let address: SocketAddr = text.parse().map_err(|_| wrong("expected an address and a port"))?;
    if !secured && !address.ip().is_loopback() {
        return Err(wrong("without a certificate it may be an address of this machine only"));
    }
    Ok(address)
}

fn postgres(section: &PostgresSection) -> Result<Option<(SocketAddr, Access)>, ConfigError> {
    let tls = tls_files("postgres", section.certificate.as_ref(), section.key.as_ref())?;
    if section.require_tls && tls.is_none() {
        return Err(ConfigError::value("postgres.require_tls", "true", "it needs a certificate and its key"));
    }
    let Some(text) = &section.listen else { return Ok(None) };
    let address = listen("postgres", text, tls.is_some(), "127.0.0.1:5432")?;
    let connections = at_least_one("postgres.connections", section.connections)?;
    Ok(Some((address, Access { tls, require_tls: section.require_tls, connections })))
}

fn flight(section: &FlightSection) -> Result<Option<(SocketAddr, flight::Access)>, ConfigError> {
    let tls = tls_files("flight", section.certificate.as_ref(), section.key.as_ref())?;
    let access = flight::Access {
        connections: at_least_one("flight.connections", section.connections)?,
        idle: Duration::from_secs(at_least_one("flight.idle_s", section.idle_s)?),
        life: Duration::from_secs(at_least_one("flight.life_s", section.life_s)?),
        ..flight::Access::default()
    };
    let Some(text) = &section.listen else { return Ok(None) };
    let address = listen("flight", text, tls.is_some(), "127.0.0.1:32010")?;
    Ok(Some((address, flight::Access { tls, ..access })))
}

fn limits(section: &QuerySection) -> Result<Limits, ConfigError> {
    let bytes = at_least_one("query.memory_mib", section.memory_mib)?.saturating_mul(1 << 20);
    Ok(Limits {
        wall_time: Duration::from_secs(at_least_one("query.wall_time_s", section.wall_time_s)?),
        rows: at_least_one("query.rows", section.rows)?,
        memory_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        at_once: at_least_one("query.at_once", section.at_once)?,
    })
}

fn at_least_one<N: PartialEq + From<u8>>(field: &str, value: N) -> Result<N, ConfigError> {
    if value == N::from(0) { Err(ConfigError::value(field, "0", "at least 1")) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<AskSettings, String> {
        let config = ServeConfig::parse(text, "x").map_err(|e| e.to_string())?;
        AskSettings::new(&config).map_err(|e| e.to_string())
    }

    #[test]
    fn nobody_is_answered_unless_it_is_said_where() {
        let none = settings("").unwrap();
        assert_eq!((none.postgres, none.limits), (None, Limits::default()));
        let (address, access) = settings("postgres.listen = '127.0.0.1:5432'").unwrap().postgres.unwrap();
        assert_eq!((address.port(), access), (5432, Access::default()));
    }

    #[test]
    fn a_network_is_not_spoken_to_in_the_clear() {
        let open = settings("postgres.listen = '0.0.0.0:5432'").unwrap_err();
        assert!(open.contains("without a certificate"), "{open}");
        let with = "[postgres]\nlisten = '0.0.0.0:5432'\ncertificate = 'a'\nkey = 'b'";
        assert!(settings(with).unwrap().postgres.unwrap().1.tls.is_some());
        assert!(settings("postgres.require_tls = true").unwrap_err().contains("require_tls"));
        assert!(settings("postgres.key = 'b'").unwrap_err().contains("go together"));
        let open = settings("flight.listen = '192.0.2.1:32010'").unwrap_err();
        assert!(open.starts_with("flight.listen") && open.contains("without a certificate"), "{open}");
        let with = "[flight]\nlisten = '0.0.0.0:32010'\ncertificate = 'a'\nkey = 'b'\nidle_s = 7\nlife_s = 8";
        let (address, access) = settings(with).unwrap().flight.unwrap();
        assert_eq!((address.port(), access.idle, access.life), (32010, Duration::from_secs(7), Duration::from_secs(8)));
        assert!(settings("flight.certificate = 'a'").unwrap_err().contains("flight.certificate"));
        assert!(settings("flight.life_s = 0").unwrap_err().contains("flight.life_s"));
    }

    #[test]
    fn a_limit_of_nothing_and_policies_that_are_not_there_are_faults() {
        assert!(settings("query.rows = 0").unwrap_err().contains("query.rows is 0"));
        assert!(settings("access.policies = 'no such folder'").unwrap_err().contains("access.policies"));
    }
}
