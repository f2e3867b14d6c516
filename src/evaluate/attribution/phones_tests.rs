//! Two devices side by side: made-up ones with a known answer, and the phones of telcell's test data.
//!
//! The files are not in the repository. They are looked for in the folder that `LOCARD_DATA` names, or beside the checkout
//! in `shared/data`; where they are not, the test says so and passes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::evaluate::{Case, Device, Exhibits, Record, Value};
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule, parse_iso};

const HOUR_US: i64 = 3_600 * US_PER_S;

fn validated() -> AttributionParams {
    AttributionParams { validation: Some("test".to_owned()), ..AttributionParams::default() }
}

fn at(minute: i64, km: f64) -> Record {
    Record::at(1_700_000_000 * US_PER_S + minute * 60 * US_PER_S, 51.0 + km / 111.25, 0.0, 20.0)
}

/// A day of a carrier every ten minutes: at home, then a way of 20 km, then there.
fn day(offset_minutes: i64, from_km: f64) -> Vec<Record> {
    let minutes = (0..144_i64).map(|n| n * 10 + offset_minutes);
    let km = |minute: i64| from_km + f64::from(i32::try_from((minute - 600).clamp(0, 60)).unwrap()) / 3.0;
    minutes.map(|minute| at(minute, km(minute))).collect()
}

#[test]
fn two_phones_of_one_carrier_are_together_and_of_two_are_apart() {
    let utc = ZoneRule::utc();
    let (one, other) = (Device::new("old", "", day(0, 0.0)), Device::new("new", "", day(1, 0.0)));
    let found = co_travel(&one, &other, &utc, &validated());
    assert_eq!((found.hours_of(HourKind::Apart), found.separations.len()), (0, 0));
    assert!(found.hours_of(HourKind::Near) >= 23, "{:?}", found.hours.len());
    let ratios = found.ratios();
    assert!(ratios[0] > 1.0 && ratios[ratios.len() - 1] <= 143.0, "{ratios:?}");
    // Where a device always is says little; on the way it says much.
    assert!(ratios[ratios.len() - 1] > 10.0 && ratios[0] < 3.0, "{ratios:?}");

    let away = Device::new("other", "", day(1, 40.0));
    let found = co_travel(&one, &away, &utc, &validated());
    assert_eq!((found.hours_of(HourKind::Near), found.near_pairs), (0, 0));
    assert_eq!(found.hours_of(HourKind::Apart), found.hours.len());
    assert!(found.ratios().iter().all(|ratio| *ratio < 1.0), "the other direction is as ready: {:?}", found.ratios());
}

#[test]
fn a_finding_is_complete_in_both_directions_and_gives_no_ratio_without_a_validation() {
    let case = |second: Vec<Record>| Case {
        suspects: vec![Device::new("a", "s", day(0, 0.0)), Device::new("b", "s", second)],
        exhibits: Exhibits::dense(["e".to_owned()]),
        ..Case::default()
    };
    let ask = |second: Vec<Record>, params: &AttributionParams| {
        findings(&case(second), &ZoneRule::parse("Europe/London").unwrap(), params).remove(0)
    };
    let params = AttributionParams::default();
    let (together, apart, none) = (ask(day(1, 0.0), &params), ask(day(1, 40.0), &params), ask(Vec::new(), &params));
    assert_eq!([together.answer, apart.answer, none.answer], ["together", "apart", "no_data"]);
    let mut mixed = day(1, 0.0);
    mixed[100] = at(1_001, 300.0);
    assert_eq!(ask(mixed, &params).answer, "together_at_times");
    assert_eq!(ask(vec![at(1, 0.0)], &params).answer, "undecided");
    for finding in [&together, &apart, &none] {
        assert_eq!(finding.sensitivity.len(), 3);
        assert_eq!(crate::evaluate::words::refused(&finding.says), None);
        let ratio = finding.figures.iter().find(|figure| figure.name == "likelihood_ratio").unwrap();
        assert_eq!(ratio.value, Value::Absent);
    }
    assert!(together.fixes.iter().all(|fix| fix.part == "pair") && apart.fixes[0].part == "apart");
    let with = ask(day(1, 0.0), &validated());
    assert!(with.figures.iter().any(|f| f.name == "likelihood_ratio" && matches!(f.value, Value::Real(r) if r > 1.0)));
    // The order of arrival does not matter.
    let mut late = day(1, 0.0);
    late.reverse();
    assert_eq!(serde_json::to_string(&ask(late, &params)).unwrap(), serde_json::to_string(&together).unwrap());
}

fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("LOCARD_DATA").map_or_else(beside, PathBuf::from)
}

/// The phones of a file by owner and device, or `None` where the file is not.
fn phones(file: &str) -> Option<Vec<(String, Device)>> {
    let path = folder().join(file);
    if !path.is_file() {
        println!("skipped: {file} is not here (LOCARD_DATA names its folder)");
        return None;
    }
    let mut records: BTreeMap<(String, String), Vec<Record>> = BTreeMap::new();
    let mut rows = csv::Reader::from_path(path).unwrap();
    for (row, line) in (2..).zip(rows.records()) {
        let line = line.unwrap();
        let number = |at: usize| line[at].parse::<f64>().unwrap();
        let t_us = parse_iso(&line[3], None).unwrap().t0_us;
        let at = Record::at(t_us, number(5), number(4), 5_000.0);
        let origin = crate::encounter::Origin { exhibit: 0, row };
        let record = Record { source: SourceKind::Cell, origin, ..at };
        records.entry((line[1].to_owned(), line[2].to_owned())).or_default().push(record);
    }
    Some(records.into_iter().map(|((owner, name), of)| (owner, Device::new(name, "", of))).collect())
}

