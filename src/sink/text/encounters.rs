//! ENCOUNTERS: each with its times, distances, grade and the rows it rests on.

use crate::model::TargetKind;
use crate::sink::quantity::{counted, metres, position, probability};
use crate::sink::report::{EncounterFound, Record, Support};
use crate::sink::{Report, SinkError, shortened, wording};
use crate::time::elapsed_text;

use super::{JSON_LISTS_ALL, LISTED, NAME_CHARS, Page, and_more, citation, name};

pub(super) fn section(report: &Report, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.heading("ENCOUNTERS")?;
    if report.encounters.is_empty() {
        return page.line(2, wording::NO_ENCOUNTERS);
    }
    for (i, e) in report.encounters.iter().enumerate() {
        if i > 0 {
            page.gap()?;
        }
        encounter(i + 1, e, report.parameters.radius_m, page)?;
    }
    Ok(())
}

fn encounter(n: usize, e: &EncounterFound, radius_m: f64, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.line(2, &format!("{n}. device {} near {}", name(&e.device), target(e)))?;
    page.line(5, &format!("enter    {}   {}", e.enter.local, e.enter.utc))?;
    page.line(5, &format!("exit     {}   {}   dwell {}", e.exit.local, e.exit.utc, elapsed_text(e.dwell_us)))?;
    page.line(
        5,
        &format!(
            "grade    {}; P(within {}) {} at most, {} on average",
            e.grade,
            metres(radius_m),
            probability(e.p_within_max),
            probability(e.p_within_mean),
        ),
    )?;
    page.line(5, &format!("nearest  {} between the recorded positions of", metres(e.min_distance_m)))?;
    page.line(14, &record(&e.nearest.suspect))?;
    page.line(14, &record(&e.nearest.target))?;
    page.line(5, &format!("closest  {}", closest(e)))?;
    page.line(5, &format!("rests on {}", support(e)))?;
    if e.single_fix {
        page.line(14, wording::SINGLE_FIX)?;
    }
    rows(&e.rows, page)?;
    page.line(5, &format!("id       {}", shortened(&e.id, 80)))
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
    let twice = if r.time_ambiguous { ", a time that occurs twice" } else { "" };
    let time = if r.time_text.is_empty() {
        String::new()
    } else {
        format!(" \"{}\"{twice}", shortened(&r.time_text, NAME_CHARS))
    };
    format!("{}{time} at {}{radius}{source}", citation(r), position(r.lat_deg, r.lon_deg))
}

fn closest(e: &EncounterFound) -> String {
    match (e.closest_approach_m, &e.closest_approach_at, &e.closest_approach_missing) {
        (Some(m), Some(at), _) => format!("{} at {}   {} (interpolated)", metres(m), at.local, at.utc),
        (Some(m), None, _) => format!("{} (interpolated)", metres(m)),
        (None, _, Some(why)) => format!("approach not computed: {why}"),
        (None, _, None) => "approach not computed".to_owned(),
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
        page.line(14, &format!("{pair}: {}, {}, P {p}", metres(s.distance_m), s.grade))?;
    }
    and_more(rows.len(), JSON_LISTS_ALL).map_or(Ok(()), |more| page.line(14, &more))
}
