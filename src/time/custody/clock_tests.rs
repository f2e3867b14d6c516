use proptest::prelude::*;

use super::*;
use crate::model::{CaseChange, CaseEvent, CaseState, CustodyChange, CustodyStep};
use crate::time::parse_iso;

const H: i64 = 3_600_000_000;
const MIN: i64 = 60_000_000;

fn pace() -> CustodyRules {
    CustodyRules::pace().unwrap()
}

fn at(text: &str) -> i64 {
    parse_iso(text, None).unwrap().t0_us
}

fn started(relevant_us: i64) -> CustodyStep {
    CustodyStep::Started { relevant_us, authorised_us: Some(relevant_us), indictable: true }
}

fn summary_only(relevant_us: i64) -> CustodyStep {
    CustodyStep::Started { relevant_us, authorised_us: None, indictable: false }
}

fn paused(at_us: i64) -> CustodyStep {
    CustodyStep::Paused { at_us }
}

fn resumed(at_us: i64) -> CustodyStep {
    CustodyStep::Resumed { at_us }
}

fn warrant(at_us: i64, hours: i64) -> CustodyStep {
    CustodyStep::WarrantIssued { at_us, length_us: hours * H }
}

fn clock(steps: &[CustodyStep]) -> CustodyClock {
    CustodyClock::of(steps, &pace()).unwrap()
}

/// The ceiling in force: its rule and hours after the relevant time, which is 0 in most tests.
fn ceiling(steps: &[CustodyStep]) -> (CeilingKind, i64) {
    let c = clock(steps).ceiling;
    assert_eq!(c.limit.end_us % MIN, 0);
    (c.kind, c.limit.end_us / MIN)
}

fn remarks(steps: &[CustodyStep]) -> Vec<(usize, RemarkKind)> {
    clock(steps).remarks.into_iter().map(|r| (r.step, r.kind)).collect()
}

fn shown(steps: &[CustodyStep], now_us: i64) -> Vec<String> {
    let lines = clock(steps).shown(&pace(), now_us);
    lines.into_iter().map(|l| format!("{} | {} | {}", l.label, l.local, l.left)).collect()
}

#[test]
fn the_night_the_clocks_go_forward_shortens_nothing() {
    // Arrested 23:40; at the station, which is the relevant time, 23:55; detention authorised at 00:10.
    let authorised_us = Some(at("2026-03-29T00:10:00Z"));
    let start = CustodyStep::Started { relevant_us: at("2026-03-28T23:55:00Z"), authorised_us, indictable: true };
    let steps = [start, CustodyStep::Extended { at_us: at("2026-03-29T20:00:00+01:00") }];
    assert_eq!(
        shown(&steps[..1], at("2026-03-29T02:00:00+01:00")),
        [
            "ceiling: detention without further authority | 2026-03-30 00:55:00 BST | 22:55:00 left",
            "absolute limit | 2026-04-02 00:55:00 BST | 3 d 22:55:00 left",
            "next review | 2026-03-29 07:10:00 BST | 05:10:00 left",
        ]
    );
    let end = "ceiling: superintendent's extension | 2026-03-30 12:55:00 BST | 00:00 left";
    assert_eq!(shown(&steps, at("2026-03-30T11:55:00Z"))[0], end);
}

#[test]
fn the_night_the_clocks_go_back_lengthens_nothing() {
    let zero = at("2026-10-24T23:00:00+01:00");
    let mut steps = vec![started(zero)];
    let local = |steps: &[CustodyStep]| clock(steps).shown(&pace(), zero)[0].local.clone();
    assert_eq!(local(&steps), "2026-10-25 22:00:00 GMT", "24 h");
    steps.push(CustodyStep::Extended { at_us: zero + 20 * H });
    assert_eq!(local(&steps), "2026-10-26 10:00:00 GMT", "36 h");
    steps
        .extend([warrant(zero + 36 * H, 36), CustodyStep::WarrantExtended { at_us: zero + 70 * H, length_us: 36 * H }]);
    assert_eq!(local(&steps), "2026-10-28 22:00:00 GMT", "96 h");
    // Both readings of 01:30 are told apart by their abbreviation.
    let due = |h| shown(&[started(zero - 4 * H + h * H)], zero).pop().unwrap();
    assert!(due(0).contains("next review | 2026-10-25 01:00:00 BST"), "{}", due(0));
    assert!(due(1).contains("next review | 2026-10-25 01:00:00 GMT"), "{}", due(1));
}

