//! The stream: one pipeline a partition, that keeps the flags of its cases true as records arrive.
//!
//! ```text
//!  blocks of messages ─> decode ─┬─ case events ─> who had which device, what counts as a target
//!                                └─ fixes ─> known already? ─> suspect's or victim's ─> join ─> chains ─> encounters
//!                                                                                                  │
//!                                    what changed, as revisions <─ compared with what was said before
//! ```
//! From the outside in: [`Instance`] runs until it is told to stop and begins again after a fault; `engine` starts and
//! ends a [`Worker`] for each partition that the group gives; a worker decodes, steps its [`Pipeline`], says what changed
//! and stages rows; [`Committer`] puts the rows of all workers into the tables. A [`Pipeline`] does no I/O and asks no clock.
//! `docs/stream.md` tells the same to whoever runs it.
//!
//! Invariant: what a pipeline has said of a case is a function of the set of messages that it has read: records in any
//! order, twice, late, or read again after a crash end in the same proximities and encounters, to the byte. So the tables
//! `fixes` and `case_events` are the truth, and everything else can be worked out again from them.

mod by_case;
mod case;
mod case_events;
mod cases;
mod catch_up;
mod cell_memo;
mod changed;
mod committer;
mod derive;
mod direct;
mod engine;
mod error;
mod failing;
mod flag_json;
mod group;
mod input;
mod instance;
mod live;
mod matching;
mod memory;
mod pipeline;
mod placement;
mod publish;
mod record;
mod restore;
mod rows;
mod said;
mod settle;
mod shared;
mod standing;
pub mod telemetry;
mod terms;
mod urgency;
mod worker;

pub use case::Case;
pub use cases::Cases;
pub use catch_up::stored_encounters;
pub use changed::Changed;
pub use committer::{CommitDone, CommitFault, Committer, StoreHealth};
#[cfg(test)]
mod pipeline_tests;
#[cfg(test)]
mod worker_tests;

pub use direct::{DIRECT_PARTITION, DirectFeed, refuse_direct};
pub use engine::{EngineParts, Sessions, run};
pub use error::StreamError;
pub use input::{EncounterOut, Input, NewFixes, Outcome, ProximityOut};
pub use instance::{Instance, InstanceHealth, InstanceOptions};
pub use live::{LiveFlag, LiveKind};
pub use matching::{Matching, Row};
pub use memory::{Held, Pipelines, allowance};
pub use pipeline::{Pipeline, StoredCase};
pub use publish::Publisher;
pub use restore::{stored_case, stored_events};
pub use said::{Change, EncounterRevision, EncounterSaid, ProximitySaid};
pub use shared::{Channels, Shared, WorkerOptions};
pub use standing::Standing;
pub use terms::{hold_to_params, hold_to_partitions, params_stated, stored_params};
pub use urgency::Urgency;
pub use worker::Worker;
