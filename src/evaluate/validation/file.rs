//! The validation file: what was shown of the method, for which records, and the line and bounds that come of it.
//!
//! ```text
//!  version = 1
//!  [[data_types]]          one for each kind of record
//!  source, method          what it is for: only those records, only with those assumptions
//!  radius_m, sigma_m       … in this range
//!  near, routine, cllr …   what was seen
//!  calibration, bounds     what is applied to every ratio that is stated
//!  rates, deciles          how often grades and probabilities were wrong
//! ```
//! Without a file that covers the records no ratio is stated.

use serde::{Deserialize, Serialize};

use super::bootstrap::Measured;
use super::calibrate::Calibration;
use super::elub::Bounds;
use super::rates::Rate;
use super::reliability::Decile;

/// The version of the format.
pub const VERSION: u32 = 1;

/// A range with both ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least.
    pub from: f64,
    /// The greatest.
    pub to: f64,
}

impl Range {
    /// Whether a value is in it.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }
}

/// A validation file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// [`VERSION`].
    pub version: u32,
    /// One for each kind of record.
    pub data_types: Vec<DataType>,
}

/// What was shown for one kind of record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataType {
    /// The kind, as the word of [`crate::model::SourceKind`].
    pub source: String,
    /// The assumptions, as one line; a ratio computed with others is not covered.
    pub method: String,
    /// What the cases are: feed, seed, days, who knows the truth.
    pub made_from: String,
    /// Radii that were asked about, with the extent of the place, metres.
    pub radius_m: Range,
    /// Standard deviations of the records, metres; for sectors not used.
    pub sigma_m: Range,
    /// Cases whose device truly was near.
    pub near: u64,
    /// Cases whose device kept its routine.
    pub routine: u64,
    /// Cost of the ratios as they are stated, each calibrated by cases other than its own, bits.
    pub cllr: Measured,
    /// Cost after the best monotone recalibration, bits.
    pub cllr_min: Measured,
    /// The line that is applied.
    pub calibration: Calibration,
    /// The bounds that are applied.
    pub bounds: Bounds,
    /// How often grades were wrong.
    pub rates: Vec<Rate>,
    /// How often probabilities came true.
    pub deciles: Vec<Decile>,
}

/// A file that cannot be used; retrying does not help.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ValidationError {
    /// It is not such a file.
    #[error("this is not a validation file: {0}")]
    Unreadable(String),
    /// Another version.
    #[error("the validation file is of version {0}, this program reads version {VERSION}: make it again")]
    Version(u32),
    /// A figure that no validation gives.
    #[error("validation of {data_type:?}: {figure} is {value}, it must be {must}")]
    Figure {
        /// The kind of record.
        data_type: String,
        /// Which figure.
        figure: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        must: &'static str,
    },
    /// Two entries for one kind.
    #[error("the validation file has two entries for {0:?}: which one is meant?")]
    Twice(String),
}

/// Why a file does not cover a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NotCovered {
    /// It was made with other assumptions.
    Method,
    /// The radius lies outside those asked about, metres.
    Radius(f64),
    /// A record's standard deviation lies outside those tried, metres.
    Sigma(f64),
    /// The ratios may cost as much as saying nothing, or more: the upper end of their cost, bits.
    Uninformative(f64),
}

impl Validation {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ValidationError`] if it is not one, or a figure in it cannot be.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        let file: Self = toml::from_str(text).map_err(|e| ValidationError::Unreadable(e.to_string()))?;
        if file.version != VERSION {
            return Err(ValidationError::Version(file.version));
        }
        for (n, data_type) in file.data_types.iter().enumerate() {
            data_type.check()?;
            if file.data_types.iter().take(n).any(|other| other.source == data_type.source) {
                return Err(ValidationError::Twice(data_type.source.clone()));
            }
        }
        Ok(file)
    }

    /// The file as text.
    ///
    /// # Errors
    /// [`ValidationError::Unreadable`] if it cannot be written as TOML.
    pub fn to_text(&self) -> Result<String, ValidationError> {
        toml::to_string(self).map_err(|e| ValidationError::Unreadable(e.to_string()))
    }

    /// What was shown for a kind of record.
    #[must_use]
    pub fn of(&self, source: &str) -> Option<&DataType> {
        self.data_types.iter().find(|d| d.source == source)
    }
}

impl DataType {
    fn check(&self) -> Result<(), ValidationError> {
        let must = |figure, value: f64, holds: bool, must| {
            if holds && value.is_finite() {
                return Ok(());
            }
            Err(ValidationError::Figure { data_type: self.source.clone(), figure, value, must })
        };
        let Bounds { lower_log10, upper_log10 } = self.bounds;
        let slope = self.calibration.slope_ln_per_log10;
        must("bounds.lower_log10", lower_log10, lower_log10 <= 0.0, "0 or less")?;
        must("bounds.upper_log10", upper_log10, upper_log10 >= 0.0, "0 or more")?;
        must("calibration.slope_ln_per_log10", slope, slope > 0.0, "above 0")?;
        must("calibration.intercept_ln", self.calibration.intercept_ln, true, "finite")?;
        must("cllr.value", self.cllr.value, self.cllr.value >= 0.0, "0 or more")
    }

    /// Whether it covers ratios computed with these assumptions, about this radius, from records of these standard
    /// deviations (metres).
    ///
    /// # Errors
    /// [`NotCovered`] says what lies outside it.
    pub fn covers(
        &self,
        method: &str,
        radius_m: f64,
        sigmas_m: impl IntoIterator<Item = f64>,
    ) -> Result<(), NotCovered> {
        let cost = self.cllr.value.max(self.cllr.high);
        if cost >= 1.0 {
            return Err(NotCovered::Uninformative(cost));
        }
        if self.method != method {
            return Err(NotCovered::Method);
        }
        if !self.radius_m.contains(radius_m) {
            return Err(NotCovered::Radius(radius_m));
        }
        let outside = sigmas_m.into_iter().find(|s| !self.sigma_m.contains(*s));
        outside.map_or(Ok(()), |sigma_m| Err(NotCovered::Sigma(sigma_m)))
    }
}
