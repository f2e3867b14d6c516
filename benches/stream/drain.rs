//! Draining a topic, with a bare consumer and with an instance.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use locard::model::ProximityParams;
use locard::source::kafka::KafkaConfig;
use locard::store::{Options as StoreOptions, Store, Table};
use locard::stream::{Instance, InstanceOptions, WorkerOptions};
use locard::time::custody::CustodyRules;
use locard::time::{Stopwatch, SystemClock};
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use url::Url;

use super::broker::{Broker, PATIENCE, Topics};
use super::load::{Payload, send};
use super::options::Options;
use super::report::{Report, Used};
use super::world::World;
use super::{Outcome, machine};

/// A bare consumer and an instance on the same topic; the rate of the instance.
pub fn compare(
    runtime: &Runtime,
    broker: &Broker,
    options: &Options,
    payload: Payload,
    report: &mut Report,
) -> Outcome<f64> {
    let world = World::new(options.cases);
    let topics = broker.topics(if payload == Payload::Json { "json" } else { "arrow" })?;
    let (messages, events) = send(&topics, &world, options.records, payload)?;
    report.head(if payload == Payload::Json {
        "JSON, a record a message"
    } else {
        "Arrow, 1,000 records a message"
    })?;
    let read = |as_ours| bare(&topics.consumer(as_ours)?, &topics, messages, options.records, broker.partitions());
    let (bare, tuned) = (read(false)?, read(true)?);
    report.row("bare librdkafka consumer, its defaults", &bare)?;
    report.row("bare librdkafka consumer, fetching as Locard does", &tuned)?;
    let ours = instance(runtime, &topics, (messages, events), options.records, options.memory_mib)?;
    report.row("locard", &ours)?;
    let of = |other: &Used| ours.rate() / other.rate();
    report.line(&format!("\nlocard / bare: {:.2} of its rate; as Locard fetches: {:.2}", of(&bare), of(&tuned)))?;
    Ok(ours.rate())
}

/// Reads all messages and looks at none.
fn bare(consumer: &BaseConsumer, topics: &Topics, messages: u64, records: u64, partitions: i32) -> Outcome<Used> {
    machine::forget_peak();
    let (watch, cpu_s) = (Stopwatch::start(), machine::cpu_s());
    let mut from = TopicPartitionList::new();
    for partition in 0..partitions {
        from.add_partition_offset(&topics.config.topics.fixes, partition, Offset::Beginning)?;
    }
    consumer.assign(&from)?;
    let (mut read, mut bytes) = (0, 0);
    while read < messages {
        let Some(message) = consumer.poll(PATIENCE) else { return Err("the broker gives no more messages".into()) };
        bytes += message?.payload().map_or(0, <[u8]>::len);
        read += 1;
    }
    let used = Used {
        records,
        wall_s: watch.seconds(),
        cpu_s: machine::cpu_s() - cpu_s,
        peak_mib: machine::peak_mib(),
        flags: None,
    };
    if bytes == 0 { Err("the messages are empty".into()) } else { Ok(used) }
}

/// The settings that `locard serve` has when none are given, but for memory: everything is to fit.
pub fn settings(kafka: KafkaConfig, data: &std::path::Path, memory_mib: usize) -> Outcome<InstanceOptions> {
    Ok(InstanceOptions {
        kafka,
        data: Url::from_directory_path(data).map_err(|()| "a folder without an address")?,
        store: StoreOptions::default(),
        work: WorkerOptions {
            params: ProximityParams::default(),
            commit_every: Duration::from_secs(1),
            commit_rows: 100_000,
            memory_bytes: memory_mib << 20,
            step_messages: 16_384,
        },
        publish: true,
        upkeep_every: Duration::from_mins(1),
        custody: CustodyRules::pace()?,
    })
}

