//! All runs of one side, and where the rows of each batch that came are now.
//!
//! ```text
//!  item: slot, row ─> slots[slot]: run, base ─> number base + row of the run
//!
//!  records that trickle in:  1 1 1 1 1 1 1 1  ─>  8  ─> ... ─>  64  ─> ...        eight of a kind become one
//! ```
//! A batch of one row takes a kilobyte, most of it padding, so small ones are put together. Items are not touched by that:
//! they go on to name their batch's slot, and the slot says where its rows are now.
//!
//! Invariant: of runs of like size there are fewer than [`FANOUT`], up to those of [`FANOUT`]^[`CLASSES`] rows, which stay
//! by themselves; and no run is more than half gone. So a row is moved once for each class at most, and again only as many
//! times as rows beside it have gone; no step touches more than a few times [`FANOUT`]^[`CLASSES`] rows besides those that
//! it is about.

use std::collections::BTreeSet;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{Result, exec_datafusion_err};

use super::run::{Merged, RadiusTerms, Run, merge};

/// So many runs of like size become one.
const FANOUT: usize = 8;
/// Classes of size, each [`FANOUT`] times the last. Beyond the last, runs are not put together.
const CLASSES: usize = 4;

/// Where the rows of a batch are.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    base: u64,
    run: u32,
}

/// A row, found.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Tells runs apart.
    pub number: u32,
    /// The run that it lies in.
    pub run: &'a Run,
    /// Where in it.
    pub row: usize,
}

/// The runs of one side.
#[derive(Debug, Default)]
pub struct Runs {
    /// A slot is used again when no row of its batch is there any more.
    slots: Vec<Slot>,
    free_slots: Vec<u32>,
    all: Vec<Option<Run>>,
    free: Vec<u32>,
    /// The numbers of runs by class of size.
    small: [Vec<u32>; CLASSES],
    run_bytes: usize,
}

impl Runs {
    /// Keeps a batch, of which these rows will be asked for: the slot that names it.
    ///
    /// # Errors
    /// If there are 2^32 batches of which rows are held.
    pub fn keep(&mut self, rows: RecordBatch, radius: RadiusTerms, live: impl Iterator<Item = u32>) -> Result<u32> {
        let slot = if let Some(slot) = self.free_slots.pop() {
            slot
        } else {
            let slot = u32::try_from(self.slots.len());
            self.slots.push(Slot::default());
            slot.map_err(|_| exec_datafusion_err!("ProximityJoin: rows of more than 4,294,967,295 batches are held"))?
        };
        self.set_base(slot, 0);
        self.settle(Run::of_batch(rows, radius, live, slot));
        Ok(slot)
    }

    /// A row of a batch.
    pub fn find(&self, slot: u32, row: u32) -> Option<Found<'_>> {
        let Slot { base, run: number } = *self.slots.get(slot as usize)?;
        let run = self.all.get(number as usize)?.as_ref()?;
        Some(Found { number, run, row: run.row(base + u64::from(row))? })
    }

    /// Lets rows go, each a slot and a row; what is mostly gone is written anew.
    pub fn let_go(&mut self, rows: impl Iterator<Item = (u32, u32)>) {
        let mut touched = BTreeSet::new();
        for (slot, row) in rows {
            let Some(Slot { base, run: number }) = self.slots.get(slot as usize).copied() else { continue };
            let Some(Some(run)) = self.all.get_mut(number as usize) else { continue };
            let before = run.bytes();
            run.let_go(base + u64::from(row));
            self.run_bytes += run.bytes() - before;
            touched.insert(number);
        }
        for number in touched {
            // One that was put together with another meanwhile is not there any more, or not wasteful.
            let wasteful = self.all.get(number as usize).and_then(Option::as_ref).is_some_and(Run::is_wasteful);
            if wasteful && let Some(run) = self.take(number) {
                self.settle(run);
            }
        }
    }

    /// About how many bytes are held.
    pub const fn bytes(&self) -> usize {
        let tables = self.slots.capacity() * size_of::<Slot>() + self.all.capacity() * size_of::<Option<Run>>();
        let free = (self.free_slots.capacity() + self.free.capacity()) * size_of::<u32>();
        self.run_bytes + tables + free
    }

    /// Finds a run its place, with the others that become one with it.
    fn settle(&mut self, run: Run) {
        let mut joining = vec![run];
        while let Some(run) = self.one_of(joining) {
            let class = class_of(run.len());
            let alike = self.small.get_mut(class).map(std::mem::take);
            match alike {
                Some(alike) if alike.len() + 1 >= FANOUT => {
                    joining = alike.into_iter().filter_map(|number| self.take(number)).chain([run]).collect();
                }
                alike => {
                    let number = self.put(run);
                    if let (Some(mut alike), Some(place)) = (alike, self.small.get_mut(class)) {
                        alike.push(number);
                        *place = alike;
                    }
                    return;
                }
            }
        }
    }

    /// One run of several; `None` if nothing of them is left, or if they cannot be put together and stay as they are.
    fn one_of(&mut self, mut runs: Vec<Run>) -> Option<Run> {
        if runs.iter().all(|run| run.live() == 0) {
            self.free_slots.extend(runs.iter().flat_map(Run::slots));
            return None;
        }
        if runs.len() == 1 && !runs.iter().any(Run::is_wasteful) {
            return runs.pop();
        }
        match merge(&runs, |slot| self.slots.get(slot as usize).map_or(0, |s| s.base)) {
            Ok(Merged { run, bases, dead }) => {
                self.free_slots.extend(dead);
                run.slots().iter().zip(bases).for_each(|(slot, base)| self.set_base(*slot, base));
                Some(run)
            }
            Err(error) => {
                tracing::debug!(%error, "rows that a join holds stay apart");
                for run in runs {
                    self.put(run);
                }
                None
            }
        }
    }

    fn set_base(&mut self, slot: u32, base: u64) {
        if let Some(place) = self.slots.get_mut(slot as usize) {
            place.base = base;
        }
    }

    fn put(&mut self, run: Run) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            // Each run has a slot, and of those there are fewer.
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        });
        for slot in run.slots() {
            if let Some(place) = self.slots.get_mut(*slot as usize) {
                place.run = number;
            }
        }
        self.run_bytes += run.bytes();
        if let Some(place) = self.all.get_mut(number as usize) {
            *place = Some(run);
        }
        number
    }

    fn take(&mut self, number: u32) -> Option<Run> {
        let run = self.all.get_mut(number as usize)?.take()?;
        self.run_bytes -= run.bytes();
        self.free.push(number);
        if let Some(alike) = self.small.get_mut(class_of(run.len())) {
            alike.retain(|other| *other != number);
        }
        Some(run)
    }
}

/// The class of a run of so many rows: [`CLASSES`] or more if it stays by itself.
const fn class_of(rows: usize) -> usize {
    let mut class = 0;
    let mut rest = rows / FANOUT;
    while rest > 0 {
        class += 1;
        rest /= FANOUT;
    }
    class
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
