//! The ranking against counting, and with one who was at all of the scenes.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::Presence::{Excluded, Hit, NoData};
use super::*;
use crate::evaluate::{Allegation, Record};
use crate::time::{US_PER_S, ZoneRule};

fn authority() -> Authority {
    Authority { reference: "URN 1".to_owned(), reason: "five assaults".to_owned() }
}

fn unit(chance: &mut ChaCha8Rng) -> f64 {
    f64::from(chance.next_u32()) / 4_294_967_296.0
}

#[test]
fn who_was_at_all_is_told_from_those_who_were_at_one() {
    let rate = SceneRate { present: 1, of: 2 };
    let scene = |n: i32| Allegation {
        reference: format!("I{n}"),
        t0_us: i64::from(n) * 36_000 * US_PER_S,
        t1_us: (i64::from(n) * 36_000 + 300) * US_PER_S,
        lat_deg: 51.5 + 0.1 * f64::from(n),
        lon_deg: -0.1,
        uncertainty_m: 0.0,
    };
    let scenes: Vec<Allegation> = (0..3).map(scene).collect();
    let at = |n: i32| Record::at(i64::from(n) * 36_000 * US_PER_S, 51.5 + 0.1 * f64::from(n), -0.1, 10.0);
    let devices =
        [("x", vec![at(0), at(1), at(2)]), ("other0", vec![at(0)]), ("other1", vec![at(1)]), ("other2", vec![at(2)])];
    let mut ranking = Ranking::new(vec![rate; 3], authority(), 2, 10).unwrap();
    for (name, records) in &devices {
        let presences: Vec<Presence> = scenes.iter().map(|s| presence(records, s, &SceneParams::default())).collect();
        ranking.hear(name, &presences).unwrap();
    }
    let ranked = ranking.finish();
    let found: Vec<_> = ranked.candidates.iter().map(|c| (c.identifier.as_str(), c.hits)).collect();
    assert_eq!(found, [("x", 3)]);
    assert_eq!((ranked.observed.clone(), ranked.identifiers), (vec![4, 4, 1, 1], 4));
    // One half each: at all three with an eighth, half a device of four.
    assert!((ranked.expected(3) - 0.5).abs() < 1e-12, "{}", ranked.expected(3));
}

