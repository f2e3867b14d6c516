//! What the records of one chunk of the device with fewer say beside the other's.
//!
//! ```text
//!   few    ●  ●    ● │ ●   ● ●        switches: how many, how far apart      pieces: what they say of a stretch of time,
//!   many  ○ ○ ○ ○ ○ ○│○ ○ ○ ○ ○       separations: how many, the fastest     and at which records
//!          stretch 1 │ stretch 2
//! ```
//! Invariant: counts, distances, and for each stretch whether any record says it: whatever chunks the records lie in, all of
//! them together say the same.

use std::ops::Range;

use super::apart::{Fastest, Limits, WAYS, Ways, separation};
use super::stretch::{Cut, Stretches};
use super::switches::Switch;
use super::travel::AttributionParams;
use super::two::Two;
use crate::index::distance_m;
use crate::time::ZoneRule;

/// What is asked of two devices.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) cut: Cut,
    /// What holds in all ways, and the first way.
    pub(super) params: AttributionParams,
    /// The other ways; they differ from the first in speed, radii and clocks only.
    pub(super) others: [AttributionParams; WAYS - 1],
    /// Of the separations so many are told, those that need the greatest speed.
    pub(super) told: usize,
}

impl Asked {
    pub(super) fn new(
        zone: &ZoneRule,
        params: &AttributionParams,
        others: [AttributionParams; WAYS - 1],
        told: usize,
    ) -> Self {
        let AttributionParams { interval_us, interval_start_us, .. } = *params;
        let cut = Cut { zone: zone.clone(), interval_us, interval_start_us };
        Self { cut, params: params.clone(), others, told }
    }

    pub(super) fn ways(&self) -> Ways {
        let [second, third, fourth] = &self.others;
        let limits = [&self.params, second, third, fourth].map(|params| Limits {
            max_speed_m_s: params.max_speed_m_s,
            percentile: params.percentile,
            clock_us: params.clock_us,
            horizon_us: params.horizon_us,
            unstated_m: params.unstated_m,
            unstated_cell_m: params.unstated_cell_m,
        });
        Ways::new(limits, self.params.radius_m)
    }
}

/// What some records say of a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The number of the stretch.
    pub(super) stretch: i64,
    /// Whether there is a switch both records of which lie in it.
    pub(super) switched: bool,
    /// By each way whether such a switch is near, and whether a separation excludes that both were carried together.
    pub(super) near: [bool; WAYS],
    pub(super) apart: [bool; WAYS],
    /// Among which records of the fewer the switches are, by position.
    pub(super) records: Range<usize>,
}

/// A separation by the position of the record of the fewer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Apart {
    pub(super) at: usize,
    pub(super) fastest: Fastest,
}

impl Apart {
    /// The fastest first; of those as fast the first in time.
    pub(super) fn faster_first(&self, other: &Self) -> std::cmp::Ordering {
        other.fastest.0.total_cmp(&self.fastest.0).then(self.at.cmp(&other.at))
    }
}

/// What a chunk says, with positions counted from its first record.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Said {
    pub(super) pairs: usize,
    pub(super) near_pairs: usize,
    /// How far the records of the switches are from each other, metres, sorted; those that have no position are left out.
    pub(super) distances_m: Vec<f64>,
    pub(super) pieces: Vec<Piece>,
    pub(super) separations: usize,
    pub(super) fastest: Vec<Apart>,
}

impl Said {
    /// What these records of the fewer say.
    pub(super) fn of(two: &Two<'_>, own: Range<usize>, asked: &Asked, ways: &Ways) -> Self {
        let mut said = Self::default();
        let mut stretches = asked.cut.stretches();
        let from = own.start;
        for at in own {
            for switch in two.switches(at, asked.params.max_delay_us) {
                said.switch(&switch, at - from, ways, &mut stretches);
            }
            said.separations(two, (from, at - from), ways, &mut stretches);
        }
        said.distances_m.sort_unstable_by(f64::total_cmp);
        if said.fastest.len() > asked.told {
            said.fastest.sort_unstable_by(Apart::faster_first);
            said.fastest.truncate(asked.told);
        }
        said.distances_m.shrink_to_fit();
        said.pieces.shrink_to_fit();
        said.fastest.shrink_to_fit();
        said
    }

    fn switch(&mut self, switch: &Switch<'_>, at: usize, ways: &Ways, stretches: &mut Stretches<'_>) {
        let Switch { a, b, .. } = *switch;
        let apart_m = distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg);
        let near = ways.near(switch, apart_m);
        self.pairs += 1;
        self.near_pairs += usize::from(near[0]);
        self.distances_m.extend((!apart_m.is_nan()).then_some(apart_m));
        let stretch = stretches.of(a);
        if stretches.of(b) == stretch {
            self.piece(stretch, at, |piece| {
                piece.switched = true;
                piece.records.end = at + 1;
                piece.near.iter_mut().zip(near).for_each(|(known, near)| *known |= near);
            });
        }
    }

    fn separations(&mut self, two: &Two<'_>, (from, at): (usize, usize), ways: &Ways, stretches: &mut Stretches<'_>) {
        let (Some(one), all) = (two.few.get(from + at), ways.separations(two, from + at)) else { return };
        self.separations += usize::from(all[0].is_some());
        self.fastest.extend(all[0].map(|fastest| Apart { at, fastest }));
        for (way, fastest) in all.into_iter().enumerate() {
            let Some(separation) = fastest.and_then(|fastest| separation(two, one, fastest)) else { continue };
            self.piece(stretches.of(&separation.a), at, |piece| {
                piece.apart.iter_mut().skip(way).take(1).for_each(|apart| *apart = true);
            });
        }
    }

    /// Has something said in the last piece, if it is of this stretch, or in a new one.
    fn piece(&mut self, stretch: i64, at: usize, say: impl FnOnce(&mut Piece)) {
        if let Some(last) = self.pieces.last_mut().filter(|last| last.stretch == stretch) {
            return say(last);
        }
        let nothing = [false; WAYS];
        let mut new = Piece { stretch, switched: false, near: nothing, apart: nothing, records: at..at };
        say(&mut new);
        self.pieces.push(new);
    }
}
