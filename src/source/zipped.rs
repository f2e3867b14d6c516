//! Opens a ZIP archive member by member.

use std::fs::File;
use std::io::BufReader;

use zip::ZipArchive;
use zip::result::ZipError;

use super::SourceError;
use super::budget::Bounded;
use super::container::{BUFFER_BYTES, Place, Walk};
use super::meter::{Meter, Metered};
use super::names;

/// Visits the members of an archive in the order of its index.
///
/// A broken index of a nested archive is that member's fault; of the exhibit itself, it is an error.
pub(super) fn visit<E: From<SourceError>>(
    walk: &mut Walk<'_, E>,
    file: File,
    meter: &Meter<'_>,
    place: &Place<'_>,
) -> Result<(), E> {
    let mut archive = match ZipArchive::new(BufReader::new(Metered { inner: file, meter })) {
        Ok(archive) => archive,
        Err(e) if place.depth > 1 => return walk.unreadable(place.container, fault(place.container, e)),
        Err(e) => return Err(fault(place.container, e).into()),
    };
    walk.budget.admit(place.container, archive.len() as u64)?;
    for index in 0..archive.len() {
        let raw = match archive.name_for_index(index) {
            Some(Ok(name)) => name.into_owned(),
            _ => format!("member {}", index + 1),
        };
        if names::is_skipped(&raw) {
            continue;
        }
        let name = format!("{}{}", place.prefix, names::label(&raw));
        let in_before = meter.read();
        let budget = walk.budget;
        match archive.by_index(index) {
            Ok(member) => {
                let unpacked = Bounded::new(member, &name, budget, meter, in_before);
                let mut reader = BufReader::with_capacity(BUFFER_BYTES, unpacked);
                walk.member(&name, &mut reader, place.depth)?;
            }
            Err(e) => walk.unreadable(&name, fault(&name, e))?,
        }
    }
    if archive.has_duplicate_names() {
        let why = SourceError::SameName { file: place.container.to_owned() };
        walk.unreadable(place.container, why)?;
    }
    Ok(())
}

fn fault(file: &str, error: ZipError) -> SourceError {
    let file = file.to_owned();
    match error {
        ZipError::Io(source) => SourceError::from_io(&file, source),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            SourceError::Encrypted { file }
        }
        other => SourceError::Broken { file, detail: other.to_string() },
    }
}
