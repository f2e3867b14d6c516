//! Verdicts on cases small enough to be worked out by hand.

use super::*;
use crate::evaluate::Exhibits;
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::prism::ReachParams;
use crate::evaluate::words::refused;
use crate::model::{Grade, ProximityParams, SourceKind};

const H: i64 = 3_600_000_000;
const MIN: i64 = 60_000_000;
const PLACE: (f64, f64) = (51.5, -0.12);

fn incident(t0_us: i64, t1_us: i64) -> Allegation {
    Allegation { reference: "I1".into(), t0_us, t1_us, lat_deg: PLACE.0, lon_deg: PLACE.1, uncertainty_m: 0.0 }
}

/// A record so many kilometres north of the place.
fn north(t_us: i64, km: f64, u_m: f64) -> Record {
    Record::at(t_us, PLACE.0 + km / 111.24, PLACE.1, u_m)
}

fn ask(records: Vec<Record>, about: &Allegation) -> IncidentResult {
    judge(&Device::new("d", "s", records), about, &ProximityParams::default(), &ReachParams::default())
}

#[test]
fn one_fix_far_away_does_not_exclude_the_rest_of_a_long_window() {
    let r = ask(vec![north(10 * H, 5.0, 10.0)], &incident(9 * H, 11 * H));
    assert_eq!((r.answer, r.basis), (Answer::Consistent, Basis::Reachable));
    let walk = &r.modes[0];
    assert_eq!(walk.spans.len(), 2, "an hour before and an hour after, less the 40 minutes on foot");
    assert!(!r.bounded_after || !r.bounded_before || walk.reachable);
    assert_eq!(r.sensitivity.iter().filter(|v| v.answer == "excludes").count(), 0);
}

#[test]
fn fixes_far_away_throughout_exclude_and_say_the_speed_that_would_do() {
    let records: Vec<Record> = (0..=30).map(|n| north(9 * H + n * 5 * MIN, 20.0, 10.0)).collect();
    let r = ask(records, &incident(9 * H + 30 * MIN, 10 * H));
    assert_eq!((r.answer, r.basis), (Answer::Excludes, Basis::Unreachable));
    assert!(r.bounded_before && r.bounded_after && !r.contradicted);
    // There and back within five minutes: (2 * 20 km - 2 * 100 m - the radii) / 300 s.
    assert!((132.0..133.0).contains(&r.break_even_m_s), "{}", r.break_even_m_s);
    assert!(r.modes.iter().all(|m| !m.reachable && m.longest_us().is_none()));
    let n = r.nearest.unwrap();
    assert!((19_900.0..20_100.0).contains(&n.distance_m) && n.least_m < n.distance_m && n.distance_m < n.greatest_m);
    assert!(r.sensitivity.len() >= 12 && r.sensitivity.iter().all(|v| v.answer == "excludes"));
}

#[test]
fn a_fix_in_the_window_is_graded_as_a_proximity_is() {
    let at = |km: f64, u_m: f64| ask(vec![north(9 * H, km, u_m)], &incident(9 * H, 10 * H));
    assert_eq!(at(0.05, 10.0).basis, Basis::Record(Grade::Definite));
    assert_eq!(at(0.08, 50.0).answer, Answer::PlacesDeviceThere);
    assert_eq!(at(0.15, 100.0).basis, Basis::Record(Grade::Possible));
    assert_eq!(at(0.15, 100.0).answer, Answer::Consistent);
    assert_eq!(at(0.30, 10.0).basis, Basis::Reachable);
    // Within the time tolerance of two minutes, and beyond it.
    assert_eq!(
        ask(vec![north(9 * H - 2 * MIN, 0.05, 10.0)], &incident(9 * H, 10 * H)).basis,
        Basis::Record(Grade::Definite)
    );
    assert_eq!(ask(vec![north(9 * H - 2 * MIN - 1, 0.05, 10.0)], &incident(9 * H, 10 * H)).basis, Basis::Reachable);
}

#[test]
fn a_mast_beside_the_place_does_not_put_the_device_there() {
    let mast = |u_m: f64| Record { source: SourceKind::Cell, ..north(9 * H, 0.02, u_m) };
    let r = ask(vec![mast(1_500.0)], &incident(9 * H, 10 * H));
    assert_eq!((r.answer, r.basis), (Answer::Consistent, Basis::Record(Grade::Probable)));
    // And one that states no range bounds within 20 km, not within nothing.
    assert_eq!(
        ask(vec![Record { source: SourceKind::Cell, ..north(9 * H, 15.0, 0.0) }], &incident(9 * H, 9 * H)).answer,
        Answer::Consistent
    );
    assert_eq!(
        ask(vec![Record { source: SourceKind::Cell, ..north(9 * H, 90.0, 0.0) }], &incident(9 * H, 9 * H)).answer,
        Answer::Excludes
    );
}

#[test]
fn silence_is_no_data_and_one_side_is_said_to_be_one() {
    assert_eq!(ask(vec![], &incident(9 * H, 10 * H)).answer, Answer::NoData);
    assert_eq!(ask(vec![north(9 * H - 13 * H, 1.0, 5.0)], &incident(9 * H, 10 * H)).answer, Answer::NoData);
    let before = ask(vec![north(8 * H, 300.0, 5.0)], &incident(9 * H, 9 * H));
    assert_eq!(before.answer, Answer::Excludes, "300 km in an hour and two minutes");
    assert!(before.bounded_before && !before.bounded_after);
    let after = ask(vec![north(10 * H, 100.0, 5.0)], &incident(9 * H, 9 * H));
    assert_eq!(after.answer, Answer::Consistent);
    assert!(!after.bounded_before && after.bounded_after);
}

