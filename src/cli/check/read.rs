//! Reading the files of a check: each into the store of its role, with its account.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::{CaseArgs, Progress};
use crate::decode::profile::Profile;
use crate::decode::{
    DecodeError, ExhibitOptions, ExhibitReport, FixStore, FixView, Format, StoreError, decode_exhibit,
};
use crate::model::{Excess, Incident, Reject};
use crate::sink::RejectsCsv;
use crate::sink::report::{DeviceCount, ExhibitRead, Role};
use crate::source;
use crate::time::ZoneRule;

use super::tally::Tally;
use super::{CheckError, account, inputs};

/// An incident and the file it stands in.
#[derive(Debug, Clone)]
pub(in crate::cli) struct IncidentRead {
    pub(in crate::cli) incident: Incident,
    pub(in crate::cli) file: String,
}

/// How many rejects a report lists; `--rejects` writes all.
pub(in crate::cli) const REJECTS_LISTED: usize = 1_000;

/// Reads files and keeps the account of each.
pub(in crate::cli) struct Reader<'a> {
    args: &'a CaseArgs,
    zone: ZoneRule,
    options: ExhibitOptions,
    progress: Progress,
    rejects_out: Option<RejectsCsv<BufWriter<File>>>,
    pub(in crate::cli) exhibits: Vec<ExhibitRead>,
    /// The first rejects.
    pub(in crate::cli) rejects: Vec<Reject>,
    /// The records that lie outside an authority, by device; each is among the rejects.
    pub(in crate::cli) outside: BTreeMap<String, Excess>,
}

impl<'a> Reader<'a> {
    pub(in crate::cli) fn new(
        args: &'a CaseArgs,
        now_us: i64,
        progress: Progress,
        rejects: Option<&Path>,
    ) -> Result<Self, CheckError> {
        let mut options = ExhibitOptions::new(now_us);
        options.format = args.format;
        options.decode.zone.clone_from(&args.zone);
        options.decode.profile = args.profile.as_deref().map(profile).transpose()?.map(Arc::new);
        if options.decode.profile.is_some() {
            options.format = Some(Format::Csv);
        }
        let zone = args.shown_zone();
        let rejects_out = rejects.map(rejects_csv).transpose()?;
        let (exhibits, rejects, outside) = (Vec::new(), Vec::new(), BTreeMap::new());
        Ok(Self { args, zone, options, progress, rejects_out, exhibits, rejects, outside })
    }

    /// The fixes of a role's files; of the named devices only, if any are named.
    ///
    /// A file that cannot be read does not stop the others; if none can be read, that is the error.
    pub(in crate::cli) fn fixes(
        &mut self,
        role: Role,
        files: &[PathBuf],
        devices: &[String],
    ) -> Result<Arc<FixStore>, CheckError> {
        let limit = usize::try_from(self.args.memory_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20) / 8;
        let mut store = FixStore::numbered(limit);
        let mut options = self.options.clone();
        options.only_devices = devices.to_vec();
        options.authorities = Arc::new(self.args.authorities(role));
        let (mut any_read, mut first_refused) = (false, None);
        for path in files {
            options.decode.device = Some(inputs::device_of(path, files));
            match self.file(role, path, &options, &mut store) {
                Ok(_) => any_read = true,
                Err(why) => _ = first_refused.get_or_insert(self.refused(role, path, why)?),
            }
        }
        if let (false, Some(why)) = (any_read, first_refused) {
            return Err(why);
        }
        store.finish()?;
        Ok(Arc::new(store))
    }

    /// The incidents of a file.
    pub(in crate::cli) fn incidents(&mut self, path: &Path) -> Result<Vec<IncidentRead>, CheckError> {
        // The format and profile given are those of the location files.
        let mut options = ExhibitOptions::new(self.options.now_us);
        options.decode.zone.clone_from(&self.args.zone);
        let Some(report) = self.file(Role::Incidents, path, &options, &mut FixStore::new(0))? else {
            return Ok(Vec::new());
        };
        let file = report.exhibit.name;
        Ok(report.incidents.into_iter().map(|incident| IncidentRead { incident, file: file.clone() }).collect())
    }

