//! The task that evaluates what has changed.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::DataFusionError;
use tokio::sync::{broadcast, watch};
use url::Url;

use super::queue::Queue;
use super::recent::Recent;
use super::told::Told;
use crate::access::{Role, Scope, Viewer};
use crate::evaluate::{Case, Kept, Settings, Topic};
use crate::model::ProximityParams;
use crate::query::{Brought, CaseSaid, Desk, DeskOptions, Known, Limits, QueryError, Session, StoredCase};
use crate::source::CaseLag;
use crate::stream::{Changed, LiveFlag, LiveKind};
use crate::time::Stopwatch;

/// After an evaluation the task rests so many times as long as that took: it has a quarter of a core at most.
const RESTS: f64 = 3.0;
/// And at least so long: records come in many commits.
const LEAST_REST: Duration = Duration::from_millis(200);
/// What reading a case may take.
const LIMITS: Limits =
    Limits { wall_time: Duration::from_mins(10), rows: 100_000_000, memory_bytes: 1 << 30, at_once: 1 };

/// What an assessor is made of.
#[derive(Debug)]
pub struct AssessorParts {
    /// Where the tables are.
    pub data: Url,
    /// How they are read.
    pub desk: DeskOptions,
    /// What counts as near, together and one encounter: that of the store.
    pub params: ProximityParams,
    /// What findings are computed with.
    pub settings: Settings,
    /// The cases that change.
    pub changed: Changed,
    /// The cases in custody, the most urgent first.
    pub cases: watch::Receiver<Vec<CaseLag>>,
    /// Where what is new is told.
    pub told: broadcast::Sender<LiveFlag>,
}

/// Evaluates cases as they change, on threads of its own: what is under way when the server ends is left where it is.
pub struct Assessor {
    location: Url,
    session: Session,
    known: Known,
    settings: Arc<Settings>,
    changed: Changed,
    cases: watch::Receiver<Vec<CaseLag>>,
    out: broadcast::Sender<LiveFlag>,
    queue: Queue,
    recent: Recent,
    told: Told,
}

impl std::fmt::Debug for Assessor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assessor").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl Assessor {
    /// Opens the tables, and notes from now on what changes.
    ///
    /// # Errors
    /// [`QueryError`] if they cannot be read.
    pub async fn open(parts: AssessorParts) -> Result<Self, QueryError> {
        let AssessorParts { data, desk, params, settings, changed, cases, told } = parts;
        let viewer = Viewer { account: "findings".to_owned(), role: Role::Analyst, scope: Scope::Everything };
        let session = Desk::open(&data, desk)?.session(viewer, LIMITS, Brought::new()).await?;
        changed.listen();
        let (known, settings) = (Known { params, ..Known::default() }, Arc::new(settings));
        let (queue, recent, said) = (Queue::default(), Recent::default(), Told::default());
        Ok(Self { location: data, session, known, settings, changed, cases, out: told, queue, recent, told: said })
    }

    /// Evaluates for ever. A case that cannot be read or evaluated is said in the log, and tried again when it changes.
    pub async fn run(mut self) {
        loop {
            let more = if self.queue.is_empty() { self.changed.take().await } else { self.changed.now() };
            self.queue.add(more);
            let next = self.queue.next(&self.cases.borrow());
            let Some(case_id) = next else { continue };
            let watch = Stopwatch::start();
            match self.assess(&case_id).await {
                Ok(told) => tracing::debug!(case = %case_id, told, seconds = watch.seconds(), "findings"),
                Err(error) => tracing::warn!(case = %case_id, %error, "the case could not be evaluated"),
            }
            let rest = Duration::try_from_secs_f64(RESTS * watch.seconds()).unwrap_or(LEAST_REST);
            tokio::time::sleep(rest.max(LEAST_REST)).await;
        }
    }

    /// Evaluates a case as it is stored, and tells what is new, each topic as soon as it is known; how much was told.
    ///
    /// # Errors
    /// [`QueryError`] if the case cannot be read, or an evaluation was broken off, which is a defect.
    async fn assess(&mut self, case_id: &str) -> Result<usize, QueryError> {
        let rows = self.session.case_rows(case_id).await?;
        let said = CaseSaid::at(&self.location, case_id).await?;
        let (known, settings, before) = (self.known.clone(), Arc::clone(&self.settings), self.recent.take(case_id));
        let read = move || {
            let stored = StoredCase::of(&rows, said, &known)?;
            // A case of which nobody's records are there is not evaluated: what was told of it is gone.
            let attributed = !stored.is_empty();
            Ok::<_, DataFusionError>((attributed, standing(before, stored.case, settings)))
        };
        let (attributed, mut kept) = self.session.compute(read).await??;
        let mut told = 0;
        for topic in Topic::ALL {
            let evaluate = move || {
                let findings = if attributed { kept.findings(topic) } else { Vec::new() };
                (kept, findings)
            };
            let (back, findings) = self.session.compute(evaluate).await?;
            kept = back;
            for json in self.told.tell(case_id, topic, findings) {
                told += 1;
                // Nobody may be watching.
                _ = self.out.send(LiveFlag { kind: LiveKind::Finding, case_id: case_id.into(), json: json.into() });
            }
        }
        self.recent.put(case_id, kept);
        Ok(told)
    }
}

/// The case as it is now, with what is known of it from before.
fn standing(before: Option<Kept>, case: Case, settings: Arc<Settings>) -> Kept {
    let Some(mut kept) = before else { return Kept::new(case, settings) };
    kept.replace(case);
    kept
}
