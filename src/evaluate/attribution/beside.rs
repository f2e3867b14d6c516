//! What two devices say side by side, chunk by chunk of the one that has fewer records; said again is only what has changed.
//!
//! ```text
//!   few    [ 0 ]───────────[ 1 ]───────[ 2 ]          what 1 says hangs on its records, on when those beside it begin, and
//!   many   [ 7 ][ 3 ][ 4 ][ 9 ][ 5 ][ 6 ][ 8 ]        on the other's that it looks at, of the chunks 4 9 5
//! ```
//! Invariant: what is kept of a chunk was said of these; so it is what would be said again. Where among the chunks looked at
//! the records lie need not be kept: that follows from their content and the chunk's own.
//!
//! Where neither a chunk's neighbours nor what it looks at has changed, not even these are looked up ([`Changes`]).

use std::collections::BTreeMap;
use std::ops::Range;

use super::apart::{Separation, separation};
use super::quartiles::quartiles;
use super::said::{Apart, Asked, Piece, Said};
use super::two::{Starts, Two};
use crate::evaluate::chunks::{Chunked, between};

/// What a chunk's saying hangs on, besides its records.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    /// When the records of its device right before and right after it begin, UTC microseconds.
    around_us: [Option<i64>; 2],
    /// The numbers of the chunks that hold what it looks at.
    beside: Vec<u64>,
}

/// What a chunk has said.
#[derive(Debug)]
struct Kept {
    key: Key,
    /// Which of the other's chunks the first of those beside it is.
    at: usize,
    said: Said,
}

/// What two devices' chunks have said.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// What was asked, and whether the first device had fewer records.
    asked: Option<(Asked, bool)>,
    /// By the chunks' numbers, in their order.
    kept: Vec<(u64, Kept)>,
    /// The numbers of the other's chunks.
    many: Vec<u64>,
}

/// Which chunks are others than before: those between what the old and the new ones have in common at both ends.
struct Changes {
    few: [Range<usize>; 2],
    many: [Range<usize>; 2],
    /// How many chunks the other had before.
    many_before: usize,
}

impl Changes {
    /// Whether what hangs together with a chunk of the fewer, which stood at this place, is what it was: the chunks before it
    /// and after it are, and all that it looked at, with more of the other's on both sides or the same end.
    ///
    /// What is looked at reaches beyond the chunk's own times, or to the end of all: so its own records bound it.
    fn leave(&self, place: usize, kept: &Kept) -> bool {
        let [was, _] = &self.few;
        let neighbours = place + 1 < was.start || place > was.end;
        let Range { start, end } = &self.many[0];
        let beside = kept.at..kept.at + kept.key.beside.len();
        let first = beside.end <= *start && beside.end < self.many_before;
        let last = beside.start >= *end && beside.start > 0;
        neighbours && !beside.is_empty() && (first || last)
    }

    /// The place of one of the other's chunks, which stood at `at` and has not changed.
    fn moved(&self, at: usize) -> usize {
        let [was, is] = &self.many;
        if at < was.start { at } else { at - was.end + is.end }
    }
}

/// What two devices say.
#[derive(Debug)]
pub(super) struct All {
    pub(super) pairs: usize,
    pub(super) near_pairs: usize,
    /// Quartiles of how far apart the records of the pairs are, metres.
    pub(super) distances_m: [f64; 5],
    /// What is said of each stretch; a stretch may be there more than once, one after the other.
    pub(super) pieces: Vec<Piece>,
    pub(super) separations: usize,
    /// Those of them that are told, in order of time.
    pub(super) told: Vec<Separation>,
}

impl Beside {
    /// What two devices say.
    pub(super) fn of(&mut self, asked: &Asked, a: &Chunked<'_>, b: &Chunked<'_>) -> All {
        let two = Two::of(a.records(), b.records());
        let (few, many) = two.in_order(a, b);
        self.say(asked, two, few, many);
        let mut from = 0;
        let said = few.chunks().iter().zip(&self.kept).map(|(chunk, (_, kept))| {
            from += chunk.records;
            (from - chunk.records, &kept.said)
        });
        together(&said.collect::<Vec<_>>(), two, asked.told)
    }

    /// The chunks of which something was said, with what that hangs on.
    #[cfg(test)]
    pub(super) fn said(&self) -> Vec<String> {
        let mut said: Vec<_> =
            self.kept.iter().map(|(number, kept)| (number, format!("{number} {:?}", kept.key))).collect();
        said.sort();
        said.into_iter().map(|(_, said)| said).collect()
    }

