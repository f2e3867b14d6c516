//! One record to one fix, incident, reject, or record that by nature is not a fix.

use crate::decode::profile::{Column, RowKind};
use crate::decode::{DecodeError, DecodeOptions, RowSink};
use crate::model::{Basis, FixRow, IncidentRow, NotAFix, RejectReason, RejectRow, SourceKind};
use crate::time::ZoneRule;

use super::end::{Record, Start, end_of};
use super::fault::{Fault, fault, optional_text, text};
use super::memo::Memo;
use super::numbers::{is_spreadsheet_damage, number};
use super::place::{GridMemory, place};
use super::plan::Plan;
use super::records::Fields;
use super::when::when;

/// Said in a fix's path where a spreadsheet rounded the device's number, so that two devices may look like one.
pub(super) const DAMAGED_DEVICE: &str = "device number rounded by a spreadsheet";

/// Turns records into rows; what it remembers between rows only saves time.
#[derive(Debug)]
pub(super) struct Rows<'p> {
    plan: Plan<'p>,
    zone: Option<&'p ZoneRule>,
    device: &'p str,
    memory: Memory,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) time_text: String,
    pub(super) sources: Memo<SourceKind>,
    pub(super) bases: Memo<Option<Basis>>,
    pub(super) grid: GridMemory,
}

impl<'p> Rows<'p> {
    pub(super) fn new(plan: Plan<'p>, options: &'p DecodeOptions) -> Self {
        let device = options.device.as_deref().unwrap_or("");
        Self { plan, zone: options.zone.as_ref(), device, memory: Memory::default() }
    }

    /// How many fields a record has.
    pub(super) fn width(&self) -> usize {
        self.plan.width
    }

    /// Hands the record to the sink, once.
    pub(super) fn emit(&mut self, fields: Fields<'_>, row: u64, sink: &mut dyn RowSink) -> Result<(), DecodeError> {
        if let Some(field) = self.count_fault(fields) {
            return sink.reject(&RejectRow {
                row,
                path: "",
                field,
                value: first(fields),
                reason: RejectReason::FieldCount,
            });
        }
        match self.plan.profile.kind {
            RowKind::Fixes => self.emit_fixes(fields, row, sink),
            RowKind::Incidents => match incident(&self.plan, fields, row, self.zone, &mut self.memory) {
                Ok(found) => sink.incident(&found),
                Err(fault) => refuse(&self.plan, fields, row, fault, sink).map(|_| ()),
            },
        }
    }

    /// A fix of the start, and what comes of the end where the row has one.
    fn emit_fixes(&mut self, fields: Fields<'_>, row: u64, sink: &mut dyn RowSink) -> Result<(), DecodeError> {
        let (plan, memory) = (&self.plan, &mut self.memory);
        let start = match fix(plan, fields, row, self.zone, self.device, memory) {
            Ok(Some(found)) => {
                sink.fix(&found)?;
                Some(Start::of(&found))
            }
            Ok(None) => {
                sink.not_a_fix(NotAFix::NoPosition, 1);
                None
            }
            Err(fault) if !refuse(plan, fields, row, fault, sink)? => return Ok(()),
            Err(_) => None,
        };
        let Some(other_end) = &plan.other_end else { return Ok(()) };
        let record = Record { plan, fields, row, zone: self.zone, device: self.device };
        end_of(&record, other_end, start, memory).map_or(Ok(()), |end| sink.end(&end))
    }

