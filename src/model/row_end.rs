//! The end of a row: call data tell in one row where a connection began and where it ended.

use super::{FixRow, NotAFix, RejectRow};

/// The path of what comes of a row's end, so that it is told apart from the row's start: `row 12 end`.
pub const END_PATH: &str = "end";

/// What came of a row's end, apart from what came of the row itself, which is of its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RowEnd<'a> {
    /// A second fix of the row; its path begins with [`END_PATH`].
    Fix(FixRow<'a>),
    /// An end that cannot be used; its path is [`END_PATH`].
    Reject(RejectRow<'a>),
    /// An end that by nature is not a fix.
    NotAFix(NotAFix),
}