    fn say(&mut self, asked: &Asked, two: Two<'_>, few: &Chunked<'_>, many: &Chunked<'_>) {
        let now = Some((asked.clone(), two.a_fewer));
        if self.asked != now {
            *self = Self { asked: now, ..Self::default() };
        }
        let few_changed = between(&self.kept, few.chunks(), |(number, _), chunk| *number == chunk.number);
        let many_changed = between(&self.many, many.chunks(), |number, chunk| *number == chunk.number);
        let changes = Changes { few: few_changed.into(), many: many_changed.into(), many_before: self.many.len() };
        self.many = many.chunks().iter().map(|chunk| chunk.number).collect();
        let [was, is] = changes.few.clone();
        let (mut begun, mut changed) = (std::mem::take(&mut self.kept), BTreeMap::new());
        let ended = begun.split_off(was.end);
        changed.extend(begun.drain(was.start..));
        let mut before = begun.into_iter().enumerate();
        let mut after = ended.into_iter().zip(was.end..).map(|(kept, place)| (place, kept));
        let (starts, ways, mut from) = (Starts::of(many), asked.ways(), 0);
        self.kept.reserve_exact(few.chunks().len());
        for (place, chunk) in few.chunks().iter().enumerate() {
            let own = from..from + chunk.records;
            from = own.end;
            let old = if place < is.start {
                before.next()
            } else if place < is.end {
                changed.remove(&chunk.number).map(|kept| (was.start, (chunk.number, kept)))
            } else {
                after.next()
            };
            let kept = match old {
                Some((place, (_, kept))) if changes.leave(place, &kept) => Kept { at: changes.moved(kept.at), ..kept },
                old => {
                    let (key, at, looked_at) = key(&two, &own, &starts);
                    let known = old.map(|(_, (_, kept))| kept).filter(|known| known.key == key);
                    let said = known.map(|known| known.said);
                    Kept { said: said.unwrap_or_else(|| Said::of(&two.within(&looked_at), own, asked, &ways)), key, at }
                }
            };
            self.kept.push((chunk.number, kept));
        }
    }
}

/// What hangs together with some of the fewer records, which of the other's chunks is the first of those beside them, and what
/// of the other's is looked at for them.
fn key(two: &Two<'_>, own: &Range<usize>, starts: &Starts<'_>) -> (Key, usize, Range<usize>) {
    let begins_us = |at: usize| two.few.get(at).map(|record| record.t0_us);
    let around_us = [own.start.checked_sub(1).and_then(begins_us), begins_us(own.end)];
    let ends = begins_us(own.start).zip(own.end.checked_sub(1).and_then(begins_us));
    let looked_at = ends.map_or(0..0, |ends| two.looked_at(ends, starts));
    let (at, beside) = starts.numbers(&looked_at);
    (Key { around_us, beside }, at, looked_at)
}

/// Puts together what all chunks say, which come in their order with the position of the first record of each.
fn together(chunks: &[(usize, &Said)], two: Two<'_>, told: usize) -> All {
    let said = || chunks.iter().map(|(_, said)| *said);
    let distances_m: Vec<&[f64]> = said().map(|said| &*said.distances_m).collect();
    let pieces = chunks.iter().flat_map(|(from, said)| {
        let of = move |piece: &Piece| Piece {
            records: from + piece.records.start..from + piece.records.end,
            ..piece.clone()
        };
        said.pieces.iter().map(of)
    });
    let mut pieces: Vec<Piece> = pieces.collect();
    pieces.sort_by_key(|piece| piece.stretch);
    let fastest = chunks
        .iter()
        .flat_map(|(from, said)| said.fastest.iter().map(move |apart| Apart { at: from + apart.at, ..*apart }));
    let mut fastest: Vec<Apart> = fastest.collect();
    if fastest.len() > told {
        fastest.sort_unstable_by(Apart::faster_first);
        fastest.truncate(told);
    }
    fastest.sort_unstable_by_key(|apart| apart.at);
    let told = fastest.iter().filter_map(|apart| separation(&two, two.few.get(apart.at)?, apart.fastest));
    All {
        pairs: said().map(|said| said.pairs).sum(),
        near_pairs: said().map(|said| said.near_pairs).sum(),
        distances_m: quartiles(&distances_m),
        pieces,
        separations: said().map(|said| said.separations).sum(),
        told: told.collect(),
    }
}
