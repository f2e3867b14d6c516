use super::super::truth::{Delivered, DeviceTruth, PlantedKind};
use super::*;

const S: i64 = 1_000_000;

fn device(device_id: &str, subject_id: &str) -> DeviceTruth {
    DeviceTruth {
        case_id: "c".to_owned(),
        device_id: device_id.to_owned(),
        subject_id: subject_id.to_owned(),
        role: String::new(),
        kind: String::new(),
        clock_error_us: 0,
        error_factor: 1.0,
        silences: vec![],
        fixes: 0,
    }
}

fn planted(kind: PlantedKind, target: &str, (from_s, to_s): (i64, i64), known_us: Option<i64>) -> Planted {
    Planted {
        case_id: "c".to_owned(),
        kind,
        device_id: "s-phone".to_owned(),
        target: target.to_owned(),
        from_us: from_s * S,
        to_us: to_s * S,
        closest_m: None,
        known_us,
    }
}

fn near(target: &str, (from_s, to_s): (i64, i64)) -> Near {
    let (case_id, subject_id, target) = ("c".to_owned(), "s".to_owned(), target.to_owned());
    Near { case_id, subject_id, target, from_us: from_s * S, to_us: to_s * S, closest_m: 1.0 }
}

/// Two planted meetings with the victim, a wait at her home, a drive past, and a near miss.
fn truth() -> FeedTruth {
    use PlantedKind::{Meeting, NearInTime, Waiting};
    FeedTruth {
        locard_truth: 1,
        note: String::new(),
        seed: 0,
        cases: 1,
        start_us: 0,
        end_us: 0,
        radius_m: 100.0,
        window_us: 120 * S,
        delivered: Delivered::default(),
        devices: vec![device("s-phone", "s"), device("s-tag", "s"), device("v-phone", "v"), device("v-sim", "v")],
        places: vec![],
        planted: vec![
            planted(Meeting, "v-phone", (1_000, 2_000), Some(3_000 * S)),
            planted(Meeting, "v-phone", (3_000, 4_000), Some(3_100 * S)),
            planted(Waiting, "home", (5_000, 6_000), None),
        ],
        near_misses: vec![planted(NearInTime, "v-phone", (20_000, 21_000), None)],
        near: vec![
            near("v", (1_000, 2_000)),
            near("v", (3_000, 4_000)),
            near("home", (5_000, 6_000)),
            near("v", (9_000, 9_010)),
        ],
        marginal: vec![near("v", (900, 4_100)), near("home", (4_900, 6_100)), near("v", (8_990, 9_020))],
    }
}

fn flag(device_id: &str, target: &str, (enter_s, exit_s): (i64, i64)) -> Flag {
    let (case_id, device_id, target) = ("c".to_owned(), device_id.to_owned(), target.to_owned());
    Flag { case_id, device_id, target, enter_us: enter_s * S, exit_us: exit_s * S, p_within_max: 0.9, emitted_us: None }
}

fn counts(score: &FlagScore) -> [usize; 6] {
    [score.found, score.right, score.marginal, score.wrong, score.split, score.merged]
}

#[test]
fn everything_found_and_nothing_else_is_a_perfect_score() {
    let flags = [
        flag("s-phone", "v-phone", (990, 2_090)),
        flag("s-phone", "v-phone", (4_000, 4_000)),
        flag("s-phone", "home", (5_500, 5_600)),
    ];
    let score = score_flags(&truth(), &flags, 0.5);
    assert_eq!(counts(&score), [3, 3, 0, 0, 0, 0]);
    assert_eq!((score.recall, score.precision, score.near_misses_flagged), (Some(1.0), Some(1.0), 0));
    let none = score_flags(&truth(), &[], 0.5);
    assert_eq!((none.recall, none.precision, none.missed_shown.len()), (Some(0.0), None, 3));
}

#[test]
fn what_happened_by_chance_is_right_and_a_flag_of_the_other_victim_device_too() {
    let score = score_flags(&truth(), &[flag("s-tag", "v-sim", (9_005, 9_005))], 0.5);
    assert_eq!(counts(&score), [0, 1, 0, 0, 0, 0]);
}

