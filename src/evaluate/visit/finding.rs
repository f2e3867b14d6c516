//! Findings of visits: for each of the suspect's devices and each place, up to three questions.

use super::super::chunks::Chunked;
use super::super::words::visit as words;
use super::super::words::{Phrase, Sentence};
use super::super::{Case, Cited, Device, Figure, Finding, Topic, Value, Varied, VictimPlace};
use super::{Asked, Manner, Moved, Passes, PlaceVisits, Presence, Visit, VisitParams, reach_m};
use crate::time::US_PER_S;

/// The most visits whose records are cited.
const MOST_CITED: usize = 20;
const HOUR_US: i64 = 3_600 * US_PER_S;
const DAY_US: i64 = 24 * HOUR_US;

/// The names of the histogram's figures.
const HOURS: [&str; 24] = [
    "visits_00h",
    "visits_01h",
    "visits_02h",
    "visits_03h",
    "visits_04h",
    "visits_05h",
    "visits_06h",
    "visits_07h",
    "visits_08h",
    "visits_09h",
    "visits_10h",
    "visits_11h",
    "visits_12h",
    "visits_13h",
    "visits_14h",
    "visits_15h",
    "visits_16h",
    "visits_17h",
    "visits_18h",
    "visits_19h",
    "visits_20h",
    "visits_21h",
    "visits_22h",
    "visits_23h",
];

/// One of the three questions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    Visits,
    Around,
    Move,
}

/// Other parameters that are tried.
fn variations(params: &VisitParams) -> Vec<(Figure, VisitParams)> {
    let near = |times: f64| {
        let near_m = params.near_m * times;
        (Figure::real("near_m", near_m), VisitParams { near_m, ..params.clone() })
    };
    let stay = |stay_us: i64| (Figure::real("stay_s", seconds(stay_us)), VisitParams { stay_us, ..params.clone() });
    let uncertain = |uncertainty_times: f64| {
        let other = VisitParams { uncertainty_times, ..params.clone() };
        (Figure::real("uncertainty_times", uncertainty_times), other)
    };
    vec![
        near(0.5),
        near(2.0),
        uncertain(1.0),
        uncertain(-1.0),
        stay(params.stay_us / 2),
        stay(params.stay_us.saturating_mul(2)),
    ]
}

/// The usual parameters and then the others that are tried, with what is changed in these.
pub(super) fn asked_params(params: &VisitParams) -> (Vec<Figure>, Vec<VisitParams>) {
    let (changed, mut all): (Vec<Figure>, Vec<VisitParams>) = variations(params).into_iter().unzip();
    all.insert(0, params.clone());
    (changed, all)
}

/// The findings on visits of a case: by suspect's device and place, the visits, what lies around the victim's comings and
/// goings, and, for a place that she moved to, before and after the move.
#[must_use]
pub fn visit_findings(case: &Case, params: &VisitParams) -> Vec<Finding> {
    case.suspects.iter().flat_map(|device| device_findings(case, device, params)).collect()
}

/// The findings on visits of one of the suspect's devices.
#[must_use]
pub fn device_findings(case: &Case, device: &Device, params: &VisitParams) -> Vec<Finding> {
    let victims: Vec<Chunked<'_>> = case.victims.iter().map(|victim| Chunked::anew(victim.records())).collect();
    let asked = Asked {
        name: &device.name,
        suspect: &Chunked::anew(device.records()),
        victims: &victims,
        places: &case.places,
    };
    changed_findings(case, device, &asked, params, &mut Passes::default())
}

/// As [`device_findings`], reading again only what has changed of the devices.
pub(in crate::evaluate) fn changed_findings(
    case: &Case,
    device: &Device,
    asked: &Asked<'_>,
    params: &VisitParams,
    passes: &mut Passes,
) -> Vec<Finding> {
    let (changed, all) = asked_params(params);
    let mut found = asked.visits(&all, &all, passes).into_iter();
    let base = found.next().unwrap_or_default();
    let varied: Vec<(Figure, Vec<PlaceVisits>)> = changed.into_iter().zip(found).collect();
    let mut findings = Vec::new();
    for (p, (place, found)) in case.places.iter().zip(&base).enumerate() {
        let others: Vec<(&Figure, &PlaceVisits)> =
            varied.iter().filter_map(|(changed, all)| Some((changed, all.get(p)?))).collect();
        let asks = [Some(Ask::Visits), Some(Ask::Around), found.moved.map(|_| Ask::Move)];
        let of_ask = |ask| finding(case, device, place, (ask, found, &others), params);
        findings.extend(asks.into_iter().flatten().map(of_ask));
    }
    findings
}

