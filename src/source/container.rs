//! Opens containers down to the members that hold records.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::budget::Budget;
use super::file::{name_of, open};
use super::head::Rejoined;
use super::meter::{Meter, Metered};
use super::{Limits, SourceError, file, gz, names, zipped};

/// How much of a stream is held ready, bytes.
pub(super) const BUFFER_BYTES: usize = 256 * 1024;

/// One member of an exhibit, or the exhibit itself if it is no container.
pub struct Member<'a> {
    /// Its name within the exhibit (`b.gpx.gz!b.gpx`); empty if the exhibit is no container.
    pub name: String,
    /// What is in it, or why it cannot be opened.
    pub content: Result<Content<'a>, SourceError>,
}

/// The content of a member.
pub struct Content<'a> {
    /// Its bytes, unpacked and bounded by the limits.
    pub reader: &'a mut dyn BufRead,
    /// The file itself, if the exhibit is no container: formats that are read in any order open it again.
    pub path: Option<&'a Path>,
}

/// Calls `visit` for each member of a file: once for a plain file, once for each file of a `.zip`, `.kmz` or `.gz`.
///
/// Containers are told by their content, not their name, and opened within each other to [`Limits::max_depth`]. A
/// member that cannot be opened is visited too, with the reason. Folders and what macOS adds are passed over.
/// `progress` is told how many bytes have been read from the disk.
///
/// # Errors
/// What `visit` returns, at once; [`SourceError`] if the file cannot be opened or a limit of the whole exhibit is met.
pub fn visit_members<E: From<SourceError>>(
    path: &Path,
    limits: &Limits,
    progress: &dyn Fn(u64),
    visit: &mut dyn FnMut(Member<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = open(path)?;
    let fault = |source| SourceError::Io { file: path.display().to_string(), source };
    let mut magic = Vec::new();
    (&mut file).take(MAGIC_BYTES as u64).read_to_end(&mut magic).map_err(fault)?;
    file.seek(SeekFrom::Start(0)).map_err(fault)?;
    let meter = Meter::new(progress);
    let mut walk = Walk { budget: &Budget::new(*limits), visit };
    let name = name_of(path);
    match Kind::of(&magic) {
        Kind::Plain => {
            let mut reader = BufReader::with_capacity(BUFFER_BYTES, Metered { inner: file, meter: &meter });
            let content = Content { reader: &mut reader, path: Some(path) };
            (walk.visit)(Member { name: String::new(), content: Ok(content) })
        }
        Kind::Gz => {
            let mut reader = BufReader::with_capacity(BUFFER_BYTES, Metered { inner: file, meter: &meter });
            walk.budget.admit(&name, 1)?;
            walk.budget.descend(&name, 1)?;
            gz::visit(&mut walk, &mut reader, &meter, &names::inside_gz(&name), 1)
        }
        Kind::Zip => {
            walk.budget.descend(&name, 1)?;
            zipped::visit(&mut walk, file, &meter, &Place { container: &name, prefix: "", depth: 1 })
        }
    }
}

const MAGIC_BYTES: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Gz,
    Zip,
}

impl Kind {
    /// By the first bytes: RFC 1952, section 2.3.1; PKWARE APPNOTE, sections 4.3.7 and 4.3.16.
    fn of(magic: &[u8]) -> Self {
        if magic.starts_with(&[0x1f, 0x8b, 8]) {
            Self::Gz
        } else if magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06") {
            Self::Zip
        } else {
            Self::Plain
        }
    }
}

/// Where a container stands in the exhibit.
pub(super) struct Place<'a> {
    /// Its name, for errors.
    pub(super) container: &'a str,
    /// What its members' names begin with.
    pub(super) prefix: &'a str,
    /// 1 for the exhibit itself.
    pub(super) depth: u32,
}

/// A walk through one exhibit.
pub(super) struct Walk<'a, E> {
    pub(super) budget: &'a Budget,
    pub(super) visit: &'a mut dyn FnMut(Member<'_>) -> Result<(), E>,
}

impl<E: From<SourceError>> Walk<'_, E> {
    /// Visits a member that cannot be opened.
    pub(super) fn unreadable(&mut self, name: &str, why: SourceError) -> Result<(), E> {
        (self.visit)(Member { name: name.to_owned(), content: Err(why) })
    }

    /// Visits an unpacked member found `depth` containers deep, opening it further if it is a container itself.
    pub(super) fn member(&mut self, name: &str, reader: &mut dyn BufRead, depth: u32) -> Result<(), E> {
        let mut reader = Rejoined::new(reader, MAGIC_BYTES);
        let kind = Kind::of(reader.head());
        if kind == Kind::Plain {
            let content = Content { reader: &mut reader, path: None };
            (self.visit)(Member { name: name.to_owned(), content: Ok(content) })?;
        } else if let Err(why) = self.budget.descend(name, depth + 1) {
            self.unreadable(name, why)?;
        } else if kind == Kind::Gz {
            let meter = Meter::new(&|_| ());
            let mut inner = BufReader::with_capacity(BUFFER_BYTES, Metered { inner: reader, meter: &meter });
            gz::visit(self, &mut inner, &meter, &format!("{name}!{}", names::inside_gz(name)), depth + 1)?;
        } else {
            match file::spool(&mut reader, name) {
                Ok(copy) => self.nested_zip(name, copy, depth + 1)?,
                Err(why) => self.unreadable(name, why)?,
            }
        }
        Ok(self.budget.check(name)?)
    }

    fn nested_zip(&mut self, name: &str, copy: File, depth: u32) -> Result<(), E> {
        let meter = Meter::new(&|_| ());
        let prefix = format!("{name}!");
        zipped::visit(self, copy, &meter, &Place { container: name, prefix: &prefix, depth })
    }
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
