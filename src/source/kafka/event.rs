//! What the poll thread asks and tells its owner.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::mpsc;

use super::offset::{NextOffset, Position};
use crate::source::{Block, Topic};

/// A partition that has been given to this instance, with the channels its blocks come through.
#[derive(Debug)]
pub struct Assigned {
    /// Its number, the same in both topics.
    pub partition: i32,
    /// Blocks of `fixes`; ends when the partition is let go.
    pub fixes: mpsc::Receiver<Block>,
    /// Blocks of `cases`; ends when the partition is let go.
    pub cases: mpsc::Receiver<Block>,
}

/// A question or a notice of the poll thread. Questions come one at a time.
#[derive(Debug)]
pub enum Event {
    /// Partitions were given to this instance: where is each to be read from? Nothing is read before the answer.
    Assign {
        /// The partitions.
        partitions: Vec<Assigned>,
        /// The next offsets in the store. A topic and partition that is not named is read from its beginning.
        reply: Reply<Vec<Position>>,
    },
    /// Partitions are asked back: their channels have ended; answer once what is to be committed is committed. After
    /// the configured time they are let go without an answer.
    Revoke {
        /// The partitions.
        partitions: Vec<i32>,
        /// Says that they may be let go.
        reply: Reply<()>,
    },
    /// Partitions are gone, and may be another's already: nothing more is to be committed for them.
    Lost {
        /// The partitions.
        partitions: Vec<i32>,
    },
    /// The first message that came is not the one that was asked for. If it is a later one, those between are gone
    /// (deleted by retention, or no messages at all: marks of transactions); reading goes on. If it is an earlier one,
    /// the topic was made anew and the store's offsets mean nothing in it: the partition is not read.
    Gap {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: i32,
        /// What was asked for.
        expected: NextOffset,
        /// What came.
        found: i64,
    },
}

/// The way back for one answer. Dropping it without an answer to [`Event::Assign`] says that the owner is gone, and
/// stops the source.
#[derive(Debug)]
pub struct Reply<T>(SyncSender<T>);

impl<T> Reply<T> {
    pub(super) fn new() -> (Self, Receiver<T>) {
        let (sender, receiver) = sync_channel(1);
        (Self(sender), receiver)
    }

    /// Answers; never waits. An answer that comes too late has no effect.
    pub fn send(self, answer: T) {
        // The one place in the channel is free: a reply is used once.
        let _ = self.0.try_send(answer);
    }
}
