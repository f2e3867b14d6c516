//! What a step of a pipeline is given, and what comes of it.

use datafusion::arrow::array::RecordBatch;

use super::said::{EncounterRevision, ProximitySaid};
use crate::encounter::ContentId;
use crate::model::CaseEvent;

/// Decoded messages of one partition.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Fixes; see [`message_fix_schema`](crate::decode::message::message_fix_schema).
    pub fixes: Vec<RecordBatch>,
    /// Case events with their offsets.
    pub events: Vec<(i64, CaseEvent)>,
}

/// Fixes that were not known before.
#[derive(Debug, Clone)]
pub struct NewFixes {
    /// Rows of [`message_fix_schema`](crate::decode::message::message_fix_schema).
    pub rows: RecordBatch,
    /// Their identifiers, in step.
    pub ids: Vec<ContentId>,
}

/// A statement about a proximity of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct ProximityOut {
    /// The case.
    pub case_id: String,
    /// What is said.
    pub said: ProximitySaid,
    /// It does not hold any more.
    pub withdrawn: bool,
    /// Why this is said; empty if a record brought it.
    pub why: String,
}

/// A statement about an encounter of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct EncounterOut {
    /// The case.
    pub case_id: String,
    /// What is said.
    pub said: EncounterRevision,
    /// Why this is said; empty if a record brought it.
    pub why: String,
}

/// What came of a step.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Fixes to be stored.
    pub fixes: Vec<NewFixes>,
    /// Case events to be stored, with their offsets.
    pub events: Vec<(i64, CaseEvent)>,
    /// Fixes that were known already.
    pub repeated: u64,
    /// Proximities that are new or withdrawn.
    pub proximities: Vec<ProximityOut>,
    /// Encounters that changed.
    pub encounters: Vec<EncounterOut>,
}
