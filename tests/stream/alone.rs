//! The pipeline of one partition fails for a while: the others go on, it is said, and in the end nothing is missing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use datafusion::common::{Result, exec_err};
use datafusion::execution::memory_pool::{MemoryPool, MemoryReservation, UnboundedMemoryPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use locard::join::{SessionOptions, session_in};
use locard::simulate::feed::{FeedBody, FeedItem, FeedParams};
use locard::source::kafka::{KafkaSource, partition_of};
use locard::store::{Store, Table};
use locard::stream::telemetry::{Readiness, Telemetry};
use locard::stream::{Committer, EngineParts, Pipelines, Publisher, Sessions, Shared, Urgency, run};
use locard::time::SystemClock;
use tokio::sync::oneshot;

use super::broker::{TestBroker, broker};
use super::harness::{assert_equal, feed, open, options, reference_and_fixes, runtime, send};

const PARTITIONS: i32 = 4;
const SICK: i32 = 2;

/// Memory that is refused, for a reason of its own, while it is broken.
#[derive(Debug, Default)]
struct BrokenPool {
    inner: UnboundedMemoryPool,
    broken: Arc<AtomicBool>,
}

impl fmt::Display for BrokenPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl MemoryPool for BrokenPool {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.inner.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.inner.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if self.broken.load(Ordering::Relaxed) {
            return exec_err!("a bit has flipped");
        }
        self.inner.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.inner.reserved()
    }
}

/// Sessions of which those of [`SICK`] fail while `broken` is set: its first, and all after those of the first assignment.
fn sessions(broken: Arc<AtomicBool>, asked: Arc<AtomicUsize>) -> Sessions {
    let (sick, partitions) = (usize::try_from(SICK).unwrap(), usize::try_from(PARTITIONS).unwrap());
    Arc::new(move || {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        let breaks = number == sick || number >= partitions;
        let broken = if breaks { Arc::clone(&broken) } else { Arc::default() };
        let pool = BrokenPool { broken, ..BrokenPool::default() };
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?;
        Ok(session_in(&SessionOptions { partitions: 1, ..SessionOptions::default() }, runtime))
    })
}

/// How many messages of each partition there are, or the tables hold.
type Counts = BTreeMap<i32, i64>;

fn sent(items: &[FeedItem]) -> BTreeMap<Table, Counts> {
    let mut sent: BTreeMap<Table, Counts> = BTreeMap::new();
    for item in items {
        let table = if matches!(item.body, FeedBody::Fix(_)) { Table::Fixes } else { Table::CaseEvents };
        let partition = partition_of(item.case_id.as_bytes(), PARTITIONS);
        *sent.entry(table).or_default().entry(partition).or_default() += 1;
    }
    sent
}

/// Waits until the tables hold all that was sent to the partitions that `asked` names.
async fn until_stored(store: &Store, sent: &BTreeMap<Table, Counts>, asked: impl Fn(i32) -> bool) {
    let all = async {
        for (topic, table) in [("fixes", Table::Fixes), ("cases", Table::CaseEvents)] {
            for (partition, count) in sent[&table].iter().filter(|(partition, _)| asked(**partition)) {
                loop {
                    let next = store.next_offsets(topic).await.unwrap();
                    if next.get(partition).and_then(|tables| tables.get(&table)) == Some(count) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(2), all).await.unwrap();
}

async fn until_said(telemetry: &Telemetry, holds: impl Fn(Option<&String>) -> bool) {
    let said = async {
        while !holds(telemetry.readiness().reasons().get(Readiness::PIPELINE)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), said).await.unwrap();
}

fn parts(broker: &TestBroker, store: &Arc<Store>, committer: Committer, sessions: Sessions) -> EngineParts {
    let work = options(broker.alone(), std::path::Path::new("/")).work;
    let clock = Arc::new(SystemClock);
    let rules = locard::time::custody::CustodyRules::pace().unwrap();
    let urgency = Urgency::new(rules, Arc::<SystemClock>::clone(&clock));
    let telemetry = Arc::new(Telemetry::new(urgency.cases()));
    let shared = Shared {
        store: Arc::clone(store),
        committer,
        publisher: Publisher::new(None, work.params),
        clock,
        urgency,
        telemetry,
        pipelines: Pipelines::default(),
    };
    EngineParts { options: work, shared, sessions, schemas: None }
}

#[test]
fn a_pipeline_that_fails_is_started_again_alone() {
    let broker = broker("alone", PARTITIONS);
    let mut params = FeedParams { cases: 12, days: 1, seed: 21, ..FeedParams::default() };
    params.sampling.spacing = 4.0;
    let items = feed(&params);
    let (expected, fixes) = reference_and_fixes(&items);
    let sent = sent(&items);
    assert!((0..PARTITIONS).all(|p| sent[&Table::Fixes].contains_key(&p)), "each partition has something");
    let data = tempfile::tempdir().unwrap();
    let (broken, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    runtime().block_on(async {
        let store = Arc::new(open(data.path()).await);
        let publisher = Publisher::new(None, options(broker.alone(), data.path()).work.params);
        let (committer, _health, _committing) = Committer::start(Arc::clone(&store), publisher, |_| ());
        let parts = parts(&broker, &store, committer, sessions(Arc::clone(&broken), Arc::clone(&asked)));
        let telemetry = Arc::clone(&parts.shared.telemetry);
        let (source, events) = KafkaSource::start(&broker.alone()).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        #[expect(clippy::disallowed_methods, reason = "it is asked to stop and waited for")]
        let running = tokio::spawn(run(parts, Arc::new(source), events, async move { _ = stopped.await }));

        send(&broker, &items[..items.len() / 2]);
        until_said(&telemetry, |text| text.is_some_and(|t| t.contains("failed 2 times"))).await;
        let text = telemetry.readiness().reasons()[Readiness::PIPELINE].clone();
        println!("alone: {text}");
        assert!(text.starts_with("partition 2 ") && text.contains("a bit has flipped"), "{text}");
        assert!(!text.contains("partition 0") && !text.contains("partition 3"), "{text}");
        send(&broker, &items[items.len() / 2..]);
        until_stored(&store, &sent, |partition| partition != SICK).await;
        assert!(!telemetry.readiness().is_ready() && !running.is_finished());

        broken.store(false, Ordering::Relaxed);
        until_stored(&store, &sent, |_| true).await;
        until_said(&telemetry, |text| text.is_none()).await;
        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
        let starts = asked.load(Ordering::Relaxed);
        assert!((6..12).contains(&starts), "{starts} pipelines were started: the others once");
        assert_equal(data.path(), &expected, fixes).await;
    });
}
