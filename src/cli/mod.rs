//! The command line: one file per subcommand, each a thin shell over the stages.

pub mod args;
pub mod demo;
pub mod profile;
pub mod progress;
pub mod sql;
