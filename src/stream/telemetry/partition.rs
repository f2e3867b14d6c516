//! What one pipeline tells of its partition, shown for as long as the partition is assigned.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::labels::{LagLabel, PartitionLabel, topic_word};
use crate::source::Topic;
use crate::source::kafka::Lag;

/// The gauges of one partition. Dropped with its pipeline, it takes its time series along.
#[derive(Debug)]
pub struct PartitionTelemetry {
    gauges: Arc<Gauges>,
}

impl PartitionTelemetry {
    /// Sets how far behind a topic of the partition is.
    pub fn lag(&self, lag: &Lag) {
        let (unread, uncommitted) = self.gauges.of(lag.topic);
        unread.store(lag.unread.max(0).unsigned_abs(), Ordering::Relaxed);
        uncommitted.store(lag.uncommitted.max(0).unsigned_abs(), Ordering::Relaxed);
    }

    /// Sets how much memory the state of its cases takes, bytes.
    pub fn state_bytes(&self, bytes: usize) {
        self.gauges.state_bytes.store(super::count(bytes), Ordering::Relaxed);
    }

    /// Sets how many of its cases are in memory.
    pub fn cases_in_memory(&self, cases: usize) {
        self.gauges.cases.store(super::count(cases), Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct Gauges {
    fixes: (AtomicU64, AtomicU64),
    cases_topic: (AtomicU64, AtomicU64),
    state_bytes: AtomicU64,
    cases: AtomicU64,
}

impl Gauges {
    /// Unread and uncommitted messages.
    const fn of(&self, topic: Topic) -> &(AtomicU64, AtomicU64) {
        match topic {
            Topic::Fixes => &self.fixes,
            Topic::Cases => &self.cases_topic,
        }
    }
}

/// Partitions by number; the weak reference is to what their handle holds.
type Assigned = Vec<(i32, Weak<Gauges>)>;

/// The partitions whose handles are alive.
#[derive(Debug, Clone, Default)]
pub(super) struct Partitions {
    assigned: Arc<Mutex<Assigned>>,
}

impl Partitions {
    pub(super) fn add(&self, partition: i32) -> PartitionTelemetry {
        let mut assigned = self.assigned.lock().unwrap_or_else(PoisonError::into_inner);
        assigned.retain(|(_, g)| g.strong_count() > 0);
        // Its pipeline and whoever looks at its lag write to the same.
        let known = assigned.iter().find(|(p, _)| *p == partition).and_then(|(_, gauges)| gauges.upgrade());
        let gauges = known.unwrap_or_else(|| {
            let gauges = Arc::new(Gauges::default());
            assigned.push((partition, Arc::downgrade(&gauges)));
            gauges
        });
        PartitionTelemetry { gauges }
    }

    fn alive(&self) -> BTreeMap<i32, Arc<Gauges>> {
        let assigned = self.assigned.lock().unwrap_or_else(PoisonError::into_inner);
        assigned.iter().filter_map(|(partition, gauges)| Some((*partition, gauges.upgrade()?))).collect()
    }
}

impl Collector for Partitions {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let alive = self.alive();
        let records = Unit::Other("records".to_owned());
        let lag = |pick: fn(&(AtomicU64, AtomicU64)) -> &AtomicU64| {
            alive.iter().flat_map(move |(partition, gauges)| {
                [Topic::Fixes, Topic::Cases].map(|topic| {
                    let label = LagLabel { topic: topic_word(topic), partition: *partition };
                    (label, pick(gauges.of(topic)).load(Ordering::Relaxed))
                })
            })
        };
        write(&mut encoder, "lag", "Messages not taken from the broker yet", Some(&records), lag(|of| &of.0))?;
        let help = "Messages that the store does not include yet, the unread among them";
        write(&mut encoder, "uncommitted", help, Some(&records), lag(|of| &of.1))?;
        let each = |pick: fn(&Gauges) -> &AtomicU64| {
            alive.iter().map(move |(partition, gauges)| {
                (PartitionLabel { partition: *partition }, pick(gauges).load(Ordering::Relaxed))
            })
        };
        let help = "Memory that the state of a partition's cases takes, about";
        write(&mut encoder, "state", help, Some(&Unit::Bytes), each(|g| &g.state_bytes))?;
        write(&mut encoder, "cases_in_memory", "Cases of a partition in memory", None, each(|g| &g.cases))
    }
}

/// Writes one family of gauges.
pub(super) fn write<L: EncodeLabelSet, V: prometheus_client::encoding::EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    series: impl Iterator<Item = (L, V)>,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    for (label, value) in series {
        ConstGauge::new(value).encode(family.encode_family(&label)?)?;
    }
    Ok(())
}
