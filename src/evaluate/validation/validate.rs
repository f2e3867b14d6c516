//! From cases of known truth to an entry of the validation file.
//!
//! ```text
//!  computed ratios ──> two halves, each calibrated by the other ──> bounds, cost with interval   (what is shown)
//!                 └──> calibrated as a whole ──────────────────────> the line                    (what is applied)
//! ```

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::bootstrap::{below, bootstrap};
use super::calibrate::{CalibrationError, logistic};
use super::cost::{cllr, cllr_min};
use super::elub::elub;
use super::file::{DataType, Range};
use super::labelled::{Labelled, LabelledError};
use super::rates::{Judged, rates};
use super::reliability::reliability;

/// Fewer cases of a label than this show nothing.
pub const MIN_CASES: usize = 100;

/// Resamples behind each interval.
pub const RESAMPLES: u32 = 400;

/// What is known of one kind of record.
#[derive(Debug, Clone, PartialEq)]
pub struct Cases<'a> {
    /// The kind, as the word of [`crate::model::SourceKind`].
    pub source: &'a str,
    /// The assumptions that the ratios were computed with, as one line.
    pub method: &'a str,
    /// What the cases are.
    pub made_from: &'a str,
    /// Radii that were asked about, metres.
    pub radius_m: Range,
    /// Standard deviations of the records, metres.
    pub sigma_m: Range,
    /// Ratios as computed, before calibration.
    pub computed: &'a Labelled,
    /// Pairs with their grades, judged at `judged_radius_m`.
    pub judged: &'a [Judged],
    /// The radius that the grades are for, metres.
    pub judged_radius_m: f64,
    /// Stated probabilities and whether they came true.
    pub stated: &'a [(f64, bool)],
    /// The seed of halves and resamples.
    pub seed: u64,
}

/// Cases that no validation can be made of; retrying does not help.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ValidateError {
    /// Too few.
    #[error("{near} cases near and {routine} on their routine: a validation needs {MIN_CASES} of each")]
    TooFew {
        /// Cases near.
        near: usize,
        /// Cases on their routine.
        routine: usize,
    },
    /// They cannot be calibrated.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// A half of them cannot be used.
    #[error(transparent)]
    Labelled(#[from] LabelledError),
}

/// The entry that cases of known truth give.
///
/// # Errors
/// [`ValidateError`] if they are too few or cannot be calibrated.
pub fn validate(cases: &Cases<'_>) -> Result<DataType, ValidateError> {
    let (near, routine) = (cases.computed.near().len(), cases.computed.routine().len());
    if near < MIN_CASES || routine < MIN_CASES {
        return Err(ValidateError::TooFew { near, routine });
    }
    let crossed = crossed(cases.computed, cases.seed)?;
    let bounds = elub(&crossed);
    let stated = bounds.hold_all(&crossed);
    Ok(DataType {
        source: cases.source.to_owned(),
        method: cases.method.to_owned(),
        made_from: cases.made_from.to_owned(),
        radius_m: cases.radius_m,
        sigma_m: cases.sigma_m,
        near: u64::try_from(near).unwrap_or(u64::MAX),
        routine: u64::try_from(routine).unwrap_or(u64::MAX),
        cllr: bootstrap(&stated, RESAMPLES, cases.seed, cllr),
        cllr_min: bootstrap(&stated, RESAMPLES, cases.seed, cllr_min),
        calibration: logistic(cases.computed)?,
        bounds,
        rates: rates(cases.judged, cases.judged_radius_m),
        deciles: if cases.stated.is_empty() { Vec::new() } else { reliability(cases.stated.iter().copied()) },
    })
}

/// The set with each half calibrated by the other, so that no ratio is judged by a line that has seen it.
///
/// # Errors
/// [`ValidateError`] if a half cannot be calibrated.
pub fn crossed(set: &Labelled, seed: u64) -> Result<Labelled, ValidateError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (near, routine) = (halves(set.near(), &mut rng), halves(set.routine(), &mut rng));
    let one = Labelled::new(near.0, routine.0)?;
    let other = Labelled::new(near.1, routine.1)?;
    let (by_other, by_one) = (logistic(&other)?.apply(&one), logistic(&one)?.apply(&other));
    let both = |a: &[f64], b: &[f64]| [a, b].concat();
    Ok(Labelled::new(both(by_other.near(), by_one.near()), both(by_other.routine(), by_one.routine()))?)
}

/// A list in two halves, drawn by chance (Fisher and Yates's shuffle).
fn halves(list: &[f64], rng: &mut ChaCha8Rng) -> (Vec<f64>, Vec<f64>) {
    let mut shuffled = list.to_vec();
    for at in (1..shuffled.len()).rev() {
        if let Some(with) = below(rng, at + 1) {
            shuffled.swap(at, with);
        }
    }
    let rest = shuffled.split_off(shuffled.len() / 2);
    (shuffled, rest)
}
