//! The records of one side of a moment that may bear on it: of all that lie further away few.
//!
//! ```text
//!   radius │ ●          ●a     time to the moment ──>     b is nearer than a and as certain: a is not in front
//!          │     ●c        ●b                             c is more certain than all nearer: it is
//! ```
//! What is in front of two sets of records together is in front of one of them. So each chunk says what is in front of its own
//! records, and what a window needs of all chunks before it is put together from these.

use std::borrow::Cow;

use crate::evaluate::Record;
use crate::evaluate::extent::Reached;
use crate::evaluate::passes::{Pass, View};
use crate::evaluate::prism::{MAX_A_SIDE, ReachParams, bears, loses};

/// So many records in front are not looked through for those that cannot bear: where uncertainties differ by chance a million
/// records have about fourteen in front.
#[cfg(not(test))]
const LITTLE: usize = 32;
#[cfg(test)]
const LITTLE: usize = 1;

/// On which side of the moment the records lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Before it: their ends count.
    Before,
    /// After it: their starts.
    After,
}

/// A record that bears, by its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    pub(super) at: usize,
    pub(super) sigma_m: f64,
    /// The number of its chunk and its position in that, once it is known: what has the same is the same record.
    pub(super) known: Option<(u64, usize)>,
    /// The greater the nearer to the moment.
    time: i64,
    tie: usize,
}

impl Item {
    pub(super) const fn of(at: usize, record: &Record, sigma_m: f64, way: Way) -> Self {
        // The complement turns the order around without an overflow.
        match way {
            Way::Before => Self { at, sigma_m, known: None, time: record.t1_us, tie: at },
            Way::After => Self { at, sigma_m, known: None, time: !record.t0_us, tie: !at },
        }
    }

    /// One of a chunk by its position in the device.
    pub(super) const fn of_chunk(self, chunk: &Reached<'_>, way: Way) -> Self {
        let at = self.at + chunk.from;
        let tie = match way {
            Way::Before => at,
            Way::After => !at,
        };
        Self { at, tie, known: Some((chunk.number, self.at)), ..self }
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.time.cmp(&other.time).then(other.sigma_m.total_cmp(&self.sigma_m)).then(self.tie.cmp(&other.tie))
    }
}

/// What is in front, the nearest last.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Front(Vec<Item>);

impl Front {
    /// What is in front of some records in any order.
    pub(super) fn of(mut items: Vec<Item>) -> Self {
        items.sort_by(Item::order);
        let mut front = Self::default();
        for item in items {
            front.push(item);
        }
        front
    }

    /// These, which are what is in front, in their order.
    pub(super) fn in_order(items: impl Iterator<Item = Item>) -> Self {
        Self(items.collect())
    }

    fn push(&mut self, item: Item) {
        while self.0.pop_if(|far| loses((far.sigma_m, far.time), (item.sigma_m, item.time))).is_some() {}
        self.0.push(item);
    }

    pub(super) fn items(&self) -> &[Item] {
        &self.0
    }

    /// Takes what is in front of other records.
    pub(super) fn take(&mut self, others: impl Iterator<Item = Item> + Clone) {
        let first = others.clone().next();
        let nearer = self.0.last().zip(first).is_none_or(|(last, first)| last.order(&first).is_lt());
        if nearer {
            for item in others {
                self.push(item);
            }
        } else {
            let mut all = std::mem::take(&mut self.0);
            all.extend(others);
            *self = Self::of(all);
        }
    }

    /// What of it can bear on a window, if not all of it is little: of all that is more certain than one of the records that
    /// are looked at there (their deviations, the largest first), or than nothing, the nearest, as many as a family takes; and
    /// what is as certain.
    pub(super) fn bearing_on(&self, sigmas_m: impl FnOnce() -> Vec<f64>) -> Cow<'_, [Item]> {
        if self.0.len() <= LITTLE {
            return Cow::Borrowed(&self.0);
        }
        let sigmas_m = sigmas_m();
        let mut bearing = Vec::new();
        let (mut left, mut sigmas_m) = (MAX_A_SIDE, sigmas_m.iter().peekable());
        for item in self.0.iter().rev() {
            while sigmas_m.next_if(|sigma_m| **sigma_m > item.sigma_m).is_some() {
                left = MAX_A_SIDE;
            }
            let as_certain = sigmas_m.peek().is_some_and(|sigma_m| **sigma_m == item.sigma_m);
            if left == 0 && sigmas_m.peek().is_none() {
                break;
            }
            if left > 0 || as_certain {
                bearing.push(*item);
            }
            left = left.saturating_sub(1);
        }
        Cow::Owned(bearing)
    }
}

/// The pass that says what is in front of each chunk's records, seen from after it and from before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fronts(pub(super) ReachParams);

/// What a chunk says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Ends {
    /// When its first record begins that bears on anything, UTC microseconds.
    pub(super) first_us: Option<i64>,
    /// What is in front of its records seen from after them.
    pub(super) before: Front,
    /// The same seen from before them.
    pub(super) after: Front,
}

impl Pass for Fronts {
    type State = ();
    type Found = Ends;

    fn read(&self, (): &mut (), view: &View<'_>) -> Ends {
        let items = |way| {
            let of = |(at, record): (usize, &Record)| {
                let sigma_m = self.0.sigma_m(record);
                bears(record, sigma_m).then(|| Item::of(at, record, sigma_m, way))
            };
            view.own().iter().enumerate().filter_map(of).collect::<Vec<Item>>()
        };
        let before = items(Way::Before);
        let first = before.first().and_then(|item| view.own().get(item.at));
        Ends {
            first_us: first.map(|record| record.t0_us),
            before: Front::of(before),
            after: Front::of(items(Way::After)),
        }
    }
}