#[test]
fn a_warrant_granted_early_loses_the_hours_of_the_extension() {
    let extended = CustodyStep::Extended { at_us: 22 * H };
    assert_eq!(ceiling(&[started(0), extended.clone()]), (CeilingKind::Extension, 36 * 60));
    assert_eq!(ceiling(&[started(0), extended.clone(), warrant(32 * H, 36)]), (CeilingKind::Warrant, 68 * 60));
    assert_eq!(ceiling(&[started(0), extended, warrant(32 * H, 12)]), (CeilingKind::Warrant, 44 * 60));
}

#[test]
fn an_extended_warrant_runs_from_its_end_and_never_beyond_the_absolute_limit() {
    let extend = |at_h: i64, h: i64| CustodyStep::WarrantExtended { at_us: at_h * H, length_us: h * H };
    let mut steps = vec![started(0), warrant(30 * H, 24), extend(50, 12)];
    assert_eq!(ceiling(&steps), (CeilingKind::WarrantExtension, 66 * 60));
    steps.push(extend(60, 36));
    assert_eq!(ceiling(&steps), (CeilingKind::Cap, 96 * 60));
    assert_eq!(remarks(&steps), [(3, RemarkKind::BeyondCap)]);
    assert_eq!(clock(&steps).ceiling.set_by, 3, "who extended it last");
    assert_eq!(remarks(&[started(0), extend(10, 5)]), [(1, RemarkKind::NoWarrant)]);
    // A warrant of more than 36 hours is counted as 36.
    let long = [started(0), warrant(30 * H, 48)];
    assert_eq!(
        (ceiling(&long), remarks(&long)),
        ((CeilingKind::Warrant, 66 * 60), vec![(1, RemarkKind::LongerThanRule)])
    );
}

#[test]
fn a_summary_offence_keeps_24_hours() {
    let steps = [summary_only(0), CustodyStep::Extended { at_us: 20 * H }, warrant(23 * H, 36)];
    assert_eq!(ceiling(&steps), (CeilingKind::Detention, 24 * 60));
    assert_eq!(remarks(&steps), [(1, RemarkKind::IndictableOnly), (2, RemarkKind::IndictableOnly)]);
}

#[test]
fn an_extension_recorded_after_the_24_hours_does_not_count() {
    let late = |at_us| [started(0), CustodyStep::Extended { at_us }];
    assert_eq!(ceiling(&late(24 * H)), (CeilingKind::Extension, 36 * 60), "at the last moment");
    assert_eq!(ceiling(&late(24 * H + 1)), (CeilingKind::Detention, 24 * 60));
    assert_eq!(remarks(&late(24 * H + 1)), [(1, RemarkKind::TooLate)]);
}

#[test]
fn two_hours_and_ten_minutes_in_hospital_do_not_count() {
    let steps = [started(0), paused(3 * H), resumed(5 * H + 10 * MIN)];
    assert_eq!(ceiling(&steps), (CeilingKind::Detention, 26 * 60 + 10));
    let c = clock(&steps);
    assert_eq!(c.next_review.unwrap().end_us, 8 * H + 10 * MIN);
    assert_eq!(c.cap.end_us, 98 * H + 10 * MIN);
    // A review held before the stop: the nine hours stand still as well; after it: they do not.
    let reviewed =
        |h| clock(&[&steps[..], &[CustodyStep::Reviewed { at_us: h * H }]].concat()).next_review.unwrap().end_us;
    assert_eq!((reviewed(2), reviewed(6)), (13 * H + 10 * MIN, 15 * H));
    // A warrant issued after the stop has its whole length.
    assert_eq!(ceiling(&[&steps[..], &[warrant(20 * H, 36)]].concat()), (CeilingKind::Warrant, 56 * 60));
}

