//! Sentences about what a validation covers.

use super::Phrase;

/// No file was supplied.
pub const NO_FILE: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: no validation was supplied that covers {} records. This says \
     nothing for or against either proposition.",
);
/// The file has no entry for these records, or not for these assumptions.
pub const OTHER_METHOD: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: the validation supplied for {} records was made with other \
     assumptions than those in use.",
);
/// The radius lies outside what was tried.
pub const OTHER_RADIUS: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: the validation supplied for {} records does not cover a radius of \
     {} m.",
);
/// A record's uncertainty lies outside what was tried.
pub const OTHER_SIGMA: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: the validation supplied for {} records does not cover a standard \
     deviation of {} m.",
);
/// The method tells nothing.
pub const USELESS: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: in the validation supplied for {} records the ratios are not \
     shown to tell more than saying nothing would.",
);

/// All of them.
#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[NO_FILE, OTHER_METHOD, OTHER_RADIUS, OTHER_SIGMA, USELESS];