#[test]
fn a_train_that_passes_is_not_excluded_by_the_speed_of_cars() {
    // 66 km in 20 minutes is 55 m/s, and the place lies on the way.
    let r = ask(
        vec![north(9 * H, -33.0, 10.0), north(9 * H + 20 * MIN, 33.0, 10.0)],
        &incident(9 * H + 10 * MIN, 9 * H + 10 * MIN),
    );
    assert_eq!((r.answer, r.basis), (Answer::Consistent, Basis::OwnSpeed));
    assert!(r.break_even_m_s > 40.0 && r.modes.iter().all(|m| !m.reachable));
}

#[test]
fn records_that_cannot_all_hold_are_said_to_contradict() {
    let r = ask(vec![north(9 * H, 0.01, 10.0), north(9 * H, 50.0, 10.0)], &incident(9 * H, 9 * H));
    assert_eq!(r.answer, Answer::PlacesDeviceThere);
    assert!(r.contradicted);
}

fn case(reverse: bool) -> Case {
    let mut records: Vec<Record> = (0..200_i32)
        .map(|n| Record {
            source: if n % 7 == 0 { SourceKind::Cell } else { SourceKind::Gps },
            ..north(i64::from(n) * 3 * MIN, f64::from((n * 37) % 50) / 2.0, f64::from(n % 5) * 400.0)
        })
        .collect();
    if reverse {
        records.reverse();
        records.swap(3, 90);
    }
    Case {
        suspects: vec![Device::new("d1", "s", records), Device::new("d2", "s", vec![])],
        incidents: (0..8_i64).map(|n| incident(n * H, n * H + 20 * MIN)).collect(),
        exhibits: Exhibits::dense(["ab".to_owned()]),
        ..Case::default()
    }
}

#[test]
fn findings_do_not_depend_on_the_order_of_arrival_and_say_only_what_may_be_said() {
    let text = |case: &Case| serde_json::to_string(&findings(case, &ReachParams::default())).unwrap();
    assert_eq!(text(&case(false)), text(&case(true)));
    let found = findings(&case(false), &ReachParams::default());
    assert_eq!(found.len(), 16);
    for f in &found {
        let sentences = [f.question.as_str(), f.says.as_str()];
        for text in sentences.into_iter().chain(f.alternatives.iter().copied()).chain(f.limits.iter().copied()) {
            assert_eq!(refused(text), None, "{text}");
        }
        assert!(!f.alternatives.is_empty() && !f.limits.is_empty() && !f.parameters.is_empty());
        assert_eq!(f.fixes.is_empty(), f.answer == "no_data", "{f:?}");
    }
    let kinds: std::collections::BTreeSet<&str> = found.iter().map(|f| f.answer).collect();
    assert!(kinds.contains("excludes") && kinds.contains("consistent") && kinds.contains("no_data"), "{kinds:?}");
}

#[test]
fn windows_and_positions_that_make_no_sense_exclude_nothing() {
    let far: Vec<Record> = (0..=30).map(|n| north(9 * H + n * 5 * MIN, 20.0, 10.0)).collect();
    assert_eq!(
        ask(far.clone(), &incident(10 * H, 9 * H + 30 * MIN)).answer,
        Answer::Excludes,
        "backwards, and a window"
    );
    let nowhere = Allegation { lat_deg: f64::NAN, ..incident(9 * H, 10 * H) };
    assert_eq!(ask(far.clone(), &nowhere).answer, Answer::Consistent);
    let negative = ProximityParams { window_us: -H, ..ProximityParams::default() };
    let near = Device::new("d", "s", vec![north(9 * H, 0.3, 10.0)]);
    assert_eq!(judge(&near, &incident(9 * H, 9 * H), &negative, &ReachParams::default()).answer, Answer::Excludes);
    assert_eq!(
        judge(&near, &incident(9 * H, 9 * H + MIN), &negative, &ReachParams::default()).answer,
        Answer::Consistent
    );
    let wild = vec![
        Record { uncertainty_m: f64::NAN, ..north(i64::MIN, 0.0, 0.0) },
        Record { confidence: f64::NAN, ..north(9 * H, 500.0, 10.0) },
        Record { lat_deg: 95.0, ..north(9 * H, 0.0, 10.0) },
        Record { t0_us: i64::MIN, ..north(i64::MAX, 0.0, 10.0) },
    ];
    for about in [incident(9 * H, 9 * H), incident(i64::MIN, i64::MAX), incident(i64::MAX, i64::MAX)] {
        assert_ne!(ask(wild.clone(), &about).answer, Answer::Excludes, "what cannot be read excludes nothing");
    }
}

#[test]
fn a_record_that_does_not_bear_on_an_incident_changes_nothing() {
    let about = incident(40 * H, 41 * H);
    let (params, reach) = (ProximityParams::default(), ReachParams::default());
    let records: Vec<Record> = (0..90).map(|n| north(n * H, 3.0, 10.0)).collect();
    let answer = |records: Vec<Record>| judge(&Device::new("d", "s", records), &about, &params, &reach);
    let (mut idle, mut telling) = (0, 0);
    for n in 0..90 {
        let mut without = records.clone();
        let left_out = without.remove(n);
        if bears_on(&left_out, &about, &params, &reach) {
            telling += usize::from(answer(without) != answer(records.clone()));
        } else {
            assert_eq!(answer(without), answer(records.clone()), "hour {n}");
            idle += 1;
        }
    }
    assert!(idle > 60 && telling > 0, "{idle} {telling}");
}
