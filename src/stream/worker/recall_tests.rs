//! Cases that come back after an assignment, turn by turn: which, in what order, and when no more of them do.

use std::collections::BTreeSet;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;

use super::*;
use crate::model::{CaseChange, CaseEvent, CustodyChange, CustodyStep};
use crate::store::{Commit, Part};
use crate::stream::memory::Held;
use crate::stream::worker_tests::{Alone, MEMORY_BYTES, NOW_US, alone, elsewhere, fix_block, saved};

/// Fixes of each case.
const FIXES: i64 = 4;

fn event(case_id: &str, number: i64, change: CaseChange) -> CaseEvent {
    CaseEvent {
        case_id: case_id.to_owned(),
        event_id: format!("e{number}"),
        recorded_us: NOW_US + number,
        author: "DC A".to_owned(),
        reason: String::new(),
        change,
    }
}

fn detained(hours_ago: i64) -> CaseChange {
    let since_us = NOW_US - hours_ago * 3_600_000_000;
    let step = CustodyStep::Started { relevant_us: since_us, authorised_us: Some(since_us), indictable: true };
    CaseChange::Custody(CustodyChange { custody_id: "d".to_owned(), subject_id: "s".to_owned(), step })
}

/// A worker whose tables hold fixes of five cases: two are open, two in custody, one of them for longer, one is closed.
pub(super) async fn with_cases() -> Alone {
    let alone = alone(Standing::default(), BTreeSet::new(), Duration::from_hours(1)).await;
    let opened = |case| event(case, 0, CaseChange::Opened);
    let events = [
        opened("a-open"),
        opened("b-open"),
        opened("y-held"),
        event("y-held", 1, detained(2)),
        opened("z-held-longer"),
        event("z-held-longer", 1, detained(9)),
        opened("c-closed"),
        event("c-closed", 1, CaseChange::Closed { at_us: NOW_US }),
    ];
    let events: Vec<_> = (0..).zip(events).collect();
    let worker = &alone.worker;
    put(worker, Table::CaseEvents, rows::events(elsewhere(), &events).unwrap()).await;
    for case_id in ["a-open", "b-open", "y-held", "z-held-longer", "c-closed"] {
        put(worker, Table::Fixes, fixes(case_id).await).await;
    }
    alone
}

pub(super) async fn put(worker: &Worker, table: Table, rows: RecordBatch) {
    let part = Part { rows: vec![rows], offsets: None };
    worker.shared.store.append(Commit { table, parts: vec![part] }).await.unwrap();
}

async fn fixes(case_id: &str) -> RecordBatch {
    fix_rows(&fix_block(case_id, 0..FIXES)).await
}

/// The rows of messages about one case.
pub(super) async fn fix_rows(block: &Block) -> RecordBatch {
    let decoded = FixDecoder::new(None).decode(block, NOW_US).unwrap();
    let context = crate::join::session(&crate::join::SessionOptions::default()).unwrap();
    let mut pipeline = Pipeline::start(&context, crate::model::ProximityParams::default()).await.unwrap();
    let outcome = pipeline.step(Input { fixes: decoded.batches, events: Vec::new() }).await.unwrap();
    rows::fixes(elsewhere(), &outcome.fixes[0], &mut CellMemo::new(rows::H3_RESOLUTION)).unwrap()
}

