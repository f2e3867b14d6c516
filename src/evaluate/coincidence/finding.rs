//! Two devices against chance, as a finding.

use super::permutation::{Coincidence, CoincidenceParams, Refusal, Stratum};
use super::prepared::{Asked, Passes};
use super::shifts::Step;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::words::coincidence as words;
use crate::evaluate::words::{Phrase, Sentence};
use crate::evaluate::{Case, Cited, Device, Exhibits, Figure, Finding, Topic, Varied};
use crate::model::ProximityParams;
use crate::time::ZoneRule;

/// Cites at most so many encounters; how many there are is among the figures.
const MAX_CITED: usize = 50;

/// One finding for each pair of a suspect's and a victim's device, in the order of the case.
#[must_use]
pub fn findings(case: &Case, zone: &ZoneRule, how: &CoincidenceParams) -> Vec<Finding> {
    let with_all = |suspect| case.victims.iter().map(move |victim| (suspect, victim));
    let pairs = case.suspects.iter().flat_map(with_all);
    pairs.map(|(suspect, victim)| finding_among_pairs(case, suspect, victim, zone, how)).collect()
}

/// The finding about one pair of devices, with how many pairs are asked about.
#[must_use]
pub fn finding_among_pairs(
    case: &Case,
    suspect: &Device,
    victim: &Device,
    zone: &ZoneRule,
    how: &CoincidenceParams,
) -> Finding {
    let chunks = (Chunked::anew(suspect.records()), Chunked::anew(victim.records()));
    changed_finding(case, (suspect, &chunks.0), (victim, &chunks.1), (zone, how), &mut Passes::default())
}

