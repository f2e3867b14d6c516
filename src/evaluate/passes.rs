//! A pass over a device's records that reads again only what has changed.
//!
//! ```text
//!   chunks      [ 0 ]───────[ 1 ]───────[ 4 ]───────[ 2 ]───────[ 3 ]
//!   state     ∅       a           b           c           d              what the pass knows before a chunk
//!                                  └─ read ────┘
//!                                     again      c as before: what was found of 2 and 3 stands
//! ```
//! Invariant: what is kept of a chunk was read with the state before it, the chunk's content and that of the chunks before it
//! that were looked at as they are now; so it is what reading it again would give, if a pass is a function of these. A pass
//! says where it found something by positions within the chunk: those of the device move.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use super::Record;
use super::chunks::{Chunk, Chunked, between};

/// A pass over records in their order.
pub(super) trait Pass: Clone + PartialEq {
    /// What it knows of what came before.
    type State: Clone + PartialEq + Default;
    /// What it finds in a chunk.
    type Found;

    /// Reads a chunk; it may look back at records before it.
    fn read(&self, state: &mut Self::State, view: &View<'_>) -> Self::Found;
}

/// A chunk to be read, and what stands before it.
pub(super) struct View<'a> {
    records: &'a [Record],
    own: Range<usize>,
    /// How many records back was looked.
    back: Cell<usize>,
}

impl<'a> View<'a> {
    const fn new(records: &'a [Record], own: Range<usize>) -> Self {
        Self { records, own, back: Cell::new(0) }
    }

    /// The chunk's records.
    pub(super) fn own(&self) -> &'a [Record] {
        self.records.get(self.own.clone()).unwrap_or_default()
    }

    /// The record that stands so many before the chunk's first: 1 is the last of the chunk before.
    pub(super) fn before(&self, back: usize) -> Option<&'a Record> {
        self.back.set(self.back.get().max(back));
        self.own.start.checked_sub(back).and_then(|at| self.records.get(at))
    }

    /// The numbers of the chunks that were looked at, from the chunk's own back.
    fn looked_at(&self, earlier: &[Chunk]) -> Vec<u64> {
        let mut left = self.back.get();
        let looked = |chunk: &&Chunk| {
            let is = left > 0;
            left = left.saturating_sub(chunk.records);
            is
        };
        earlier.iter().rev().take_while(looked).map(|chunk| chunk.number).collect()
    }
}

#[derive(Debug)]
struct Kept<S, F> {
    before: S,
    after: S,
    looked_at: Vec<u64>,
    /// The number of the chunk before it.
    follows: Option<u64>,
    found: F,
}

impl<S: PartialEq, F> Kept<S, F> {
    /// Whether reading it again would find the same; `follows` is the chunk before it if that one stands, and then what is
    /// known after it is what was known before this one.
    fn stands(&self, follows: Option<u64>, state: &S, earlier: &[Chunk]) -> bool {
        let again = earlier.iter().rev().map(|chunk| chunk.number).take(self.looked_at.len());
        let same = follows.is_some() && self.follows == follows;
        (same || self.before == *state) && self.looked_at.iter().copied().eq(again)
    }
}

/// What a pass finds in a device's records.
pub(super) struct Found<'p, P: Pass> {
    /// In each chunk, in their order, with the position of the chunk's first record.
    pub(super) chunks: Vec<(usize, &'p P::Found)>,
    /// What it knows after the last.
    pub(super) last: P::State,
}

/// What is kept of chunks, by their numbers and in their order.
type Numbered<S, F> = Vec<(u64, Kept<S, F>)>;

/// What a pass has found, chunk by chunk.
#[derive(Debug)]
pub(super) struct Passed<P: Pass> {
    pass: Option<P>,
    kept: Numbered<P::State, P::Found>,
}

impl<P: Pass> Default for Passed<P> {
    fn default() -> Self {
        Self { pass: None, kept: Vec::new() }
    }
}

