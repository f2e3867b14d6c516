//! Records of a stored case that no authority covers: each becomes a reject, and none reaches a finding.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use crate::cli::check::{CheckError, REJECTS_LISTED, rejects_csv};
use crate::model::{Authorities, Excess, ExcessRow, Outside, Reject, shorten};
use crate::sink::RejectsCsv;
use crate::sink::report::{RejectFound, Rejects};

/// Where a record stands, and of what device and time it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) device: &'a str,
    pub(super) t0_us: i64,
    pub(super) t1_us: i64,
    pub(super) exhibit: &'a str,
    pub(super) row: u64,
    pub(super) file: &'a str,
    pub(super) path: &'a str,
    pub(super) time_text: &'a str,
}

/// Sets records aside and keeps the account.
pub(super) struct Quarantine {
    authorities: Authorities,
    out: Option<(PathBuf, RejectsCsv<BufWriter<File>>)>,
    excess: BTreeMap<String, Excess>,
    rejects: Rejects,
}

impl Quarantine {
    /// Rejects are also written where `path` says.
    ///
    /// # Errors
    /// [`CheckError`] if that file cannot be made.
    pub(super) fn new(authorities: Authorities, path: Option<&PathBuf>) -> Result<Self, CheckError> {
        let out = path.map(|path| Ok::<_, CheckError>((path.clone(), rejects_csv(path)?))).transpose()?;
        Ok(Self { authorities, out, excess: BTreeMap::new(), rejects: Rejects::default() })
    }

    /// Whether nothing can be outside.
    pub(super) fn is_open(&self) -> bool {
        self.authorities.is_empty()
    }

    /// Sets a record aside if it lies outside; whether it does.
    pub(super) fn takes(&mut self, r: &Standing<'_>) -> Result<bool, CheckError> {
        let Some(why) = self.authorities.outside(r.device, r.exhibit, (r.t0_us, r.t1_us)) else { return Ok(false) };
        let row = ExcessRow { t0_us: r.t0_us, t1_us: r.t1_us, exhibit: r.exhibit.to_owned(), row: r.row };
        self.excess.entry(r.device.to_owned()).or_default().add(why, row);
        self.rejects.total += 1;
        if self.rejects.listed.len() < REJECTS_LISTED || self.out.is_some() {
            let reject = reject(r, why);
            if let Some((path, out)) = &mut self.out {
                out.write(&reject).map_err(|source| CheckError::Out { path: path.clone(), source })?;
            }
            if self.rejects.listed.len() < REJECTS_LISTED {
                self.rejects.listed.push(RejectFound::from(&reject));
            }
        }
        Ok(true)
    }

    /// The authorities, what was set aside by device, and the rejects.
    ///
    /// # Errors
    /// [`CheckError`] if the file of rejects cannot be ended.
    pub(super) fn finish(self) -> Result<(Authorities, BTreeMap<String, Excess>, Rejects), CheckError> {
        if let Some((path, out)) = self.out {
            out.finish().map_err(|source| CheckError::Out { path, source })?;
        }
        Ok((self.authorities, self.excess, self.rejects))
    }
}

fn reject(r: &Standing<'_>, why: Outside) -> Reject {
    let (field, value) = match why {
        Outside::Identifier => ("device", r.device),
        Outside::Period | Outside::PartOfPeriod => ("time", r.time_text),
    };
    Reject {
        file: r.file.to_owned(),
        exhibit: r.exhibit.to_owned(),
        row: r.row,
        path: r.path.to_owned(),
        field: field.to_owned(),
        value: shorten(value),
        reason: why.reason(),
    }
}