/// What was found for each two phones of different name, and whether they have one owner.
fn all_pairs(phones: &[(String, Device)], interval_us: i64) -> Vec<(bool, CoTravel)> {
    let params = AttributionParams { interval_us, ..validated() };
    let mut found = Vec::new();
    for (at, (owner, one)) in phones.iter().enumerate() {
        for (other_owner, other) in phones.iter().skip(at + 1) {
            found.push((owner == other_owner, co_travel(one, other, &ZoneRule::utc(), &params)));
        }
    }
    found
}

/// What is beside telcell's own figures: whole days, as it is told of by default.
fn tell_days(phones: &[(String, Device)]) -> f64 {
    let found = all_pairs(phones, 24 * HOUR_US);
    let [same, two] = [true, false].map(|same| misleading(&found, same));
    println!("by days: Cllr {:.3}; misleading {same:?} of one owner, {two:?} of two", cllr(&found));
    cllr(&found)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / n
}

/// How often a same-owner pair scores above a different-owner pair; ties are half.
fn area(found: &[(bool, CoTravel)], score: impl Fn(&CoTravel) -> f64) -> f64 {
    let of = |same: bool| found.iter().filter(move |(s, _)| *s == same).map(|(_, c)| score(c));
    mean(of(true).flat_map(|s| {
        of(false).map(move |d| {
            if s > d {
                1.0
            } else if s < d {
                0.0
            } else {
                0.5
            }
        })
    }))
}

/// The cost of the ratios of all hours (Brümmer and du Preez 2006): 0 is perfect, 1 is no better than saying nothing.
fn cllr(found: &[(bool, CoTravel)]) -> f64 {
    let ratios = |same: bool| found.iter().filter(move |(s, _)| *s == same).flat_map(|(_, c)| c.ratios());
    let cost = |x: f64| libm::log2(1.0 + x);
    f64::midpoint(mean(ratios(true).map(|r| cost(1.0 / r))), mean(ratios(false).map(cost)))
}

fn misleading(found: &[(bool, CoTravel)], same: bool) -> (usize, usize) {
    let ratios: Vec<f64> = found.iter().filter(|(s, _)| *s == same).flat_map(|(_, c)| c.ratios()).collect();
    (ratios.iter().filter(|r| if same { **r < 1.0 } else { **r > 1.0 }).count(), ratios.len())
}

fn log_mean(found: &CoTravel) -> f64 {
    let ratios = found.ratios();
    if ratios.is_empty() { 0.0 } else { mean(ratios.iter().map(|r| libm::log10(*r))) }
}

fn told(found: &[(bool, CoTravel)], same: bool) -> String {
    let of: Vec<&CoTravel> = found.iter().filter(|(s, _)| *s == same).map(|(_, c)| c).collect();
    let hours = |kind| of.iter().map(|c| c.hours_of(kind)).sum::<usize>();
    let mut medians: Vec<f64> = of.iter().map(|c| c.distances_m[2]).collect();
    medians.sort_unstable_by(f64::total_cmp);
    format!(
        "{} pairs of phones: {} records paired, {} near; hours near {}, apart {}, undecided {}; median distance {:.0} m \
         (of the pairs {:.0} to {:.0}); misleading hours {:?}",
        of.len(),
        of.iter().map(|c| c.pairs).sum::<usize>(),
        of.iter().map(|c| c.near_pairs).sum::<usize>(),
        hours(HourKind::Near),
        hours(HourKind::Apart),
        hours(HourKind::Undecided),
        medians[medians.len() / 2],
        medians[0],
        medians[medians.len() - 1],
        misleading(found, same),
    )
}

#[test]
fn phones_of_one_owner_and_of_two_separate() {
    let Some(phones) = phones("phones_measurements.csv") else { return };
    let found = all_pairs(&phones, HOUR_US);
    println!("same owner: {}", told(&found, true));
    println!("two owners: {}", told(&found, false));
    let (near, strong) = (area(&found, |c| -c.distances_m[2]), area(&found, log_mean));
    println!("area by median distance {near:.4}, by mean log ratio {strong:.4}, Cllr of hours {:.3}", cllr(&found));
    assert_eq!(found.iter().filter(|(same, _)| *same).count(), 10);
    assert!(near > 0.99 && strong > 0.99, "{near} {strong}");
    assert!(cllr(&found) < 0.7 && tell_days(&phones) < 0.7, "{}", cllr(&found));
    for (same, c) in &found {
        assert!(!same || c.hours_of(HourKind::Near) > c.hours_of(HourKind::Apart), "one owner, mostly apart");
    }
}

#[test]
fn the_three_phones_of_three_days() {
    let Some(phones) = phones("phones_three_days.csv") else { return };
    let found = all_pairs(&phones, HOUR_US);
    println!("same owner: {}", told(&found, true));
    println!("two owners: {}", told(&found, false));
    println!("Cllr of hours {:.3}", cllr(&found));
    assert_eq!(found.len(), 3);
    for (same, c) in &found {
        let (near, apart) = (c.hours_of(HourKind::Near), c.hours_of(HourKind::Apart));
        if *same {
            assert_eq!((apart, near), (0, c.hours.len()), "one carrier for three days");
            assert!(c.ratios()[0] > 10.0);
        } else {
            // The two owners did come near each other once: that hour is not hidden.
            assert!(near <= 1 && apart >= 70, "{near} near, {apart} apart");
        }
    }
}
