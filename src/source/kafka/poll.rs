//! The poll thread: answers the handle and the group, hands on and reads, one after the other and without ever waiting
//! long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError as Rd;
use tokio::sync::{mpsc, oneshot, watch};

use super::config::{KafkaConfig, Membership};
use super::context::Context;
use super::error::KafkaError;
use super::event::{Assigned, Event, Reply};
use super::health::Link;
use super::lag::Progress;
use super::lane::Lane;
use super::offset::{NextOffset, Position, both, commits, next_in, one, starts};
use super::pending::{Awaited, Pending, Standing};
use super::rebalance::{Call, Plan, Question, Rebalance, decide};
use super::throttle::Permit;
use crate::source::{Block, Topic};

/// What the handle asks of the thread.
pub(super) enum Command {
    /// Tell the group how far the store is.
    Committed(Vec<Position>),
    /// Say how far each topic and partition has been taken.
    Progress(oneshot::Sender<Vec<Progress>>),
    /// Read a partition again from these positions, through channels of its own; `None` if it is not ours any more.
    Reopen(i32, Vec<Position>, oneshot::Sender<Result<Option<Assigned>, KafkaError>>),
    /// Let go of everything and end.
    Stop,
}

/// How long a poll waits when there is nothing else to do: what a stop or a commit may wait for it.
pub(super) const IDLE: Duration = Duration::from_millis(25);
/// How long it may take to ask how many partitions there are.
const METADATA: Duration = Duration::from_millis(500);

/// What the thread owns.
pub(super) struct Poll {
    pub(super) config: KafkaConfig,
    pub(super) consumer: Arc<BaseConsumer<Context>>,
    pub(super) commands: Receiver<Command>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) permits: watch::Receiver<Permit>,
    /// Partitions that are assigned, both topics.
    pub(super) held: BTreeSet<i32>,
    pub(super) lanes: BTreeMap<(Topic, i32), Lane>,
    /// The channels of partitions that are waiting for their start.
    pub(super) senders: BTreeMap<(Topic, i32), mpsc::Sender<Block>>,
    pub(super) committed: BTreeMap<(Topic, i32), NextOffset>,
    pub(super) pending: Option<Pending>,
    pub(super) stopping: bool,
}

impl Poll {
    /// Runs until it is stopped, then lets go and closes.
    pub(super) fn run(mut self) {
        if let Err(fault) = self.join() {
            self.fail(&fault.to_string());
        }
        while !(self.stopping && self.held.is_empty() && self.pending.is_none()) {
            self.obey();
            self.answer();
            // Before reading, so that what may not be read is paused from the start.
            self.hand_on();
            self.read();
        }
        self.close();
    }

    fn join(&self) -> Result<(), KafkaError> {
        match self.config.membership {
            Membership::Alone => Ok(()),
            Membership::Group(_) => self
                .consumer
                .subscribe(&[&self.config.topics.fixes])
                .map_err(|source| KafkaError::broker("subscribe", source)),
        }
    }

    /// The consumer may be in use for a lag query: whoever holds it last closes it, and that must be this thread.
    fn close(self) {
        self.consumer.context().closing.store(true, Ordering::Release);
        // librdkafka waits for a word on whatever came in since.
        while let Some(rebalance) = self.consumer.context().next_rebalance() {
            self.refuse(&rebalance);
        }
        self.consumer.context().health(|h| {
            if h.link != Link::Failed {
                h.link = Link::Closed;
            }
        });
        let mut consumer = self.consumer;
        loop {
            match Arc::try_unwrap(consumer) {
                Ok(last) => return drop(last),
                Err(shared) => consumer = shared,
            }
            let _ = consumer.poll(IDLE);
        }
    }

