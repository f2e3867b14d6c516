//! The provider's keys: fetched when they are needed, kept for an hour, and fetched anew when a token names one that is
//! not among them; never more often than every half minute, so that nobody can make us ask without end.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, StatusCode, redirect};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::config::check_address;
use super::{Identity, KeySet, OidcFault, OidcSettings, verify};
use crate::time::{Clock, US_PER_S};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest document that is read, bytes.
const LONGEST: usize = 1 << 20;
/// Keys are fetched anew after so long.
const FRESH_US: i64 = 3_600 * US_PER_S;
/// Keys that could not be fetched anew hold so long: what the provider called back must not hold for ever.
const HELD_US: i64 = 24 * 3_600 * US_PER_S;
/// Between two attempts there is at least so long.
const APART_US: i64 = 30 * US_PER_S;

/// An identity provider, with the keys that it had when it was last asked.
#[derive(Debug)]
pub struct Provider {
    settings: OidcSettings,
    client: Client,
    clock: Arc<dyn Clock>,
    held: RwLock<Held>,
    /// Whoever fetches; others wait for what it brings.
    fetching: Mutex<()>,
}

/// What is known of the provider's keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) keys: Arc<KeySet>,
    /// When the keys were fetched, UTC microseconds; `None` if they never were.
    pub(super) fetched_us: Option<i64>,
    /// When it was last tried.
    pub(super) tried_us: Option<i64>,
}

/// Whether keys are to be fetched at a moment, UTC microseconds; `missing` if a token names one that is not held. Pure.
pub(super) fn due(held: &Held, missing: bool, now_us: i64) -> bool {
    let stale = held.fetched_us.is_none_or(|at| now_us.saturating_sub(at) >= FRESH_US);
    let rested = held.tried_us.is_none_or(|at| now_us.saturating_sub(at) >= APART_US);
    (stale || missing) && rested
}

/// Whether keys may still be used. Pure.
fn holds(held: &Held, now_us: i64) -> bool {
    held.fetched_us.is_some_and(|at| now_us.saturating_sub(at) < HELD_US)
}

/// What is read of the provider's description (`OpenID` Connect Discovery 1.0, 3).
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

impl Provider {
    /// A provider; nothing is asked of it yet.
    ///
    /// # Errors
    /// [`OidcFault::Unreachable`] if there is no client for it.
    pub fn new(settings: OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, OidcFault> {
        // A redirect could lead to what only this machine can reach.
        let strict = |client: ClientBuilder| client.timeout(PATIENCE).redirect(redirect::Policy::none()).build();
        let client =
            settings.authorities.client().and_then(strict).map_err(|e| unreachable(&settings, &e.to_string()))?;
        Ok(Self { settings, client, clock, held: RwLock::default(), fetching: Mutex::default() })
    }

    /// Its address.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Whose a token is.
    ///
    /// # Errors
    /// [`OidcFault`]: why it is not taken.
    pub async fn identity(&self, token: &str) -> Result<Identity, OidcFault> {
        let now_us = self.clock.now_us();
        let mut failed = self.renew(false, now_us).await.err();
        let mut seen = self.verify(token, now_us);
        if matches!(seen, Err(OidcFault::UnknownKey(_))) {
            failed = self.renew(true, now_us).await.err().or(failed);
            seen = self.verify(token, now_us);
        }
        match (seen, failed) {
            // That it cannot be reached says more than that a key is missing.
            (Err(OidcFault::UnknownKey(_)), Some(unreachable)) => Err(unreachable),
            (seen, _) => seen,
        }
    }

    fn verify(&self, token: &str, now_us: i64) -> Result<Identity, OidcFault> {
        let held = self.held();
        let keys = if holds(&held, now_us) { held.keys } else { Arc::default() };
        verify(token, &keys, &self.settings, now_us)
    }

    /// Fetches keys if they are due.
    async fn renew(&self, missing: bool, now_us: i64) -> Result<(), OidcFault> {
        if !due(&self.held(), missing, now_us) {
            return Ok(());
        }
        let _turn = self.fetching.lock().await;
        if !due(&self.held(), missing, now_us) {
            return Ok(());
        }
        let fetched = self.fetch().await;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.tried_us = Some(now_us);
        match fetched {
            Ok(keys) => (held.keys, held.fetched_us) = (Arc::new(keys), Some(now_us)),
            Err(detail) => {
                tracing::warn!(issuer = self.settings.issuer, detail, "the identity provider's keys cannot be had");
                return Err(unreachable(&self.settings, &detail));
            }
        }
        Ok(())
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Result<KeySet, String> {
        let issuer = &self.settings.issuer;
        let described = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let body = self.get(&described).await?;
        let description: Description = serde_json::from_slice(&body).map_err(|e| format!("its description: {e}"))?;
        if description.issuer != *issuer {
            return Err(format!("it says that it is {:?}", description.issuer));
        }
        let keys = KeySet::parse(&self.get(&description.jwks_uri).await?)?;
        if keys.count() == 0 { Err("it has no key that could be used".to_owned()) } else { Ok(keys) }
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, String> {
        let address = check_address(address).map_err(|why| format!("{address:?}: {why}"))?;
        let mut response = self.client.get(address.clone()).send().await.map_err(|e| e.to_string())?;
        if response.status() != StatusCode::OK {
            return Err(format!("{address} answers {}", response.status()));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| e.to_string())? {
            body.extend_from_slice(&part);
            if body.len() > LONGEST {
                return Err(format!("{address} answers with more than {LONGEST} bytes"));
            }
        }
        Ok(body)
    }
}

fn unreachable(settings: &OidcSettings, detail: &str) -> OidcFault {
    OidcFault::Unreachable { issuer: settings.issuer.clone(), detail: detail.to_owned() }
}
