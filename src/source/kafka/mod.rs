//! Kafka: one thread reads what the group gives to this instance, and asks its owner before anything is taken or let go.
//!
//! ```text
//!              group on `fixes` only
//!                     │ Assign / Revoke / Lost  ┌───────────────── question ─────────────────┐
//!  broker ── poll thread ── rebalance::decide ──┤                                            ├─ owner (pipelines, store)
//!                     │                         └─ answer: next offsets / let go, bounded ───┘
//!                     ├─ fixes-3 ─> Block ─> bounded channel ─┐
//!                     └─ cases-3 ─> Block ─> bounded channel ─┴─> the pipeline of partition 3
//! ```
//! - A case's fixes and events must meet in one pipeline, so `fixes-N` and `cases-N` belong to one instance. No assignor
//!   promises that to a group that subscribes both topics: cooperative-sticky balances partitions one by one, and after
//!   members come and go one may hold `fixes-3` and another `cases-3`. So the group is formed on `fixes` alone, and
//!   whoever is given `fixes-N` takes `cases-N` by itself, and lets go of both together.
//! - Where to read from is the store's word, never the group's: the owner answers with the next offset of each topic and
//!   partition. What is committed to the group is for lag dashboards.
//! - Polling never stops while the owner thinks, commits or lags behind: a full channel pauses its partition, a
//!   question is waited for between two polls. So a slow pipeline does not cost the membership.
//! - A broker that is away is waited for; [`Health`] says so.

mod config;
mod context;
mod embedded;
mod error;
mod event;
mod faults;
mod health;
mod intake;
mod lag;
mod lane;
mod offset;
mod options;
mod output;
mod partitioner;
mod pending;
mod poll;
mod reader;
mod rebalance;
mod reopen;
mod security;
mod throttle;
mod topics;

pub use config::{BlockLimits, FETCHING, KafkaConfig, Membership, TopicNames};
pub use embedded::EmbeddedBroker;
pub use error::{KafkaError, Retry};
pub use event::{Assigned, Event, Reply};
pub use health::{Health, Link};
pub use lag::Lag;
pub use offset::{NextOffset, Position};
pub use options::ClientOptions;
pub use output::{Flushed, Output, OutputTopic, Record, Undelivered};
pub use partitioner::partition_of;
pub use reader::KafkaSource;
pub use rebalance::{Call, Plan, Question, Rebalance, decide};
pub use throttle::{Permit, Throttle};
pub use topics::{TopicPlan, ensure_topics};
