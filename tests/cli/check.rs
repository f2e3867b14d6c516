//! `locard check` and `locard demo` as a user meets them: through the program, and through the report behind it.
//!
//! Every expected number is computed here from the formulas of the design, not by the library's own functions.

#[cfg(test)]
mod brute;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod run;
#[cfg(test)]
mod same;
#[cfg(test)]
mod world;
