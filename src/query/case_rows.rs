//! The rows that a case is put together from, whole or only what came since.
//!
//! ```text
//!  first      every record of the case           ─> how many, stored from when until when ─┐
//!  then       those stored after the last of them ─────────────────────────────────────────┴─> as many as the table has?
//!                                                                       yes: these are all that is new     no: read the whole
//! ```
//! Invariant: rows of a store are only ever added, but for a case that is deleted whole. So where the old and the new together
//! are as many as the table has, and the first of them is the first of the table, they are what the table has, whatever clocks
//! wrote `stored_at`.

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;

use super::columns::Columns;

macro_rules! records {
    ($more:literal, $which:literal) => {
        concat!(
            "SELECT CAST(device_id AS VARCHAR) AS device, CAST(t0 AS BIGINT) AS t0_us, CAST(t1 AS BIGINT) AS t1_us, \
             lat_deg, lon_deg, uncertainty_m, confidence, CAST(source AS VARCHAR) AS source, \
             CAST(exhibit AS VARCHAR) AS exhibit, CAST(\"row\" AS BIGINT) AS \"row\", azimuth_deg",
            $more,
            " FROM fixes WHERE case_id = $case",
            $which
        )
    };
}

/// What is asked of a session for one case, each with the parameter `$case`, in the order of [`CaseRows`]'s fields.
pub(super) const CASE_STATEMENTS: [&str; 3] = [CLAIMS, records!("", ""), TARGETS];

/// The same, and of each record where it stands in its file, and its time as it is written there.
pub(super) const AS_WRITTEN: [&str; 3] = [
    CLAIMS,
    records!(
        ", CAST(file AS VARCHAR) AS file, CAST(path AS VARCHAR) AS path, CAST(time_text AS VARCHAR) AS time_text",
        ""
    ),
    TARGETS,
];

/// The same, and of each record when it was stored.
pub(super) const AS_STORED: [&str; 3] = [CLAIMS, records!(", CAST(stored_at AS BIGINT) AS stored_us", ""), TARGETS];

/// The same of the records that were stored after `$since`.
pub(super) const STORED_SINCE: [&str; 3] =
    [CLAIMS, records!(", CAST(stored_at AS BIGINT) AS stored_us", " AND stored_at > $since"), TARGETS];

/// How many records the table has of a case, and when the first of them was stored.
pub(super) const HOW_MANY: &str =
    "SELECT count(*) AS records, min(CAST(stored_at AS BIGINT)) AS first_us FROM fixes WHERE case_id = $case";

const CLAIMS: &str = "SELECT CAST(device_id AS VARCHAR) AS device, CAST(role AS VARCHAR) AS role, \
    CAST(from_at AS BIGINT) AS from_us, CAST(to_at AS BIGINT) AS to_us \
    FROM attributions WHERE case_id = $case AND role IN ('suspect', 'victim')";
const TARGETS: &str = "SELECT CAST(kind AS VARCHAR) AS kind, CAST(name AS VARCHAR) AS name, CAST(t0 AS BIGINT) AS t0_us, \
    CAST(t1 AS BIGINT) AS t1_us, lat_deg, lon_deg, reach_m, CAST(offence AS VARCHAR) AS offence, \
    CAST(exhibit AS VARCHAR) AS exhibit, CAST(time_text AS VARCHAR) AS time_text \
    FROM targets WHERE case_id = $case";

/// The rows that a session gave of one case.
#[derive(Debug, Clone, Default)]
pub struct CaseRows {
    /// Whose devices are whose, and when.
    pub claims: Vec<RecordBatch>,
    /// Records.
    pub records: Vec<RecordBatch>,
    /// Places and incidents.
    pub targets: Vec<RecordBatch>,
}

/// How far the records of a case were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadSoFar {
    /// How many were read.
    pub records: usize,
    /// When the first of them was stored, UTC microseconds.
    pub first_us: i64,
    /// When the last of them was stored, UTC microseconds.
    pub last_us: i64,
}

impl ReadSoFar {
    /// Of records with the column `stored_us`; `None` if there are none.
    ///
    /// # Errors
    /// `Internal` if the column is missing.
    pub fn of(records: &[RecordBatch]) -> Result<Option<Self>> {
        let mut all: Option<Self> = None;
        for batch in records {
            let stored_us = Columns(batch).wholes("stored_us")?;
            for us in (0..batch.num_rows()).filter_map(|row| stored_us.at(row)) {
                let one = Self { records: 1, first_us: us, last_us: us };
                all = Some(all.map_or(one, |all| all.and(one)));
            }
        }
        Ok(all)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            first_us: self.first_us.min(other.first_us),
            last_us: self.last_us.max(other.last_us),
        }
    }

    /// Whether these are all that the table has, by the rows of [`HOW_MANY`].
    pub(super) fn is_all(self, counted: &[RecordBatch]) -> Result<bool> {
        for batch in counted {
            let columns = Columns(batch);
            let (records, first_us) = (columns.wholes("records")?, columns.wholes("first_us")?);
            let is =
                |row| records.at(row) == i64::try_from(self.records).ok() && first_us.at(row) == Some(self.first_us);
            if (0..batch.num_rows()).any(is) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
