//! Identifiers at several scenes, as findings: one of the search, and one of each candidate.

use super::presence::{Presence, SceneParams};
use super::rank::{Candidate, Ranked};
use crate::evaluate::words::scenes as words;
use crate::evaluate::{Allegation, Figure, Finding, Topic, Varied};
use crate::index::at_least;
use crate::time::ZoneRule;

/// The search first, then its candidates in their order; `scenes` are those of the ranking, in the same order.
///
/// Candidates are identifiers of a search and none of the case's devices: they stand in `about`, and their records are to be
/// cited by whoever reads them from the store.
#[must_use]
pub fn findings(ranked: &Ranked, scenes: &[Allegation], params: &SceneParams, zone: &ZoneRule) -> Vec<Finding> {
    let candidates = ranked.candidates.iter().map(|candidate| of_candidate(ranked, candidate, scenes, params, zone));
    std::iter::once(of_search(ranked, params, zone)).chain(candidates).collect()
}

/// `more_than_chance` (the most scenes that anybody is at are more than chance gives one identifier in twenty searches),
/// `as_by_chance`, or `none`.
fn of_search(ranked: &Ranked, params: &SceneParams, zone: &ZoneRule) -> Finding {
    let (most, scenes) = (ranked.most_hits(), ranked.rates.len());
    let (observed, expected) = (ranked.observed(most), ranked.expected(most));
    let shown = format!("{expected:.3}");
    let (answer, says) = if most < ranked.least {
        ("none", words::NONE.fill(&[&ranked.identifiers, &ranked.least, &scenes]))
    } else if expected <= 0.05 {
        ("more_than_chance", words::MORE.fill(&[&ranked.identifiers, &observed, &most, &scenes, &shown]))
    } else {
        ("as_by_chance", words::AS_BY_CHANCE.fill(&[&ranked.identifiers, &observed, &most, &scenes, &shown]))
    };
    let question = words::QUESTION.fill(&[&scenes]);
    let mut finding = Finding::new(Topic::Scenes, "", &question, answer, &says);
    finding.figures = vec![
        number("identifiers", ranked.identifiers),
        Figure::count("scenes", scenes),
        Figure::count("most_hits", most),
        number("identifiers_at_most_hits", observed),
        Figure::real("expected_at_most_hits", expected),
        Figure::count("candidates", ranked.candidates.len()),
    ];
    finding.figures.extend(ranked.rates.iter().map(|rate| Figure::real("base_rate", rate.chance())));
    for hits in ranked.least..=most {
        finding.figures.push(Figure::count("at_or_above_hits", hits));
        finding.figures.push(number("identifiers_at_or_above", ranked.observed(hits)));
        finding.figures.push(Figure::real("expected_at_or_above", ranked.expected(hits)));
    }
    complete(finding, ranked, params, zone)
}

/// `excluded_at_some` (its records exclude some scenes), otherwise `at_several`.
fn of_candidate(
    ranked: &Ranked,
    candidate: &Candidate,
    scenes: &[Allegation],
    params: &SceneParams,
    zone: &ZoneRule,
) -> Finding {
    let of = |kind: Presence| candidate.presences.iter().filter(move |presence| **presence == kind).count();
    let (excluded, elsewhere, no_data) = (of(Presence::Excluded), of(Presence::Elsewhere), of(Presence::NoData));
    let expected = ranked.expected(candidate.hits);
    let answer = if excluded > 0 { "excluded_at_some" } else { "at_several" };
    let says = words::CANDIDATE.fill(&[
        &candidate.identifier,
        &candidate.hits,
        &ranked.rates.len(),
        &excluded,
        &elsewhere,
        &no_data,
        &format!("{expected:.3}"),
        &ranked.identifiers,
    ]);
    let question = words::CANDIDATE_QUESTION.fill(&[&candidate.identifier]);
    let mut finding = Finding::new(Topic::Scenes, candidate.identifier.as_str(), &question, answer, &says);
    finding.figures = vec![
        Figure::count("hits", candidate.hits),
        Figure::count("excluded", excluded),
        Figure::count("elsewhere", elsewhere),
        Figure::count("no_data", no_data),
        Figure::real("score", candidate.score),
        Figure::real("expected_at_or_above", expected),
    ];
    for (scene, presence) in scenes.iter().zip(&candidate.presences) {
        finding.figures.push(Figure::word(scene_figure(*presence), scene.reference.as_str()));
    }
    complete(finding, ranked, params, zone)
}

const fn scene_figure(presence: Presence) -> &'static str {
    match presence {
        Presence::Hit => "scene_hit",
        Presence::Excluded => "scene_excluded",
        Presence::Elsewhere => "scene_elsewhere",
        Presence::NoData => "scene_no_data",
    }
}

fn number(name: &'static str, n: u64) -> Figure {
    Figure::count(name, usize::try_from(n).unwrap_or(usize::MAX))
}

fn complete(mut finding: Finding, ranked: &Ranked, params: &SceneParams, zone: &ZoneRule) -> Finding {
    let seconds = std::time::Duration::from_micros(params.window_us.unsigned_abs()).as_secs_f64();
    finding.parameters = vec![
        Figure::word("authority", ranked.authority.reference.as_str()),
        Figure::word("reason", ranked.authority.reason.as_str()),
        Figure::count("least_hits", ranked.least),
        Figure::real("radius_m", params.radius_m),
        Figure::real("window_s", seconds),
        Figure::real("max_speed_m_s", params.max_speed_m_s),
        Figure::real("percentile", params.percentile),
        Figure::count("base_rate_days", params.days),
        Figure::word("base_rate_seed", params.seed.to_string()),
        Figure::word("zone", zone.name()),
    ];
    finding.sensitivity = varied(ranked);
    finding.alternatives = words::ALTERNATIVES.iter().map(|phrase| phrase.text()).collect();
    finding.limits = words::LIMITS.iter().map(|phrase| phrase.text()).collect();
    finding
}

/// What chance would give at the most scenes if every base rate were so many times as high.
fn varied(ranked: &Ranked) -> Vec<Varied> {
    let most = ranked.most_hits();
    let vary = |times: f64| {
        let chances: Vec<f64> = ranked.rates.iter().map(|rate| (rate.chance() * times).min(1.0)).collect();
        let one = at_least(&chances).get(most).copied().unwrap_or(0.0);
        let identifiers = f64::from(u32::try_from(ranked.identifiers).unwrap_or(u32::MAX));
        let expected = identifiers * one;
        let answer = match (most >= ranked.least, expected <= 0.05) {
            (false, _) => "none",
            (true, true) => "more_than_chance",
            (true, false) => "as_by_chance",
        };
        let figure = Figure::real("expected_at_most_hits", expected);
        Varied { changed: Figure::real("base_rate_times", times), answer, figure }
    };
    [0.5, 2.0, 10.0].into_iter().map(vary).collect()
}