/// Identifiers that go to each scene by its base rate, in the order of a seed.
fn town(rates: &[f64], identifiers: u32, seed: u64, turn: usize) -> Ranked {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let scene_rates = rates.iter().map(|rate| counted(*rate)).collect();
    let mut all: Vec<(String, Vec<Presence>)> = (0..identifiers)
        .map(|n| {
            let draw = |rate: &f64| if unit(&mut chance) < *rate { Hit } else { NoData };
            (format!("id{n}"), rates.iter().map(draw).collect())
        })
        .collect();
    all.push(("planted".to_owned(), vec![Hit, Hit, Hit, Hit, NoData]));
    all.rotate_left(turn);
    let mut ranking = Ranking::new(scene_rates, authority(), 2, 20).unwrap();
    for (identifier, presences) in &all {
        ranking.hear(identifier, presences).unwrap();
    }
    ranking.finish()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of ten million")]
fn counted(rate: f64) -> SceneRate {
    SceneRate { present: (rate * 1e7) as u64, of: 10_000_000 }
}

#[test]
fn chance_gives_as_many_as_it_says_and_the_one_who_was_at_all_comes_first() {
    let rates = [0.02, 0.005, 0.05, 0.01, 0.002];
    let ranked = town(&rates, 200_000, 9, 0);
    for hits in 1..=3 {
        let (expected, observed) = (ranked.expected(hits), ranked.observed(hits));
        let observed = f64::from(u32::try_from(observed).unwrap()) - 1.0;
        println!("at {hits} or more: {observed} observed beside the planted one, {expected:.2} expected");
        // Four standard deviations of a Poisson count.
        assert!((observed - expected).abs() < 4.0 * expected.sqrt() + 1.0, "{hits}: {observed} {expected}");
    }
    let first = &ranked.candidates[0];
    assert_eq!((first.identifier.as_str(), first.hits), ("planted", 4));
    assert!(ranked.expected(4) < 0.1, "{}", ranked.expected(4));
    assert!((first.score - rates[..4].iter().map(|r| -r.log10()).sum::<f64>()).abs() < 1e-3);
    assert_eq!(ranked.candidates.len(), 20, "the best only are kept");
    assert!(ranked.candidates.windows(2).all(|pair| pair[0].score >= pair[1].score));
}

#[test]
fn the_order_in_which_they_are_heard_does_not_matter() {
    let rates = [0.2, 0.1, 0.3, 0.1, 0.2];
    let one = town(&rates, 3_000, 4, 0);
    assert_eq!(one, town(&rates, 3_000, 4, 1_234));
    assert!(one.candidates[0].score > one.candidates[19].score);
}

#[test]
fn a_search_without_authority_or_reason_is_refused_and_so_is_what_does_not_fit() {
    let rates = || vec![SceneRate { present: 1, of: 100 }];
    let with = |reference: &str, reason: &str| {
        let authority = Authority { reference: reference.to_owned(), reason: reason.to_owned() };
        Ranking::new(rates(), authority, 1, 1).map(|_| ())
    };
    assert!(matches!(with(" ", "why"), Err(ScenesError::Authority(what)) if what.contains("reference")));
    assert!(matches!(with("URN", ""), Err(ScenesError::Authority("a reason"))));
    assert_eq!(Ranking::new(Vec::new(), authority(), 1, 1).unwrap_err(), ScenesError::NoScenes);
    let mut ranking = Ranking::new(rates(), authority(), 1, 1).unwrap();
    assert!(matches!(ranking.hear("a", &[]), Err(ScenesError::Presences { found: 0, scenes: 1, .. })));
}

#[test]
fn findings_say_who_was_hit_missed_and_excluded_and_how_many_people_were_touched() {
    let scenes: Vec<Allegation> = (0..3_i64)
        .map(|n| Allegation {
            reference: format!("I{n}"),
            t0_us: n * 1_000,
            t1_us: n * 1_000,
            lat_deg: 51.0,
            lon_deg: 0.0,
            uncertainty_m: 0.0,
        })
        .collect();
    let rates = vec![SceneRate { present: 10, of: 1_000 }; 3];
    let rank = |all: &[(&str, [Presence; 3])]| {
        let mut ranking = Ranking::new(rates.clone(), authority(), 2, 10).unwrap();
        for (name, presences) in all {
            ranking.hear(name, presences).unwrap();
        }
        findings(&ranking.finish(), &scenes, &SceneParams::default(), &ZoneRule::utc())
    };
    let found = rank(&[("a", [Hit, Hit, Excluded]), ("b", [Hit, Hit, NoData]), ("c", [NoData; 3])]);
    assert_eq!(
        found.iter().map(|f| f.answer).collect::<Vec<_>>(),
        ["more_than_chance", "excluded_at_some", "at_several"]
    );
    assert!(found[0].says.contains("3 identifiers"), "{}", found[0].says);
    let word = |finding: &crate::evaluate::Finding, name: &str| {
        finding.figures.iter().find(|f| f.name == name).map(|f| format!("{:?}", f.value)).unwrap_or_default()
    };
    assert!(word(&found[1], "scene_excluded").contains("I2") && word(&found[2], "scene_no_data").contains("I2"));
    let none = rank(&[("c", [NoData; 3]), ("d", [Hit, NoData, NoData])]);
    assert_eq!(none.iter().map(|f| f.answer).collect::<Vec<_>>(), ["none"]);
    for finding in found.iter().chain(&none) {
        assert_eq!(crate::evaluate::words::refused(&finding.says), None, "{}", finding.says);
        assert!(!finding.limits.is_empty() && !finding.alternatives.is_empty() && !finding.parameters.is_empty());
    }
}
