//! From verdicts on incidents to findings.

use super::judge::{Answer, Basis, IncidentResult, judge};
use crate::evaluate::Exhibits;
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::finding::{Cited, Figure, Finding, Topic};
use crate::evaluate::prism::{ReachParams, seconds};
use crate::evaluate::words::incident as words;
use crate::evaluate::words::{Phrase, Sentence, metres, speed};
use crate::model::{ProximityParams, SourceKind};

/// A finding for each incident and each suspect device, in the order of incidents, then of devices.
#[must_use]
pub fn findings(case: &Case, reach: &ReachParams) -> Vec<Finding> {
    let pairs = case.incidents.iter().flat_map(|incident| case.suspects.iter().map(move |device| (incident, device)));
    pairs.map(|(incident, device)| device_finding(case, incident, device, reach)).collect()
}

/// The finding for one incident and one of the suspect's devices.
#[must_use]
pub fn device_finding(case: &Case, incident: &Allegation, device: &Device, reach: &ReachParams) -> Finding {
    incident_finding(&judge(device, incident, &case.params, reach), device, incident, case, reach)
}

/// The finding of one verdict.
#[must_use]
pub fn incident_finding(
    result: &IncidentResult,
    device: &Device,
    incident: &Allegation,
    case: &Case,
    reach: &ReachParams,
) -> Finding {
    let radius = metres(case.params.radius_m);
    let question = words::QUESTION.fill(&[&device.name, &radius, &incident.reference]);
    let says = says(result, device, incident, &case.params, reach);
    let mut finding = Finding::new(Topic::Incident, &incident.reference, &question, result.answer.as_str(), &says);
    finding.device = Some(device.name.clone());
    finding.figures = figures(result);
    finding.fixes = cited(result, &device.name, &case.exhibits);
    finding.parameters = parameters(&case.params, reach);
    finding.sensitivity.clone_from(&result.sensitivity);
    finding.alternatives = texts(alternatives(result.answer));
    finding.limits = texts(&limits(result));
    finding
}

fn texts(phrases: &[Phrase]) -> Vec<&'static str> {
    phrases.iter().map(|p| p.text()).collect()
}

fn says(
    r: &IncidentResult,
    device: &Device,
    about: &Allegation,
    params: &ProximityParams,
    reach: &ReachParams,
) -> Sentence {
    let (name, incident, radius) = (&device.name, &about.reference, metres(params.radius_m));
    let away = metres(r.nearest.as_ref().map_or(f64::NAN, |n| n.distance_m));
    let needed = speed(r.break_even_m_s);
    let fastest = speed(reach.fastest().speed_m_s);
    let percent = format!("{}", (reach.percentile * 1e4).round() / 100.0);
    match (r.basis, r.answer) {
        (Basis::Record(grade), Answer::PlacesDeviceThere) => {
            words::THERE.fill(&[name, &away, incident, &grade, &radius])
        }
        (Basis::Record(_), _) => words::POSSIBLE.fill(&[name, &away, incident, &radius]),
        (Basis::Reachable, _) if r.break_even_m_s > 0.0 => words::REACHABLE.fill(&[name, &radius, incident, &needed]),
        (Basis::Reachable, _) => words::NOT_FAR.fill(&[name, &radius, incident]),
        (Basis::OwnSpeed, _) => words::OWN_SPEED.fill(&[name, &radius, incident, &needed]),
        (Basis::Unreachable, _) if r.break_even_m_s.is_finite() => {
            words::EXCLUDES.fill(&[name, &radius, incident, &fastest, &percent, &needed])
        }
        (Basis::Unreachable, _) => words::EXCLUDES_THROUGHOUT.fill(&[name, &radius, incident, &fastest, &percent]),
        (Basis::Silent, _) => words::NO_DATA.fill(&[name, incident, &(seconds(0, reach.horizon_us) / 3_600.0).round()]),
    }
}

