//! The stream end to end: messages on a broker in, tables out.
//!
//! ```text
//!  generated feed ─> topics fixes, cases ─> instance (engine, committer, store) ─> tables ─┐
//!        └────────> one pipeline, one step for each case, no broker and no store ──────────┴─> equal, to the byte
//! ```
//! The broker is the real one at `LOCARD_TEST_KAFKA` (`tests/kafka/broker.sh run -- cargo test --test stream`), or else
//! librdkafka's mock cluster; each test prints which.

#[cfg(test)]
#[path = "stream/alone.rs"]
mod alone;
#[cfg(test)]
#[path = "kafka_source/broker.rs"]
#[expect(dead_code, reason = "shared with the tests of the source, which use more of it")]
mod broker;
#[cfg(test)]
#[path = "stream/checked.rs"]
mod checked;
#[cfg(test)]
#[path = "stream/child.rs"]
mod child;
#[cfg(test)]
#[path = "stream/equal.rs"]
mod equal;
#[cfg(test)]
#[path = "stream/findings.rs"]
mod findings;
#[cfg(test)]
#[path = "stream/harness.rs"]
mod harness;
#[cfg(test)]
#[path = "stream/kill.rs"]
mod kill;
#[cfg(test)]
#[path = "stream/large.rs"]
mod large;
#[cfg(test)]
#[path = "stream/memory.rs"]
mod memory;
#[cfg(test)]
#[path = "stream/outage.rs"]
mod outage;
#[cfg(test)]
#[path = "stream/partitions.rs"]
mod partitions;
#[cfg(test)]
#[path = "stream/poison.rs"]
mod poison;
#[cfg(test)]
#[path = "stream/restart.rs"]
mod restart;
#[cfg(test)]
#[path = "stream/small_disk.rs"]
mod small_disk;
#[cfg(test)]
#[path = "stream/trickle.rs"]
mod trickle;
#[cfg(test)]
#[path = "kafka_source/victim.rs"]
mod victim;
