//! A fix as a case holds it in memory, and the fixes of a device in the order of time.

use crate::encounter::{ContentId, End, FixPoint, Origin};
use crate::index::sigma_m;
use crate::model::SourceKind;

/// A fix, as much of it as matching and folding need; texts are numbers in the case's tables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Its identifier.
    pub id: ContentId,
    /// The number of its device.
    pub device: u32,
    /// Start, UTC microseconds.
    pub t0_us: i64,
    /// End, UTC microseconds.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius, metres; 0 if none is stated, as matching takes it.
    pub uncertainty_m: f64,
    /// The share of positions that the radius stands for.
    pub confidence: f64,
    /// What produced the position.
    pub source: SourceKind,
    /// Where it was read: the number of its exhibit, and the row.
    pub origin: Origin,
}

impl Record {
    /// As the fold takes it.
    #[must_use]
    pub const fn point(&self) -> FixPoint {
        FixPoint {
            device: self.device,
            t0_us: self.t0_us,
            t1_us: self.t1_us,
            lat_deg: self.lat_deg,
            lon_deg: self.lon_deg,
            source: self.source,
            origin: self.origin,
        }
    }

    /// As a proximity is judged by it.
    #[must_use]
    pub fn end(&self) -> End {
        End {
            lat_deg: self.lat_deg,
            lon_deg: self.lon_deg,
            uncertainty_m: self.uncertainty_m,
            sigma_m: sigma_m(self.uncertainty_m, self.confidence),
            reach_m: 0.0,
        }
    }
}

/// The records of one device, put in order when they are asked for.
#[derive(Debug, Default)]
pub struct Track {
    /// Numbers of records.
    rows: Vec<u32>,
    /// The first so many are in the order of their start.
    sorted: usize,
    /// The longest record, microseconds.
    longest_us: i64,
    /// The latest end, UTC microseconds.
    latest_us: Option<i64>,
}

impl Track {
    /// Adds a record.
    pub fn push(&mut self, row: u32, record: &Record) {
        self.rows.push(row);
        self.longest_us = self.longest_us.max(record.t1_us.saturating_sub(record.t0_us));
        self.latest_us = self.latest_us.max(Some(record.t1_us));
    }

    /// The latest end of its records, UTC microseconds.
    #[must_use]
    pub const fn latest_us(&self) -> Option<i64> {
        self.latest_us
    }

    /// The records that share a moment with `[from_us, to_us]`.
    pub fn about<'a>(&mut self, records: &'a [Record], from_us: i64, to_us: i64) -> impl Iterator<Item = &'a Record> {
        let at = |row: &u32| records.get(*row as usize);
        let start = |row: &u32| at(row).map_or(i64::MAX, |r| r.t0_us);
        self.put_in_order(start);
        let earliest = from_us.saturating_sub(self.longest_us);
        let first = self.rows.partition_point(|row| start(row) < earliest);
        let last = self.rows.partition_point(|row| start(row) <= to_us).max(first);
        let rows = self.rows.get(first..last).unwrap_or_default().to_vec();
        rows.into_iter().filter_map(move |row| records.get(row as usize)).filter(move |r| r.t1_us >= from_us)
    }

    /// Puts what was added since into its place. Only what starts after the first of it moves: most of a long track stays.
    fn put_in_order(&mut self, start: impl Fn(&u32) -> i64) {
        let (old, new) = self.rows.split_at_mut(self.sorted);
        new.sort_by_key(&start);
        let Some(first_us) = new.first().map(&start) else { return };
        let stays = old.partition_point(|row| start(row) <= first_us);
        if let Some(moves) = self.rows.get_mut(stays..) {
            // Two runs: what the standard sort is quick at.
            moves.sort_by_key(&start);
        }
        self.sorted = self.rows.len();
    }

    /// About how many bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<u32>() + size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(t0_us: i64, t1_us: i64) -> Record {
        Record {
            id: ContentId::from_i64(t0_us),
            device: 0,
            t0_us,
            t1_us,
            lat_deg: 51.0,
            lon_deg: 0.0,
            uncertainty_m: 0.0,
            confidence: 0.68,
            source: SourceKind::Gps,
            origin: Origin { exhibit: 0, row: 0 },
        }
    }

    proptest! {
        #[test]
        fn late_records_are_found_where_they_belong(
            raw in prop::collection::vec((0_i64..300, prop_oneof![9 => 0_i64..3, 1 => 0_i64..200]), 0..50),
            asked in prop::collection::vec((0_i64..300, 0_i64..50), 1..6),
        ) {
            let mut track = Track::default();
            let mut records = Vec::new();
            let mut asked = asked.into_iter().cycle();
            for (t0, long) in raw {
                records.push(record(t0, t0 + long));
                track.push(u32::try_from(records.len() - 1).unwrap(), &records[records.len() - 1]);
                let (from, span) = asked.next().unwrap();
                let mut found: Vec<_> = track.about(&records, from, from + span).map(|r| (r.t0_us, r.t1_us)).collect();
                found.sort_unstable();
                let mut expected: Vec<_> = records.iter().map(|r| (r.t0_us, r.t1_us))
                    .filter(|(t0, t1)| *t0 <= from + span && *t1 >= from).collect();
                expected.sort_unstable();
                prop_assert_eq!(found, expected);
                prop_assert_eq!(track.latest_us(), records.iter().map(|r| r.t1_us).max());
            }
        }
    }
}
