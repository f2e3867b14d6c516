use super::*;
use crate::source::kafka::Lag;

/// The value of a series, as it is written.
fn value<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[test]
fn what_was_counted_is_in_the_text_under_its_name_and_unit() {
    let (telemetry, partition, tell) = sample();
    telemetry.records(Topic::Fixes, 4096);
    telemetry.misplaced(Topic::Fixes, 2);
    telemetry.outcome(&Outcome { repeated: 5, ..Outcome::default() });
    telemetry.encounter(Change::Closed);
    telemetry.commit(Table::Fixes, 0.25);
    telemetry.pipeline_failed();
    telemetry.case_restored();
    telemetry.evaluated(CaseRead::Since, 0.03);
    telemetry.flagged(0.003);
    telemetry.flagged(-1.0);
    partition.lag(&Lag { topic: Topic::Cases, partition: 3, unread: 12, uncommitted: 40 });
    partition.state_bytes(1 << 20);
    partition.cases_in_memory(9);
    let text = telemetry.encode();
    for (series, expected) in [
        ("locard_records_total{topic=\"fixes\"}", "4096"),
        ("locard_records_total{topic=\"cases\"}", "0"),
        ("locard_misplaced_records_total{topic=\"fixes\"}", "2"),
        ("locard_misplaced_records_total{topic=\"cases\"}", "0"),
        ("locard_fixes_new_total", "0"),
        ("locard_fixes_repeated_total", "5"),
        ("locard_rejects_total{reason=\"latitude outside -90 to 90\"}", "1"),
        ("locard_encounters_total{change=\"closed\"}", "1"),
        ("locard_encounters_total{change=\"withdrawn\"}", "0"),
        ("locard_commits_total{table=\"fixes\"}", "1"),
        ("locard_pipeline_failures_total", "1"),
        ("locard_cases_restored_total", "1"),
        ("locard_commit_seconds_sum{table=\"fixes\"}", "0.25"),
        ("locard_arrival_to_flag_seconds_bucket{le=\"0.002\"}", "1"),
        ("locard_arrival_to_flag_seconds_bucket{le=\"0.005\"}", "2"),
        ("locard_arrival_to_flag_seconds_sum", "0.003"),
        ("locard_step_seconds_count", "0"),
        ("locard_evaluation_seconds_sum{read=\"since\"}", "0.03"),
        ("locard_evaluation_seconds_count{read=\"whole\"}", "0"),
        ("locard_lag_records{topic=\"cases\",partition=\"3\"}", "12"),
        ("locard_uncommitted_records{topic=\"cases\",partition=\"3\"}", "40"),
        ("locard_state_bytes{partition=\"3\"}", "1048576"),
        ("locard_cases_in_memory{partition=\"3\"}", "9"),
        ("locard_custody_left_seconds{case=\"C-1\"}", "90.5"),
        ("locard_case_lag_records{case=\"C-2\"}", "7"),
        ("locard_case_aside_bytes{case=\"C-2\"}", "4096"),
        ("locard_ready", "0"),
        ("locard_not_ready{reason=\"kafka\"}", "1"),
        (concat!("locard_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), "1"),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
    }
    assert_eq!(value(&text, "locard_custody_left_seconds{case=\"C-2\"}"), None, "it has no clock");
    assert_eq!(value(&text, "locard_case_aside_bytes{case=\"C-1\"}"), None, "it fits");
    assert!(text.ends_with("# EOF\n"));
    drop(tell);
    assert!(telemetry.encode().contains("case=\"C-1\""), "what was said last stands when nobody says more");
}

#[test]
fn a_partition_that_is_let_go_takes_its_series_along_and_its_successor_keeps_them() {
    let (telemetry, first, _tell) = sample();
    first.cases_in_memory(1);
    // Assigned again before the first pipeline has ended, or its lag is looked at.
    let second = telemetry.partition(3);
    assert_eq!(value(&telemetry.encode(), "locard_cases_in_memory{partition=\"3\"}"), Some("1"));
    second.cases_in_memory(2);
    drop(first);
    assert_eq!(value(&telemetry.encode(), "locard_cases_in_memory{partition=\"3\"}"), Some("2"));
    drop(second);
    let text = telemetry.encode();
    assert!(!text.contains("partition=\"3\""), "{text}");
}

#[test]
fn a_case_name_cannot_break_the_text() {
    let (telemetry, _partition, tell) = sample();
    let case = "a\"}\n# EOF\n\\".to_owned();
    tell.send(vec![CaseLag { case, partition: 0, lag_records: 1, left_us: None, aside_bytes: None }]).unwrap();
    let text = telemetry.encode();
    assert_eq!(text.matches("\n# EOF\n").count(), 1, "{text}");
    assert!(text.contains(r#"locard_case_lag_records{case="a\"}\n# EOF\n\\"} 1"#), "{text}");
}

#[test]
fn reasons_come_and_go() {
    let readiness = Readiness::default();
    assert!(readiness.is_ready());
    readiness.set(Readiness::STORE, "the disk is full");
    readiness.set(Readiness::KAFKA, "no broker answers");
    readiness.clone().set(Readiness::STORE, "the disk is full, 3 attempts");
    readiness.clear(Readiness::KAFKA);
    readiness.clear(Readiness::RESTORING);
    assert!(!readiness.is_ready());
    assert_eq!(readiness.reasons(), [(Readiness::STORE, "the disk is full, 3 attempts".to_owned())].into());
    readiness.clear(Readiness::STORE);
    assert!(readiness.is_ready());
}
