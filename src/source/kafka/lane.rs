//! One topic and partition on its way: gathered into blocks, handed on as there is room, paused when there is not.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::config::BlockLimits;
use super::offset::NextOffset;
use crate::source::{Block, Message, Topic};
use crate::time::Stopwatch;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It waits in the block.
    Gathered,
    /// It had come before.
    Repeated,
    /// It waits in the block, but it is not the one that was asked for.
    AfterGap(NextOffset),
    /// The first that came lies before what was asked for: the topic is another than the store knows. Nothing more is
    /// taken.
    Rewound(NextOffset),
    /// The lane takes nothing any more.
    Refused,
}

/// The messages of one topic and partition between librdkafka and its pipeline.
pub(super) struct Lane {
    topic: Topic,
    partition: i32,
    sender: mpsc::Sender<Block>,
    /// Being filled.
    block: Block,
    /// Since the first message of `block`.
    age: Option<Stopwatch>,
    /// Full, and waiting for room.
    held: VecDeque<Block>,
    next: Option<NextOffset>,
    begun: bool,
    /// Nothing more is taken: the reader has gone, or the offsets make no sense.
    dead: bool,
    /// What librdkafka was told last.
    pub(super) paused: bool,
}

impl Lane {
    pub(super) fn new(topic: Topic, partition: i32, next: Option<NextOffset>, sender: mpsc::Sender<Block>) -> Self {
        let block = Block::new(topic, partition);
        let (held, age) = (VecDeque::new(), None);
        Self { topic, partition, sender, block, age, held, next, begun: false, dead: false, paused: false }
    }

    /// The first message that has not been taken; `None` if reading began at the beginning and nothing has come.
    pub(super) const fn next(&self) -> Option<NextOffset> {
        self.next
    }

    /// Takes a message. The block it is in may be longer than the limits by this one.
    pub(super) fn take(&mut self, message: &Message<'_>, limits: &BlockLimits) -> Taken {
        if self.dead {
            return Taken::Refused;
        }
        let first = !std::mem::replace(&mut self.begun, true);
        let mut taken = Taken::Gathered;
        if let Some(next) = self.next {
            if message.offset < next.get() {
                self.dead = first;
                return if first { Taken::Rewound(next) } else { Taken::Repeated };
            }
            if first && message.offset > next.get() {
                taken = Taken::AfterGap(next);
            }
        }
        self.next = Some(NextOffset::after(message.offset));
        self.age.get_or_insert_with(Stopwatch::start);
        self.block.push(message);
        if self.block.len() >= limits.messages || self.block.bytes() >= limits.bytes {
            self.seal();
        }
        taken
    }

    /// How long the block may still wait; `None` if there is nothing in it.
    pub(super) fn due_in(&self, limits: &BlockLimits) -> Option<Duration> {
        let linger = f64::from(limits.linger_ms) / 1e3;
        self.age.map(|age| Duration::from_secs_f64((linger - age.seconds()).max(0.0)))
    }

    fn seal(&mut self) {
        self.age = None;
        let full = std::mem::replace(&mut self.block, Block::new(self.topic, self.partition));
        self.held.push_back(full);
    }

    /// Hands on what is due while there is room.
    pub(super) fn hand_on(&mut self, limits: &BlockLimits) {
        if self.due_in(limits).is_some_and(|wait| wait.is_zero()) {
            self.seal();
        }
        while let Some(block) = self.held.pop_front() {
            match self.sender.try_send(block) {
                Ok(()) => {}
                Err(TrySendError::Full(block)) => {
                    self.held.push_front(block);
                    return;
                }
                Err(TrySendError::Closed(_)) => self.dead = true,
            }
        }
    }

    /// Whether blocks wait for room.
    pub(super) fn is_backed_up(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether the partition is to be paused now.
    pub(super) fn wants_pause(&self, allowed: bool) -> bool {
        let (free, all) = (self.sender.capacity(), self.sender.max_capacity());
        !allowed || self.dead || keeps_pausing(self.paused, self.is_backed_up(), free, all)
    }
}

/// A full channel pauses; a paused one resumes when half of it is free again, and not before: a pause throws away what
/// librdkafka has fetched ahead, so they must be few.
const fn keeps_pausing(paused: bool, backed_up: bool, free: usize, all: usize) -> bool {
    backed_up || paused && free < all.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BlockLimits = BlockLimits { messages: 2, bytes: 100, linger_ms: 0, waiting: 2 };

    fn at(offset: i64) -> Message<'static> {
        Message { offset, appended_us: None, key: None, content_type: None, payload: Some(b"x") }
    }

