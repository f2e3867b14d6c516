//! What the join holds of both inputs, and the handle by which its owner lets rows go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;

use crate::index::Comparator;
use crate::index::distance::is_position;

use super::super::items::{Item, interval};
use super::super::keys::{KeyCodes, NO_KEY};
use super::super::physical::{JoinSpec, SideColumns};
use super::super::predicate::Side;
use super::super::probe::{Work, times};
use super::block::{Reaching, reach_m};
use super::held::Held;
use super::meet::{End, Judge};

/// A row of a side, wherever it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Names the batch that it came in.
    pub slot: u32,
    /// The row in it.
    pub row: u32,
}

/// Pairs found: a row of the left and one of the right each, in step.
#[derive(Debug, Default)]
pub struct Met {
    /// Rows of the left.
    pub left: Vec<Place>,
    /// Rows of the right.
    pub right: Vec<Place>,
}

/// The join's state.
#[derive(Debug)]
pub struct State {
    spec: Arc<JoinSpec>,
    /// The constant terms of the radius; `None` if one is NULL, for then nothing is near.
    constants: Option<Vec<Option<f64>>>,
    keys: Option<KeyCodes>,
    left: Held,
    right: Held,
    /// Batches read.
    read: u64,
    /// What the running stream has of the memory pool.
    taken: Weak<MemoryReservation>,
}

impl State {
    pub(super) fn new(spec: Arc<JoinSpec>) -> Result<Self> {
        let constants = spec.constants()?;
        Ok(Self {
            spec,
            constants,
            keys: None,
            left: Held::default(),
            right: Held::default(),
            read: 0,
            taken: Weak::new(),
        })
    }

    /// Says from where the memory is taken, as long as the stream runs.
    pub(super) fn takes_from(&mut self, reservation: &Arc<MemoryReservation>) {
        self.taken = Arc::downgrade(reservation);
    }

    /// Gives back at once what is not held any more: whoever else has no room may not wait for the next batch of this one.
    fn give_back(&self) {
        if let Some(taken) = self.taken.upgrade() {
            taken.shrink(taken.size().saturating_sub(self.bytes()));
        }
    }

    /// What a side holds.
    pub fn held(&self, side: Side) -> &Held {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    fn held_mut(&mut self, side: Side) -> &mut Held {
        match side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
        }
    }

    /// About how many bytes are held.
    pub fn bytes(&self) -> usize {
        self.left.bytes() + self.right.bytes() + self.keys.as_ref().map_or(0, KeyCodes::bytes)
    }

    /// Takes a batch of one side in: its pairs with what the other side holds.
    pub fn take_in(&mut self, side: Side, batch: RecordBatch, work: &mut Work) -> Result<Met> {
        self.read += 1;
        work.rows += batch.num_rows();
        let Some(constants) = self.constants.clone() else { return Ok(Met::default()) };
        let columns = self.spec.columns(side, &batch)?;
        let mut lanes = self.items(side, &columns, batch.num_rows())?;
        if lanes.is_empty() {
            return Ok(Met::default());
        }
        let live = lanes.values().flatten().map(|reaching| reaching.item.row);
        let slot = self.held_mut(side).keep(batch, columns.radius, live)?;
        lanes.values_mut().flatten().for_each(|reaching| reaching.item.key = slot);
        let met = self.meet(side, slot, &lanes, &constants, work);
        for (key, items) in lanes {
            self.held_mut(side).insert(key, &items);
        }
        Ok(met)
    }

