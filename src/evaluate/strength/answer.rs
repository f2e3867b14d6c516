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

use std::collections::{BTreeMap, BTreeSet};

use super::habit::Habit;
use super::local::{Local, minutes_apart};
use super::prior::{Prior, PriorError};
use super::ratio::{Target, position_log10_lr, sector_log10_lr};
use super::routine::{Basis, Routine};
use super::scale::Scale;
use super::sector::Sector;
use super::told::{SLOT_US, Told, is_measured, slot_us};
use crate::evaluate::case::{Allegation, Device, Record};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::extent::{Reached, of_time, reached};
use crate::evaluate::passes::Passed;
use crate::evaluate::validation::{DataType, NotCovered, Validation, real};
use crate::index::sigma_m;
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule};

/// An allegation's time is cut into at most this many parts, none shorter than [`PART_US`].
pub const MAX_PARTS: i64 = 24;
/// A minute, microseconds.
pub const PART_US: i64 = 60 * US_PER_S;
/// Habits are kept for moments in the same quarter of an hour.
const SAME_HABIT_US: i64 = SLOT_US;

/// What a ratio is computed and stated with.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// What is assumed.
    pub prior: &'a Prior,
    /// The zone of the device's days and hours.
    pub zone: &'a ZoneRule,
    /// What was shown; without it no ratio is stated.
    pub validation: Option<&'a Validation>,
    /// The words.
    pub scale: &'a Scale,
}

/// The routine of one device, by its own positions and by its sectors.
#[derive(Debug, Clone)]
pub struct Routines {
    positions: Routine,
    sectors: Routine,
}

impl Default for Routines {
    fn default() -> Self {
        Self { positions: Routine::empty(Basis::Positions), sectors: Routine::empty(Basis::Sectors) }
    }
}

impl Routines {
    /// Reads the records of a device once, for all questions about it.
    #[must_use]
    pub fn new(device: &Device, settings: &Settings<'_>) -> Self {
        let of = |basis| Routine::new(device.records(), basis, settings.zone, settings.prior);
        Self { positions: of(Basis::Positions), sectors: of(Basis::Sectors) }
    }

    /// Puts in what records tell by positions and by sectors.
    pub(super) fn put(&mut self, [positions, sectors]: &[Vec<Told>; 2], zone: &ZoneRule) {
        self.positions.put(positions, zone);
        self.sectors.put(sectors, zone);
    }

    /// Takes out what was put in.
    pub(super) fn take(&mut self, [positions, sectors]: &[Vec<Told>; 2], zone: &ZoneRule) {
        self.positions.take(positions, zone);
        self.sectors.take(sectors, zone);
    }

    /// Adds a record that came later, wherever its time lies.
    pub fn add(&mut self, record: &Record, settings: &Settings<'_>) {
        self.positions.add(record, settings.zone, settings.prior);
        self.sectors.add(record, settings.zone, settings.prior);
    }

