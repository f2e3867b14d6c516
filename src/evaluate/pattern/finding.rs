//! Findings of the pattern of a case: how many occasions, and whether they become more.

use super::super::visit::observed::{either, observed, within_us};
use super::super::words::pattern as words;
use super::super::words::{Phrase, Sentence};
use super::super::{Case, Figure, Finding, Topic, Varied, local_days, local_hours};
use super::{Appearance, Occasion, Trend, TrendAnswer, Week, occasions, trend, weeks};
use crate::time::{US_PER_S, ZoneRule};

const MINUTE_US: i64 = 60 * US_PER_S;
const HOUR_US: i64 = 60 * MINUTE_US;

/// What counts as one occasion, and as observed.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternParams {
    /// Appearances whose gap is at most this are one occasion, microseconds.
    pub gap_us: i64,
    /// A device whose records are further apart than this is not observed between them, microseconds.
    pub silence_us: i64,
    /// The zone in which days and hours of day are counted.
    pub zone: ZoneRule,
}

impl Default for PatternParams {
    fn default() -> Self {
        Self { gap_us: HOUR_US, silence_us: HOUR_US / 2, zone: ZoneRule::utc() }
    }
}

/// The gaps that are tried for sensitivity, microseconds.
const GAPS_US: [i64; 4] = [10 * MINUTE_US, 4 * HOUR_US, 12 * HOUR_US, 24 * HOUR_US];

/// The names of the histogram's figures.
const HOURS: [&str; 24] = [
    "occasions_00h",
    "occasions_01h",
    "occasions_02h",
    "occasions_03h",
    "occasions_04h",
    "occasions_05h",
    "occasions_06h",
    "occasions_07h",
    "occasions_08h",
    "occasions_09h",
    "occasions_10h",
    "occasions_11h",
    "occasions_12h",
    "occasions_13h",
    "occasions_14h",
    "occasions_15h",
    "occasions_16h",
    "occasions_17h",
    "occasions_18h",
    "occasions_19h",
    "occasions_20h",
    "occasions_21h",
    "occasions_22h",
    "occasions_23h",
];

/// The two findings on the pattern of a case: occasions, and their trend.
///
/// `appearances` are its encounters ([`Appearance::from`]) and visits ([`visit_appearances`](super::visit_appearances)) in
/// any order. The findings cite no records: those of the encounters and visits do.
#[must_use]
pub fn pattern_findings(case: &Case, appearances: &[Appearance], params: &PatternParams) -> Vec<Finding> {
    let times = |device: &super::super::Device| {
        observed(device.records().iter().map(|record| (record.t0_us, record.t1_us)), params.silence_us)
    };
    findings_seen(appearances, case.suspects.iter().map(times), params)
}

/// As [`pattern_findings`], with the stretches in which each device was observed.
pub(in crate::evaluate) fn findings_seen(
    appearances: &[Appearance],
    observed: impl Iterator<Item = Vec<(i64, i64)>>,
    params: &PatternParams,
) -> Vec<Finding> {
    let seen = either(observed);
    let found =
        Found { usual: occasions(appearances, params.gap_us), others: GAPS_US.map(|us| occasions(appearances, us)) };
    vec![occasions_finding(&found, &seen, params), trend_finding(&found, &seen, params)]
}

/// The occasions at the usual gap, and at each of those that are tried.
struct Found {
    usual: Vec<Occasion>,
    others: [Vec<Occasion>; GAPS_US.len()],
}

impl Found {
    /// What each of the other gaps says, by the answer and the figure that it gives.
    fn varied(&self, says: impl Fn(&[Occasion], i64) -> (&'static str, Figure)) -> Vec<Varied> {
        let varied = |(gap_us, other): (i64, &Vec<Occasion>)| {
            let (answer, figure) = says(other, gap_us);
            Varied { changed: Figure::real("gap_s", hours(gap_us) * 3_600.0), answer, figure }
        };
        GAPS_US.into_iter().zip(&self.others).map(varied).collect()
    }
}

fn texts(phrases: &[Phrase]) -> Vec<&'static str> {
    phrases.iter().map(|phrase| phrase.text()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "exact for 285 years")]
fn hours(us: i64) -> f64 {
    us as f64 / 3.6e9
}

/// How many named places are among the occasions, and how many occasions are near her device or an allegation.
fn places(found: &[Occasion]) -> (usize, usize) {
    let names: std::collections::BTreeSet<&String> = found.iter().flat_map(|o| &o.places).collect();
    (names.len(), found.iter().filter(|o| !o.others.is_empty()).count())
}

fn occasions_answer(
    appearances: usize,
    found: &[Occasion],
    seen: &[(i64, i64)],
    params: &PatternParams,
    gap_us: i64,
) -> (&'static str, Sentence) {
    let minutes = gap_us / MINUTE_US;
    let days = local_days(found.iter().map(|o| o.t0_us), &params.zone).len();
    let (named, with_her) = places(found);
    match found.len() {
        0 if seen.is_empty() => ("no_data", words::NO_DATA.fill(&[])),
        0 => ("no_occasion", words::NONE.fill(&[&(within_us(seen, i64::MIN, i64::MAX) / HOUR_US)])),
        1 => ("one_occasion", words::ONE.fill(&[&appearances, &minutes])),
        n => ("two_or_more_occasions", words::SEVERAL.fill(&[&n, &days, &named, &with_her, &appearances, &minutes])),
    }
}

