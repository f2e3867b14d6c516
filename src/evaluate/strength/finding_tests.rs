//! What is stated, what is refused, and that neither hangs on the order of arrival.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use super::*;
use crate::evaluate::Exhibits;
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::finding::{Class, Finding, Value};
use crate::evaluate::validation::{Calibration, DataType, Validation};
use crate::evaluate::words::refused;
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule};

use super::worlds::{data_type, offset, validation_of};

const HOME: (f64, f64) = (51.5, -0.1);
/// Monday 2025-01-06 18:00 UTC.
const MONDAY_US: i64 = 1_736_186_400 * US_PER_S;
const DAY_US: i64 = 86_400 * US_PER_S;

fn validation() -> Validation {
    validation_of(&Prior::default())
}

/// Twenty weekdays at home at six in the evening, and the Monday in question somewhere.
fn records(at_question: (f64, f64)) -> Vec<Record> {
    let day = |d: i64| (0..14).map(move |n| (MONDAY_US + d * DAY_US + n * 600 * US_PER_S, HOME));
    let mut all: Vec<(i64, (f64, f64))> = (1..29).filter(|d| d % 7 < 5).flat_map(day).collect();
    all.push((MONDAY_US, at_question));
    let record = |((t, at), row): ((i64, (f64, f64)), u64)| {
        let mut record = Record::at(t, at.0, at.1, 15.0);
        record.origin.row = row;
        record
    };
    all.into_iter().zip(1..).map(record).collect()
}

fn case(records: Vec<Record>, alleged: (f64, f64), length_us: i64) -> Case {
    Case {
        suspects: vec![Device::new("phone", "suspect", records)],
        incidents: vec![Allegation {
            reference: "incident 1".to_owned(),
            t0_us: MONDAY_US,
            t1_us: MONDAY_US + length_us,
            lat_deg: alleged.0,
            lon_deg: alleged.1,
            uncertainty_m: 0.0,
        }],
        exhibits: Exhibits::dense(["aa".to_owned()]),
        ..Case::default()
    }
}

fn evaluated(case: &Case, validation: Option<&Validation>, prior: &Prior) -> Vec<Finding> {
    let zone = ZoneRule::parse("Europe/London").unwrap();
    findings(case, &Settings { prior, zone: &zone, validation, scale: &ENFSI_2015 })
}

fn one(case: &Case, validation: Option<&Validation>) -> Finding {
    let mut found = evaluated(case, validation, &Prior::default());
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn figure<'a>(finding: &'a Finding, name: &str) -> &'a Value {
    &finding.figures.iter().find(|f| f.name == name).unwrap().value
}