    /// Where the device is expected by its positions, and by its sectors.
    #[cfg(test)]
    pub(super) fn of_both(&self, moment_us: i64, zone: &ZoneRule, prior: &Prior) -> [Option<Habit>; 2] {
        [&self.positions, &self.sectors].map(|routine| routine.at(moment_us, zone, prior))
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
    /// Of these, the ones that the ratio is the mean over, in order of time.
    pub used: Vec<Record>,
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
    let records = Chunked::anew(device.records());
    records_in_time(&reached(&records, &mut Passed::default()), allegation, window_us)
}

/// The time of an allegation with the window on both sides, UTC microseconds.
const fn time_of(allegation: &Allegation, window_us: i64) -> (i64, i64) {
    (allegation.t0_us.saturating_sub(window_us), allegation.t1_us.saturating_add(window_us))
}

/// Whether a record is one of those that a ratio for an allegation is found of.
const fn is_in_time(record: &Record, allegation: &Allegation, window_us: i64) -> bool {
    let (from_us, to_us) = time_of(allegation, window_us);
    record.t0_us <= to_us && record.t1_us >= from_us
}

/// Whether what is said of an allegation may hang on one of these records: on one of its time, and, where a ratio may be stated, on
/// one that tells where the device is expected at the time of day of another of its time. `chunks` are the device's as it stands.
pub(in crate::evaluate) fn bear_on(
    records: &[Record],
    (allegation, window_us): (&Allegation, i64),
    chunks: &[Reached<'_>],
    settings: &Settings<'_>,
) -> bool {
    if records.iter().any(|record| is_in_time(record, allegation, window_us)) {
        return true;
    }
    if settings.validation.is_none() {
        return false;
    }
    // A record that lasts until then may have begun at another hour.
    let of_time = records_in_time(chunks, allegation, window_us);
    let moments: BTreeSet<i64> = of_time.values().flatten().map(|record| habit_us(record.t0_us)).collect();
    let asked: Vec<Local> = moments.into_iter().filter_map(|us| Local::of(us, settings.zone)).collect();
    records.iter().any(|record| tells_of(record, &asked, settings))
}

/// Whether a record tells where the device is expected at any of these times of day.
fn tells_of(record: &Record, asked: &[Local], settings: &Settings<'_>) -> bool {
    let Some(slot) = Local::of(slot_us(record), settings.zone) else { return false };
    asked.iter().any(|asked| f64::from(minutes_apart(slot.minute, asked.minute)) < settings.prior.bandwidth_min)
}

/// The moment for which the habit stands that is asked for at another: the middle of its quarter of an hour, so that the habit
/// does not hang on which record came first.
const fn habit_us(moment_us: i64) -> i64 {
    let quarter_us = moment_us.div_euclid(SAME_HABIT_US).saturating_mul(SAME_HABIT_US);
    quarter_us.saturating_add(SAME_HABIT_US / 2)
}

/// As [`in_time`], of a device's records in chunks.
pub(super) fn records_in_time(
    chunks: &[Reached<'_>],
    allegation: &Allegation,
    window_us: i64,
) -> BTreeMap<SourceKind, Vec<Record>> {
    let (from_us, to_us) = time_of(allegation, window_us);
    let mut found: BTreeMap<SourceKind, Vec<Record>> = BTreeMap::new();
    for chunk in of_time(chunks, from_us, to_us) {
        let until = chunk.records.partition_point(|r| r.t0_us <= to_us);
        for record in chunk.records.iter().take(until).filter(|r| is_in_time(r, allegation, window_us)) {
            found.entry(record.source).or_default().push(*record);
        }
    }
    found
}

/// The circle of an allegation: the radius asked for about a place that has an extent of its own; a metre at least.
fn target(allegation: &Allegation, radius_m: f64) -> Target {
    let radius_m = (radius_m + allegation.uncertainty_m).max(1.0);
    Target { lat_deg: allegation.lat_deg, lon_deg: allegation.lon_deg, radius_m, sigma_m: 0.0 }
}

/// Where a device is expected, quarter of an hour by quarter of an hour, as far as it has been asked.
pub(super) type Habits = BTreeMap<i64, Option<Habit>>;

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
    weighed(records, (allegation, radius_m), routines, settings, &mut Habits::new())
}

/// [`computed`], with the habits that earlier questions about the same source and other days have brought up.
pub(super) fn weighed(
    records: &[Record],
    (allegation, radius_m): (&Allegation, f64),
    routines: &Routines,
    settings: &Settings<'_>,
    habits: &mut Habits,
) -> Result<Computed, Refusal> {
    settings.prior.validate().map_err(Refusal::Prior)?;
    let source = records.first().map(|r| r.source).ok_or(Refusal::NoUncertainty)?;
    if !has_model(source) {
        return Err(Refusal::NoModel);
    }
    let is_cell = source == SourceKind::Cell;
    let sized: Vec<&Record> = records.iter().filter(|r| is_cell || r.uncertainty_m > 0.0).collect();
    let target = target(allegation, radius_m);
    let mut ratios: Vec<(f64, Record)> = Vec::new();
    let (mut days, mut novelty, mut basis) = (usize::MAX, 0.0_f64, Basis::Positions);
    for record in one_a_part(&sized, allegation) {
        let moment_us = habit_us(record.t0_us);
        let of = || routines.at(source, moment_us, settings.zone, settings.prior);
        let habit = habits.entry(moment_us).or_insert_with(of).as_ref().ok_or(Refusal::NoRoutine)?;
        ratios.push((ratio(record, &target, habit, settings)?, *record));
        (days, novelty) = (days.min(habit.days), novelty.max(habit.novelty));
        basis = if habit.basis == Basis::Sectors { Basis::Sectors } else { basis };
    }
    let greater = |a: &&(f64, Record), b: &&(f64, Record)| a.0.total_cmp(&b.0);
    let most = ratios.iter().rev().max_by(greater).ok_or(Refusal::NoUncertainty)?.1;
    let least = ratios.iter().min_by(greater).ok_or(Refusal::NoUncertainty)?.1;
    let sum: f64 = ratios.iter().map(|r| libm::exp10(r.0)).sum();
    let used: Vec<Record> = ratios.iter().map(|r| r.1).collect();
    Ok(Computed {
        log10_lr: libm::log10(sum / real(used.len())),
        records: records.len(),
        without_uncertainty: records.len() - sized.len(),
        days,
        basis,
        novelty,
        most,
        least,
        without_azimuth: used.iter().filter(|r| is_cell && r.azimuth_deg.is_none()).count(),
        used,
    })
}

const fn has_model(source: SourceKind) -> bool {
    is_measured(source) || matches!(source, SourceKind::Cell)
}

/// Log10 of the ratio of one record.
fn ratio(record: &Record, target: &Target, habit: &Habit, settings: &Settings<'_>) -> Result<f64, Refusal> {
    if record.source != SourceKind::Cell {
        return position_log10_lr(record, target, habit).ok_or(Refusal::NoRoutine);
    }
    let Record { lat_deg, lon_deg, azimuth_deg, .. } = *record;
    let sector = Sector { lat_deg, lon_deg, azimuth_deg };
    Ok(sector_log10_lr(&sector, target, habit, settings.prior))
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
        let in_us = record.t0_us.saturating_sub(allegation.t0_us).clamp(0, length_us);
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
    covered(records, (allegation, radius_m), routines, settings, &mut Habits::new())
}

/// [`stated`], keeping the habits that it brings up.
pub(super) fn covered(
    records: &[Record],
    (allegation, radius_m): (&Allegation, f64),
    routines: &Routines,
    settings: &Settings<'_>,
    habits: &mut Habits,
) -> Result<Stated, Refusal> {
    let source = records.first().map(|r| r.source).ok_or(Refusal::NoUncertainty)?;
    if !has_model(source) {
        return Err(Refusal::NoModel);
    }
    let data_type = settings.validation.and_then(|v| v.of(source.as_str())).ok_or(Refusal::NoValidation)?;
    let computed = weighed(records, (allegation, radius_m), routines, settings, habits)?;
    // A sector's record states no uncertainty that the ratio would use.
    let sizes = computed.used.iter().filter(|_| source != SourceKind::Cell);
    let sigmas_m = sizes.map(|r| sigma_m(r.uncertainty_m, r.confidence));
    let within_m = target(allegation, radius_m).radius_m;
    data_type.covers(&settings.prior.text(), within_m, sigmas_m).map_err(Refusal::NotCovered)?;
    Ok(apply(computed, data_type))
}

/// A computed ratio, calibrated and held.
pub(super) fn apply(computed: Computed, data_type: &DataType) -> Stated {
    let calibrated_log10 = data_type.calibration.log10_lr(computed.log10_lr);
    Stated { calibrated_log10, log10_lr: data_type.bounds.hold(calibrated_log10), computed }
}
