//! What two devices say side by side, chunk by chunk of the one that has fewer records; said again is only what has changed.
//!
//! ```text
//!   few    [ 0 ]───────────[ 1 ]───────[ 2 ]          what 1 says hangs on its records, on when those beside it begin, and
//!   many   [ 7 ][ 3 ][ 4 ][ 9 ][ 5 ][ 6 ][ 8 ]        on the other's that it looks at, of the chunks 4 9 5
//! ```
//! Invariant: what is kept of a chunk was said of these; so it is what would be said again. Where among the chunks looked at
//! the records lie need not be kept: that follows from their content and the chunk's own.

use std::collections::BTreeMap;
use std::ops::Range;

use super::apart::{Separation, separation};
use super::quartiles::quartiles;
use super::said::{Apart, Asked, Piece, Said};
use super::two::{Starts, Two};
use crate::evaluate::chunks::Chunked;

/// What a chunk's saying hangs on, besides its records.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    /// When the records of its device right before and right after it begin, UTC microseconds.
    around_us: [Option<i64>; 2],
    /// The numbers of the chunks that hold what it looks at.
    beside: Vec<u64>,
}

/// What two devices' chunks have said.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// What was asked, and whether the first device had fewer records.
    asked: Option<(Asked, bool)>,
    kept: BTreeMap<u64, (Key, Said)>,
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
        let said = few.chunks().iter().filter_map(|chunk| {
            from += chunk.records;
            Some((from - chunk.records, &self.kept.get(&chunk.number)?.1))
        });
        together(&said.collect::<Vec<_>>(), two, asked.told)
    }

    /// The chunks of which something was said, with what that hangs on.
    #[cfg(test)]
    pub(super) fn said(&self) -> Vec<String> {
        self.kept.iter().map(|(number, (key, _))| format!("{number} {key:?}")).collect()
    }

    fn say(&mut self, asked: &Asked, two: Two<'_>, few: &Chunked<'_>, many: &Chunked<'_>) {
        let now = Some((asked.clone(), two.a_fewer));
        let known = self.asked == now;
        let mut old = std::mem::take(&mut self.kept);
        self.asked = now;
        let (starts, ways, mut from) = (Starts::of(many), asked.ways(), 0);
        for chunk in few.chunks() {
            let own = from..from + chunk.records;
            from = own.end;
            let (key, looked_at) = key(&two, &own, &starts);
            let kept = old.remove(&chunk.number).filter(|(of, _)| known && *of == key).unwrap_or_else(|| {
                let said = Said::of(&two.within(&looked_at), own, asked, &ways);
                (key, said)
            });
            self.kept.insert(chunk.number, kept);
        }
    }
}

/// What hangs together with some of the fewer records, and what of the other's is looked at for them.
fn key(two: &Two<'_>, own: &Range<usize>, starts: &Starts<'_>) -> (Key, Range<usize>) {
    let begins_us = |at: usize| two.few.get(at).map(|record| record.t0_us);
    let around_us = [own.start.checked_sub(1).and_then(begins_us), begins_us(own.end)];
    let ends = begins_us(own.start).zip(own.end.checked_sub(1).and_then(begins_us));
    let looked_at = ends.map_or(0..0, |ends| two.looked_at(ends, starts));
    (Key { around_us, beside: starts.numbers(&looked_at) }, looked_at)
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