    /// Reads one file; `None` if its bytes were read before in the same role.
    fn file(
        &mut self,
        role: Role,
        path: &Path,
        options: &ExhibitOptions,
        store: &mut FixStore,
    ) -> Result<Option<ExhibitReport>, CheckError> {
        if let Some(repeat) = self.repeated(role, path)? {
            self.exhibits.push(repeat);
            return Ok(None);
        }
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let mut options = options.clone();
        let room = REJECTS_LISTED.saturating_sub(self.rejects.len());
        options.rejects_kept = if self.rejects_out.is_some() { usize::MAX } else { room };
        let bar = self.progress.file(&name, std::fs::metadata(path).map_or(0, |m| m.len().saturating_mul(2)));
        let progress = |done: u64, _total: u64| bar.advance(done.saturating_sub(bar.done()));
        let mut tally = Tally::default();
        let mut on_batch = |batch: datafusion::arrow::array::RecordBatch| {
            let fault = |e: StoreError| DecodeError::Sink { file: name.clone(), detail: e.to_string() };
            tally.see(&FixView::new(&batch).map_err(fault)?);
            if role == Role::Incidents { Ok(()) } else { store.push(batch).map_err(fault) }
        };
        let mut report = decode_exhibit(path, &options, &progress, &mut on_batch)?;
        self.take_rejects(std::mem::take(&mut report.rejects), room)?;
        for (device, excess) in std::mem::take(&mut report.outside) {
            self.outside.entry(device).or_default().merge(excess);
        }
        self.exhibits.push(account::read(role, &report, tally, &self.zone));
        Ok(Some(report))
    }

    /// Writes rejects out where `--rejects` says, and keeps the first to be listed.
    fn take_rejects(&mut self, mut rejects: Vec<Reject>, room: usize) -> Result<(), CheckError> {
        if let Some(out) = &mut self.rejects_out {
            rejects.iter().try_for_each(|r| out.write(r)).map_err(|e| CheckError::rejects(self.args, e))?;
        }
        rejects.truncate(room);
        self.rejects.append(&mut rejects);
        Ok(())
    }

    /// Ends the file of `--rejects`.
    pub(in crate::cli) fn finish_rejects(&mut self) -> Result<(), CheckError> {
        let finished = self.rejects_out.take().map_or(Ok(()), RejectsCsv::finish);
        finished.map_err(|e| CheckError::rejects(self.args, e))
    }

    /// The account of a file whose bytes were read before in the same role; only files of one size are compared.
    fn repeated(&self, role: Role, path: &Path) -> Result<Option<ExhibitRead>, CheckError> {
        let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
        let alike: Vec<&ExhibitRead> = self.exhibits.iter().filter(|e| e.role == role && e.bytes == bytes).collect();
        if alike.is_empty() {
            return Ok(None);
        }
        let exhibit = source::identify(path, &|_| ()).map_err(DecodeError::from)?;
        let first = alike.into_iter().find(|e| e.sha256 == exhibit.sha256.as_str());
        Ok(first.map(|first| account::repeated(&exhibit, first)))
    }

    /// Notes a file of which nothing could be read, and gives the reason back.
    ///
    /// # Errors
    /// The reason itself, if it is not the file's fault or the file cannot even be hashed.
    fn refused(&mut self, role: Role, path: &Path, why: CheckError) -> Result<CheckError, CheckError> {
        let of_file = matches!(&why, CheckError::Decode(e) if !matches!(e, DecodeError::Sink { .. } | DecodeError::Profile { .. }));
        match source::identify(path, &|_| ()) {
            Ok(exhibit) if of_file => {
                self.exhibits.push(account::refused(role, &exhibit, why.to_string()));
                Ok(why)
            }
            _ => Err(why),
        }
    }

    /// Rows of all files.
    pub(in crate::cli) fn rows(&self) -> u64 {
        self.exhibits.iter().map(|e| e.counts.rows).sum()
    }

    /// The devices of a role's files, in order of name.
    pub(in crate::cli) fn devices(&self, role: Role) -> Vec<DeviceCount> {
        let mut all = BTreeMap::new();
        for device in self.exhibits.iter().filter(|e| e.role == role).flat_map(|e| &e.devices) {
            *all.entry(device.device.clone()).or_insert(0) += device.fixes;
        }
        all.into_iter().map(|(device, fixes)| DeviceCount { device, fixes }).collect()
    }
}

/// Starts the file of `--rejects`.
///
/// # Errors
/// [`CheckError`] if it cannot be made.
pub(in crate::cli) fn rejects_csv(path: &Path) -> Result<RejectsCsv<BufWriter<File>>, CheckError> {
    RejectsCsv::new(super::error::create(path)?).map_err(|source| CheckError::Out { path: path.to_owned(), source })
}

/// The built-in profile of a name, or the profile in a file.
///
/// # Errors
/// [`CheckError::Profile`] if there is none, or it cannot be used.
pub(in crate::cli) fn profile(name: &str) -> Result<Profile, CheckError> {
    if let Some(profile) = Profile::builtin(name) {
        return Ok(profile);
    }
    let fault = |detail: String| CheckError::Profile { name: name.to_owned(), detail };
    let text = std::fs::read_to_string(name).map_err(|e| fault(format!("no built-in profile and no file: {e}")))?;
    Profile::parse_toml(name, &text).map_err(|e| fault(e.to_string()))
}
