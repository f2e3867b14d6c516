//! Two devices side by side, as a finding.

use super::apart::Separation;
use super::rare::HourPair;
use super::said::Asked;
use super::travel::{AttributionParams, HourKind, Passes, Stretch, Travelled};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::words::Sentence;
use crate::evaluate::words::attribution as words;
use crate::evaluate::{Case, Cited, Device, Exhibits, Figure, Finding, Topic, Value, Varied};
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
    exhibits: &Exhibits,
) -> Finding {
    let records = (Chunked::anew(a.records()), Chunked::anew(b.records()));
    changed_finding((a, &records.0), (b, &records.1), zone, params, exhibits, &mut Passes::default())
}

/// As [`pair_finding`]; found again is only what has changed since it was remembered.
pub(in crate::evaluate) fn changed_finding(
    (a, a_records): (&Device, &Chunked<'_>),
    (b, b_records): (&Device, &Chunked<'_>),
    zone: &ZoneRule,
    params: &AttributionParams,
    exhibits: &Exhibits,
    passes: &mut Passes,
) -> Finding {
    let varied = varied(params);
    let others = varied.each_ref().map(|(_, params)| params.clone());
    let (asked, records) = (Asked::new(zone, params, others, MAX_CITED), (a_records, b_records));
    let found = Travelled::of(records, &asked, passes);
    let (near, ratios) = told(&found, records, &asked, passes);
    let answer = answer(&found, 0, params);
    let question = words::QUESTION.fill(&[&a.name, &b.name]);
    let mut finding = Finding::new(Topic::Attribution, b.name.as_str(), &question, answer, &says(&found, answer));
    finding.device = Some(a.name.clone());
    finding.figures = figures(&found);
    finding.figures.extend(self::ratios(&ratios, params));
    finding.fixes = cited(&found, &near, (a, b), exhibits);
    finding.parameters = parameters(zone, params);
    let vary = |((changed, params), way): ((Figure, AttributionParams), usize)| {
        let figure = Figure::count("hours_apart", found.hours_of(way, HourKind::Apart));
        Varied { changed, answer: self::answer(&found, way, &params), figure }
    };
    finding.sensitivity = varied.into_iter().zip(1..).map(vary).collect();
    finding.alternatives = words::ALTERNATIVES.iter().map(|phrase| phrase.text()).collect();
    finding.limits = words::LIMITS.iter().map(|phrase| phrase.text()).collect();
    finding
}

/// The pairs of the first hours that are near, and the ratios of all hours, sorted: these only if they are asked for.
fn told(
    found: &Travelled,
    records: (&Chunked<'_>, &Chunked<'_>),
    asked: &Asked,
    passes: &mut Passes,
) -> (Vec<HourPair>, Vec<f64>) {
    let near = |stretch: &&Stretch| stretch.kind(0) == HourKind::Near;
    if asked.params.validation.is_none() {
        // A near pair has positions, and so has the rarest pair of its hour: as many hours as are told are enough.
        let hours: Vec<&Stretch> = found.hours(0).filter(near).take(MAX_CITED).collect();
        return (found.pairs_of(&hours, records, asked, passes).into_iter().flatten().collect(), Vec::new());
    }
    let hours: Vec<&Stretch> = found.hours(0).collect();
    let pairs = found.pairs_of(&hours, records, asked, passes);
    let mut ratios: Vec<f64> = pairs.iter().filter_map(|pair| pair.as_ref()?.ratio).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let of_near = hours.iter().zip(pairs).filter(|(stretch, _)| near(stretch)).filter_map(|(_, pair)| pair);
    (of_near.take(MAX_CITED).collect(), ratios)
}

/// `together`, `together_at_times` (hours near and hours apart), `apart`, `undecided`, or `no_data`, by one of the ways.
fn answer(found: &Travelled, way: usize, params: &AttributionParams) -> &'static str {
    let (near, apart) = (found.hours_of(way, HourKind::Near), found.hours_of(way, HourKind::Apart));
    match (near, apart) {
        _ if found.hours(way).next().is_none() => "no_data",
        (0, 1..) => "apart",
        (1.., 1..) => "together_at_times",
        (near, _) if near >= params.least_hours => "together",
        _ => "undecided",
    }
}

fn says(found: &Travelled, answer: &str) -> Sentence {
    let (near, apart) = (found.hours_of(0, HourKind::Near), found.hours_of(0, HourKind::Apart));
    let all = found.hours(0).count();
    match answer {
        "no_data" => words::NO_DATA.fill(&[]),
        "apart" => words::APART.fill(&[&apart, &all]),
        "together_at_times" => words::AT_TIMES.fill(&[&near, &apart, &all]),
        "together" => words::TOGETHER.fill(&[&near, &all]),
        _ => words::UNDECIDED.fill(&[&near, &all]),
    }
}

fn figures(found: &Travelled) -> Vec<Figure> {
    let [least, quarter, half, three_quarters, most] = found.said.distances_m;
    let fastest = found.said.told.iter().map(|s| s.speed_m_s).fold(f64::NAN, f64::max);
    vec![
        Figure::count("hours", found.hours(0).count()),
        Figure::count("hours_near", found.hours_of(0, HourKind::Near)),
        Figure::count("hours_apart", found.hours_of(0, HourKind::Apart)),
        Figure::count("hours_undecided", found.hours_of(0, HourKind::Undecided)),
        Figure::count("pairs", found.said.pairs),
        Figure::count("pairs_near", found.said.near_pairs),
        Figure::real("distance_least_m", least),
        Figure::real("distance_25_m", quarter),
        Figure::real("distance_50_m", half),
        Figure::real("distance_75_m", three_quarters),
        Figure::real("distance_most_m", most),
        Figure::count("separations", found.said.separations),
        Figure::real("separation_speed_m_s", fastest),
    ]
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
fn cited(found: &Travelled, near: &[HourPair], (a, b): (&Device, &Device), exhibits: &Exhibits) -> Vec<Cited> {
    let mut apart: Vec<&Separation> = found.said.told.iter().collect();
    apart.sort_by(|one, other| other.speed_m_s.total_cmp(&one.speed_m_s));
    let apart = apart.into_iter().take(MAX_CITED).map(|s| ("apart", s.a, s.b));
    let near = near.iter().map(|pair| ("pair", pair.a, pair.b));
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