pub(super) fn in_memory(worker: &mut Worker) -> Vec<&'static str> {
    let all = ["a-open", "b-open", "c-closed", "y-held", "z-held-longer"];
    all.into_iter().filter(|case_id| worker.pipeline.state_of(case_id).is_some()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn open_cases_come_back_one_by_one_and_first_the_one_with_least_time_left() {
    let Alone { mut worker, telemetry, fixes: _fixes, cases: _cases, _folder, .. } = with_cases().await;
    worker.tell_clocks().await.unwrap();
    assert_eq!(worker.to_recall, ["z-held-longer", "y-held", "a-open", "b-open"]);
    assert!(worker.recall().await.unwrap().is_continue());
    assert_eq!(in_memory(&mut worker), ["z-held-longer"]);
    // A message about this one comes first.
    assert!(worker.restore("y-held", Duration::ZERO).await.unwrap().is_continue());
    for _ in 0..5 {
        assert!(worker.recall().await.unwrap().is_continue());
    }
    assert_eq!(in_memory(&mut worker), ["a-open", "b-open", "y-held", "z-held-longer"]);
    assert!(telemetry.encode().contains("locard_cases_restored_total 4\n"), "each once");
    let (_, encounters) = worker.pipeline.said_of("a-open").unwrap();
    assert!(encounters.is_empty() && worker.staged.is_empty(), "nothing is said by it");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_are_set_aside_do_not_come_back() {
    let Alone { mut worker, urgency, fixes: _fixes, cases: _cases, _folder, .. } = with_cases().await;
    urgency.set_aside(elsewhere(), "y-held", 1 << 40);
    worker.aside = urgency.aside(elsewhere());
    worker.tell_clocks().await.unwrap();
    assert_eq!(worker.to_recall, ["z-held-longer", "a-open", "b-open"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn none_comes_back_where_it_would_not_leave_half_of_the_memory_free() {
    let Alone { mut worker, pipelines, fixes: _fixes, cases: _cases, _folder, .. } = with_cases().await;
    let half = MEMORY_BYTES / 4 * 3 / 2;
    let other = pipelines.join();
    let all_but = |bytes| other.holds(Held { all: half - bytes, at_work: 0 });
    let a_case = usize::try_from(FIXES).unwrap() * recall::RECORD_BYTES;
    worker.tell_clocks().await.unwrap();
    all_but(worker.pipeline.bytes() + a_case);
    assert!(worker.recall().await.unwrap().is_continue());
    assert_eq!(in_memory(&mut worker), ["z-held-longer"], "there is just room enough");
    all_but(worker.pipeline.bytes() + a_case - 1);
    assert!(worker.recall().await.unwrap().is_continue());
    all_but(half);
    assert!(worker.recall().await.unwrap().is_continue());
    assert_eq!(in_memory(&mut worker), ["z-held-longer"], "of its own accord it does not try again");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_case_had_to_leave_no_more_come_back() {
    let Alone { mut worker, pipelines, fixes: _fixes, cases: _cases, _folder, .. } = with_cases().await;
    worker.tell_clocks().await.unwrap();
    assert!(worker.recall().await.unwrap().is_continue());
    let (other, budget) = (pipelines.join(), MEMORY_BYTES / 4 * 3);
    other.holds(Held { all: budget, at_work: budget });
    worker.give_room().unwrap();
    other.holds(Held::default());
    assert!(worker.recall().await.unwrap().is_continue());
    assert_eq!(in_memory(&mut worker), [""; 0]);
}

/// The pipeline goes on: nobody has asked for these cases yet.
#[tokio::test(flavor = "multi_thread")]
async fn tables_that_cannot_be_read_end_it_and_nothing_else() {
    let Alone { mut worker, pipelines, fixes: _fixes, cases: _cases, _folder: folder, .. } = with_cases().await;
    worker.tell_clocks().await.unwrap();
    let fixes = folder.path().join("fixes");
    for case in std::fs::read_dir(fixes).unwrap().map(|entry| entry.unwrap().path()) {
        if case.file_name().is_some_and(|name| name.to_string_lossy().starts_with("case_id=")) {
            std::fs::remove_dir_all(case).unwrap();
        }
    }
    assert!(worker.recall().await.unwrap().is_continue());
    assert_eq!((in_memory(&mut worker), worker.to_recall.len()), (vec![], 0));
    let (other, budget) = (pipelines.join(), MEMORY_BYTES / 4 * 3);
    assert!(
        other.reserve(Held { all: budget - worker.pipeline.bytes(), at_work: 0 }, budget),
        "no room is kept for it"
    );
    let needed = worker.restore("a-open", Duration::ZERO).await.unwrap_err();
    assert!(matches!(needed, StreamError::Store(_)), "{needed}");
}

/// A large case takes longer than a stop may, and its messages are all in the tables.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_comes_back_by_itself_is_broken_off_when_the_channels_end() {
    let Alone { mut worker, fixes, cases, mut committed, _folder, .. } = with_cases().await;
    worker.tell_clocks().await.unwrap();
    drop(fixes);
    assert!(worker.recall().await.unwrap().is_continue(), "one of them is open");
    drop(cases);
    assert!(worker.recall().await.unwrap().is_break());
    assert!(worker.restore("a-open", WANTED_FOR).await.unwrap().is_continue(), "a message is about this one");
    // Those that a stop left undone too, and what is told of the tables stays where it was.
    worker.standing = Standing::default();
    worker.standing.note(Table::Fixes, &Next { fixes: FIXES, cases: 0 });
    worker.run().await.unwrap();
    assert!(committed.recv().await.is_none(), "nothing is committed");
}

/// Not while there is a backlog, or as long as nobody knows: then what is urgent comes first.
#[tokio::test(flavor = "multi_thread")]
async fn open_cases_come_back_once_there_is_no_backlog() {
    let Alone { mut worker, fixes, cases, mut committed, told: _told, urgency, telemetry, _folder, .. } =
        with_cases().await;
    worker.commit_due = every(Duration::from_millis(5));
    let running = SpawnedTask::spawn(worker.run());
    let restored = |count: u8| telemetry.encode().contains(&format!("locard_cases_restored_total {count}\n"));
    for offset in 0..3 {
        fixes.send(fix_block("new", offset..offset + 1)).await.unwrap();
        saved(committed.recv().await.unwrap());
    }
    assert!(restored(0), "nobody has said how much waits");
    urgency.tell_calm(true);
    while !restored(4) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop((fixes, cases));
    running.await.unwrap().unwrap();
    assert!(restored(4), "each once");
}
