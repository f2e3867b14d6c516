//! `[postgres]`, `[flight]`, `[access]`, `[query]` and what is asked at the door of `[http]`: who may ask, where, and how
//! much one question may take.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::config::{HttpSection, ServeConfig};
use super::config_error::ConfigError;
use super::flight;
use super::oidc::OidcSettings;
use super::pg::{Access, TlsFiles};
use crate::access::{Policies, PolicySources};
use crate::query::{Elsewhere, Limits};
use crate::store::Options;

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

/// Whether those who come over HTTP are asked who they are before they are shown cases. SQL is always asked in
/// somebody's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// As soon as there is an account. Before, nobody is asked, unless the address is reached from other machines.
    #[default]
    WithAccounts,
    /// Always.
    Always,
    /// Never, and the address must be one of this machine: for demonstrations and development.
    Never,
    /// Not here: whoever reaches the address was asked elsewhere, and nobody listens on the way. A proxy, or the network
    /// of containers.
    Elsewhere,
}

/// How HTTP is entered: checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAccess {
    /// Whether people are asked who they are.
    pub sign_in: SignIn,
    /// Certificate and key; `None` is without TLS.
    pub tls: Option<TlsFiles>,
    /// Connections at once.
    pub connections: usize,
}

impl Default for HttpAccess {
    fn default() -> Self {
        Self { sign_in: SignIn::default(), tls: None, connections: 1_000 }
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
    /// Columns of the tables that questions ask for again and again are kept decoded, so much of them at most, mebibytes; 256.
    pub kept_mib: usize,
    /// Questions of one account at once; 4.
    pub at_once: usize,
    /// A scheduler, `df://host:port`, to which questions go that read much; nowhere unless it is set.
    pub cluster: Option<String>,
    /// A question that reads so much or more goes there, mebibytes of files; 256.
    pub cluster_from_mib: u64,
}

impl Default for QuerySection {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            wall_time_s: limits.wall_time.as_secs(),
            rows: limits.rows,
            memory_mib: u64::try_from(limits.memory_bytes >> 20).unwrap_or(u64::MAX),
            kept_mib: Options::default().kept_bytes >> 20,
            at_once: limits.at_once,
            cluster: None,
            cluster_from_mib: 256,
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
    /// How HTTP is entered.
    pub http: HttpAccess,
    /// The identity provider whose tokens are taken, if there is one.
    pub oidc: Option<OidcSettings>,
    /// The rules of who may see what.
    pub policies: Policies,
    /// The folder that they are from and what was found there, if they are not the built-in ones.
    pub policies_from: Option<(PathBuf, PolicySources)>,
    /// How much one question may take.
    pub limits: Limits,
    /// Columns that are kept decoded for the next question, bytes.
    pub kept_bytes: usize,
    /// Where questions go that read much; they are all answered here if `None`.
    pub elsewhere: Option<Arc<dyn Elsewhere>>,
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
            http: http(&config.http)?,
            oidc: config.oidc.settings()?,
            policies: sources.check().map_err(wrong)?,
            policies_from: config.access.policies.clone().map(|folder| (folder, sources)),
            limits: limits(&config.query)?,
            kept_bytes: config.query.kept_mib.saturating_mul(1 << 20),
            elsewhere: elsewhere(&config.query)?,
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

fn http(section: &HttpSection) -> Result<HttpAccess, ConfigError> {
    let tls = tls_files("http", section.certificate.as_ref(), section.key.as_ref())?;
    // An address that cannot be read is told where it is read.
    let outside = section.listen.parse::<SocketAddr>().is_ok_and(|a| !a.ip().is_loopback());
    let shown = || format!("{:?}", section.listen);
    if outside && section.sign_in == SignIn::Never {
        let why = "with http.sign_in = \"never\" it may be an address of this machine only, such as 127.0.0.1:8787";
        return Err(ConfigError::value("http.listen", shown(), why));
    }
    if outside && tls.is_none() && section.sign_in != SignIn::Elsewhere {
        let why = "without http.certificate passwords would be read on the way: set one, or an address of this machine, \
                   or http.sign_in = \"elsewhere\" if a proxy sees to all of it";
        return Err(ConfigError::value("http.listen", shown(), why));
    }
    // Where others reach it, it is closed from the beginning, and not from the first account on.
    let closed = outside && section.sign_in == SignIn::WithAccounts;
    let connections = at_least_one("http.connections", section.connections)?;
    Ok(HttpAccess { sign_in: if closed { SignIn::Always } else { section.sign_in }, tls, connections })
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

/// The cluster to which questions go that read much.
#[cfg(feature = "cluster")]
fn elsewhere(section: &QuerySection) -> Result<Option<Arc<dyn Elsewhere>>, ConfigError> {
    use crate::cluster::{Cluster, Share};
    let Some(text) = &section.cluster else { return Ok(None) };
    let address = text.parse().map_err(|why: String| ConfigError::value("query.cluster", format!("{text:?}"), why))?;
    let share = Share::From(section.cluster_from_mib.saturating_mul(1 << 20));
    Ok(Some(Arc::new(Cluster::new(address, share))))
}

/// This program knows no cluster.
#[cfg(not(feature = "cluster"))]
fn elsewhere(section: &QuerySection) -> Result<Option<Arc<dyn Elsewhere>>, ConfigError> {
    let Some(text) = &section.cluster else { return Ok(None) };
    let why = "this locard was built without the feature `cluster`: cargo build --features cluster";
    Err(ConfigError::value("query.cluster", format!("{text:?}"), why))
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
        assert_eq!(
            (none.postgres, none.limits, none.kept_bytes),
            (None, Limits::default(), Options::default().kept_bytes)
        );
        assert_eq!(settings("query.kept_mib = 0").unwrap().kept_bytes, 0, "nothing need be kept");
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
    fn nobody_outside_this_machine_reads_cases_or_passwords_by_oversight() {
        let access = |text: &str| settings(text).map(|s| s.http);
        assert_eq!(access("").unwrap(), HttpAccess::default());
        for sign_in in ["with-accounts", "always"] {
            let text = format!("[http]\nlisten = '0.0.0.0:1'\nsign_in = '{sign_in}'\n");
            assert!(access(&text).unwrap_err().contains("http.certificate"), "{sign_in}");
            let secured = access(&format!("{text}certificate = 'a'\nkey = 'b'")).unwrap();
            assert!(secured.tls.is_some() && secured.sign_in == SignIn::Always, "{secured:?}");
        }
        let never = "[http]\nlisten = '[::]:1'\nsign_in = 'never'\ncertificate = 'a'\nkey = 'b'";
        assert!(access(never).unwrap_err().contains("never"));
        assert_eq!(access("[http]\nlisten = '[::1]:1'\nsign_in = 'never'").unwrap().sign_in, SignIn::Never);
        let elsewhere = access("[http]\nlisten = '0.0.0.0:1'\nsign_in = 'elsewhere'").unwrap();
        assert_eq!(elsewhere.sign_in, SignIn::Elsewhere);
        assert!(settings("http.sign_in = 'sometimes'").unwrap_err().contains("with-accounts"));
        assert_eq!(access("http.connections = 7").unwrap().connections, 7);
        assert!(access("http.connections = 0").unwrap_err().contains("http.connections is 0"));
        assert!(settings("http.key = 'b'").unwrap_err().contains("go together"));
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn a_cluster_is_an_address_of_a_scheduler() {
        assert!(settings("").unwrap().elsewhere.is_none());
        assert!(settings("query.cluster = 'df://scheduler:50050'").unwrap().elsewhere.is_some());
        assert!(settings("query.cluster = 'scheduler:50050'").unwrap_err().contains("df://host:port"));
    }

    #[cfg(not(feature = "cluster"))]
    #[test]
    fn a_program_that_knows_no_cluster_does_not_begin_with_one() {
        let error = settings("query.cluster = 'df://scheduler:50050'").unwrap_err();
        assert!(error.starts_with("query.cluster") && error.contains("without the feature `cluster`"), "{error}");
    }

    #[test]
    fn a_limit_of_nothing_and_policies_that_are_not_there_are_faults() {
        assert!(settings("query.rows = 0").unwrap_err().contains("query.rows is 0"));
        assert!(settings("access.policies = 'no such folder'").unwrap_err().contains("access.policies"));
    }
}