/// The finding about one pair of devices, with how many pairs are asked about; what is kept of them is not found again.
pub(in crate::evaluate) fn changed_finding(
    case: &Case,
    suspect: (&Device, &Chunked<'_>),
    victim: (&Device, &Chunked<'_>),
    asked: (&ZoneRule, &CoincidenceParams),
    passes: &mut Passes,
) -> Finding {
    let mut finding = kept_finding(case, suspect, victim, asked, passes);
    finding.figures.push(Figure::count("pairs_of_devices", case.suspects.len() * case.victims.len()));
    finding
}

/// The finding about one pair of devices.
#[must_use]
pub fn pair_finding(
    case: &Case,
    suspect: &Device,
    victim: &Device,
    zone: &ZoneRule,
    how: &CoincidenceParams,
) -> Finding {
    let chunks = (Chunked::anew(suspect.records()), Chunked::anew(victim.records()));
    kept_finding(case, (suspect, &chunks.0), (victim, &chunks.1), (zone, how), &mut Passes::default())
}

fn kept_finding(
    case: &Case,
    (suspect, of_suspect): (&Device, &Chunked<'_>),
    (victim, of_victim): (&Device, &Chunked<'_>),
    (zone, how): (&ZoneRule, &CoincidenceParams),
    passes: &mut Passes,
) -> Finding {
    let varied = varied(&case.params);
    let ways = std::iter::once(case.params).chain(varied.iter().map(|(_, params)| *params)).collect();
    let asked = Asked { zone: zone.clone(), how: *how, ways };
    let mut all = passes.prepare(of_suspect, of_victim, &asked).compare(MAX_CITED).into_iter();
    let found = all.next().unwrap_or_else(|| Coincidence::refused(Refusal::NoRecords, Vec::new(), 0));
    let question = words::QUESTION.fill(&[&suspect.name, &victim.name]);
    let answer = answer(&found, how.alpha);
    let mut finding = Finding::new(Topic::Coincidence, victim.name.as_str(), &question, answer, &says(&found, answer));
    finding.device = Some(suspect.name.clone());
    finding.figures = figures(&found);
    finding.fixes = cited(&found, suspect, victim, &case.exhibits);
    finding.parameters = parameters(&case.params, zone, how);
    let vary = |((changed, _), other): ((Figure, ProximityParams), Coincidence)| {
        let figure = Figure::real("p_more_elsewhere", other.elsewhere.p_more());
        Varied { changed, answer: self::answer(&other, how.alpha), figure }
    };
    finding.sensitivity = varied.into_iter().zip(all).map(vary).collect();
    finding.alternatives = words::ALTERNATIVES.iter().map(|phrase| phrase.text()).collect();
    finding.limits = words::LIMITS.iter().map(|phrase| phrase.text()).collect();
    finding
}

/// `more_than_chance`, `fewer_than_chance`, `more_and_fewer_than_chance` (of the two kinds one each), `longer_than_chance`
/// (fewer, but over more hours: devices that are together for days have few encounters), `within_chance` or `refused`.
fn answer(found: &Coincidence, alpha: f64) -> &'static str {
    if found.refusal.is_some() {
        return "refused";
    }
    let held_to = found.held_to(alpha);
    let kinds = [&found.in_common, &found.elsewhere];
    let any = |p: fn(&Stratum) -> f64| kinds.iter().any(|kind| !kind.is_empty() && p(kind) <= held_to);
    let (more, fewer) = (any(Stratum::p_more), any(Stratum::p_fewer));
    let hours = &found.hours_together;
    // Few encounters may be long ones: fewer is said only if the hours are fewer, too.
    match (more, fewer && hours.p_fewer() <= alpha) {
        (true, true) => "more_and_fewer_than_chance",
        (true, false) => "more_than_chance",
        (false, true) => "fewer_than_chance",
        (false, false) if fewer && hours.p_more() <= alpha => "longer_than_chance",
        (false, false) => "within_chance",
    }
}

fn says(found: &Coincidence, answer: &str) -> Sentence {
    let refused = |phrase: Phrase| phrase.fill(&[&found.together.observed, &found.shifts_days.len()]);
    match found.refusal {
        Some(Refusal::NoRecords) => return refused(words::NO_RECORDS),
        Some(Refusal::NoHoursInCommon) => return refused(words::NO_HOURS),
        Some(Refusal::TooFewShifts) => return refused(words::TOO_FEW),
        None => {}
    }
    let phrase = match answer {
        "more_than_chance" => words::MORE,
        "fewer_than_chance" => words::FEWER,
        "more_and_fewer_than_chance" => words::BOTH,
        "longer_than_chance" => words::LONGER,
        _ => words::WITHIN,
    };
    let steps = match found.step {
        Step::Weeks => words::BY_WEEKS.text(),
        Step::Days => words::BY_DAYS.text(),
    };
    let (common, elsewhere) = (&found.in_common, &found.elsewhere);
    let tenth = |x: f64| format!("{x:.1}");
    phrase.fill(&[
        &common.observed,
        &tenth(common.expected),
        &common.at_least,
        &common.shifts,
        &elsewhere.observed,
        &tenth(elsewhere.expected),
        &elsewhere.at_least,
        &elsewhere.shifts,
        &steps,
    ])
}

fn figures(found: &Coincidence) -> Vec<Figure> {
    let mut figures = vec![
        Figure::count("hours_in_common", usize::try_from(found.hours_in_common).unwrap_or(usize::MAX)),
        Figure::count("places_in_common", found.places_in_common),
        Figure::word("shifted_by", found.step.as_str()),
        Figure::count("shifts", found.shifts_days.len()),
        Figure::maybe_real("effective_shifts", found.effective_shifts),
        Figure::maybe_real("least_shift_days", found.shifts_days.iter().map(|days| exact(days.abs())).reduce(f64::min)),
        Figure::maybe_real(
            "greatest_shift_days",
            found.shifts_days.iter().map(|days| exact(days.abs())).reduce(f64::max),
        ),
        Figure::real("p_floor", found.together.floor()),
    ];
    figures.extend(of_kind(&found.together, &TOGETHER));
    figures.extend(of_kind(&found.in_common, &IN_COMMON));
    figures.extend(of_kind(&found.elsewhere, &ELSEWHERE));
    figures.extend(of_kind(&found.hours_together, &HOURS));
    figures
}

fn exact(days: i64) -> f64 {
    i32::try_from(days).map_or(f64::NAN, f64::from)
}

/// The names of one kind's figures: observed, expected, four quantiles, p of more, p of fewer.
type Names = [&'static str; 8];

const TOGETHER: Names =
    ["encounters", "expected", "expected_05", "expected_50", "expected_95", "expected_most", "p_more", "p_fewer"];
const IN_COMMON: Names = [
    "encounters_in_common",
    "expected_in_common",
    "expected_in_common_05",
    "expected_in_common_50",
    "expected_in_common_95",
    "expected_in_common_most",
    "p_more_in_common",
    "p_fewer_in_common",
];
const ELSEWHERE: Names = [
    "encounters_elsewhere",
    "expected_elsewhere",
    "expected_elsewhere_05",
    "expected_elsewhere_50",
    "expected_elsewhere_95",
    "expected_elsewhere_most",
    "p_more_elsewhere",
    "p_fewer_elsewhere",
];

const HOURS: Names = [
    "hours_together",
    "expected_hours",
    "expected_hours_05",
    "expected_hours_50",
    "expected_hours_95",
    "expected_hours_most",
    "p_more_hours",
    "p_fewer_hours",
];

fn of_kind(kind: &Stratum, names: &Names) -> Vec<Figure> {
    let [q05, q50, q95, most] = kind.quantiles;
    // Without a shift there is no distribution: the figures are absent, not nought.
    let of = |value: f64| if kind.shifts == 0 { f64::NAN } else { value };
    let values = [kind.expected, q05, q50, q95, most, kind.p_more(), kind.p_fewer()].map(of);
    let [observed, rest @ ..] = names;
    let observed = Figure::count(observed, usize::try_from(kind.observed).unwrap_or(usize::MAX));
    std::iter::once(observed).chain(rest.iter().zip(values).map(|(name, value)| Figure::real(name, value))).collect()
}

fn cited(found: &Coincidence, suspect: &Device, victim: &Device, exhibits: &Exhibits) -> Vec<Cited> {
    let record = |device: &Device, at: u32, part| {
        let record = usize::try_from(at).ok().and_then(|at| device.records().get(at));
        record.map(|record| Cited::of(&device.name, part, record, exhibits))
    };
    let both =
        |met: &super::Met| [record(suspect, met.suspect_record, "first"), record(victim, met.victim_record, "within")];
    found.met.iter().take(MAX_CITED).flat_map(both).flatten().collect()
}

fn parameters(params: &ProximityParams, zone: &ZoneRule, how: &CoincidenceParams) -> Vec<Figure> {
    let us = |name, us: i64| Figure::real(name, std::time::Duration::from_micros(us.unsigned_abs()).as_secs_f64());
    vec![
        Figure::real("radius_m", params.radius_m),
        Figure::real("exit_radius_m", params.exit_radius_m),
        us("window_s", params.window_us),
        us("gap_s", params.gap_us),
        Figure::word("zone", zone.name()),
        Figure::count("max_shifts", how.max_shifts),
        Figure::count("enough_weeks", how.enough_weeks),
        Figure::real("min_share", how.min_share),
        Figure::real("alpha", how.alpha),
        Figure::count("anchor_days", usize::try_from(how.anchor_days).unwrap_or(usize::MAX)),
        Figure::real("anchor_share", how.anchor_share),
    ]
}

/// Half and twice the radius, with the exit radius; twice the window.
fn varied(params: &ProximityParams) -> [(Figure, ProximityParams); 3] {
    let radius = |times: f64| {
        let (radius_m, exit_radius_m) = (params.radius_m * times, params.exit_radius_m * times);
        (Figure::real("radius_m", radius_m), ProximityParams { radius_m, exit_radius_m, ..*params })
    };
    let window_us = params.window_us.saturating_mul(2);
    let s = std::time::Duration::from_micros(window_us.unsigned_abs()).as_secs_f64();
    [radius(0.5), radius(2.0), (Figure::real("window_s", s), ProximityParams { window_us, ..*params })]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 99 shifts so many have as many or more, and so many as many or fewer.
    fn stratum(at_least: u32, at_most: u32) -> Stratum {
        Stratum { observed: 5, expected: 5.0, quantiles: [5.0; 4], at_least, at_most, shifts: 99 }
    }

    fn said(in_common: (u32, u32), elsewhere: (u32, u32), hours: (u32, u32)) -> &'static str {
        let of = |(at_least, at_most)| stratum(at_least, at_most);
        let found = Coincidence {
            refusal: None,
            met: Vec::new(),
            step: Step::Weeks,
            shifts_days: vec![7; 99],
            effective_shifts: None,
            hours_in_common: 100,
            places_in_common: 1,
            together: stratum(50, 50),
            in_common: of(in_common),
            elsewhere: of(elsewhere),
            hours_together: of(hours),
        };
        answer(&found, 0.05)
    }

    #[test]
    fn each_answer_has_its_numbers() {
        let (many, few, usual) = ((1, 99), (99, 1), (50, 50));
        assert_eq!(said(usual, many, usual), "more_than_chance");
        assert_eq!(said(many, usual, usual), "more_than_chance");
        assert_eq!(said(usual, few, few), "fewer_than_chance");
        assert_eq!(said(few, many, few), "more_and_fewer_than_chance");
        assert_eq!(said(few, usual, many), "longer_than_chance", "together for days");
        assert_eq!(said(few, usual, usual), "within_chance", "as many hours in fewer pieces");
        assert_eq!(said(usual, usual, many), "within_chance", "the hours alone answer another question");
        // 3 + 1 of 100 is below 0.05 and not below its half, which each of two kinds is held to.
        assert_eq!(said(usual, (3, 97), usual), "within_chance");
    }
}
