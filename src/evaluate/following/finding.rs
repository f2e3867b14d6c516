//! Findings of the lag scan: one for each of the suspect's devices and each of the victim's.

use super::super::chunks::Chunked;
use super::super::words::following as words;
use super::super::words::{Phrase, Sentence};
use super::super::{Case, Cited, Device, Figure, Finding, Topic, Varied};
use super::{Against, Answer, Episode, Following, FollowingParams, Passes, Refusal, Side, Whose, following};
use crate::time::US_PER_S;

/// The most episodes whose records are cited, the longest first.
const MOST_CITED: usize = 10;

/// The findings on following of a case, by suspect's device and victim's device.
#[must_use]
pub fn following_findings(case: &Case, params: &FollowingParams) -> Vec<Finding> {
    let pairs = case.suspects.iter().flat_map(|suspect| case.victims.iter().map(move |victim| (suspect, victim)));
    pairs.map(|(suspect, victim)| pair_finding(case, suspect, victim, params)).collect()
}

/// The finding about one of the suspect's devices and one of the victim's.
#[must_use]
pub fn pair_finding(case: &Case, suspect: &Device, victim: &Device, params: &FollowingParams) -> Finding {
    finding(case, suspect, victim, &following(suspect, victim, params), params)
}

/// As [`pair_finding`], with what is remembered of the devices: found again is only what has changed.
pub(in crate::evaluate) fn changed_finding(
    case: &Case,
    (suspect, his): (&Device, &Chunked<'_>),
    (victim, hers): (&Device, &Chunked<'_>),
    params: &FollowingParams,
    passes: &mut Passes,
) -> Finding {
    let found = passes.of((suspect, his), (victim, hers), params).following(params);
    finding(case, suspect, victim, &found, params)
}

fn finding(case: &Case, suspect: &Device, victim: &Device, found: &Following, params: &FollowingParams) -> Finding {
    let question = words::QUESTION.fill(&[&suspect.name, &victim.name]);
    let says = says(suspect, victim, found, params);
    let mut finding = Finding::new(Topic::Following, victim.name.clone(), &question, found.answer.as_str(), &says);
    finding.device = Some(suspect.name.clone());
    finding.figures = figures(found, params);
    finding.fixes = fixes(case, suspect, victim, &cited(found, params));
    finding.parameters = parameters(params);
    finding.sensitivity = sensitivity(found, params);
    if found.refusal.is_none() {
        finding.alternatives = texts(&[words::OTHER_ROAD_USERS, words::ARRANGED, words::OTHER_HANDS, words::CLOCKS]);
    }
    finding.limits = texts(&[words::LIMIT_PATH, words::LIMIT_SHORT, words::LIMIT_HABIT, words::LIMIT_DIRECTION]);
    finding
}

fn texts(phrases: &[Phrase]) -> Vec<&'static str> {
    phrases.iter().map(|phrase| phrase.text()).collect()
}

/// How many qualifying episodes of a side there are, and how long they are together, metres.
fn of_side(found: &Following, side: Side, params: &FollowingParams) -> (usize, f64) {
    let own = found.episodes.iter().filter(|e| e.side == side && Following::qualifies(e, params));
    own.fold((0, 0.0), |(n, sum_m), e| (n + 1, sum_m + e.length_m))
}

/// Metres to the nearest ten, as a sentence may say them.
fn about_m(metres: f64) -> String {
    format!("{:.0}", (metres / 10.0).round() * 10.0)
}

fn says(suspect: &Device, victim: &Device, found: &Following, params: &FollowingParams) -> Sentence {
    let [behind, together, ahead] =
        [Side::Behind, Side::Together, Side::Ahead].map(|side| of_side(found, side, params));
    let lagged = behind.0 + ahead.0;
    match found.answer {
        Answer::LaggedPath => words::LAGGED.fill(&[&behind.0, &about_m(behind.1)]),
        Answer::LeadingPath => words::LEADING.fill(&[&ahead.0, &about_m(ahead.1)]),
        Answer::BothWays => words::BOTH.fill(&[&behind.0, &ahead.0]),
        Answer::NotWeighed => words::NOT_WEIGHED.fill(&[&lagged]),
        Answer::HabitualPath => words::HABITUAL.fill(&[&lagged]),
        Answer::CommonPath => words::COMMON.fill(&[&lagged]),
        Answer::PathTogether => words::TOGETHER.fill(&[&together.0, &about_m(together.1)]),
        Answer::SharedRoad => words::SHARED_ROAD.fill(&[&found.episodes.len()]),
        Answer::NoLaggedPath | Answer::Refused => {
            let minutes = params.max_lag_us / (60 * US_PER_S);
            let none = || words::NONE.fill(&[&about_m(params.min_length_m), &minutes, &found.comparable]);
            found.refusal.map_or_else(none, |refusal| refused(suspect, victim, refusal, params))
        }
    }
}

fn refused(suspect: &Device, victim: &Device, refusal: Refusal, params: &FollowingParams) -> Sentence {
    let name = |whose: Whose| match whose {
        Whose::Suspect => &suspect.name,
        Whose::Victim => &victim.name,
    };
    match refusal {
        Refusal::NoMovement { whose } => words::NO_MOVEMENT.fill(&[name(whose)]),
        Refusal::TooSparse { whose, median_us } => {
            let (every_s, needed_s) = (median_us / US_PER_S, params.max_interval_us / US_PER_S);
            words::TOO_SPARSE.fill(&[name(whose), &every_s, &needed_s])
        }
        Refusal::TooFewMoving { whose, fixes } => words::TOO_FEW.fill(&[name(whose), &fixes, &params.min_moving]),
        Refusal::NoCommonTime => words::NO_COMMON_TIME.fill(&[&suspect.name, &victim.name]),
    }
}

#[expect(clippy::cast_precision_loss, reason = "spans of minutes")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// The figures; those of one episode are of the one that the answer hangs on: the longest.
fn figures(found: &Following, params: &FollowingParams) -> Vec<Figure> {
    let sides = [Side::Behind, Side::Together, Side::Ahead].map(|side| of_side(found, side, params));
    let names = [
        ("episodes_behind", "length_behind_m"),
        ("episodes_together", "length_together_m"),
        ("episodes_ahead", "length_ahead_m"),
    ];
    let mut figures = vec![
        Figure::count("moving_fixes", found.moving),
        Figure::count("comparable_fixes", found.comparable),
        Figure::count("common_days", found.common_days),
    ];
    for ((count, length), (n, sum_m)) in names.into_iter().zip(sides) {
        figures.extend([Figure::count(count, n), Figure::real(length, sum_m)]);
    }
    figures.push(Figure::maybe_real("best_lag_s", found.best_lag().map(|best| seconds(best.lag_us))));
    figures.push(Figure::maybe_real("best_lag_share", found.best_lag().map(|best| best.share)));
    let names = [
        ["days_alike_behind", "expected_behind", "p_behind", "p_floor_behind"],
        ["days_alike_ahead", "expected_ahead", "p_ahead", "p_floor_ahead"],
    ];
    for (names, against) in names.into_iter().zip([&found.behind, &found.ahead]) {
        figures.extend(against_figures(names, against));
    }
    figures.push(Figure::count("exchanges", found.behind.exchanged.len()));
    if let Some(episode) = cited(found, params).first() {
        figures.extend(episode_figures(episode));
    }
    figures
}

fn against_figures([days, expected, p, floor]: [&'static str; 4], against: &Against) -> [Figure; 4] {
    let known = !against.exchanged.is_empty();
    [
        Figure::count(days, against.days),
        Figure::maybe_real(expected, against.expected()),
        Figure::maybe_real(p, known.then(|| against.p())),
        Figure::maybe_real(floor, known.then(|| against.p_floor())),
    ]
}

fn episode_figures(episode: &Episode) -> Vec<Figure> {
    vec![
        Figure::word("longest_side", episode.side.as_str()),
        Figure::real("longest_lag_s", seconds(episode.lag_us)),
        Figure::real("longest_lag_spread_s", seconds(episode.lag_spread_us)),
        Figure::real("longest_length_m", episode.length_m),
        Figure::count("longest_turns", episode.turns),
        Figure::real("longest_share", episode.share),
        Figure::real("longest_opposite_share", episode.opposite_share),
        Figure::real("longest_asymmetry", episode.asymmetry()),
        Figure::real("longest_trip_share", episode.trip_share),
        Figure::moment("longest_from_us", episode.t0_us),
        Figure::moment("longest_to_us", episode.t1_us),
        Figure::count("longest_other_days", episode.other_days),
        Figure::count("longest_same_path_days", episode.same_path_days),
        Figure::count("longest_close_days", episode.close_days),
        Figure::count("longest_by_chance", episode.by_chance),
    ]
}

/// The episodes that the answer speaks of, the longest first.
fn cited<'a>(found: &'a Following, params: &FollowingParams) -> Vec<&'a Episode> {
    let speaks_of = |e: &&Episode| match found.answer {
        Answer::LaggedPath => e.side == Side::Behind && Following::qualifies(e, params),
        Answer::LeadingPath => e.side == Side::Ahead && Following::qualifies(e, params),
        Answer::BothWays | Answer::NotWeighed | Answer::HabitualPath | Answer::CommonPath => {
            e.side != Side::Together && Following::qualifies(e, params)
        }
        _ => true,
    };
    let mut episodes: Vec<&Episode> = found.episodes.iter().filter(speaks_of).collect();
    episodes.sort_by(|a, b| b.length_m.total_cmp(&a.length_m).then(a.t0_us.cmp(&b.t0_us)));
    episodes.truncate(MOST_CITED);
    episodes
}

