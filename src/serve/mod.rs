//! What surrounds the stream while `locard serve` runs: its settings, its logs, and what it answers over HTTP.
//!
//! ```text
//!  locard.toml ─┐
//!  flags ───────┴─> ServeConfig ─> Settings: kafka, store, proximity, memory ─> the engine (`stream`)
//!                                                                        │ Telemetry, CaseLag, LiveFlag
//!  psql, DBeaver, psycopg   <── pg::Server <─────┬── AccountGate <── access, query
//!  ADBC, pandas, JDBC       <── flight::Server <─┘
//!  findings::Assessor: cases that change are evaluated ──> LiveFlag
//!  /health /ready /metrics /api/cases/lag /api/flags  <── HttpServer <───┘
//!  /api/sql /api/queries /api/me  <── HttpServer <── Door <── AccountGate, Provider of OpenID Connect
//! ```

mod api;
mod ask_config;
mod config;
mod config_error;
pub mod findings;
mod flags;
pub mod flight;
mod gate;
mod gate_entries;
mod gate_policies;
mod gate_standing;
mod http;
mod layout;
mod logs;
pub mod oidc;
pub mod pg;
mod plan_facts;
mod policy_watch;
mod settings;
mod slots;
mod taking;

pub use api::Door;
pub use ask_config::{AccessSection, AskSettings, FlightSection, HttpAccess, PostgresSection, QuerySection, SignIn};
pub use config::{
    CustodySection, EvaluateSection, HttpSection, KafkaSection, LogSection, MemorySection, ProximitySection,
    SchemaSection, ServeConfig, StoreSection,
};
pub use config_error::ConfigError;
pub use gate::{AccountGate, GateError};
pub use http::{HttpError, HttpServer, Shown};
pub use logs::{LOG_VARIABLE, LogForm, start_logs};
pub use policy_watch::PolicyWatch;
pub use settings::{Settings, StoreSettings};

#[cfg(test)]
mod written_tests;
