//! A pipeline at work: blocks from the poll thread in, flags and staged rows out.
//!
//! Each turn gathers what waits in the channels, up to a bound, so that a step costs the same whether records trickle or
//! flood: alone a record leaves at once, in a flood thousands share a step. Commits run beside the steps, one at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::decode::message::{FixDecoder, MessageReject};
use crate::source::{Block, Topic};
use crate::store::Table;
use crate::stream::by_case::{PerCase, add_all, events_per_case, fixes_per_case};
use crate::stream::case_events::events;
use crate::stream::cell_memo::CellMemo;
use crate::stream::committer::{CommitFault, Staged};
use crate::stream::input::{Input, Outcome};
use crate::stream::memory::Member;
use crate::stream::pipeline::Pipeline;
use crate::stream::placement::Placement;
use crate::stream::shared::{Channels, Shared, WorkerOptions};
use crate::stream::standing::{Next, Standing};
use crate::stream::telemetry::{PartitionTelemetry, Restoring};
use crate::stream::{StreamError, rows};

mod again;
#[cfg(test)]
mod again_tests;
mod aside;
mod behind;
mod portions;
mod recall;
#[cfg(test)]
mod recall_tests;
mod room;

use again::Again;
use portions::portions;

/// A pipeline with everything around it.
pub struct Worker {
    options: WorkerOptions,
    shared: Shared,
    channels: Channels,
    pipeline: Pipeline,
    decoder: FixDecoder,
    cells: CellMemo,
    standing: Standing,
    next: Next,
    /// Messages that were taken into account: goes up with each step.
    revision: i64,
    /// A case has left memory of which not everything is stored yet.
    gone_unsaved: bool,
    /// Cases that the store holds something of.
    known: BTreeSet<String>,
    /// Cases that do not fit in memory.
    aside: BTreeSet<String>,
    /// Open cases that are to come back into memory when nothing else is to be done, the most urgent first.
    to_recall: VecDeque<String>,
    again: Again,
    staged: BTreeMap<Table, Vec<RecordBatch>>,
    staged_rows: usize,
    /// Messages were read whose offsets are not on their way to the store yet.
    unsaved: bool,
    in_flight: Option<oneshot::Receiver<Result<Standing, CommitFault>>>,
    /// When to commit at the latest.
    commit_due: Interval,
    /// The step that the commit in flight goes up to, and the last one that is committed.
    sent_step: u64,
    saved_step: u64,
    on_saved: mpsc::UnboundedSender<(i32, Standing)>,
    gauges: PartitionTelemetry,
    memory: Member,
    placement: Placement,
    /// Records of each case that were read and are not on their way to the tables, and those that are.
    read: PerCase,
    sent: PerCase,
    /// Until what the tables hold is taken back.
    restoring: Option<Restoring>,
}

enum Turn {
    Blocks(Vec<Block>),
    Commit,
    Saved(Result<Standing, CommitFault>),
    /// Another pipeline has no room.
    Pressed,
    /// There is nothing else to be done.
    Recall,
    /// There is not, and a case is set aside.
    TryAgain,
    Ended,
}

/// Whether the worker goes on: not if its channels ended while it was at what nobody waits for any more.
type Went = ControlFlow<()>;
const GO_ON: Went = ControlFlow::Continue(());
const BROKEN_OFF: Went = ControlFlow::Break(());
/// How long a case that a message is about is read on after the channels have ended: most are there by then, and a stop ends
/// in time where one is not.
const WANTED_FOR: Duration = Duration::from_secs(4);

impl Worker {
    /// A worker for a partition that stands at `standing`.
    #[must_use]
    pub fn new(
        options: WorkerOptions,
        shared: Shared,
        channels: Channels,
        pipeline: Pipeline,
        decoder: FixDecoder,
        (standing, known): (Standing, BTreeSet<String>),
        on_saved: mpsc::UnboundedSender<(i32, Standing)>,
    ) -> Self {
        let next = Next {
            fixes: standing.at(Table::Fixes, Topic::Fixes).unwrap_or(0),
            cases: standing.at(Table::CaseEvents, Topic::Cases).unwrap_or(0),
        };
        let commit_due = every(options.commit_every);
        let aside = shared.urgency.aside(channels.partition);
        let gauges = shared.telemetry.partition(channels.partition);
        let placement = Placement::new(channels.partition, channels.partitions);
        let memory = shared.pipelines.join();
        let restoring = Some(shared.telemetry.restoring(channels.partition));
        Self {
            options,
            shared,
            channels,
            pipeline,
            decoder,
            cells: CellMemo::new(rows::H3_RESOLUTION),
            standing,
            next,
            revision: next.messages(),
            gone_unsaved: false,
            known,
            aside,
            to_recall: VecDeque::new(),
            again: Again::new(),
            staged: BTreeMap::new(),
            staged_rows: 0,
            unsaved: false,
            in_flight: None,
            commit_due,
            sent_step: 0,
            saved_step: 0,
            on_saved,
            gauges,
            memory,
            placement,
            read: PerCase::new(),
            sent: PerCase::new(),
            restoring,
        }
    }

