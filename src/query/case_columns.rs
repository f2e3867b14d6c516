//! The columns that records and incidents of a case are read from, found once in a batch.

use datafusion::common::Result;

use super::columns::{Columns, Reals, Texts, Wholes};
use crate::encounter::Origin;
use crate::evaluate::Record;
use crate::model::{DEFAULT_CONFIDENCE, Incident, SourceKind};

/// Where and when a record was: `device`, `t0_us`, `t1_us`, `lat_deg`, `lon_deg`, `uncertainty_m`, `confidence`.
#[derive(Debug)]
pub struct WhereColumns<'a> {
    /// The device.
    pub device: Texts<'a>,
    t0_us: Wholes<'a>,
    t1_us: Wholes<'a>,
    lat_deg: Reals<'a>,
    lon_deg: Reals<'a>,
    uncertainty_m: Reals<'a>,
    confidence: Reals<'a>,
}

impl<'a> WhereColumns<'a> {
    /// Finds them.
    ///
    /// # Errors
    /// `Internal` if one is missing, or not of its kind.
    pub fn of(columns: Columns<'a>) -> Result<Self> {
        Ok(Self {
            device: columns.texts("device")?,
            t0_us: columns.wholes("t0_us")?,
            t1_us: columns.wholes("t1_us")?,
            lat_deg: columns.reals("lat_deg")?,
            lon_deg: columns.reals("lon_deg")?,
            uncertainty_m: columns.reals("uncertainty_m")?,
            confidence: columns.reals("confidence")?,
        })
    }

    /// The record of a row; of its source, direction and origin nothing is known.
    #[must_use]
    pub fn record(&self, row: usize) -> Record {
        let t0_us = self.t0_us.at(row).unwrap_or_default();
        Record {
            t0_us,
            t1_us: self.t1_us.at(row).unwrap_or(t0_us).max(t0_us),
            lat_deg: self.lat_deg.at(row).unwrap_or(f64::NAN),
            lon_deg: self.lon_deg.at(row).unwrap_or(f64::NAN),
            uncertainty_m: self.uncertainty_m.at(row).unwrap_or_default(),
            confidence: self.confidence.at(row).unwrap_or(DEFAULT_CONFIDENCE),
            source: SourceKind::Unknown,
            azimuth_deg: None,
            origin: Origin { exhibit: 0, row: 0 },
        }
    }
}

/// An incident: `name`, `offence`, `t0_us`, `t1_us`, `lat_deg`, `lon_deg`, `reach_m`, `exhibit`, `time_text`.
#[derive(Debug)]
pub struct IncidentColumns<'a> {
    name: Texts<'a>,
    offence: Texts<'a>,
    t0_us: Wholes<'a>,
    t1_us: Wholes<'a>,
    lat_deg: Reals<'a>,
    lon_deg: Reals<'a>,
    reach_m: Reals<'a>,
    exhibit: Texts<'a>,
    time_text: Texts<'a>,
}

impl<'a> IncidentColumns<'a> {
    /// Finds them.
    ///
    /// # Errors
    /// `Internal` if one is missing, or not of its kind.
    pub fn of(columns: Columns<'a>) -> Result<Self> {
        Ok(Self {
            name: columns.texts("name")?,
            offence: columns.texts("offence")?,
            t0_us: columns.wholes("t0_us")?,
            t1_us: columns.wholes("t1_us")?,
            lat_deg: columns.reals("lat_deg")?,
            lon_deg: columns.reals("lon_deg")?,
            reach_m: columns.reals("reach_m")?,
            exhibit: columns.texts("exhibit")?,
            time_text: columns.texts("time_text")?,
        })
    }

    /// The incident of a row. Its window is open where it states no time.
    #[must_use]
    pub fn incident(&self, row: usize) -> Incident {
        Incident {
            reference: self.name.at(row).to_owned(),
            kind: self.offence.at(row).to_owned(),
            t0_us: self.t0_us.at(row).unwrap_or(i64::MIN),
            t1_us: self.t1_us.at(row).unwrap_or(i64::MAX),
            lat_deg: self.lat_deg.at(row).unwrap_or(f64::NAN),
            lon_deg: self.lon_deg.at(row).unwrap_or(f64::NAN),
            uncertainty_m: self.reach_m.at(row),
            exhibit: self.exhibit.at(row).to_owned(),
            row: 0,
            time_text: self.time_text.at(row).to_owned(),
            time_ambiguous: false,
        }
    }
}
