//! The door of decoding: a returned file in, batches of fixes and a full account out.

use std::cell::Cell;
use std::fs::File;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use crate::model::Authorities;
use crate::source::{self, Content, Limits, Member, Rejoined, SourceError};

use super::batch::{FixBuilder, REJECTS_KEPT};
use super::exhibit_report::{ExhibitReport, MemberReport};
use super::{
    Checked, Counts, DecodeError, DecodeOptions, Detection, Format, HEAD_BYTES, RowSink, csv, detect, geojson, gpx,
    kml, ndjson, owntracks, profile, records, semantic, table, timeline_android, timeline_ios, why_unknown,
};

/// How an exhibit is to be read.
#[derive(Debug, Clone)]
pub struct ExhibitOptions {
    /// The format of every member, instead of the detected one (`--format`).
    pub format: Option<Format>,
    /// What the files do not say: zone, profile, device.
    pub decode: DecodeOptions,
    /// How much may come out of containers.
    pub limits: Limits,
    /// Keep only the fixes of these devices (of all, if none is named); the rest is counted as of other devices.
    pub only_devices: Vec<String>,
    /// What authorities cover: a fix outside them is a reject. None are given unless told otherwise.
    pub authorities: Arc<Authorities>,
    /// The moment of reading, UTC microseconds: records from after it are refused.
    pub now_us: i64,
    /// How many rejects are kept to be shown; all are counted.
    pub rejects_kept: usize,
}

impl ExhibitOptions {
    /// Detect everything, keep everything; `now_us` is the moment of reading, UTC microseconds.
    #[must_use]
    pub fn new(now_us: i64) -> Self {
        Self {
            format: None,
            decode: DecodeOptions::default(),
            limits: Limits::default(),
            only_devices: Vec::new(),
            authorities: Arc::default(),
            now_us,
            rejects_kept: REJECTS_KEPT,
        }
    }
}

/// Reads a returned file: hashes it, opens what it contains, recognises each member and decodes it.
///
/// Fixes go to `on_batch` as batches of [`fix_schema`](super::fix_schema), in the order of the file. A member that
/// breaks or is not recognised does not stop the others: the report says so, and what came before the break is kept.
/// `progress` is told bytes done and bytes in all; each byte counts twice, for hashing and for decoding.
///
/// # Errors
/// [`DecodeError::Source`] if the file cannot be opened, [`DecodeError::Unknown`] if it is a single file of no known
/// format or a table of no known columns, [`DecodeError::Profile`] if the profile given cannot be used, and what
/// `on_batch` returns. Batches may have been handed on before.
pub fn decode_exhibit(
    path: &Path,
    options: &ExhibitOptions,
    progress: &dyn Fn(u64, u64),
    on_batch: &mut dyn FnMut(RecordBatch) -> Result<(), DecodeError>,
) -> Result<ExhibitReport, DecodeError> {
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    let total = Cell::new(size.saturating_mul(2));
    let exhibit = source::identify(path, &|n| progress(n.min(total.get()), total.get()))?;
    total.set(exhibit.bytes.saturating_mul(2));
    let decoding = |n: u64| progress(exhibit.bytes.saturating_add(n).min(total.get()), total.get());

    let mut reading = Reading { options, on_batch, report: ExhibitReport::empty(exhibit.clone()), workbook: false };
    let walked = source::visit_members(path, &options.limits, &decoding, &mut |member| reading.member(member));
    let Reading { mut report, workbook, .. } = reading;
    match walked {
        Err(DecodeError::Source(why)) if !report.members.is_empty() => report.incomplete = Some(why.to_string()),
        other => other?,
    }
    refuse_strangers(&report, workbook)?;
    progress(total.get(), total.get());
    Ok(report)
}

/// A file of which nothing can be read is an error, so that a wrong file is not taken for an empty one.
fn refuse_strangers(report: &ExhibitReport, workbook: bool) -> Result<(), DecodeError> {
    if report.members.iter().any(|m| m.detection.is_some()) {
        return Ok(());
    }
    let detail = match report.members.as_slice() {
        _ if workbook => "an Excel workbook: save each sheet as CSV (UTF-8)".to_owned(),
        [] => "it holds no files".to_owned(),
        [only] => only.error.clone().unwrap_or_default(),
        _ => return Ok(()),
    };
    Err(DecodeError::Unknown { file: report.exhibit.name.clone(), detail })
}

struct Reading<'a> {
    options: &'a ExhibitOptions,
    on_batch: &'a mut dyn FnMut(RecordBatch) -> Result<(), DecodeError>,
    report: ExhibitReport,
    /// A member shows that the archive is an Excel workbook.
    workbook: bool,
}

