//! The parameters of a proximity and an encounter; every result names the ones it was computed with.

/// What counts as near, together, and one encounter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProximityParams {
    /// Two positions this far apart or nearer are near, metres.
    pub radius_m: f64,
    /// Two records this far apart in time or nearer are together, microseconds.
    pub window_us: i64,
    /// Proximities whose gap is at most this make one encounter, microseconds.
    pub gap_us: i64,
    /// An open encounter is held up to this distance, metres; equal to `radius_m` unless set.
    pub exit_radius_m: f64,
    /// Tracks are interpolated only between consecutive fixes at most this far apart, microseconds.
    pub max_interpolation_us: i64,
}

impl Default for ProximityParams {
    fn default() -> Self {
        Self {
            radius_m: 100.0,
            window_us: 120_000_000,
            gap_us: 600_000_000,
            exit_radius_m: 100.0,
            max_interpolation_us: 300_000_000,
        }
    }
}

/// A parameter that cannot be used; retrying does not help.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParamsError {
    /// A radius is negative, not finite, or larger than half the Earth's circumference.
    #[error("{name} is {value} m: it must be between 0 and 20,000,000 m")]
    Radius {
        /// Which parameter.
        name: &'static str,
        /// Its value, metres.
        value: f64,
    },
    /// A duration is negative or longer than ten years.
    #[error("{name} is {value_s} s: it must be between 0 s and ten years")]
    Duration {
        /// Which parameter.
        name: &'static str,
        /// Its value, seconds.
        value_s: i64,
    },
    /// The exit radius is smaller than the radius.
    #[error("exit_radius_m is {exit_m} m, below radius_m {radius_m} m: an encounter would end before it began")]
    ExitBelowRadius {
        /// The exit radius, metres.
        exit_m: f64,
        /// The radius, metres.
        radius_m: f64,
    },
}

impl ProximityParams {
    const MAX_RADIUS_M: f64 = 20_000_000.0;
    const MAX_DURATION_US: i64 = 10 * 366 * 86_400 * 1_000_000;

    /// Checks that every parameter can be used.
    ///
    /// # Errors
    /// [`ParamsError`] names the parameter, its value and its unit.
    pub fn validate(&self) -> Result<(), ParamsError> {
        for (name, value) in [("radius_m", self.radius_m), ("exit_radius_m", self.exit_radius_m)] {
            if !(0.0..=Self::MAX_RADIUS_M).contains(&value) {
                return Err(ParamsError::Radius { name, value });
            }
        }
        let durations =
            [("window_s", self.window_us), ("gap_s", self.gap_us), ("max_interpolation_s", self.max_interpolation_us)];
        for (name, value_us) in durations {
            if !(0..=Self::MAX_DURATION_US).contains(&value_us) {
                return Err(ParamsError::Duration { name, value_s: value_us / 1_000_000 });
            }
        }
        if self.exit_radius_m < self.radius_m {
            return Err(ParamsError::ExitBelowRadius { exit_m: self.exit_radius_m, radius_m: self.radius_m });
        }
        Ok(())
    }
}
