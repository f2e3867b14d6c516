//! From an allegation to a ratio that may be stated, or to the reason why none is.
//!
//! ```text
//!  records in the time of the allegation, of one source
//!     │ one for each part of the time: the most exact
//!     ├─ ratio of each ──> mean ──> computed      (the moment is unknown: each is as likely to be it)
//!     │                              │ the validation's line
//!     │                              ├─> calibrated
//!     │                              │ the validation's bounds
//!     │                              └─> stated
//!     └─ no validation that covers them ──> refused, with the reason; nothing is computed
//! ```
//! With n parts of which one holds a ratio of k and the others about 0, the mean is k / n: an allegation that leaves the
//! time open is easier to meet by chance, and the ratio pays for it.

use std::collections::BTreeMap;

use super::prior::{Prior, PriorError};
use super::ratio::{Target, position_log10_lr, sector_log10_lr};
use super::routine::{Basis, Habit, Routine, is_measured};
use super::scale::Scale;
use super::sector::{Azimuths, Sector};
use crate::evaluate::case::{Allegation, Device, Record};
use crate::evaluate::validation::{DataType, NotCovered, Validation, real};
use crate::index::sigma_m;
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule};

/// An allegation's time is cut into at most this many parts, none shorter than [`PART_US`].
pub const MAX_PARTS: i64 = 24;
/// A minute, microseconds.
pub const PART_US: i64 = 60 * US_PER_S;
/// Habits are kept for moments in the same quarter of an hour.
const SAME_HABIT_US: i64 = 900 * US_PER_S;

/// What a ratio is computed and stated with.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// What is assumed.
    pub prior: &'a Prior,
    /// The zone of the device's days and hours.
    pub zone: &'a ZoneRule,
    /// Directions of cells.
    pub azimuths: &'a Azimuths,
    /// What was shown; without it no ratio is stated.
    pub validation: Option<&'a Validation>,
    /// The words.
    pub scale: &'a Scale,
}

/// The routine of one device, by its own positions and by its sectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Routines {
    positions: Routine,
    sectors: Routine,
}

impl Routines {
    /// Reads the records of a device once, for all questions about it.
    #[must_use]
    pub fn new(device: &Device, settings: &Settings<'_>) -> Self {
        let of = |basis| Routine::new(device.records(), basis, settings.zone, settings.azimuths, settings.prior);
        Self { positions: of(Basis::Positions), sectors: of(Basis::Sectors) }
    }

    /// Where the device is expected; a sector's record may fall back on a routine of sectors.
    fn at(&self, source: SourceKind, moment_us: i64, zone: &ZoneRule, prior: &Prior) -> Option<Habit> {
        let positions = self.positions.at(moment_us, zone, prior);
        if source == SourceKind::Cell {
            positions.or_else(|| self.sectors.at(moment_us, zone, prior))
        } else {
            positions
        }
    }
}

/// Why no ratio is stated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refusal {
    /// No validation was supplied for this kind of record.
    NoValidation,
    /// The validation does not cover the question.
    NotCovered(NotCovered),
    /// There is no model of how such records come about.
    NoModel,
    /// The other days are too few.
    NoRoutine,
    /// No record states its uncertainty.
    NoUncertainty,
    /// An assumption cannot be used.
    Prior(PriorError),
}

/// A ratio before calibration, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Log10 of the ratio.
    pub log10_lr: f64,
    /// Records in the time of the allegation, of this source.
    pub records: usize,
    /// Of these, the ones that the ratio is the mean over.
    pub used: usize,
    /// Of the records, those without a stated uncertainty, which are left out.
    pub without_uncertainty: usize,
    /// The fewest other days behind any of them.
    pub days: usize,
    /// What the routine rests on.
    pub basis: Basis,
    /// The greatest share of time at places that are on no other day.
    pub novelty: f64,
    /// The record that speaks most for the first proposition.
    pub most: Record,
    /// The record that speaks least for it.
    pub least: Record,
    /// The standard deviations of the records used, metres, ascending; empty for sectors.
    pub sigmas_m: Vec<f64>,
    /// How many of the sectors used have no direction.
    pub without_azimuth: usize,
}

/// A ratio that may be stated.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// What was computed.
    pub computed: Computed,
    /// Log10 after the validation's line.
    pub calibrated_log10: f64,
    /// Log10 held between the validation's bounds: the one that is stated.
    pub log10_lr: f64,
}

/// The records of a device that are of one source and in the time of an allegation, in order.
#[must_use]
pub fn in_time(device: &Device, allegation: &Allegation, window_us: i64) -> BTreeMap<SourceKind, Vec<Record>> {
    let (from_us, to_us) = (allegation.t0_us.saturating_sub(window_us), allegation.t1_us.saturating_add(window_us));
    let records = device.records();
    let until = records.partition_point(|r| r.t0_us <= to_us);
    let mut found: BTreeMap<SourceKind, Vec<Record>> = BTreeMap::new();
    for record in records.get(..until).unwrap_or_default().iter().filter(|r| r.t1_us >= from_us) {
        found.entry(record.source).or_default().push(*record);
    }
    found
}

