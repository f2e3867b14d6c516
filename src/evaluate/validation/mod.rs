//! Whether likelihood ratios and grades mean what they say, shown on cases of known truth.

mod bootstrap;
mod calibrate;
mod cost;
mod elub;
mod labelled;
mod pav;

pub use bootstrap::{Measured, bootstrap};
pub use calibrate::{Calibration, CalibrationError, logistic};
pub use cost::{cllr, cllr_min, cross_entropy};
pub use elub::{Bounds, elub};
pub use labelled::{CLIP_LOG10, Labelled, LabelledError};
pub(super) use labelled::real;
pub use pav::{Block, Pav, pav};
