//! Both inputs without end: whatever order their batches come in, the pairs are those of brute force, each once; a side
//! that is silent keeps nobody waiting; and what was forgotten meets nothing.

use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::FutureExt as _;
use futures::StreamExt as _;
use locard::join::live::Live;
use locard::join::{ProximityJoinExec, session};
use proptest::prelude::*;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::engine::{plain_options, wait};
use super::random::{World, config, worlds};
use super::world::{Row, batch, brute_force, schema};

/// An input that gives what is sent to it, and never ends.
#[derive(Debug)]
struct Endless {
    schema: SchemaRef,
    batches: Mutex<Option<UnboundedReceiver<RecordBatch>>>,
}

impl PartitionStream for Endless {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let receiver = self.batches.lock().unwrap().take().unwrap();
        let batches = futures::stream::unfold(receiver, |mut r| async { r.recv().await.map(|b| (Ok(b), r)) });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

/// A running join of two endless inputs.
struct Running {
    left: UnboundedSender<RecordBatch>,
    right: UnboundedSender<RecordBatch>,
    live: Live,
    pairs: SendableRecordBatchStream,
    pool: Arc<dyn MemoryPool>,
}

fn live_of(plan: &Arc<dyn ExecutionPlan>) -> Option<Live> {
    let here = plan.downcast_ref::<ProximityJoinExec>().and_then(|join| join.live().cloned());
    here.or_else(|| plan.children().into_iter().find_map(live_of))
}

fn start(condition: &str, batch_size: usize) -> Running {
    let context = session(&locard::join::SessionOptions { batch_size, ..plain_options() }).unwrap();
    let [left, right] = ["l", "r"].map(|name| {
        let (sender, receiver) = unbounded_channel();
        let endless = Endless { schema: schema(), batches: Mutex::new(Some(receiver)) };
        let table = StreamingTable::try_new(schema(), vec![Arc::new(endless)]).unwrap().with_infinite_table(true);
        context.register_table(name, Arc::new(table)).unwrap();
        sender
    });
    let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {condition}");
    let plan = wait(async { context.sql(&sql).await.unwrap().create_physical_plan().await.unwrap() });
    let live = live_of(&plan).unwrap_or_else(|| panic!("no join of two endless inputs in the plan of {sql}"));
    let pairs = wait(async { execute_stream(plan, context.task_ctx()).unwrap() });
    let pool = Arc::clone(&context.runtime_env().memory_pool);
    Running { left, right, live, pairs, pool }
}

impl Running {
    /// The pairs that have come out when nothing is left to read.
    fn drain(&mut self) -> Vec<(i64, i64)> {
        let mut found = Vec::new();
        // The inputs are channels that the join reads itself: pending means that both are empty.
        while let Some(batch) = wait(tokio::task::unconstrained(async { self.pairs.next().now_or_never() })).flatten() {
            let batch = batch.unwrap();
            let ids = |i: usize| batch.column(i).as_primitive::<Int64Type>().values().to_vec();
            found.extend(ids(0).into_iter().zip(ids(1)));
        }
        found
    }

