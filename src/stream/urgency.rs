//! Custody first: whose clock has least time left, and which partitions are read for it.
//!
//! Workers tell when the clocks of their cases end; twice a second the schedule looks at them and at what waits on the
//! broker, and says which partitions may be read. What it decides is [`crate::source::schedule()`]'s, a pure function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::by_case::{PerCase, add_all, subtract};
use super::changed::Changed;
use super::telemetry::Telemetry;
use crate::model::CaseState;
use crate::source::kafka::{KafkaSource, Lag, Permit};
use crate::source::{CaseLag, PartitionLag, ScheduleRules, Topic, Waiting, schedule, sort_cases};
use crate::time::Clock;
use crate::time::custody::{CustodyRules, least_left_us};

/// When the clocks of cases end and what waits of each, by partition; shared by the workers and the schedule.
#[derive(Debug, Clone)]
pub struct Urgency {
    partitions: Arc<Mutex<BTreeMap<i32, OfPartition>>>,
    rules: Arc<CustodyRules>,
    clock: Arc<dyn Clock>,
    shown: watch::Sender<Vec<CaseLag>>,
    changed: Changed,
    /// It is known how much waits on the broker, and that it is no backlog.
    calm: watch::Sender<bool>,
}

/// What is known of the cases of a partition.
#[derive(Debug, Default)]
struct OfPartition {
    /// When the first of a case's clocks ends, UTC microseconds.
    ends: BTreeMap<String, i64>,
    /// Records that were read and are not in the tables yet.
    unstored: PerCase,
    /// Cases that do not fit in memory, with the bytes that they need.
    aside: BTreeMap<String, usize>,
    /// How often cases that were set aside have been tried again.
    tries: BTreeMap<String, u32>,
}

impl OfPartition {
    /// How it stands with each case that has a clock or is set aside.
    fn cases(&self, partition: i32, now_us: i64) -> impl Iterator<Item = CaseLag> {
        let without_clock = self.aside.keys().filter(|case| !self.ends.contains_key(*case));
        self.ends.keys().chain(without_clock).map(move |case| CaseLag {
            case: case.clone(),
            partition,
            // Whose the unread records of a partition are is not known before they are read.
            lag_records: self.unstored.get(case).copied().unwrap_or(0),
            left_us: self.ends.get(case).map(|end_us| end_us.saturating_sub(now_us)),
            aside_bytes: self.aside.get(case).copied(),
        })
    }
}

/// How often the schedule is made.
const TURN: Duration = Duration::from_millis(500);
/// How long the brokers may take to say how much waits.
const LAG_DEADLINE: Duration = Duration::from_secs(2);

impl Urgency {
    /// No clocks yet.
    #[must_use]
    pub fn new(rules: CustodyRules, clock: Arc<dyn Clock>) -> Self {
        Self {
            partitions: Arc::default(),
            rules: Arc::new(rules),
            clock,
            shown: watch::channel(Vec::new()).0,
            changed: Changed::default(),
            calm: watch::Sender::new(false),
        }
    }

    /// The cases with a clock, the most urgent first.
    #[must_use]
    pub fn cases(&self) -> watch::Receiver<Vec<CaseLag>> {
        self.shown.subscribe()
    }

    /// The cases that have more in the tables than before.
    #[must_use]
    pub fn changed(&self) -> Changed {
        self.changed.clone()
    }

    /// Comes back once there is no backlog: what is done then takes no time from what is urgent. Where nobody looks at the
    /// broker it never does.
    pub(super) async fn calm(&self) {
        // The sender is ours, so this ends by the value alone.
        _ = self.calm.subscribe().wait_for(|calm| *calm).await;
    }

    /// Says whether there is no backlog.
    pub(super) fn tell_calm(&self, calm: bool) {
        self.calm.send_if_modified(|now| std::mem::replace(now, calm) != calm);
    }

    /// Notes the clocks of a case whose state has changed.
    pub fn note(&self, partition: i32, case_id: &str, state: &CaseState) {
        let now_us = self.clock.now_us();
        let mut all = self.lock();
        let ends = &mut all.entry(partition).or_default().ends;
        match least_left_us(state, &self.rules, now_us) {
            Some(left_us) => _ = ends.insert(case_id.to_owned(), now_us.saturating_add(left_us)),
            None => _ = ends.remove(case_id),
        }
    }

    /// Notes that a case does not fit in memory, and how many bytes it needs.
    pub fn set_aside(&self, partition: i32, case_id: &str, bytes: usize) {
        self.lock().entry(partition).or_default().aside.insert(case_id.to_owned(), bytes);
    }

    /// How many bytes a case needs at least that is set aside, and how often it has been tried again.
    #[must_use]
    pub(super) fn aside_needs(&self, partition: i32, case_id: &str) -> Option<(usize, u32)> {
        let all = self.lock();
        let of = all.get(&partition)?;
        Some((*of.aside.get(case_id)?, of.tries.get(case_id).copied().unwrap_or(0)))
    }

    /// Notes that a case that is set aside is tried again. What it comes to counts until the partition is assigned anew: one
    /// that does not stay in memory is not tried for ever.
    pub(super) fn tries_again(&self, partition: i32, case_id: &str) {
        let mut all = self.lock();
        let tries = all.entry(partition).or_default().tries.entry(case_id.to_owned()).or_default();
        *tries = tries.saturating_add(1);
    }

