//! More cases than fit in memory: they leave it and come back, and what is said is the same.
//!
//! Each case's records come in bursts, as returned files do, with the bursts of all other cases in between. The instance
//! is a process of its own, so that its memory can be told; a case's reference is worked out when it is compared.

use std::ops::Range;
use std::time::Duration;

use locard::decode::message::{FixDecoder, case_event};
use locard::join::{SessionOptions, session};
use locard::model::ProximityParams;
use locard::source::kafka::{Output, OutputTopic, Record};
use locard::source::{Block, Message, Topic};
use locard::stream::{Input, Pipeline};
use locard::time::Stopwatch;

use super::broker::{PATIENCE, broker};
use super::child::{Child, Task};
use super::harness::{full_size, open, runtime, said, stored, tables, until_stored};

const PARTITIONS: i32 = 8;
const START_US: i64 = 1_761_436_800_000_000;
const S: i64 = 1_000_000;
const NOW_US: i64 = 1_800_000_000_000_000;

/// How much there is of everything.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub cases: u32,
    pub bursts: u32,
    /// Fixes of a case in a burst.
    pub fixes: u32,
    pub memory_bytes: usize,
    pub patience: Duration,
}

impl Size {
    pub fn messages(&self) -> i64 {
        i64::from(self.cases) * (3 + i64::from(self.bursts) * i64::from(self.fixes))
    }
}

pub fn case_id(case: u32) -> String {
    format!("C{case:05}")
}

