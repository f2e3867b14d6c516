//! Rows on the wire, straight from Arrow's arrays: each column is brought into one of a few forms once a batch, and a
//! cell is then written without looking at its type by name.

mod binary;
mod cells;
mod text;

pub(super) use binary::{EPOCH_DAYS, EPOCH_US};
pub(super) use cells::{Cells, Look, with_length};