fn figures(r: &IncidentResult) -> Vec<Figure> {
    let near = r.nearest.as_ref();
    let mut figures = vec![
        Figure::word("basis", r.basis.as_str()),
        Figure::maybe_real("distance_m", near.map(|n| n.distance_m)),
        Figure::maybe_real("uncertainty_m", near.map(|n| n.radius_m)),
        Figure::maybe_real("least_distance_m", near.map(|n| n.least_m)),
        Figure::maybe_real("greatest_distance_m", near.map(|n| n.greatest_m)),
        Figure::maybe_real("time_gap_s", near.map(|n| seconds(0, n.gap_us))),
        Figure::word("grade", near.and_then(|n| n.grade).map_or("none", crate::model::Grade::as_str)),
        Figure::count("records_in_window", r.in_window),
        Figure::maybe_real("break_even_speed_m_s", (r.basis != Basis::Silent).then_some(r.break_even_m_s)),
        Figure::flag("bounded_before", r.bounded_before),
        Figure::flag("bounded_after", r.bounded_after),
        Figure::flag("contradicted", r.contradicted),
    ];
    for mode in r.modes.iter().filter(|_| r.basis != Basis::Silent) {
        figures.push(Figure::word("mode", mode.mode.name));
        figures.push(Figure::flag("reachable", mode.reachable));
        figures.push(Figure::maybe_moment("earliest_arrival_us", mode.earliest_us()));
        figures.push(Figure::maybe_moment("latest_departure_us", mode.latest_us()));
        figures.push(Figure::maybe_real("longest_stay_s", mode.longest_us().map(|us| seconds(0, us))));
    }
    figures
}

fn parameters(params: &ProximityParams, reach: &ReachParams) -> Vec<Figure> {
    let mut parameters = vec![
        Figure::real("radius_m", params.radius_m),
        Figure::real("window_s", seconds(0, params.window_us)),
        Figure::real("percentile", reach.percentile),
        Figure::real("horizon_s", seconds(0, reach.horizon_us)),
        Figure::real("min_stay_s", seconds(0, reach.min_stay_us)),
        Figure::real("unstated_m", reach.unstated_m),
        Figure::real("unstated_cell_m", reach.unstated_cell_m),
    ];
    for mode in &reach.modes {
        parameters.push(Figure::word("mode", mode.name));
        parameters.push(Figure::real("speed_m_s", mode.speed_m_s));
    }
    parameters
}

/// The records that decide it, none twice.
fn cited(r: &IncidentResult, device: &str, exhibits: &Exhibits) -> Vec<Cited> {
    let named = [
        ("nearest", r.nearest.as_ref().map(|n| &n.record)),
        ("before", r.before.as_ref()),
        ("after", r.after.as_ref()),
    ];
    let mut seen: Vec<&Record> = Vec::new();
    let mut fixes = Vec::new();
    for (part, record) in named.into_iter().filter_map(|(part, record)| Some((part, record?))) {
        if !seen.contains(&record) {
            seen.push(record);
            fixes.push(Cited::of(device, part, record, exhibits));
        }
    }
    fixes
}

const fn alternatives(answer: Answer) -> &'static [Phrase] {
    match answer {
        Answer::PlacesDeviceThere => &[words::ALT_CARRIED, words::ALT_ERROR, words::ALT_CLOCK],
        Answer::Consistent => &[words::ALT_ELSEWHERE, words::ALT_CARRIED, words::ALT_CLOCK],
        Answer::Excludes => &[words::ALT_LEFT, words::ALT_ERROR, words::ALT_CLOCK, words::ALT_FASTER],
        Answer::NoData => &[words::ALT_NOT_RETURNED],
    }
}

fn limits(r: &IncidentResult) -> Vec<Phrase> {
    let mut limits = vec![words::LIMIT_DEVICE];
    if r.basis == Basis::Silent {
        return limits;
    }
    limits.extend([words::LIMIT_STRAIGHT, words::LIMIT_GAUSS]);
    let named = || r.nearest.iter().map(|n| &n.record).chain(&r.before).chain(&r.after).map(|record| record.source);
    let conditional = [
        (named().any(|s| s == SourceKind::Cell), words::LIMIT_CELL),
        (named().any(|s| matches!(s, SourceKind::Anpr | SourceKind::Beacon)), words::LIMIT_CAMERA),
        (r.unstated > 0, words::LIMIT_UNSTATED),
        (!r.bounded_before, words::LIMIT_NOT_BEFORE),
        (!r.bounded_after, words::LIMIT_NOT_AFTER),
        (r.contradicted, words::LIMIT_CONTRADICTED),
    ];
    limits.extend(conditional.into_iter().filter(|(holds, _)| *holds).map(|(_, phrase)| phrase));
    limits
}
