//! A proximity: one fix and one target near each other in space and time, with its grade.

use std::fmt;

/// How firmly a proximity is established, given both uncertainties.
///
/// With `d` the distance of the centres, `u` the two radii and `R` the radius asked for (design.md, section 3):
/// `definite` if `d + u_f + u_g <= R`, `probable` if `d <= R`, `possible` if `d - u_f - u_g <= R`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grade {
    /// Near only if the errors point the right way.
    Possible,
    /// The recorded centres are near.
    Probable,
    /// Near even if both errors point the wrong way.
    Definite,
}

impl Grade {
    /// The grade of a pair, or `None` if it is no proximity. All in metres.
    #[must_use]
    pub fn of(distance_m: f64, uncertainty_sum_m: f64, radius_m: f64) -> Option<Self> {
        if distance_m + uncertainty_sum_m <= radius_m {
            Some(Self::Definite)
        } else if distance_m <= radius_m {
            Some(Self::Probable)
        } else if distance_m <= radius_m + uncertainty_sum_m {
            // Written as the join's predicate is written, so that both round alike.
            Some(Self::Possible)
        } else {
            None
        }
    }

    /// Reads the word; `None` if it is not one of the three.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Possible, Self::Probable, Self::Definite].into_iter().find(|g| g.as_str() == text)
    }

    /// The word used in tables, files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Probable => "probable",
            Self::Definite => "definite",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One suspect fix and one target, near each other.
///
/// Indices point into the tables of fixes and targets that were joined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proximity {
    /// Index of the suspect's fix.
    pub fix: u32,
    /// Index of the target.
    pub target: u32,
    /// Geodesic distance of the centres, metres.
    pub distance_m: f64,
    /// How firmly it is established.
    pub grade: Grade,
    /// P(true distance <= `radius_m`) under independent isotropic Gaussian errors.
    pub p_within: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grade_follows_the_design() {
        assert_eq!(Grade::of(50.0, 50.0, 100.0), Some(Grade::Definite));
        assert_eq!(Grade::of(50.0, 50.1, 100.0), Some(Grade::Probable));
        assert_eq!(Grade::of(100.0, 30.0, 100.0), Some(Grade::Probable));
        assert_eq!(Grade::of(100.1, 30.0, 100.0), Some(Grade::Possible));
        assert_eq!(Grade::of(130.0, 30.0, 100.0), Some(Grade::Possible));
        assert_eq!(Grade::of(130.1, 30.0, 100.0), None);
        assert!(Grade::Definite > Grade::Probable && Grade::Probable > Grade::Possible);
    }
}
