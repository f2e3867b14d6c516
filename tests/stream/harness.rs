//! A feed, a reference computed without broker and store, and an instance to compare with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::arrow::json::LineDelimitedWriter;
use futures::TryStreamExt as _;
use locard::decode::message::{FixDecoder, SchemaSource, case_event_to_json};
use locard::join::{SessionOptions, session};
use locard::model::ProximityParams;
use locard::simulate::feed::{Feed, FeedBody, FeedItem, FeedParams, FeedWriter as _, KafkaWriter, Stamp};
use locard::source::kafka::{KafkaConfig, Output};
use locard::source::{Block, CaseLag, Message, Topic};
use locard::store::{Options, Store, Table, Wanted};
use locard::stream::telemetry::Telemetry;
use locard::stream::{Input, Instance, InstanceHealth, InstanceOptions, Pipeline, StreamError, WorkerOptions};
use locard::time::SystemClock;
use locard::time::custody::CustodyRules;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use super::broker::TestBroker;

/// When the tests' messages are read.
const NOW_US: i64 = 1_900_000_000_000_000;

pub fn feed(params: &FeedParams) -> Vec<FeedItem> {
    Feed::new(params).unwrap().collect()
}

/// What the tables must say in the end: of each case its proximities and its encounters, as text.
pub type Said = BTreeMap<String, (Vec<String>, Vec<String>)>;

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// What one pipeline says that gets every case whole.
pub fn reference(items: &[FeedItem]) -> Said {
    reference_and_fixes(items).0
}

/// As [`reference`], and how many different fixes there are.
pub fn reference_and_fixes(items: &[FeedItem]) -> (Said, usize) {
    runtime().block_on(async {
        let options = SessionOptions { partitions: 1, memory_bytes: 1 << 29, ..SessionOptions::default() };
        let mut pipeline = Pipeline::start(&session(&options).unwrap(), ProximityParams::default()).await.unwrap();
        let mut block = Block::new(Topic::Fixes, 0);
        let mut input = Input::default();
        let (mut stamp, mut json) = (Stamp::default(), Vec::new());
        let mut cases = BTreeSet::new();
        for (offset, item) in (0_i64..).zip(items) {
            cases.insert(item.case_id.to_string());
            match &item.body {
                FeedBody::Fix(fix) => {
                    json.clear();
                    fix.append_json(&item.case_id, &mut stamp, &mut json);
                    block.push(&Message {
                        offset,
                        appended_us: None,
                        key: Some(item.case_id.as_bytes()),
                        content_type: None,
                        payload: Some(&json),
                    });
                }
                FeedBody::Event(event) => {
                    let text = case_event_to_json(event);
                    let read = locard::decode::message::case_event(text.as_bytes(), NOW_US).unwrap();
                    input.events.push((offset, read));
                }
            }
        }
        input.fixes = FixDecoder::new(None).decode(&block, NOW_US).unwrap().batches;
        let outcome = pipeline.step(input).await.unwrap();
        let fixes = outcome.fixes.iter().map(|new| new.ids.len()).sum();
        (cases.iter().map(|case| (case.clone(), said(&mut pipeline, case))).collect(), fixes)
    })
}

/// What a pipeline says of a case, as text.
pub fn said(pipeline: &mut Pipeline, case: &str) -> (Vec<String>, Vec<String>) {
    let (proximities, encounters) = pipeline.said_of(case).unwrap_or_default();
    let mut p: Vec<String> = proximities
        .iter()
        .map(|p| format!("{} {} {} {:?} {} {:?}", p.id, p.fix, p.target_id, p.distance_m, p.grade, p.p_within))
        .collect();
    let mut e: Vec<String> = encounters
        .iter()
        .map(|e| {
            format!(
                "{} {} {} {} {} {} {} {:?} {:?} {} {} {} {}",
                e.id,
                e.content,
                e.device,
                e.target,
                e.enter_us,
                e.exit_us,
                e.grade,
                e.min_distance_m,
                e.closest_approach_m,
                e.suspect_fixes,
                e.target_fixes,
                e.proximities,
                e.closed
            )
        })
        .collect();
    p.sort();
    e.sort();
    (p, e)
}

