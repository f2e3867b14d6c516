//! What an import changed: the case's encounters before and after.

use std::collections::BTreeMap;

use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;

use crate::store::Store;

use super::ImportError;

/// An encounter as the table has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) content_id: String,
    pub(super) device: String,
    pub(super) target_kind: String,
    pub(super) target: String,
    pub(super) enter_us: i64,
    pub(super) exit_us: i64,
    pub(super) grade: String,
    pub(super) min_distance_m: f64,
    pub(super) status: String,
}

/// How an encounter is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Opened,
    Grew,
    Superseded,
    Withdrawn,
}

impl Change {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Grew => "grew",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Encounters by their identifier.
pub(super) type Encounters = BTreeMap<String, Stored>;

const CURRENT: &str = "current";

/// What is different, in the order of time.
pub(super) fn between(before: &Encounters, after: &Encounters) -> Vec<(Change, Stored)> {
    let mut changes = Vec::new();
    for (id, now) in after {
        let was = before.get(id).filter(|e| e.status == CURRENT);
        let change = match (was, now.status.as_str()) {
            (None, CURRENT) => Change::Opened,
            (Some(was), CURRENT) if was.content_id != now.content_id => Change::Grew,
            (Some(_), "superseded") => Change::Superseded,
            (Some(_), "withdrawn") => Change::Withdrawn,
            _ => continue,
        };
        changes.push((change, now.clone()));
    }
    changes.sort_by(|(a, x), (b, y)| {
        (x.enter_us, x.exit_us, a, &x.content_id).cmp(&(y.enter_us, y.exit_us, b, &y.content_id))
    });
    changes
}

/// The encounters of a case, the last revision of each.
///
/// # Errors
/// [`ImportError::Store`] if they cannot be read.
pub(super) async fn encounters(store: &Store, case_id: &str) -> Result<Encounters, ImportError> {
    Ok(of_batch(&store.current_encounters(case_id).await?)?)
}

fn of_batch(batch: &RecordBatch) -> Result<Encounters, ArrowError> {
    let lacks = |name: &str| ArrowError::SchemaError(format!("table encounters has no usable column {name}"));
    let text =
        |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).ok_or_else(|| lacks(name));
    let time = |name: &str| {
        let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        column.ok_or_else(|| lacks(name))
    };
    let metres = batch.column_by_name("min_distance_m").and_then(|c| c.as_primitive_opt::<Float64Type>());
    let metres = metres.ok_or_else(|| lacks("min_distance_m"))?;
    let (id, content, device) = (text("encounter_id")?, text("content_id")?, text("device_id")?);
    let (kind, target, grade, status) = (text("target_kind")?, text("target")?, text("grade")?, text("status")?);
    let (enter, exit) = (time("enter")?, time("exit")?);
    let stored = |row: usize| Stored {
        content_id: content.value(row).to_owned(),
        device: device.value(row).to_owned(),
        target_kind: kind.value(row).to_owned(),
        target: target.value(row).to_owned(),
        enter_us: enter.value(row),
        exit_us: exit.value(row),
        grade: grade.value(row).to_owned(),
        min_distance_m: metres.value(row),
        status: status.value(row).to_owned(),
    };
    Ok((0..batch.num_rows()).map(|row| (id.value(row).to_owned(), stored(row))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(content: &str, status: &str) -> Stored {
        Stored {
            content_id: content.to_owned(),
            device: "H1".to_owned(),
            target_kind: "place".to_owned(),
            target: "home".to_owned(),
            enter_us: 1,
            exit_us: 2,
            grade: "definite".to_owned(),
            min_distance_m: 0.0,
            status: status.to_owned(),
        }
    }

    fn all(list: &[(&str, &str, &str)]) -> Encounters {
        list.iter().map(|(id, content, status)| ((*id).to_owned(), stored(content, status))).collect()
    }

    #[test]
    fn only_what_is_different_is_told() {
        let before = all(&[
            ("same", "s", "current"),
            ("grew", "g1", "current"),
            ("gone", "w", "current"),
            ("merged", "m", "current"),
            ("old", "o", "withdrawn"),
            ("back", "b", "withdrawn"),
        ]);
        let after = all(&[
            ("same", "s", "current"),
            ("grew", "g2", "current"),
            ("gone", "w", "withdrawn"),
            ("merged", "m", "superseded"),
            ("old", "o", "withdrawn"),
            ("back", "b", "current"),
            ("new", "n", "current"),
            ("passing", "p", "superseded"),
        ]);
        let told: Vec<_> = between(&before, &after).into_iter().map(|(c, e)| (c.as_str(), e.content_id)).collect();
        let expected = [("opened", "b"), ("opened", "n"), ("grew", "g2"), ("superseded", "m"), ("withdrawn", "w")];
        assert_eq!(told.iter().map(|(c, e)| (*c, e.as_str())).collect::<Vec<_>>(), expected);
    }
}
