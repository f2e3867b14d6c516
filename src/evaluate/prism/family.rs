//! The records that bear on one moment.

/// Where a record lies relative to a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It ended before the stretch, or as it began.
    Before,
    /// Its interval covers the stretch.
    During,
    /// It begins after the stretch, or as it ends.
    After,
}

/// One record of a family, by its position in the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Position in the records.
    pub index: u32,
    /// Where it lies.
    pub side: Side,
}

/// No more members than this: records of one time that state the same radius beyond it are left out.
pub(crate) const MAX_MEMBERS: usize = 8;

/// The records that bear on one stretch of time, at most eight.
///
/// On each side the nearest in time, and those further away that state a smaller radius than all that are nearer: a GPS
/// fix ten minutes earlier may say more than a cell record just now. Others can add nothing that these do not say with
/// more certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    members: [Member; MAX_MEMBERS],
    count: usize,
}

impl Default for Family {
    fn default() -> Self {
        Self { members: [Member { index: 0, side: Side::Before }; MAX_MEMBERS], count: 0 }
    }
}

impl Family {
    /// The members: those before, nearest first, those during, those after, nearest first.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        self.members.get(..self.count).unwrap_or_default()
    }

    /// Whether a record is among them.
    pub(super) fn holds(&self, index: u32) -> bool {
        self.members().iter().any(|m| m.index == index)
    }

    /// Adds a member, if there is room.
    pub(super) fn push(&mut self, index: u32, side: Side) {
        if let Some(slot) = self.members.get_mut(self.count) {
            *slot = Member { index, side };
            self.count += 1;
        }
    }
}
