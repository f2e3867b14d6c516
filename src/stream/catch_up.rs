//! After a crash between two commits, and of a case that was set aside: what the derived tables lack of what the truth says.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{AsArray as _, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use futures::TryStreamExt as _;

use super::StreamError;
use super::input::{EncounterOut, Outcome, ProximityOut};
use super::pipeline::Pipeline;
use super::said::{EncounterRevision, EncounterSaid, ProximitySaid, revisions};
use crate::encounter::ContentId;
use crate::model::{Grade, TargetKind};
use crate::store::{Store, Table, Wanted};

/// The cases that a partition's messages from these offsets on are of.
///
/// # Errors
/// If the tables cannot be read.
pub async fn cases_since(
    store: &Store,
    partition: i32,
    fixes: i64,
    cases: i64,
) -> Result<BTreeSet<String>, StreamError> {
    let mut found = BTreeSet::new();
    for (table, from) in [(Table::Fixes, fixes), (Table::CaseEvents, cases)] {
        let wanted = Wanted { case_id: None, partition: Some(partition), from_offset: Some(from) };
        let mut batches = store.read(table, wanted).await?;
        while let Some(batch) = batches.try_next().await? {
            let names = texts(&batch, "case_id")?;
            found.extend(names.iter().flatten().map(str::to_owned));
        }
    }
    // Files that were merged may hold rows of other partitions: working a case out again changes nothing that is true.
    Ok(found)
}

/// What has to be said of a restored case so that the tables say what is true, and why it is said only now.
///
/// # Errors
/// If the tables cannot be read.
pub async fn lacking(store: &Store, pipeline: &mut Pipeline, case_id: &str, why: &str) -> Result<Outcome, StreamError> {
    let why = why.to_owned();
    let (proximities, encounters) = pipeline.said_of(case_id).unwrap_or_default();
    let mut stored = stored_proximities(&store.current_proximities(case_id).await?)?;
    let mut outcome = Outcome::default();
    let case = || case_id.to_owned();
    for said in proximities {
        if stored.remove(&said.id).as_ref() != Some(&said) {
            outcome.proximities.push(ProximityOut { case_id: case(), said, withdrawn: false, why: why.clone() });
        }
    }
    outcome.proximities.extend(stored.into_values().map(|said| ProximityOut {
        case_id: case(),
        said,
        withdrawn: true,
        why: why.clone(),
    }));
    let stored = stored_encounters(&store.current_encounters(case_id).await?)?;
    let changed: Vec<EncounterRevision> = revisions(stored, &encounters);
    outcome.encounters.extend(changed.into_iter().map(|said| EncounterOut { case_id: case(), said, why: why.clone() }));
    Ok(outcome)
}

fn texts<'a>(batch: &'a RecordBatch, column: &'static str) -> Result<&'a StringArray, StreamError> {
    batch.column_by_name(column).and_then(|c| c.as_string_opt::<i32>()).ok_or(StreamError::Columns { column })
}

fn whole<'a>(batch: &'a RecordBatch, column: &'static str) -> Result<&'a [i64], StreamError> {
    let found = batch.column_by_name(column).ok_or(StreamError::Columns { column })?;
    let times = found.as_primitive_opt::<TimestampMicrosecondType>().map(|c| &**c.values());
    times
        .or_else(|| found.as_primitive_opt::<Int64Type>().map(|c| &**c.values()))
        .ok_or(StreamError::Columns { column })
}

fn real<'a>(batch: &'a RecordBatch, column: &'static str) -> Result<&'a [f64], StreamError> {
    let found = batch.column_by_name(column).and_then(|c| c.as_primitive_opt::<Float64Type>());
    found.map(|c| &**c.values()).ok_or(StreamError::Columns { column })
}

fn truth<'a>(batch: &'a RecordBatch, column: &'static str) -> Result<&'a BooleanArray, StreamError> {
    batch.column_by_name(column).and_then(|c| c.as_boolean_opt()).ok_or(StreamError::Columns { column })
}

fn word<T>(parsed: Option<T>, column: &'static str) -> Result<T, StreamError> {
    parsed.ok_or(StreamError::Columns { column })
}

/// The proximities that hold, as stored.
fn stored_proximities(batch: &RecordBatch) -> Result<BTreeMap<ContentId, ProximitySaid>, StreamError> {
    let mut found = BTreeMap::new();
    let status = texts(batch, "status")?;
    for row in (0..batch.num_rows()).filter(|row| status.value(*row) == "current") {
        let said = ProximitySaid {
            id: ContentId::from_i64(whole(batch, "proximity_id")?[row]),
            fix: ContentId::from_i64(whole(batch, "fix_id")?[row]),
            target_kind: word(TargetKind::parse(texts(batch, "target_kind")?.value(row)), "target_kind")?,
            target_id: texts(batch, "target_id")?.value(row).to_owned(),
            device: texts(batch, "device_id")?.value(row).to_owned(),
            t0_us: whole(batch, "t0")?[row],
            t1_us: whole(batch, "t1")?[row],
            distance_m: real(batch, "distance_m")?[row],
            grade: word(Grade::parse(texts(batch, "grade")?.value(row)), "grade")?,
            p_within: real(batch, "p_within")?[row],
        };
        found.insert(said.id, said);
    }
    Ok(found)
}

/// The encounters that hold, of rows of the table `encounters` (the last revision of each).
///
/// # Errors
/// [`StreamError::Columns`] if they are not such rows.
pub fn stored_encounters(batch: &RecordBatch) -> Result<Vec<EncounterSaid>, StreamError> {
    let status = texts(batch, "status")?;
    let rows = (0..batch.num_rows()).filter(|row| status.value(*row) == "current");
    rows.map(|row| encounter(batch, row)).collect()
}

fn encounter(batch: &RecordBatch, row: usize) -> Result<EncounterSaid, StreamError> {
    let text = |column| texts(batch, column).map(|c| c.value(row).to_owned());
    let number = |column| whole(batch, column).map(|c| c[row]);
    let count = |column| number(column).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let id = ContentId::parse(texts(batch, "encounter_id")?.value(row));
    let valid = |column: &str| batch.column_by_name(column).is_some_and(|c| c.is_valid(row));
    Ok(EncounterSaid {
        id: word(id, "encounter_id")?,
        content: text("content_id")?,
        device: text("device_id")?,
        target_kind: word(TargetKind::parse(&text("target_kind")?), "target_kind")?,
        target: text("target")?,
        enter_us: number("enter")?,
        exit_us: number("exit")?,
        grade: word(Grade::parse(&text("grade")?), "grade")?,
        p_within_max: real(batch, "p_within_max")?[row],
        p_within_mean: real(batch, "p_within_mean")?[row],
        min_distance_m: real(batch, "min_distance_m")?[row],
        closest_approach_m: valid("closest_approach_m")
            .then(|| real(batch, "closest_approach_m").map(|c| c[row]))
            .transpose()?,
        closest_approach_us: valid("closest_approach_at").then(|| number("closest_approach_at")).transpose()?,
        suspect_fixes: count("suspect_fixes")?,
        target_fixes: count("target_fixes")?,
        sources: text("sources")?.split(',').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        single_fix: truth(batch, "single_fix")?.value(row),
        proximities: count("proximities")?,
        closed: truth(batch, "closed")?.value(row),
    })
}
