//! The rows that one side holds: the batches that came, small ones put together, and lanes that point into them.

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::block::Reaching;
use super::lane::Lane;
use super::run::RadiusTerms;
use super::runs::{Found, Runs};

/// One side's rows.
#[derive(Debug, Default)]
pub struct Held {
    lanes: HashMap<u32, Lane, FixedState>,
    runs: Runs,
    /// Of all lanes together: they are asked for after every batch, whatever the number of lanes.
    lane_bytes: usize,
    rows: usize,
}

impl Held {
    /// Keeps a batch, of which these rows will be held: the slot that names it.
    ///
    /// # Errors
    /// If there are too many.
    pub fn keep(&mut self, rows: RecordBatch, radius: RadiusTerms, live: impl Iterator<Item = u32>) -> Result<u32> {
        self.runs.keep(rows, radius, live)
    }

    /// A row of the batch in a slot.
    pub fn find(&self, slot: u32, row: u32) -> Option<Found<'_>> {
        self.runs.find(slot, row)
    }

    /// The lane of a key.
    pub fn lane(&self, key: u32) -> Option<&Lane> {
        self.lanes.get(&key)
    }

    /// Puts items of one key into its lane.
    pub fn insert(&mut self, key: u32, items: &[Reaching]) {
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
    pub fn bytes(&self) -> usize {
        self.runs.bytes() + self.lane_bytes + self.lanes.capacity() * size_of::<(u32, Lane)>()
    }

    /// Lets the rows of keys go.
    pub fn forget(&mut self, keys: &[u32]) {
        for key in keys {
            let Some(lane) = self.lanes.remove(key) else { continue };
            self.lane_bytes -= lane.bytes();
            self.rows -= lane.len();
            self.runs.let_go(lane.items().map(|item| (item.key, item.row)));
        }
    }
}
