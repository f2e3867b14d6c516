//! What the stream tells of itself: counters, gauges and histograms, and why it is not ready.
//!
//! ```text
//!  engine ── counts, durations ──────────────> Telemetry ──┐
//!  pipeline of partition 3 ── its gauges ───> PartitionTelemetry ──┤ encode() ─> /metrics (OpenMetrics text)
//!  watch channel of `CaseLag` ──────────────> the most urgent cases ──┤
//!  kafka, store, restore ── reasons ────────> Readiness ──┘─────────────────────> /ready
//! ```
//! - Nothing that is measured changes a result.
//! - The number of time series is bounded: labels are words of the program, assigned partitions, and at most
//!   [`CASES_SHOWN`] cases. What has no owner any more (a partition that was let go, a case that is not urgent) has no
//!   series either, so that no old value looks like a present one.
//! - Each call costs a few atomic operations, or one short lock; none makes a text.

mod cases;
mod labels;
mod partition;
mod readiness;
mod restoring;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::watch;

use super::{Change, Outcome};
use crate::model::RejectReason;
use crate::source::{CaseLag, Topic};
use crate::store::Table;
use cases::Cases;
use labels::{ChangeLabel, ReadLabel, ReasonLabel, TableLabel, TopicLabel};
use partition::Partitions;
use restoring::Partitions as RestoredPartitions;

pub use cases::CASES_SHOWN;
pub use labels::CaseRead;
pub use partition::PartitionTelemetry;
pub use readiness::Readiness;
pub use restoring::Restoring;

/// From 1 ms to 10 s: the upper bounds of the histograms' buckets, seconds.
const BUCKETS_S: [f64; 13] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// All measurements of one process; shared in an `Arc`.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    readiness: Readiness,
    restored: RestoredPartitions,
    partitions: Partitions,
    records: Family<TopicLabel, Counter>,
    fixes_new: Counter,
    fixes_repeated: Counter,
    rejects: Family<ReasonLabel, Counter>,
    misplaced: Family<TopicLabel, Counter>,
    proximities: Counter,
    encounters: Family<ChangeLabel, Counter>,
    commits: Family<TableLabel, Counter>,
    pipeline_failures: Counter,
    cases_restored: Counter,
    commit_s: Family<TableLabel, Histogram, fn() -> Histogram>,
    arrival_to_flag_s: Histogram,
    step_s: Histogram,
    evaluation_s: Family<ReadLabel, Histogram, fn() -> Histogram>,
}

