//! Why the process is not ready to take records in: reasons by name, from whoever has one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use super::partition::write;

/// The reasons; a clone shares them. Without any the process is ready.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    reasons: Arc<Mutex<BTreeMap<&'static str, String>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KeyLabel {
    reason: &'static str,
}

impl Readiness {
    /// The brokers cannot be reached.
    pub const KAFKA: &'static str = "kafka";
    /// The tables cannot be written: the disk is full, for one.
    pub const STORE: &'static str = "store";
    /// The pipeline of a partition has failed, and is started again; the others go on.
    pub const PIPELINE: &'static str = "pipeline";
    /// After an assignment, or when a pipeline is started again: clocks and what a stop left undone are taken from the
    /// tables.
    pub const RESTORING: &'static str = "restoring";
    /// The process has begun, and has not got to work yet.
    pub const STARTING: &'static str = "starting";
    /// The process is about to end.
    pub const STOPPING: &'static str = "stopping";

    /// States a reason, or states it in other words. `key` is one of a few words of the program: it is a label.
    ///
    /// A reason that is new is logged; one that is only worded anew is not, so that a counter in it fills no log.
    pub fn set(&self, key: &'static str, text: impl Into<String>) {
        let text = text.into();
        let mut reasons = self.lock();
        if !reasons.contains_key(key) {
            tracing::warn!(target: "locard::ready", reason = key, text, "not ready");
        }
        reasons.insert(key, text);
    }

    /// Takes a reason back.
    pub fn clear(&self, key: &'static str) {
        let mut reasons = self.lock();
        if reasons.remove(key).is_some() {
            tracing::info!(target: "locard::ready", reason = key, ready = reasons.is_empty(), "reason gone");
        }
    }

    /// Whether there is no reason.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.lock().is_empty()
    }

    /// The reasons, by key.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, String>> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Readiness {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let reasons = self.reasons();
        let ready = i64::from(reasons.is_empty());
        let help = "1 if records can be taken in";
        ConstGauge::new(ready).encode(encoder.encode_descriptor("ready", help, None, MetricType::Gauge)?)?;
        let each = reasons.keys().map(|reason| (KeyLabel { reason }, 1_i64));
        write(&mut encoder, "not_ready", "1 for each reason why records cannot be taken in", None, each)
    }
}