fn finding(
    case: &Case,
    device: &Device,
    place: &VictimPlace,
    (ask, found, others): (Ask, &PlaceVisits, &[(&Figure, &PlaceVisits)]),
    params: &VisitParams,
) -> Finding {
    let question = match ask {
        Ask::Visits => words::QUESTION,
        Ask::Around => words::AROUND_QUESTION,
        Ask::Move => words::MOVE_QUESTION,
    };
    let question = question.fill(&[&device.name, &place.name]);
    let (answer, says) = answer(ask, found, place, params);
    let mut finding = Finding::new(Topic::Visit, place.name.clone(), &question, answer, &says);
    finding.device = Some(device.name.clone());
    finding.figures = figures(ask, found);
    finding.fixes = fixes(case, device, ask, found);
    finding.parameters = parameters(ask, place, params);
    let vary = |(changed, other): &(&Figure, &PlaceVisits)| {
        let (word, _) = self::answer(ask, other, place, params);
        Varied { changed: (*changed).clone(), answer: word, figure: deciding(ask, other) }
    };
    finding.sensitivity = others.iter().map(vary).collect();
    finding.alternatives = texts(&[words::OWN_REASONS, words::BY_ARRANGEMENT, words::OTHER_HOLDER]);
    finding.limits = texts(&[words::LIMIT_SILENCE, words::LIMIT_STAY, words::LIMIT_NEAR, words::LIMIT_HER_DEVICE]);
    finding
}

fn texts(phrases: &[Phrase]) -> Vec<&'static str> {
    phrases.iter().map(|phrase| phrase.text()).collect()
}

fn answer(ask: Ask, found: &PlaceVisits, place: &VictimPlace, params: &VisitParams) -> (&'static str, Sentence) {
    match ask {
        Ask::Visits => visits_answer(found, place, params),
        Ask::Around => around_answer(found, place, params),
        Ask::Move => found.moved.map_or_else(
            || ("no_data", words::MOVE_NO_DATA.fill(&[&place.name])),
            |moved| move_answer(moved, found.records, place),
        ),
    }
}

fn visits_answer(found: &PlaceVisits, place: &VictimPlace, params: &VisitParams) -> (&'static str, Sentence) {
    let [stays, lingering, passes] =
        [Manner::Stay, Manner::Lingering, Manner::Pass].map(|manner| found.of_manner(manner));
    if found.visits.is_empty() {
        let none = words::NO_VISIT.fill(&[&whole(reach_m(place, params)), &place.name, &(found.observed_us / HOUR_US)]);
        return if found.records > 0 { ("no_visit", none) } else { ("no_data", words::NO_DATA.fill(&[&place.name])) };
    }
    if stays + lingering == 0 {
        return ("passes_only", words::PASSES_ONLY.fill(&[&place.name, &found.days, &passes]));
    }
    let says = words::STAYS.fill(&[&place.name, &found.days, &found.visits.len(), &stays, &lingering, &passes]);
    (if stays > 0 { "stays" } else { "lingering" }, says)
}

