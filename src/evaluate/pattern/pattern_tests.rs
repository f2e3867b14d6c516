use proptest::prelude::*;

use super::super::words::refused;
use super::super::{Allegation, Case, Device, Record, Recorded, Value, VictimPlace};
use super::*;
use crate::time::{US_PER_S, parse_utc};

const HOUR_US: i64 = 3_600 * US_PER_S;
const DAY_US: i64 = 24 * HOUR_US;

fn seen(kind: Kind, about: &str, from: &str, minutes: i64) -> Appearance {
    let t0_us = parse_utc(from).unwrap();
    Appearance { t0_us, t1_us: t0_us + minutes * 60 * US_PER_S, kind, device: "phone".into(), about: about.into() }
}

/// A week by hand: two encounters and a stay on one evening are one occasion; a pass the next morning another; an encounter
/// that the car shows as well as the phone a third.
fn a_week() -> Vec<Appearance> {
    let at_gym = seen(Kind::Encounter, "her phone", "2025-11-06T18:00:00Z", 20);
    vec![
        seen(Kind::Encounter, "her phone", "2025-11-03T20:00:00Z", 10),
        seen(Kind::Stay, "home", "2025-11-03T20:30:00Z", 60),
        seen(Kind::Encounter, "her phone", "2025-11-03T22:30:00Z", 5),
        seen(Kind::Pass, "work", "2025-11-04T08:00:00Z", 1),
        Appearance { device: "car".into(), ..at_gym.clone() },
        at_gym,
    ]
}

/// A phone observed every ten minutes from one Monday, for so many days.
fn observed_phone(days: i64) -> Device {
    let start = parse_utc("2025-11-03T00:00:00Z").unwrap();
    Device::new("phone", "", (0..=days * 144).map(|n| Record::at(start + n * 600 * US_PER_S, 51.0, 0.0, 5.0)).collect())
}

fn case(days: i64) -> Case {
    Case { suspects: vec![observed_phone(days)], ..Case::default() }
}

#[test]
fn occasions_days_and_places_are_those_counted_by_hand() {
    let found = occasions(&a_week(), HOUR_US);
    let counted: Vec<_> =
        found.iter().map(|o| (o.appearances, o.devices.len(), o.places.len(), o.others.len())).collect();
    assert_eq!(counted, [(3, 1, 1, 1), (1, 1, 1, 0), (2, 2, 0, 1)]);
    assert_eq!((found[0].t1_us - found[0].t0_us) / HOUR_US, 2);
    assert_eq!(found[0].kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>(), ["encounter", "stay"]);
    let findings = pattern_findings(&case(7), &a_week(), &PatternParams::default());
    assert_eq!(findings[0].answer, "two_or_more_occasions");
    assert_eq!(
        findings[0].says,
        "The records show 3 separate occasions on 3 days, near 2 of the victim's places and on 2 occasions near her device \
         (6 encounters and visits in all; those less than 60 minutes apart are one occasion)."
    );
    let figure = |name: &str| findings[0].figures.iter().find(|f| f.name == name).unwrap().value.clone();
    assert_eq!(
        (figure("occasions"), figure("days"), figure("places")),
        (Value::Count(3), Value::Count(3), Value::Count(2))
    );
    assert_eq!(
        (figure("occasions_20h"), figure("occasions_22h"), figure("occasions_09h")),
        (Value::Count(1), Value::Count(1), Value::Count(0))
    );
    assert_eq!(figure("observed_h"), Value::Real(168.0));
    // With a gap of ten minutes the evening falls apart; with a day the morning after belongs to it.
    let varied: Vec<_> = findings[0].sensitivity.iter().map(|v| v.figure.value.clone()).collect();
    assert_eq!(varied, [5, 3, 2, 2].map(Value::Count));
}