/// The ratio of records of one source for an allegation, before calibration.
///
/// # Errors
/// [`Refusal`] where it cannot be computed; what a validation covers is not asked here.
pub fn computed(
    records: &[Record],
    allegation: &Allegation,
    radius_m: f64,
    routines: &Routines,
    settings: &Settings<'_>,
) -> Result<Computed, Refusal> {
    settings.prior.validate().map_err(Refusal::Prior)?;
    let source = records.first().map(|r| r.source).ok_or(Refusal::NoUncertainty)?;
    if !is_measured(source) && source != SourceKind::Cell {
        return Err(Refusal::NoModel);
    }
    let sized: Vec<&Record> = records.iter().filter(|r| source == SourceKind::Cell || r.uncertainty_m > 0.0).collect();
    let used = one_a_part(&sized, allegation);
    let target = Target {
        lat_deg: allegation.lat_deg,
        lon_deg: allegation.lon_deg,
        radius_m: radius_m + allegation.uncertainty_m,
        sigma_m: 0.0,
    };
    let mut habits: BTreeMap<i64, Option<Habit>> = BTreeMap::new();
    let (mut sum, mut without_azimuth) = (0.0, 0);
    let (mut days, mut basis, mut novelty) = (usize::MAX, Basis::Positions, 0.0_f64);
    let mut ends: Option<((f64, Record), (f64, Record))> = None;
    for record in &used {
        // In the middle of its quarter of an hour, so that the habit does not hang on which record came first.
        let moment_us = record.t0_us.div_euclid(SAME_HABIT_US) * SAME_HABIT_US + SAME_HABIT_US / 2;
        let of = || routines.at(source, moment_us, settings.zone, settings.prior);
        let habit = habits.entry(moment_us).or_insert_with(of).as_ref().ok_or(Refusal::NoRoutine)?;
        let log10_lr = if source == SourceKind::Cell {
            let azimuth_deg = settings.azimuths.get(&(record.origin.exhibit, record.origin.row)).copied();
            without_azimuth += usize::from(azimuth_deg.is_none());
            let sector = Sector { lat_deg: record.lat_deg, lon_deg: record.lon_deg, azimuth_deg };
            sector_log10_lr(&sector, &target, habit, settings.prior)
        } else {
            position_log10_lr(record, &target, habit).ok_or(Refusal::NoRoutine)?
        };
        sum += libm::exp10(log10_lr);
        (days, novelty) = (days.min(habit.days), novelty.max(habit.novelty));
        basis = if habit.basis == Basis::Sectors { Basis::Sectors } else { basis };
        let this = (log10_lr, **record);
        ends = Some(ends.map_or((this, this), |(most, least)| {
            (if this.0 > most.0 { this } else { most }, if this.0 < least.0 { this } else { least })
        }));
    }
    let ((_, most), (_, least)) = ends.ok_or(Refusal::NoUncertainty)?;
    let mut sigmas_m: Vec<f64> = used.iter().map(|r| sigma_m(r.uncertainty_m, r.confidence)).collect();
    sigmas_m.sort_unstable_by(f64::total_cmp);
    if source == SourceKind::Cell {
        sigmas_m.clear();
    }
    Ok(Computed {
        log10_lr: libm::log10(sum / real(used.len())),
        records: records.len(),
        used: used.len(),
        without_uncertainty: records.len() - sized.len(),
        days,
        basis,
        novelty,
        most,
        least,
        sigmas_m,
        without_azimuth,
    })
}

/// The most exact record of each part of an allegation's time, the first in order among equals.
///
/// Which record is taken hangs on its uncertainty alone, never on where it lies: a choice by distance would favour one
/// proposition.
fn one_a_part<'a>(records: &[&'a Record], allegation: &Allegation) -> Vec<&'a Record> {
    let length_us = allegation.t1_us.saturating_sub(allegation.t0_us).max(0);
    let part_us = (length_us / MAX_PARTS).max(PART_US);
    let mut parts: BTreeMap<i64, &Record> = BTreeMap::new();
    for record in records {
        let in_us = record.t0_us.clamp(allegation.t0_us, allegation.t1_us) - allegation.t0_us;
        let kept = parts.entry((in_us / part_us).min(MAX_PARTS - 1)).or_insert(record);
        let sigma = |r: &Record| sigma_m(r.uncertainty_m, r.confidence);
        if sigma(record) < sigma(kept) {
            *kept = record;
        }
    }
    parts.into_values().collect()
}

/// The ratio that may be stated of records of one source for an allegation.
///
/// # Errors
/// [`Refusal`] says why none may be.
pub fn stated(
    records: &[Record],
    allegation: &Allegation,
    radius_m: f64,
    routines: &Routines,
    settings: &Settings<'_>,
) -> Result<Stated, Refusal> {
    let source = records.first().map(|r| r.source).ok_or(Refusal::NoUncertainty)?;
    if !is_measured(source) && source != SourceKind::Cell {
        return Err(Refusal::NoModel);
    }
    let data_type = settings.validation.and_then(|v| v.of(source.as_str())).ok_or(Refusal::NoValidation)?;
    let computed = computed(records, allegation, radius_m, routines, settings)?;
    let method = settings.prior.text();
    data_type.covers(&method, radius_m, computed.sigmas_m.iter().copied()).map_err(Refusal::NotCovered)?;
    Ok(apply(computed, data_type))
}

/// A computed ratio, calibrated and held.
pub(super) fn apply(computed: Computed, data_type: &DataType) -> Stated {
    let calibrated_log10 = data_type.calibration.log10_lr(computed.log10_lr);
    Stated { calibrated_log10, log10_lr: data_type.bounds.hold(calibrated_log10), computed }
}
