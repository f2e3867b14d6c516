//! The task that evaluates what has changed.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::DataFusionError;
use tokio::sync::{broadcast, watch};
use url::Url;

use super::queue::Queue;
use super::recent::{Basis, Evaluated, Recent};
use super::told::Told;
use crate::access::{Role, Scope, Viewer};
use crate::evaluate::{Kept, Settings, Topic};
use crate::model::ProximityParams;
use crate::query::{
    Brought, CaseRows, CaseSaid, Desk, DeskOptions, Known, Limits, QueryError, ReadSoFar, Reading, Session, StoredCase,
};
use crate::source::CaseLag;
use crate::stream::telemetry::{CaseRead, Telemetry};
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
    /// Memory for cases that were evaluated.
    pub memory_bytes: usize,
    /// The cases that change.
    pub changed: Changed,
    /// The cases in custody, the most urgent first.
    pub cases: watch::Receiver<Vec<CaseLag>>,
    /// Where what is new is told.
    pub told: broadcast::Sender<LiveFlag>,
    /// Where evaluations are counted.
    pub telemetry: Arc<Telemetry>,
}

/// Evaluates cases as they change, on threads of its own: what is under way when the server ends is left where it is.
pub struct Assessor {
    session: Session,
    known: Known,
    settings: Arc<Settings>,
    changed: Changed,
    cases: watch::Receiver<Vec<CaseLag>>,
    out: broadcast::Sender<LiveFlag>,
    telemetry: Arc<Telemetry>,
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
        let AssessorParts { data, desk, params, settings, memory_bytes, changed, cases, told, telemetry } = parts;
        let viewer = Viewer { account: "findings".to_owned(), role: Role::Analyst, scope: Scope::Everything };
        let session = Desk::open(&data, desk)?.session(viewer, LIMITS, Brought::new()).await?;
        changed.listen();
        let (known, settings) = (Known { params, ..Known::default() }, Arc::new(settings));
        let (queue, recent, said) = (Queue::default(), Recent::within(memory_bytes), Told::default());
        Ok(Self { session, known, settings, changed, cases, out: told, telemetry, queue, recent, told: said })
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
                Ok((read, told)) => {
                    let seconds = watch.seconds();
                    self.telemetry.evaluated(read, seconds);
                    tracing::debug!(case = %case_id, ?read, told, seconds, "findings");
                }
                Err(error) => tracing::warn!(case = %case_id, %error, "the case could not be evaluated"),
            }
            let rest = Duration::try_from_secs_f64(RESTS * watch.seconds()).unwrap_or(LEAST_REST);
            tokio::time::sleep(rest.max(LEAST_REST)).await;
        }
    }

    /// The case as it is stored, and what was read of it. Of one that was evaluated before only those records are read that came since, if what
    /// people said of it is as it was.
    async fn standing(&mut self, case_id: &str) -> Result<(CaseRead, Evaluated), QueryError> {
        let reading = self.session.reading();
        let mut before = None;
        if let Some(case) = self.recent.take(case_id) {
            let (is_all, case) = self.grown(case, case_id, &reading).await?;
            if is_all {
                return Ok((CaseRead::Since, case));
            }
            before = Some(case);
        }
        let (rows, said) = (reading.rows_as_stored(case_id).await?, reading.said(case_id).await?);
        let (known, settings) = (self.known.clone(), Arc::clone(&self.settings));
        let case = self.session.compute(move || standing(before, (&rows, said), &known, settings)).await??;
        Ok((CaseRead::Whole, case))
    }

    /// The case with the records that came since, and whether it stands so; else as it was.
    async fn grown(
        &self,
        case: Evaluated,
        case_id: &str,
        reading: &Reading<'_>,
    ) -> Result<(bool, Evaluated), QueryError> {
        let Some(read) = case.read else { return Ok((false, case)) };
        let Some(rows) = reading.rows_since(case_id, &read).await? else { return Ok((false, case)) };
        let (said, known) = (reading.said(case_id).await?, self.known.clone());
        Ok(self.session.compute(move || grown(case, (&rows, said), &known)).await??)
    }

    /// Evaluates a case as it is stored, and tells what is new, each topic as soon as it is known; what was read, and how much
    /// was told.
    ///
    /// # Errors
    /// [`QueryError`] if the case cannot be read, or an evaluation was broken off, which is a defect.
    async fn assess(&mut self, case_id: &str) -> Result<(CaseRead, usize), QueryError> {
        let (read, mut case) = self.standing(case_id).await?;
        let mut told = 0;
        for topic in Topic::ALL {
            let evaluate = move || {
                let findings = if case.attributed { case.kept.findings(topic) } else { Vec::new() };
                (case, findings)
            };
            let (back, findings) = self.session.compute(evaluate).await?;
            case = back;
            for json in self.told.tell(case_id, topic, findings) {
                told += 1;
                // Nobody may be watching.
                _ = self.out.send(LiveFlag { kind: LiveKind::Finding, case_id: case_id.into(), json: json.into() });
            }
        }
        self.recent.put(case_id, case);
        Ok((read, told))
    }
}

/// The case as it is now, with what is known of it from before.
fn standing(
    before: Option<Evaluated>,
    (rows, said): (&CaseRows, CaseSaid),
    known: &Known,
    settings: Arc<Settings>,
) -> Result<Evaluated, DataFusionError> {
    let (basis, read) = (Basis::of(rows, &said), ReadSoFar::of(&rows.records)?);
    let stored = StoredCase::of(rows, said, known)?;
    let attributed = !stored.is_empty();
    let kept = match before {
        Some(Evaluated { mut kept, .. }) => {
            kept.replace(stored.case);
            kept
        }
        None => Kept::new(stored.case, settings),
    };
    Ok(Evaluated { kept, attributed, basis, read })
}

/// The case with the records that came since, and whether they are all that is new; else as it was.
fn grown(
    mut case: Evaluated,
    (rows, said): (&CaseRows, CaseSaid),
    known: &Known,
) -> Result<(bool, Evaluated), DataFusionError> {
    if Basis::of(rows, &said) != case.basis {
        return Ok((false, case));
    }
    let (more, new) = (StoredCase::of(rows, said, known)?, ReadSoFar::of(&rows.records)?);
    // What is set aside is counted with what was set aside before.
    let is_all = more.outside.is_empty() && case.kept.grow(&more.case);
    if is_all {
        case.read = case.read.into_iter().chain(new).reduce(ReadSoFar::and);
    }
    Ok((is_all, case))
}
