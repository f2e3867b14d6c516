//! The command line: one file per subcommand, each a thin shell over the stages.

pub mod sql;
