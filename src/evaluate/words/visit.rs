//! Words.
use super::Phrase;
#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[];