impl Reading<'_> {
    fn member(&mut self, member: Member<'_>) -> Result<(), DecodeError> {
        let Member { name, content } = member;
        self.workbook |= name == "xl/workbook.xml";
        match content {
            Ok(content) => self.content(name, content),
            Err(why) => {
                self.note(name, None, Counts::default(), Some(why.to_string()));
                Ok(())
            }
        }
    }

    fn note(&mut self, name: String, detection: Option<Detection>, counts: Counts, error: Option<String>) {
        self.report.members.push(MemberReport { name, detection, counts, error });
    }

    fn content(&mut self, name: String, content: Content<'_>) -> Result<(), DecodeError> {
        let Content { reader, path } = content;
        let mut reader = Rejoined::new(reader, HEAD_BYTES);
        let named =
            self.options.format.map(|format| Detection { format, profile: None, because: "it was named".to_owned() });
        let Some(detection) = named.or_else(|| detect(reader.head())) else {
            let why = match reader.take_break() {
                Some(e) => SourceError::from_io(&name, e).to_string(),
                None => why_unknown(reader.head()),
            };
            self.note(name, None, Counts::default(), Some(why));
            return Ok(());
        };
        let exhibit = &self.report.exhibit;
        let label = if name.is_empty() { exhibit.name.clone() } else { format!("{}!{name}", exhibit.name) };
        let room = self.options.rejects_kept.saturating_sub(self.report.rejects.len());
        let builder = FixBuilder::new(&label, exhibit.sha256.as_str(), &mut *self.on_batch)
            .only_devices(&self.options.only_devices)
            .authorised(&self.options.authorities)
            .rejects_kept(room);
        let mut sink = Checked::new(builder, self.options.now_us);
        let input = Input { reader: &mut reader, path, label: &label };
        let outcome = decode(&detection, input, &self.options.decode, &mut sink);
        let (builder, mut counts) = sink.into_parts();
        match outcome {
            // These are not this member's fault, and the next would meet them too.
            Err(error @ (DecodeError::Sink { .. } | DecodeError::Profile { .. })) => return Err(error),
            Err(error @ DecodeError::Unknown { .. }) if path.is_some() => return Err(error),
            _ => {}
        }
        let kept = builder.finish()?;
        counts.set_aside(kept.other_devices);
        kept.outside.values().for_each(|excess| counts.quarantine(excess));
        self.report.take_in(kept);
        self.note(name, Some(detection), counts, outcome.err().map(|e| e.to_string()));
        Ok(())
    }
}

struct Input<'a, 'r> {
    reader: &'a mut Rejoined<'r>,
    path: Option<&'a Path>,
    label: &'a str,
}

impl Input<'_, '_> {
    /// The content as a file that can be read in any order: the file itself, or a copy of a member.
    fn file(&mut self) -> Result<File, DecodeError> {
        match self.path {
            Some(path) => {
                let fault = |source| SourceError::Io { file: self.label.to_owned(), source };
                Ok(File::open(path).map_err(fault)?)
            }
            None => Ok(source::spool(self.reader, self.label)?),
        }
    }
}

fn decode(
    detection: &Detection,
    mut input: Input<'_, '_>,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let label = input.label;
    match detection.format {
        Format::Parquet => return table::decode_parquet(input.file()?, label, options, sink),
        Format::ArrowIpc => return table::decode_arrow(input.file()?, label, options, sink),
        _ => {}
    }
    let reader = input.reader;
    match detection.format {
        Format::Csv => delimited(reader, label, options, sink),
        Format::Gpx => gpx::decode(reader, label, options, sink),
        Format::Kml => kml::decode(reader, label, options, sink),
        Format::GeoJson => geojson::decode(reader, label, options, sink),
        Format::Records => records::decode(reader, label, options, sink),
        Format::Semantic => semantic::decode(reader, label, options, sink),
        Format::TimelineAndroid => timeline_android::decode(reader, label, options, sink),
        Format::TimelineIos => timeline_ios::decode(reader, label, options, sink),
        Format::OwnTracks => owntracks::decode(reader, label, options, sink),
        Format::Ndjson | Format::Parquet | Format::ArrowIpc => ndjson::decode(reader, label, options, sink),
    }
}

fn delimited(
    reader: &mut Rejoined<'_>,
    label: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let recognised = profile::recognise(reader.head()).map(|(profile, _)| profile);
    let Some(profile) = options.profile.as_deref().or(recognised.as_ref()) else {
        let detail = "its columns are those of no built-in profile".to_owned();
        return Err(DecodeError::Unknown { file: label.to_owned(), detail });
    };
    let reader: &mut dyn BufRead = reader;
    csv::decode(reader, label, profile, options, sink)
}

#[cfg(test)]
#[path = "exhibit_tests.rs"]
mod tests;
