//! The pairs of a `gx:Track`: the k-th `when` belongs to the k-th `gx:coord`.
//!
//! ```text
//!  when when when ... coord coord coord     as most programs write it
//!  when coord when coord ...                as some do
//! ```
//! Whichever half comes first waits for its counterpart. What waits at the end of the track has none.

use std::collections::VecDeque;

use crate::decode::fault::{Fault, iso_time, number};
use crate::model::{Basis, FixRow, RejectReason};
use crate::time::ZoneRule;

use super::placemark::{self, Position};

/// How much may wait in memory, bytes: more than a million times.
const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;
/// What a waiting text costs besides its characters, bytes (its header and the allocator's).
const TEXT_OVERHEAD_BYTES: usize = 40;

/// Which half of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    When,
    Coord,
}

impl Half {
    const fn counterpart(self) -> &'static str {
        match self {
            Self::When => "gx:coord",
            Self::Coord => "when",
        }
    }
}

/// A complete pair, as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    when: String,
    coord: String,
}

impl Pair {
    /// Reads the pair; an empty `gx:coord` is a moment without a position.
    pub(super) fn read(&self, zone: Option<&ZoneRule>) -> Result<FixRow<'_>, Fault> {
        let position = coordinates_of_track(&self.coord)?;
        let time = iso_time("when", &self.when, zone)?;
        Ok(placemark::fix(position, time, Basis::Measured, &self.when))
    }
}

/// Reads `longitude latitude [altitude]`, separated by white space.
fn coordinates_of_track(text: &str) -> Result<Position, Fault> {
    let mut parts = text.split_whitespace();
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (None, ..) => Err(Fault::missing("gx:coord")),
        (Some(lon), Some(lat), _, None) => {
            Ok(Position { lat_deg: number("gx:coord", lat)?, lon_deg: number("gx:coord", lon)? })
        }
        _ => Err(Fault::new("gx:coord", text, RejectReason::FieldCount)),
    }
}

/// The halves of one track that wait for their counterparts: all of one kind.
#[derive(Debug)]
pub(super) struct Pairs {
    path: String,
    told: u64,
    waiting: VecDeque<String>,
    kind: Half,
    waiting_bytes: usize,
}

impl Pairs {
    /// An empty track at this path.
    pub(super) fn new(path: String) -> Self {
        Self { path, told: 0, waiting: VecDeque::new(), kind: Half::When, waiting_bytes: 0 }
    }

    /// Adds a half; the pair, if it completes one.
    pub(super) fn add(&mut self, half: Half, text: &str) -> Option<Pair> {
        if half != self.kind
            && let Some(first) = self.take_first()
        {
            self.told += 1;
            let text = text.to_owned();
            return Some(match half {
                Half::When => Pair { when: text, coord: first },
                Half::Coord => Pair { when: first, coord: text },
            });
        }
        self.kind = half;
        self.waiting_bytes += text.len() + TEXT_OVERHEAD_BYTES;
        self.waiting.push_back(text.to_owned());
        None
    }

    fn take_first(&mut self) -> Option<String> {
        let first = self.waiting.pop_front()?;
        self.waiting_bytes = self.waiting_bytes.saturating_sub(first.len() + TEXT_OVERHEAD_BYTES);
        Some(first)
    }

    /// More waits than may be held in memory.
    pub(super) fn is_too_long(&self) -> bool {
        self.waiting_bytes > MAX_WAITING_BYTES
    }

    /// Takes a half that waits, and says which field it lacks.
    pub(super) fn pop_unpaired(&mut self) -> Option<&'static str> {
        self.take_first()?;
        self.told += 1;
        Some(self.kind.counterpart())
    }

    /// The path of the pair that was taken last, counted from 1 within the track.
    pub(super) fn path_of_last(&self) -> String {
        format!("{}/coord[{}]", self.path, self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::Half::{Coord, When};
    use super::*;

    #[test]
    fn halves_are_paired_by_count_in_any_order_of_writing() {
        let both = |order: &[(Half, &str)]| {
            let mut pairs = Pairs::new(String::new());
            let made: Vec<_> =
                order.iter().filter_map(|(half, text)| pairs.add(*half, text)).map(|p| p.when + &p.coord).collect();
            (made, pairs.waiting.len())
        };
        let blocks = [(When, "1"), (When, "2"), (Coord, "a"), (Coord, "b"), (Coord, "c")];
        assert_eq!(both(&blocks), (vec!["1a".to_owned(), "2b".to_owned()], 1));
        let turns = [(Coord, "a"), (When, "1"), (When, "2"), (Coord, "b")];
        assert_eq!(both(&turns), (vec!["1a".to_owned(), "2b".to_owned()], 0));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut pairs = Pairs::new(String::new());
        let long = "x".repeat(1024 * 1024);
        for _ in 0..63 {
            pairs.add(When, &long);
        }
        assert!(!pairs.is_too_long());
        pairs.add(When, &long);
        assert!(pairs.is_too_long());
        pairs.add(Coord, "0 1");
        assert!(!pairs.is_too_long(), "a pair frees what waited");
    }
}
