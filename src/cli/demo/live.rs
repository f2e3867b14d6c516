//! The live part of `locard demo`: an embedded broker, a day of made-up cases in seconds, flags as they are said.
//!
//! ```text
//!  feed (seed) ── paced ──> embedded broker ──> instance ──> flags on the screen, tables in FOLDER/data
//!      └── truth ──────────────────────────────────────────> score
//! ```

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use serde_json::Value;
use tokio::sync::{broadcast, watch};
use url::Url;

use super::super::serve::STEP_MESSAGES;
use super::super::watch::words;
use super::DemoError;
use crate::model::ProximityParams;
use crate::simulate::DEMO_START_US;
use crate::simulate::feed::{
    Feed, FeedItem, FeedParams, FeedTruth, FeedWriter as _, Flag, FlagScore, KafkaWriter, score_flags, truth,
};
use crate::source::kafka::{EmbeddedBroker, KafkaConfig, Membership, Output, TopicNames};
use crate::store::{Options, Store, Table};
use crate::stream::{Instance, InstanceOptions, LiveFlag, StreamError, WorkerOptions};
use crate::time::custody::{CustodyRules, RulesError};
use crate::time::{Clock, Stopwatch};

const PARTITIONS: i32 = 4;
/// Nobody waits longer for a demo.
const PATIENCE: Duration = Duration::from_secs(90);

/// What came of it.
#[derive(Debug)]
pub struct Live {
    /// The flags against the truth.
    pub score: FlagScore,
    /// Messages sent.
    pub messages: usize,
}

/// A day of the feed in some seconds: the time of the feed goes by faster than the clock on the wall.
#[derive(Debug)]
struct FastClock {
    start_us: i64,
    speed: f64,
    running: Stopwatch,
}

impl Clock for FastClock {
    fn now_us(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
        let gone_us = (self.running.seconds() * self.speed * 1e6) as i64;
        self.start_us.saturating_add(gone_us)
    }
}

/// Runs the feed of a seed in about `seconds` and shows the flags.
///
/// # Errors
/// [`DemoError`] if the tables cannot be written or the output cannot be shown.
pub async fn run(folder: &Path, seed: u64, seconds: f64, out: &mut (dyn Write + Send)) -> Result<Live, DemoError> {
    let params =
        FeedParams { seed, cases: 3, days: 1, custody_share: 0.5, start_us: DEMO_START_US, ..FeedParams::default() };
    let items: Vec<FeedItem> = Feed::new(&params)?.collect();
    let truth = truth(&params)?;
    let data = fresh(&folder.join("data"))?;
    let span_us = items.last().map_or(0, |i| i.deliver_us).saturating_sub(params.start_us);
    let broker = EmbeddedBroker::start(&TopicNames::default(), PARTITIONS)?;
    writeln!(
        out,
        "Live: {} messages of {} made-up cases, a day and a half in {seconds} s, through an embedded broker\n\
         (librdkafka's mock cluster; a real one is as good: docs/serve.md). Flags as they are said:\n",
        items.len(),
        params.cases
    )?;
    let kafka = KafkaConfig {
        bootstrap_servers: broker.bootstrap_servers().to_owned(),
        membership: Membership::Alone,
        ..KafkaConfig::default()
    };
    let speed = Duration::from_micros(span_us.unsigned_abs()).as_secs_f64() / seconds.max(0.01);
    let clock = Arc::new(FastClock { start_us: params.start_us, speed, running: Stopwatch::start() });
    let instance = Instance::open(options(kafka.clone(), &data)?, clock, None).await?;
    let (store, mut flags) = (instance.store(), instance.flags().subscribe());
    let (stop, stopped) = watch::channel(false);
    let running = SpawnedTask::spawn(instance.run(stopped));
    let count = items.len();
    let sending = SpawnedTask::spawn(send(kafka, items, params.start_us, speed));
    show(&store, count, &mut flags, out).await?;
    sending.join().await.map_err(|e| StreamError::Defect(e.to_string()))??;
    stop.send_replace(true);
    running.join().await.map_err(|e| StreamError::Defect(e.to_string()))??;
    let found = told(&store, &truth).await?;
    Ok(Live { score: score_flags(&truth, &found, 0.5), messages: count })
}

/// A folder for the tables; those of an earlier demo belong to a broker that is gone, and go.
fn fresh(data: &Path) -> Result<Url, DemoError> {
    let fault = |source| DemoError::Write { folder: data.to_owned(), source };
    if data.exists() {
        std::fs::remove_dir_all(data).map_err(fault)?;
    }
    std::fs::create_dir_all(data).map_err(fault)?;
    let absolute = std::path::absolute(data).map_err(fault)?;
    let invalid = || fault(std::io::Error::from(std::io::ErrorKind::InvalidInput));
    Url::from_directory_path(absolute).map_err(|()| invalid())
}