fn occasions_finding(all: &Found, seen: &[(i64, i64)], params: &PatternParams) -> Finding {
    let found = &all.usual;
    let joined = found.iter().map(|o| o.appearances).sum();
    let (answer, says) = occasions_answer(joined, found, seen, params, params.gap_us);
    let mut finding = Finding::new(Topic::Pattern, "occasions", &words::QUESTION.fill(&[]), answer, &says);
    finding.figures = occasions_figures(found, joined, seen, params);
    finding.parameters = parameters(params);
    finding.sensitivity = all.varied(|other, gap_us| {
        (occasions_answer(joined, other, seen, params, gap_us).0, Figure::count("occasions", other.len()))
    });
    finding.alternatives = texts(&[words::ONE_TOWN, words::MORE_RECORDS]);
    finding.limits = texts(&[words::LIMIT_OCCASIONS, words::LIMIT_LAW]);
    finding
}

fn occasions_figures(found: &[Occasion], joined: usize, seen: &[(i64, i64)], params: &PatternParams) -> Vec<Figure> {
    let (named, with_her) = places(found);
    let mut figures = vec![
        Figure::count("occasions", found.len()),
        Figure::count("appearances", joined),
        Figure::count("days", local_days(found.iter().map(|o| o.t0_us), &params.zone).len()),
        Figure::count("places", named),
        Figure::count("occasions_near_device_or_allegation", with_her),
        Figure::maybe_moment("first_us", found.first().map(|o| o.t0_us)),
        Figure::maybe_moment("last_us", found.last().map(|o| o.t1_us)),
        Figure::real("observed_h", hours(within_us(seen, i64::MIN, i64::MAX))),
    ];
    let by_hour = local_hours(found.iter().map(|o| (o.t0_us, o.t1_us)), &params.zone);
    figures.extend(HOURS.into_iter().zip(by_hour).map(|(name, count)| Figure::count(name, count)));
    figures
}

fn trend_answer(found: &Trend) -> Sentence {
    let (n1, n2) = (found.first.occasions, found.second.occasions);
    // At least one in a thousand is said: a smaller chance stands among the figures.
    let thousandths = format!("{:.0}", (found.p * 1_000.0).ceil().max(1.0));
    match found.answer {
        TrendAnswer::Rising => words::RISING.fill(&[&n1, &n2, &thousandths]),
        TrendAnswer::Falling => words::FALLING.fill(&[&n1, &n2, &thousandths]),
        TrendAnswer::NoTrend => words::NO_TREND.fill(&[&n1, &n2]),
        TrendAnswer::TooFew => words::TOO_FEW.fill(&[&(n1 + n2)]),
        TrendAnswer::NotObserved => words::NOT_OBSERVED.fill(&[]),
    }
}

fn trend_finding(all: &Found, seen: &[(i64, i64)], params: &PatternParams) -> Finding {
    let (result, by_week) = (trend(&all.usual, seen), weeks(&all.usual, seen));
    let question = words::TREND_QUESTION.fill(&[]);
    let mut finding = Finding::new(Topic::Pattern, "trend", &question, result.answer.as_str(), &trend_answer(&result));
    finding.figures = trend_figures(&result, &by_week);
    finding.parameters = parameters(params);
    finding.sensitivity = all.varied(|other, _| {
        let other = trend(other, seen);
        (other.answer.as_str(), Figure::real("p", other.p))
    });
    finding.alternatives = texts(&[words::MORE_RECORDS]);
    finding.limits = texts(&[words::LIMIT_INDEPENDENCE, words::LIMIT_OCCASIONS]);
    finding
}

fn trend_figures(found: &Trend, by_week: &[Week]) -> Vec<Figure> {
    vec![
        Figure::count("occasions_first_half", found.first.occasions),
        Figure::count("occasions_second_half", found.second.occasions),
        Figure::real("observed_first_half_h", hours(found.first.observed_us)),
        Figure::real("observed_second_half_h", hours(found.second.observed_us)),
        Figure::maybe_real("per_observed_week_first_half", found.first.per_week()),
        Figure::maybe_real("per_observed_week_second_half", found.second.per_week()),
        Figure::real("p", found.p),
        Figure::real("p_floor", found.p_floor),
        Figure::count("weeks", by_week.len()),
        Figure::count("weeks_with_occasions", by_week.iter().filter(|week| week.occasions > 0).count()),
        Figure::count("most_in_a_week", by_week.iter().map(|week| week.occasions).max().unwrap_or(0)),
    ]
}

fn parameters(params: &PatternParams) -> Vec<Figure> {
    vec![
        Figure::real("gap_s", hours(params.gap_us) * 3_600.0),
        Figure::real("silence_s", hours(params.silence_us) * 3_600.0),
        Figure::word("zone", params.zone.name()),
    ]
}
