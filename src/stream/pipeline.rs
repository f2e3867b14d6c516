//! One pipeline: the cases of one partition, and the steps that keep what is said of them true.
//!
//! A step takes decoded messages and gives what has to be stored and said. It is a function of them and of what was
//! taken in before, and asks no clock.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array as _, BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

use super::StreamError;
use super::by_case::{case_column, used_words};
use super::case::{Case, dereference};
use super::cases::Cases;
use super::derive;
use super::input::{EncounterOut, Input, NewFixes, Outcome, ProximityOut};
use super::matching::{Matching, Row};
use super::said::EncounterSaid;
use super::settle::{Before, Work, settle};
use crate::decode::FixView;
use crate::decode::message::CASE_ID;
use crate::encounter::{ContentId, contact, fix_row_id, together};
use crate::model::{CaseEvent, CaseState, ProximityParams};

/// What is stored of a case, to be taken into memory again.
#[derive(Debug, Clone, Default)]
pub struct StoredCase {
    /// Its events.
    pub events: Vec<CaseEvent>,
    /// Its fixes: rows that hold the columns of [`fix_schema`](crate::decode::fix_schema).
    pub fixes: Vec<NewFixes>,
}

/// The pipeline of one partition.
#[derive(Debug)]
pub struct Pipeline {
    params: ProximityParams,
    matching: Matching,
    cases: Cases,
    step: u64,
    case_limit_bytes: usize,
    at_work_bytes: usize,
}

impl Pipeline {
    /// A pipeline without cases; `context` is a session of [`crate::join::session()`].
    ///
    /// # Errors
    /// [`StreamError::Join`] if the join cannot be planned.
    pub async fn start(context: &SessionContext, params: ProximityParams) -> Result<Self, StreamError> {
        Ok(Self {
            params,
            matching: Matching::start(context).await?,
            cases: Cases::default(),
            step: 0,
            case_limit_bytes: usize::MAX,
            at_work_bytes: 0,
        })
    }

    /// No case may need more than so many bytes; without this, as many as there are.
    #[must_use]
    pub const fn with_case_limit(mut self, bytes: usize) -> Self {
        self.case_limit_bytes = bytes;
        self
    }

    /// The cases that a step with this input needs and that are not in memory.
    #[must_use]
    pub fn missing(&mut self, input: &Input) -> BTreeSet<String> {
        let mut needed: BTreeSet<String> = input.events.iter().map(|(_, e)| e.case_id.clone()).collect();
        for batch in &input.fixes {
            if let Some((keys, names)) = case_column(batch) {
                let used = used_words(keys, names.len());
                needed
                    .extend(names.iter().zip(used).filter_map(|(name, used)| name.filter(|_| used)).map(str::to_owned));
            }
        }
        needed.retain(|id| self.cases.by_name(id).is_none());
        needed
    }

    /// Takes a case into memory again: what was said of it is found again and not said again.
    ///
    /// # Errors
    /// [`StreamError`] if the join fails, or what is stored is not of a case.
    pub async fn restore(&mut self, case_id: &str, stored: &StoredCase) -> Result<(), StreamError> {
        let case = self.cases.entry(case_id, self.step);
        case.recall(&stored.events);
        for batch in &stored.fixes {
            let view = FixView::new(&batch.rows)?;
            for (row, id) in batch.ids.iter().enumerate() {
                case.add(*id, &view.row(row), view.exhibit.word(row));
            }
        }
        let work = Work { again: true, ..Work::default() };
        // What comes of it was said before.
        self.evaluate(BTreeMap::from([(case_id.to_owned(), work)])).await.map(drop)
    }

    /// Takes a case into memory that does not fit there, as far as it must be: what people say about it, and which records
    /// are known. New ones are told apart from those that were known, so that they can be stored; nothing is said of them.
    pub fn set_aside(&mut self, case_id: &str, events: &[CaseEvent], known: &[ContentId]) {
        let case = self.cases.entry(case_id, self.step);
        case.set_aside(known);
        case.recall(events);
        let number = case.number;
        self.cases.count(number);
    }

    /// What people say about a case in memory.
    #[must_use]
    pub fn state_of(&mut self, case_id: &str) -> Option<&CaseState> {
        self.cases.by_name(case_id).map(|case| &case.state)
    }

