//! From checked rows to Arrow batches: the end of every decoder.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;

use crate::model::{
    Authorities, Excess, ExcessRow, FixRow, Incident, IncidentRow, NotAFix, Outside, Reject, RejectRow,
};

use super::columns::Columns;
use super::{DecodeError, RowSink};

/// Rows in a full batch: `DataFusion`'s own batch size.
pub const BATCH_ROWS: usize = 8192;

/// How many rejects are kept to be shown, unless told otherwise; all are counted.
pub const REJECTS_KEPT: usize = 100_000;

/// Makes batches of [`fix_schema`](super::fix_schema) from the rows of one file and hands each on as it is full.
///
/// With a device given, fixes of other devices are counted and not kept. With authorities given, a fix outside them becomes
/// a reject.
#[derive(Debug)]
pub struct FixBuilder<F> {
    on_batch: F,
    columns: Columns,
    file: String,
    exhibit: String,
    only: Vec<String>,
    authorities: Arc<Authorities>,
    room: usize,
    tally: Tally,
    kept: Kept,
}

/// What a [`FixBuilder`] kept besides its batches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// The incidents.
    pub incidents: Vec<Incident>,
    /// The first rejects.
    pub rejects: Vec<Reject>,
    /// Rejects past the room for them: counted, not kept.
    pub rejects_dropped: u64,
    /// Fixes of devices other than the one asked for.
    pub other_devices: u64,
    /// Fixes of each device, those not asked for included.
    pub devices: BTreeMap<String, u64>,
    /// Sound fixes that lie outside an authority, by device: they are among the rejects.
    pub outside: BTreeMap<String, Excess>,
    /// The earliest start and latest end of the fixes kept, UTC microseconds.
    pub span: Option<(i64, i64)>,
}

/// Counts fixes by device; runs of one device cost a comparison each.
#[derive(Debug, Default)]
struct Tally {
    device: String,
    n: u64,
}

impl Tally {
    fn count(&mut self, device: &str, into: &mut BTreeMap<String, u64>) {
        if self.n == 0 || self.device != device {
            self.settle(into);
            device.clone_into(&mut self.device);
        }
        self.n += 1;
    }

    fn settle(&mut self, into: &mut BTreeMap<String, u64>) {
        if self.n == 0 {
            return;
        }
        match into.get_mut(&self.device) {
            Some(n) => *n += self.n,
            None => _ = into.insert(self.device.clone(), self.n),
        }
        self.n = 0;
    }
}

impl<F: FnMut(RecordBatch) -> Result<(), DecodeError>> FixBuilder<F> {
    /// Builds batches of the fixes of `file` (an archive's member after `!`) of the exhibit with this SHA-256.
    pub fn new(file: &str, exhibit: &str, on_batch: F) -> Self {
        Self {
            on_batch,
            columns: Columns::new(BATCH_ROWS, file, exhibit),
            file: file.to_owned(),
            exhibit: exhibit.to_owned(),
            only: Vec::new(),
            authorities: Arc::default(),
            room: REJECTS_KEPT,
            tally: Tally::default(),
            kept: Kept::default(),
        }
    }

    /// Keeps only the fixes of these devices; of all if none is named.
    #[must_use]
    pub fn only_devices(mut self, devices: &[String]) -> Self {
        self.only = devices.to_vec();
        self
    }

    /// Keeps no fix that lies outside these authorities.
    #[must_use]
    pub fn authorised(mut self, authorities: &Arc<Authorities>) -> Self {
        self.authorities = Arc::clone(authorities);
        self
    }

    /// Keeps at most this many rejects.
    #[must_use]
    pub fn rejects_kept(mut self, room: usize) -> Self {
        self.room = room;
        self
    }

    fn emit(&mut self) -> Result<(), DecodeError> {
        if self.columns.len() == 0 {
            return Ok(());
        }
        let fault = |e: ArrowError| DecodeError::Sink { file: self.file.clone(), detail: e.to_string() };
        let batch = self.columns.take().map_err(fault)?;
        (self.on_batch)(batch)
    }

    /// Hands on the last batch, and what else was kept.
    ///
    /// # Errors
    /// [`DecodeError::Sink`] if the batch cannot be kept.
    pub fn finish(mut self) -> Result<Kept, DecodeError> {
        self.emit()?;
        self.tally.settle(&mut self.kept.devices);
        Ok(self.kept)
    }
}

impl<F: FnMut(RecordBatch) -> Result<(), DecodeError>> FixBuilder<F> {
    /// A sound fix that lies outside an authority: it is a reject, and its position goes no further.
    fn set_aside(&mut self, r: &FixRow<'_>, why: Outside) -> Result<(), DecodeError> {
        let row = ExcessRow { t0_us: r.t0_us, t1_us: r.t1_us, exhibit: self.exhibit.clone(), row: r.row };
        self.kept.outside.entry(r.device.to_owned()).or_default().add(why, row);
        let (field, value) = match why {
            Outside::Identifier => ("device", r.device),
            Outside::Period | Outside::PartOfPeriod => ("time", r.time_text),
        };
        self.reject(&RejectRow { row: r.row, path: r.path, field, value, reason: why.reason() })
    }
}

impl<F: FnMut(RecordBatch) -> Result<(), DecodeError>> RowSink for FixBuilder<F> {
    fn fix(&mut self, r: &FixRow<'_>) -> Result<(), DecodeError> {
        let asked = self.only.is_empty() || self.only.iter().any(|only| only == r.device);
        if asked && let Some(why) = self.authorities.outside(r.device, &self.exhibit, (r.t0_us, r.t1_us)) {
            return self.set_aside(r, why);
        }
        self.tally.count(r.device, &mut self.kept.devices);
        if !asked {
            self.kept.other_devices += 1;
            return Ok(());
        }
        let (t0, t1) = self.kept.span.unwrap_or((r.t0_us, r.t1_us));
        self.kept.span = Some((t0.min(r.t0_us), t1.max(r.t1_us)));
        self.columns.push(r);
        if self.columns.len() >= BATCH_ROWS { self.emit() } else { Ok(()) }
    }