    fn put(&self, left: bool, rows: &[Row]) {
        let side = if left { &self.left } else { &self.right };
        side.send(batch(rows)).unwrap();
    }
}

proptest! {
    #![proptest_config(config(120))]
    #[test]
    fn rows_that_come_in_any_order_meet_as_if_all_were_there(
        world in worlds(), turns in prop::collection::vec((any::<bool>(), 1..9usize), 0..60),
    ) {
        let World { left, right, question, batch_size, .. } = &world;
        let mut running = start(&question.sql(), *batch_size);
        let (mut l, mut r) = (left.as_slice(), right.as_slice());
        let mut found = Vec::new();
        // What the turns leave comes at the end.
        for (is_left, n) in turns.into_iter().chain([(true, usize::MAX), (false, usize::MAX)]) {
            let rest = if is_left { &mut l } else { &mut r };
            let (now, later) = rest.split_at(n.min(rest.len()));
            *rest = later;
            running.put(is_left, now);
            found.extend(running.drain());
            let (seen_l, seen_r) = (&left[..left.len() - l.len()], &right[..right.len() - r.len()]);
            let expected = brute_force(seen_l, seen_r, |l, r| question.holds(l, r));
            found.sort_unstable();
            prop_assert_eq!(&found, &expected, "{}", question.sql());
        }
    }
}

const NEAR: &str =
    "distance_m(l.lat, l.lon, r.lat, r.lon) <= 50 AND l.k = r.k AND l.t0 <= r.t1 + 60 AND r.t0 <= l.t1 + 60";

fn row(id: i64, key: &'static str, t: i64) -> Row {
    Row { key: Some(key), ..Row::at(id, 51.5, -0.1, t) }
}

#[test]
fn a_silent_side_keeps_nobody_waiting() {
    let mut running = start(NEAR, 8192);
    running.put(true, &[row(1, "a", 0)]);
    running.put(false, &[row(1, "a", 0)]);
    assert_eq!(running.drain(), [(1, 1)]);
    for id in 2..40 {
        // The right says nothing more; every row of the left leaves with its pair at once.
        running.put(true, &[row(id, "a", 60)]);
        assert_eq!(running.drain(), [(id, 1)]);
    }
    assert_eq!(running.live.batches_read(), 40);
}

#[test]
fn what_is_forgotten_meets_nothing_and_can_be_put_in_again() {
    let mut running = start(NEAR, 8192);
    let left: Vec<Row> = (0..100).map(|id| row(id, if id % 4 == 0 { "b" } else { "a" }, id)).collect();
    running.put(true, &left);
    assert_eq!(running.drain(), []);
    let before = running.live.bytes_held();
    let keys: ArrayRef = Arc::new(StringArray::from(vec!["a", "unknown"]));
    running.live.forget(&[keys]).unwrap();
    assert_eq!(running.live.rows_held(), 25);
    assert!(running.live.bytes_held() < before, "memory came back");
    running.put(false, &[row(7, "a", 50), row(8, "b", 50)]);
    // Rows of "b" stand where they stood, in a batch that was written anew.
    let of_b: Vec<(i64, i64)> = (0..100).filter(|id| id % 4 == 0).map(|id| (id, 8)).collect();
    let mut found = running.drain();
    found.sort_unstable();
    assert_eq!(found, of_b);
    running.put(true, &left.iter().filter(|r| r.key == Some("a")).cloned().collect::<Vec<_>>());
    assert_eq!(running.drain().len(), 75);
    assert_eq!(running.live.rows_held(), 102);
}

/// Another join may want it, and this one may get no batch for long.
#[test]
fn what_is_forgotten_is_given_back_to_the_memory_pool_at_once() {
    let mut running = start(NEAR, 100);
    for key in ["a", "b"] {
        running.put(true, &(0..2_000).map(|id| row(id, key, id)).collect::<Vec<_>>());
    }
    assert_eq!(running.drain(), []);
    let (taken, held) = (running.pool.reserved(), running.live.bytes_held());
    assert_eq!(taken, held);
    let forget = |keys: Vec<&str>| running.live.forget(&[Arc::new(StringArray::from(keys)) as ArrayRef]).unwrap();
    forget(vec!["a"]);
    assert!(running.live.bytes_held() < held / 4 * 3);
    assert_eq!(running.pool.reserved(), running.live.bytes_held());
    forget(vec!["b", "none"]);
    assert_eq!(running.pool.reserved(), running.live.bytes_held());
    let Running { pairs, pool, live: _live, .. } = running;
    drop(pairs);
    assert_eq!(pool.reserved(), 0, "the handle alone takes nothing");
}

#[test]
fn what_is_held_is_taken_from_the_memory_pool() {
    let context = session(&locard::join::SessionOptions { memory_bytes: 1 << 16, ..plain_options() }).unwrap();
    let (sender, receiver) = unbounded_channel();
    let (_silent, other) = unbounded_channel();
    for (name, receiver) in [("l", receiver), ("r", other)] {
        let endless = Endless { schema: schema(), batches: Mutex::new(Some(receiver)) };
        let table = StreamingTable::try_new(schema(), vec![Arc::new(endless)]).unwrap().with_infinite_table(true);
        context.register_table(name, Arc::new(table)).unwrap();
    }
    let ended = wait(async {
        let plan = context.sql(&format!("SELECT l.id FROM l JOIN r ON {NEAR}")).await?.create_physical_plan().await?;
        let mut pairs = execute_stream(plan, context.task_ctx())?;
        let rows: Vec<Row> = (0..5_000).map(|id| row(id, "a", id)).collect();
        sender.send(batch(&rows)).unwrap();
        pairs.next().await.transpose()
    });
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("ProximityJoin[live]"), "{error}");
}
