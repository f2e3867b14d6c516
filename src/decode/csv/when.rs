//! When a row was: its start, and its end if it has one.

use crate::decode::profile::Column;
use crate::model::RejectReason;
use crate::time::{Reading, TimeError, TimeFormat, US_PER_S, ZoneRule, parse_with};

use super::fault::{Fault, fault, optional_text, text};
use super::numbers::duration_s;
use super::plan::{Plan, TimeColumns};
use super::records::Fields;

/// The time of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct When<'a> {
    pub(super) t0_us: i64,
    pub(super) t1_us: i64,
    pub(super) ambiguous: bool,
    /// As the file writes it: `date clock`, and `start/end` where there is an end.
    pub(super) text: &'a str,
}

/// Reads the time of a row; `scratch` is where texts of several columns are joined.
pub(super) fn when<'a>(
    plan: &'a Plan<'_>,
    fields: Fields<'a>,
    zone: Option<&ZoneRule>,
    scratch: &'a mut String,
) -> Result<When<'a>, Fault<'a>> {
    let rule = &plan.profile.time;
    let zone = rule.zone.as_ref().or(zone);
    let end_text = end_text(plan, fields)?;
    let (column, joined) = match &plan.start {
        TimeColumns::Whole(column) => (column, text(fields, column)?),
        TimeColumns::Parts(date, clock) => {
            let (day, time) = (filled(fields, date)?, filled(fields, clock)?);
            scratch.clear();
            scratch.push_str(day);
            scratch.push(' ');
            scratch.push_str(time);
            (clock, "")
        }
    };
    let whole = matches!(plan.start, TimeColumns::Whole(_));
    if whole && joined.is_empty() {
        return Err(fault(column, "", RejectReason::Missing));
    }
    if whole && !end_text.is_empty() {
        scratch.clear();
        scratch.push_str(joined);
    }
    let split = if whole { joined.len() } else { scratch.len() };
    if !end_text.is_empty() {
        scratch.push('/');
        scratch.push_str(end_text);
    }
    let shown: &'a str = if whole && end_text.is_empty() { joined } else { scratch };
    let start_text = shown.get(..split).unwrap_or(shown);
    let start = read(start_text, &rule.formats, zone).map_err(|e| fault(column, start_text, e.reason()))?;
    let end = match &plan.end {
        Some(column) if !end_text.is_empty() => {
            Some(read(end_text, &rule.formats, zone).map_err(|e| fault(column, end_text, e.reason()))?)
        }
        _ => None,
    };
    span(plan, fields, start, end, shown)
}

fn end_text<'a>(plan: &'a Plan<'_>, fields: Fields<'a>) -> Result<&'a str, Fault<'a>> {
    let end = optional_text(fields, plan.end.as_ref())?;
    match &plan.end {
        Some(column) if end.is_empty() && plan.profile.time.end_required => {
            Err(fault(column, "", RejectReason::Missing))
        }
        _ => Ok(end),
    }
}

pub(super) fn filled<'a>(fields: Fields<'a>, column: &'a Column) -> Result<&'a str, Fault<'a>> {
    let value = text(fields, column)?;
    if value.is_empty() { Err(fault(column, "", RejectReason::Missing)) } else { Ok(value) }
}

/// Puts start and end together. Where a local time has two readings, a window is refused only if every reading is.
fn span<'a>(
    plan: &'a Plan<'_>,
    fields: Fields<'a>,
    start: Reading,
    end: Option<Reading>,
    shown: &'a str,
) -> Result<When<'a>, Fault<'a>> {
    let wrong = || Fault { field: "time", value: shown, reason: RejectReason::TimeOrder };
    let lasted_us = duration_us(plan, fields)?;
    let (t1_us, ambiguous) = match end {
        Some(end) => {
            let least_us = end.t0_us.saturating_sub(start.t1_us);
            if end.t1_us < start.t0_us || plan.profile.time.max_window_h.is_some_and(|h| hours(least_us) > h) {
                return Err(wrong());
            }
            (end.t1_us, start.ambiguous || end.ambiguous)
        }
        None => (start.t1_us, start.ambiguous),
    };
    let t1_us = if end.is_none() { t1_us.checked_add(lasted_us).ok_or_else(wrong)? } else { t1_us };
    Ok(When { t0_us: start.t0_us, t1_us: t1_us.max(start.t0_us), ambiguous, text: shown })
}

#[expect(clippy::cast_precision_loss, reason = "a window of hours is far below 2^53 microseconds")]
fn hours(us: i64) -> f64 {
    us as f64 / 3.6e9
}

fn duration_us<'a>(plan: &'a Plan<'_>, fields: Fields<'a>) -> Result<i64, Fault<'a>> {
    let Some(column) = &plan.duration else { return Ok(0) };
    let value = text(fields, column)?;
    if value.is_empty() { Ok(0) } else { lasted_us(plan, column, value) }
}

/// A duration in whole seconds, as microseconds.
pub(super) fn lasted_us<'a>(plan: &Plan<'_>, column: &'a Column, value: &'a str) -> Result<i64, Fault<'a>> {
    let seconds = duration_s(value, plan.profile.time.duration_unit_s, plan.profile.file.decimal_comma)
        .ok_or_else(|| fault(column, value, RejectReason::NotAllowed))?;
    #[expect(clippy::cast_possible_truncation, reason = "duration_s is at most 1e9 seconds")]
    let whole_s = seconds as i64;
    Ok(whole_s.saturating_mul(US_PER_S))
}

/// Tries the formats in order; the first that fits the text decides, also if it then says that the zone is unknown.
pub(super) fn read(text: &str, formats: &[TimeFormat], zone: Option<&ZoneRule>) -> Result<Reading, TimeError> {
    for format in formats {
        match parse_with(text, format, zone) {
            Err(TimeError::Format) => {}
            decided => return decided,
        }
    }
    Err(TimeError::Format)
}