/// What the tables say now.
pub async fn tables(store: &Store, cases: impl Iterator<Item = String>) -> Said {
    let mut all = Said::new();
    for case in cases {
        let lines = |batch: datafusion::arrow::array::RecordBatch| {
            let mut writer = LineDelimitedWriter::new(Vec::new());
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
            let text = String::from_utf8(writer.into_inner()).unwrap();
            let rows: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
            rows.into_iter().filter(|r| r["status"] == "current").collect::<Vec<_>>()
        };
        let t = |v: &serde_json::Value| v.as_str().unwrap_or("").to_owned();
        let hex = |v: &serde_json::Value| format!("{:016x}", v.as_i64().unwrap());
        let mut p: Vec<String> = lines(store.current_proximities(&case).await.unwrap())
            .iter()
            .map(|r| {
                format!(
                    "{} {} {} {:?} {} {:?}",
                    hex(&r["proximity_id"]),
                    hex(&r["fix_id"]),
                    t(&r["target_id"]),
                    r["distance_m"].as_f64().unwrap(),
                    t(&r["grade"]),
                    r["p_within"].as_f64().unwrap()
                )
            })
            .collect();
        let us = |v: &serde_json::Value| v.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let mut e: Vec<String> = lines(store.current_encounters(&case).await.unwrap())
            .iter()
            .map(|r| {
                format!(
                    "{} {} {} {} {} {} {} {:?} {:?} {} {} {} {}",
                    t(&r["encounter_id"]),
                    t(&r["content_id"]),
                    t(&r["device_id"]),
                    t(&r["target"]),
                    us(&r["enter"]),
                    us(&r["exit"]),
                    t(&r["grade"]),
                    r["min_distance_m"].as_f64().unwrap(),
                    r["closest_approach_m"].as_f64(),
                    r["suspect_fixes"],
                    r["target_fixes"],
                    r["proximities"],
                    r["closed"]
                )
            })
            .collect();
        p.sort();
        e.sort();
        all.insert(case, (p, e));
    }
    all
}

pub fn options(kafka: KafkaConfig, data: &Path) -> InstanceOptions {
    InstanceOptions {
        kafka,
        data: Url::from_directory_path(data).unwrap(),
        store: Options::default(),
        work: WorkerOptions {
            params: ProximityParams::default(),
            commit_every: Duration::from_millis(300),
            commit_rows: 20_000,
            memory_bytes: 256 << 20,
            step_messages: 4_000,
        },
        publish: true,
        upkeep_every: Duration::ZERO,
        custody: CustodyRules::pace().unwrap(),
    }
}

/// How many messages of both topics the tables of truth hold.
pub async fn stored(store: &Store) -> i64 {
    let mut sum = 0;
    for (topic, table) in [("fixes", Table::Fixes), ("cases", Table::CaseEvents)] {
        let next = store.next_offsets(topic).await.unwrap();
        sum += next.values().filter_map(|tables| tables.get(&table)).sum::<i64>();
    }
    sum
}

/// Runs an instance until the tables hold `messages`, or for `at_most`.
pub async fn run_until(options: InstanceOptions, messages: i64, at_most: Duration) {
    run_with(options, None, messages, at_most).await;
}

/// As [`run_until`], with a source of Avro schemas.
pub async fn run_with(
    options: InstanceOptions,
    schemas: Option<Arc<dyn SchemaSource>>,
    messages: i64,
    at_most: Duration,
) {
    let running = Running::start(options, schemas).await;
    _ = tokio::time::timeout(at_most, until_stored(&running.store, messages)).await;
    running.stop().await;
}

/// An instance at work in this process.
pub struct Running {
    pub store: Arc<Store>,
    pub health: watch::Receiver<InstanceHealth>,
    /// The cases with a clock, or set aside.
    pub cases: watch::Receiver<Vec<CaseLag>>,
    telemetry: Arc<Telemetry>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), StreamError>>,
}

impl Running {
    pub async fn start(options: InstanceOptions, schemas: Option<Arc<dyn SchemaSource>>) -> Self {
        let instance = Instance::open(options, Arc::new(SystemClock), schemas).await.unwrap();
        let (store, health, cases) = (instance.store(), instance.health(), instance.cases());
        let telemetry = instance.telemetry();
        let (stop, stopped) = watch::channel(false);
        #[expect(clippy::disallowed_methods, reason = "it is asked to stop and waited for")]
        let task = tokio::spawn(instance.run(stopped));
        Self { store, health, cases, telemetry, stop, task }
    }

    pub fn waits(&self) -> bool {
        !self.task.is_finished()
    }