    /// Too few fields, or too many that are not blank: a spreadsheet's blank columns at the end do no harm.
    fn count_fault(&self, fields: Fields<'_>) -> Option<&'static str> {
        let width = self.plan.width;
        if fields.len() < width {
            return Some("too few fields");
        }
        let surplus = (width..fields.len()).any(|at| fields.get(at).is_some_and(|f| !f.trim_ascii().is_empty()));
        surplus.then_some("too many fields")
    }
}

fn first(fields: Fields<'_>) -> &str {
    fields.get(0).and_then(|f| std::str::from_utf8(f).ok()).unwrap_or("")
}

/// Rejects a record, unless it is no row but the heading again; says whether it was a row.
fn refuse(
    plan: &Plan<'_>,
    fields: Fields<'_>,
    row: u64,
    fault: Fault<'_>,
    sink: &mut dyn RowSink,
) -> Result<bool, DecodeError> {
    if repeats_heading(plan, fields) {
        sink.not_a_fix(NotAFix::Heading, 1);
        return Ok(false);
    }
    sink.reject(&RejectRow { row, path: "", field: fault.field, value: fault.value, reason: fault.reason })?;
    Ok(true)
}

/// Files that were put together repeat their heading; it is no fault.
fn repeats_heading(plan: &Plan<'_>, fields: Fields<'_>) -> bool {
    plan.profile.file.header
        && fields.iter().zip(plan.headings.names()).all(|(f, name)| f.trim_ascii() == name.trim().as_bytes())
}

fn fix<'a>(
    plan: &'a Plan<'_>,
    fields: Fields<'a>,
    row: u64,
    zone: Option<&ZoneRule>,
    device: &'a str,
    memory: &'a mut Memory,
) -> Result<Option<FixRow<'a>>, Fault<'a>> {
    let Memory { time_text, sources, bases, grid } = memory;
    let Some((lat_deg, lon_deg)) = place(plan, &plan.spot, fields, grid)? else { return Ok(None) };
    let when = when(plan, fields, zone, time_text)?;
    let (device, path) = device_of(plan, fields, device)?;
    Ok(Some(FixRow {
        device,
        source: source_of(plan, fields, sources)?,
        t0_us: when.t0_us,
        t1_us: when.t1_us,
        lat_deg,
        lon_deg,
        uncertainty_m: radius_m(plan, fields, plan.radius.as_ref())?,
        confidence: confidence_of(plan, fields)?,
        basis: basis_of(plan, fields, bases)?,
        azimuth_deg: azimuth_deg(plan, fields, plan.azimuth.as_ref())?,
        row,
        path,
        time_text: when.text,
        time_ambiguous: when.ambiguous,
    }))
}

fn incident<'a>(
    plan: &'a Plan<'_>,
    fields: Fields<'a>,
    row: u64,
    zone: Option<&ZoneRule>,
    memory: &'a mut Memory,
) -> Result<IncidentRow<'a>, Fault<'a>> {
    let reference = optional_text(fields, plan.reference.as_ref())?;
    if let (Some(column), true) = (&plan.reference, reference.is_empty()) {
        return Err(fault(column, "", RejectReason::Missing));
    }
    check_datum_word(plan, fields)?;
    let Some((lat_deg, lon_deg)) = place(plan, &plan.spot, fields, &mut memory.grid)? else {
        return Err(Fault { field: "position", value: "", reason: RejectReason::CoordinateKind });
    };
    let when = when(plan, fields, zone, &mut memory.time_text)?;
    Ok(IncidentRow {
        reference,
        kind: optional_text(fields, plan.kind.as_ref())?,
        t0_us: when.t0_us,
        t1_us: when.t1_us,
        lat_deg,
        lon_deg,
        uncertainty_m: radius_m(plan, fields, plan.radius.as_ref())?,
        row,
        time_text: when.text,
        time_ambiguous: when.ambiguous,
    })
}

fn check_datum_word<'a>(plan: &'a Plan<'_>, fields: Fields<'a>) -> Result<(), Fault<'a>> {
    let Some(column) = &plan.datum else { return Ok(()) };
    let word = text(fields, column)?;
    let known = word.is_empty() || word.eq_ignore_ascii_case("WGS84") || word.eq_ignore_ascii_case("OSGB36");
    if known { Ok(()) } else { Err(fault(column, word, RejectReason::NotAllowed)) }
}

