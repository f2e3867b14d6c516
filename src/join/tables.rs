//! The tables of the index: made when first asked for, dropped when memory runs out, and made anew if asked for again.
//!
//! ```text
//!  a step of the probe ── holds all tables for reading ── meets a table that is not made: makes it
//!                                                      └─ no memory for it: lets go, drops all tables, holds again
//! ```
//! Who drops tables holds them for writing, so that no table is dropped while it is used. Suspects mostly come in the order
//! of time: what is dropped is behind them, and no table is made twice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use datafusion::common::{DataFusionError, Result, internal_err};

use super::table::Table;
use super::targets::{PROBE_CLASSES, Targets};

/// Where a table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The layer.
    pub layer: u32,
    /// The class of probes.
    pub class: u32,
    /// The bucket, by its place among the layer's.
    pub bucket: u32,
}

/// All tables, by layer and class of probes, then by bucket.
#[derive(Debug)]
pub struct Tables {
    shelves: RwLock<Shelves>,
    /// How often tables were dropped; it changes only while they are held for writing.
    drops: AtomicU64,
}

/// Room for the tables of each layer and class of probes, made when such a probe comes.
type Shelves = Vec<OnceLock<Vec<Place>>>;

/// Where a table stands once it is made.
#[derive(Debug, Default)]
pub struct Place {
    table: OnceLock<Table>,
    /// Held by who makes it, so that others wait for it instead of making it, and paying for it, again.
    making: Mutex<()>,
}

impl Tables {
    /// No tables yet, for so many layers.
    pub fn new(layers: usize) -> Self {
        let shelves = std::iter::repeat_with(OnceLock::new).take(layers * PROBE_CLASSES).collect();
        Self { shelves: RwLock::new(shelves), drops: AtomicU64::new(0) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Shelves> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops every table once nobody uses any, and gives back the bytes that they held before anybody else can look; false
    /// if there was none to drop, and nobody has dropped any since there had been so many drops.
    fn clear(&self, seen: u64, give_back: impl FnOnce(usize)) -> bool {
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        let places = shelves.iter_mut().filter_map(OnceLock::get_mut).flatten();
        let freed: usize = places.filter_map(|place| place.table.take()).map(|table| table.bytes()).sum();
        if freed > 0 {
            self.drops.fetch_add(1, Ordering::Relaxed);
            give_back(freed);
        }
        let changed = self.drops.load(Ordering::Relaxed) != seen;
        drop(shelves);
        changed
    }
}

/// The tables as a step of the probe uses them. While it is held no table is dropped, so it must not be held for long.
pub struct Hold<'a> {
    targets: &'a Targets,
    /// `None` only while tables are dropped.
    shelves: Option<RwLockReadGuard<'a, Shelves>>,
}

/// The tables of one layer for one class of probes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shelf<'a> {
    places: &'a [Place],
}

impl<'a> Shelf<'a> {
    /// The table of a bucket, by its place among the layer's, if it is made.
    #[inline]
    pub fn get(self, bucket: usize) -> Option<&'a Table> {
        self.places.get(bucket)?.table.get()
    }
}

impl<'a> Hold<'a> {
    /// Waits for whoever drops tables.
    pub fn new(targets: &'a Targets) -> Self {
        Self { targets, shelves: Some(targets.tables().read()) }
    }

    /// The tables of a layer for a class of probes, to get several of: finding them costs as much as getting one.
    pub fn shelf(&self, layer: u32, class: usize) -> Shelf<'_> {
        let shelves = self.shelves.as_deref().map(Vec::as_slice).unwrap_or_default();
        let shelf = shelves.get(layer as usize * PROBE_CLASSES + class).and_then(OnceLock::get);
        Shelf { places: shelf.map(Vec::as_slice).unwrap_or_default() }
    }

    /// A table, if it is made.
    #[inline]
    pub fn get(&self, spot: Spot) -> Option<&Table> {
        self.shelf(spot.layer, spot.class as usize).get(spot.bucket as usize)
    }

    /// Makes a table, so that [`Self::get`] finds it, and accounts for it.
    ///
    /// # Errors
    /// The memory pool's refusal, if there is no room for it even with all other tables dropped.
    #[cold]
    pub fn make(&mut self, spot: Spot) -> Result<()> {
        loop {
            // Held for reading: nobody drops any between this and the attempt.
            let seen = self.targets.tables().drops.load(Ordering::Relaxed);
            let refusal = match self.try_make(spot) {
                Err(e) if matches!(e.find_root(), DataFusionError::ResourcesExhausted(_)) => e,
                other => return other,
            };
            self.shelves = None;
            let changed = self.targets.tables().clear(seen, |freed| self.targets.give_back(freed));
            self.shelves = Some(self.targets.tables().read());
            // Others may have taken what was freed; they use it for a step, and then it is freed again. What others have
            // freed since the attempt may be enough.
            if !changed {
                return Err(refusal);
            }
        }
    }

    fn try_make(&self, spot: Spot) -> Result<()> {
        let number = spot.layer as usize * PROBE_CLASSES + spot.class as usize;
        let Some(shelf) = self.shelves.as_ref().and_then(|shelves| shelves.get(number)) else {
            return internal_err!("ProximityJoin: no layer {}", spot.layer);
        };
        let buckets = self.targets.layers()[spot.layer as usize].buckets().len();
        let places = shelf.get_or_init(|| std::iter::repeat_with(Place::default).take(buckets).collect());
        let place = &places[spot.bucket as usize];
        let making = place.making.lock().unwrap_or_else(PoisonError::into_inner);
        if place.table.get().is_none() {
            let table = self.targets.make(spot)?;
            place.table.get_or_init(|| table);
        }
        drop(making);
        Ok(())
    }
}

#[cfg(test)]
#[path = "tables_tests.rs"]
mod tests;
