//! A device's records in chunks, each with a number that no other content has: what was found of a chunk stands for as long as
//! its number does.
//!
//! ```text
//!   records   ●●●●●●● ●●●●●●● ●●●●●●● ●●●●●          one more record  ●●●●●●● ●●●◆●●●● ●●●●●●● ●●●●●
//!   numbers      0       1       2      3                                0       4        2      3
//! ```
//! Invariant: the chunks' lengths sum to the number of records, no chunk is empty, and of two chunks with one number both
//! hold the same records, wherever they stand.

use std::ops::Range;
use std::sync::Arc;

use super::Record;

/// A chunk that is kept between evaluations holds at most so many records after a split.
pub(super) const CHUNK_RECORDS: usize = 1_024;

/// Some records that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// The number of its content.
    pub(super) number: u64,
    /// How many records it has, at least one.
    pub(super) records: usize,
    /// What it was when it was asked about last, if records have come to it since and none has gone.
    pub(super) grown: Option<Grown>,
}

/// That a chunk holds all that others held, one after the other, and what came since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grown {
    /// The numbers of the others; without any all that the chunk holds came since.
    pub(super) of: Former,
    /// Among which positions of the chunk all that came since stands; what the others held may stand there too. Nothing came if
    /// there are none.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The numbers of so many chunks at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Former([Option<u64>; 4]);

impl Former {
    fn one(number: u64) -> Self {
        Self([Some(number), None, None, None])
    }

    /// These and others; `None` if they are too many.
    fn and(self, others: Self) -> Option<Self> {
        let (mut all, mut numbers) = (Self::default(), self.numbers().chain(others.numbers()));
        for slot in &mut all.0 {
            *slot = numbers.next();
        }
        numbers.next().is_none().then_some(all)
    }

    pub(super) fn numbers(self) -> impl Iterator<Item = u64> {
        self.0.into_iter().flatten()
    }
}

impl Grown {
    /// The same with one record more, which stands at `at` now.
    fn with_one(self, at: usize) -> Self {
        if self.from == self.to {
            return Self { from: at, to: at + 1, ..self };
        }
        Self { from: self.from.min(at), to: (self.to + usize::from(at < self.to)).max(at + 1), ..self }
    }

    /// A chunk of so many records with another after it; `None` if they are of too many.
    fn followed_by(self, records: usize, next: Self) -> Option<Self> {
        let of = self.of.and(next.of)?;
        let (from, to) = (records + next.from, records + next.to);
        Some(match (self.from == self.to, next.from == next.to) {
            (_, true) => Self { of, ..self },
            (true, false) => Self { of, from, to },
            (false, false) => Self { of, from: self.from, to },
        })
    }
}

/// The chunks of one device, in the order of its records.
pub(super) type Chunks = Arc<Vec<Chunk>>;

/// Records that come at the end stand in chunks of so many until they fill one: each changes the last.
fn few(most: usize) -> usize {
    (most / 4).max(1)
}

/// Numbers for contents that were not there before.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: u64,
    /// Chunks up to this number were asked about.
    asked: u64,
}

impl Numbers {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// A chunk of one record, which came by itself.
    fn of_one(&mut self) -> Chunk {
        Chunk { number: self.next(), records: 1, grown: Some(Grown { of: Former::default(), from: 0, to: 1 }) }
    }

    /// All chunks that there are are asked about.
    pub(super) const fn are_asked_about(&mut self) {
        self.asked = self.last;
    }

    /// So many records in new chunks of at most so many each.
    pub(super) fn chunks(&mut self, records: usize, most: usize) -> Vec<Chunk> {
        let most = most.max(1);
        let mut chunks = Vec::with_capacity(records.div_ceil(most));
        let mut left = records;
        while left > 0 {
            let records = left.min(most);
            chunks.push(Chunk { number: self.next(), records, grown: None });
            left -= records;
        }
        chunks
    }