    /// The rows that can match, by key, each key's in the order of time.
    fn items(&mut self, side: Side, columns: &SideColumns, rows: usize) -> Result<BTreeMap<u32, Vec<Reaching>>> {
        let codes = if let Some(keys) = &mut self.keys {
            keys.learn_codes(&columns.keys, rows)?
        } else {
            let (keys, codes) = KeyCodes::build(&columns.keys, rows)?;
            self.keys = Some(keys);
            codes
        };
        let comparator = Comparator::new(self.spec.metric);
        let mut lanes: BTreeMap<u32, Vec<Reaching>> = BTreeMap::new();
        for (row, key) in (0u32..).zip(codes) {
            let at = row as usize;
            let (lat, lon) = (columns.lat.value(at), columns.lon.value(at));
            let null = columns.valid.as_ref().is_some_and(|v| v.is_null(at));
            if null || key == NO_KEY || !is_position(lat, lon) {
                continue;
            }
            // Strict comparisons become inclusive ones on the left alone.
            let time = match side {
                Side::Left => interval(columns, at, &self.spec, side),
                Side::Right => Some(times(columns, at)),
            };
            let Some((lo, hi)) = time else { continue };
            let item = Item { anchor: comparator.anchor(lat, lon), lo, hi, row, key };
            let reach_m = reach_m(columns.radius.iter().map(|(_, term)| term.value(at)));
            lanes.entry(key).or_default().push(Reaching { item, reach_m });
        }
        for items in lanes.values_mut() {
            items.sort_by_key(|i| i.item.span().0);
        }
        Ok(lanes)
    }

    fn meet(
        &self,
        side: Side,
        slot: u32,
        lanes: &BTreeMap<u32, Vec<Reaching>>,
        constants: &[Option<f64>],
        work: &mut Work,
    ) -> Met {
        let judge = Judge::new(&self.spec, constants);
        let (ours, theirs) = (self.held(side), self.held(side.other()));
        let (mut of_new, mut of_held) = (Vec::new(), Vec::new());
        for (key, items) in lanes {
            let Some(lane) = theirs.lane(*key) else { continue };
            for Reaching { item, reach_m } in items {
                let cos_lat = item.anchor.lat_deg.to_radians().cos();
                let Some(new) = ours.find(slot, item.row) else { continue };
                let newcomer = End { item, radius: &new.run.radius, row: new.row };
                let probe = judge.probe(item, cos_lat, *reach_m);
                let mut compared = 0;
                let mut found = Work::default();
                work.candidates += lane.together(item.lo, item.hi, &probe, |held| {
                    compared += 1;
                    if judge.is_beyond(&probe, held) {
                        return;
                    }
                    let held = &held.item;
                    let Some(old) = theirs.find(held.key, held.row) else { return };
                    let end = End { item: held, radius: &old.run.radius, row: old.row };
                    if judge.near(newcomer, side, cos_lat, end, &mut found) {
                        of_new.push(Place { slot, row: item.row });
                        of_held.push(Place { slot: held.key, row: held.row });
                    }
                });
                work.compared += compared;
                work.refined += found.refined;
            }
        }
        work.matched += of_new.len();
        match side {
            Side::Left => Met { left: of_new, right: of_held },
            Side::Right => Met { left: of_held, right: of_new },
        }
    }
}

/// The handle on a running join of two inputs that never end.
#[derive(Debug, Clone)]
pub struct Live(pub(super) Arc<Mutex<State>>);

impl Live {
    pub(in super::super) fn new(spec: Arc<JoinSpec>) -> Result<Self> {
        Ok(Self(Arc::new(Mutex::new(State::new(spec)?))))
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while the state was held has ended the query that it belongs to.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets every row of these keys go, on both sides: they meet nothing any more.
    ///
    /// `keys` are the values of the predicate's equality keys, a column each, as the inputs have them.
    ///
    /// # Errors
    /// If the columns are not those of the keys.
    pub fn forget(&self, keys: &[ArrayRef]) -> Result<()> {
        let mut state = self.lock();
        let rows = keys.first().map_or(1, |k| k.len());
        let Some(known) = &state.keys else { return Ok(()) };
        let mut codes = known.codes(keys, rows)?;
        codes.retain(|code| *code != NO_KEY);
        state.left.forget(&codes);
        state.right.forget(&codes);
        state.give_back();
        Ok(())
    }

    /// How many batches have been read from both inputs.
    #[must_use]
    pub fn batches_read(&self) -> u64 {
        self.lock().read
    }

    /// How many rows are held on both sides.
    #[must_use]
    pub fn rows_held(&self) -> usize {
        let state = self.lock();
        state.left.rows() + state.right.rows()
    }

    /// About how many bytes are held.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.lock().bytes()
    }
}
