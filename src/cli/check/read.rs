//! Reading the files of a check: each into the store of its role, with its account.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::{CheckArgs, Progress};
use crate::decode::profile::Profile;
use crate::decode::{DecodeError, ExhibitOptions, ExhibitReport, FixStore, FixView, Format, decode_exhibit};
use crate::model::{Incident, Reject};
use crate::sink::report::{DeviceCount, ExhibitRead, Member, Moment, Role, RowCounts, Span};
use crate::time::ZoneRule;

use super::CheckError;
use super::tally::Tally;

/// An incident and the file it stands in.
#[derive(Debug, Clone)]
pub(super) struct IncidentRead {
    pub(super) incident: Incident,
    pub(super) file: String,
}

/// Reads files and keeps the account of each.
pub(super) struct Reader<'a> {
    args: &'a CheckArgs,
    zone: ZoneRule,
    options: ExhibitOptions,
    progress: Progress,
    pub(super) exhibits: Vec<ExhibitRead>,
    pub(super) rejects: Vec<Reject>,
    pub(super) rows: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(args: &'a CheckArgs, now_us: i64, progress: Progress) -> Result<Self, CheckError> {
        let mut options = ExhibitOptions::new(now_us);
        options.format = args.format;
        options.decode.zone.clone_from(&args.zone);
        options.decode.profile = args.profile.as_deref().map(profile).transpose()?.map(Arc::new);
        if options.decode.profile.is_some() {
            options.format = Some(Format::Csv);
        }
        let zone = args.shown_zone();
        Ok(Self { args, zone, options, progress, exhibits: Vec::new(), rejects: Vec::new(), rows: 0 })
    }

    /// The fixes of a role's files; of the named devices only, if any are named.
    pub(super) fn fixes(
        &mut self,
        role: Role,
        files: &[PathBuf],
        devices: &[String],
    ) -> Result<Arc<FixStore>, CheckError> {
        let limit = usize::try_from(self.args.memory_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20) / 4;
        let mut store = FixStore::numbered(limit);
        for path in files {
            let mut options = self.options.clone();
            options.only_devices = devices.to_vec();
            self.file(role, path, &options, &mut store)?;
        }
        store.finish()?;
        Ok(Arc::new(store))
    }

    /// The incidents of a file.
    pub(super) fn incidents(&mut self, path: &Path) -> Result<Vec<IncidentRead>, CheckError> {
        // The format and profile given are those of the location files.
        let mut options = ExhibitOptions::new(self.options.now_us);
        options.decode.zone.clone_from(&self.args.zone);
        let mut unused = FixStore::new(0);
        let report = self.file(Role::Incidents, path, &options, &mut unused)?;
        let file = report.exhibit.name;
        Ok(report.incidents.into_iter().map(|incident| IncidentRead { incident, file: file.clone() }).collect())
    }

    fn file(
        &mut self,
        role: Role,
        path: &Path,
        options: &ExhibitOptions,
        store: &mut FixStore,
    ) -> Result<ExhibitReport, CheckError> {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let mut options = options.clone();
        // A file that names no device still has one: the device it was taken from.
        options.decode.device = Some(name.clone());
        options.rejects_kept = options.rejects_kept.saturating_sub(self.rejects.len());
        let bar = self.progress.file(&name, std::fs::metadata(path).map_or(0, |m| m.len().saturating_mul(2)));
        let progress = |done: u64, _total: u64| bar.advance(done.saturating_sub(bar.done()));
        let mut tally = Tally::default();
        let mut on_batch = |batch: datafusion::arrow::array::RecordBatch| {
            let fault = |e: crate::decode::StoreError| DecodeError::Sink { file: name.clone(), detail: e.to_string() };
            tally.see(&FixView::new(&batch).map_err(fault)?);
            if role == Role::Incidents { Ok(()) } else { store.push(batch).map_err(fault) }
        };
        let mut report = decode_exhibit(path, &options, &progress, &mut on_batch)?;
        self.rejects.append(&mut report.rejects);
        let read = account(role, &report, tally, &self.zone);
        self.rows += read.counts.rows;
        self.exhibits.push(read);
        Ok(report)
    }

    /// The devices of a role's files, in order of name.
    pub(super) fn devices(&self, role: Role) -> Vec<DeviceCount> {
        let mut all = std::collections::BTreeMap::new();
        for device in self.exhibits.iter().filter(|e| e.role == role).flat_map(|e| &e.devices) {
            *all.entry(device.device.clone()).or_insert(0) += device.fixes;
        }
        all.into_iter().map(|(device, fixes)| DeviceCount { device, fixes }).collect()
    }
}

/// The built-in profile of a name, or the profile in a file.
fn profile(name: &str) -> Result<Profile, CheckError> {
    if let Some(profile) = Profile::builtin(name) {
        return Ok(profile);
    }
    let fault = |detail: String| CheckError::Profile { name: name.to_owned(), detail };
    let text = std::fs::read_to_string(name).map_err(|e| fault(format!("no built-in profile and no file: {e}")))?;
    Profile::parse_toml(name, &text).map_err(|e| fault(e.to_string()))
}

fn account(role: Role, report: &ExhibitReport, tally: Tally, zone: &ZoneRule) -> ExhibitRead {
    let member = |m: &crate::decode::MemberReport| Member {
        name: m.name.clone(),
        format: m.detection.as_ref().map(|d| d.format.to_string()),
        recognised_by: m.detection.as_ref().map(|d| d.because.clone()).unwrap_or_default(),
        profile: m.detection.as_ref().and_then(|d| d.profile.clone()),
    };
    let named = |name: &str| if name.is_empty() { String::new() } else { format!("{name}: ") };
    let broken = |m: &crate::decode::MemberReport| m.error.as_ref().map(|e| format!("{}{e}", named(&m.name)));
    ExhibitRead {
        role,
        file: report.exhibit.name.clone(),
        sha256: report.exhibit.sha256.to_string(),
        bytes: report.exhibit.bytes,
        members: report.members.iter().map(member).collect(),
        counts: RowCounts::new(&report.counts()),
        span: report.span.map(|(from, to)| Span { from: Moment::new(from, zone), to: Moment::new(to, zone) }),
        devices: tally.devices(),
        positions: tally.positions(),
        uncertainties: tally.uncertainties,
        times_ambiguous: tally.times_ambiguous,
        gaps: tally.gaps(zone),
        errors: report.members.iter().filter_map(broken).chain(report.incomplete.clone()).collect(),
    }
}