    /// The chunks with one record more, which stands at `at` now: after all others in a chunk of its own if the last has not few.
    pub(super) fn with_one(&mut self, chunks: &mut Vec<Chunk>, at: usize, most: usize) {
        let mut before = 0;
        // What stands after the end of all goes to the last.
        let holds = |chunk: &Chunk| {
            let here = at <= before + chunk.records;
            before += chunk.records;
            here
        };
        let Some(place) = chunks.iter().position(holds) else {
            chunks.push(self.of_one());
            return;
        };
        let Some(chunk) = chunks.get(place).copied() else { return };
        // Records mostly come in the order of time.
        if at == before && place + 1 == chunks.len() && chunk.records >= few(most) {
            self.join_last(chunks, most);
            chunks.push(self.of_one());
            return;
        }
        let records = chunk.records + 1;
        if records > 2 * most.max(1) {
            chunks.splice(place..=place, self.chunks(records, records.div_ceil(2)));
            return;
        }
        // `before` is what stands before the end of the chunk.
        let at = at.saturating_sub(before - chunk.records);
        let grown = if chunk.number <= self.asked {
            Some(Grown { of: Former::one(chunk.number), from: at, to: at + 1 })
        } else {
            chunk.grown.map(|grown| grown.with_one(at))
        };
        chunks.splice(place..=place, [Chunk { number: self.next(), records, grown }]);
    }

    /// Joins the last chunks if they are a full one together, and no more.
    fn join_last(&mut self, chunks: &mut Vec<Chunk>, most: usize) {
        let mut records = 0;
        let fit = |chunk: &&Chunk| {
            let fits = records + chunk.records <= most;
            records += if fits { chunk.records } else { 0 };
            fits
        };
        let from = chunks.len() - chunks.iter().rev().take_while(fit).count();
        if chunks.len() > from + 1 && records + few(most) > most {
            let grown = self.joined(chunks.get(from..).unwrap_or_default());
            chunks.splice(from.., [Chunk { number: self.next(), records, grown }]);
        }
    }

    /// What chunks that are one from now on were when they were asked about last.
    fn joined(&self, chunks: &[Chunk]) -> Option<Grown> {
        let (mut all, mut records) = (Grown { of: Former::default(), from: 0, to: 0 }, 0);
        for chunk in chunks {
            let is_known = chunk.number <= self.asked;
            let as_it_was = || Grown { of: Former::one(chunk.number), from: 0, to: 0 };
            all = all.followed_by(records, if is_known { as_it_was() } else { chunk.grown? })?;
            records += chunk.records;
        }
        Some(all)
    }

    /// The chunks of records that stand in the place of others: those keep their numbers all of whose records are there as
    /// they were and follow each other still. Both in the order of content.
    pub(super) fn of_changed(&mut self, old: (&[Record], &[Chunk]), new: &[Record], most: usize) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let (mut from, mut at) = (0, 0);
        let mut of_old = old.0;
        for chunk in old.1 {
            let (own, rest) = of_old.split_at(chunk.records.min(of_old.len()));
            of_old = rest;
            let Some(first) = own.first() else { continue };
            let mut start = at;
            while new.get(start).is_some_and(|record| record.order(first).is_lt()) {
                start += 1;
            }
            at = start;
            if new.get(start..start + own.len()) == Some(own) {
                chunks.extend(self.chunks(start - from, most));
                chunks.push(*chunk);
                (from, at) = (start + own.len(), start + own.len());
            }
        }
        chunks.extend(self.chunks(new.len() - from, most));
        chunks
    }
}

/// What lies between the beginning and the end that two lists have in common, in each of them.
///
/// What was and what is mostly differ in one place: only what lies between is worth looking up.
pub(super) fn between<A, B>(old: &[A], new: &[B], same: impl Fn(&A, &B) -> bool) -> (Range<usize>, Range<usize>) {
    let first = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
    let rest = old.iter().skip(first).rev().zip(new.iter().skip(first).rev());
    let last = rest.take_while(|(a, b)| same(a, b)).count();
    (first..old.len() - last, first..new.len() - last)
}

/// Puts what numbered chunks say now in the place of what they said: what is new, and what is gone. What is in both but stands
/// elsewhere may be new and gone.
pub(super) fn exchange<T: Clone>(known: &mut Vec<(u64, T)>, now: &[(u64, &T)]) -> (Vec<T>, Vec<T>) {
    let (was, is) = between(known, now, |(known, _), (number, _)| known == number);
    let new: Vec<(u64, T)> =
        now.get(is).unwrap_or_default().iter().map(|(number, said)| (*number, T::clone(said))).collect();
    let said = new.iter().map(|(_, said)| said.clone()).collect();
    (said, known.splice(was, new).map(|(_, said)| said).collect())
}

