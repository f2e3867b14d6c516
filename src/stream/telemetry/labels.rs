//! The labels of time series: words of the program, so that their number is bounded and none is made on the way.

use prometheus_client::encoding::EncodeLabelSet;

use crate::source::Topic;
use crate::store::Table;

/// A topic that is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct TopicLabel {
    pub(super) topic: &'static str,
}

impl TopicLabel {
    pub(super) const fn of(topic: Topic) -> Self {
        Self { topic: topic_word(topic) }
    }
}

/// The word for a topic, whatever it is called on the brokers.
pub(super) const fn topic_word(topic: Topic) -> &'static str {
    match topic {
        Topic::Fixes => "fixes",
        Topic::Cases => "cases",
    }
}

/// Why a message could not be used, as the table of rejects says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ReasonLabel {
    pub(super) reason: &'static str,
}

/// How a statement about an encounter relates to the one before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ChangeLabel {
    pub(super) change: &'static str,
}

impl ChangeLabel {
    pub(super) const ALL: [Self; 5] = [
        Self { change: "opened" },
        Self { change: "grew" },
        Self { change: "closed" },
        Self { change: "superseded" },
        Self { change: "withdrawn" },
    ];
}

/// A table of the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct TableLabel {
    pub(super) table: &'static str,
}

impl TableLabel {
    pub(super) const fn of(table: Table) -> Self {
        Self { table: table.name() }
    }
}

/// What was read of a case to evaluate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseRead {
    /// All of it.
    Whole,
    /// The records that came since it was evaluated before.
    Since,
}

/// What was read of a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ReadLabel {
    pub(super) read: &'static str,
}

impl ReadLabel {
    pub(super) const fn of(read: CaseRead) -> Self {
        match read {
            CaseRead::Whole => Self { read: "whole" },
            CaseRead::Since => Self { read: "since" },
        }
    }
}

/// A topic and partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LagLabel {
    pub(super) topic: &'static str,
    pub(super) partition: i32,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PartitionLabel {
    pub(super) partition: i32,
}

/// A case; the only label whose values come from outside, and so few are shown.
pub(super) const fn case_label(case: &str) -> [(&'static str, &str); 1] {
    [("case", case)]
}
