//! The index of the build side: layers by reach and duration, time buckets, and tables made when first asked for.
//!
//! ```text
//!  items ─┬─ layer: reach <= 25 m,  duration <= 4 min ── bucket 0, 1, 2 ... ── table for probes that reach 0 m, 16 m, ...
//!         ├─ layer: reach <= 10 km, duration <= 4 min
//!         └─ layer: reach <= 25 m,  duration <= 9 h
//! ```
//! An item lies in one layer, so a 10 km sector does not make the cells of GPS fixes coarse, nor a long stay their buckets
//! long. Within a layer it is listed in every bucket its interval touches (two, mostly); a probe that touches several
//! buckets meets it in the first they share. A table covers each item's reach plus the probe's, so one look-up a layer
//! and bucket finds every item near enough.

use std::sync::{Arc, OnceLock};

use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;

use crate::index::discs::Discs;
use crate::index::lattice::Lattice;

use super::items::Item;
use super::table::Table;
use super::tables::{Place, Spot, Tables};

/// Classes of how far a probe's own terms reach: up to 0 m, 16 m, 64 m, ... each four times the last.
pub const PROBE_CLASSES: usize = 12;
const FIRST_CLASS_M: f64 = 16.0;

/// The class of a probe's reach, metres; the last one holds not-a-number as well.
#[must_use]
pub fn probe_class(reach_m: f64) -> usize {
    if reach_m <= 0.0 {
        return 0;
    }
    let mut bound = FIRST_CLASS_M;
    for class in 1..PROBE_CLASSES - 1 {
        if reach_m <= bound {
            return class;
        }
        bound *= 4.0;
    }
    PROBE_CLASSES - 1
}

/// The farthest that a class's probes reach, metres: what its tables allow for.
fn class_reach_m(class: usize) -> f64 {
    match class {
        0 => 0.0,
        _ if class >= PROBE_CLASSES - 1 => f64::INFINITY,
        _ => (1..class).fold(FIRST_CLASS_M, |bound, _| bound * 4.0),
    }
}

/// Cells are this many times the reach high and wide: wider ones make fewer entries and more candidates.
const CELL_PER_REACH: f64 = 2.0;
/// A bucket holds about this many items or more, so that tables are worth their making.
const MIN_ITEMS_PER_BUCKET: usize = 512;

/// Items of like reach and duration.
#[derive(Debug)]
pub struct Layer {
    reach_m: f64,
    shift: u32,
    /// Numbers of the buckets that hold items, in order.
    buckets: Vec<i64>,
    /// `members[offsets[i]..offsets[i + 1]]` are the items of bucket `i`, in their order.
    offsets: Vec<usize>,
    members: Vec<u32>,
    discs: [OnceLock<Discs>; PROBE_CLASSES],
}

/// The index of the build side.
#[derive(Debug)]
pub struct Targets {
    /// The items.
    pub items: Vec<Item>,
    layers: Vec<Layer>,
    tables: Tables,
    reservation: Arc<MemoryReservation>,
}

impl Targets {
    /// Sorts items into layers and buckets; tables come later. Memory is taken from `reservation`.
    pub fn build(items: Vec<Item>, reach_m: &[f64], reservation: Arc<MemoryReservation>) -> Result<Self> {
        let mut groups: std::collections::BTreeMap<(u32, u32), Vec<u32>> = std::collections::BTreeMap::new();
        for (i, (item, reach)) in (0u32..).zip(items.iter().zip(reach_m)) {
            groups.entry((reach_group(*reach), duration_group(item))).or_default().push(i);
        }
        let layers: Vec<Layer> = groups.into_values().map(|members| Layer::build(&items, reach_m, &members)).collect();
        let bytes = items.capacity() * size_of::<Item>() + layers.iter().map(Layer::bytes).sum::<usize>();
        reservation.try_grow(bytes)?;
        let tables = Tables::new(layers.len());
        Ok(Self { items, layers, tables, reservation })
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The tables; see [`super::tables::Hold`].
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Makes the table of a bucket and takes memory for it.
    pub fn make(&self, spot: Spot) -> Result<Table> {
        let (layer, bucket) = (&self.layers[spot.layer as usize], spot.bucket as usize);
        let members = &layer.members[layer.offsets[bucket]..layer.offsets[bucket + 1]];
        let room = members.len() * MAKING_BYTES_PER_ITEM;
        self.reservation.try_grow(room)?;
        let table = Table::build(&self.items, members, layer.discs(spot.class as usize));
        self.reservation.shrink(room);
        self.reservation.try_grow(table.bytes())?;
        Ok(table)
    }

    /// Gives memory of tables back that were dropped.
    pub fn give_back(&self, bytes: usize) {
        self.reservation.shrink(bytes);
    }
}

/// What a table takes while it is made, bytes for each of its items: about five cells, their hashes, slots and entries.
const MAKING_BYTES_PER_ITEM: usize = 240;

/// Groups of reach: each up to four times the last, from 25 m.
fn reach_group(reach_m: f64) -> u32 {
    let (mut bound, mut group) = (25.0, 0);
    // Not-a-number is with those that reach everything.
    while (reach_m > bound || reach_m.is_nan()) && group < 12 {
        bound *= 4.0;
        group += 1;
    }
    group
}

/// Groups of duration: each up to four times the last; the last is for what never ends.
fn duration_group(item: &Item) -> u32 {
    let (lo, hi) = item.span();
    let length = hi.abs_diff(lo);
    if length >= 1 << 61 { 64 } else { (64 - length.leading_zeros()).div_ceil(2) }
}

impl Layer {
    fn build(items: &[Item], reach_m: &[f64], members: &[u32]) -> Self {
        let farthest = members.iter().map(|i| reach_m[*i as usize]).fold(0.0, f64::max);
        let farthest = if members.iter().any(|i| reach_m[*i as usize].is_nan()) { f64::INFINITY } else { farthest };
        let shift = bucket_shift(items, members);
        let (buckets, offsets, members) = sorted_by_bucket(items, members, shift);
        Self { reach_m: farthest, shift, buckets, offsets, members, discs: std::array::from_fn(|_| OnceLock::new()) }
    }