/// A device's records with their chunks.
#[derive(Debug, Clone)]
pub(super) struct Chunked<'a> {
    records: &'a [Record],
    chunks: Chunks,
}

impl<'a> Chunked<'a> {
    pub(super) const fn new(records: &'a [Record], chunks: Chunks) -> Self {
        Self { records, chunks }
    }

    /// Records of which nothing is known yet, for what is found once and not kept.
    pub(super) fn anew(records: &'a [Record]) -> Self {
        Self { records, chunks: Arc::new(Numbers::default().chunks(records.len(), CHUNK_RECORDS)) }
    }

    /// As [`Self::anew`], in chunks of so many.
    #[cfg(test)]
    pub(super) fn in_chunks(records: &'a [Record], most: usize) -> Self {
        Self { records, chunks: Arc::new(Numbers::default().chunks(records.len(), most)) }
    }

    pub(super) const fn records(&self) -> &'a [Record] {
        self.records
    }

    pub(super) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records(times: &[i64]) -> Vec<Record> {
        let mut records: Vec<Record> = times.iter().map(|t| Record::at(*t, 51.0, 0.0, 5.0)).collect();
        records.sort_by(Record::order);
        records
    }

    /// What each chunk holds, by its number.
    fn contents<'a>(records: &'a [Record], chunks: &'a [Chunk]) -> Vec<(u64, &'a [Record])> {
        let mut left = records;
        let of = |chunk: &Chunk| {
            let (own, rest) = left.split_at(chunk.records);
            left = rest;
            (chunk.number, own)
        };
        let contents: Vec<_> = chunks.iter().map(of).collect();
        assert!(left.is_empty() && contents.iter().all(|(_, own)| !own.is_empty()));
        contents
    }

    fn numbers_are_of_contents(before: &[(u64, &[Record])], now: &[(u64, &[Record])]) {
        for (number, own) in now {
            assert!(before.iter().all(|(n, old)| n != number || old == own), "{number} is of other records");
            assert_eq!(now.iter().filter(|(n, _)| n == number).count(), 1);
        }
    }

    proptest! {
        #[test]
        fn a_number_stands_for_its_records(
            old in prop::collection::vec(0..30_i64, 0..30), put in prop::collection::vec((0..30_i64, any::<bool>()), 0..12),
            new in prop::collection::vec((0..30_i64, any::<bool>()), 0..30), most in 1..5_usize) {
            let mut numbers = Numbers::default();
            let mut now = records(&old);
            let mut chunks = numbers.chunks(now.len(), most);
            let mut asked = std::collections::BTreeMap::new();
            for (t, asks) in put {
                if asks {
                    numbers.are_asked_about();
                    let contents = contents(&now, &chunks).into_iter();
                    asked = contents.map(|(number, own)| (number, own.to_vec())).collect();
                }
                let (before, before_chunks) = (now.clone(), chunks.clone());
                let record = Record::at(t, 51.0, 0.0, 5.0);
                let at = now.partition_point(|r| r.order(&record).is_le());
                now.insert(at, record);
                numbers.with_one(&mut chunks, at, most);
                numbers_are_of_contents(&contents(&before, &before_chunks), &contents(&now, &chunks));
                prop_assert!(chunks.iter().filter(|c| !before_chunks.contains(c)).count() <= 2);
                prop_assert!(chunks.iter().all(|c| c.records <= 2 * most));
                // So many of those that were there when it was asked about last are found in the chunks that have grown.
                let (mut found, mut all_have_grown) = (0, true);
                for (chunk, (number, own)) in chunks.iter().zip(contents(&now, &chunks)) {
                    if let Some(known) = asked.get(&number) {
                        found += known.len();
                        continue;
                    }
                    let Some(grown) = chunk.grown else {
                        all_have_grown = false;
                        continue;
                    };
                    if grown.of == Former::default() {
                        prop_assert_eq!((grown.from, grown.to), (0, own.len()));
                        continue;
                    }
                    let old = grown.of.numbers().map(|of| asked.get(&of).cloned()).collect::<Option<Vec<_>>>();
                    let Some(old) = old else { continue };
                    let old = old.concat();
                    found += old.len();
                    prop_assert!(old.len() <= own.len() && grown.from <= grown.to && grown.to <= own.len());
                    let more = own.len() - old.len();
                    prop_assert_eq!(more > 0, grown.from < grown.to);
                    prop_assert_eq!(&old[..grown.from], &own[..grown.from]);
                    prop_assert_eq!(&old[grown.to - more..], &own[grown.to..]);
                    let mut left = own[grown.from..grown.to].to_vec();
                    for record in &old[grown.from..grown.to - more] {
                        let at = left.iter().position(|r| r == record);
                        prop_assert!(at.is_some(), "what it held is there");
                        left.remove(at.unwrap());
                    }
                }
                let were_there: usize = asked.values().map(Vec::len).sum();
                prop_assert!(asked.is_empty() || !all_have_grown || found == were_there, "{} of {}", found, were_there);
                let since = chunks.iter().filter(|c| !asked.is_empty() && !asked.contains_key(&c.number));
                let known = since.filter_map(|c| c.grown).flat_map(|g| g.of.numbers()).all(|of| asked.contains_key(&of));
                prop_assert!(known, "a chunk has grown out of one that was asked about last");
            }
            // Some of them go, others come.
            let kept = now.iter().enumerate().filter(|(n, _)| !new.get(*n).is_some_and(|(_, gone)| *gone));
            let mut other: Vec<Record> = kept.map(|(_, r)| *r).collect();
            other.extend(new.iter().take(4).map(|(t, _)| Record::at(*t, 52.0, 0.0, 5.0)));
            other.sort_by(Record::order);
            let changed = numbers.of_changed((&now, &chunks), &other, most);
            numbers_are_of_contents(&contents(&now, &chunks), &contents(&other, &changed));
            prop_assert_eq!(numbers.of_changed((&other, &changed), &other, most), changed);
        }
    }

    #[test]
    fn what_two_lists_do_not_share_at_either_end_lies_between() {
        let of = |old: &[u64], new: &[u64]| between(old, new, |a, b| a == b);
        assert_eq!(of(&[1, 2, 3, 4], &[1, 5, 6, 4]), (1..3, 1..3));
        assert_eq!(of(&[1, 2, 3], &[1, 2, 3]), (3..3, 3..3));
        // What repeats is shared at one end only.
        assert_eq!(of(&[1, 1], &[1, 1, 1]), (2..2, 2..3));
        assert_eq!(of(&[1, 1, 1], &[1]), (1..3, 1..1));
        assert_eq!((of(&[], &[7]), of(&[7], &[])), ((0..0, 0..1), (0..1, 0..0)));
    }

    #[test]
    fn records_that_come_in_order_change_few_others_and_fill_chunks() {
        let mut numbers = Numbers::default();
        let (most, mut changed, mut at_once) = (40, 0, 0);
        let mut chunks = numbers.chunks(90, most);
        for at in 90..490 {
            let before: std::collections::BTreeSet<u64> = chunks.iter().map(|chunk| chunk.number).collect();
            numbers.with_one(&mut chunks, at, most);
            let new = chunks.iter().filter(|chunk| !before.contains(&chunk.number)).map(|chunk| chunk.records);
            let new = new.sum::<usize>();
            (changed, at_once) = (changed + new, at_once.max(new));
        }
        assert_eq!(chunks.iter().map(|chunk| chunk.records).sum::<usize>(), 490);
        // Thirteen would be full; the last few are not joined yet.
        assert!(chunks.len() <= 16, "{chunks:?}");
        // Each changes the up to ten of the last, and is joined once; never more at once than a full chunk and one.
        assert!(changed <= 400 * 7 && at_once <= most + 1, "{changed} in 400, {at_once} at once");
        // One that is late has its place among the others.
        let last = chunks.len();
        numbers.with_one(&mut chunks, 200, most);
        assert_eq!(chunks.len(), last);
    }

    #[test]
    fn what_has_not_changed_keeps_its_numbers() {
        let mut numbers = Numbers::default();
        let old = records(&(0..100).collect::<Vec<_>>());
        let chunks = numbers.chunks(old.len(), 10);
        let mut new = old.clone();
        new.remove(35);
        new.push(Record::at(200, 51.0, 0.0, 5.0));
        let changed = numbers.of_changed((&old, &chunks), &new, 10);
        let kept: Vec<u64> = changed.iter().map(|c| c.number).filter(|n| *n <= 10).collect();
        assert_eq!(kept, [1, 2, 3, 5, 6, 7, 8, 9, 10], "all but the fourth");
        assert_eq!(changed.len(), 11);
    }
}
