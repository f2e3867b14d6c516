//! The account of an exhibit's rows: it must add up.

use std::collections::BTreeMap;

use crate::model::{Excess, NotAFix, Outside, RejectReason};

/// How many rows an exhibit had and what became of them.
///
/// Invariant: `rows() + ends == fixes + rejects + not_fixes + other_devices`, by construction; decoders cannot count a
/// row twice. A row whose end is told apart from its start (call data with an end cell) is one row and one of `ends`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that became fixes.
    pub fixes: u64,
    /// Rows that were not used, by reason.
    pub rejects: BTreeMap<RejectReason, u64>,
    /// Rows that are by nature not fixes (incidents among them), by kind.
    pub not_fixes: BTreeMap<NotAFix, u64>,
    /// Rows that are sound fixes of a device other than the one asked for.
    pub other_devices: u64,
    /// How many of all these tell of the end of a row that is counted by its start already.
    pub ends: u64,
}

impl Counts {
    /// All rows that were not used.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejects.values().sum()
    }

    /// All rows that are by nature not fixes.
    #[must_use]
    pub fn not_fixes_total(&self) -> u64 {
        self.not_fixes.values().sum()
    }

    /// All rows, each once however many ends it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let told = self.fixes + self.rejected() + self.not_fixes_total() + self.other_devices;
        told.saturating_sub(self.ends)
    }

    /// Moves `n` fixes to those of other devices: the device is looked at after a row was found sound.
    pub fn set_aside(&mut self, n: u64) {
        let n = n.min(self.fixes);
        self.fixes -= n;
        self.other_devices += n;
    }

    /// Moves the fixes of an account of excess to the rejects: what an authority covers is looked at after a row was found
    /// sound.
    pub fn quarantine(&mut self, excess: &Excess) {
        for why in Outside::ALL {
            let n = excess.count(why).min(self.fixes);
            if n > 0 {
                self.fixes -= n;
                *self.rejects.entry(why.reason()).or_default() += n;
            }
        }
    }

    /// Adds another account (of a member of an archive).
    pub fn add(&mut self, other: &Self) {
        self.fixes += other.fixes;
        self.other_devices += other.other_devices;
        self.ends += other.ends;
        for (reason, n) in &other.rejects {
            *self.rejects.entry(*reason).or_default() += n;
        }
        for (kind, n) in &other.not_fixes {
            *self.not_fixes.entry(*kind).or_default() += n;
        }
    }
}