    /// Works until the channels end; everything read is committed then.
    ///
    /// # Errors
    /// [`StreamError`] if the pipeline cannot go on; it is to be started again from what is stored.
    pub async fn run(mut self) -> Result<(), StreamError> {
        let worked = self.work().await;
        if let Err(error) = &worked {
            self.set_aside(error);
            // Where the tables stand is asked next: not before what is under way has an end.
            _ = self.wait_saved().await;
        }
        worked
    }

    async fn work(&mut self) -> Result<(), StreamError> {
        self.tell_clocks().await?;
        if self.catch_up().await?.is_break() {
            return Ok(());
        }
        self.restoring = None;
        self.tell_standing();
        loop {
            let went = match self.turn().await {
                Turn::Blocks(blocks) => self.take_in_steps(blocks).await?,
                Turn::Commit => self.commit().await.map(|()| GO_ON)?,
                Turn::Saved(saved) => self.saved(saved).map(|()| GO_ON)?,
                Turn::Pressed => self.give_room().map(|()| GO_ON)?,
                Turn::Recall => self.recall().await?,
                Turn::TryAgain => self.try_again().await?,
                Turn::Ended => BROKEN_OFF,
            };
            if went.is_break() {
                return self.store_all().await;
            }
        }
    }

    /// That it works, and where it stands.
    fn tell_standing(&self) {
        // The owner may have ended.
        _ = self.on_saved.send((self.channels.partition, self.standing.clone()));
    }

    /// Takes blocks in, in as many steps as memory asks for. Nothing is committed before all of them are taken: until then
    /// what was read is not a beginning of the topics.
    async fn take_in_steps(&mut self, blocks: Vec<Block>) -> Result<Went, StreamError> {
        if blocks.is_empty() {
            return self.after_step().await.map(|()| GO_ON);
        }
        let next = self.next.after(&blocks);
        let (messages, cases) = self.room_of_a_step();
        let at_once = blocks.iter().map(Block::len).sum::<usize>() <= messages && cases == usize::MAX;
        let portions = if at_once { vec![blocks] } else { portions(blocks, messages, cases) };
        if portions.len() > 1 || self.gone_unsaved {
            // A case that left memory, or leaves it while this goes on, may be wanted: it then comes from the tables.
            self.store_all().await?;
        }
        let mut left = portions.len();
        for portion in portions {
            left -= 1;
            let messages = portion.iter().map(|b| i64::try_from(b.len()).unwrap_or(i64::MAX)).sum::<i64>();
            self.revision = if left == 0 { next.messages() } else { self.revision.saturating_add(messages) };
            if self.take(portion).await?.is_break() {
                // What was read in part is no beginning of the topics: it is read again.
                (self.unsaved, self.staged) = (false, BTreeMap::new());
                return Ok(BROKEN_OFF);
            }
            self.make_room()?;
        }
        self.next = next;
        self.after_step().await.map(|()| GO_ON)
    }

    /// Commits what is staged, and waits until it is stored.
    async fn store_all(&mut self) -> Result<(), StreamError> {
        self.wait_saved().await?;
        if self.unsaved {
            self.commit().await?;
            self.wait_saved().await?;
        }
        self.gone_unsaved = false;
        Ok(())
    }

    async fn after_step(&mut self) -> Result<(), StreamError> {
        if self.staged_rows >= self.options.commit_rows && self.in_flight.is_none() {
            self.commit().await?;
        }
        if self.staged_rows >= 2 * self.options.commit_rows {
            // The store is behind: nothing more is read until it has caught up.
            self.wait_saved().await?;
        }
        self.make_room()?;
        self.gauge();
        Ok(())
    }

