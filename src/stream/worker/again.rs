//! A case that is set aside, tried again: while nothing else is to be done, once the others leave it the room.
//!
//! ```text
//!  ask      every pipeline says what it is at work on, and no case at which it has not been since the last message
//!   └─> claim    room for the case counts as held, if all that is at work fits besides: the others let idle cases go
//!        └─> take     they have: everything is stored, the case comes back whole, what was not said of it is said
//! ```
//! One second lies between them. What does not fit at one of them begins anew, and nobody has waited for it.
//!
//! Invariant: a case is tried only where twice what it is known to need is free, and after each try that failed twice as much
//! as then; so a case that never fits ends its pipeline a few times, and not for ever.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Interval;

use super::recall::RECORD_BYTES;
use super::{GO_ON, Went, Worker, every};
use crate::store::Table;
use crate::stream::StreamError;
use crate::stream::memory::Held;
use crate::stream::urgency::Urgency;

/// Between asking for room, claiming it and taking it.
const TURN: Duration = Duration::from_secs(1);

/// How far it is with room for a case that is set aside.
#[derive(Debug, Default)]
enum Room {
    #[default]
    NotAsked,
    Asked,
    Claimed {
        case_id: String,
        bytes: usize,
    },
}

/// Tries cases again that are set aside.
#[derive(Debug)]
pub(super) struct Again {
    ticks: Interval,
    room: Room,
    /// Cases that were not given what they had claimed, until all others have had a turn.
    passed: BTreeSet<String>,
}

impl Again {
    pub(super) fn new() -> Self {
        Self { ticks: every(TURN), room: Room::default(), passed: BTreeSet::new() }
    }

    /// Comes back when the next step towards it is due, and there is no backlog.
    pub(super) async fn due(&mut self, urgency: &Urgency) {
        urgency.calm().await;
        self.ticks.tick().await;
    }

    /// What is claimed for a case that is not there yet, bytes.
    pub(super) const fn claimed(&self) -> usize {
        match self.room {
            Room::Claimed { bytes, .. } => bytes,
            Room::NotAsked | Room::Asked => 0,
        }
    }
}

/// How much must be free before a case is tried that needs so much at least and was tried so often; `None` if it was tried
/// with all that there is, or needs more than that.
fn room_wanted(needs: usize, tries: u32, budget: usize) -> Option<usize> {
    let doubled = |times: u32| needs.saturating_mul(2_usize.saturating_pow(times));
    if needs > budget || (tries > 0 && doubled(tries) >= budget) {
        return None;
    }
    Some(doubled(tries.saturating_add(1)).min(budget))
}

impl Worker {
    /// Goes one step further with a case that is set aside.
    ///
    /// # Errors
    /// As any step: the pipeline is to be started again, where the case did not fit after all without it.
    pub(super) async fn try_again(&mut self) -> Result<Went, StreamError> {
        let budget = self.options.cases_bytes();
        match std::mem::take(&mut self.again.room) {
            Room::NotAsked => {
                self.memory.ask();
                self.again.room = Room::Asked;
            }
            Room::Asked => {
                for (case_id, bytes) in self.wanting_room().await {
                    let held = Held { all: self.pipeline.bytes().saturating_add(bytes), at_work: bytes };
                    if self.memory.claim(held, budget) {
                        self.again.room = Room::Claimed { case_id, bytes };
                        self.make_room()?;
                        break;
                    }
                }
            }
            // What pipelines hold without any case is in the sum too.
            Room::Claimed { case_id, .. } if self.memory.all_fits(budget.saturating_add(budget / 16)) => {
                return self.take_back(&case_id).await;
            }
            // The claim is gone.
            Room::Claimed { case_id, .. } => {
                self.again.passed.insert(case_id);
                self.give_room()?;
            }
        }
        Ok(GO_ON)
    }

    /// The cases that may be tried and the room that each wants, the one with least time left first.
    async fn wanting_room(&mut self) -> Vec<(String, usize)> {
        let (partition, urgency) = (self.channels.partition, &self.shared.urgency);
        if self.aside.is_subset(&self.again.passed) {
            self.again.passed.clear();
        }
        let mut cases: Vec<String> = self.aside.difference(&self.again.passed).cloned().collect();
        urgency.sort(partition, &mut cases);
        let mut wanted = Vec::new();
        for case_id in cases {
            let Some((least, tries)) = urgency.aside_needs(partition, &case_id) else { continue };
            // A log that cannot be read says nothing against the next look.
            let Ok(records) = self.shared.store.rows_of(Table::Fixes, &case_id).await else { continue };
            let of_records = usize::try_from(records).unwrap_or(usize::MAX).saturating_mul(RECORD_BYTES / 2);
            let room = room_wanted(least.max(of_records), tries, self.options.cases_bytes());
            wanted.extend(room.map(|bytes| (case_id, bytes)));
        }
        wanted
    }

    /// Takes a case back for which there is room, and says what was not said of it.
    async fn take_back(&mut self, case_id: &str) -> Result<Went, StreamError> {
        // What was read of it is in the tables then, and only there.
        self.store_all().await?;
        self.pipeline.forget(case_id)?;
        let (partition, urgency) = (self.channels.partition, self.shared.urgency.clone());
        urgency.tries_again(partition, case_id);
        self.aside.remove(case_id);
        let went = match self.make_up_for(case_id, "worked out when there was memory for it").await {
            Err(StreamError::Store(error)) => {
                tracing::warn!(partition, case_id, %error, "a case that was set aside cannot be taken back");
                self.aside.insert(case_id.to_owned());
                self.pipeline.forget(case_id)?;
                GO_ON
            }
            other => other?,
        };
        if went.is_continue() && !self.aside.contains(case_id) {
            tracing::info!(partition, case_id, "a case that was set aside is back");
            urgency.takes_back(partition, case_id);
            // Where it was the last one, the derived tables are no longer behind.
            self.unsaved = true;
        }
        self.give_room()?;
        Ok(went)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_try_wants_twice_the_room_of_the_last_and_all_of_it_only_once() {
        let wanted = |tries| room_wanted(10, tries, 70);
        assert_eq!([0, 1, 2, 3, 4].map(wanted), [Some(20), Some(40), Some(70), None, None]);
        assert_eq!((room_wanted(60, 0, 70), room_wanted(60, 1, 70)), (Some(70), None));
        assert_eq!((room_wanted(70, 0, 70), room_wanted(71, 0, 70)), (Some(70), None), "it never fits");
    }

    proptest! {
        #[test]
        fn no_case_is_tried_for_ever(needs in 1_usize.., budget in 1_usize.., tries in 0_u32..) {
            match room_wanted(needs, tries, budget) {
                Some(room) => prop_assert!(room >= needs && room <= budget && tries < usize::BITS),
                None => prop_assert!(tries > 0 || needs > budget),
            }
            // Once none is wanted, none ever is.
            let next = room_wanted(needs, tries.saturating_add(1), budget);
            prop_assert!(room_wanted(needs, tries, budget).is_some() || next.is_none());
        }
    }
}
