//! What a profile must say before it can be used; each answer names the key.

use jiff::civil::date;
use jiff::fmt::strtime::{self, BrokenDownTime};

use super::columns::{Columns, Headings};
use super::schema::RowKind;
use super::{Profile, end_rule};
use crate::time::TimeFormat;

/// The most fields of a row: each is named before the file is read.
const MAX_FIELDS: usize = 16_384;

pub fn check(p: &Profile) -> Result<(), String> {
    check_columns(p)?;
    end_rule::check(p)?;
    check_file(p)?;
    check_numbers(p)?;
    p.time.formats.iter().try_for_each(|f| match f {
        TimeFormat::Pattern(pattern) => check_pattern(pattern),
        TimeFormat::Iso | TimeFormat::Epoch(_) => Ok(()),
    })?;
    check_day_and_month(&p.time.formats)
}

fn check_columns(p: &Profile) -> Result<(), String> {
    let (t, x) = (&p.time, &p.position);
    if t.start.is_empty() && (t.date.is_empty() || t.clock.is_empty()) {
        return Err("[time] needs start, or date and clock".to_owned());
    }
    let geographic = !x.lat.is_empty() && !x.lon.is_empty();
    let grid = !x.easting.is_empty() && !x.northing.is_empty();
    if !geographic && !grid {
        return Err("[position] needs lat and lon, or easting and northing".to_owned());
    }
    if p.kind == RowKind::Incidents && p.incident.reference.is_empty() {
        return Err("[incident] needs reference: findings name an incident by it".to_owned());
    }
    Ok(())
}

fn check_file(p: &Profile) -> Result<(), String> {
    let f = &p.file;
    if !f.header && f.fields.is_none_or(|n| n == 0) {
        return Err("[file] without a header needs fields, the number of fields in a row".to_owned());
    }
    if f.fields.is_some_and(|n| n > MAX_FIELDS) {
        return Err(format!("[file] fields is more than {MAX_FIELDS}: no row has so many"));
    }
    if f.decimal_comma && f.delimiter == Some(b',') {
        return Err("[file] decimal_comma cannot go with the delimiter \",\"".to_owned());
    }
    if f.comment.as_deref() == Some("") {
        return Err("[file] comment is empty: every line would be one".to_owned());
    }
    Ok(())
}

fn check_numbers(p: &Profile) -> Result<(), String> {
    let u = &p.uncertainty;
    if !(u.confidence > 0.0 && u.confidence < 1.0) {
        return Err(format!(
            "[uncertainty] confidence is {}: give a share between 0 and 1, such as 0.68",
            u.confidence
        ));
    }
    if u.default_m.is_some_and(|m| !(m > 0.0 && m.is_finite())) {
        return Err("[uncertainty] default_m must be more than 0 metres: leave it out if nothing is known".to_owned());
    }
    if !(p.time.duration_unit_s > 0.0 && p.time.duration_unit_s.is_finite()) {
        return Err("[time] duration_unit_s must be more than 0 seconds".to_owned());
    }
    Ok(())
}

/// Writes a known moment by the pattern and reads it back: a pattern that loses the day or the hour cannot be used.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let fail = |why: &str| format!("[time] format {pattern:?} {why}");
    let known = date(2021, 11, 22).at(13, 14, 0, 0);
    let zoned = jiff::tz::Offset::UTC.to_timestamp(known).map_err(|_| fail("cannot be checked"))?;
    let text = strtime::format(pattern, &zoned.to_zoned_datetime(jiff::tz::TimeZone::UTC))
        .map_err(|e| fail(&format!("is no time pattern: {e}")))?;
    let back = BrokenDownTime::parse(pattern, &text).ok().and_then(|t| t.to_datetime().ok());
    if back == Some(known) { Ok(()) } else { Err(fail("does not give day, month, year, hour and minute")) }
}

/// Two readings of one text, `03/04` as 3 April or as 4 March, are never tried one after the other.
fn check_day_and_month(formats: &[TimeFormat]) -> Result<(), String> {
    let orders: Vec<bool> = formats
        .iter()
        .filter_map(|f| match f {
            TimeFormat::Pattern(p) => {
                let (day, month) = (p.find("%d").or(p.find("%e"))?, p.find("%m")?);
                let year = p.find("%Y").or(p.find("%y"))?;
                (year > day.min(month)).then_some(day < month)
            }
            TimeFormat::Iso | TimeFormat::Epoch(_) => None,
        })
        .collect();
    if orders.contains(&true) && orders.contains(&false) {
        return Err("[time] formats has the day first and the month first: 03/04 would be guessed".to_owned());
    }
    Ok(())
}

/// The columns without which no row could be used, and, where the profile asks for it, every column it names.
pub fn missing(p: &Profile, headings: &Headings) -> Vec<String> {
    let has = |c: &Columns| !c.is_empty() && headings.find(c).is_some();
    let (t, x) = (&p.time, &p.position);
    let mut lack = Vec::new();
    let timed = has(&t.start) || (has(&t.date) && has(&t.clock));
    if !timed {
        lack.push(if t.start.is_empty() {
            format!("{} and {}", t.date.describe(), t.clock.describe())
        } else {
            t.start.describe()
        });
    }
    let placed = (has(&x.lat) && has(&x.lon)) || (has(&x.easting) && has(&x.northing));
    if !placed {
        let (a, b) = if x.lat.is_empty() { (&x.easting, &x.northing) } else { (&x.lat, &x.lon) };
        lack.push(format!("{} with {}", a.describe(), b.describe()));
    }
    if p.kind == RowKind::Incidents && !has(&p.incident.reference) {
        lack.push(p.incident.reference.describe());
    }
    if p.file.all_columns_required {
        lack.extend(named(p).filter(|c| !c.is_empty() && !has(c)).map(Columns::describe));
        lack.dedup();
    }
    lack
}

fn named(p: &Profile) -> impl Iterator<Item = &Columns> {
    let (t, x) = (&p.time, &p.position);
    let start = [
        &t.start,
        &t.date,
        &t.clock,
        &t.end,
        &t.duration,
        &x.lat,
        &x.lon,
        &x.easting,
        &x.northing,
        &x.named_by,
        &x.datum,
        &p.uncertainty.column,
        &p.uncertainty.confidence_column,
        &p.source.column,
        &p.device.column,
        &p.device.owner,
        &p.basis.column,
        &p.azimuth.column,
        &p.incident.reference,
        &p.incident.kind,
    ];
    start.into_iter().chain(p.end.columns())
}
