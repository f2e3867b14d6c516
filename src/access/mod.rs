//! Who may see what.
//!
//! ```text
//!  name and password, or token ─> AccountStore ─> Account (role, grants) ─┐
//!                                                                         ├─> Policies ─> Viewer ─> Scope: which cases,
//!  policies/*.cedar ─> InForce: those of this moment ──────────────────────┘               and of each which stretch of
//!                                                                                          the victim's time
//!  whatever was done or refused ─> audit::AuditLog: lines chained by BLAKE3
//! ```
//! The invariant: what is not granted is not seen. A scope starts empty and only grants add to it.

mod account;
pub mod audit;
mod error;
mod grant;
mod in_force;
mod login;
mod name;
mod password;
mod policy;
mod policy_files;
#[cfg(test)]
mod policy_tests;
mod policy_viewer;
mod scope;
mod standing;
mod store;
#[cfg(test)]
mod store_tests;
mod throttle;
mod token;
mod viewer;
mod whole_file;

pub use account::{Account, ChangeFault};
pub use error::{AccessError, Refusal};
pub use grant::{Grant, Withdrawal};
pub use in_force::InForce;
pub use name::{MAX_NAME_CHARS, NameFault, check_name};
pub use password::{MIN_PASSWORD_CHARS, PasswordFault, SCRAM_ITERATIONS, ScramKey, Secrets};
pub use policy::{Action, Context, Decision, Facts, Policies, Resource};
pub use policy_files::{PolicyError, PolicySources};
pub use policy_viewer::viewer_of;
pub use scope::{Scope, Stretch};
pub use standing::{next_change_us, still_in};
pub use store::AccountStore;
pub use throttle::Throttle;
pub use token::{NewToken, Token, token_id};
pub use viewer::{Role, Viewer};
