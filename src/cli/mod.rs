//! The command line: one file per subcommand, a thin shell around the stages.

mod args;
mod place_arg;
mod progress;

pub use args::{CheckArgs, UsageError};
pub use place_arg::{DEFAULT_PLACE_RADIUS_M, PlaceArgError, parse_place};
pub use progress::{FileProgress, Progress};