    /// The number of the bucket that a time falls in.
    #[inline]
    pub const fn bucket_of(&self, time: i64) -> i64 {
        bucket_of(time, self.shift)
    }

    /// The buckets that hold items, in order, by number.
    pub fn buckets(&self) -> &[i64] {
        &self.buckets
    }

    /// The cells for a class of probes, and which of them an item reaches.
    pub fn discs(&self, class: usize) -> &Discs {
        self.discs[class].get_or_init(|| {
            let reach_m = self.reach_m + class_reach_m(class);
            Discs::new(Lattice::new(reach_m * CELL_PER_REACH), reach_m)
        })
    }

    const fn bytes(&self) -> usize {
        // Each bucket's place for a table is counted once here; tables count themselves.
        let bucket = size_of::<i64>() + size_of::<usize>() + size_of::<Place>();
        self.buckets.capacity() * bucket + self.members.capacity() * size_of::<u32>() + size_of::<Self>()
    }
}

/// Numbers of the buckets with members, where each one's begin, and the members bucket by bucket, in their order in each.
///
/// A counting sort: [`bucket_shift`] makes few buckets from the first to the last, hardly more than one in
/// [`MIN_ITEMS_PER_BUCKET`] members.
fn sorted_by_bucket(items: &[Item], members: &[u32], shift: u32) -> (Vec<i64>, Vec<usize>, Vec<u32>) {
    let touched = |member: u32| {
        let (lo, hi) = items[member as usize].span();
        (bucket_of(lo, shift), bucket_of(hi, shift))
    };
    let first = members.iter().map(|m| touched(*m).0).min().unwrap_or(0);
    let last = members.iter().map(|m| touched(*m).1).max().unwrap_or(first);
    // Counted from the first; a place is far below 2^32.
    let place = |bucket: i64| usize::try_from(bucket - first).unwrap_or(0);
    // Bucket `b`'s members are counted at `b + 2`; added up, `b + 1` says where they begin, then where the next one goes.
    let mut next = vec![0usize; place(last) + 3];
    for &member in members {
        let (lo, hi) = touched(member);
        next[place(lo) + 2..=place(hi) + 2].iter_mut().for_each(|n| *n += 1);
    }
    for bucket in 1..next.len() {
        next[bucket] += next[bucket - 1];
    }
    let filled = (first..=last).zip(next.windows(2).skip(1)).filter(|(_, ends)| ends[0] < ends[1]);
    let (buckets, mut offsets): (Vec<i64>, Vec<usize>) = filled.map(|(bucket, ends)| (bucket, ends[0])).unzip();
    let total = next.last().copied().unwrap_or(0);
    offsets.push(total);
    let mut listed = vec![0; total];
    for &member in members {
        let (lo, hi) = touched(member);
        for slot in &mut next[place(lo) + 1..=place(hi) + 1] {
            listed[*slot] = member;
            *slot += 1;
        }
    }
    (buckets, offsets, listed)
}

/// How many low bits of a time a bucket spans: at least the longest interval, and enough for a bucket to be worth a table.
fn bucket_shift(items: &[Item], members: &[u32]) -> u32 {
    let spans = members.iter().map(|i| items[*i as usize].span());
    let longest = spans.clone().map(|(lo, hi)| hi.abs_diff(lo)).max().unwrap_or(0);
    let first = spans.clone().map(|(lo, _)| lo).min().unwrap_or(0);
    let last = spans.map(|(_, hi)| hi).max().unwrap_or(0);
    let per_bucket = u64::try_from(members.len() / MIN_ITEMS_PER_BUCKET).unwrap_or(u64::MAX).max(1);
    let width = longest.max(last.abs_diff(first) / per_bucket).max(1);
    // All bits leave one bucket: what has no bounds is looked for once.
    64 - width.leading_zeros()
}

/// The bucket of a time, of which so many low bits do not count.
#[inline]
const fn bucket_of(time: i64, shift: u32) -> i64 {
    if shift < i64::BITS { time >> shift } else { 0 }
}

#[cfg(test)]
#[path = "targets_tests.rs"]
mod tests;
