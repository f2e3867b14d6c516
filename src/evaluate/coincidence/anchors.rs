//! The places where both devices often are: chance is strong there, so encounters at them are counted apart.
//!
//! A place is an H3 cell of resolution 9 (about 200 m to a side) with the six around it. A device is often there if it was
//! recorded there on `anchor_days` days of the wall clock and on `anchor_share` of the days on which it was recorded at
//! all. The counts are of days, whether or not the other device was there.

use foldhash::fast::FixedState;
use h3o::{CellIndex, LatLng, Resolution};
use hashbrown::HashMap;

use super::account::DayCells;
use crate::evaluate::chunks::exchange;

/// On how many days a device was recorded at each place.
///
/// Invariant: everything is counted by how often it was put in, so that what a chunk has put in can be taken out again.
#[derive(Debug, Default)]
pub(super) struct Days {
    /// On how many days at each place.
    at: HashMap<CellIndex, u32, FixedState>,
    /// How often a day was heard of at a place.
    heard: HashMap<(i64, CellIndex), u32, FixedState>,
    /// How often a day was heard of at all.
    recorded: HashMap<i64, u32, FixedState>,
    /// The chunks that are counted, in their order.
    known: Vec<(u64, DayCells)>,
}

/// The place of a position; `None` if it is not one on Earth.
pub(super) fn cell(lat_deg: f64, lon_deg: f64) -> Option<CellIndex> {
    LatLng::new(lat_deg, lon_deg).ok().map(|at| at.to_cell(Resolution::Nine))
}

impl Days {
    /// Counts these chunks and no others.
    pub(super) fn are_of<'c>(&mut self, chunks: impl Iterator<Item = (u64, &'c DayCells)>) {
        // What is in both but elsewhere is put once more and taken once: the counts are the same.
        let (new, gone) = exchange(&mut self.known, &chunks.collect::<Vec<_>>());
        for days in &new {
            self.put(days);
        }
        for days in &gone {
            self.take(days);
        }
    }

    fn put(&mut self, days: &[(i64, Option<CellIndex>)]) {
        for (day, cell) in days {
            *self.recorded.entry(*day).or_insert(0) += 1;
            for near in cell.iter().flat_map(|cell| cell.grid_disk::<Vec<_>>(1)) {
                let times = self.heard.entry((*day, near)).or_insert(0);
                *times += 1;
                if *times == 1 {
                    *self.at.entry(near).or_insert(0) += 1;
                }
            }
        }
    }

    fn take(&mut self, days: &[(i64, Option<CellIndex>)]) {
        for (day, cell) in days {
            once_less(&mut self.recorded, day);
            for near in cell.iter().flat_map(|cell| cell.grid_disk::<Vec<_>>(1)) {
                if once_less(&mut self.heard, &(*day, near)) {
                    once_less(&mut self.at, &near);
                }
            }
        }
    }

    /// How many days make a place one where the device often is.
    fn often(&self, least: u32, share: f64) -> f64 {
        let recorded = u32::try_from(self.recorded.len()).unwrap_or(u32::MAX);
        (share * f64::from(recorded)).max(f64::from(least))
    }
}

/// Counts once less; whether nothing is left.
fn once_less<K: Eq + std::hash::Hash>(counts: &mut HashMap<K, u32, FixedState>, key: &K) -> bool {
    let Some(count) = counts.get_mut(key) else { return false };
    *count -= 1;
    let none = *count == 0;
    if none {
        counts.remove(key);
    }
    none
}

/// The places where both often are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Anchors {
    both: HashMap<CellIndex, (), FixedState>,
}

impl Anchors {
    pub(super) fn of(one: &Days, other: &Days, least: u32, share: f64) -> Self {
        let (need, other_need) = (one.often(least, share), other.often(least, share));
        let often = |cell: &CellIndex| other.at.get(cell).is_some_and(|days| f64::from(*days) >= other_need);
        let mine = one.at.iter().filter(|(_, days)| f64::from(**days) >= need);
        Self { both: mine.filter(|(cell, _)| often(cell)).map(|(cell, _)| (*cell, ())).collect() }
    }

    pub(super) fn has(&self, cell: Option<CellIndex>) -> bool {
        cell.is_some_and(|cell| self.both.contains_key(&cell))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.both.is_empty()
    }

    /// How many places there are: cells that touch are one.
    pub(super) fn count(&self) -> usize {
        let mut left: Vec<CellIndex> = self.both.keys().copied().collect();
        left.sort_unstable();
        let mut seen: HashMap<CellIndex, (), FixedState> = HashMap::default();
        let mut places = 0;
        for start in left {
            if seen.insert(start, ()).is_some() {
                continue;
            }
            places += 1;
            let mut edge = vec![start];
            while let Some(cell) = edge.pop() {
                for near in cell.grid_disk::<Vec<_>>(1) {
                    if self.both.contains_key(&near) && seen.insert(near, ()).is_none() {
                        edge.push(near);
                    }
                }
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(records: &[(i64, f64)]) -> Days {
        let mut days = Days::default();
        let all: Vec<_> = records.iter().map(|(day, lat_deg)| (*day, cell(*lat_deg, -0.12))).collect();
        days.put(&all);
        days
    }

    #[test]
    fn a_place_of_both_is_where_both_were_on_many_days_and_not_where_one_was() {
        let (work, home) = (51.5, 51.6);
        let one = heard(&(0..10).flat_map(|day| [(day, work), (day, home), (day, work)]).collect::<Vec<_>>());
        let other = heard(&(3..9).map(|day| (day, work)).chain([(9, home)]).collect::<Vec<_>>());
        let both = Anchors::of(&one, &other, 3, 0.1);
        assert_eq!((both.has(cell(work, -0.12)), both.has(cell(home, -0.12)), both.count()), (true, false, 1));
        assert!(!both.has(cell(91.0, 0.0)) && !both.has(cell(f64::NAN, 0.0)));
        // Six days of seven are not nine tenths.
        assert!(!Anchors::of(&one, &other, 3, 0.9).has(cell(work, -0.12)));
        assert!(!Anchors::of(&one, &other, 7, 0.1).has(cell(work, -0.12)));
    }
}
