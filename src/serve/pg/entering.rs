//! Coming in: TLS if it must be, a password by SCRAM-SHA-256, then a session for this connection alone.
//!
//! Each connection has its own: SCRAM has a state, and sharing it would let the first in and nobody after.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::error::DataFusionError;
use futures::SinkExt as _;
use pgwire::api::auth::sasl::scram::ScramAuth;
use pgwire::api::auth::sasl::{SASLState, SCRAM_SHA_256_METHOD, SCRAM_SHA_256_PLUS_METHOD};
use pgwire::api::auth::{AuthSource, LoginInfo, Password, protocol_negotiation, save_startup_parameters_to_metadata};
use pgwire::api::query::send_ready_for_query;
use pgwire::api::{ClientInfo, METADATA_USER, PgWireConnectionState, PidSecretKeyGenerator as _};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::startup::{Authentication, BackendKeyData, PasswordMessageFamily, Startup};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};

use super::connection::Connection;
use super::fault::Fault;
use super::server::Shared;
use super::settings::Settings;
use super::wire::{Socket, Wire, parameter};
use super::{SERVER_VERSION, catalog};
use crate::query::{Gate, Proof, ScramSecret};

/// The startup of one connection.
pub(super) struct Entering {
    shared: Arc<Shared>,
    /// Whether there are as many connections as there may be.
    full: bool,
    state: Option<(ScramAuth, SASLState)>,
}

/// The secret of the one account that is coming in.
#[derive(Debug)]
struct Known(ScramSecret);

#[async_trait]
impl AuthSource for Known {
    async fn get_password(&self, _login: &LoginInfo) -> PgWireResult<Password> {
        Ok(Password::new(Some(self.0.salt.clone()), self.0.salted_password.clone()))
    }
}

fn account_of(client: &impl ClientInfo) -> Result<String, Fault> {
    let account = client.metadata().get(METADATA_USER).filter(|name| !name.is_empty()).cloned();
    account.ok_or_else(|| Fault::fatal("28000", "no PostgreSQL user name specified in startup packet"))
}

impl Entering {
    /// Of a connection that has said nothing yet.
    pub const fn new(shared: Arc<Shared>, full: bool) -> Self {
        Self { shared, full, state: None }
    }

    /// Goes on by one message; the connection once somebody is in.
    ///
    /// # Errors
    /// Why somebody is not let in, which is written down.
    pub async fn step(&mut self, wire: &mut Wire, message: PgWireFrontendMessage) -> PgWireResult<Option<Connection>> {
        let client = &mut wire.0;
        match message {
            PgWireFrontendMessage::Startup(startup) => match self.begin(client, &startup).await {
                Ok(()) => Ok(None),
                Err(error) => Err(self.refused(client, error).await),
            },
            PgWireFrontendMessage::PasswordMessageFamily(message) => match self.prove(client, message).await {
                Ok(true) => self.enter(wire).await.map(Some),
                Ok(false) => Ok(None),
                Err(error) => Err(self.refused(client, error).await),
            },
            _ => Err(Fault::fatal("08P01", "a message out of place while coming in").into()),
        }
    }

    async fn begin(&mut self, client: &mut Socket, startup: &Startup) -> Result<(), PgWireError> {
        protocol_negotiation(client, startup).await?;
        save_startup_parameters_to_metadata(client, startup);
        if self.full {
            return Err(Fault::fatal("53300", "sorry, too many clients already").into());
        }
        if self.shared.require_tls && !client.is_secure() {
            return Err(Fault::fatal("28000", "connections without TLS are not taken here: use sslmode=require").into());
        }
        let account = account_of(client)?;
        let secret = self.shared.gate.scram_secret_for(&account, &client.socket_addr().to_string()).await;
        let secret = secret.map_err(|e| Fault::fatal("28000", e.to_string()))?;
        let iterations = usize::try_from(secret.iterations).unwrap_or(usize::MAX);
        let mut scram = ScramAuth::new(Arc::new(Known(secret)));
        scram.set_iterations(iterations);
        // Bound to the certificate only where there is TLS, and where its signature is of a kind that can be.
        if let Some(pem) = self.shared.certificate.as_deref().filter(|_| client.is_secure()) {
            let bound = scram.configure_certificate(pem);
            tracing::debug!(bound = bound.is_ok(), "channel binding");
        }
        let plus = scram.supports_channel_binding().then_some(SCRAM_SHA_256_PLUS_METHOD);
        let mechanisms = plus.into_iter().chain([SCRAM_SHA_256_METHOD]).map(str::to_owned).collect();
        self.state = Some((scram, SASLState::Initial));
        client.set_state(PgWireConnectionState::AuthenticationInProgress);
        client.send(PgWireBackendMessage::Authentication(Authentication::SASL(mechanisms))).await?;
        Ok(())
    }

