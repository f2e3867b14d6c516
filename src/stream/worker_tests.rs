//! A worker alone, with a test in the committer's place: what it tells of itself on the way.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use tokio::sync::mpsc;

use super::committer::{Committer, Staged};
use super::memory::Held;
use super::publish::Publisher;
use super::standing::{COMMITTED, Next};
use super::telemetry::{Readiness, Telemetry};
use super::*;
use crate::decode::message::FixDecoder;
use crate::join::{SessionOptions, session};
use crate::model::{CaseChange, CaseEvent, CaseState, CustodyChange, CustodyStep, ProximityParams};
use crate::source::kafka::partition_of;
use crate::source::{Block, Message, Topic};
use crate::store::{Options, Store, Table};
use crate::time::FixedClock;
use crate::time::custody::CustodyRules;

pub(super) const NOW_US: i64 = 1_761_400_000_000_000;
const CASE: &str = "C-1";
const PARTITIONS: i32 = 8;
pub(super) const MEMORY_BYTES: usize = 1 << 26;

/// Where the case does not belong.
pub(super) fn elsewhere() -> i32 {
    (partition_of(CASE.as_bytes(), PARTITIONS) + 1) % PARTITIONS
}

fn in_custody() -> CaseState {
    let step = CustodyStep::Started { relevant_us: NOW_US, authorised_us: Some(NOW_US), indictable: true };
    let change = CustodyChange { custody_id: "d".to_owned(), subject_id: "s".to_owned(), step };
    let mut state = CaseState::default();
    assert!(state.apply(&CaseEvent {
        case_id: CASE.to_owned(),
        event_id: "e".to_owned(),
        recorded_us: NOW_US,
        author: "DC A".to_owned(),
        reason: String::new(),
        change: CaseChange::Custody(change),
    }));
    state
}

/// The tables of truth are five messages ahead of what follows from them.
fn behind() -> Standing {
    let mut standing = Standing::default();
    for table in [Table::Fixes, Table::CaseEvents] {
        standing.note(table, &Next { fixes: 5, cases: 0 });
    }
    standing
}

fn a_fix(offset: i64) -> Block {
    fix_block(CASE, offset..offset + 1)
}

/// A fix of a case at each of these offsets.
pub(super) fn fix_block(case_id: &str, offsets: Range<i64>) -> Block {
    let mut block = Block::new(Topic::Fixes, elsewhere());
    for offset in offsets {
        let payload =
            format!(r#"{{"device_id":"D","t0":"2025-10-24T09:00:0{offset}Z","lat_deg":51.5,"lon_deg":-0.1}}"#);
        block.push(&Message {
            offset,
            appended_us: None,
            key: Some(case_id.as_bytes()),
            content_type: None,
            payload: Some(payload.as_bytes()),
        });
    }
    block
}

/// Commits: so the worker is told.
pub(super) fn saved(mut staged: Staged) {
    for table in COMMITTED {
        staged.standing.note(table, &staged.next);
    }
    staged.done.send(Ok(staged.standing)).unwrap();
}

/// A worker, and the ends of everything that it is between.
pub(super) struct Alone {
    pub(super) worker: Worker,
    pub(super) fixes: mpsc::Sender<Block>,
    pub(super) cases: mpsc::Sender<Block>,
    pub(super) committed: mpsc::Receiver<Staged>,
    pub(super) told: mpsc::UnboundedReceiver<(i32, Standing)>,
    pub(super) urgency: Urgency,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) pipelines: Pipelines,
    pub(super) _folder: tempfile::TempDir,
}

