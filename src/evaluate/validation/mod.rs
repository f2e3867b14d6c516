//! Whether likelihood ratios, probabilities and grades mean what they say, shown on cases of known truth.
//!
//! ```text
//!  feeds with known truth ──> labelled ratios ──┬─> cost (Cllr, Cllr_min), Tippett and cross-entropy plots
//!                                               ├─> calibration: the line that makes them mean what they say
//!                                               └─> bounds: how strong a statement so many cases can carry
//!                        ──> graded pairs ────────> false-inclusion and false-exclusion rates
//!                        ──> probabilities ───────> share that came true, by tenths
//!                                                        └──> validation file ──> strength may be stated
//! ```
//! Ratios are kept as base-10 logarithms. All of it is a function of the set of cases and a seed.

mod bootstrap;
mod calibrate;
mod cost;
mod elub;
mod file;
#[cfg(test)]
mod grade_tests;
mod labelled;
mod pav;
pub(super) mod plot;
mod rates;
mod reliability;
mod validate;
#[cfg(test)]
mod validate_tests;

pub use bootstrap::{Measured, bootstrap};
pub use calibrate::{Calibration, CalibrationError, logistic};
pub use cost::{cllr, cllr_min, cross_entropy};
pub use elub::{Bounds, elub};
pub use file::{DataType, NotCovered, Range, VERSION, Validation, ValidationError};
pub(super) use labelled::real;
pub use labelled::{CLIP_LOG10, Labelled, LabelledError};
pub use pav::{Block, Pav, pav};
pub use plot::{PlotError, calibration, entropy, tippett};
pub use rates::{By, Judged, Rate, Share, rates, share};
pub use reliability::{Decile, reliability};
pub use validate::{Cases, MIN_CASES, RESAMPLES, ValidateError, crossed, validate};

/// Writes a figure or the example of a page in docs if `LOCARD_BLESS` is set; the made-up worlds behind it use the machine's sine and
/// logarithm, so that it is not compared.
#[cfg(test)]
pub(super) fn figure_of_docs(name: &str, svg: &str) {
    if std::env::var_os("LOCARD_BLESS").is_some() {
        std::fs::write(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name), svg).unwrap();
    }
}
