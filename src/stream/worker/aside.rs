//! Cases that do not fit in memory: set aside, so that the others of their partition go on.
//!
//! ```text
//!  no memory for case C ─> noted, the pipeline ends ─> it starts again, without C
//!     records and events of C ─> stored as ever: the truth lacks nothing
//!     what is derived         ─> said of the others; its tables' offsets stay where they stand
//!  others leave room ─> C is tried again (again.rs)
//!  assigned anew     ─> C is tried again; what is derived lags, so all cases since then are worked out again
//! ```

use std::time::Duration;

use super::{BROKEN_OFF, GO_ON, Went, Worker};
use crate::stream::StreamError;
use crate::stream::pipeline::Pipeline;
use crate::stream::restore::{stored_case, stored_events, stored_ids};
use crate::stream::shared::Shared;

impl Worker {
    /// Notes the case that an error is about, if it is large enough to be the reason, and not the last of many.
    pub(super) fn set_aside(&self, error: &StreamError) {
        let StreamError::NoRoom { case_id, bytes, .. } = error else { return };
        if *bytes >= self.memory.share(self.options.cases_bytes()) / 2 {
            tracing::error!(
                partition = self.channels.partition,
                case_id,
                bytes,
                "a case is set aside: it does not fit"
            );
            self.shared.urgency.set_aside(self.channels.partition, case_id, *bytes);
        }
    }

    /// Takes a case of which the store holds something into memory, or what must be there of it. If the channels end it is
    /// broken off so long after: the pipeline is of no use then, part of the case may be in it.
    pub(super) async fn restore(&mut self, case_id: &str, wanted_for: Duration) -> Result<Went, StreamError> {
        let Self { channels, shared, pipeline, aside, .. } = self;
        tokio::select! {
            biased;
            () = channels.ended_for(wanted_for) => Ok(BROKEN_OFF),
            restored = restore(shared, pipeline, case_id, aside.contains(case_id)) => restored.map(|()| GO_ON),
        }
    }
}

async fn restore(shared: &Shared, pipeline: &mut Pipeline, case_id: &str, aside: bool) -> Result<(), StreamError> {
    let store = &shared.store;
    if aside {
        let events = stored_events(store, case_id).await?;
        pipeline.set_aside(case_id, &events, &stored_ids(store, case_id).await?);
        return Ok(());
    }
    let stored = stored_case(store, case_id).await?;
    shared.telemetry.case_restored();
    pipeline.restore(case_id, &stored).await
}
