//! The end of a row: the cell where a connection ended, when it ended.
//!
//! ```text
//!  row ─┬─> start cell at the start time ──> fix 1            row 12
//!       └─> end cell at the end time ──────> fix 2            row 12 end
//! ```
//! A row has an end if a column of the end's place is filled. What comes of the end does not depend on what came of the
//! start: a call that began on Wi-Fi and ended on a cell gives one fix, of its end.

use crate::decode::profile::Column;
use crate::model::{END_PATH, FixRow, NotAFix, RejectReason, RejectRow, RowEnd};
use crate::time::{Reading, ZoneRule};

use super::fault::{Fault, fault, optional_text, text};
use super::place::place;
use super::plan::{EndPlan, Plan, TimeColumns};
use super::records::Fields;
use super::row::{DAMAGED_DEVICE, Memory, azimuth_deg, basis_of, confidence_of, device_of, radius_m, source_of};
use super::when::{When, filled, lasted_us, read};

/// [`END_PATH`] with [`DAMAGED_DEVICE`], for an end whose device's number a spreadsheet rounded.
pub(super) const DAMAGED_END: &str = "end; device number rounded by a spreadsheet";

/// A record, and what the file does not say of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) fields: Fields<'a>,
    pub(super) row: u64,
    pub(super) zone: Option<&'a ZoneRule>,
    pub(super) device: &'a str,
}

/// Where and when the start of the record was, if that became a fix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    time: Reading,
    lat_deg: f64,
    lon_deg: f64,
}

impl Start {
    pub(super) fn of(fix: &FixRow<'_>) -> Self {
        let time = Reading { t0_us: fix.t0_us, t1_us: fix.t1_us, ambiguous: fix.time_ambiguous };
        Self { time, lat_deg: fix.lat_deg, lon_deg: fix.lon_deg }
    }

    /// An end at the same mast at the same moment (a text message) is no second observation.
    fn is_repeated_by(&self, end: &FixRow<'_>) -> bool {
        (self.time.t0_us, self.time.t1_us) == (end.t0_us, end.t1_us)
            && (self.lat_deg, self.lon_deg) == (end.lat_deg, end.lon_deg)
    }
}

/// What comes of a record's end; `None` if it has none.
pub(super) fn end_of<'a>(
    record: &Record<'a>,
    end: &'a EndPlan,
    start: Option<Start>,
    memory: &'a mut Memory,
) -> Option<RowEnd<'a>> {
    let is_filled = |c: &Column| record.fields.get(c.at).is_some_and(|f| !f.trim_ascii().is_empty());
    if !end.stated_by.iter().any(is_filled) {
        return None;
    }
    if !end.can_be_placed() {
        return Some(RowEnd::NotAFix(NotAFix::EndUnplaced));
    }
    Some(match fix(record, end, start, memory) {
        Ok(found) if start.is_some_and(|s| s.is_repeated_by(&found)) => RowEnd::NotAFix(NotAFix::Repeat),
        Ok(found) => RowEnd::Fix(found),
        Err(Fault { field, value, reason }) => {
            RowEnd::Reject(RejectRow { row: record.row, path: END_PATH, field, value, reason })
        }
    })
}

fn fix<'a>(
    record: &Record<'a>,
    end: &'a EndPlan,
    start: Option<Start>,
    memory: &'a mut Memory,
) -> Result<FixRow<'a>, Fault<'a>> {
    let Record { plan, fields, row, device, .. } = *record;
    let Memory { time_text, sources, bases, grid } = memory;
    let nowhere = Fault { field: "position", value: "", reason: RejectReason::Missing };
    let (lat_deg, lon_deg) = place(plan, &end.spot, fields, grid)?.ok_or(nowhere)?;
    let when = when(record, end, start.map(|s| s.time), time_text)?;
    let (device, said) = device_of(plan, fields, device)?;
    Ok(FixRow {
        device,
        source: source_of(plan, fields, sources)?,
        t0_us: when.t0_us,
        t1_us: when.t1_us,
        lat_deg,
        lon_deg,
        uncertainty_m: radius_m(plan, fields, end.radius.as_ref())?,
        confidence: confidence_of(plan, fields)?,
        basis: basis_of(plan, fields, bases)?,
        azimuth_deg: azimuth_deg(plan, fields, end.azimuth.as_ref())?,
        row,
        path: if said == DAMAGED_DEVICE { DAMAGED_END } else { END_PATH },
        time_text: when.text,
        time_ambiguous: when.ambiguous,
    })
}