#[test]
fn while_the_clock_is_stopped_the_time_left_stands_still_and_the_end_moves_on() {
    let c = clock(&[started(0), paused(3 * H)]);
    assert_eq!((c.left_us(2 * H), c.left_us(3 * H), c.left_us(50 * H)), (Some(22 * H), Some(21 * H), Some(21 * H)));
    assert_eq!((c.ceiling.limit.end_seen_at(2 * H), c.ceiling.limit.end_seen_at(10 * H)), (24 * H, 31 * H));
    assert_eq!(
        shown(&[started(0), paused(3 * H)], 10 * H)[0].rsplit(" | ").next(),
        Some("21:00:00 left, clock stopped")
    );
    // It can be stopped a second time, and for no time at all.
    let twice = [started(0), paused(H), resumed(2 * H), paused(4 * H), resumed(7 * H), paused(8 * H), resumed(8 * H)];
    assert_eq!((ceiling(&twice).1, remarks(&twice)), (28 * 60, vec![]));
    // Stopped when the time was over: nothing is given back.
    assert_eq!(ceiling(&[started(0), paused(24 * H), resumed(30 * H)]).1, 24 * 60);
}

#[test]
fn stops_that_do_not_fit_together_are_remarked_and_the_earlier_counts() {
    let steps = [started(0), resumed(H), paused(2 * H), paused(3 * H), resumed(4 * H)];
    assert_eq!(ceiling(&steps).1, 26 * 60);
    assert_eq!(remarks(&steps), [(1, RemarkKind::NotStopped), (3, RemarkKind::AlreadyStopped)]);
}

#[test]
fn a_return_on_bail_goes_on_where_it_was_and_a_new_arrest_has_a_clock_of_its_own() {
    // Bailed after 10 hours, back nine days later: 14 hours are left. Arrested on return for another offence.
    let bailed = [started(0), paused(10 * H), resumed(226 * H)];
    let other = started(225 * H);
    let event = |custody_id: &str, n: usize, step: &CustodyStep| CaseEvent {
        case_id: "c".to_owned(),
        event_id: format!("{custody_id}{n}"),
        recorded_us: 1,
        author: "PS 1".to_owned(),
        reason: String::new(),
        change: CaseChange::Custody(CustodyChange {
            custody_id: custody_id.to_owned(),
            subject_id: "s".to_owned(),
            step: step.clone(),
        }),
    };
    let mut case = CaseState::default();
    for (n, step) in bailed.iter().enumerate() {
        case.apply(&event("first", n, step));
    }
    case.apply(&event("second", 0, &other));
    let now_us = 227 * H;
    let left: Vec<_> =
        case_clocks(&case, &pace()).into_iter().map(|c| (c.custody_id.to_owned(), c.clock.left_us(now_us))).collect();
    assert_eq!(left, [("first".to_owned(), Some(13 * H)), ("second".to_owned(), Some(22 * H))]);
    assert_eq!(least_left_us(&case, &pace(), now_us), Some(13 * H));
    // Once the first has run out, the one that still runs decides.
    assert_eq!(least_left_us(&case, &pace(), 241 * H), Some(8 * H));
    case.apply(&event("second", 1, &CustodyStep::Released { at_us: 241 * H }));
    assert_eq!(least_left_us(&case, &pace(), 241 * H), Some(-H));
    assert_eq!(case_clocks(&case, &pace())[0].ceiling_said.map(|s| s.event_id.as_str()), Some("first0"));
}

#[test]
fn after_release_nothing_is_left_and_nothing_is_due() {
    let steps =
        [started(0), paused(2 * H), CustodyStep::Released { at_us: 5 * H }, CustodyStep::Reviewed { at_us: 6 * H }];
    let c = clock(&steps);
    assert_eq!((c.left_us(6 * H), c.review_left_us(6 * H)), (None, None));
    assert_eq!(remarks(&steps), [(3, RemarkKind::AfterRelease)]);
    assert_eq!(shown(&steps, 6 * H), ["detention ended | 1970-01-01 06:00:00 BST | 01:00:00 ago"]);
    assert_eq!(CustodyClock::of(&[paused(0)], &pace()), None, "not started");
}

