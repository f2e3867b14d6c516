//! After an assignment: the open cases come back into memory while nothing else is to be done.
//!
//! ```text
//!  assigned ─> clocks are told ─> what a stop left undone ─> messages are read
//!                                                               └─ none waits here, no backlog anywhere: the next open
//!                                                                  case, the most urgent first, if it leaves half free
//! ```
//! A message about a case that is not back yet takes it back itself, as ever: nothing waits for this, and nothing depends
//! on it. It is so that the first record of a case need not wait until all of its others are read.
//!
//! Invariant: a case that is still to come back has not been in memory since the assignment, so all of it is in the tables.

use std::time::Duration;

use super::{GO_ON, Went, Worker};
use crate::model::case_state::CaseStatus;
use crate::store::Table;
use crate::stream::StreamError;
use crate::stream::memory::Held;
use crate::stream::restore::stored_states;

/// What a stored record takes in memory, at most as a rule: in the join and beside it, with what has been found of it.
pub(super) const RECORD_BYTES: usize = 512;

impl Worker {
    /// The clocks of the cases that the tables know of, without taking the cases into memory; which of them are to come back.
    pub(super) async fn tell_clocks(&mut self) -> Result<(), StreamError> {
        let (partition, urgency) = (self.channels.partition, &self.shared.urgency);
        let mut open = Vec::new();
        for (case_id, state) in stored_states(&self.shared.store, partition).await? {
            urgency.note(partition, &case_id, &state);
            if !matches!(state.status(), CaseStatus::Closed { .. }) && !self.aside.contains(&case_id) {
                open.push(case_id);
            }
        }
        urgency.sort(partition, &mut open);
        self.to_recall = open.into();
        Ok(())
    }

    /// Takes the next open case back, if there is room for it besides all that the pipelines hold. If there is none, or if
    /// the tables cannot be read, no more of them come back by themselves.
    pub(super) async fn recall(&mut self) -> Result<Went, StreamError> {
        let Some(case_id) = self.to_recall.pop_front() else { return Ok(GO_ON) };
        if self.pipeline.state_of(&case_id).is_some() {
            return Ok(GO_ON);
        }
        match self.recall_if_room(&case_id).await {
            // Whoever needs a case that cannot be read will say so; nobody does yet.
            Err(StreamError::Store(error)) => {
                tracing::warn!(partition = self.channels.partition, case_id, %error, "a case cannot be taken back");
                self.to_recall.clear();
                Ok(GO_ON)
            }
            other => other,
        }
    }

    async fn recall_if_room(&mut self, case_id: &str) -> Result<Went, StreamError> {
        let records = self.shared.store.rows_of(Table::Fixes, case_id).await?;
        let bytes = usize::try_from(records).unwrap_or(usize::MAX).saturating_mul(RECORD_BYTES);
        let held = Held { all: self.pipeline.bytes().saturating_add(bytes), at_work: 0 };
        // What comes with messages needs room as well.
        if !self.memory.reserve(held, self.options.cases_bytes() / 2) {
            self.to_recall.clear();
            return Ok(GO_ON);
        }
        let restored = self.restore(case_id, Duration::ZERO).await;
        self.give_room()?;
        restored
    }
}
