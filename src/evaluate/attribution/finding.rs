//! Two devices side by side, as a finding.

use super::apart::Separation;
use super::travel::{AttributionParams, CoTravel, HourKind, co_travel, compare};
use crate::evaluate::words::Sentence;
use crate::evaluate::words::attribution as words;
use crate::evaluate::{Case, Cited, Device, Figure, Finding, Topic, Value, Varied};
use crate::time::{US_PER_S, ZoneRule};

/// Cites at most so many separations and so many pairs; how many there are is among the figures.
const MAX_CITED: usize = 25;

/// One finding for each two devices attributed to the suspect, in the order of the case.
#[must_use]
pub fn findings(case: &Case, zone: &ZoneRule, params: &AttributionParams) -> Vec<Finding> {
    let with_later = |(at, a)| case.suspects.iter().skip(at + 1).map(move |b| (a, b));
    let pairs = case.suspects.iter().enumerate().flat_map(with_later);
    pairs.map(|(a, b)| pair_finding(a, b, zone, params, &case.exhibits)).collect()
}

/// The finding about two devices; `exhibits` are those of the case.
#[must_use]
pub fn pair_finding(
    a: &Device,
    b: &Device,
    zone: &ZoneRule,
    params: &AttributionParams,
    exhibits: &[String],
) -> Finding {
    let found = co_travel(a, b, zone, params);
    let answer = answer(&found, params);
    let question = words::QUESTION.fill(&[&a.name, &b.name]);
    let mut finding = Finding::new(Topic::Attribution, b.name.as_str(), &question, answer, &says(&found, answer));
    finding.device = Some(a.name.clone());
    finding.figures = figures(&found, params);
    finding.fixes = cited(&found, (a, b), exhibits);
    finding.parameters = parameters(zone, params);
    let vary = |(changed, params): (Figure, AttributionParams)| {
        let other = compare(a, b, zone, &params, false);
        let figure = Figure::count("hours_apart", other.hours_of(HourKind::Apart));
        Varied { changed, answer: self::answer(&other, &params), figure }
    };
    finding.sensitivity = varied(params).into_iter().map(vary).collect();
    finding.alternatives = words::ALTERNATIVES.iter().map(|phrase| phrase.text()).collect();
    finding.limits = words::LIMITS.iter().map(|phrase| phrase.text()).collect();
    finding
}

/// `together`, `together_at_times` (hours near and hours apart), `apart`, `undecided`, or `no_data`.
fn answer(found: &CoTravel, params: &AttributionParams) -> &'static str {
    let (near, apart) = (found.hours_of(HourKind::Near), found.hours_of(HourKind::Apart));
    match (near, apart) {
        _ if found.hours.is_empty() => "no_data",
        (0, 1..) => "apart",
        (1.., 1..) => "together_at_times",
        (near, _) if near >= params.least_hours => "together",
        _ => "undecided",
    }
}

fn says(found: &CoTravel, answer: &str) -> Sentence {
    let (near, apart) = (found.hours_of(HourKind::Near), found.hours_of(HourKind::Apart));
    let all = found.hours.len();
    match answer {
        "no_data" => words::NO_DATA.fill(&[]),
        "apart" => words::APART.fill(&[&apart, &all]),
        "together_at_times" => words::AT_TIMES.fill(&[&near, &apart, &all]),
        "together" => words::TOGETHER.fill(&[&near, &all]),
        _ => words::UNDECIDED.fill(&[&near, &all]),
    }
}

fn figures(found: &CoTravel, params: &AttributionParams) -> Vec<Figure> {
    let [least, quarter, half, three_quarters, most] = found.distances_m;
    let fastest = found.separations.iter().map(|s| s.speed_m_s).fold(f64::NAN, f64::max);
    let mut figures = vec![
        Figure::count("hours", found.hours.len()),
        Figure::count("hours_near", found.hours_of(HourKind::Near)),
        Figure::count("hours_apart", found.hours_of(HourKind::Apart)),
        Figure::count("hours_undecided", found.hours_of(HourKind::Undecided)),
        Figure::count("pairs", found.pairs),
        Figure::count("pairs_near", found.near_pairs),
        Figure::real("distance_least_m", least),
        Figure::real("distance_25_m", quarter),
        Figure::real("distance_50_m", half),
        Figure::real("distance_75_m", three_quarters),
        Figure::real("distance_most_m", most),
        Figure::count("separations", found.separations.len()),
        Figure::real("separation_speed_m_s", fastest),
    ];
    figures.extend(ratios(&found.ratios(), params));
    figures
}