/// The time of the end: its own if the row states one, else the start and the duration together.
fn when<'a>(
    record: &Record<'a>,
    end: &'a EndPlan,
    start: Option<Reading>,
    scratch: &'a mut String,
) -> Result<When<'a>, Fault<'a>> {
    let Record { plan, fields, .. } = *record;
    let start = start.map_or_else(|| start_of(record, scratch), Ok)?;
    let time = optional_text(fields, end.time.as_ref())?;
    if let (Some(column), false) = (&end.time, time.is_empty()) {
        return from_text(record, column, time, start);
    }
    let [day, clock] = match &end.parts {
        Some((date, clock)) => [text(fields, date)?, text(fields, clock)?],
        None => ["", ""],
    };
    if let (Some((_, column)), false, false) = (&end.parts, day.is_empty(), clock.is_empty()) {
        scratch.clear();
        scratch.extend([day, " ", clock]);
        return from_text(record, column, scratch, start);
    }
    let lasted = optional_text(fields, end.duration.as_ref())?;
    let Some(column) = end.duration.as_ref().filter(|_| !lasted.is_empty()) else {
        return Err(no_time(end, day));
    };
    let us = lasted_us(plan, column, lasted)?;
    write_start(record, scratch)?;
    scratch.extend([" + ", lasted]);
    let too_late = || fault(column, lasted, RejectReason::TimeRange);
    let t0_us = start.t0_us.checked_add(us).ok_or_else(too_late)?;
    let t1_us = start.t1_us.checked_add(us).ok_or_else(too_late)?;
    Ok(When { t0_us, t1_us, ambiguous: start.ambiguous, text: scratch })
}

/// An end time that the row writes. Where a local time has two readings, it is refused only if every reading is.
fn from_text<'a>(
    record: &Record<'a>,
    column: &'a Column,
    value: &'a str,
    start: Reading,
) -> Result<When<'a>, Fault<'a>> {
    let rule = &record.plan.profile.time;
    let zone = rule.zone.as_ref().or(record.zone);
    let Reading { t0_us, t1_us, ambiguous } =
        read(value, &rule.formats, zone).map_err(|e| fault(column, value, e.reason()))?;
    if t1_us < start.t0_us {
        return Err(fault(column, value, RejectReason::TimeOrder));
    }
    Ok(When { t0_us, t1_us, ambiguous, text: value })
}

/// The column that would say when the end was: of a date and a time of day, the one that is blank.
fn no_time<'a>(end: &'a EndPlan, day: &str) -> Fault<'a> {
    let part = end.parts.as_ref().map(|(date, clock)| if day.is_empty() { date } else { clock });
    let column = end.time.as_ref().or(part).or(end.duration.as_ref());
    column.map_or(Fault { field: "time", value: "", reason: RejectReason::Missing }, |c| {
        fault(c, "", RejectReason::Missing)
    })
}

/// The start's time, where the start became no fix.
fn start_of<'a>(record: &Record<'a>, scratch: &mut String) -> Result<Reading, Fault<'a>> {
    let rule = &record.plan.profile.time;
    let (column, value) = write_start(record, scratch)?;
    let zone = rule.zone.as_ref().or(record.zone);
    read(scratch, &rule.formats, zone).map_err(|e| fault(column, value, e.reason()))
}

/// Writes the start's time as the file has it; gives the column and the value to name if it cannot be read.
fn write_start<'a>(record: &Record<'a>, scratch: &mut String) -> Result<(&'a Column, &'a str), Fault<'a>> {
    let (plan, fields) = (record.plan, record.fields);
    scratch.clear();
    match &plan.start {
        TimeColumns::Whole(column) => {
            let value = filled(fields, column)?;
            scratch.push_str(value);
            Ok((column, value))
        }
        TimeColumns::Parts(date, clock) => {
            let (day, value) = (filled(fields, date)?, filled(fields, clock)?);
            scratch.extend([day, " ", value]);
            Ok((clock, value))
        }
    }
}
