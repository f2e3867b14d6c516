//! A pass over a device's records that reads again only what has changed.
//!
//! ```text
//!   chunks      [ 0 ]───────[ 1 ]───────[ 4 ]───────[ 2 ]───────[ 3 ]
//!   state     ∅       a           b           c           d              what the pass knows before a chunk
//!                                  └─ read ────┘
//!                                     again      c as before: what was found of 2 and 3 stands
//! ```
//! Invariant: what is kept of a chunk was read with the state before it and the chunk's content as they are now; so it is
//! what reading it again would give, if a pass is a function of these. A pass says where it found something by positions
//! within the chunk: those of the device move.

use std::collections::BTreeMap;

use super::Record;
use super::chunks::Chunked;

/// A pass over records in their order.
pub(super) trait Pass: Clone + PartialEq {
    /// What it knows of what came before.
    type State: Clone + PartialEq + Default;
    /// What it finds in a chunk.
    type Found;

    /// Reads a chunk.
    fn read(&self, state: &mut Self::State, view: &View<'_>) -> Self::Found;
}

/// A chunk to be read.
pub(super) struct View<'a> {
    own: &'a [Record],
}

impl<'a> View<'a> {
    /// The chunk's records.
    pub(super) const fn own(&self) -> &'a [Record] {
        self.own
    }
}

#[derive(Debug)]
struct Kept<S, F> {
    before: S,
    after: S,
    found: F,
}

/// What a pass has found, chunk by chunk.
#[derive(Debug)]
pub(super) struct Passed<P: Pass> {
    pass: Option<P>,
    kept: BTreeMap<u64, Kept<P::State, P::Found>>,
}

impl<P: Pass> Default for Passed<P> {
    fn default() -> Self {
        Self { pass: None, kept: BTreeMap::new() }
    }
}

impl<P: Pass> Passed<P> {
    /// What the pass finds in each of a device's chunks, in their order, with the position of the chunk's first record.
    pub(super) fn of(&mut self, pass: &P, device: &Chunked<'_>) -> Vec<(usize, &P::Found)> {
        if self.pass.as_ref() != Some(pass) {
            *self = Self { pass: Some(pass.clone()), kept: BTreeMap::new() };
        }
        let mut old = std::mem::take(&mut self.kept);
        let mut state = P::State::default();
        let mut left = device.records();
        for chunk in device.chunks() {
            let (own, rest) = left.split_at(chunk.records.min(left.len()));
            left = rest;
            let kept = old.remove(&chunk.number).filter(|kept| kept.before == state).unwrap_or_else(|| {
                let before = state.clone();
                let found = pass.read(&mut state, &View { own });
                Kept { before, after: state.clone(), found }
            });
            state.clone_from(&kept.after);
            self.kept.insert(chunk.number, kept);
        }
        let mut from = 0;
        let found = device.chunks().iter().filter_map(|chunk| {
            let at = from;
            from += chunk.records;
            Some((at, &self.kept.get(&chunk.number)?.found))
        });
        found.collect()
    }
}
