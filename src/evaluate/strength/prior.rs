//! What the strength of evidence assumes before it sees a record, all of it in one table that is printed with every ratio.

use serde::{Deserialize, Serialize};

/// Where a cell stands, which decides how far it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// A town: cells reach some hundred metres.
    Urban,
    /// Open country: cells reach some kilometres.
    Rural,
    /// Not stated: as likely the one as the other.
    Unknown,
}

impl Environment {
    /// The word used in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Urban => "urban",
            Self::Rural => "rural",
            Self::Unknown => "unknown",
        }
    }
}

/// What is assumed of the phones that a cell sector serves.
///
/// A sector is a direction, not an area with an edge: phones outside the nominal beam, and nearer to another mast, use it
/// too (more than 60 % of connections were outside the serving mast's Voronoi polygon in arXiv 2109.02154). So there is
/// no nearest mast here and no polygon: the share of phones falls off with distance and never to nothing behind the mast.
/// The figures are assumptions to be replaced by a survey where there is one; they are not measured here.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectorPrior {
    /// Where the cell stands.
    pub environment: Environment,
    /// Half of the phones served by an urban cell are nearer to its mast than this, metres.
    pub urban_median_m: f64,
    /// The same for a rural cell, metres.
    pub rural_median_m: f64,
    /// The width of the beam about the azimuth, degrees; 360 or more is a cell without direction.
    pub beam_deg: f64,
    /// The share of phones served outside the beam, above 0.
    pub back_share: f64,
}

/// What is assumed of a device's routine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// Records of other days count up to this far from the time of day in question, less the farther, minutes.
    pub bandwidth_min: f64,
    /// Whether only days of the same class count: Monday to Friday, or Saturday and Sunday.
    pub same_class: bool,
    /// A place that was visited is expected again within this standard deviation at least, metres.
    pub floor_m: f64,
    /// Positions with a larger standard deviation do not tell where a routine leads, metres.
    pub max_sigma_m: f64,
    /// Fewer other days than this make no routine.
    pub min_days: u32,
    /// Records within this time of the moment in question do not count as its routine, hours; nor does its local day.
    pub leave_out_h: u32,
    /// Cells.
    pub sector: SectorPrior,
}

/// Standard deviations at which a device is looked for about its known places when it is somewhere new, metres: each a
/// sixth of the weight, so that the density falls as a power of the distance and never to nothing.
pub const NOVEL_SCALES_M: [f64; 6] = [100.0, 400.0, 1_600.0, 6_400.0, 25_600.0, 102_400.0];

impl Default for Prior {
    fn default() -> Self {
        let sector = SectorPrior {
            environment: Environment::Unknown,
            urban_median_m: 500.0,
            rural_median_m: 3_000.0,
            beam_deg: 120.0,
            back_share: 0.1,
        };
        Self {
            bandwidth_min: 60.0,
            same_class: true,
            floor_m: 25.0,
            max_sigma_m: 250.0,
            min_days: 5,
            leave_out_h: 12,
            sector,
        }
    }
}

/// An assumption that cannot be used; retrying does not help.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the assumption {name} is {value}: it must be {must}")]
pub struct PriorError {
    /// Which.
    pub name: &'static str,
    /// Its value, in the unit of its name.
    pub value: f64,
    /// What it must be.
    pub must: &'static str,
}

impl Prior {
    /// Checks that every assumption can be used.
    ///
    /// # Errors
    /// [`PriorError`] names the assumption, its value and what it must be.
    pub fn validate(&self) -> Result<(), PriorError> {
        let SectorPrior { urban_median_m, rural_median_m, beam_deg, back_share, .. } = self.sector;
        let lengths = [
            ("floor_m", self.floor_m),
            ("max_sigma_m", self.max_sigma_m),
            ("urban_median_m", urban_median_m),
            ("rural_median_m", rural_median_m),
        ];
        let within = |name, value: f64, from: f64, to: f64, must| {
            if value >= from && value <= to { Ok(()) } else { Err(PriorError { name, value, must }) }
        };
        for (name, value) in lengths {
            within(name, value, 1.0, 1e6, "between 1 and 1,000,000 m")?;
        }
        within("bandwidth_min", self.bandwidth_min, 15.0, 720.0, "between 15 and 720 minutes")?;
        within("min_days", f64::from(self.min_days), 1.0, 1e4, "between 1 and 10,000 days")?;
        within("leave_out_h", f64::from(self.leave_out_h), 0.0, 720.0, "between 0 and 720 hours")?;
        within("beam_deg", beam_deg, 1.0, 360.0, "between 1 and 360 degrees")?;
        within("back_share", back_share, 0.001, 0.999, "between 0.001 and 0.999: some phones are always behind")
    }

    /// The assumptions as one line: a validation file names the ones it was made with, and only they may be used with it.
    #[must_use]
    pub fn text(&self) -> String {
        let s = self.sector;
        format!(
            "routine kernel 1: bandwidth {} min, {}, floor {} m, positions up to {} m, {} days, {} h left out; \
             sector: {}, medians {} and {} m, beam {} degrees, {} behind",
            self.bandwidth_min,
            if self.same_class { "days of the same class" } else { "all days" },
            self.floor_m,
            self.max_sigma_m,
            self.min_days,
            self.leave_out_h,
            s.environment.as_str(),
            s.urban_median_m,
            s.rural_median_m,
            s.beam_deg,
            s.back_share
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used_and_every_assumption_shows_in_the_line() {
        let usual = Prior::default();
        assert_eq!(usual.validate(), Ok(()));
        let sector = |change: fn(&mut SectorPrior)| {
            let mut prior = Prior::default();
            change(&mut prior.sector);
            prior
        };
        let others = [
            Prior { bandwidth_min: 61.0, ..usual },
            Prior { same_class: false, ..usual },
            Prior { floor_m: 26.0, ..usual },
            Prior { max_sigma_m: 251.0, ..usual },
            Prior { min_days: 6, ..usual },
            Prior { leave_out_h: 13, ..usual },
            sector(|s| s.environment = Environment::Rural),
            sector(|s| s.urban_median_m = 501.0),
            sector(|s| s.rural_median_m = 3_001.0),
            sector(|s| s.beam_deg = 121.0),
            sector(|s| s.back_share = 0.11),
        ];
        for other in others {
            assert_ne!(other.text(), usual.text());
        }
        assert_eq!(sector(|s| s.back_share = 0.0).validate().unwrap_err().name, "back_share");
        assert_eq!(Prior { min_days: 0, ..usual }.validate().unwrap_err().name, "min_days");
        assert_eq!(Prior { floor_m: f64::NAN, ..usual }.validate().unwrap_err().name, "floor_m");
    }
}
