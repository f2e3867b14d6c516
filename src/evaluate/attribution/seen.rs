//! Where a device was recorded in each stretch, chunk by chunk, and how often at each place in all.
//!
//! ```text
//!   chunk   ●●●● ●● │ ● ●●● …        (stretch, cell) × records      all chunks together: how often at each cell
//!           home    │ road  work                                    the stretches that are asked for: where then
//! ```
//! Whole numbers are summed, so that it is the same however the records lie in chunks.

use foldhash::fast::FixedState;
use h3o::CellIndex;
use hashbrown::HashMap;

use super::places::{Places, cell};
use super::stretch::Cut;
use crate::evaluate::Record;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::passes::{Pass, Passed, View};

/// The pass over a device's records.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Whereabouts(pub(super) Cut);

/// Records of one stretch in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    stretch: i64,
    cell: CellIndex,
    records: u32,
}

impl Pass for Whereabouts {
    type State = ();
    type Found = Vec<Times>;

    fn read(&self, (): &mut (), view: &View<'_>) -> Vec<Times> {
        let mut stretch = self.0.stretches();
        let mut found: Vec<Times> = Vec::new();
        for record in view.own() {
            let Some(cell) = cell(record) else { continue };
            let stretch = stretch.of(record);
            match found.last_mut().filter(|last| (last.stretch, last.cell) == (stretch, cell)) {
                Some(last) => last.records += 1,
                None => found.push(Times { stretch, cell, records: 1 }),
            }
        }
        found.sort_unstable_by_key(|times| (times.stretch, times.cell));
        found.dedup_by(|later, first| {
            let same = (later.stretch, later.cell) == (first.stretch, first.cell);
            first.records += if same { later.records } else { 0 };
            same
        });
        found.shrink_to_fit();
        found
    }
}

/// A device's places, and those of its records in some stretches.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) places: Places,
    /// All records that have a place.
    pub(super) all: usize,
    /// The stretches that were asked for, with places and records, in order.
    now: Vec<(i64, usize, u32)>,
}

impl Seen {
    /// What is seen of a device; `wanted` are the stretches that are asked for, in order.
    pub(super) fn of(device: &Chunked<'_>, cut: &Cut, wanted: &[i64], passed: &mut Passed<Whereabouts>) -> Self {
        let mut counts: HashMap<CellIndex, u32, FixedState> = HashMap::default();
        let (mut asked, mut last) = (Vec::new(), None);
        for (_, times) in passed.of(&Whereabouts(cut.clone()), device).chunks {
            for Times { stretch, cell, records } in times.iter().copied() {
                *counts.entry(cell).or_insert(0) += records;
                let is = match last {
                    Some((known, is)) if known == stretch => is,
                    _ => wanted.binary_search(&stretch).is_ok(),
                };
                last = Some((stretch, is));
                asked.extend(is.then_some((stretch, cell, records)));
            }
        }
        let all = counts.values().filter_map(|count| usize::try_from(*count).ok()).sum();
        let places = Places::of(counts);
        let now = asked.into_iter().filter_map(|(stretch, cell, n)| Some((stretch, places.number(cell)?, n)));
        let mut now: Vec<(i64, usize, u32)> = now.collect();
        now.sort_unstable();
        Self { places, all, now }
    }

    /// The places of the records in a stretch that was asked for, with how many; a place may be there more than once.
    pub(super) fn now(&self, stretch: i64) -> impl Iterator<Item = (usize, u32)> + Clone {
        let from = self.now.partition_point(|(number, _, _)| *number < stretch);
        let here = self.now.iter().skip(from).take_while(move |(number, _, _)| *number == stretch);
        here.map(|(_, place, records)| (*place, *records))
    }

    /// The place of a record of a stretch that was asked for.
    pub(super) fn place_in(&self, stretch: i64, record: &Record) -> Option<usize> {
        let mut here = self.now(stretch);
        match (here.next(), here.next()) {
            // Where there is one place it is that one, unless the record has none.
            (Some((place, _)), None) => (record.lat_deg.is_finite() && record.lon_deg.is_finite()).then_some(place),
            _ => self.places.place(record),
        }
    }

    /// How often the device was recorded at a place in other stretches than this one.
    pub(super) fn elsewhen(&self, place: usize, stretch: i64) -> u32 {
        let now: u32 = self.now(stretch).filter(|(number, _)| *number == place).map(|(_, records)| records).sum();
        self.places.count(place).saturating_sub(now)
    }
}
