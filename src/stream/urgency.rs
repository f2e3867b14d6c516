//! Custody first: whose clock has least time left, and which partitions are read for it.
//!
//! Workers tell when the clocks of their cases end; once a second the schedule looks at them and at what waits on the
//! broker, and says which partitions may be read. What it decides is [`crate::source::schedule()`]'s, a pure function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::telemetry::Telemetry;
use crate::model::CaseState;
use crate::source::kafka::{KafkaSource, Lag, Permit};
use crate::source::{CaseLag, PartitionLag, ScheduleRules, Topic, Waiting, schedule, sort_cases};
use crate::time::Clock;
use crate::time::custody::{CustodyRules, least_left_us};

/// When the clocks of cases end, by partition and case; shared by the workers and the schedule.
#[derive(Debug, Clone)]
pub struct Urgency {
    ends: Arc<Mutex<BTreeMap<i32, BTreeMap<String, i64>>>>,
    /// Cases that do not fit in memory, with the bytes that they need.
    aside: Arc<Mutex<BTreeMap<i32, BTreeMap<String, usize>>>>,
    rules: Arc<CustodyRules>,
    clock: Arc<dyn Clock>,
    shown: watch::Sender<Vec<CaseLag>>,
}

/// How often the schedule is made.
const TURN: Duration = Duration::from_secs(1);
/// How long the brokers may take to say how much waits.
const LAG_DEADLINE: Duration = Duration::from_secs(2);

impl Urgency {
    /// No clocks yet.
    #[must_use]
    pub fn new(rules: CustodyRules, clock: Arc<dyn Clock>) -> Self {
        Self {
            ends: Arc::default(),
            aside: Arc::default(),
            rules: Arc::new(rules),
            clock,
            shown: watch::channel(Vec::new()).0,
        }
    }

    /// The cases with a clock, the most urgent first.
    #[must_use]
    pub fn cases(&self) -> watch::Receiver<Vec<CaseLag>> {
        self.shown.subscribe()
    }

    /// Notes the clocks of a case whose state has changed.
    pub fn note(&self, partition: i32, case_id: &str, state: &CaseState) {
        let now_us = self.clock.now_us();
        let mut all = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let cases = all.entry(partition).or_default();
        match least_left_us(state, &self.rules, now_us) {
            Some(left_us) => _ = cases.insert(case_id.to_owned(), now_us.saturating_add(left_us)),
            None => _ = cases.remove(case_id),
        }
    }

    /// Notes that a case does not fit in memory, and how many bytes it needs.
    pub fn set_aside(&self, partition: i32, case_id: &str, bytes: usize) {
        let mut all = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(partition).or_default().insert(case_id.to_owned(), bytes);
    }

    /// The cases of a partition that do not fit in memory.
    #[must_use]
    pub fn aside(&self, partition: i32) -> BTreeSet<String> {
        let all = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&partition).into_iter().flat_map(BTreeMap::keys).cloned().collect()
    }

    /// Forgets a partition that is not ours any more.
    pub fn forget(&self, partition: i32) {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).remove(&partition);
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).remove(&partition);
    }

    /// Those with a clock, and those that are set aside.
    fn cases_now(&self) -> Vec<CaseLag> {
        let now_us = self.clock.now_us();
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut case = |case: &str, partition: i32, left_us| CaseLag {
            case: case.to_owned(),
            partition,
            // Whose the unread records of a partition are is not known before they are read.
            lag_records: 0,
            left_us,
            aside_bytes: aside.get_mut(&partition).and_then(|cases| cases.remove(case)),
        };
        let all = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = all.iter().flat_map(|(partition, cases)| cases.iter().map(move |(id, end)| (*partition, id, *end)));
        let mut cases: Vec<CaseLag> =
            ends.map(|(partition, id, end_us)| case(id, partition, Some(end_us.saturating_sub(now_us)))).collect();
        drop(all);
        for (partition, rest) in aside {
            cases.extend(rest.into_iter().map(|(case, bytes)| CaseLag {
                case,
                partition,
                lag_records: 0,
                left_us: None,
                aside_bytes: Some(bytes),
            }));
        }
        sort_cases(&mut cases);
        cases
    }

    /// Makes the schedule again and again until the source stops.
    pub(super) async fn watch_over(self, source: Arc<KafkaSource>, telemetry: Arc<Telemetry>) {
        let rules = ScheduleRules { at_once: at_once(), ..ScheduleRules::default() };
        let mut waiting = Waiting::default();
        let mut gauges = BTreeMap::new();
        loop {
            tokio::time::sleep(TURN).await;
            let asked = Arc::clone(&source);
            let Ok(lag) = tokio::task::spawn_blocking(move || asked.lag(LAG_DEADLINE)).await else { return };
            let lag = match lag {
                Ok(lag) => lag,
                // The last word may be about records that have been read since: nothing pauses because of it any more.
                Err(error) => {
                    tracing::debug!(%error, "what waits is not known: everything may be read");
                    source.throttle().set(Permit::All);
                    continue;
                }
            };
            let cases = self.cases_now();
            let (turn, next) = schedule(&partitions(&lag), &cases, &rules, &waiting);
            waiting = next;
            let permit = if turn.backlog { Permit::Only(turn.read.iter().copied().collect()) } else { Permit::All };
            source.throttle().set(permit);
            self.shown.send_replace(cases);
            gauges.retain(|partition, _| lag.iter().any(|l| l.partition == *partition));
            for lag in &lag {
                gauges.entry(lag.partition).or_insert_with(|| telemetry.partition(lag.partition)).lag(lag);
            }
        }
    }
}

/// Under backlog so many partitions are read at once: one a core, so that none of them waits for the others' work.
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn partitions(lag: &[Lag]) -> Vec<PartitionLag> {
    let fixes = lag.iter().filter(|l| l.topic == Topic::Fixes);
    let of = |l: &Lag| PartitionLag { partition: l.partition, lag_records: l.unread.unsigned_abs() };
    fixes.map(of).collect()
}