#[test]
fn another_device_is_right_and_does_not_find_what_the_phone_was_to_find() {
    let score = score_flags(&truth(), &[flag("s-tag", "v-phone", (1_100, 1_200))], 0.5);
    assert_eq!(counts(&score), [0, 1, 0, 0, 0, 0]);
}

#[test]
fn flags_between_are_marginal_and_flags_elsewhere_are_wrong() {
    let wrong = [
        flag("s-phone", "v-phone", (7_000, 7_100)),
        flag("s-phone", "elsewhere", (1_000, 2_000)),
        flag("stranger", "v-phone", (1_000, 2_000)),
        flag("s-phone", "home", (1_000, 2_000)),
    ];
    let score = score_flags(&truth(), &wrong, 0.5);
    assert_eq!(counts(&score), [0, 0, 0, 4, 0, 0]);
    assert_eq!((score.precision, score.wrong_shown.len()), (Some(0.0), 4));
    // 4,001 s is past the meeting; 4,160 s is a clock's error past the margin, 4,161 s is not.
    let at = |s: i64| counts(&score_flags(&truth(), &[flag("s-phone", "v-phone", (s, s))], 0.5));
    assert_eq!(at(4_001), [0, 0, 1, 0, 0, 0]);
    assert_eq!(at(4_160), [0, 0, 1, 0, 0, 0]);
    assert_eq!(at(4_161), [0, 0, 0, 1, 0, 0]);
}

#[test]
fn a_flag_of_another_case_finds_nothing() {
    let other = Flag { case_id: "d".to_owned(), ..flag("s-phone", "v-phone", (1_000, 2_000)) };
    assert_eq!(counts(&score_flags(&truth(), &[other], 0.5)), [0, 0, 0, 1, 0, 0]);
}

#[test]
fn merged_and_split_flags_find_and_are_counted() {
    let merged = score_flags(&truth(), &[flag("s-phone", "v-phone", (1_500, 3_500))], 0.5);
    assert_eq!(counts(&merged), [2, 1, 0, 0, 0, 1]);
    let halves = [flag("s-phone", "v-phone", (1_000, 1_200)), flag("s-phone", "v-phone", (1_800, 2_000))];
    assert_eq!(counts(&score_flags(&truth(), &halves, 0.5)), [1, 2, 0, 0, 1, 0]);
}

#[test]
fn a_near_miss_is_flagged_by_any_of_the_suspects_devices() {
    let score = score_flags(&truth(), &[flag("s-tag", "v-phone", (20_500, 20_600))], 0.5);
    assert_eq!((score.near_misses_flagged, score.wrong), (1, 1));
    assert_eq!(score.near_misses_shown.len(), 1);
    let other_target = score_flags(&truth(), &[flag("s-tag", "home", (20_500, 20_600))], 0.5);
    assert_eq!(other_target.near_misses_flagged, 0);
}

#[test]
fn improbable_flags_are_left_aside() {
    let unsure = Flag { p_within_max: 0.49, ..flag("s-phone", "v-phone", (7_000, 7_100)) };
    let score = score_flags(&truth(), &[unsure], 0.5);
    assert_eq!((score.flags, score.below, score.wrong), (0, 1, 0));
}

#[test]
fn latency_runs_from_when_it_could_be_known_to_the_first_flag() {
    let told = |times, emitted_s: i64| Flag { emitted_us: Some(emitted_s * S), ..flag("s-phone", "v-phone", times) };
    let flags = [told((1_000, 1_100), 3_005), told((1_200, 1_300), 3_002), told((3_000, 3_100), 3_110)];
    let latency = score_flags(&truth(), &flags, 0.5).latency.unwrap();
    assert_eq!(latency, Latency { count: 2, p50_s: 2.0, p99_s: 10.0, max_s: 10.0 });
    assert_eq!(score_flags(&truth(), &[flag("s-phone", "v-phone", (1_000, 1_100))], 0.5).latency, None);
}