fn fixes(case: &Case, suspect: &Device, victim: &Device, episodes: &[&Episode]) -> Vec<Cited> {
    let cite = |device: &Device, part: &'static str, at: usize| {
        device.records().get(at).map(|record| Cited::of(&device.name, part, record, &case.exhibits))
    };
    let of_one = |e: &&Episode| {
        [
            cite(suspect, "first", e.records.0),
            cite(suspect, "last", e.records.1),
            cite(victim, "before", e.victim_records.0),
            cite(victim, "after", e.victim_records.1),
        ]
    };
    episodes.iter().flat_map(of_one).flatten().collect()
}

fn parameters(params: &FollowingParams) -> Vec<Figure> {
    vec![
        Figure::real("radius_m", params.radius_m),
        Figure::real("max_lag_s", seconds(params.max_lag_us)),
        Figure::real("lag_tolerance_s", seconds(params.lag_tolerance_us)),
        Figure::real("together_s", seconds(params.together_us)),
        Figure::real("close_s", seconds(params.close_us)),
        Figure::real("min_trip_share", params.min_trip_share),
        Figure::real("pace_s", seconds(params.pace_us)),
        Figure::real("min_length_m", params.min_length_m),
        Figure::real("min_share", params.min_share),
        Figure::count("min_turns", params.min_turns),
        Figure::real("min_asymmetry", params.min_asymmetry),
        Figure::real("heading_deg", params.heading_deg),
        Figure::real("max_pause_s", seconds(params.max_pause_us)),
        Figure::real("min_speed_m_s", params.min_speed_m_s),
        Figure::real("max_uncertainty_m", params.max_uncertainty_m),
        Figure::real("max_interval_s", seconds(params.max_interval_us)),
        Figure::count("min_moving", params.min_moving),
        Figure::count("max_exchanges", params.max_exchanges),
        Figure::count("min_exchanges", params.min_exchanges),
        Figure::real("max_interpolation_s", seconds(params.max_interpolation_us)),
        Figure::word("zone", params.zone.name()),
    ]
}

fn sensitivity(found: &Following, params: &FollowingParams) -> Vec<Varied> {
    let varied = found.otherwise.iter().map(|other| {
        let changed = if !other.with_uncertainty {
            Figure::count("uncertainty_times", 0)
        } else if other.radius_m == params.radius_m {
            Figure::real("min_length_m", other.min_length_m)
        } else {
            Figure::real("radius_m", other.radius_m)
        };
        let figure = Figure::real("longest_length_m", other.longest_m);
        Varied { changed, answer: other.answer.as_str(), figure }
    });
    varied.collect()
}
