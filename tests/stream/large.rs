//! A case that does not fit in memory: it is set aside and said to be, the others go on, and once there is memory enough
//! everything is said that should have been.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use locard::join::{SessionOptions, session};
use locard::model::ProximityParams;
use locard::stream::{InstanceOptions, Pipeline, WorkerOptions};

use super::broker::{TestBroker, broker};
use super::harness::{Running, Said, assert_equal, fixes_of_all, open, options, runtime, tables};
use super::memory::{Size, case_id, reference, send_burst};

const PATIENCE: Duration = Duration::from_mins(1);
/// Several times what it may have.
const LARGE: Size = Size { cases: 1, bursts: 20, fixes: 1_000, memory_bytes: 2 << 20, patience: PATIENCE };
const SMALL: Size = Size { cases: 8, bursts: 2, fixes: 60, memory_bytes: 2 << 20, patience: PATIENCE };

fn with_memory(broker: &TestBroker, data: &Path, memory_bytes: usize) -> InstanceOptions {
    let options = options(broker.alone(), data);
    InstanceOptions { work: WorkerOptions { memory_bytes, ..options.work.clone() }, ..options }
}

async fn expected() -> Said {
    let options = SessionOptions { partitions: 1, memory_bytes: 1 << 29, ..SessionOptions::default() };
    let mut pipeline = Pipeline::start(&session(&options).unwrap(), ProximityParams::default()).await.unwrap();
    let mut all = BTreeMap::from([(case_id(0), reference(&mut pipeline, 0, LARGE).await)]);
    for case in 1..=SMALL.cases {
        all.insert(case_id(case), reference(&mut pipeline, case, SMALL).await);
    }
    all
}

/// One of eight partitions has a case that takes more than an eighth of the memory.
#[test]
fn a_large_case_stays_in_memory_that_the_other_partitions_leave() {
    let broker = broker("shares", 8);
    let data = tempfile::tempdir().unwrap();
    let output = broker.output();
    let (cases, memory) = (2_u32..10, 32_u64 << 20);
    runtime().block_on(async {
        let running = Running::start(with_memory(&broker, data.path(), 32 << 20), None).await;
        let (mut sent, mut held) = (0, 0);
        for burst in 0..LARGE.bursts {
            send_burst(&output, 0..1, LARGE.fixes, burst);
            send_burst(&output, cases.clone(), 10, burst);
            let events = if burst == 0 { 3 * (1 + cases.len()) } else { 0 };
            sent += LARGE.fixes as usize + 10 * cases.len() + events;
            running.until_stored(i64::try_from(sent).unwrap()).await;
            held = running.metric("locard_state_bytes").max(held);
        }
        assert!(held > memory / 8, "{held} bytes: no more than an equal share was needed");
        assert_eq!(running.metric("locard_cases_restored_total"), 0, "none had to be read again");
        running.stop().await;
    });
}

#[test]
fn a_case_that_does_not_fit_is_set_aside_until_there_is_memory() {
    let broker = broker("large", 2);
    let data = tempfile::tempdir().unwrap();
    let output = broker.output();
    let fixes = usize::try_from(LARGE.bursts * LARGE.fixes + SMALL.cases * SMALL.bursts * SMALL.fixes).unwrap();
    let again = i64::from(LARGE.fixes);
    let all = LARGE.messages() + SMALL.messages() + again;
    runtime().block_on(async {
        let expected = expected().await;
        let mut running = Running::start(with_memory(&broker, data.path(), LARGE.memory_bytes), None).await;
        send_burst(&output, 1..SMALL.cases + 1, SMALL.fixes, 0);
        for burst in 0..LARGE.bursts {
            send_burst(&output, 0..1, LARGE.fixes, burst);
        }
        // Known already, which is to be seen though its records are not in memory.
        send_burst(&output, 0..1, LARGE.fixes, 5);
        send_burst(&output, 1..SMALL.cases + 1, SMALL.fixes, 1);
        let told = running.cases.wait_for(|cases| cases.iter().any(|c| c.aside_bytes.is_some()));
        let told = tokio::time::timeout(PATIENCE, told).await.unwrap().unwrap().clone();
        let aside: Vec<_> = told.iter().filter_map(|c| Some((c.case.clone(), c.aside_bytes?))).collect();
        println!("large: {aside:?}");
        assert!(matches!(&aside[..], [(case, bytes)] if *case == case_id(0) && *bytes > LARGE.memory_bytes / 4 * 3));
        running.until_stored(all).await;
        assert_eq!(running.health.borrow().fault, None, "the engine went on");
        running.stop().await;
        let store = open(data.path()).await;
        assert_eq!(fixes_of_all(&store).await, (fixes, fixes), "each fix is stored, once");
        let said = tables(&store, expected.keys().cloned()).await;
        for (case, said) in said.iter().skip(1) {
            assert!(*said == expected[case], "{case}");
        }
        assert!(said[&case_id(0)] != expected[&case_id(0)], "there was no memory to say all of it");

        // There is memory now, and nothing new to read.
        let running = Running::start(with_memory(&broker, data.path(), 256 << 20), None).await;
        let caught_up = async {
            while tables(&running.store, [case_id(0)].into_iter()).await[&case_id(0)] != expected[&case_id(0)] {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, caught_up).await.unwrap();
        running.stop().await;
        assert_equal(data.path(), &expected, fixes).await;
    });
}

/// Of twelve cases in eight partitions hardly two fit at once. They take turns; one that found no room in the flood comes back
/// by itself.
#[test]
fn large_cases_that_come_at_once_are_all_worked_out_in_the_end() {
    const EACH: Size = Size { cases: 12, bursts: 4, fixes: 1_000, memory_bytes: 5 << 19, patience: PATIENCE };
    let broker = broker("flood", 8);
    let data = tempfile::tempdir().unwrap();
    let output = broker.output();
    for burst in 0..EACH.bursts {
        send_burst(&output, 0..EACH.cases, EACH.fixes, burst);
    }
    runtime().block_on(async {
        let options = SessionOptions { partitions: 1, memory_bytes: 1 << 29, ..SessionOptions::default() };
        let mut pipeline = Pipeline::start(&session(&options).unwrap(), ProximityParams::default()).await.unwrap();
        let mut expected = BTreeMap::new();
        for case in 0..EACH.cases {
            expected.insert(case_id(case), reference(&mut pipeline, case, EACH).await);
        }
        let running = Running::start(with_memory(&broker, data.path(), EACH.memory_bytes), None).await;
        running.until_stored(EACH.messages()).await;
        // Of one that was set aside it is told until it is back.
        let mut cases = running.cases.clone();
        let (mut aside, mut lacking) = (BTreeSet::new(), Vec::new());
        let all_said = async {
            loop {
                let said = tables(&running.store, expected.keys().cloned()).await;
                lacking = expected.keys().filter(|case| said[*case] != expected[*case]).cloned().collect();
                let told = cases.borrow_and_update().clone();
                aside.extend(told.into_iter().filter(|c| c.aside_bytes.is_some()).map(|c| c.case));
                if lacking.is_empty() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, all_said).await;
        println!(
            "flood: {} pipelines began again, aside were {aside:?}",
            running.metric("locard_pipeline_failures_total")
        );
        assert!(in_time.is_ok(), "{lacking:?} lack something");
        running.stop().await;
        let fixes = usize::try_from(EACH.cases * EACH.bursts * EACH.fixes).unwrap();
        assert_equal(data.path(), &expected, fixes).await;
    });
}
