//! The rows that were not used, as a report lists them.

use serde::Serialize;

use crate::model::Reject;

/// The rejects: how many, and as many of them as the run kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rejects {
    /// How many rows, and ends of rows, were not used.
    pub total: u64,
    /// The first of them; if they are fewer than `total`, the file of `--rejects` holds them all.
    pub listed: Vec<RejectFound>,
}

/// A row that was not used, why, and what can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectFound {
    /// The file, with the member of an archive after `!`.
    pub file: String,
    /// SHA-256 of the exhibit, hex.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// Path in the exhibit; empty where the row says it all, `end` for the end of a row.
    pub path: String,
    /// The field at fault; empty if the row as a whole is.
    pub field: String,
    /// The offending value, shortened.
    pub value: String,
    /// Why.
    pub reason: String,
    /// What a person can do about it.
    pub advice: String,
}

impl From<&Reject> for RejectFound {
    fn from(r: &Reject) -> Self {
        Self {
            file: r.file.clone(),
            exhibit: r.exhibit.clone(),
            row: r.row,
            path: r.path.clone(),
            field: r.field.clone(),
            value: r.value.clone(),
            reason: r.reason.as_str().to_owned(),
            advice: r.reason.advice().to_owned(),
        }
    }
}
