//! What a reachability verdict assumes: speeds, the percentile, and what a record without a radius is worth.

use crate::evaluate::case::Record;
use crate::index::sigma_m;
use crate::model::SourceKind;
use crate::time::US_PER_S;

/// A way of travelling, by the fastest that it is taken to go in a straight line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mode {
    /// The word used in reports.
    pub name: &'static str,
    /// The speed, metres per second.
    pub speed_m_s: f64,
}

/// The modes that are declared unless others are: walking, cycling, driving in a town, driving on a motorway.
pub const MODES: [Mode; 4] = [
    Mode { name: "walk", speed_m_s: 2.0 },
    Mode { name: "cycle", speed_m_s: 8.0 },
    Mode { name: "urban_drive", speed_m_s: 20.0 },
    Mode { name: "motorway", speed_m_s: 40.0 },
];

/// A parameter that cannot be used; retrying does not help.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReachError {
    /// The percentile is no share.
    #[error("the percentile is {0}: it must be above 0 and below 1")]
    Percentile(f64),
    /// No mode of travel is declared, so nothing can be excluded.
    #[error("no mode of travel is declared: name at least one with its speed")]
    NoMode,
    /// A speed is not above 0, or not finite.
    #[error("the speed of mode {name} is {speed_m_s} m/s: it must be above 0 and finite")]
    Speed {
        /// The mode.
        name: &'static str,
        /// Its speed, metres per second.
        speed_m_s: f64,
    },
    /// A duration is negative.
    #[error("{name} is {value_us} microseconds: it must not be negative")]
    Duration {
        /// Which parameter.
        name: &'static str,
        /// Its value, microseconds.
        value_us: i64,
    },
    /// An assumed radius is negative or not a number.
    #[error("{name} is {value_m} m: it must be 0 or more")]
    Radius {
        /// Which parameter.
        name: &'static str,
        /// Its value, metres.
        value_m: f64,
    },
}

/// What a reachability verdict assumes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReachParams {
    /// The probability with which the records that bear on a moment must hold together, above 0 and below 1.
    pub percentile: f64,
    /// The declared ways of travelling, each with its own verdict.
    pub modes: Vec<Mode>,
    /// Records further from the window than this bear on nothing, microseconds.
    pub horizon_us: i64,
    /// How long the device must have been able to stay, microseconds; 0 asks for a moment.
    pub min_stay_us: i64,
    /// How far a device's clock may be off when two devices are compared, microseconds. Incidents have the time tolerance.
    pub clock_slop_us: i64,
    /// The radius of a record that states none, metres.
    pub unstated_m: f64,
    /// The radius of a cell record that states none, metres.
    ///
    /// At the usual confidence 20 km means 32 km at 95 %: about the range of a GSM cell, 63 steps of 550 m of timing
    /// advance (3GPP TS 45.010).
    pub unstated_cell_m: f64,
}

impl Default for ReachParams {
    fn default() -> Self {
        Self {
            percentile: 0.95,
            modes: MODES.to_vec(),
            horizon_us: 12 * 3_600 * US_PER_S,
            min_stay_us: 0,
            clock_slop_us: US_PER_S,
            unstated_m: 50.0,
            unstated_cell_m: 20_000.0,
        }
    }
}

impl ReachParams {
    /// Checks that every parameter can be used.
    ///
    /// # Errors
    /// [`ReachError`] names the parameter and its value.
    pub fn validate(&self) -> Result<(), ReachError> {
        if !(self.percentile > 0.0 && self.percentile < 1.0) {
            return Err(ReachError::Percentile(self.percentile));
        }
        if self.modes.is_empty() {
            return Err(ReachError::NoMode);
        }
        if let Some(&Mode { name, speed_m_s }) = self.modes.iter().find(|m| !(m.speed_m_s > 0.0 && m.speed_m_s < 1e9)) {
            return Err(ReachError::Speed { name, speed_m_s });
        }
        let durations =
            [("horizon_us", self.horizon_us), ("min_stay_us", self.min_stay_us), ("clock_slop_us", self.clock_slop_us)];
        for (name, value_us) in durations {
            if value_us < 0 {
                return Err(ReachError::Duration { name, value_us });
            }
        }
        for (name, value_m) in [("unstated_m", self.unstated_m), ("unstated_cell_m", self.unstated_cell_m)] {
            if value_m.is_nan() || value_m < 0.0 {
                return Err(ReachError::Radius { name, value_m });
            }
        }
        Ok(())
    }