    fn incident(&mut self, r: &IncidentRow<'_>) -> Result<(), DecodeError> {
        self.kept.incidents.push(Incident::keep(&self.exhibit, r));
        Ok(())
    }

    fn reject(&mut self, r: &RejectRow<'_>) -> Result<(), DecodeError> {
        if self.kept.rejects.len() < self.room {
            self.kept.rejects.push(Reject::keep(&self.file, &self.exhibit, r));
        } else {
            self.kept.rejects_dropped += 1;
        }
        Ok(())
    }

    fn not_a_fix(&mut self, _kind: NotAFix, _n: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Checked, fix_schema};
    use crate::model::{Authority, RejectReason};

    const NOW_US: i64 = 1_800_000_000_000_000;

    fn row(device: &str, n: u64) -> FixRow<'_> {
        let t0_us = 1_700_000_000_000_000 + i64::try_from(n).unwrap();
        FixRow {
            device,
            t0_us,
            t1_us: t0_us,
            lat_deg: 51.5,
            lon_deg: -0.1,
            row: n,
            time_text: "x",
            ..FixRow::default()
        }
    }

    #[test]
    fn batches_are_full_but_the_last_and_the_account_adds_up() {
        let mut sizes = Vec::new();
        let builder = FixBuilder::new("a.csv", "ff", |b: RecordBatch| {
            assert_eq!(b.schema(), fix_schema());
            sizes.push(b.num_rows());
            Ok(())
        });
        let mut sink = Checked::new(builder.only_devices(&["A".to_owned()]).rejects_kept(1), NOW_US);
        let n = BATCH_ROWS as u64 + 5;
        for i in 1..=n {
            sink.fix(&row("A", i)).unwrap();
            sink.fix(&row("B", i)).unwrap();
            sink.fix(&FixRow { lat_deg: 91.0, ..row("A", i) }).unwrap();
        }
        sink.not_a_fix(NotAFix::Heading, 1);
        let (builder, mut counts) = sink.into_parts();
        let kept = builder.finish().unwrap();
        counts.set_aside(kept.other_devices);
        assert_eq!(sizes, [BATCH_ROWS, 5]);
        assert_eq!((counts.fixes, counts.other_devices, counts.rejected()), (n, n, n));
        assert_eq!(counts.rows(), 3 * n + 1);
        assert_eq!((kept.rejects.len(), kept.rejects_dropped), (1, n - 1));
        assert_eq!(kept.rejects[0].reason, RejectReason::LatitudeRange);
        assert_eq!(kept.devices, BTreeMap::from([("A".to_owned(), n), ("B".to_owned(), n)]));
        assert_eq!(kept.span, Some((row("A", 1).t0_us, row("A", n).t0_us)));
    }

    #[test]
    fn a_fix_outside_an_authority_is_a_reject_and_goes_no_further() {
        let (from, to) = (row("A", 3).t0_us, row("A", 6).t0_us);
        let authority = Authority { reference: String::new(), identifier: "A".to_owned(), from_us: from, to_us: to };
        let authorities = Arc::new(Authorities::new(vec![authority]).every_identifier());
        let mut kept_rows = 0;
        let builder = FixBuilder::new("a.csv", "ff", |b: RecordBatch| {
            kept_rows += b.num_rows();
            Ok(())
        });
        let only = ["A".to_owned(), "B".to_owned()];
        let mut sink = Checked::new(builder.only_devices(&only).authorised(&authorities), NOW_US);
        for i in 1..=10 {
            sink.fix(&row("A", i)).unwrap();
            sink.fix(&row("B", i)).unwrap();
            sink.fix(&row("C", i)).unwrap();
        }
        sink.fix(&FixRow { t1_us: to + 1, ..row("A", 5) }).unwrap();
        let (builder, mut counts) = sink.into_parts();
        let kept = builder.finish().unwrap();
        counts.set_aside(kept.other_devices);
        kept.outside.values().for_each(|excess| counts.quarantine(excess));
        assert_eq!((kept_rows, counts.fixes, counts.other_devices, counts.rejected()), (3, 3, 10, 18));
        assert_eq!(counts.rows(), 31);
        let of = |reason| counts.rejects.get(&reason).copied();
        assert_eq!(of(RejectReason::IdentifierNotAuthorised), Some(10));
        assert_eq!((of(RejectReason::OutsidePeriod), of(RejectReason::PartlyOutsidePeriod)), (Some(7), Some(1)));
        assert_eq!(kept.rejects.len(), 18);
        assert_eq!(kept.devices, BTreeMap::from([("A".to_owned(), 3), ("C".to_owned(), 10)]));
        assert_eq!(kept.span, Some((from, row("A", 5).t0_us)));
        assert_eq!(kept.outside["A"].first()[0].row, 1);
    }

    #[test]
    fn a_receiver_that_fails_stops_the_rows() {
        let full = || DecodeError::Sink { file: "a.csv".to_owned(), detail: "disk full".to_owned() };
        let mut builder = FixBuilder::new("a.csv", "ff", |_| Err(full()));
        let failed = (1..=BATCH_ROWS as u64).find_map(|i| builder.fix(&row("A", i)).err().map(|_| i));
        assert_eq!(failed, Some(BATCH_ROWS as u64));
    }
}
