//! `[oidc]`: the identity provider, as it is written and as it is checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use crate::access::Role;
use crate::serve::config_error::ConfigError;
use crate::serve::settings::authorities;
use crate::source::Authorities;

/// The claim that names the account, unless another is set.
const ACCOUNT_CLAIM: &str = "preferred_username";

/// `[oidc]`: the identity provider whose tokens are taken; none unless `issuer` is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcSection {
    /// Its address, to the letter as its tokens name it.
    pub issuer: Option<String>,
    /// A file of certificate authorities (PEM) that are believed for it besides the system's.
    pub ca: Option<PathBuf>,
    /// For whom tokens must be: what the provider knows Locard by.
    pub audience: Option<String>,
    /// Programs whose tokens are taken, by their client id (`azp`); all if none is named.
    pub clients: Vec<String>,
    /// The claim that names the account; `preferred_username`.
    pub account_claim: Option<String>,
    /// What is cut off the end of that claim and must stand there: `@force.example`.
    pub account_suffix: String,
    /// The claim whose values [`Self::roles`] reads; not asked unless set.
    pub role_claim: Option<String>,
    /// Roles by the values of that claim.
    pub roles: BTreeMap<String, Role>,
}

/// The identity provider: checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// Its address, to the letter as its tokens name it.
    pub issuer: String,
    /// Whom is believed, besides the system's authorities, that it is the provider.
    pub authorities: Authorities,
    /// For whom tokens must be.
    pub audience: String,
    /// Programs whose tokens are taken; all if none is named.
    pub clients: Vec<String>,
    /// The claim that names the account.
    pub account_claim: String,
    /// What is cut off the end of that claim and must stand there.
    pub account_suffix: String,
    /// The claim that names roles, and what each of its values means; `None` if it is not asked.
    pub roles: Option<(String, BTreeMap<String, Role>)>,
}

impl OidcSection {
    /// Checks it.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that cannot be used.
    pub fn settings(&self) -> Result<Option<OidcSettings>, ConfigError> {
        let Some(issuer) = &self.issuer else {
            return if *self == Self::default() {
                Ok(None)
            } else {
                Err(ConfigError::value("oidc.issuer", "not set", "the other settings of [oidc] need it"))
            };
        };
        check_address(issuer).map_err(|why| ConfigError::value("oidc.issuer", format!("{issuer:?}"), why))?;
        let audience = self.audience.clone().filter(|a| !a.is_empty());
        let audience = audience.ok_or_else(|| {
            ConfigError::value("oidc.audience", "not set", "tokens for other programs would be taken: name your own")
        })?;
        let roles = match &self.role_claim {
            Some(claim) => Some((claim.clone(), self.roles.clone())),
            None if self.roles.is_empty() => None,
            None => return Err(ConfigError::value("oidc.role_claim", "not set", "oidc.roles needs it")),
        };
        Ok(Some(OidcSettings {
            issuer: issuer.clone(),
            authorities: authorities("oidc.ca", self.ca.as_deref())?,
            audience,
            clients: self.clients.clone(),
            account_claim: self.account_claim.clone().unwrap_or_else(|| ACCOUNT_CLAIM.to_owned()),
            account_suffix: self.account_suffix.clone(),
            roles,
        }))
    }
}

/// Whether keys may be fetched from an address: over TLS, or from this machine.
///
/// # Errors
/// What it must be.
pub(super) fn check_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    let own = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "https" || url.scheme() == "http" && own {
        return Ok(url);
    }
    Err("expected https://: keys that came in the clear could be anybody's".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Option<OidcSettings>, String> {
        toml::from_str::<OidcSection>(text).map_err(|e| e.to_string())?.settings().map_err(|e| e.to_string())
    }

    #[test]
    fn what_would_let_strangers_in_is_not_taken() {
        assert_eq!(settings("").unwrap(), None);
        for (text, names) in [
            ("audience = 'locard'", "oidc.issuer"),
            ("issuer = 'https://id.example'", "oidc.audience"),
            ("issuer = 'http://id.example'\naudience = 'locard'", "https://"),
            ("issuer = 'id.example'\naudience = 'locard'", "oidc.issuer"),
            ("issuer = 'https://id.example'\naudience = 'x'\nroles = { a = 'analyst' }", "oidc.role_claim"),
            ("issuer = 'https://id.example'\naudience = 'x'\nrole_claim = 'r'\nroles = { a = 'king' }", "king"),
        ] {
            let fault = settings(text).unwrap_err();
            assert!(fault.contains(names), "{text}: {fault}");
        }
        let good = settings("issuer = 'https://id.example/a'\naudience = 'locard'").unwrap().unwrap();
        assert_eq!((good.account_claim.as_str(), good.roles), ("preferred_username", None));
        assert!(settings("issuer = 'http://127.0.0.1:9'\naudience = 'locard'").is_ok());
    }
}