    /// How many steps have been made.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.step
    }

    /// About how many bytes the cases take, in the join and beside it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.matching.bytes_held() + self.cases.bytes()
    }

    /// About how many bytes the largest case takes that the last step was at work on.
    #[must_use]
    pub const fn at_work_bytes(&self) -> usize {
        self.at_work_bytes
    }

    /// How many cases are in memory.
    #[must_use]
    pub fn cases_in_memory(&self) -> usize {
        self.cases.len()
    }

    /// The case that was needed longest ago, of those that no step after `step` needed.
    #[must_use]
    pub fn idle(&self, step: u64) -> Option<String> {
        self.cases.idle(step).map(str::to_owned)
    }

    /// Lets a case go from memory. What was taken in of it must be stored before it is restored.
    ///
    /// # Errors
    /// [`StreamError::Join`] on a defect.
    pub fn forget(&mut self, case_id: &str) -> Result<(), StreamError> {
        match self.cases.close(case_id) {
            Some(number) => Ok(self.matching.forget(&[number])?),
            None => Ok(()),
        }
    }

    /// What is said of a case in memory now: proximities and encounters, by identifier.
    ///
    /// # Errors
    /// [`StreamError::Fold`] on a defect.
    pub fn said_of(&mut self, case_id: &str) -> Option<(Vec<super::ProximitySaid>, Vec<EncounterSaid>)> {
        let params = self.params;
        let case = self.cases.by_name(case_id)?;
        let mut proximities: Vec<_> =
            case.groups.contacts().filter_map(|(key, c)| derive::proximity(case, c, key.kind, &params)).collect();
        proximities.sort_by_key(|p| p.id);
        let mut encounters: Vec<_> = case.groups.encounters().cloned().collect();
        encounters.sort_by_key(|e| e.id);
        Some((proximities, encounters))
    }

    /// Takes decoded messages in. Every case that [`Self::missing`] names must have been restored, if it is stored.
    ///
    /// # Errors
    /// [`StreamError`] if the join fails; the pipeline is then to be started again from what is stored.
    pub async fn step(&mut self, input: Input) -> Result<Outcome, StreamError> {
        self.step += 1;
        let mut outcome = Outcome::default();
        let mut work: BTreeMap<String, Work> = BTreeMap::new();
        for (offset, event) in input.events {
            self.take_event(&event, &mut work);
            outcome.events.push((offset, event));
        }
        for batch in &input.fixes {
            self.take_fixes(batch, &mut work, &mut outcome)?;
        }
        let (proximities, encounters) = self.evaluate(work).await?;
        (outcome.proximities, outcome.encounters) = (proximities, encounters);
        Ok(outcome)
    }

    fn case(&mut self, id: &str) -> &mut Case {
        self.cases.entry(id, self.step)
    }

    fn take_event(&mut self, event: &CaseEvent, work: &mut BTreeMap<String, Work>) {
        let changes = self.case(&event.case_id).apply(event);
        if changes {
            let work = work.entry(event.case_id.clone()).or_default();
            work.again = true;
            work.why.insert(because(event));
        }
    }

    fn take_fixes(
        &mut self,
        batch: &RecordBatch,
        work: &mut BTreeMap<String, Work>,
        outcome: &mut Outcome,
    ) -> Result<(), StreamError> {
        let view = FixView::new(batch)?;
        let Some((keys, names)) = case_column(batch) else {
            return Err(StreamError::Columns { column: CASE_ID });
        };
        // Numbers of new records, by the case's word.
        let mut new: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
        let mut is_new = Vec::with_capacity(batch.num_rows());
        let mut ids: Vec<ContentId> = Vec::with_capacity(batch.num_rows());
        let used = used_words(keys, names.len());
        let words: Vec<Option<i64>> = names
            .iter()
            .zip(used)
            .map(|(name, used)| name.filter(|_| used).map(|name| self.case(name).number))
            .collect();
        for row in 0..batch.num_rows() {
            let word = usize::try_from(keys.value(row)).unwrap_or_default();
            let case = words.get(word).copied().flatten().and_then(|number| self.cases.get(number));
            let Some(case) = case else {
                is_new.push(false);
                continue;
            };
            let (fix, exhibit) = (view.row(row), view.exhibit.word(row));
            let id = fix_row_id(&fix, exhibit);
            let number = case.add(id, &fix, exhibit);
            is_new.push(number.is_some());
            if let (Some(number), Some(new)) = (number, new.get_mut(word)) {
                new.push(number);
                ids.push(id);
            }
        }
        for (word, new) in new.into_iter().enumerate().filter(|(_, new)| !new.is_empty()) {
            work.entry(names.value(word).to_owned()).or_default().new.extend(new);
        }
        outcome.repeated += (batch.num_rows() - ids.len()) as u64;
        if !ids.is_empty() {
            let rows = if ids.len() == batch.num_rows() {
                batch.clone()
            } else {
                filter_record_batch(batch, &BooleanArray::from(is_new))?
            };
            outcome.fixes.push(NewFixes { rows, ids });
        }
        Ok(())
    }

    /// Finds what the step's records and statements change, and says it.
    async fn evaluate(
        &mut self,
        work: BTreeMap<String, Work>,
    ) -> Result<(Vec<ProximityOut>, Vec<EncounterOut>), StreamError> {
        let params = self.params;
        let again: Vec<i64> = work
            .iter()
            .filter(|(_, w)| w.again)
            .filter_map(|(id, _)| self.cases.by_name(id).map(|c| c.number))
            .collect();
        self.matching.forget(&again)?;
        let (mut suspects, mut targets) = (Vec::new(), Vec::new());
        let mut before: BTreeMap<String, Before> = BTreeMap::new();
        for (id, work) in &work {
            let Some(case) = self.cases.by_name(id).filter(|case| !case.is_aside()) else { continue };
            let bytes = case.needs_bytes();
            if bytes > self.case_limit_bytes {
                let detail = format!("{} are all that one may need", self.case_limit_bytes);
                return Err(StreamError::NoRoom { case_id: id.clone(), bytes, detail });
            }
            if work.again {
                before.insert(id.clone(), Before::take(case, &params));
                put_all(case, &params, &mut suspects, &mut targets);
            } else {
                put_new(case, &work.new, &params, &mut suspects, &mut targets);
            }
        }
        self.matching.put_targets(&targets)?;
        self.matching.put_suspects(&suspects)?;
        let pairs = match self.matching.drain().await {
            Ok(pairs) => pairs,
            Err(error) => return Err(self.refused(error, work.keys())),
        };
        let mut said = Vec::new();
        for (fix, target) in pairs {
            self.take_pair(fix, target, &mut said);
        }
        let mut out = (said, Vec::new());
        self.at_work_bytes = 0;
        for (id, work) in work {
            let Some(case) = self.cases.by_name(&id) else { continue };
            let before = before.remove(&id);
            settle(case, &work, before, &params, &mut out)?;
            let number = case.number;
            self.at_work_bytes = self.at_work_bytes.max(self.cases.count(number));
        }
        Ok(out)
    }

    /// Which case the join had no memory for, if it was that: the one of the step that needs most.
    fn refused<'a>(&mut self, error: DataFusionError, step: impl Iterator<Item = &'a String>) -> StreamError {
        if !matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) {
            return StreamError::Join(error);
        }
        let needs = step.filter_map(|id| Some((self.cases.by_name(id)?.needs_bytes(), id)));
        match needs.max() {
            Some((bytes, id)) => StreamError::NoRoom { case_id: id.clone(), bytes, detail: error.to_string() },
            None => StreamError::Join(error),
        }
    }

    fn take_pair(&mut self, fix: i64, target: i64, said: &mut Vec<ProximityOut>) {
        let params = self.params;
        let ((number, fix), (_, target)) = (dereference(fix), dereference(target));
        let Some(case) = self.cases.get(number) else { return };
        let Some(record) = case.records.get(fix as usize).copied() else { return };
        if case.is_itself(&record, target) {
            return;
        }
        let (Some(point), Some(end)) = (case.target(target), case.target_end(target)) else { return };
        let Some(found) = contact((fix, &record.end()), (target, &end), &params) else { return };
        let time = together((record.t0_us, record.t1_us), (point.t0_us, point.t1_us), params.window_us);
        case.groups.put(Case::group_of(&record, &point), time, found, params.gap_us);
        if let Some(proximity) = derive::proximity(case, &found, point.kind, &params) {
            let case_id = case.id.clone();
            said.push(ProximityOut { case_id, said: proximity, withdrawn: false, why: String::new() });
        }
    }
}

/// Every record and target of a case into the join.
fn put_all(case: &Case, params: &ProximityParams, suspects: &mut Vec<Row>, targets: &mut Vec<Row>) {
    targets.extend(case.holding().iter().filter_map(|number| case.stated_row(*number, params)));
    let all: Vec<u32> = (0u32..).take(case.records.len()).collect();
    put_new(case, &all, params, suspects, targets);
}

fn put_new(case: &Case, new: &[u32], params: &ProximityParams, suspects: &mut Vec<Row>, targets: &mut Vec<Row>) {
    for &number in new {
        let Some(record) = case.records.get(number as usize) else { continue };
        let part = case.part(record);
        if part.suspect {
            suspects.push(case.suspect_row(number, record));
        }
        if part.victim {
            targets.push(case.victim_row(number, record, params));
        }
    }
}

/// Why a statement was made, for whoever reads the table.
fn because(event: &CaseEvent) -> String {
    let reason = if event.reason.is_empty() { String::new() } else { format!(": {}", event.reason) };
    format!("{} by {} ({}){reason}", event.change.kind(), event.author, event.event_id)
}