fn events(case: u32) -> Vec<String> {
    let head = format!(r#""case_id":"{}","recorded_at":"2025-10-01T08:00:00Z","author":"DC A""#, case_id(case));
    let attributed = |role: &str| {
        format!(
            r#"{{{head},"event_id":"{role}","kind":"attribution_added","attribution_id":"{role}","device_id":"{role}-{case}","subject_id":"{role}","role":"{role}"}}"#
        )
    };
    vec![format!(r#"{{{head},"event_id":"opened","kind":"opened"}}"#), attributed("victim"), attributed("suspect")]
}

/// A victim that stays and a suspect that passes by: near for one fix in ten.
fn fixes(case: u32, burst: u32, count: u32) -> impl Iterator<Item = String> {
    let lat = 50.0 + f64::from(case % 500) / 100.0;
    (0..count).map(move |i| {
        let t0 = START_US + (i64::from(burst) * 86_400 + i64::from(i) * 30) * S;
        let (device, north_m) =
            if i % 2 == 0 { ("victim", 0.0) } else { ("suspect", f64::from((i * 37 + case * 11 + burst * 7) % 800)) };
        let lat = lat + north_m / 111_000.0;
        format!(
            r#"{{"case_id":"{}","device_id":"{device}-{case}","t0":{t0},"lat_deg":{lat:.7},"lon_deg":-0.1,"uncertainty_m":5,"source":"gps"}}"#,
            case_id(case)
        )
    })
}

/// Sends a burst of each of `cases`.
pub fn send_burst(output: &Output, cases: Range<u32>, fixes_of_a_case: u32, burst: u32) {
    let send = |topic, case: u32, payload: &str| {
        let record = Record {
            topic,
            case_id: Some(&case_id(case)),
            id: None,
            content_type: "application/json",
            headers: &[],
            payload: Some(payload.as_bytes()),
            ticket: 0,
        };
        output.send_waiting(&record, PATIENCE).unwrap();
    };
    for case in cases {
        if burst == 0 {
            for event in events(case) {
                send(OutputTopic::Cases, case, &event);
            }
        }
        for fix in fixes(case, burst, fixes_of_a_case) {
            send(OutputTopic::Fixes, case, &fix);
        }
    }
    assert_eq!(output.flush(PATIENCE).unwrap().failed.len(), 0);
}

/// What is to be said of a case.
pub async fn reference(pipeline: &mut Pipeline, case: u32, size: Size) -> (Vec<String>, Vec<String>) {
    let (id, mut block) = (case_id(case), Block::new(Topic::Fixes, 0));
    let payloads = (0..size.bursts).flat_map(|burst| fixes(case, burst, size.fixes));
    for (offset, payload) in (0..).zip(payloads) {
        let key = Some(id.as_bytes());
        block.push(&Message { offset, appended_us: None, key, content_type: None, payload: Some(payload.as_bytes()) });
    }
    let events = events(case).iter().map(|event| (0, case_event(event.as_bytes(), NOW_US).unwrap())).collect();
    let fixes = FixDecoder::new(None).decode(&block, NOW_US).unwrap().batches;
    pipeline.step(Input { fixes, events }).await.unwrap();
    let said = said(pipeline, &id);
    pipeline.forget(&id).unwrap();
    said
}

fn run(test: &str, size: Size) {
    let broker = broker(test, PARTITIONS);
    let data = tempfile::tempdir().unwrap();
    let task = Task {
        memory_bytes: size.memory_bytes,
        commit_every_ms: 1_000,
        commit_rows: 50_000,
        upkeep_every_ms: 20_000,
        ..Task::new(&broker.alone(), data.path())
    };
    let began = Stopwatch::start();
    let child = Child::start(&task);
    let output = broker.output();
    for burst in 0..size.bursts {
        send_burst(&output, 0..size.cases, size.fixes, burst);
    }
    runtime().block_on(async {
        let store = open(data.path()).await;
        let done = tokio::time::timeout(size.patience, until_stored(&store, size.messages())).await;
        assert!(done.is_ok(), "{} of {} are stored", stored(&store).await, size.messages());
        let ended = child.stop();
        let (mib, seconds) = (1 << 20, began.seconds());
        println!(
            "{test}: {} messages of {} cases under {} MiB in {seconds:.0} s: at most {} cases in memory, of {} MiB; the process had {} MiB at most",
            size.messages(),
            size.cases,
            size.memory_bytes / mib,
            ended.peak_cases,
            ended.peak_state_bytes / (1 << 20),
            ended.peak_bytes / (1 << 20)
        );
        // Cases that were opened and have no records yet take next to nothing, so that cases as such prove nothing. Where
        // memory is very small, the cases of one step may need more than there is.
        let limit = if size.memory_bytes < 32 << 20 { size.memory_bytes / 2 * 3 } else { size.memory_bytes };
        assert!(ended.peak_state_bytes <= limit as u64, "{ended:?}");
        let options = SessionOptions { partitions: 1, memory_bytes: 1 << 29, ..SessionOptions::default() };
        let mut pipeline = Pipeline::start(&session(&options).unwrap(), ProximityParams::default()).await.unwrap();
        let mut encounters = 0;
        for case in 0..size.cases {
            let expected = reference(&mut pipeline, case, size).await;
            encounters += expected.1.len();
            let found = tables(&store, std::iter::once(case_id(case))).await;
            assert!(found[&case_id(case)] == expected, "{}", case_id(case));
        }
        assert!(encounters > size.cases as usize, "{encounters} encounters");
    });
}

/// All in memory at once, the cases would take half as much again as they may have, or more.
#[test]
fn more_cases_than_fit_leave_memory_and_come_back() {
    let patience = Duration::from_mins(3);
    let size = if full_size() {
        Size { cases: 2_000, bursts: 2, fixes: 80, memory_bytes: 64 << 20, patience }
    } else {
        Size { cases: 120, bursts: 3, fixes: 100, memory_bytes: 2 << 20, patience }
    };
    run("memory", size);
}

/// As many as the environment says: `LOCARD_TEST_CASES` (2000), `LOCARD_TEST_BURSTS` (5), `LOCARD_TEST_FIXES` in a burst
/// (1000), `LOCARD_TEST_MEMORY_MIB` (512), `LOCARD_TEST_PATIENCE_S` (7200).
#[test]
#[ignore = "takes an hour; needs a real broker with the disk for it"]
fn ten_million_fixes_of_two_thousand_cases() {
    let size = |name: &str, or: u32| std::env::var(name).map_or(or, |text| text.parse().unwrap());
    run(
        "memory-large",
        Size {
            cases: size("LOCARD_TEST_CASES", 2_000),
            bursts: size("LOCARD_TEST_BURSTS", 5),
            fixes: size("LOCARD_TEST_FIXES", 1_000),
            memory_bytes: (size("LOCARD_TEST_MEMORY_MIB", 512) as usize) << 20,
            patience: Duration::from_secs(size("LOCARD_TEST_PATIENCE_S", 7_200).into()),
        },
    );
}
