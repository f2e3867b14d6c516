//! A table of one time bucket: which items a cell holds.
//!
//! ```text
//!  hash(cell, key) ──top bits──> bit set?  (8 bits an entry: most empty cells end here, in the first-level cache)
//!                  └─top bits──> starts[slot] .. starts[slot + 1] ──> entries: items, in their order
//! ```
//! Slots are not cells: two cells may share a slot, and the item's own test tells them apart. An item that covers two cells
//! of one slot is listed once, so no pair is found twice.

use crate::index::discs::Discs;
use crate::index::lattice::Cell;

use super::items::Item;

/// The items of one bucket by cell.
#[derive(Debug)]
pub struct Table {
    bit_shift: u32,
    slot_shift: u32,
    bits: Vec<u64>,
    starts: Vec<u32>,
    entries: Vec<u32>,
}

/// The hash of a cell and a key; its top bits choose bit and slot.
#[inline]
#[must_use]
pub const fn hash(cell: Cell, key: u32) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let place = ((cell.row as u64) << 32) | cell.column as u64;
    let mixed = (place ^ (key as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93)).wrapping_mul(K);
    (mixed ^ (mixed >> 29)).wrapping_mul(K)
}

const BITS_PER_ENTRY: usize = 8;

impl Table {
    /// Lists the given items in the cells that a disc about each of them touches.
    pub fn build(items: &[Item], members: &[u32], discs: &Discs) -> Self {
        let mut hashes: Vec<(u64, u32)> = Vec::with_capacity(members.len() * 5);
        for &member in members {
            let item = &items[member as usize];
            let (lat, lon) = (item.anchor.lat_deg, item.anchor.lon_deg);
            discs.cover(lat, lon, |cell| hashes.push((hash(cell, item.key), member)));
        }
        let slots = hashes.len().next_power_of_two().max(2);
        let bits = slots * BITS_PER_ENTRY;
        let mut table = Self {
            bit_shift: 64 - bits.trailing_zeros(),
            slot_shift: 64 - slots.trailing_zeros(),
            bits: vec![0; bits.div_ceil(64)],
            starts: vec![0; slots + 1],
            entries: Vec::new(),
        };
        table.fill(&hashes);
        table
    }

    fn fill(&mut self, hashes: &[(u64, u32)]) {
        // The last item listed in each slot: an item's cells come together, so a repeat is the same as the last.
        let mut last = vec![u32::MAX; self.starts.len() - 1];
        for &(h, item) in hashes {
            self.set_bit(h);
            let slot = self.slot(h);
            if last[slot] != item {
                last[slot] = item;
                self.starts[slot + 1] += 1;
            }
        }
        for slot in 1..self.starts.len() {
            self.starts[slot] += self.starts[slot - 1];
        }
        self.entries = vec![0; self.starts.last().map_or(0, |n| *n as usize)];
        last.fill(u32::MAX);
        let mut next = self.starts.clone();
        for &(h, item) in hashes {
            let slot = self.slot(h);
            if last[slot] != item {
                last[slot] = item;
                self.entries[next[slot] as usize] = item;
                next[slot] += 1;
            }
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "shifted down to the number of slots")]
    const fn slot(&self, hash: u64) -> usize {
        (hash >> self.slot_shift) as usize
    }

    fn set_bit(&mut self, hash: u64) {
        let bit = hash >> self.bit_shift;
        let word = (bit / 64) as usize;
        self.bits[word] |= 1 << (bit % 64);
    }

    /// Whether a cell may hold an item: false is certain.
    #[inline]
    #[must_use]
    pub fn may_hold(&self, hash: u64) -> bool {
        let bit = hash >> self.bit_shift;
        let word = (bit / 64) as usize;
        self.bits[word] & (1 << (bit % 64)) != 0
    }

    /// The items of a cell, and of others that share its slot.
    #[inline]
    #[must_use]
    pub fn items(&self, hash: u64) -> &[u32] {
        let slot = self.slot(hash);
        &self.entries[self.starts[slot] as usize..self.starts[slot + 1] as usize]
    }

    /// Bytes held.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bits.capacity() * 8 + (self.starts.capacity() + self.entries.capacity()) * 4 + size_of::<Self>()
    }
}
