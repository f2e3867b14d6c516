//! `locard import` as a person runs it: files into a case, and what `locard sql` finds there afterwards, compared with
//! `locard check` on the same files.

mod equal;
mod kafka;
mod killed;
mod rows;
pub mod run;