    /// The fastest declared mode; walking's speed of nothing if none is declared.
    #[must_use]
    pub fn fastest(&self) -> Mode {
        let none = Mode { name: "none", speed_m_s: 0.0 };
        self.modes.iter().copied().fold(none, |a, b| if b.speed_m_s > a.speed_m_s { b } else { a })
    }

    /// The radius of a record at its confidence, metres: as stated, or as assumed where none is stated.
    #[must_use]
    pub fn radius_m(&self, record: &Record) -> f64 {
        match (record.uncertainty_m > 0.0, record.source) {
            (true, _) => record.uncertainty_m,
            (false, SourceKind::Cell) => self.unstated_cell_m,
            (false, _) => self.unstated_m,
        }
    }

    /// The standard deviation of a record's error per axis, metres; infinite where it cannot be read.
    #[must_use]
    pub fn sigma_m(&self, record: &Record) -> f64 {
        let sigma = sigma_m(self.radius_m(record), record.confidence);
        if sigma.is_nan() { f64::INFINITY } else { sigma }
    }
}

/// How many standard deviations each of `count` records is given so that all hold together with `percentile`.
///
/// A round Gaussian error is below `k` deviations with probability `1 - exp(-k^2 / 2)` (Rayleigh); each of `count` may
/// fail with `(1 - percentile) / count` (Bonferroni), which holds whether or not the errors are independent.
#[must_use]
pub(crate) fn deviations(percentile: f64, count: usize) -> f64 {
    let count = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    (-2.0 * (libm::log1p(-percentile) - libm::log(f64::from(count)))).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_record_is_widened_as_published_and_more_share_the_allowance() {
        // notes E1: r_0.95 = 2.4477 sigma, r_0.99 = 3.0349 sigma.
        assert!((deviations(0.95, 1) - 2.4477).abs() < 1e-4);
        assert!((deviations(0.95, 5) - 3.0349).abs() < 1e-4, "five records at 99 % hold together at 95 %");
        assert_eq!(deviations(0.95, 0), deviations(0.95, 1));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let ok = ReachParams::default();
        assert_eq!(ok.validate(), Ok(()));
        assert_eq!(ReachParams { percentile: 1.0, ..ok.clone() }.validate(), Err(ReachError::Percentile(1.0)));
        assert_eq!(ReachParams { modes: vec![], ..ok.clone() }.validate(), Err(ReachError::NoMode));
        let still = Mode { name: "walk", speed_m_s: 0.0 };
        assert!(ReachParams { modes: vec![still], ..ok.clone() }.validate().is_err());
        let error = ReachParams { horizon_us: -1, ..ok.clone() }.validate().unwrap_err();
        assert!(error.to_string().contains("horizon_us is -1 microseconds"));
        assert!(ReachParams { unstated_cell_m: f64::NAN, ..ok }.validate().is_err());
    }

    #[test]
    fn a_record_without_a_radius_is_not_exact() {
        let params = ReachParams::default();
        let mut record = Record::at(0, 51.0, 0.0, 0.0);
        assert_eq!(params.radius_m(&record), 50.0);
        record.source = SourceKind::Cell;
        assert_eq!(params.radius_m(&record), 20_000.0);
        record.uncertainty_m = 1_500.0;
        assert_eq!(params.radius_m(&record), 1_500.0);
        record.uncertainty_m = f64::NAN;
        assert!(params.sigma_m(&record) >= 20_000.0 / 1.6, "not-a-number is not a small radius");
    }
}
