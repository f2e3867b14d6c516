//! A case that was set aside comes back: when there is room for it, and not before; what was not said of it is said then.

use datafusion::common::runtime::SpawnedTask;

use super::recall_tests::{fix_rows, in_memory, put, with_cases};
use super::*;
use crate::join::{SessionOptions, session};
use crate::model::CaseEvent;
use crate::source::Message;
use crate::stream::memory::Held;
use crate::stream::worker_tests::{Alone, MEMORY_BYTES, NOW_US, elsewhere, saved};

const CASE: &str = "y-held";
const BUDGET: usize = MEMORY_BYTES / 4 * 3;
/// What the case is said to need.
const NEEDS: usize = 1 << 22;

fn attributed(number: i64, role: &str) -> CaseEvent {
    let json = format!(
        r#"{{"case_id":"{CASE}","recorded_at":"2025-10-01T08:00:00Z","author":"DC A","event_id":"e{number}","kind":"attribution_added","attribution_id":"{role}","device_id":"{role}","subject_id":"{role}","role":"{role}"}}"#
    );
    crate::decode::message::case_event(json.as_bytes(), NOW_US).unwrap()
}

/// A worker as it is when it has started again without the case: a suspect and a victim have met in it, which the tables of
/// truth hold and nothing has said.
async fn with_one_aside() -> Alone {
    let mut alone = with_cases().await;
    let events = [(10, attributed(10, "victim")), (11, attributed(11, "suspect"))];
    put(&alone.worker, Table::CaseEvents, rows::events(elsewhere(), &events).unwrap()).await;
    let mut block = Block::new(Topic::Fixes, elsewhere());
    for (offset, device) in (0..).zip(["victim", "suspect"]) {
        let payload = format!(
            r#"{{"device_id":"{device}","t0":"2025-10-24T09:00:00Z","lat_deg":51.5,"lon_deg":-0.1,"uncertainty_m":5}}"#
        );
        let (key, payload) = (Some(CASE.as_bytes()), Some(payload.as_bytes()));
        block.push(&Message { offset, appended_us: None, key, content_type: None, payload });
    }
    put(&alone.worker, Table::Fixes, fix_rows(&block).await).await;
    alone.urgency.set_aside(elsewhere(), CASE, NEEDS);
    alone.worker.aside = alone.urgency.aside(elsewhere());
    alone.worker.tell_clocks().await.unwrap();
    alone.worker.to_recall.clear();
    // A message about it has come since.
    assert!(alone.worker.restore(CASE, Duration::ZERO).await.unwrap().is_continue());
    alone
}

async fn tries(worker: &mut Worker, turns: usize) {
    for _ in 0..turns {
        assert!(worker.try_again().await.unwrap().is_continue());
    }
}

fn is_back(worker: &mut Worker) -> bool {
    worker.pipeline.said_of(CASE).is_some_and(|(proximities, _)| proximities.len() == 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_room_it_comes_back_and_what_is_derived_is_no_longer_behind() {
    let Alone { mut worker, mut committed, urgency, fixes: _fixes, cases: _cases, _folder, .. } =
        with_one_aside().await;
    assert!(!is_back(&mut worker) && in_memory(&mut worker) == [CASE]);
    tries(&mut worker, 2).await;
    assert!(!is_back(&mut worker), "room was asked for, and claimed");
    tries(&mut worker, 1).await;
    assert!(is_back(&mut worker));
    assert!(worker.aside.is_empty() && urgency.aside(elsewhere()).is_empty());
    worker.commit().await.unwrap();
    let staged = committed.recv().await.unwrap();
    let count = |table| staged.rows.get(&table).map_or(0, |rows| rows.iter().map(RecordBatch::num_rows).sum::<usize>());
    assert_eq!((count(Table::Proximity), count(Table::Encounters), count(Table::Fixes)), (1, 1, 0));
    assert!(!staged.derived_stays);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_what_is_at_work_and_takes_the_place_of_what_is_idle() {
    let Alone { mut worker, pipelines, fixes: _fixes, cases: _cases, _folder, .. } = with_one_aside().await;
    let other = pipelines.join();
    let (all, room) = (BUDGET, 2 * NEEDS);
    other.holds(Held { all, at_work: BUDGET - room + 1 });
    tries(&mut worker, 9).await;
    assert!(!is_back(&mut worker) && other.may_hold(BUDGET) > BUDGET - room, "the other has no room to give");
    other.holds(Held { all, at_work: BUDGET - room });
    while worker.again.claimed() == 0 {
        tries(&mut worker, 1).await;
    }
    assert_eq!(other.may_hold(BUDGET), BUDGET - room, "what is not at work is to go");
    tries(&mut worker, 1).await;
    assert!(!is_back(&mut worker) && worker.again.claimed() == 0, "it has not gone in time");
    tries(&mut worker, 2).await;
    other.holds(Held { all: BUDGET - room, at_work: BUDGET - room });
    tries(&mut worker, 1).await;
    assert!(is_back(&mut worker));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_fit_after_all_ends_its_pipeline_and_then_wants_more() {
    let Alone { mut worker, urgency, pipelines, fixes: _fixes, cases: _cases, _folder, .. } = with_one_aside().await;
    let context = session(&SessionOptions { partitions: 1, ..SessionOptions::default() }).unwrap();
    worker.pipeline = Pipeline::start(&context, worker.options.params).await.unwrap().with_case_limit(1);
    tries(&mut worker, 2).await;
    let error = worker.try_again().await.unwrap_err();
    assert!(matches!(&error, StreamError::NoRoom { case_id, .. } if case_id == CASE), "{error}");
    assert_eq!(urgency.aside_needs(elsewhere(), CASE), Some((NEEDS, 1)), "the next pipeline begins without it");
    drop(worker);
    let Alone { mut worker, fixes: _fixes, cases: _cases, _folder, .. } = with_one_aside().await;
    urgency.set_aside(elsewhere(), CASE, NEEDS);
    worker.shared.urgency = urgency;
    let other = pipelines.join();
    worker.memory = pipelines.join();
    other.holds(Held { all: BUDGET - 3 * NEEDS, at_work: BUDGET - 3 * NEEDS });
    tries(&mut worker, 9).await;
    assert!(!is_back(&mut worker), "twice of what it needs is not enough any more");
    other.holds(Held { all: BUDGET - 4 * NEEDS, at_work: BUDGET - 4 * NEEDS });
    tries(&mut worker, 5).await;
    assert!(is_back(&mut worker));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_read_stays_aside_and_ends_nothing() {
    let Alone { mut worker, urgency, fixes: _fixes, cases: _cases, _folder: folder, .. } = with_one_aside().await;
    std::fs::remove_dir_all(folder.path().join(format!("fixes/case_id={CASE}"))).unwrap();
    tries(&mut worker, 3).await;
    assert_eq!(worker.aside, [CASE.to_owned()].into());
    assert_eq!(worker.aside, urgency.aside(elsewhere()));
    assert_eq!((in_memory(&mut worker), worker.again.claimed()), (vec![], 0));
}

/// The worker's own turns: once there is no backlog and no message.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_tried_when_nothing_else_is_to_be_done() {
    let Alone { worker, fixes, cases, mut committed, told: _told, urgency, _folder, .. } = with_one_aside().await;
    let running = SpawnedTask::spawn(worker.run());
    urgency.tell_calm(true);
    while !urgency.aside(elsewhere()).is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop((fixes, cases));
    let staged = committed.recv().await.unwrap();
    assert!(!staged.derived_stays && staged.rows.contains_key(&Table::Encounters));
    saved(staged);
    running.await.unwrap().unwrap();
}