fn options(kafka: KafkaConfig, data: &Url) -> Result<InstanceOptions, RulesError> {
    Ok(InstanceOptions {
        kafka,
        data: data.clone(),
        store: Options::default(),
        work: WorkerOptions {
            params: ProximityParams::default(),
            commit_every: Duration::from_secs(1),
            commit_rows: 100_000,
            memory_bytes: 256 << 20,
            step_messages: STEP_MESSAGES,
        },
        publish: true,
        upkeep_every: Duration::ZERO,
        custody: CustodyRules::pace()?,
    })
}

/// Sends each message when its time has come, on the feed's fast clock.
async fn send(kafka: KafkaConfig, items: Vec<FeedItem>, start_us: i64, speed: f64) -> Result<(), DemoError> {
    let connecting = SpawnedTask::spawn_blocking(move || Output::connect(&kafka, Duration::from_secs(20)));
    let output = connecting.join().await.map_err(|e| StreamError::Defect(e.to_string()))??;
    let mut writer = KafkaWriter::new(Arc::new(output));
    let running = Stopwatch::start();
    for item in &items {
        let due_us = item.deliver_us.saturating_sub(start_us).max(0).unsigned_abs();
        let due_s = Duration::from_micros(due_us).as_secs_f64() / speed;
        let ahead_s = due_s - running.seconds();
        // Shorter waits are made up for by the next.
        if ahead_s > 0.002 {
            tokio::time::sleep(Duration::from_secs_f64(ahead_s)).await;
        }
        writer.write(item)?;
    }
    Ok(tokio::task::block_in_place(|| writer.finish())?)
}

/// Shows flags until the tables hold every message.
async fn show(
    store: &Store,
    messages: usize,
    flags: &mut broadcast::Receiver<LiveFlag>,
    out: &mut (dyn Write + Send),
) -> Result<(), DemoError> {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let patience = tokio::time::sleep(PATIENCE);
    let mut patience = std::pin::pin!(patience);
    let mut unlikely = 0_usize;
    loop {
        tokio::select! {
            flag = flags.recv() => if let Ok(flag) = flag {
                unlikely += usize::from(!line(&flag, out)?);
            },
            _ = tick.tick() => if stored(store).await? >= messages {
                while let Ok(flag) = flags.try_recv() {
                    unlikely += usize::from(!line(&flag, out)?);
                }
                writeln!(out, "\n{unlikely} further statements about encounters whose P(within) stays below {SHOWN_P} (masts, mostly).")?;
                return Ok(());
            },
            () = &mut patience => return Err(DemoError::TooSlow(PATIENCE.as_secs())),
        }
    }
}

async fn stored(store: &Store) -> Result<usize, StreamError> {
    let mut sum = 0;
    for (topic, table) in [("fixes", Table::Fixes), ("cases", Table::CaseEvents)] {
        let next = store.next_offsets(topic).await?;
        sum += next.values().filter_map(|tables| tables.get(&table)).sum::<i64>();
    }
    Ok(usize::try_from(sum).unwrap_or(0))
}

/// The least P(within) of a flag that is shown: below it are masts, which are near everything, and mere possibilities.
const SHOWN_P: f64 = 0.5;

/// One line for an encounter that begins, ends or does not hold any more; whether it is shown.
fn line(flag: &LiveFlag, out: &mut (dyn Write + Send)) -> Result<bool, DemoError> {
    let Ok(e) = serde_json::from_str::<Value>(&flag.json) else { return Ok(true) };
    if !matches!(e.get("change").and_then(Value::as_str), Some("opened" | "closed" | "superseded" | "withdrawn")) {
        return Ok(true);
    }
    if e.get("p_within_max").and_then(Value::as_f64).is_none_or(|p| p < SHOWN_P) {
        return Ok(false);
    }
    write!(out, "  {}", words(&flag.json))?;
    Ok(true)
}

/// The encounters that the tables hold in the end.
async fn told(store: &Store, truth: &FeedTruth) -> Result<Vec<Flag>, DemoError> {
    let mut flags = Vec::new();
    for case in truth.case_ids() {
        let batch = store.current_encounters(case).await.map_err(StreamError::from)?;
        flags.extend(crate::stream::stored_encounters(&batch)?.into_iter().map(|said| Flag {
            case_id: case.to_owned(),
            device_id: said.device,
            target: said.target,
            enter_us: said.enter_us,
            exit_us: said.exit_us,
            p_within_max: said.p_within_max,
            emitted_us: None,
        }));
    }
    Ok(flags)
}