fn around_answer(found: &PlaceVisits, place: &VictimPlace, params: &VisitParams) -> (&'static str, Sentence) {
    let all = found.visits.len();
    let before: Vec<bool> = found.visits.iter().filter_map(|v| Some(v.before_arrival?.overlaps)).collect();
    let after = found.visits.iter().filter(|v| v.after_leaving.is_some()).count();
    let still = before.iter().filter(|overlaps| **overlaps).count();
    let name = &place.name;
    match (before.len(), after) {
        _ if all == 0 => ("no_visit", words::AROUND_NO_VISIT.fill(&[name])),
        (0, 0) if found.with_victim(Presence::NotKnown) == all => {
            ("not_known", words::AROUND_NOT_KNOWN.fill(&[&all, name]))
        }
        (0, 0) => ("neither", words::NEITHER.fill(&[&all, name, &(params.wait_us / (60 * US_PER_S))])),
        (n, 0) => ("before_arrival", words::BEFORE.fill(&[&n, &all, name, &still])),
        (0, n) => ("after_leaving", words::AFTER.fill(&[&n, &all, name])),
        (b, a) => ("before_and_after", words::BEFORE_AND_AFTER.fill(&[&all, name, &b, &a])),
    }
}

fn move_answer(moved: Moved, records: usize, place: &VictimPlace) -> (&'static str, Sentence) {
    let name = &place.name;
    let hours_before = moved.observed_before_us / HOUR_US;
    let Some(first_us) = moved.first_after_us else {
        let hours = moved.observed_after_us / HOUR_US;
        return if records > 0 {
            ("no_appearance", words::NO_APPEARANCE.fill(&[name, &hours]))
        } else {
            ("no_data", words::MOVE_NO_DATA.fill(&[name]))
        };
    };
    let days = first_us.saturating_sub(moved.from_us) / DAY_US;
    match (moved.visits_before, moved.records_before) {
        (0, 0) => ("before_not_observed", words::BEFORE_NOT_OBSERVED.fill(&[name, &days])),
        (0, _) => ("after_move_only", words::AFTER_MOVE_ONLY.fill(&[name, &days, &hours_before])),
        (n, _) => ("before_and_after_move", words::BEFORE_AND_AFTER_MOVE.fill(&[name, &days, &n])),
    }
}

fn whole(metres: f64) -> String {
    format!("{metres:.0}")
}

#[expect(clippy::cast_precision_loss, reason = "exact for 285 years")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

fn hours(us: i64) -> f64 {
    seconds(us) / 3_600.0
}

/// The figure that the answer hangs on.
fn deciding(ask: Ask, found: &PlaceVisits) -> Figure {
    match ask {
        Ask::Visits => Figure::count("visits", found.visits.len()),
        Ask::Around => {
            Figure::count("visits_before_arrival", found.visits.iter().filter(|v| v.before_arrival.is_some()).count())
        }
        Ask::Move => Figure::maybe_moment("first_after_move_us", found.moved.and_then(|moved| moved.first_after_us)),
    }
}

fn figures(ask: Ask, found: &PlaceVisits) -> Vec<Figure> {
    let mut figures = match ask {
        Ask::Visits => visits_figures(found),
        Ask::Around => around_figures(found),
        Ask::Move => found.moved.map(move_figures).unwrap_or_default(),
    };
    figures.extend([
        Figure::real("observed_h", hours(found.observed_us)),
        Figure::real("both_observed_h", hours(found.both_observed_us)),
        Figure::count("records", found.records),
        Figure::count("records_left_out", found.left_out),
    ]);
    figures
}

fn visits_figures(found: &PlaceVisits) -> Vec<Figure> {
    let nearest = found.visits.iter().map(|visit| visit.nearest_m).min_by(f64::total_cmp);
    let mut figures = vec![
        Figure::count("visits", found.visits.len()),
        Figure::count("stays", found.of_manner(Manner::Stay)),
        Figure::count("lingering", found.of_manner(Manner::Lingering)),
        Figure::count("passes", found.of_manner(Manner::Pass)),
        Figure::count("days", found.days),
        Figure::maybe_moment("first_ever_us", found.first_ever_us),
        Figure::maybe_moment("first_us", found.visits.first().map(|visit| visit.t0_us)),
        Figure::maybe_moment("last_us", found.visits.last().map(|visit| visit.t1_us)),
        Figure::real("dwell_h", hours(found.dwell_us)),
        Figure::maybe_real("nearest_m", nearest),
        Figure::count("victim_there", found.with_victim(Presence::There)),
        Figure::count("victim_away", found.with_victim(Presence::Away)),
        Figure::count("victim_not_known", found.with_victim(Presence::NotKnown)),
    ];
    figures.extend(HOURS.into_iter().zip(found.hours).map(|(name, count)| Figure::count(name, count)));
    figures
}