/// An instance until its tables hold all messages.
fn instance(
    runtime: &Runtime,
    topics: &Topics,
    messages: (u64, u64),
    records: u64,
    memory_mib: usize,
) -> Outcome<Used> {
    let options = settings(topics.config.clone(), &topics.data, memory_mib)?;
    machine::forget_peak();
    let (watch, cpu_s) = (Stopwatch::start(), machine::cpu_s());
    let (wall_s, cpu_s) = runtime.block_on(async {
        let instance = Instance::open(options, Arc::new(SystemClock), None).await?;
        let (store, health) = (instance.store(), instance.health());
        let (stop, stopped) = watch::channel(false);
        let running = SpawnedTask::spawn(instance.run(stopped));
        while stored(&store).await? < messages.0 + messages.1 {
            if let Some(fault) = &health.borrow().fault {
                return Err(format!("the instance has stopped: {fault}").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let done = (watch.seconds(), machine::cpu_s() - cpu_s);
        stop.send_replace(true);
        running.join().await??;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(done)
    })?;
    let peak_mib = machine::peak_mib();
    let names = &topics.config.topics;
    let flags = topics.count(&names.proximity)? + topics.count(&names.encounters)?;
    if topics.count(&names.rejects)? > 0 {
        return Err("records were rejected".into());
    }
    Ok(Used { records, wall_s, cpu_s, peak_mib, flags: Some(flags) })
}

/// How many messages every table that follows a topic holds.
async fn stored(store: &Store) -> Outcome<u64> {
    let mut sum = 0;
    for (topic, last) in [("fixes", Table::Fixes), ("cases", Table::CaseEvents)] {
        for tables in store.next_offsets(topic).await?.values() {
            let least = [last, Table::Encounters].map(|t| tables.get(&t).copied().unwrap_or(0)).into_iter().min();
            sum += least.unwrap_or(0).unsigned_abs();
        }
    }
    Ok(sum)
}

/// What a record costs as a case grows; the start of an instance is measured and taken off.
pub fn growth(runtime: &Runtime, broker: &Broker, options: &Options, report: &mut Report) -> Outcome<()> {
    let mut sizes = vec![options.largest];
    while let Some(size) = sizes.last().map(|last| last / 10).filter(|size| *size >= 100_000.min(options.largest)) {
        sizes.push(size);
    }
    let runs: Vec<_> = sizes.into_iter().rev().map(|records| (format!("{records} records"), 1, records)).collect();
    flat(runtime, broker, ("One case", &runs), options, report)
}

/// What a record costs as there are more cases.
pub fn cases(runtime: &Runtime, broker: &Broker, options: &Options, report: &mut Report) -> Outcome<()> {
    let of = |cases: &u32| (format!("{cases} cases"), *cases, options.records.min(1_000_000));
    let runs: Vec<_> = options.numbers_of_cases.iter().map(of).collect();
    flat(runtime, broker, ("Cases", &runs), options, report)
}

fn flat(
    runtime: &Runtime,
    broker: &Broker,
    (title, runs): (&str, &[(String, u32, u64)]),
    options: &Options,
    report: &mut Report,
) -> Outcome<()> {
    report.head(title)?;
    let mut costs = Vec::new();
    for (name, cases, records) in runs {
        let world = World::new(*cases);
        let empty = broker.topics(&format!("start-{cases}-{records}"))?;
        let sent = send(&empty, &world, u64::from(*cases), Payload::Json)?;
        let start = instance(runtime, &empty, sent, 1, options.memory_mib)?;
        let topics = broker.topics(&format!("flat-{cases}-{records}"))?;
        let sent = send(&topics, &world, *records, Payload::Json)?;
        let used = instance(runtime, &topics, sent, *records, options.memory_mib)?;
        let used = Used { cpu_s: used.cpu_s - start.cpu_s, ..used };
        report.row(name, &used)?;
        costs.push(used.ns());
    }
    let (least, most) = costs.iter().fold((f64::INFINITY, 0.0_f64), |(l, m), c| (l.min(*c), m.max(*c)));
    report
        .line(&format!("\nmost / least: {:.2} in CPU a record (the start of the instance taken off)", most / least))?;
    Ok(())
}
