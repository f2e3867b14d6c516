//! Records of a stored case that no authority covers, as rejects.

use std::path::PathBuf;

use crate::cli::check::{CheckError, REJECTS_LISTED, rejects_csv};
use crate::model::{Outside, Reject, shorten};
use crate::query::OutsideRecord;
use crate::sink::report::{RejectFound, Rejects};

/// The rejects of a report; all of them are written where `path` says, too.
///
/// # Errors
/// [`CheckError`] if that file cannot be written.
pub(super) fn rejects(outside: &[OutsideRecord], path: Option<&PathBuf>) -> Result<Rejects, CheckError> {
    let total = outside.len() as u64;
    let listed = outside.iter().take(REJECTS_LISTED).map(|r| RejectFound::from(&reject(r))).collect();
    if let Some(path) = path {
        let fault = |source| CheckError::Out { path: path.clone(), source };
        let mut out = rejects_csv(path)?;
        for record in outside {
            out.write(&reject(record)).map_err(fault)?;
        }
        out.finish().map_err(fault)?;
    }
    Ok(Rejects { total, listed })
}

fn reject(r: &OutsideRecord) -> Reject {
    let (field, value) = match r.why {
        Outside::Identifier => ("device", &r.device),
        Outside::Period | Outside::PartOfPeriod => ("time", &r.time_text),
    };
    Reject {
        file: r.file.clone(),
        exhibit: r.exhibit.clone(),
        row: r.row,
        path: r.path.clone(),
        field: field.to_owned(),
        value: shorten(value),
        reason: r.why.reason(),
    }
}
