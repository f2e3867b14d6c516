//! The rows that one side holds: the batches as they came, and lanes that point into them.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array as _, Float64Array, RecordBatch, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::common::Result;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::super::items::Item;
use super::lane::Lane;

/// Terms of the radius that a side's rows bring, at their place in the sum.
pub type RadiusTerms = Vec<(usize, Float64Array)>;

/// A batch that was read, and how many of its rows are still held.
#[derive(Debug)]
pub struct Batch {
    /// Its columns as they came.
    pub rows: RecordBatch,
    /// The terms of the radius that its rows bring.
    pub radius: RadiusTerms,
    live: usize,
    bytes: usize,
}

/// One side's rows.
#[derive(Debug, Default)]
pub struct Held {
    lanes: HashMap<u32, Lane, FixedState>,
    /// By slot; a slot is used again when its batch is gone.
    batches: Vec<Option<Batch>>,
    free: Vec<u32>,
    batch_bytes: usize,
    /// Of all lanes together: they are asked for after every batch, whatever the number of lanes.
    lane_bytes: usize,
    rows: usize,
}

/// A batch of which fewer than one row in this many is held is written anew.
const WASTE: usize = 2;

impl Held {
    /// Keeps a batch, of which `live` rows will be held; the slot it is in.
    pub fn keep(&mut self, rows: RecordBatch, radius: RadiusTerms, live: usize) -> u32 {
        let bytes =
            get_record_batch_memory_size(&rows) + radius.iter().map(|(_, c)| c.get_array_memory_size()).sum::<usize>();
        self.batch_bytes += bytes;
        let batch = Some(Batch { rows, radius, live, bytes });
        if let Some(slot) = self.free.pop()
            && let Some(place) = self.batches.get_mut(slot as usize)
        {
            *place = batch;
            return slot;
        }
        self.batches.push(batch);
        u32::try_from(self.batches.len() - 1).unwrap_or(u32::MAX)
    }

    /// The batch in a slot.
    pub fn batch(&self, slot: u32) -> Option<&Batch> {
        self.batches.get(slot as usize)?.as_ref()
    }

    /// The lane of a key.
    pub fn lane(&self, key: u32) -> Option<&Lane> {
        self.lanes.get(&key)
    }

    /// Puts items of one key into its lane.
    pub fn insert(&mut self, key: u32, items: &[Item]) {
        let lane = self.lanes.entry(key).or_default();
        let before = lane.bytes();
        lane.insert(items);
        self.lane_bytes += lane.bytes() - before;
        self.rows += items.len();
    }

    /// How many rows are held.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// About how many bytes are held.
    pub const fn bytes(&self) -> usize {
        self.batch_bytes + self.lane_bytes
    }

    /// Lets the rows of keys go; batches that are mostly gone are written anew.
    pub fn forget(&mut self, keys: &[u32]) -> Result<()> {
        for key in keys {
            let Some(lane) = self.lanes.remove(key) else { continue };
            self.lane_bytes -= lane.bytes();
            self.rows -= lane.len();
            for item in lane.items() {
                if let Some(Some(batch)) = self.batches.get_mut(item.key as usize) {
                    batch.live = batch.live.saturating_sub(1);
                }
            }
        }
        self.tidy()
    }

    fn tidy(&mut self) -> Result<()> {
        let wasteful = |b: &Batch| b.live == 0 || b.live * WASTE < b.rows.num_rows();
        let slots: Vec<u32> = (0u32..)
            .zip(&self.batches)
            .filter(|(_, b)| b.as_ref().is_some_and(wasteful))
            .map(|(slot, _)| slot)
            .collect();
        if slots.is_empty() {
            return Ok(());
        }
        // Rows still held of these batches, in the order that they will stand in.
        let mut kept: BTreeMap<u32, Vec<u32>> = slots.iter().map(|s| (*s, Vec::new())).collect();
        for item in self.lanes.values_mut().flat_map(Lane::items_mut) {
            if let Some(rows) = kept.get_mut(&item.key) {
                rows.push(item.row);
                item.row = u32::try_from(rows.len() - 1).unwrap_or(u32::MAX);
            }
        }
        for (slot, rows) in kept {
            self.rewrite(slot, &UInt32Array::from(rows))?;
        }
        Ok(())
    }

    fn rewrite(&mut self, slot: u32, rows: &UInt32Array) -> Result<()> {
        let Some(place) = self.batches.get_mut(slot as usize) else { return Ok(()) };
        let Some(old) = place.take() else { return Ok(()) };
        self.batch_bytes -= old.bytes;
        if rows.is_empty() {
            self.free.push(slot);
            return Ok(());
        }
        let batch = take_record_batch(&old.rows, rows)?;
        let terms = old.radius.iter().map(|(at, c)| {
            let taken = datafusion::arrow::compute::take(c, rows, None)?;
            Ok((*at, Float64Array::from(taken.to_data())))
        });
        let radius = terms.collect::<Result<RadiusTerms>>()?;
        let bytes =
            get_record_batch_memory_size(&batch) + radius.iter().map(|(_, c)| c.get_array_memory_size()).sum::<usize>();
        self.batch_bytes += bytes;
        *place = Some(Batch { live: batch.num_rows(), rows: batch, radius, bytes });
        Ok(())
    }
}