#[test]
fn a_review_is_due_from_authorisation_and_only_if_that_is_known() {
    let start = |authorised_us| CustodyStep::Started { relevant_us: 0, authorised_us, indictable: true };
    assert_eq!(clock(&[start(None)]).next_review, None);
    let c = clock(&[start(Some(H))]);
    assert_eq!((c.next_review.unwrap().end_us, c.review_left_us(9 * H)), (7 * H, Some(-2 * H)));
    let reviews = [start(Some(H)), CustodyStep::Reviewed { at_us: 15 * H }, CustodyStep::Reviewed { at_us: 6 * H }];
    assert_eq!(clock(&reviews).next_review.unwrap().end_us, 24 * H, "nine hours after the last");
}

#[test]
fn another_table_gives_other_times() {
    let table = include_str!("pace.toml")
        .replace("hours = 24", "hours = 12")
        .replace("clock_stops = true", "clock_stops = false");
    let rules = CustodyRules::parse(&table, "ours.toml").unwrap();
    let c = CustodyClock::of(&[started(0), paused(H), resumed(3 * H)], &rules).unwrap();
    assert_eq!(c.ceiling.limit, Limit { end_us: 12 * H, stopped_since_us: None });
}

fn any_step() -> impl Strategy<Value = CustodyStep> {
    let time = || prop_oneof![9 => (-5_i64..120).prop_map(|h| h * H), 1 => any::<i64>()];
    prop_oneof![
        (time(), any::<bool>()).prop_map(|(t, indictable)| CustodyStep::Started {
            relevant_us: t,
            authorised_us: Some(t),
            indictable
        }),
        time().prop_map(paused),
        time().prop_map(resumed),
        time().prop_map(|at_us| CustodyStep::Reviewed { at_us }),
        time().prop_map(|at_us| CustodyStep::Extended { at_us }),
        (time(), time()).prop_map(|(at_us, length_us)| CustodyStep::WarrantIssued { at_us, length_us }),
        (time(), time()).prop_map(|(at_us, length_us)| CustodyStep::WarrantExtended { at_us, length_us }),
        time().prop_map(|at_us| CustodyStep::Released { at_us }),
    ]
}

proptest! {
    #[test]
    fn no_steps_make_it_fail_and_the_ceiling_never_passes_the_limit(
        steps in proptest::collection::vec(any_step(), 0..12),
        now_us in (-5_i64..120).prop_map(|h| h * H),
    ) {
        if let Some(c) = CustodyClock::of(&steps, &pace()) {
            prop_assert!(c.ceiling.limit.end_us <= c.cap.end_us);
            prop_assert!(steps.get(c.ceiling.set_by).is_some());
            prop_assert!(c.left_us(now_us).is_some() == c.released_us.is_none());
            prop_assert!(!c.shown(&pace(), now_us).is_empty());
        }
    }

    #[test]
    fn the_order_in_which_steps_are_given_does_not_matter(
        (steps, shuffled) in proptest::collection::vec(any_step(), 0..10).prop_flat_map(|mut steps| {
            // One start and one release, and one step of a kind at a time, as a case's state gives them.
            steps.sort_by_key(|s| (s.kind(), s.at_us()));
            steps.dedup_by_key(|s| (s.kind(), if s.kind() == "custody_started" || s.kind() == "custody_released" { 0 } else { s.at_us() }));
            (Just(steps.clone()), Just(steps).prop_shuffle())
        }),
    ) {
        let seen = |steps: &[CustodyStep]| CustodyClock::of(steps, &pace()).map(|c| {
            let remarked: std::collections::BTreeSet<_> =
                c.remarks.iter().map(|r| (r.kind, format!("{:?}", steps[r.step]))).collect();
            (c.ceiling.kind, c.ceiling.limit, c.next_review, c.released_us, remarked)
        });
        prop_assert_eq!(seen(&steps), seen(&shuffled));
    }
}