fn real(finding: &Finding, name: &str) -> f64 {
    match figure(finding, name) {
        Value::Real(x) => *x,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn both_directions_are_stated_in_the_same_words() {
    let scene = offset(HOME, 3_000.0, 0.0);
    let (file, there, home) = (validation(), offset(scene, 30.0, 0.0), offset(HOME, 5.0, 0.0));
    let near = one(&case(records(there), scene, 0), Some(&file));
    let routine = one(&case(records(home), scene, 0), Some(&file));
    assert_eq!((near.answer, routine.answer), (MORE_LIKELY_NEAR, MORE_LIKELY_ROUTINE));
    // Held at the bounds 10^2.3 and 10^-2: a ratio and its reciprocal.
    assert!((real(&near, "likelihood_ratio") - 199.5).abs() < 0.1, "{near:?}");
    assert!((real(&routine, "reciprocal") - 100.0).abs() < 1e-9);
    assert!(
        near.says.starts_with("The records are 190 times more likely if the device was within 100 m"),
        "{}",
        near.says
    );
    assert!(
        routine.says.starts_with("The records are 100 times more likely if the device kept to"),
        "{}",
        routine.says
    );
    assert!(near.says.contains("ENFSI 2015 this is moderately strong support for the first"), "{}", near.says);
    assert!(routine.says.contains("this is moderate support for the second"), "{}", routine.says);
    for finding in [&near, &routine] {
        assert_eq!(finding.class, Class::Evaluation);
        assert_eq!(figure(finding, "held_at_bound"), &Value::Flag(true));
        assert_eq!(figure(finding, "routine_days"), &Value::Count(20));
        assert_eq!(finding.fixes.len(), 1);
        assert_eq!((finding.fixes[0].row, finding.fixes[0].exhibit.as_str()), (281, "aa"));
        assert!(finding.sensitivity.len() >= 5);
        let said = finding.alternatives.iter().chain(&finding.limits).copied();
        for text in said.chain([finding.says.as_str(), finding.question.as_str()]) {
            assert_eq!(refused(text), None, "{text}");
        }
    }
}

#[test]
fn a_target_next_door_to_the_routine_supports_neither() {
    let next_door = offset(HOME, 60.0, 0.0);
    let finding = one(&case(records(offset(HOME, 55.0, 0.0)), next_door, 0), Some(&validation()));
    assert!(real(&finding, "log10_likelihood_ratio").abs() < 1.0, "{}", finding.says);
    let exactly = |x: f64| {
        let prior = Prior::default();
        let mut file = validation();
        let shift = -real(&finding, "log10_computed") * std::f64::consts::LN_10 + x;
        file.data_types[0] = DataType {
            calibration: Calibration { intercept_ln: shift, ..Calibration::NONE },
            ..data_type("gps", &prior)
        };
        one(&case(records(offset(HOME, 55.0, 0.0)), next_door, 0), Some(&file)).answer
    };
    assert_eq!((exactly(0.0), exactly(0.04), exactly(-0.04)), (NEITHER, NEITHER, NEITHER));
    assert_eq!((exactly(0.2), exactly(-0.2)), (MORE_LIKELY_NEAR, MORE_LIKELY_ROUTINE));
}

#[test]
fn an_open_time_costs_what_it_allows() {
    let scene = offset(HOME, 3_000.0, 0.0);
    let ratio = |length_us: i64| {
        let mut all = records(scene);
        // Two hours of records at home after the one at the scene.
        all.extend((1..12).map(|n| Record::at(MONDAY_US + n * 600 * US_PER_S, HOME.0, HOME.1, 15.0)));
        let finding = one(&case(all, scene, length_us), Some(&validation()));
        let used = figure(&finding, "records_used").clone();
        (real(&finding, "log10_computed"), used)
    };
    let (alone, among) = (ratio(0), ratio(110 * 60 * US_PER_S));
    assert_eq!((alone.1, among.1), (Value::Count(1), Value::Count(12)));
    assert!((alone.0 - among.0 - f64::log10(12.0)).abs() < 0.01, "{} {}", alone.0, among.0);
}

#[test]
fn without_a_validation_that_covers_it_no_ratio_is_shown() {
    let scene = offset(HOME, 3_000.0, 0.0);
    let usual = case(records(scene), scene, 0);
    let assert_refused = |finding: &Finding, why: &str| {
        assert_eq!(finding.answer, REFUSED);
        assert_eq!(finding.class, Class::Fact);
        assert!(finding.figures.is_empty() && finding.sensitivity.is_empty(), "{finding:?}");
        assert!(finding.says.contains(why), "{}", finding.says);
        assert_eq!(refused(&finding.says), None);
    };
    assert_refused(&one(&usual, None), "no validation was supplied that covers gps");
    let only_cells = Validation { data_types: vec![data_type("cell", &Prior::default())], ..validation() };
    assert_refused(&one(&usual, Some(&only_cells)), "no validation was supplied that covers gps");
    let mut wide = usual.clone();
    wide.params.radius_m = 300.0;
    assert_refused(&one(&wide, Some(&validation())), "does not cover a radius of 300 m");
    let with = |change: fn(&mut Record)| {
        let mut all = records(scene);
        all.iter_mut().filter(|r| r.t0_us == MONDAY_US).for_each(change);
        case(all, scene, 0)
    };
    assert_refused(&one(&with(|r| r.uncertainty_m = 900.0), Some(&validation())), "a standard deviation of 596.2 m");
    assert_refused(&one(&with(|r| r.uncertainty_m = 0.0), Some(&validation())), "states how uncertain");
    assert_refused(&one(&with(|r| r.source = SourceKind::Anpr), Some(&validation())), "there is no model");
    let few: Vec<Record> = records(scene).into_iter().filter(|r| r.t0_us < MONDAY_US + 5 * DAY_US).collect();
    assert_refused(&one(&case(few, scene, 0), Some(&validation())), "fewer than 5 other days");
    let other = Prior { floor_m: 30.0, ..Prior::default() };
    let found = evaluated(&usual, Some(&validation()), &other);
    assert_refused(&found[0], "made with other assumptions");
    let mut useless = validation();
    useless.data_types[0].cllr.value = 1.02;
    assert_refused(&one(&usual, Some(&useless)), "not shown to tell more than saying nothing");
}

#[test]
fn nothing_recorded_is_not_an_answer() {
    let scene = offset(HOME, 3_000.0, 0.0);
    let all: Vec<Record> = records(scene).into_iter().filter(|r| r.t0_us != MONDAY_US).collect();
    let finding = one(&case(all, scene, 0), Some(&validation()));
    assert_eq!((finding.answer, finding.class), (NO_DATA, Class::Fact));
    assert_eq!(refused(&finding.says), None);
}

#[test]
fn a_cell_is_weighed_with_its_direction_and_says_so_where_there_is_none() {
    let mast = offset(HOME, 2_500.0, 0.0);
    let scene = offset(mast, 500.0, 0.0);
    let with = |azimuth_deg: Option<f64>| {
        let mut all = records(mast);
        all.iter_mut().filter(|r| r.t0_us == MONDAY_US).for_each(|r| {
            *r = Record { source: SourceKind::Cell, uncertainty_m: 0.0, azimuth_deg, ..*r };
        });
        let found = evaluated(&case(all, scene, 0), Some(&validation()), &Prior::default());
        (real(&found[0], "log10_computed"), found[0].clone())
    };
    let (towards, finding) = with(Some(90.0));
    let (away, _) = with(Some(270.0));
    let (unknown, without) = with(None);
    assert!(towards > unknown && unknown > away, "{towards} {unknown} {away}");
    assert!(!finding.limits.iter().any(|l| l.contains("no direction")));
    assert!(without.limits.iter().any(|l| l.contains("no direction")));
    assert!(finding.sensitivity.iter().any(|v| v.changed.name == "beam_deg"));
    assert!(finding.sensitivity.iter().any(|v| v.changed.name == "environment"));
}

#[test]
fn the_findings_are_those_of_the_set_of_records() {
    let scene = offset(HOME, 400.0, 0.0);
    let mut all = records(offset(scene, 80.0, 20.0));
    let text = |all: &[Record]| {
        let found = evaluated(&case(all.to_vec(), scene, 3_600 * US_PER_S), Some(&validation()), &Prior::default());
        serde_json::to_string(&found).unwrap()
    };
    let first = text(&all);
    all.reverse();
    assert_eq!(text(&all), first);
    let middle = all.len() / 3;
    all.rotate_left(middle);
    all.swap(2, 40);
    assert_eq!(text(&all), first);
}

#[test]
fn the_example_of_the_documentation_is_read_and_carries_a_ratio() {
    let example = Validation::parse(include_str!("../../../docs/validation/example.toml")).unwrap();
    let scene = offset(HOME, 3_000.0, 0.0);
    let finding = one(&case(records(offset(scene, 30.0, 0.0)), scene, 0), Some(&example));
    assert_eq!(finding.answer, MORE_LIKELY_NEAR, "{}", finding.says);
    assert!(finding.figures.iter().any(|f| f.value == Value::Word(example.data_types[0].made_from.clone())));
}

#[test]
fn times_and_places_that_cannot_be_are_answered_without_a_fall() {
    let scene = offset(HOME, 3_000.0, 0.0);
    let usual = case(records(scene), scene, 0);
    for (t0_us, t1_us) in
        [(i64::MIN, i64::MAX), (MONDAY_US, MONDAY_US - DAY_US), (i64::MAX, i64::MIN), (i64::MIN, i64::MIN)]
    {
        let mut odd = usual.clone();
        (odd.incidents[0].t0_us, odd.incidents[0].t1_us) = (t0_us, t1_us);
        let found = evaluated(&odd, Some(&validation()), &Prior::default());
        assert_eq!(found.len(), 1, "{t0_us} {t1_us}");
    }
    let mut odd = usual.clone();
    odd.suspects[0] = Device::new("phone", "suspect", {
        let mut all = records(scene);
        all.extend(
            [(i64::MIN, 51.0), (i64::MAX, 51.0), (MONDAY_US, 90.0), (MONDAY_US + 1, f64::NAN)]
                .map(|(t, lat)| Record::at(t, lat, 0.0, 15.0)),
        );
        // Two of one hour that are nowhere on Earth: what they sum up to is more than a place's could be.
        all.extend([2, 3].map(|n| Record::at(MONDAY_US + n, 1e300, 0.0, 15.0)));
        all
    });
    (odd.incidents[0].t0_us, odd.incidents[0].t1_us) = (i64::MIN, i64::MAX);
    odd.params.radius_m = 0.0;
    let found = evaluated(&odd, Some(&validation()), &Prior::default());
    assert!(found.iter().all(|f| f.answer == REFUSED), "{found:?}");
}
