//! The places where both devices often are: chance is strong there, so encounters at them are counted apart.
//!
//! A place is an H3 cell of resolution 9 (about 200 m to a side) with the six around it. A device is often there if it was
//! recorded there on `anchor_days` days of the wall clock and on `anchor_share` of the days on which it was recorded at
//! all. The counts are of days, whether or not the other device was there.

use foldhash::fast::FixedState;
use h3o::{CellIndex, LatLng, Resolution};
use hashbrown::HashMap;

use crate::evaluate::wall_clock::DAY_US;

/// On how many days a device was recorded at each place.
#[derive(Debug, Default)]
pub(super) struct Days {
    /// The last day counted, and how many.
    at: HashMap<CellIndex, (i64, u32), FixedState>,
    last: Option<(i64, CellIndex)>,
    last_day: Option<i64>,
    /// On how many days it was recorded at all.
    recorded: u32,
}

/// The place of a position; `None` if it is not one on Earth.
pub(super) fn cell(lat_deg: f64, lon_deg: f64) -> Option<CellIndex> {
    LatLng::new(lat_deg, lon_deg).ok().map(|at| at.to_cell(Resolution::Nine))
}

impl Days {
    /// Hears a record; records come in the order of the wall clock.
    pub(super) fn hear(&mut self, wall_us: i64, cell: Option<CellIndex>) {
        let day = wall_us.div_euclid(DAY_US);
        if self.last_day != Some(day) {
            (self.last_day, self.recorded) = (Some(day), self.recorded + 1);
        }
        let Some(cell) = cell else { return };
        if self.last == Some((day, cell)) {
            return;
        }
        self.last = Some((day, cell));
        for near in cell.grid_disk::<Vec<_>>(1) {
            let (last, days) = self.at.entry(near).or_insert((i64::MIN, 0));
            if *last != day {
                (*last, *days) = (day, *days + 1);
            }
        }
    }

    /// How many days make a place one where the device often is.
    fn often(&self, least: u32, share: f64) -> f64 {
        (share * f64::from(self.recorded)).max(f64::from(least))
    }
}

/// The places where both often are.
#[derive(Debug)]
pub(super) struct Anchors {
    both: HashMap<CellIndex, (), FixedState>,
}

impl Anchors {
    pub(super) fn of(one: &Days, other: &Days, least: u32, share: f64) -> Self {
        let (need, other_need) = (one.often(least, share), other.often(least, share));
        let often = |cell: &CellIndex| other.at.get(cell).is_some_and(|(_, days)| f64::from(*days) >= other_need);
        let mine = one.at.iter().filter(|(_, (_, days))| f64::from(*days) >= need);
        Self { both: mine.filter(|(cell, _)| often(cell)).map(|(cell, _)| (*cell, ())).collect() }
    }

    pub(super) fn has(&self, cell: Option<CellIndex>) -> bool {
        cell.is_some_and(|cell| self.both.contains_key(&cell))
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
        for (day, lat_deg) in records {
            days.hear(day * DAY_US, cell(*lat_deg, -0.12));
        }
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
