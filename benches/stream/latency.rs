//! From the moment the broker has a record to the moment it has the flag, by the broker's own clock, in whole
//! milliseconds.
//!
//! A flag carries, in the header `arrived-us`, when the broker had the oldest message of the step that led to it: what is
//! measured is never less than what the flag's own record waited.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use locard::simulate::feed::Pace;
use locard::source::kafka::Output;
use locard::stream::Instance;
use locard::time::{Stopwatch, SystemClock};
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::Outcome;
use super::broker::{Broker, PATIENCE, Topics};
use super::drain::settings;
use super::load::{Payload, Sender, send};
use super::options::Options;
use super::report::{Report, float};
use super::world::World;

/// The first flags come while connections are made and code is cold: they are reported apart.
const WARM_S: f64 = 3.0;

/// Runs an instance while records come at a rate, and reads its flags afterwards.
pub fn measure(runtime: &Runtime, broker: &Broker, options: &Options, rate: f64, report: &mut Report) -> Outcome<()> {
    let world = World::new(options.cases);
    let topics = broker.topics("paced")?;
    // Connections, case events and the first records; the paced ones follow them.
    let first = world.len();
    send(&topics, &world, first, Payload::Json)?;
    let settings = settings(topics.config.clone(), &topics.data, options.memory_mib)?;
    let sent = runtime.block_on(async {
        let instance = Instance::open(settings, Arc::new(SystemClock), None).await?;
        let (stop, stopped) = watch::channel(false);
        let running = SpawnedTask::spawn(instance.run(stopped));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let output = Output::connect(&topics.config, PATIENCE)?;
        let (world, seconds) = (world.clone(), options.paced_s);
        let sent = tokio::task::spawn_blocking(move || paced(&output, &world, first, rate, seconds)).await??;
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send_replace(true);
        running.join().await??;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(sent)
    })?;
    report.line(&format!("\n## Arrival to flag at {rate:.0} records/s asked, {:.0} sent\n", float(sent.0) / sent.1))?;
    report.line("| topic | flags | p50 ms | p90 ms | p99 ms | most ms | in the first 3 s: most ms |")?;
    report.line("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    let names = &topics.config.topics;
    for (name, topic) in [("encounters", &names.encounters), ("proximity", &names.proximity)] {
        let (cold, mut warm) = waits(&topics, topic, broker.partitions())?;
        warm.sort_unstable();
        let at = |share: u64| warm.get(usize::try_from(warm.len() as u64 * share / 100).unwrap_or(0)).copied();
        let show = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        report.line(&format!(
            "| {name} | {} | {} | {} | {} | {} | {} |",
            warm.len(),
            show(at(50)),
            show(at(90)),
            show(at(99)),
            show(warm.last().copied()),
            show(cold.iter().max().copied()),
        ))?;
    }
    Ok(())
}

/// Sends records at a rate for so long; how many, and how long it took.
fn paced(output: &Output, world: &World, first: u64, rate: f64, seconds: f64) -> Outcome<(u64, f64)> {
    let pace = Pace::new(rate).ok_or("a rate that is no rate")?;
    let watch = Stopwatch::start();
    let mut sender = Sender::new(output);
    let timer = tokio::runtime::Handle::current();
    let mut sent = 0;
    while watch.seconds() < seconds {
        let wait = pace.wait(sent, watch.seconds());
        if !wait.is_zero() {
            // Not less than a millisecond: a timer knows nothing finer.
            timer.block_on(tokio::time::sleep(wait.max(Duration::from_millis(1))));
        }
        sender.send(world, first + sent)?;
        sent += 1;
    }
    let took_s = watch.seconds();
    output.flush(PATIENCE)?;
    Ok((sent, took_s))
}

/// Milliseconds that each flag of a topic took: those of the first seconds, and the others.
fn waits(topics: &Topics, topic: &str, partitions: i32) -> Outcome<(Vec<i64>, Vec<i64>)> {
    let mut left = topics.count(topic)?;
    let consumer: BaseConsumer = topics.consumer(true)?;
    let mut from = TopicPartitionList::new();
    for partition in 0..partitions {
        from.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&from)?;
    let mut all: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    while left > 0 {
        let Some(message) = consumer.poll(Duration::from_secs(10)) else { break };
        let message = message?;
        left -= 1;
        if let (Some(arrived_ms), Some(said_ms)) =
            (arrived_us(&message).map(|us| us / 1000), message.timestamp().to_millis())
        {
            all.entry(arrived_ms).or_default().push(said_ms - arrived_ms);
        }
    }
    let begin = all.keys().next().copied().unwrap_or(0);
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for (arrived_ms, waits) in all {
        let side = if float((arrived_ms - begin).unsigned_abs()) < WARM_S * 1e3 { &mut cold } else { &mut warm };
        side.extend(waits);
    }
    Ok((cold, warm))
}

fn arrived_us(message: &BorrowedMessage<'_>) -> Option<i64> {
    let header = message.headers()?.iter().find(|h| h.key == "arrived-us")?;
    std::str::from_utf8(header.value?).ok()?.parse().ok()
}
