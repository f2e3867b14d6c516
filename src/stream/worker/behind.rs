//! What the derived tables lack of what the tables of truth say of a case, worked out and said.

use std::time::Duration;

use super::{BROKEN_OFF, GO_ON, Went, Worker};
use crate::stream::StreamError;
use crate::stream::catch_up::{cases_since, lacking};

impl Worker {
    /// Works out again what follows from messages that are stored, where the process ended before it was.
    pub(super) async fn catch_up(&mut self) -> Result<Went, StreamError> {
        let Some((fixes, cases)) = self.standing.behind() else { return Ok(GO_ON) };
        let mut lagging = cases_since(&self.shared.store, self.channels.partition, fixes, cases).await?;
        lagging.retain(|case_id| !self.aside.contains(case_id));
        for case_id in &lagging {
            if self.make_up_for(case_id, "worked out again after a stop").await?.is_break() {
                return Ok(BROKEN_OFF);
            }
            // The truth about it is stored.
            self.make_room()?;
        }
        self.unsaved = true;
        self.commit().await?;
        self.wait_saved().await?;
        Ok(GO_ON)
    }

    /// Takes a case into memory of which everything is stored that was read, and says what was not said of it.
    pub(super) async fn make_up_for(&mut self, case_id: &str, why: &str) -> Result<Went, StreamError> {
        if self.restore(case_id, Duration::ZERO).await?.is_break() {
            return Ok(BROKEN_OFF);
        }
        let outcome = lacking(&self.shared.store, &mut self.pipeline, case_id, why).await?;
        self.shared.publisher.say(&outcome.proximities, &outcome.encounters, &[], self.next.messages(), None)?;
        self.stage_derived(&outcome)?;
        Ok(GO_ON)
    }
}