impl<P: Pass> Passed<P> {
    /// What the pass finds in a device's records; read again is only what has changed.
    pub(super) fn of(&mut self, pass: &P, device: &Chunked<'_>) -> Found<'_, P> {
        if self.pass.as_ref() != Some(pass) {
            *self = Self { pass: Some(pass.clone()), kept: Vec::new() };
        }
        let chunks = device.chunks();
        let (was, is) = between(&self.kept, chunks, |(known, _), chunk| *known == chunk.number);
        let mut after = self.kept.split_off(was.end).into_iter();
        let mut changed: BTreeMap<u64, _> = self.kept.drain(was.start..).collect();
        // What comes before the first change was read with the same before it: it stands.
        let begun = chunks.get(..is.start).unwrap_or_default();
        let mut from: usize = begun.iter().map(|chunk| chunk.records).sum();
        let (none, mut stood) = (P::State::default(), begun.last().map(|chunk| chunk.number));
        self.kept.reserve_exact(chunks.len() - begun.len());
        for (place, chunk) in chunks.iter().enumerate().skip(is.start) {
            let old = if place < is.end { changed.remove(&chunk.number) } else { after.next().map(|(_, kept)| kept) };
            let earlier = chunks.get(..place).unwrap_or_default();
            let before = self.kept.last();
            let (follows, state) = (before.map(|(number, _)| *number), before.map_or(&none, |(_, kept)| &kept.after));
            let known = old.filter(|old| old.stands(stood, state, earlier));
            stood = known.as_ref().map(|_| chunk.number);
            let kept = known.map_or_else(
                || {
                    let view = View::new(device.records(), from..from + chunk.records);
                    let (before, mut after) = (state.clone(), state.clone());
                    let found = pass.read(&mut after, &view);
                    Kept { before, after, looked_at: view.looked_at(earlier), follows, found }
                },
                |known| Kept { follows, ..known },
            );
            self.kept.push((chunk.number, kept));
            from += chunk.records;
        }
        let from = device.chunks().iter().scan(0, |from, chunk| Some(std::mem::replace(from, *from + chunk.records)));
        let chunks = from.zip(self.kept.iter().map(|(_, kept)| &kept.found)).collect();
        Found { chunks, last: self.kept.last().map_or(none, |(_, kept)| kept.after.clone()) }
    }
}

/// What is kept of numbered things in their order, put in the order of the numbers as they are now: none of new numbers.
///
/// Mostly what is old and what is new begin alike and end alike; only what lies between is looked up.
pub(super) fn aligned<T>(old: Vec<(u64, T)>, numbers: &[u64]) -> Vec<Option<T>> {
    let (was, new) = between(&old, numbers, |(known, _), number| known == number);
    let (mut changed, mut after) = (BTreeMap::new(), Vec::with_capacity(old.len() - was.end));
    let mut now = Vec::with_capacity(numbers.len());
    for (place, (number, kept)) in old.into_iter().enumerate() {
        if place < was.start {
            now.push(Some(kept));
        } else if place < was.end {
            changed.insert(number, kept);
        } else {
            after.push(Some(kept));
        }
    }
    now.extend(numbers.get(new).unwrap_or_default().iter().map(|number| changed.remove(number)));
    now.extend(after);
    now
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::chunks::Numbers;
    use super::*;
    use proptest::prelude::*;

    type Said = (i64, Vec<Option<i64>>);

    /// Says of each chunk the longest silence before a record of it and the starts of the two records before it; and counts
    /// how often it reads.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    struct Toy(Rc<Cell<usize>>);

    impl Pass for Toy {
        type State = Option<i64>;
        type Found = Said;

        fn read(&self, state: &mut Option<i64>, view: &View<'_>) -> Self::Found {
            self.0.set(self.0.get() + 1);
            let silence = |record: &Record| record.t0_us - state.replace(record.t1_us).unwrap_or(record.t0_us);
            let longest = view.own().iter().map(silence).max().unwrap_or(0);
            (longest, [2, 1].map(|back| view.before(back).map(|record| record.t0_us)).to_vec())
        }
    }

    fn record(t_us: i64) -> Record {
        Record::at(t_us, 51.0, 0.0, 5.0)
    }

    fn found(passed: &mut Passed<Toy>, toy: &Toy, device: &Chunked<'_>) -> (Vec<(usize, Said)>, Option<i64>) {
        let found = passed.of(toy, device);
        (found.chunks.into_iter().map(|(from, found)| (from, found.clone())).collect(), found.last)
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_reading_anew_gives(
            old in prop::collection::vec(0..60_i64, 0..20), put in prop::collection::vec(0..60_i64, 1..12), most in 1..4_usize) {
            let (mut numbers, mut passed, toy) = (Numbers::default(), Passed::default(), Toy::default());
            let mut records: Vec<Record> = old.into_iter().map(record).collect();
            records.sort_by(Record::order);
            let mut chunks = numbers.chunks(records.len(), most);
            for t_us in put {
                let at = records.partition_point(|r| r.order(&record(t_us)).is_le());
                records.insert(at, record(t_us));
                numbers.with_one(&mut chunks, at, most);
                let device = Chunked::new(&records, chunks.clone().into());
                let anew = found(&mut Passed::default(), &Toy::default(), &device);
                prop_assert_eq!(found(&mut passed, &toy, &device), anew);
            }
        }
    }

    #[test]
    fn one_more_record_reads_its_chunk_and_what_hangs_on_it() {
        let (mut numbers, mut passed, toy) = (Numbers::default(), Passed::default(), Toy::default());
        let mut records: Vec<Record> = (0..100).map(|n| record(10 * n)).collect();
        let mut chunks = numbers.chunks(records.len(), 10);
        let mut reads = |records: &[Record], chunks: &[Chunk]| {
            let before = toy.0.get();
            found(&mut passed, &toy, &Chunked::new(records, chunks.to_vec().into()));
            toy.0.get() - before
        };
        assert_eq!((reads(&records, &chunks), reads(&records, &chunks)), (10, 0));
        records.push(record(1_000));
        numbers.with_one(&mut chunks, 100, 10);
        assert_eq!(reads(&records, &chunks), 1);
        // In the middle of the fourth: the fifth looks back at it, the sixth does not.
        records.insert(35, record(341));
        numbers.with_one(&mut chunks, 35, 10);
        assert_eq!(reads(&records, &chunks), 2);
    }

    proptest! {
        #[test]
        fn what_is_kept_stands_in_the_order_of_the_numbers_as_they_are_now(
            old in prop::collection::vec(0..12_u64, 0..8), gone in 0..8_usize, new in prop::collection::vec(0..12_u64, 0..8),
            shared in 0..8_usize) {
            let once = |numbers: Vec<u64>| {
                let mut seen = std::collections::BTreeSet::new();
                numbers.into_iter().filter(|number| seen.insert(*number)).collect::<Vec<u64>>()
            };
            let old = once(old);
            // Some of the old stand at either end of the new.
            let (head, tail) = old.split_at(shared.min(old.len()));
            let now = once([head, &new, tail.get(gone.min(tail.len())..).unwrap_or_default()].concat());
            let kept = aligned(old.iter().map(|number| (*number, number * 10)).collect(), &now);
            let expected: Vec<Option<u64>> = now.iter().map(|n| old.contains(n).then_some(n * 10)).collect();
            prop_assert_eq!(kept, expected);
        }
    }

    /// Says of each chunk what the starts of all records up to its end sum up to: each bears on all that follow.
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Long;

    impl Pass for Long {
        type State = i64;
        type Found = i64;

        fn read(&self, sum: &mut i64, view: &View<'_>) -> i64 {
            *sum += view.own().iter().map(|record| record.t0_us).sum::<i64>();
            *sum
        }
    }

    proptest! {
        #[test]
        fn what_changes_what_is_known_is_known_to_all_that_follows(
            old in prop::collection::vec(0..60_i64, 0..24), changes in prop::collection::vec((any::<bool>(), 0..60_i64, 1..6_usize), 1..12),
            most in 1..4_usize) {
            let (mut numbers, mut passed) = (Numbers::default(), Passed::default());
            let mut records: Vec<Record> = old.into_iter().map(record).collect();
            records.sort_by(Record::order);
            let mut chunks = numbers.chunks(records.len(), most);
            for (is_put, t_us, gone) in changes {
                let at = records.partition_point(|r| r.order(&record(t_us)).is_le());
                if is_put {
                    records.insert(at, record(t_us));
                    numbers.with_one(&mut chunks, at, most);
                } else {
                    let mut new = records.clone();
                    new.drain(at..(at + gone).min(records.len()));
                    chunks = numbers.of_changed((&records, &chunks), &new, most);
                    records = new;
                }
                let device = Chunked::new(&records, chunks.clone().into());
                let said = |found: Found<'_, Long>| (found.chunks.iter().map(|(from, sum)| (*from, **sum)).collect::<Vec<_>>(), found.last);
                prop_assert_eq!(said(passed.of(&Long, &device)), said(Passed::default().of(&Long, &device)));
            }
        }
    }
}
