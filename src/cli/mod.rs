//! The command line: one file per subcommand, each a thin shell over the stages.


pub mod demo;
pub mod profile;
pub mod sql;