    /// One step of SCRAM; whether it was the last.
    async fn prove(&mut self, client: &mut Socket, message: PasswordMessageFamily) -> Result<bool, PgWireError> {
        let (scram, state) = self.state.as_mut().ok_or(PgWireError::InvalidSASLState)?;
        let message = if matches!(state, SASLState::Initial) {
            let first = message.into_sasl_initial_response()?;
            if ![SCRAM_SHA_256_METHOD, SCRAM_SHA_256_PLUS_METHOD].contains(&first.auth_method.as_str()) {
                return Err(PgWireError::UnsupportedSASLAuthMethod(first.auth_method));
            }
            *state = SASLState::ScramClientFirstReceived;
            PasswordMessageFamily::SASLInitialResponse(first)
        } else {
            PasswordMessageFamily::SASLResponse(message.into_sasl_response()?)
        };
        let (answer, next) = scram.process_scram_message(client, message, state).await?;
        *state = next;
        client.send(PgWireBackendMessage::Authentication(answer)).await?;
        Ok(matches!(state, SASLState::Finished))
    }

    /// Makes the session, and tells the client that it is in.
    async fn enter(&self, wire: &mut Wire) -> Result<Connection, PgWireError> {
        let client = &mut wire.0;
        let account = account_of(client)?;
        let address = client.socket_addr().to_string();
        let proof = Proof::Scram { account: account.clone() };
        let entered = self.shared.gate.enter(proof, &address).await;
        let session = entered.map_err(|e| Fault::fatal("28000", e.to_string()))?;
        let settings = settings_of(client)?;
        let (pid, secret) = self.shared.keys.generate(client);
        client.set_pid_and_secret_key(pid, secret.clone());
        let (handle, guard) = self.shared.running.register(pid, secret.clone());
        let no_catalog = |e: DataFusionError| Fault::fatal("XX000", format!("no catalog: {}", e.strip_backtrace()));
        let files = self.shared.files(&session).await.map_err(no_catalog)?;
        catalog::install(&session, files, pid, settings.shown()).await.map_err(no_catalog)?;
        let mut connection = Connection::new(session, Arc::clone(&self.shared.gate), settings, handle, guard);
        connection.settings.begun();
        let mut told = vec![PgWireBackendMessage::Authentication(Authentication::Ok)];
        told.extend(connection.settings.told().into_iter().map(|(name, value)| parameter(name, value)));
        let fixed = [
            ("server_version", SERVER_VERSION),
            ("server_encoding", "UTF8"),
            ("integer_datetimes", "on"),
            ("in_hot_standby", "off"),
            ("is_superuser", "off"),
            ("session_authorization", account.as_str()),
        ];
        told.extend(fixed.map(|(name, value)| parameter(name, value)));
        told.push(PgWireBackendMessage::BackendKeyData(BackendKeyData::new(pid, secret)));
        wire.put(told).await?;
        wire.0.set_state(PgWireConnectionState::ReadyForQuery);
        let status = wire.0.transaction_status();
        send_ready_for_query(&mut wire.0, status).await?;
        Ok(connection)
    }

    /// Writes down that somebody was not let in, and says it in PostgreSQL's words.
    async fn refused(&self, client: &impl ClientInfo, error: PgWireError) -> PgWireError {
        let account = account_of(client).unwrap_or_default();
        let guessed = matches!(error, PgWireError::InvalidPassword(_));
        let (reason, fault) = match error {
            PgWireError::InvalidPassword(_) => {
                let said = format!("password authentication failed for user \"{account}\"");
                ("wrong password".to_owned(), Fault::fatal("28P01", said).into())
            }
            other => (other.to_string(), other),
        };
        let (gate, address): (&dyn Gate, _) = (self.shared.gate.as_ref(), client.socket_addr().to_string());
        let reason = format!("PostgreSQL: {reason}");
        if let Err(unwritten) = gate.turned_away(&account, &address, &reason, guessed).await {
            tracing::error!(%unwritten, "a refusal could not be written down");
        }
        fault
    }
}

/// What the client asked to be set when it came in: by name, or in `options` as `-c name=value`.
fn settings_of(client: &impl ClientInfo) -> Result<Settings, Fault> {
    let mut settings = Settings::default();
    let fatal = |fault: Fault| Fault { fatal: true, ..fault };
    let mut given: Vec<(&String, &String)> = client.metadata().iter().collect();
    given.sort();
    for (name, value) in given {
        match name.as_str() {
            "user" | "database" | "replication" => {}
            "options" => {
                for (name, value) in options(value) {
                    settings.set(&name, Some(&value), false).map_err(fatal)?;
                }
            }
            // Extensions of the protocol begin so, and a server may leave them aside.
            name if name.starts_with("_pq_.") => {}
            name => drop(settings.set(name, Some(value), false).map_err(fatal)?),
        }
    }
    Ok(settings)
}

/// `-c name=value --other=value`, with `\ ` for a space.
fn options(text: &str) -> Vec<(String, String)> {
    let text = text.replace("\\ ", "\u{0}");
    let words = text.split_whitespace().filter(|word| *word != "-c");
    let words = words.map(|word| word.strip_prefix("-c").or_else(|| word.strip_prefix("--")).unwrap_or(word));
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| (name.replace('-', "_"), value.replace('\u{0}', " "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_postgresql_reads_them() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            options("-c statement_timeout=5s --application-name=a\\ b -ctimezone=UTC"),
            [pair("statement_timeout", "5s"), pair("application_name", "a b"), pair("timezone", "UTC")]
        );
    }
}