    /// Waits until it stands so, and says how it stands; what takes longer than two minutes has failed.
    pub async fn until(&mut self, stands: impl FnMut(&InstanceHealth) -> bool) -> InstanceHealth {
        let waiting = self.health.wait_for(stands);
        tokio::time::timeout(Duration::from_mins(2), waiting).await.unwrap().unwrap().clone()
    }

    /// As [`until_stored`], for two minutes at most.
    pub async fn until_stored(&self, messages: i64) {
        tokio::time::timeout(Duration::from_mins(2), until_stored(&self.store, messages)).await.unwrap();
    }

    /// The sum of a metric over its labels.
    pub fn metric(&self, name: &str) -> u64 {
        sum(&self.telemetry.encode(), name)
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap().unwrap();
    }
}

/// The sum of a metric over its labels, in the text that metrics are told in.
pub fn sum(said: &str, metric: &str) -> u64 {
    let of_it = |line: &&str| line.strip_prefix(metric).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let values = said.lines().filter(of_it).filter_map(|line| line.rsplit(' ').next());
    values.map(|value| value.parse::<u64>().unwrap()).sum()
}

/// A pause between the sends of a test.
#[expect(clippy::disallowed_methods, reason = "it paces a feed; nothing is waited for by it")]
pub fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// Waits until the tables hold `messages`.
pub async fn until_stored(store: &Store, messages: i64) {
    while stored(store).await < messages {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The store in a folder.
pub async fn open(data: &Path) -> Store {
    Store::open(&Url::from_directory_path(data).unwrap(), Options::default()).await.unwrap()
}

/// Asserts that the tables say what is expected, case by case, and hold every fix once.
pub async fn assert_equal(data: &Path, expected: &Said, fixes: usize) {
    let store = open(data).await;
    let found = tables(&store, expected.keys().cloned()).await;
    for (case, said) in expected {
        let now = &found[case];
        let counts = |(p, e): &(Vec<String>, Vec<String>)| (p.len(), e.len());
        assert!(now == said, "{case}: {:?} in the tables, {:?} expected", counts(now), counts(said));
    }
    let (rows, distinct) = fixes_of_all(&store).await;
    assert_eq!((rows, distinct), (fixes, fixes), "each fix once");
}

/// How many rows the table of fixes has, and how many different ones.
pub async fn fixes_of_all(store: &Store) -> (usize, usize) {
    let mut batches = store.read(Table::Fixes, Wanted::default()).await.unwrap();
    let (mut rows, mut distinct) = (0, BTreeSet::new());
    while let Some(batch) = batches.try_next().await.unwrap() {
        rows += batch.num_rows();
        let (cases, ids) = (batch["case_id"].as_string::<i32>(), batch["fix_id"].as_primitive::<Int64Type>());
        distinct.extend(cases.iter().zip(ids.values()).map(|(case, id)| (case.unwrap().to_owned(), *id)));
    }
    (rows, distinct.len())
}

/// How often each reason stands in the table of rejects, by topic; asserts that no reject is there twice.
pub async fn rejects(store: &Store) -> BTreeMap<(String, String), usize> {
    let mut batches = store.read(Table::Rejects, Wanted::default()).await.unwrap();
    let (mut counts, mut seen) = (BTreeMap::new(), BTreeSet::new());
    while let Some(batch) = batches.try_next().await.unwrap() {
        let text = |name: &str, row: usize| batch[name].as_string::<i32>().value(row).to_owned();
        let whole = |name: &str, row: usize| batch[name].as_primitive::<Int64Type>().value(row);
        for row in 0..batch.num_rows() {
            let partition = batch["partition"].as_primitive::<Int32Type>().value(row);
            let origin = (text("topic", row), partition, whole("offset", row), whole("row", row));
            assert!(seen.insert(origin.clone()), "twice: {origin:?}");
            *counts.entry((text("topic", row), text("reason", row))).or_default() += 1;
        }
    }
    counts
}

/// Sends items to the topics.
pub fn send(broker: &TestBroker, items: &[FeedItem]) {
    send_through(&Arc::new(broker.output()), items);
}

/// As [`send`], for whoever sends again and again.
pub fn send_through(output: &Arc<Output>, items: &[FeedItem]) {
    let mut writer = KafkaWriter::new(Arc::clone(output));
    for item in items {
        writer.write(item).unwrap();
    }
    writer.finish().unwrap();
}

/// Whether tests run at their full size: on a real broker, unless `LOCARD_TEST_QUICK` is set.
pub fn full_size() -> bool {
    super::broker::real().is_some() && std::env::var_os("LOCARD_TEST_QUICK").is_none()
}