    fn lane(next: Option<i64>) -> (Lane, mpsc::Receiver<Block>) {
        let (sender, receiver) = mpsc::channel(LIMITS.waiting);
        (Lane::new(Topic::Fixes, 3, next.and_then(NextOffset::new), sender), receiver)
    }

    fn offsets(block: &Block) -> Vec<i64> {
        block.messages().map(|m| m.offset).collect()
    }

    #[test]
    fn what_finds_no_room_is_kept_in_order_and_pauses() {
        let (mut lane, mut receiver) = lane(Some(0));
        for offset in 0..7 {
            assert_eq!(lane.take(&at(offset), &LIMITS), Taken::Gathered);
        }
        assert!(!lane.wants_pause(true) || lane.is_backed_up());
        lane.hand_on(&LIMITS);
        assert!(lane.is_backed_up() && lane.wants_pause(true), "two blocks of four fit");
        lane.paused = true;
        let mut seen = offsets(&receiver.try_recv().unwrap());
        lane.hand_on(&LIMITS);
        while let Ok(block) = receiver.try_recv() {
            seen.extend(offsets(&block));
            lane.hand_on(&LIMITS);
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
        assert!(!lane.wants_pause(true));
        assert!(lane.wants_pause(false), "the scheduler's word counts too");
    }

    #[test]
    fn a_pause_lasts_until_half_is_free() {
        assert!(keeps_pausing(false, true, 0, 4), "no room");
        assert!(!keeps_pausing(false, false, 0, 4), "full, but nothing waits");
        assert!(keeps_pausing(true, false, 1, 4) && !keeps_pausing(true, false, 2, 4));
        assert!(!keeps_pausing(true, false, 1, 1), "a channel of one can resume too");
    }

    #[test]
    fn what_came_before_is_not_taken_again() {
        let (mut lane, _receiver) = lane(Some(5));
        assert_eq!(lane.take(&at(5), &LIMITS), Taken::Gathered);
        assert_eq!(lane.take(&at(5), &LIMITS), Taken::Repeated);
        assert_eq!(lane.take(&at(9), &LIMITS), Taken::Gathered, "marks of transactions leave holes: no news");
        assert_eq!(lane.next(), NextOffset::new(10));
    }

    #[test]
    fn a_start_that_is_not_there_is_told() {
        let (mut late, _a) = lane(Some(5));
        assert_eq!(late.take(&at(8), &LIMITS), Taken::AfterGap(NextOffset::after(4)));
        let (mut anew, _b) = lane(Some(5));
        assert_eq!(anew.take(&at(0), &LIMITS), Taken::Rewound(NextOffset::after(4)));
        assert_eq!(anew.take(&at(5), &LIMITS), Taken::Refused, "offsets of another log mean nothing here");
        assert!(anew.wants_pause(true));
        let (mut first, _c) = lane(None);
        assert_eq!(first.take(&at(8), &LIMITS), Taken::Gathered, "the beginning is where it is");
    }

    #[test]
    fn a_reader_that_has_gone_stops_its_lane_only() {
        let (mut lane, receiver) = lane(Some(0));
        drop(receiver);
        lane.take(&at(0), &LIMITS);
        lane.hand_on(&LIMITS);
        assert!(lane.wants_pause(true) && !lane.is_backed_up());
        assert_eq!(lane.take(&at(1), &LIMITS), Taken::Refused);
    }

    #[test]
    fn bytes_and_messages_each_fill_a_block() {
        let limits = BlockLimits { messages: 100, bytes: 3, linger_ms: 60_000, waiting: 9 };
        let (mut lane, mut receiver) = lane(None);
        for offset in 0..4 {
            lane.take(&at(offset), &limits);
        }
        lane.hand_on(&limits);
        assert_eq!(offsets(&receiver.try_recv().unwrap()), [0, 1, 2]);
        assert!(receiver.try_recv().is_err(), "the fourth waits for others");
        assert!(lane.due_in(&limits).is_some_and(|wait| wait > Duration::from_secs(30)));
    }
}
