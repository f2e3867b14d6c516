//! Where decoders put what they read, and the checks that every row passes.

use crate::model::{FixRow, IncidentRow, NotAFix, RejectReason, RejectRow, RowEnd};
use crate::time::EARLIEST_US;

use super::{Counts, DecodeError};

/// Receives the rows of one exhibit. Each row of the exhibit leads to exactly one call, and its end, where a row tells of
/// one, to one call of [`end`](Self::end) after that.
pub trait RowSink {
    /// A fix.
    ///
    /// # Errors
    /// [`DecodeError::Sink`] if it cannot be kept.
    fn fix(&mut self, row: &FixRow<'_>) -> Result<(), DecodeError>;

    /// An incident.
    ///
    /// # Errors
    /// [`DecodeError::Sink`] if it cannot be kept.
    fn incident(&mut self, row: &IncidentRow<'_>) -> Result<(), DecodeError>;

    /// A row that cannot be used.
    ///
    /// # Errors
    /// [`DecodeError::Sink`] if it cannot be kept.
    fn reject(&mut self, row: &RejectRow<'_>) -> Result<(), DecodeError>;

    /// `n` rows that are by nature not fixes.
    fn not_a_fix(&mut self, kind: NotAFix, n: u64);

    /// The end of the row that was told last, as a fix, a reject or neither; a receiver that counts rows counts none.
    ///
    /// # Errors
    /// [`DecodeError::Sink`] if it cannot be kept.
    fn end(&mut self, end: &RowEnd<'_>) -> Result<(), DecodeError> {
        tell(self, end)
    }
}

/// Tells of an end as of a row.
fn tell<S: RowSink + ?Sized>(sink: &mut S, end: &RowEnd<'_>) -> Result<(), DecodeError> {
    match end {
        RowEnd::Fix(row) => sink.fix(row),
        RowEnd::Reject(row) => sink.reject(row),
        RowEnd::NotAFix(kind) => {
            sink.not_a_fix(*kind, 1);
            Ok(())
        }
    }
}

/// Checks every row before it is kept: ranges of position, time and uncertainty. Counts all of them.
///
/// One place decides what a usable row is, so that a latitude of 181 is refused alike in every format.
#[derive(Debug)]
pub struct Checked<S> {
    inner: S,
    latest_us: i64,
    counts: Counts,
}

/// Half the Earth's circumference, metres: no uncertainty is larger.
const MAX_UNCERTAINTY_M: f64 = 20_037_508.0;
/// The longest name, path or time of a record, bytes: what is longer is no such thing, and thousands of them, which make
/// up a batch, would fill the memory.
pub(super) const MAX_TEXT_BYTES: usize = 4096;
/// How much of a reject's path and field is handed on, bytes: some hundred thousand rejects are kept.
const MAX_SHOWN_BYTES: usize = 1024;
/// Clocks of devices run ahead a little; a record of more than a day ahead of now is refused.
const AHEAD_US: i64 = 86_400 * 1_000_000;

impl<S: RowSink> Checked<S> {
    /// Wraps a receiver; `now_us` is the moment of reading, UTC microseconds.
    pub fn new(inner: S, now_us: i64) -> Self {
        Self { inner, latest_us: now_us.saturating_add(AHEAD_US), counts: Counts::default() }
    }

    /// Judges the rows that follow as read at `now_us`, UTC microseconds.
    pub(super) const fn read_at(&mut self, now_us: i64) {
        self.latest_us = now_us.saturating_add(AHEAD_US);
    }

    /// The account so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The receiver and the account.
    pub fn into_parts(self) -> (S, Counts) {
        (self.inner, self.counts)
    }

    fn fault_of_time(&self, t0_us: i64, t1_us: i64) -> Option<RejectReason> {
        if t1_us < t0_us {
            Some(RejectReason::TimeOrder)
        } else if t0_us < EARLIEST_US || t1_us > self.latest_us {
            Some(RejectReason::TimeRange)
        } else {
            None
        }
    }

    /// What is wrong with a fix, if anything: field, value, reason. Counts nothing.
    pub(super) fn fault_of_fix(&self, r: &FixRow<'_>) -> Option<(&'static str, String, RejectReason)> {
        fault_of_position(r.lat_deg, r.lon_deg)
            .or_else(|| fault_of_uncertainty(r.uncertainty_m))
            .or_else(|| self.fault_of_time(r.t0_us, r.t1_us).map(|why| ("time", r.time_text.to_owned(), why)))
            .or_else(|| fault_of_length([("device", r.device), ("path", r.path), ("time", r.time_text)]))
    }
}

/// What is wrong with a position, if anything: field, value, reason.
#[must_use]
pub fn fault_of_position(lat_deg: f64, lon_deg: f64) -> Option<(&'static str, String, RejectReason)> {
    if !(-90.0..=90.0).contains(&lat_deg) {
        Some(("latitude", lat_deg.to_string(), RejectReason::LatitudeRange))
    } else if !(-180.0..=180.0).contains(&lon_deg) {
        Some(("longitude", lon_deg.to_string(), RejectReason::LongitudeRange))
    } else if lat_deg == 0.0 && lon_deg == 0.0 {
        Some(("latitude", "0, 0".to_owned(), RejectReason::NullIsland))
    } else {
        None
    }
}

fn fault_of_uncertainty(uncertainty_m: Option<f64>) -> Option<(&'static str, String, RejectReason)> {
    let u = uncertainty_m?;
    (!(0.0..=MAX_UNCERTAINTY_M).contains(&u)).then(|| ("uncertainty", u.to_string(), RejectReason::UncertaintyRange))
}

fn fault_of_length(texts: [(&'static str, &str); 3]) -> Option<(&'static str, String, RejectReason)> {
    let (field, text) = texts.into_iter().find(|(_, text)| text.len() > MAX_TEXT_BYTES)?;
    Some((field, beginning(text).to_owned(), RejectReason::NotAllowed))
}

/// As much of a text as is shown.
fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_SHOWN_BYTES)).unwrap_or(text)
}

impl<S: RowSink> RowSink for Checked<S> {
    fn fix(&mut self, row: &FixRow<'_>) -> Result<(), DecodeError> {
        if let Some((field, value, reason)) = self.fault_of_fix(row) {
            return self.reject(&RejectRow { row: row.row, path: row.path, field, value: &value, reason });
        }
        self.counts.fixes += 1;
        self.inner.fix(row)
    }

    fn incident(&mut self, row: &IncidentRow<'_>) -> Result<(), DecodeError> {
        let fault = fault_of_position(row.lat_deg, row.lon_deg)
            .or_else(|| fault_of_uncertainty(row.uncertainty_m))
            .or_else(|| self.fault_of_time(row.t0_us, row.t1_us).map(|why| ("time", row.time_text.to_owned(), why)))
            .or_else(|| fault_of_length([("reference", row.reference), ("kind", row.kind), ("time", row.time_text)]));
        if let Some((field, value, reason)) = fault {
            return self.reject(&RejectRow { row: row.row, path: "", field, value: &value, reason });
        }
        *self.counts.not_fixes.entry(NotAFix::Incident).or_default() += 1;
        self.inner.incident(row)
    }

    fn reject(&mut self, row: &RejectRow<'_>) -> Result<(), DecodeError> {
        *self.counts.rejects.entry(row.reason).or_default() += 1;
        self.inner.reject(&RejectRow { path: beginning(row.path), field: beginning(row.field), ..*row })
    }

    fn not_a_fix(&mut self, kind: NotAFix, n: u64) {
        if n > 0 {
            *self.counts.not_fixes.entry(kind).or_default() += n;
            self.inner.not_a_fix(kind, n);
        }
    }

    fn end(&mut self, end: &RowEnd<'_>) -> Result<(), DecodeError> {
        self.counts.ends += 1;
        tell(self, end)
    }
}

/// Keeps every row in memory: for small files (incidents) and for tests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collected {
    /// Name of the file, for rejects.
    pub file: String,
    /// SHA-256 of the exhibit, hex.
    pub exhibit: String,
    /// The fixes.
    pub fixes: Vec<crate::model::Fix>,
    /// The incidents.
    pub incidents: Vec<crate::model::Incident>,
    /// The rejects.
    pub rejects: Vec<crate::model::Reject>,
    /// Rows that are by nature not fixes, in the order they came.
    pub not_fixes: Vec<(NotAFix, u64)>,
}

impl RowSink for Collected {
    fn fix(&mut self, r: &FixRow<'_>) -> Result<(), DecodeError> {
        self.fixes.push(crate::model::Fix::keep(&self.exhibit, r));
        Ok(())
    }

