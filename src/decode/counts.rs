//! The account of an exhibit's rows: it must add up.

use std::collections::BTreeMap;

use crate::model::{NotAFix, RejectReason};

/// How many rows an exhibit had and what became of them.
///
/// Invariant: `rows() == fixes + rejects + not_fixes`, by construction; decoders cannot count a row twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that became fixes.
    pub fixes: u64,
    /// Rows that were not used, by reason.
    pub rejects: BTreeMap<RejectReason, u64>,
    /// Rows that are by nature not fixes (incidents among them), by kind.
    pub not_fixes: BTreeMap<NotAFix, u64>,
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

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.fixes + self.rejected() + self.not_fixes_total()
    }

    /// Adds another account (of a member of an archive).
    pub fn add(&mut self, other: &Self) {
        self.fixes += other.fixes;
        for (reason, n) in &other.rejects {
            *self.rejects.entry(*reason).or_default() += n;
        }
        for (kind, n) in &other.not_fixes {
            *self.not_fixes.entry(*kind).or_default() += n;
        }
    }
}