#[test]
fn one_and_none_and_nothing_known_are_told_apart() {
    let answers = |case: &Case, appearances: &[Appearance]| {
        let findings = pattern_findings(case, appearances, &PatternParams::default());
        for finding in &findings {
            assert_eq!(refused(&finding.says), None);
            assert!(!finding.says.contains('{'), "{}", finding.says);
        }
        [findings[0].answer, findings[1].answer]
    };
    assert_eq!(answers(&case(7), &a_week()[..1]), ["one_occasion", "too_few"]);
    assert_eq!(answers(&case(7), &[]), ["no_occasion", "too_few"]);
    assert_eq!(answers(&Case::default(), &[]), ["no_data", "not_observed"]);
}

/// Encounters so many days after the first Monday, at noon.
fn at_days(days: &[i64]) -> Vec<Appearance> {
    let first = seen(Kind::Encounter, "her phone", "2025-11-03T12:00:00Z", 5);
    days.iter()
        .map(|d| Appearance { t0_us: first.t0_us + d * DAY_US, t1_us: first.t1_us + d * DAY_US, ..first.clone() })
        .collect()
}

#[test]
fn a_rate_rises_falls_or_cannot_be_told() {
    // 28 days observed throughout: 1 against 9 of 10 has p = 2 (1 + 10) / 1024 = 0.0215.
    let findings =
        pattern_findings(&case(28), &at_days(&[3, 15, 16, 17, 18, 20, 22, 23, 25, 27]), &PatternParams::default());
    let trend = &findings[1];
    assert_eq!(trend.answer, "rising");
    let p = trend.figures.iter().find(|f| f.name == "p").unwrap();
    assert!(matches!(p.value, Value::Real(p) if (p - 22.0 / 1_024.0).abs() < 1e-9), "{p:?}");
    assert!(trend.says.contains("in 22 of 1,000 cases"), "{}", trend.says);
    let word = |days: &[i64]| pattern_findings(&case(28), &at_days(days), &PatternParams::default())[1].answer;
    assert_eq!(word(&[0, 1, 2, 3, 4, 5, 6, 8, 9, 27]), "falling");
    assert_eq!(word(&[0, 3, 9, 11, 16, 20, 22, 27]), "no_trend");
    assert_eq!(word(&[20, 21, 22, 23, 24]), "too_few");
}

#[test]
fn a_rate_is_weighed_against_the_hours_observed() {
    // Ten occasions, one before and nine after the middle; but the phone was observed for 1 day before and 9 after.
    let phone = observed_phone(28);
    let kept = |r: &&Record| {
        let day = (r.t0_us - parse_utc("2025-11-03T00:00:00Z").unwrap()) / DAY_US;
        day < 1 || (19..28).contains(&day)
    };
    let sparse = Device::new("phone", "", phone.records().iter().filter(kept).copied().collect());
    let case = Case { suspects: vec![sparse], ..Case::default() };
    let found = pattern_findings(&case, &at_days(&[0, 19, 20, 21, 22, 23, 24, 25, 26, 27]), &PatternParams::default());
    assert_eq!(found[1].answer, "no_trend");
    let weeks = weeks(
        &occasions(&at_days(&[0, 19, 20]), HOUR_US),
        &[(parse_utc("2025-11-03T00:00:00Z").unwrap(), parse_utc("2025-11-24T00:00:00Z").unwrap())],
    );
    let counted: Vec<_> = weeks.iter().map(|w| (w.occasions, w.observed_us / DAY_US)).collect();
    assert_eq!(counted, [(1, 7), (0, 7), (2, 7), (0, 0)]);
}

