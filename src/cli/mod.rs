//! The command line: one file per subcommand, each a thin shell over the stages.

mod args;
mod authority_arg;
mod case_args;
mod cluster_arg;
mod place_arg;
mod progress;
mod serve_args;
mod store_arg;

pub mod account;
pub mod audit;
pub mod check;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod demo;
pub mod evaluate;
pub mod import;
pub mod profile;
pub mod query;
pub mod scenes;
pub mod score;
pub mod serve;
pub mod simulate;
pub mod sql;
pub mod validate;
pub mod watch;

pub use args::{CheckArgs, UsageError};
pub use authority_arg::{AuthorityArgError, parse_authority};
pub use case_args::CaseArgs;
pub use place_arg::{DEFAULT_PLACE_RADIUS_M, PlaceArgError, parse_place};
pub use progress::{FileProgress, Progress};
pub use serve_args::ServeArgs;
pub use store_arg::{DEFAULT_DATA, parse_data};