    fn gauge(&self) {
        self.gauges.state_bytes(self.pipeline.bytes());
        self.gauges.cases_in_memory(self.pipeline.cases_in_memory());
    }

    async fn turn(&mut self) -> Turn {
        let (due, waits) = (self.unsaved, self.in_flight.is_some());
        let (recalls, aside) = (!self.to_recall.is_empty(), !self.aside.is_empty());
        let saved = async {
            match &mut self.in_flight {
                Some(done) => done.await.unwrap_or(Err(CommitFault::Ended)),
                None => std::future::pending().await,
            }
        };
        let commit_due = &mut self.commit_due;
        let (fixes, cases) = (&mut self.channels.fixes, &mut self.channels.cases);
        let turn = tokio::select! {
            biased;
            saved = saved, if waits => Turn::Saved(saved),
            _ = commit_due.tick(), if due => Turn::Commit,
            () = self.memory.pressed() => Turn::Pressed,
            block = next_block(cases, fixes) => block.map_or(Turn::Ended, |block| Turn::Blocks(vec![block])),
            () = self.shared.urgency.calm(), if recalls => Turn::Recall,
            () = self.again.due(&self.shared.urgency), if aside => Turn::TryAgain,
        };
        match turn {
            // The last one is not done: at the next.
            Turn::Commit if self.in_flight.is_some() => Turn::Blocks(Vec::new()),
            Turn::Blocks(mut blocks) => {
                self.gather(&mut blocks);
                Turn::Blocks(blocks)
            }
            other => other,
        }
    }

    /// What else waits, up to the bound of a step.
    fn gather(&mut self, blocks: &mut Vec<Block>) {
        let mut messages: usize = blocks.iter().map(Block::len).sum();
        while messages < self.options.step_messages {
            let Ok(block) = self.channels.cases.try_recv().or_else(|_| self.channels.fixes.try_recv()) else { break };
            messages += block.len();
            blocks.push(block);
        }
    }

    async fn take(&mut self, blocks: Vec<Block>) -> Result<Went, StreamError> {
        let watch = crate::time::Stopwatch::start();
        let (input, rejects) = self.decode(&blocks)?;
        self.note_read(&input);
        for case_id in self.pipeline.missing(&input) {
            let stored = !self.known.insert(case_id.clone()) || self.aside.contains(&case_id);
            if stored && self.restore(&case_id, WANTED_FOR).await?.is_break() {
                return Ok(BROKEN_OFF);
            }
        }
        let told: BTreeSet<String> = input.events.iter().map(|(_, e)| e.case_id.clone()).collect();
        let outcome = self.pipeline.step(input).await?;
        for case_id in &told {
            if let Some(state) = self.pipeline.state_of(case_id) {
                self.shared.urgency.note(self.channels.partition, case_id, state);
            }
        }
        let fresh: Vec<&MessageReject> = rejects.iter().filter(|r| self.is_fresh(r)).collect();
        let revision = self.revision;
        let arrived_us = arrived_us(&blocks);
        self.shared.publisher.say(&outcome.proximities, &outcome.encounters, &fresh, revision, arrived_us)?;
        self.measure(&blocks, &outcome, &fresh, (watch.seconds(), arrived_us));
        self.stage(&outcome, &fresh).map(|()| GO_ON)
    }

    fn measure(
        &self,
        blocks: &[Block],
        outcome: &Outcome,
        rejects: &[&MessageReject],
        (step_s, arrived_us): (f64, Option<i64>),
    ) {
        let telemetry = &self.shared.telemetry;
        for block in blocks {
            telemetry.records(block.topic(), block.len() as u64);
        }
        for reject in rejects {
            telemetry.reject(reject.reason);
        }
        telemetry.outcome(outcome);
        telemetry.step(step_s);
        if let Some(arrived_us) = arrived_us.filter(|_| !outcome.encounters.is_empty()) {
            let waited_us = self.shared.clock.now_us().saturating_sub(arrived_us);
            telemetry.flagged(Duration::from_micros(waited_us.max(0).unsigned_abs()).as_secs_f64());
        }
        self.gauge();
    }

