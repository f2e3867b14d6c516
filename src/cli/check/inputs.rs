//! The files of a check before any is read: that they are files, what they are called, what must not be overwritten.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::CaseArgs;
use crate::decode::DecodeError;
use crate::source::SourceError;

use super::CheckError;

/// Checks every file named, so that a wrong name is told before the first file is read and not after the last.
///
/// # Errors
/// [`CheckError::Decode`] names the first that is missing, a folder, or a pipe (which could not be read twice).
pub(in crate::cli) fn all_are_files(args: &CaseArgs) -> Result<(), CheckError> {
    args.suspect.iter().chain(&args.victim).chain(&args.incidents).try_for_each(|path| Ok(is_file(path)?))
}

/// Checks one file.
///
/// # Errors
/// As [`all_are_files`].
pub(in crate::cli) fn is_file(path: &Path) -> Result<(), DecodeError> {
    let file = path.display().to_string();
    let fault = match fs::metadata(path) {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(found) if found.is_dir() => SourceError::Folder { file },
        Ok(_) => SourceError::Broken { file, detail: "it is not a plain file: save what it gives first".to_owned() },
        Err(source) => SourceError::Io { file, source },
    };
    Err(fault.into())
}

/// Checks where output goes: never over a file that is read, and into a folder that is there.
///
/// # Errors
/// [`CheckError::Overwrites`], or [`CheckError::Create`] if the folder is missing.
pub(in crate::cli) fn outputs_fit(args: &CaseArgs, out: Option<&Path>) -> Result<(), CheckError> {
    let read: Vec<PathBuf> =
        args.suspect.iter().chain(&args.victim).chain(&args.incidents).filter_map(|p| p.canonicalize().ok()).collect();
    for (option, path) in [("--out", out), ("--rejects", args.rejects.as_deref())] {
        let Some(path) = path else { continue };
        if path.canonicalize().is_ok_and(|written| read.contains(&written)) {
            return Err(CheckError::Overwrites { option, path: path.to_owned() });
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let why = match (folder.is_dir(), path.is_dir()) {
            (false, _) => io::ErrorKind::NotFound,
            (true, true) => io::ErrorKind::IsADirectory,
            (true, false) => continue,
        };
        return Err(CheckError::Create { path: path.to_owned(), source: why.into() });
    }
    Ok(())
}

/// The device of records that name none: the file they were taken from, by its name, or by its whole path where
/// another of the files has the same name. Two handsets' `track.gpx` are two devices.
pub(in crate::cli) fn device_of(path: &Path, files: &[PathBuf]) -> String {
    let whole = |p: &Path| p.canonicalize().unwrap_or_else(|_| p.to_owned());
    let namesake = |other: &PathBuf| other.file_name() == path.file_name() && whole(other) != whole(path);
    match path.file_name() {
        Some(name) if !files.iter().any(namesake) => name.to_string_lossy().into_owned(),
        _ => path.display().to_string(),
    }
}
