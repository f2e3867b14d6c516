//! ENCOUNTERS: each with its times, distances, grade and the rows it rests on.

use crate::model::TargetKind;
use crate::sink::quantity::{counted, metres, position, probability};
use crate::sink::report::{EncounterFound, Record, RecordTime, Support};
use crate::sink::{Report, SinkError, shortened, wording};
use crate::time::{elapsed_text, utc_text};

use super::{JSON_LISTS_ALL, LISTED, NAME_CHARS, Page, and_more, citation, name};

pub(super) fn section(report: &Report, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.heading("ENCOUNTERS")?;
    if report.encounters.is_empty() {
        return page.line(2, wording::NO_ENCOUNTERS);
    }
    let n = u64::try_from(report.encounters.len()).unwrap_or(u64::MAX);
    page.line(2, &format!("{}, in time order", counted(n, "encounter", "encounters")))?;
    for (i, e) in report.encounters.iter().enumerate() {
        page.gap()?;
        encounter(i + 1, e, report.parameters.radius_m, page)?;
    }
    Ok(())
}

fn encounter(n: usize, e: &EncounterFound, radius_m: f64, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.line(2, &format!("{n}. device {} near {}", name(&e.device), target(e)))?;
    page.entry(5, "enter", &format!("{}   {}", e.enter.local, e.enter.utc))?;
    page.entry(5, "exit", &format!("{}   {}   dwell {}", e.exit.local, e.exit.utc, elapsed_text(e.dwell_us)))?;
    page.entry(
        5,
        "grade",
        &format!(
            "{}; P(within {}) {} at most, {} on average",
            e.grade,
            metres(radius_m),
            probability(e.p_within_max),
            probability(e.p_within_mean),
        ),
    )?;
    page.entry(5, "nearest", &format!("{} between these two:", metres(e.min_distance_m)))?;
    page.entry(5, "", &record(&e.nearest.suspect))?;
    page.entry(5, "", &record(&e.nearest.target))?;
    page.entry(5, "closest", &closest(e))?;
    page.entry(5, "rests on", &support(e))?;
    if e.single_fix {
        page.entry(5, "", wording::SINGLE_FIX)?;
    }
    rows(&e.rows, page)?;
    page.entry(5, "id", &shortened(&e.id, 80))
}

fn target(e: &EncounterFound) -> String {
    let target = name(&e.target);
    match e.target_kind {
        TargetKind::VictimFix => format!("victim's device {target}"),
        TargetKind::Place => format!("place {target}"),
        TargetKind::Incident => format!("incident {target}"),
    }
}

fn record(r: &Record) -> String {
    let radius = match (r.uncertainty_m, r.reach_m) {
        (_, Some(reach_m)) => format!(", reaching {}", metres(reach_m)),
        (Some(u), None) => format!(" within {}", metres(u)),
        (None, None) => ", no uncertainty stated".to_owned(),
    };
    let source = r.source.map(|s| format!(", {s}")).unwrap_or_default();
    format!("{}{}, {}{radius}{source}", citation(r), times(r), position(r.lat_deg, r.lon_deg))
}

/// The time as the file writes it, and what it was read as.
fn times(r: &Record) -> String {
    let Some(RecordTime { t0_us, t1_us }) = r.time else { return String::new() };
    let end = if t1_us == t0_us { String::new() } else { format!(" to {}", utc_text(t1_us)) };
    let twice = if r.time_ambiguous { " (occurs twice)" } else { "" };
    format!(", \"{}\" = {}{end}{twice}", shortened(&r.time_text, NAME_CHARS), utc_text(t0_us))
}

fn closest(e: &EncounterFound) -> String {
    match (e.closest_approach_m, &e.closest_approach_at, &e.closest_approach_missing) {
        (Some(m), Some(at), _) => format!("{} at {}   {} (interpolated)", metres(m), at.local, at.utc),
        (Some(m), None, _) => format!("{} (interpolated)", metres(m)),
        (None, _, Some(why)) => format!("not computed: {why}"),
        (None, _, None) => "not computed".to_owned(),
    }
}

fn support(e: &EncounterFound) -> String {
    let fixes = counted(e.suspect_fixes.into(), "suspect fix", "suspect fixes");
    let targets = match e.target_kind {
        TargetKind::VictimFix => format!(" and {}", counted(e.target_fixes.into(), "victim fix", "victim fixes")),
        TargetKind::Place | TargetKind::Incident => String::new(),
    };
    format!("{fixes}{targets} ({})", e.sources.join(", "))
}

fn rows(rows: &[Support], page: &mut Page<'_>) -> Result<(), SinkError> {
    for s in rows.iter().take(LISTED) {
        let pair = format!("{} and {}", citation(&s.suspect), citation(&s.target));
        let p = probability(s.p_within);
        page.entry(5, "", &format!("{pair}: {}, {}, P {p}", metres(s.distance_m), s.grade))?;
    }
    and_more(rows.len(), JSON_LISTS_ALL).map_or(Ok(()), |more| page.entry(5, "", &more))
}
