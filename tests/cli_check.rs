//! `locard check` and `locard demo` as a user meets them: through the program, and through the report behind it.
//!
//! Every expected number is computed here from the formulas of the design, not by the library's own functions.

#[cfg(test)]
#[path = "cli_check/brute.rs"]
mod brute;
#[cfg(test)]
#[path = "cli_check/clocks.rs"]
mod clocks;
#[cfg(test)]
#[path = "cli_check/codes.rs"]
mod codes;
#[cfg(test)]
#[path = "cli_check/demo.rs"]
mod demo;
#[cfg(test)]
#[path = "cli_check/ends.rs"]
mod ends;
#[cfg(test)]
#[path = "cli_check/explain.rs"]
mod explain;
#[cfg(test)]
#[path = "cli_check/hostile.rs"]
mod hostile;
#[cfg(test)]
#[path = "cli_check/oracle.rs"]
mod oracle;
#[cfg(test)]
#[path = "cli_check/roles.rs"]
mod roles;
#[cfg(test)]
#[path = "cli_check/run.rs"]
mod run;
#[cfg(test)]
#[path = "cli_check/same.rs"]
mod same;
#[cfg(test)]
#[path = "cli_check/world.rs"]
mod world;