pub(super) async fn alone(standing: Standing, known: BTreeSet<String>, commit_every: Duration) -> Alone {
    let folder = tempfile::tempdir().unwrap();
    let url = url::Url::from_directory_path(folder.path()).unwrap();
    let store = Arc::new(Store::open(&url, Options::default()).await.unwrap());
    let clock = Arc::new(FixedClock(NOW_US));
    let urgency = Urgency::new(CustodyRules::pace().unwrap(), clock.clone());
    let telemetry = Arc::new(Telemetry::new(urgency.cases()));
    let pipelines = Pipelines::default();
    let (committer, committed) = Committer::of_a_test();
    let params = ProximityParams::default();
    let context = session(&SessionOptions { partitions: 1, ..SessionOptions::default() }).unwrap();
    let (fixes, of_fixes) = mpsc::channel(4);
    let (cases, of_cases) = mpsc::channel(4);
    let (on_saved, told) = mpsc::unbounded_channel();
    let options =
        WorkerOptions { params, commit_every, commit_rows: 1_000, memory_bytes: MEMORY_BYTES, step_messages: 100 };
    let worker = Worker::new(
        options,
        Shared {
            store,
            committer,
            publisher: Publisher::new(None, params),
            clock,
            urgency: urgency.clone(),
            telemetry: Arc::clone(&telemetry),
            pipelines: pipelines.clone(),
        },
        Channels { partition: elsewhere(), partitions: Some(PARTITIONS), fixes: of_fixes, cases: of_cases },
        Pipeline::start(&context, params).await.unwrap(),
        FixDecoder::new(None),
        (standing, known),
        on_saved,
    );
    Alone { worker, fixes, cases, committed, told, urgency, telemetry, pipelines, _folder: folder }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_restoring_until_it_has_caught_up_and_tells_what_waits_of_a_case() {
    let every = Duration::from_millis(5);
    let Alone { worker, fixes, cases, mut committed, mut told, urgency, telemetry, _folder, .. } =
        alone(behind(), BTreeSet::new(), every).await;
    let restoring = || telemetry.readiness().reasons().contains_key(Readiness::RESTORING);
    assert!(restoring(), "from the assignment on");
    urgency.note(elsewhere(), CASE, &in_custody());
    let waits = || urgency.cases_now().iter().map(|c| c.lag_records).collect::<Vec<_>>();
    let running = SpawnedTask::spawn(worker.run());

    let what_was_behind = committed.recv().await.unwrap();
    fixes.send(a_fix(5)).await.unwrap();
    assert!(restoring(), "what was behind is not in the tables yet");
    assert_eq!(waits(), [0], "nothing new is read meanwhile");
    saved(what_was_behind);
    let a_record = committed.recv().await.unwrap();
    assert!(telemetry.readiness().is_ready(), "it reads again");
    assert_eq!(waits(), [1], "read, and not stored");
    assert!(telemetry.encode().contains("locard_misplaced_records_total{topic=\"fixes\"} 1\n"));
    assert_eq!(a_record.rows[&Table::Fixes].iter().map(RecordBatch::num_rows).sum::<usize>(), 1, "misplaced, and used");
    let mut stands_at = async || told.recv().await.unwrap().1.at(Table::Fixes, Topic::Fixes);
    assert_eq!(
        (stands_at().await, stands_at().await),
        (Some(5), Some(5)),
        "as it catches up, and as it begins to read"
    );
    saved(a_record);
    assert_eq!((stands_at().await, waits()), (Some(6), vec![0]));
    drop((fixes, cases));
    running.await.unwrap().unwrap();
}

/// After a start most cases are in the tables and not in memory: no reason to commit at every record.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_trickle_share_a_commit_though_other_cases_are_not_in_memory() {
    let mut standing = behind();
    for table in COMMITTED {
        standing.note(table, &Next { fixes: 5, cases: 0 });
    }
    let known = (0..30).map(|n| format!("other-{n}")).collect();
    let Alone { worker, fixes, cases, mut committed, told: _told, urgency, _folder, .. } =
        alone(standing, known, Duration::from_hours(1)).await;
    urgency.note(elsewhere(), CASE, &in_custody());
    let running = SpawnedTask::spawn(worker.run());
    fixes.send(a_fix(5)).await.unwrap();
    while urgency.cases_now()[0].lag_records == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    fixes.send(a_fix(6)).await.unwrap();
    drop((fixes, cases));
    let only = committed.recv().await.unwrap();
    assert_eq!((only.rows[&Table::Fixes].iter().map(RecordBatch::num_rows).sum::<usize>(), only.next.fixes), (2, 7));
    saved(only);
    running.await.unwrap().unwrap();
    assert!(committed.recv().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_for_messages_gives_room_to_one_that_has_none() {
    let Alone { worker, fixes, cases, mut committed, told: _told, telemetry, pipelines, _folder, .. } =
        alone(Standing::default(), BTreeSet::new(), Duration::from_millis(5)).await;
    let running = SpawnedTask::spawn(worker.run());
    let holds = |cases: u8| {
        telemetry.encode().contains(&format!("locard_cases_in_memory{{partition=\"{}\"}} {cases}\n", elsewhere()))
    };
    let until = async |cases: u8, press: &(dyn Fn() + Sync)| {
        while !holds(cases) {
            press();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    fixes.send(a_fix(0)).await.unwrap();
    until(1, &|| {}).await;
    saved(committed.recv().await.unwrap());
    let (other, budget) = (pipelines.join(), MEMORY_BYTES / 4 * 3);
    other.holds(Held { all: budget, at_work: budget });
    until(0, &|| other.press(budget)).await;
    drop((fixes, cases));
    running.await.unwrap().unwrap();
}