impl Telemetry {
    /// Measurements at zero; the cases that are behind are looked up in `cases` whenever the text is asked for.
    #[must_use]
    pub fn new(cases: watch::Receiver<Vec<CaseLag>>) -> Self {
        let readiness = Readiness::default();
        let mut telemetry = Self {
            registry: Registry::with_prefix("locard"),
            restored: RestoredPartitions::new(readiness.clone()),
            readiness,
            partitions: Partitions::default(),
            records: Family::default(),
            fixes_new: Counter::default(),
            fixes_repeated: Counter::default(),
            rejects: Family::default(),
            misplaced: Family::default(),
            proximities: Counter::default(),
            encounters: Family::default(),
            commits: Family::default(),
            pipeline_failures: Counter::default(),
            cases_restored: Counter::default(),
            commit_s: Family::new_with_constructor(histogram),
            arrival_to_flag_s: histogram(),
            step_s: histogram(),
            evaluation_s: Family::new_with_constructor(histogram),
        };
        telemetry.start_at_zero();
        telemetry.register_counters();
        telemetry.register_durations();
        let registry = &mut telemetry.registry;
        registry.register("build", "The version that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register_collector(Box::new(telemetry.partitions.clone()));
        registry.register_collector(Box::new(Cases::new(cases)));
        registry.register_collector(Box::new(telemetry.readiness.clone()));
        telemetry
    }

    /// A counter that appears with its first event has no rate at that event: what can be named is there from the start.
    fn start_at_zero(&self) {
        for topic in [Topic::Fixes, Topic::Cases] {
            drop(self.records.get_or_create(&TopicLabel::of(topic)));
            drop(self.misplaced.get_or_create(&TopicLabel::of(topic)));
        }
        for change in ChangeLabel::ALL {
            drop(self.encounters.get_or_create(&change));
        }
        for table in Table::ALL {
            drop(self.commits.get_or_create(&TableLabel::of(table)));
            drop(self.commit_s.get_or_create(&TableLabel::of(table)));
        }
        for read in [CaseRead::Whole, CaseRead::Since] {
            drop(self.evaluation_s.get_or_create(&ReadLabel::of(read)));
        }
    }

    fn register_counters(&mut self) {
        let r = &mut self.registry;
        r.register("records", "Messages taken from Kafka", self.records.clone());
        r.register("fixes_new", "Location records that were not known before", self.fixes_new.clone());
        r.register("fixes_repeated", "Location records that were known already", self.fixes_repeated.clone());
        r.register("rejects", "Messages that could not be used", self.rejects.clone());
        let help = "Records that came in a partition where their case does not belong";
        r.register("misplaced_records", help, self.misplaced.clone());
        r.register("proximities", "Statements about proximities, withdrawals among them", self.proximities.clone());
        r.register("encounters", "Statements about encounters", self.encounters.clone());
        r.register("commits", "Commits to the tables", self.commits.clone());
        let help = "Failures of a partition's pipeline, after each of which it is started again";
        r.register("pipeline_failures", help, self.pipeline_failures.clone());
        let help = "Cases that were read from the tables into memory, after an assignment or for a message";
        r.register("cases_restored", help, self.cases_restored.clone());
    }

    fn register_durations(&mut self) {
        let r = &mut self.registry;
        let help = "From the broker's append of a record to the delivery of the flag it made";
        r.register_with_unit("arrival_to_flag", help, Unit::Seconds, self.arrival_to_flag_s.clone());
        r.register_with_unit("commit", "Time of a commit to a table", Unit::Seconds, self.commit_s.clone());
        r.register_with_unit("step", "Time of one step of a pipeline", Unit::Seconds, self.step_s.clone());
        let help = "Time of one evaluation of a case, by what was read of it";
        r.register_with_unit("evaluation", help, Unit::Seconds, self.evaluation_s.clone());
    }

    /// Counts messages that were taken from Kafka.
    pub fn records(&self, topic: Topic, messages: u64) {
        self.records.get_or_create(&TopicLabel::of(topic)).inc_by(messages);
    }

    /// Counts a message that could not be used.
    pub fn reject(&self, reason: RejectReason) {
        self.rejects.get_or_create(&ReasonLabel { reason: reason.as_str() }).inc();
    }

    /// Counts records that came in a partition where their case does not belong.
    pub fn misplaced(&self, topic: Topic, records: u64) {
        self.misplaced.get_or_create(&TopicLabel::of(topic)).inc_by(records);
    }

    /// Counts what came of a step.
    pub fn outcome(&self, outcome: &Outcome) {
        self.fixes_new.inc_by(outcome.fixes.iter().map(|f| count(f.ids.len())).sum());
        self.fixes_repeated.inc_by(outcome.repeated);
        self.proximities.inc_by(count(outcome.proximities.len()));
        for encounter in &outcome.encounters {
            self.encounter(encounter.said.change);
        }
    }

    fn encounter(&self, change: Change) {
        self.encounters.get_or_create(&ChangeLabel { change: change.as_str() }).inc();
    }

    /// Counts a failure of a pipeline.
    pub fn pipeline_failed(&self) {
        self.pipeline_failures.inc();
    }

    /// Counts a case that was read from the tables into memory.
    pub fn case_restored(&self) {
        self.cases_restored.inc();
    }

    /// Notes how long one step of a pipeline took, seconds.
    pub fn step(&self, seconds: f64) {
        self.step_s.observe(seconds);
    }

    /// Notes how long after its record's arrival at the broker a flag was delivered, seconds.
    ///
    /// Clocks of two machines may differ: what seems to have come before its record counts as 0.
    pub fn flagged(&self, seconds: f64) {
        self.arrival_to_flag_s.observe(seconds.max(0.0));
    }

    /// Notes a commit to a table and how long it took, seconds.
    pub fn commit(&self, table: Table, seconds: f64) {
        let label = TableLabel::of(table);
        self.commits.get_or_create(&label).inc();
        self.commit_s.get_or_create(&label).observe(seconds);
    }

    /// Notes an evaluation of a case as its records arrive, what was read of it, and how long it took, seconds.
    pub fn evaluated(&self, read: CaseRead, seconds: f64) {
        self.evaluation_s.get_or_create(&ReadLabel::of(read)).observe(seconds);
    }

    /// The gauges of a partition; they are shown for as long as the handle lives.
    #[must_use]
    pub fn partition(&self, partition: i32) -> PartitionTelemetry {
        self.partitions.add(partition)
    }

    /// Says that cases of a partition are being taken back, for as long as what is given lives.
    #[must_use]
    pub fn restoring(&self, partition: i32) -> Restoring {
        self.restored.begin(partition)
    }

    /// Why the process is not ready; shared.
    #[must_use]
    pub const fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// All metrics, in the text format 1.0 of `OpenMetrics`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => out,
            // Writing to a String cannot fail, and a text without its end mark is refused by whoever reads it.
            Err(error) => {
                tracing::error!(%error, "metrics cannot be written");
                String::new()
            }
        }
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS_S)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// One series of each metric, with made-up values: for tests that compare names with dashboards and documents.
#[cfg(test)]
pub(crate) fn sample() -> (Telemetry, PartitionTelemetry, watch::Sender<Vec<CaseLag>>) {
    let case = |name: &str, left_us, aside_bytes| CaseLag {
        case: name.to_owned(),
        partition: 3,
        lag_records: 7,
        left_us,
        aside_bytes,
    };
    let (tell, told) = watch::channel(vec![case("C-1", Some(90_500_000), None), case("C-2", None, Some(4096))]);
    let telemetry = Telemetry::new(told);
    telemetry.reject(RejectReason::LatitudeRange);
    telemetry.readiness().set("kafka", "no broker answers");
    let partition = telemetry.partition(3);
    (telemetry, partition, tell)
}

/// The names of all metric families in a text, as its `# TYPE` lines give them.
#[cfg(test)]
pub(crate) fn family_names(text: &str) -> std::collections::BTreeSet<&str> {
    text.lines().filter_map(|l| l.strip_prefix("# TYPE ")?.split(' ').next()).collect()
}

#[cfg(test)]
mod tests;