    fn incident(&mut self, r: &IncidentRow<'_>) -> Result<(), DecodeError> {
        self.incidents.push(crate::model::Incident::keep(&self.exhibit, r));
        Ok(())
    }

    fn reject(&mut self, r: &RejectRow<'_>) -> Result<(), DecodeError> {
        self.rejects.push(crate::model::Reject::keep(&self.file, &self.exhibit, r));
        Ok(())
    }

    fn not_a_fix(&mut self, kind: NotAFix, n: u64) {
        self.not_fixes.push((kind, n));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FixRow;

    const NOW_US: i64 = 1_800_000_000_000_000;

    #[test]
    fn a_text_of_no_sensible_length_costs_its_row_and_not_the_memory() {
        let sound = FixRow {
            t0_us: 1_700_000_000_000_000,
            t1_us: 1_700_000_000_000_000,
            lat_deg: 51.0,
            row: 1,
            ..FixRow::default()
        };
        let (most, more) = ("é".repeat(MAX_TEXT_BYTES / 2), "é".repeat(MAX_TEXT_BYTES / 2 + 1));
        let mut sink = Checked::new(Collected::default(), NOW_US);
        sink.fix(&FixRow { device: &most, path: &most, time_text: &most, ..sound }).unwrap();
        sink.fix(&FixRow { device: &more, ..sound }).unwrap();
        sink.fix(&FixRow { path: &more, ..sound }).unwrap();
        sink.fix(&FixRow { time_text: &more, ..sound }).unwrap();
        let (kept, counts) = sink.into_parts();
        assert_eq!((counts.fixes, counts.rows()), (1, 4));
        let fields: Vec<&str> = kept.rejects.iter().map(|r| r.field.as_str()).collect();
        assert_eq!(fields, ["device", "path", "time"]);
        assert!(kept.rejects.iter().all(|r| r.reason == RejectReason::NotAllowed && r.path.len() <= MAX_SHOWN_BYTES));
    }

    #[test]
    fn a_reject_shows_the_beginning_of_a_long_path_and_field() {
        let long = format!("a{}", "é".repeat(4 << 20));
        let mut sink = Checked::new(Collected::default(), NOW_US);
        let reject = RejectRow { row: 1, path: &long, field: &long, value: "", reason: RejectReason::NotAllowed };
        sink.reject(&reject).unwrap();
        let (kept, _) = sink.into_parts();
        let [reject] = kept.rejects.as_slice() else { unreachable!("one reject") };
        assert_eq!((reject.path.len(), reject.field.len()), (1023, 1023), "whole characters only");
        assert!(long.starts_with(&reject.path));
    }
}
