//! Following as `locard simulate` plants it, and the same towns without: who follows is found, and nobody else.

use std::collections::BTreeMap;

use locard::encounter::Origin;
use locard::evaluate::{Case, Device, Exhibits, Record, Settings, Topic, findings_of};
use locard::simulate::feed::{Feed, FeedBody, FeedFix, FeedParams, PlantedKind, Sampling, truth};

/// Phones record often enough and for long enough here: with records more than thirty seconds apart, or too few other days, it is
/// said that nothing can be told.
fn params(planted_share: f64, seed: u64) -> FeedParams {
    let sampling = Sampling { spacing: 0.7, ..Sampling::default() };
    FeedParams { cases: 12, days: 14, seed, planted_share, custody_share: 0.0, sampling, ..FeedParams::default() }
}

fn record(fix: &FeedFix, row: u64) -> Record {
    let degrees = |e7: i64| f64::from(i32::try_from(e7).unwrap()) / 1e7;
    let record = Record::at(fix.t_us, degrees(fix.lat_e7), degrees(fix.lon_e7), f64::from(fix.uncertainty_m));
    Record { source: fix.source, origin: Origin { exhibit: 0, row }, ..record }
}

/// Of each case the answer about the suspect's phone and the victim's.
fn answers(params: &FeedParams) -> BTreeMap<String, &'static str> {
    let mut records: BTreeMap<String, [Vec<Record>; 2]> = BTreeMap::new();
    for item in Feed::new(params).unwrap() {
        let FeedBody::Fix(fix) = &item.body else { continue };
        let side = match &*fix.device_id {
            id if id.ends_with("-s1-phone") => 0,
            id if id.ends_with("-v1-phone") => 1,
            _ => continue,
        };
        if !fix.duplicate {
            let of_case = records.entry(item.case_id.to_string()).or_default();
            let row = u64::try_from(of_case[side].len()).unwrap() + 1;
            of_case[side].push(record(fix, row));
        }
    }
    let answer = |[his, hers]: [Vec<Record>; 2]| {
        let case = Case {
            suspects: vec![Device::new("his", "suspect", his)],
            victims: vec![Device::new("hers", "victim", hers)],
            exhibits: Exhibits::dense(["e".to_owned()]),
            ..Case::default()
        };
        let found = findings_of(Topic::Following, &case, &Settings::default());
        assert_eq!(found.len(), 1);
        found[0].answer
    };
    records.into_iter().map(|(case, of_case)| (case, answer(of_case))).collect()
}

#[test]
fn of_those_who_follow_all_are_found_and_of_the_others_none() {
    let followed = params(0.6, 21);
    let mut planted: BTreeMap<String, usize> = BTreeMap::new();
    for stretch in truth(&followed).unwrap().planted {
        *planted.entry(stretch.case_id).or_default() += usize::from(stretch.kind == PlantedKind::Following);
    }
    let behind = |answer: &str| ["lagged_path", "both_ways"].contains(&answer);
    let found = answers(&followed);
    println!("followed: {found:?}, {planted:?} times each");
    assert!(found.len() == 12 && planted.len() == 12 && planted.values().all(|times| *times > 0), "{planted:?}");
    assert!(found.values().filter(|answer| behind(answer)).count() == 12, "{found:?}");
    let innocent = answers(&params(0.0, 22));
    println!("not followed: {innocent:?}");
    assert!(innocent.values().filter(|answer| **answer == "no_lagged_path").count() >= 9, "{innocent:?}");
    assert!(innocent.len() == 12 && !innocent.values().any(|answer| behind(answer)), "{innocent:?}");
}
