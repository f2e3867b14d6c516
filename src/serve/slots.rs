//! Room for connections: so many that are served, and a few more that are told that there is no room.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections beyond the most that are told so; more than these are closed without a word.
const TOLD: usize = 16;

/// Room for connections.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    serving: Arc<Semaphore>,
    telling: Arc<Semaphore>,
}

/// The room that a connection has, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    /// Whether it is one to be told that there is no room.
    pub(super) full: bool,
    _held: OwnedSemaphorePermit,
}

impl Slots {
    /// Room for so many.
    pub(super) fn new(connections: usize) -> Self {
        Self { serving: Arc::new(Semaphore::new(connections)), telling: Arc::new(Semaphore::new(TOLD)) }
    }

    /// Room for one more; `None` if there is not even room to tell it that there is none.
    pub(super) fn take(&self) -> Option<Slot> {
        let of = |slots: &Arc<Semaphore>| Arc::clone(slots).try_acquire_owned().ok();
        let serving = of(&self.serving).map(|held| Slot { full: false, _held: held });
        serving.or_else(|| of(&self.telling).map(|held| Slot { full: true, _held: held }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_most_a_few_are_told_and_room_comes_back() {
        let slots = Slots::new(2);
        let mut held: Vec<Slot> = std::iter::from_fn(|| slots.take()).take(100).collect();
        assert_eq!(held.iter().map(|slot| slot.full).collect::<Vec<_>>(), [vec![false; 2], vec![true; TOLD]].concat());
        held.remove(0);
        assert!(slots.take().is_some_and(|slot| !slot.full));
    }
}
