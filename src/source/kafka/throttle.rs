//! Which partitions may be read now: the scheduler's word, followed by the poll thread.

use std::collections::BTreeSet;

use tokio::sync::watch;

/// What may be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Permit {
    /// Every partition.
    #[default]
    All,
    /// Only these partitions' fixes.
    Only(BTreeSet<i32>),
}

impl Permit {
    /// Whether this partition's fixes may be read.
    #[must_use]
    pub fn allows(&self, partition: i32) -> bool {
        match self {
            Self::All => true,
            Self::Only(partitions) => partitions.contains(&partition),
        }
    }
}

/// The scheduler's handle. Fixes of partitions that may not be read are paused and nothing of them is lost; case events
/// are read always, because it is they that say which partitions matter.
#[derive(Debug, Clone)]
pub struct Throttle(watch::Sender<Permit>);

impl Throttle {
    pub(super) fn new() -> (Self, watch::Receiver<Permit>) {
        let (sender, receiver) = watch::channel(Permit::All);
        (Self(sender), receiver)
    }

    /// Says what may be read from now on.
    pub fn set(&self, permit: Permit) {
        self.0.send_if_modified(|old| {
            let changed = *old != permit;
            *old = permit;
            changed
        });
    }
}