    /// Notes whose records were read, and whether they belong here.
    fn note_read(&mut self, input: &Input) {
        for (topic, records) in
            [(Topic::Fixes, fixes_per_case(&input.fixes)), (Topic::Cases, events_per_case(&input.events))]
        {
            let misplaced = self.placement.misplaced(&records);
            if misplaced > 0 {
                self.shared.telemetry.misplaced(topic, misplaced);
            }
            self.shared.urgency.read(self.channels.partition, &records);
            add_all(&mut self.read, &records);
        }
    }

    /// A reject that the table does not hold already.
    fn is_fresh(&self, reject: &MessageReject) -> bool {
        self.standing.at(Table::Rejects, reject.topic).is_none_or(|at| reject.offset >= at)
    }

    fn decode(&mut self, blocks: &[Block]) -> Result<(Input, Vec<MessageReject>), StreamError> {
        let mut input = Input::default();
        let mut rejects = Vec::new();
        for block in blocks {
            match block.topic() {
                Topic::Fixes => {
                    let decoded = self.decoder.decode(block, self.shared.clock.now_us())?;
                    input.fixes.extend(decoded.batches);
                    rejects.extend(decoded.rejects);
                }
                Topic::Cases => events(block, self.shared.clock.now_us(), &mut input, &mut rejects),
            }
        }
        self.unsaved = true;
        Ok((input, rejects))
    }

    fn stage(&mut self, outcome: &Outcome, rejects: &[&MessageReject]) -> Result<(), StreamError> {
        let partition = self.channels.partition;
        for new in &outcome.fixes {
            let rows = rows::fixes(partition, new, &mut self.cells)?;
            self.put(Table::Fixes, rows);
        }
        if !outcome.events.is_empty() {
            self.put(Table::CaseEvents, rows::events(partition, &outcome.events)?);
        }
        if !rejects.is_empty() {
            self.put(Table::Rejects, rows::rejects(rejects)?);
        }
        self.stage_derived(outcome)
    }

    fn stage_derived(&mut self, outcome: &Outcome) -> Result<(), StreamError> {
        let revision = self.revision;
        if !outcome.proximities.is_empty() {
            self.put(Table::Proximity, rows::proximities(&outcome.proximities, &self.options.params, revision)?);
        }
        if !outcome.encounters.is_empty() {
            self.put(Table::Encounters, rows::encounters(&outcome.encounters, revision)?);
        }
        Ok(())
    }

    fn put(&mut self, table: Table, batch: RecordBatch) {
        self.staged_rows += batch.num_rows();
        self.staged.entry(table).or_default().push(batch);
    }

    async fn commit(&mut self) -> Result<(), StreamError> {
        let (done, saved) = oneshot::channel();
        let staged = Staged {
            partition: self.channels.partition,
            standing: self.standing.clone(),
            next: self.next,
            derived_stays: !self.aside.is_empty(),
            rows: std::mem::take(&mut self.staged),
            done,
        };
        self.shared.committer.hand_over(staged).await?;
        self.in_flight = Some(saved);
        self.sent = std::mem::take(&mut self.read);
        (self.staged_rows, self.unsaved) = (0, false);
        self.sent_step = self.pipeline.steps();
        self.commit_due.reset();
        Ok(())
    }

    fn saved(&mut self, saved: Result<Standing, CommitFault>) -> Result<(), StreamError> {
        self.in_flight = None;
        self.standing = saved?;
        self.shared.urgency.stored(self.channels.partition, &std::mem::take(&mut self.sent));
        self.saved_step = self.sent_step;
        self.tell_standing();
        Ok(())
    }

    async fn wait_saved(&mut self) -> Result<(), StreamError> {
        if let Some(done) = self.in_flight.take() {
            let saved = done.await.unwrap_or(Err(CommitFault::Ended));
            self.saved(saved)?;
        }
        Ok(())
    }
}

/// The next block of either; `None` at once when both have ended: the last commit does not wait until it is due.
async fn next_block(cases: &mut mpsc::Receiver<Block>, fixes: &mut mpsc::Receiver<Block>) -> Option<Block> {
    tokio::select! {
        biased;
        Some(block) = cases.recv() => Some(block),
        Some(block) = fixes.recv() => Some(block),
        else => None,
    }
}

/// Ticks so long after each reset.
fn every(period: Duration) -> Interval {
    let mut ticks = interval(period.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

/// When the broker had the message that has waited longest: it stands for all of the step, the worst case.
fn arrived_us(blocks: &[Block]) -> Option<i64> {
    blocks.iter().filter_map(|b| b.messages().filter_map(|m| m.appended_us).min()).min()
}