/// The device and what is to be said about its name: the first column that is filled and not damaged.
pub(super) fn device_of<'a>(
    plan: &'a Plan<'_>,
    fields: Fields<'a>,
    given: &'a str,
) -> Result<(&'a str, &'static str), Fault<'a>> {
    let mut damaged = "";
    for column in &plan.device {
        let name = text(fields, column)?;
        if is_spreadsheet_damage(name) {
            damaged = if damaged.is_empty() { name } else { damaged };
        } else if !name.is_empty() {
            return Ok((name, ""));
        }
    }
    let fallback = plan.profile.device.value.as_deref().unwrap_or(given);
    if fallback.is_empty() && !damaged.is_empty() {
        return Ok((damaged, DAMAGED_DEVICE));
    }
    Ok((fallback, ""))
}

pub(super) fn source_of<'a>(
    plan: &'a Plan<'_>,
    fields: Fields<'a>,
    memo: &mut Memo<SourceKind>,
) -> Result<SourceKind, Fault<'a>> {
    let rule = &plan.profile.source;
    let word = optional_text(fields, plan.source.as_ref())?;
    if word.is_empty() {
        return Ok(rule.kind);
    }
    Ok(memo.get(word, |w| {
        let mapped = rule.map.get(&w.to_lowercase()).copied();
        mapped.or_else(|| SourceKind::parse(w)).unwrap_or(SourceKind::Unknown)
    }))
}

pub(super) fn basis_of<'a>(
    plan: &'a Plan<'_>,
    fields: Fields<'a>,
    memo: &mut Memo<Option<Basis>>,
) -> Result<Basis, Fault<'a>> {
    let Some(column) = &plan.basis else { return Ok(plan.profile.basis.kind) };
    let word = text(fields, column)?;
    if word.is_empty() {
        return Ok(plan.profile.basis.kind);
    }
    memo.get(word, Basis::parse).ok_or_else(|| fault(column, word, RejectReason::NotAllowed))
}

/// The radius that a column states, else the profile's own.
pub(super) fn radius_m<'a>(
    plan: &Plan<'_>,
    fields: Fields<'a>,
    column: Option<&'a Column>,
) -> Result<Option<f64>, Fault<'a>> {
    let rule = &plan.profile.uncertainty;
    let Some(column) = column else { return Ok(rule.default_m) };
    let value = text(fields, column)?;
    if value.is_empty() {
        return Ok(rule.default_m);
    }
    let stated =
        number(value, plan.profile.file.decimal_comma).ok_or_else(|| fault(column, value, RejectReason::NotANumber))?;
    if stated == 0.0 && rule.zero_is_unknown {
        return Ok(rule.default_m);
    }
    if stated < 0.0 {
        return Err(fault(column, value, RejectReason::UncertaintyRange));
    }
    Ok(Some(stated * rule.unit.metres()))
}

pub(super) fn confidence_of<'a>(plan: &'a Plan<'_>, fields: Fields<'a>) -> Result<f64, Fault<'a>> {
    let Some(column) = &plan.confidence else { return Ok(plan.profile.uncertainty.confidence) };
    let value = text(fields, column)?;
    if value.is_empty() {
        return Ok(plan.profile.uncertainty.confidence);
    }
    let share =
        number(value, plan.profile.file.decimal_comma).ok_or_else(|| fault(column, value, RejectReason::NotANumber))?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err(fault(column, value, RejectReason::NotAllowed)) }
}

/// Degrees clockwise from north in `[0, 360)`; `None` for a blank and for the values that mean omni.
pub(super) fn azimuth_deg<'a>(
    plan: &Plan<'_>,
    fields: Fields<'a>,
    column: Option<&'a Column>,
) -> Result<Option<f64>, Fault<'a>> {
    let Some(column) = column else { return Ok(None) };
    let value = text(fields, column)?;
    let comma = plan.profile.file.decimal_comma;
    let none = &plan.profile.azimuth.none;
    if value.is_empty() || none.iter().any(|n| n.eq_ignore_ascii_case(value)) {
        return Ok(None);
    }
    let deg = number(value, comma).ok_or_else(|| fault(column, value, RejectReason::NotANumber))?;
    if none.iter().any(|n| n.parse() == Ok(deg)) {
        return Ok(None);
    }
    if deg.abs() > 360.0 {
        return Err(fault(column, value, RejectReason::NotAllowed));
    }
    Ok(Some(deg.rem_euclid(360.0)))
}