/// The ratios of the hours, or that they are off: without a validation for such records they say nothing.
fn ratios(sorted: &[f64], params: &AttributionParams) -> Vec<Figure> {
    let Some(validation) = &params.validation else {
        return vec![Figure { name: "likelihood_ratio", value: Value::Absent }];
    };
    let middle = sorted.get(sorted.len() / 2).copied();
    vec![
        Figure::word("validation", validation.as_str()),
        Figure::count("hours_with_ratio", sorted.len()),
        Figure::count("hours_ratio_above_1", sorted.iter().filter(|ratio| **ratio > 1.0).count()),
        Figure::count("hours_ratio_below_1", sorted.iter().filter(|ratio| **ratio < 1.0).count()),
        Figure::maybe_real("likelihood_ratio_least", sorted.first().copied()),
        Figure::maybe_real("likelihood_ratio", middle),
        Figure::maybe_real("likelihood_ratio_most", sorted.last().copied()),
    ]
}

/// The separations that need the greatest speed, then the pairs of the hours that are near, in order of time.
fn cited(found: &CoTravel, (a, b): (&Device, &Device), exhibits: &[String]) -> Vec<Cited> {
    let mut apart: Vec<&Separation> = found.separations.iter().collect();
    apart.sort_by(|one, other| other.speed_m_s.total_cmp(&one.speed_m_s));
    let apart = apart.into_iter().take(MAX_CITED).map(|s| ("apart", s.a, s.b));
    let near = found.hours.iter().filter(|hour| hour.kind == HourKind::Near).filter_map(|hour| hour.pair);
    let near = near.take(MAX_CITED).map(|pair| ("pair", pair.a, pair.b));
    let cite =
        |(part, one, other)| [Cited::of(&a.name, part, &one, exhibits), Cited::of(&b.name, part, &other, exhibits)];
    apart.chain(near).flat_map(cite).collect()
}

fn seconds(name: &'static str, us: i64) -> Figure {
    Figure::real(name, std::time::Duration::from_micros(us.unsigned_abs()).as_secs_f64())
}

fn parameters(zone: &ZoneRule, params: &AttributionParams) -> Vec<Figure> {
    vec![
        seconds("max_delay_s", params.max_delay_us),
        seconds("interval_s", params.interval_us),
        seconds("interval_start_s", params.interval_start_us),
        Figure::word("zone", zone.name()),
        Figure::real("radius_m", params.radius_m),
        Figure::real("max_speed_m_s", params.max_speed_m_s),
        Figure::real("percentile", params.percentile),
        Figure::real("unstated_m", params.unstated_m),
        Figure::real("unstated_cell_m", params.unstated_cell_m),
        seconds("clock_s", params.clock_us),
        seconds("horizon_s", params.horizon_us),
        Figure::count("least_hours", params.least_hours),
    ]
}

/// A slower carrier, wider radii, clocks further apart.
fn varied(params: &AttributionParams) -> [(Figure, AttributionParams); 3] {
    let plain = AttributionParams { validation: None, ..params.clone() };
    let (max_speed_m_s, percentile, clock_us) = (40.0, 0.99, 300 * US_PER_S);
    [
        (Figure::real("max_speed_m_s", max_speed_m_s), AttributionParams { max_speed_m_s, ..plain.clone() }),
        (Figure::real("percentile", percentile), AttributionParams { percentile, ..plain.clone() }),
        (seconds("clock_s", clock_us), AttributionParams { clock_us, ..plain }),
    ]
}