    /// Does what the handle asks; a handle that is gone asks to stop.
    fn obey(&mut self) {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Committed(positions)) => self.commit(&positions),
                Ok(Command::Progress(reply)) => {
                    let _ = reply.send(self.progress());
                }
                Ok(Command::Reopen(partition, positions, reply)) => {
                    // Whoever asked may have gone; the channels end with the answer then.
                    let _ = reply.send(self.reopen(partition, &positions));
                }
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return self.stop(),
                Err(TryRecvError::Empty) => return,
            }
        }
    }

    fn progress(&self) -> Vec<Progress> {
        let of = |(&(topic, partition), lane): (&(Topic, i32), &Lane)| Progress {
            topic,
            partition,
            read: lane.next(),
            committed: self.committed.get(&(topic, partition)).copied(),
        };
        self.lanes.iter().map(of).collect()
    }

    fn commit(&mut self, positions: &[Position]) {
        let ours: Vec<_> = positions.iter().copied().filter(|p| self.held.contains(&p.partition)).collect();
        self.committed.extend(ours.iter().map(|p| ((p.topic, p.partition), p.next)));
        if ours.is_empty() || self.config.membership == Membership::Alone {
            return;
        }
        let done = commits(&self.config.topics, &ours)
            .and_then(|list| self.consumer.commit(&list, CommitMode::Async).map_err(KafkaError::client));
        if let Err(error) = done {
            tracing::debug!(target: "locard::kafka", %error, "offsets were not committed to the group");
        }
    }

    fn stop(&mut self) {
        if !std::mem::replace(&mut self.stopping, true) {
            if matches!(self.pending, Some(Pending { call: Call::Assign(_), .. })) {
                self.pending = None;
                self.senders.clear();
                self.refuse(&Rebalance::Granted(Vec::new()));
            }
            self.consumer
                .context()
                .push(Rebalance::Taken { partitions: self.held.iter().copied().collect(), lost: false });
        }
    }

    /// Gives librdkafka the word it waits for, and takes nothing.
    fn refuse(&self, rebalance: &Rebalance) {
        let nothing = rdkafka::TopicPartitionList::new();
        let done = match rebalance {
            Rebalance::Granted(_) => self.consumer.incremental_assign(&nothing),
            Rebalance::Taken { .. } => self.consumer.incremental_unassign(&nothing),
        };
        if let Err(error) = done {
            tracing::debug!(target: "locard::kafka", %error, "refuse");
        }
    }

    /// The client cannot go on: says so, and lets go of everything.
    pub(super) fn fail(&mut self, reason: &str) {
        tracing::error!(target: "locard::kafka", reason, "kafka source fails");
        self.consumer.context().health(|h| {
            h.link = Link::Failed;
            reason.clone_into(&mut h.reason);
        });
        self.stop();
    }

    /// Goes on with the question that is open, or else with what the group says.
    fn answer(&mut self) {
        if let Some(pending) = &self.pending {
            let standing = pending.look(self.config.answer_timeout_ms);
            self.consumer.context().health(|h| h.owner_late = standing == Standing::Late);
            match standing {
                Standing::Open | Standing::Late => return,
                Standing::OwnerGone => return self.fail("the owner does not answer any more"),
                Standing::Done(positions) => {
                    if let Some(pending) = self.pending.take() {
                        self.call(&pending.call, &positions);
                    }
                }
            }
        }
        if let Some(rebalance) = self.consumer.context().next_rebalance() {
            if self.stopping && matches!(rebalance, Rebalance::Granted(_)) {
                return self.refuse(&rebalance);
            }
            let plan = decide(&self.held, &rebalance);
            tracing::info!(target: "locard::kafka", ?rebalance, "rebalance");
            self.follow(plan);
        } else if self.config.membership == Membership::Alone && self.held.is_empty() && !self.stopping {
            self.take_all();
        }
    }

    /// Without a group every partition there is is granted, once the broker says how many there are.
    fn take_all(&self) {
        let (context, name) = (self.consumer.context(), &self.config.topics.fixes);
        match self.consumer.fetch_metadata(Some(name), METADATA) {
            // Why no broker answers has been told already, and in full.
            Err(error) => context.health(|h| {
                if h.reason.is_empty() {
                    h.reason = error.to_string();
                }
            }),
            Ok(metadata) => {
                let ids: Vec<i32> = metadata
                    .topics()
                    .iter()
                    .filter(|t| t.name() == name)
                    .flat_map(|t| t.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
                    .collect();
                if ids.is_empty() {
                    context.health(|h| h.reason = KafkaError::MissingTopic { topic: name.clone() }.to_string());
                } else {
                    context.push(Rebalance::Granted(ids));
                }
            }
        }
    }

    fn follow(&mut self, plan: Plan) {
        self.end_lanes(&plan.stop);
        if !plan.lost.is_empty() {
            self.tell(Event::Lost { partitions: plan.lost });
        }
        match plan.question {
            None => self.call(&plan.call, &[]),
            Some(Question::LetGo(partitions)) => {
                let (reply, answer) = Reply::new();
                self.pending = Some(Pending::new(plan.call, Awaited::LetGo(answer)));
                self.tell(Event::Revoke { partitions, reply });
            }
            Some(Question::Starts(numbers)) => {
                let partitions = numbers.into_iter().map(|p| self.open(p)).collect();
                let (reply, answer) = Reply::new();
                self.pending = Some(Pending::new(plan.call, Awaited::Starts(answer)));
                self.tell(Event::Assign { partitions, reply });
            }
        }
    }

    /// The channels of a partition; the sending ends wait for the answer.
    pub(super) fn open(&mut self, partition: i32) -> Assigned {
        let mut channel = |topic| {
            let (sender, receiver) = mpsc::channel(self.config.blocks.waiting);
            self.senders.insert((topic, partition), sender);
            receiver
        };
        Assigned { partition, fixes: channel(Topic::Fixes), cases: channel(Topic::Cases) }
    }

    /// Ends the channels. What has not been handed on is read again by whoever comes next. librdkafka remembers a pause
    /// beyond the assignment, so it is taken back.
    pub(super) fn end_lanes(&mut self, partitions: &[i32]) {
        for &partition in partitions {
            for topic in [Topic::Fixes, Topic::Cases] {
                self.committed.remove(&(topic, partition));
                if self.lanes.remove(&(topic, partition)).is_some_and(|lane| lane.paused) {
                    let list = one(&self.config.topics, topic, partition);
                    self.note(self.consumer.resume(&list));
                }
            }
        }
    }

    /// Without an owner there is nothing to read for.
    pub(super) fn tell(&mut self, event: Event) {
        if self.events.send(event).is_err() {
            self.stop();
        }
    }

    fn note(&self, result: Result<(), Rd>) {
        if let Err(error) = result {
            self.consumer.context().fault(&error, "");
        }
    }

    fn call(&mut self, call: &Call, positions: &[Position]) {
        let names = &self.config.topics;
        let done = match call {
            Call::Assign(partitions) => starts(names, partitions, positions)
                .and_then(|list| self.consumer.incremental_assign(&list).map_err(KafkaError::client)),
            Call::Unassign(partitions) => {
                self.consumer.incremental_unassign(&both(names, partitions)).map_err(KafkaError::client)
            }
        };
        match call {
            Call::Unassign(partitions) => self.held.retain(|p| !partitions.contains(p)),
            Call::Assign(partitions) if done.is_ok() => {
                self.held.extend(partitions);
                for (key, sender) in std::mem::take(&mut self.senders) {
                    let next = next_in(positions, key.0, key.1);
                    self.lanes.insert(key, Lane::new(key.0, key.1, next, sender));
                }
            }
            Call::Assign(_) => self.senders.clear(),
        }
        // Unassigning fails when the assignment is gone already, which is what was wanted.
        if let (Err(error), Call::Assign(_)) = (&done, call) {
            self.fail(&error.to_string());
        }
    }
}