fn around_figures(found: &PlaceVisits) -> Vec<Figure> {
    let before: Vec<_> = found.visits.iter().filter_map(|visit| visit.before_arrival).collect();
    let after: Vec<_> = found.visits.iter().filter_map(|visit| visit.after_leaving).collect();
    let longest = |us: Option<i64>| Figure::maybe_real("longest_s", us.map(seconds)).value;
    vec![
        Figure::count("visits", found.visits.len()),
        Figure::count("visits_before_arrival", before.len()),
        Figure::count("still_there_at_arrival", before.iter().filter(|beside| beside.overlaps).count()),
        Figure { name: "longest_before_arrival_s", value: longest(before.iter().map(|b| b.by_us).max()) },
        Figure::count("visits_after_leaving", after.len()),
        Figure::count("already_there_at_leaving", after.iter().filter(|beside| beside.overlaps).count()),
        Figure { name: "longest_after_leaving_s", value: longest(after.iter().map(|b| b.by_us).max()) },
        Figure::count("victim_not_known", found.with_victim(Presence::NotKnown)),
    ]
}

fn move_figures(moved: Moved) -> Vec<Figure> {
    let delay_us = moved.first_after_us.map(|first_us| first_us.saturating_sub(moved.from_us));
    vec![
        Figure::moment("moved_us", moved.from_us),
        Figure::maybe_moment("first_after_move_us", moved.first_after_us),
        Figure::maybe_real("days_after_move", delay_us.map(|us| hours(us) / 24.0)),
        Figure::count("visits_before_move", moved.visits_before),
        Figure::count("records_before_move", moved.records_before),
        Figure::real("observed_before_move_h", hours(moved.observed_before_us)),
    ]
}

/// The records that decide it: of the visits that the answer speaks of, the first of them first.
fn fixes(case: &Case, device: &Device, ask: Ask, found: &PlaceVisits) -> Vec<Cited> {
    let speaks_of = |visit: &&Visit| match ask {
        Ask::Visits => true,
        Ask::Around => visit.before_arrival.is_some() || visit.after_leaving.is_some(),
        Ask::Move => found.moved.is_some_and(|moved| Some(visit.t0_us) == moved.first_after_us),
    };
    let cite = |visit: &Visit| {
        ["first", "last", "nearest"].into_iter().zip(visit.cited).filter_map(|(part, at)| {
            device.records().get(at).map(|record| Cited::of(&device.name, part, record, &case.exhibits))
        })
    };
    found.visits.iter().filter(speaks_of).take(MOST_CITED).flat_map(cite).collect()
}

/// The question's own parameters stand first: they tell the three findings of one place apart.
fn parameters(ask: Ask, place: &VictimPlace, params: &VisitParams) -> Vec<Figure> {
    let own = match ask {
        Ask::Visits => Figure::word("asks", "visits"),
        Ask::Around => Figure::word("asks", "around"),
        Ask::Move => Figure::word("asks", "move"),
    };
    let since = |name, us: Option<i64>| us.map_or(Figure { name, value: Value::Absent }, |us| Figure::moment(name, us));
    vec![
        own,
        Figure::real("near_m", params.near_m),
        Figure::real("uncertainty_times", params.uncertainty_times),
        Figure::real("place_radius_m", place.radius_m),
        since("place_from_us", place.from_us),
        since("place_to_us", place.to_us),
        Figure::real("stay_distance_m", params.stay_distance_m),
        Figure::real("stay_s", seconds(params.stay_us)),
        Figure::real("split_s", seconds(params.split_us)),
        Figure::real("gap_s", seconds(params.gap_us)),
        Figure::real("wait_s", seconds(params.wait_us)),
        Figure::real("silence_s", seconds(params.silence_us)),
        Figure::real("max_uncertainty_m", params.max_uncertainty_m),
        Figure::word("zone", params.zone.name()),
    ]
}