#[test]
fn reports_appearances_moves_and_custody_stand_on_one_axis() {
    let us = |text| parse_utc(text).unwrap();
    let case = Case {
        reports_us: vec![us("2025-11-05T09:00:00Z")],
        incidents: vec![Allegation {
            reference: "CR/1".into(),
            t0_us: us("2025-11-03T20:00:00Z"),
            t1_us: us("2025-11-03T21:00:00Z"),
            lat_deg: 51.0,
            lon_deg: 0.0,
            uncertainty_m: 0.0,
        }],
        places: vec![VictimPlace {
            name: "home <new>".into(),
            lat_deg: 51.0,
            lon_deg: 0.0,
            radius_m: 50.0,
            from_us: Some(us("2025-11-01T00:00:00Z")),
            to_us: None,
        }],
        recorded: vec![Recorded { at_us: us("2025-11-05T09:30:00Z"), reference: "CR/1".into() }],
        custody: vec![CustodyMoment::from(&crate::model::CustodyStep::Reviewed { at_us: us("2025-11-07T03:00:00Z") })],
        ..Case::default()
    };
    let rows = timeline(&case, &a_week());
    let lanes: Vec<&str> = rows.iter().map(|row| row.lane.as_str()).collect();
    let expected = [
        "move",
        "encounter",
        "allegation",
        "visit",
        "encounter",
        "visit",
        "report",
        "report",
        "encounter",
        "encounter",
        "custody",
    ];
    assert_eq!(lanes, expected);
    assert_eq!(rows[10].kind, "custody_reviewed");
    let mut turned = a_week();
    turned.reverse();
    assert_eq!(timeline(&case, &turned), rows);
    let svg = timeline_svg(&rows, (900, 300)).unwrap();
    assert_eq!(svg, timeline_svg(&rows, (900, 300)).unwrap());
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(
        svg.matches("<circle").count() + svg.matches("<rect").count(),
        rows.len() + 1,
        "one mark each, and the ground"
    );
    for text in ["report", "custody", "UTC", "2025-11-01"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains("home"), "no names are drawn");
}

#[test]
fn a_drawing_needs_room_and_stands_odd_times() {
    assert_eq!(timeline_svg(&[], (10, 10)), Err(DrawError::TooSmall { width_px: 10, height_px: 10 }));
    assert!(timeline_svg(&[], (400, 200)).unwrap().contains("<svg"));
    let odd = |t0_us, t1_us| TimelineRow {
        t0_us,
        t1_us,
        lane: Lane::Visit,
        kind: "stay",
        device: String::new(),
        about: String::new(),
    };
    assert!(timeline_svg(&[odd(i64::MIN, i64::MAX), odd(0, 0)], (400, 200)).unwrap().contains("<rect"));
}

proptest! {
    #[test]
    fn occasions_are_maximal_runs_in_any_order(
        raw in prop::collection::vec((0_i64..500, 0_i64..30, 0..3_usize), 0..25), gap in 0_i64..40, by in 0..25_usize) {
        let kinds = [Kind::Encounter, Kind::Stay, Kind::Pass];
        let mut all: Vec<Appearance> = raw
            .iter()
            .map(|&(t, l, k)| Appearance { t0_us: t, t1_us: t + l, kind: kinds[k], device: "d".into(), about: "a".into() })
            .collect();
        let found = occasions(&all, gap);
        // By unit of time: within reach of one and the same run.
        for pair in found.windows(2) {
            prop_assert!(pair[1].t0_us - pair[0].t1_us > gap);
        }
        for a in &all {
            let own = found.iter().filter(|o| o.t0_us <= a.t0_us && a.t1_us <= o.t1_us).count();
            prop_assert_eq!(own, 1);
        }
        for o in &found {
            let covered = |us: i64| all.iter().any(|a| a.t0_us <= us && us <= a.t1_us + gap);
            prop_assert!((o.t0_us..=o.t1_us).all(covered), "{:?} has a hole", o);
        }
        let distinct: std::collections::BTreeSet<_> = all.iter().cloned().collect();
        prop_assert_eq!(found.iter().map(|o| o.appearances).sum::<usize>(), distinct.len());
        let turn = by.min(all.len());
        all.rotate_left(turn);
        prop_assert_eq!(occasions(&all, gap), found);
    }
}