    /// Notes that a case that was set aside is in memory.
    pub(super) fn takes_back(&self, partition: i32, case_id: &str) {
        if let Some(of) = self.lock().get_mut(&partition) {
            of.aside.remove(case_id);
        }
    }

    /// The cases of a partition that do not fit in memory.
    #[must_use]
    pub fn aside(&self, partition: i32) -> BTreeSet<String> {
        self.lock().get(&partition).into_iter().flat_map(|of| of.aside.keys()).cloned().collect()
    }

    /// Notes records that were read.
    pub(super) fn read(&self, partition: i32, records: &PerCase) {
        add_all(&mut self.lock().entry(partition).or_default().unstored, records);
    }

    /// Notes that records, and all that follows from them, are in the tables.
    pub(super) fn stored(&self, partition: i32, records: &PerCase) {
        if let Some(of) = self.lock().get_mut(&partition) {
            subtract(&mut of.unstored, records);
        }
        self.changed.note(records.keys());
    }

    /// Notes that what was read and is not stored is read again: its pipeline has failed. The clocks go on.
    pub(super) fn read_again(&self, partition: i32) {
        if let Some(of) = self.lock().get_mut(&partition) {
            of.unstored.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, OfPartition>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a partition that is not ours any more.
    pub fn forget(&self, partition: i32) {
        self.lock().remove(&partition);
    }

    /// Those with a clock, and those that are set aside.
    pub(super) fn cases_now(&self) -> Vec<CaseLag> {
        let now_us = self.clock.now_us();
        let all = self.lock();
        let mut cases: Vec<CaseLag> = all.iter().flat_map(|(partition, of)| of.cases(*partition, now_us)).collect();
        drop(all);
        sort_cases(&mut cases);
        cases
    }

    /// Sorts cases of a partition by how urgent they are, as [`sort_cases`] does; those without a clock come last, by name.
    pub(super) fn sort(&self, partition: i32, cases: &mut [String]) {
        let clocks = self.cases_now();
        let of_it = (0_usize..).zip(clocks.iter().filter(|case| case.partition == partition));
        let places: BTreeMap<&str, usize> = of_it.map(|(place, case)| (case.case.as_str(), place)).collect();
        cases.sort_by(|a, b| {
            let place = |case: &str| places.get(case).copied().unwrap_or(usize::MAX);
            place(a).cmp(&place(b)).then_with(|| a.cmp(b))
        });
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
            self.tell_calm(!turn.backlog);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CaseChange, CaseEvent, CustodyChange, CustodyStep};
    use crate::time::FixedClock;

    const NOW_US: i64 = 1_761_400_000_000_000;

    fn in_custody() -> CaseState {
        let step = CustodyStep::Started { relevant_us: NOW_US, authorised_us: Some(NOW_US), indictable: true };
        let change = CustodyChange { custody_id: "d".to_owned(), subject_id: "s".to_owned(), step };
        let mut state = CaseState::default();
        assert!(state.apply(&CaseEvent {
            case_id: "runs".to_owned(),
            event_id: "e".to_owned(),
            recorded_us: NOW_US,
            author: "DC A".to_owned(),
            reason: String::new(),
            change: CaseChange::Custody(change),
        }));
        state
    }

    #[test]
    fn cases_are_sorted_by_their_own_clocks_and_then_by_name() {
        let urgency = Urgency::new(CustodyRules::pace().unwrap(), Arc::new(FixedClock(NOW_US)));
        urgency.note(3, "runs", &in_custody());
        urgency.note(4, "b", &in_custody());
        let mut cases = ["c", "runs", "b", "a"].map(str::to_owned);
        urgency.sort(3, &mut cases);
        assert_eq!(cases, ["runs", "a", "b", "c"], "another partition's clock is no reason");
    }

    #[test]
    fn when_a_pipeline_fails_only_the_count_of_what_waits_begins_anew() {
        let urgency = Urgency::new(CustodyRules::pace().unwrap(), Arc::new(FixedClock(NOW_US)));
        let records = |runs, huge| PerCase::from([("runs".to_owned(), runs), ("huge".to_owned(), huge)]);
        urgency.note(3, "runs", &in_custody());
        urgency.set_aside(3, "runs", 90);
        urgency.set_aside(3, "huge", 70);
        urgency.read(3, &records(5, 7));
        urgency.stored(3, &records(2, 7));
        let told = || {
            let cases = urgency.cases_now().into_iter();
            cases.map(|c| (c.case, c.lag_records, c.left_us.is_some(), c.aside_bytes)).collect::<Vec<_>>()
        };
        let runs = |lag| ("runs".to_owned(), lag, true, Some(90));
        let huge = |lag| ("huge".to_owned(), lag, false, Some(70));
        assert_eq!(told(), [runs(3), huge(0)], "each once, with or without a clock");
        urgency.read_again(3);
        assert_eq!(told(), [runs(0), huge(0)]);
        urgency.read(3, &records(3, 0));
        assert_eq!(told(), [runs(3), huge(0)], "what is read again counts once");
        assert_eq!(urgency.aside(3), ["huge", "runs"].map(str::to_owned).into());
        urgency.forget(3);
        assert!(told().is_empty() && urgency.aside(3).is_empty());
    }
}
