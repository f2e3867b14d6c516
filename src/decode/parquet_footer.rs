//! Whether a Parquet file's footer claims no more than a reader can take.
//!
//! The footer's reader descends into the schema one call for each level, and reserves room for as many children and row
//! groups as are announced. Neither ends in an error that could be caught: a stack that is full and memory that cannot
//! be had end the program. So the footer is walked first, without recursion or reservation.
//! Sources: parquet-format 2.11 (`parquet.thrift`: `FileMetaData`, `SchemaElement`); Thrift's compact protocol.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// Columns within columns that no table of locations has.
const MAX_NESTING: usize = 64;
/// Thrift structures within structures; Parquet's own nest a handful deep.
const MAX_STRUCTS: u32 = 32;

/// `FileMetaData.schema`.
const SCHEMA: i16 = 2;
/// `FileMetaData.row_groups`.
const ROW_GROUPS: i16 = 4;
/// `SchemaElement.num_children`.
const CHILDREN: i16 = 5;

/// Types of the compact protocol.
mod kind {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const I8: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const MAP: u8 = 11;
    pub(super) const STRUCT: u8 = 12;
}

/// The types of the fields of `FileMetaData`, from field 1.
const OF_FILE: [u8; 9] =
    [kind::I32, kind::LIST, kind::I64, kind::LIST, kind::LIST, kind::BINARY, kind::LIST, kind::STRUCT, kind::BINARY];
/// The types of the fields of `SchemaElement`, from field 1.
const OF_ELEMENT: [u8; 10] = [
    kind::I32,
    kind::I32,
    kind::I32,
    kind::BINARY,
    kind::I32,
    kind::I32,
    kind::I32,
    kind::I32,
    kind::I32,
    kind::STRUCT,
];

/// Checks the footer of a file; a footer that is encrypted or not there is left to the reader, which says so.
///
/// # Errors
/// What is claimed that cannot be.
pub(super) fn check(file: &mut File) -> Result<(), String> {
    let Some(bytes) = footer(file).map_err(|e| e.to_string())? else { return Ok(()) };
    let mut walk = Walk { rest: &bytes };
    walk.file_metadata()?.ok_or_else(|| "its footer cannot be read".to_owned())
}

fn footer(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(tail) = size.checked_sub(8) else { return Ok(None) };
    let mut end = [0; 8];
    file.seek(SeekFrom::Start(tail))?;
    file.read_exact(&mut end)?;
    let [a, b, c, d, magic @ ..] = end;
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    let Some(start) = tail.checked_sub(length) else { return Ok(None) };
    if magic != *b"PAR1" {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// What is left of the footer. Functions give `None` where it ends early or is not of the protocol.
struct Walk<'a> {
    rest: &'a [u8],
}

/// A claim that cannot be; within, `None` for bytes that cannot be read.
type Claims<T> = Result<Option<T>, String>;

impl Walk<'_> {
    fn file_metadata(&mut self) -> Claims<()> {
        let mut id = 0;
        loop {
            let Some((next, kind)) = self.field(id, &OF_FILE) else { return Ok(None) };
            id = next;
            let passed = match (id, kind) {
                (_, kind::STOP) => return Ok(Some(())),
                (SCHEMA, _) => self.schema()?,
                (ROW_GROUPS, _) => self.row_groups()?,
                _ => self.skip(kind, MAX_STRUCTS),
            };
            if passed.is_none() {
                return Ok(None);
            }
        }
    }

    /// The schema is a tree, told from the root down: each element says how many children follow.
    fn schema(&mut self) -> Claims<()> {
        let Some((elements, of)) = self.list() else { return Ok(None) };
        let mut open: Vec<u64> = Vec::new();
        for told in 1..=elements {
            let Some(children) = (of == kind::STRUCT).then(|| self.children()).flatten() else { return Ok(None) };
            let children = u64::try_from(children).unwrap_or(0);
            if children > elements - told {
                return Err(format!("a column claims {children} columns within it, and {} are told", elements - told));
            }
            if let Some(due) = open.last_mut() {
                *due = due.saturating_sub(1);
            }
            if children > 0 {
                open.push(children);
            }
            if open.len() > MAX_NESTING {
                return Err(format!("its columns nest more than {MAX_NESTING} deep"));
            }
            while open.last() == Some(&0) {
                open.pop();
            }
        }
        Ok(Some(()))
    }

    /// How many children a schema's element says it has.
    fn children(&mut self) -> Option<i32> {
        let (mut id, mut children) = (0, 0);
        loop {
            let (next, kind) = self.field(id, &OF_ELEMENT)?;
            id = next;
            match (id, kind) {
                (_, kind::STOP) => return Some(children),
                (CHILDREN, _) => children = i32::try_from(self.zigzag()?).ok()?,
                _ => self.skip(kind, MAX_STRUCTS)?,
            }
        }
    }

    fn row_groups(&mut self) -> Claims<()> {
        let Some((groups, of)) = self.list() else { return Ok(None) };
        let bytes = self.rest.len() as u64;
        if groups > bytes {
            return Err(format!("it claims {groups} groups of rows in {bytes} bytes"));
        }
        Ok(self.elements(groups, &[of], MAX_STRUCTS))
    }

    /// A field's number and type, or [`kind::STOP`]; `last` is the number of the field before.
    ///
    /// The reader goes by the number alone: a field of another type than `known` says would be read as something else
    /// there than here.
    fn field(&mut self, last: i16, known: &[u8]) -> Option<(i16, u8)> {
        let byte = self.byte()?;
        let (delta, kind) = (byte >> 4, byte & 0x0f);
        if kind == kind::STOP {
            return Some((last, kind));
        }
        let id = if delta == 0 { i16::try_from(self.zigzag()?).ok()? } else { last.checked_add(i16::from(delta))? };
        let due = usize::try_from(id).ok().and_then(|id| known.get(id.checked_sub(1)?));
        due.is_none_or(|due| *due == kind).then_some((id, kind))
    }

    /// A list's length and the type of its elements.
    fn list(&mut self) -> Option<(u64, u8)> {
        let byte = self.byte()?;
        let (size, kind) = (u64::from(byte >> 4), byte & 0x0f);
        Some((if size == 15 { self.varint()? } else { size }, kind))
    }

    /// Passes over a field's value; `depth` more structures may be within it.
    fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        match kind {
            kind::TRUE | kind::FALSE => Some(()),
            kind::I8 => self.byte().map(|_| ()),
            kind::I16 | kind::I32 | kind::I64 => self.varint().map(|_| ()),
            kind::DOUBLE => self.pass(8),
            kind::BINARY => {
                let length = self.varint()?;
                self.pass(length)
            }
            kind::LIST | kind::SET => {
                let (size, of) = self.list()?;
                self.elements(size, &[of], depth.checked_sub(1)?)
            }
            kind::MAP => {
                let size = self.varint()?;
                let kinds = if size == 0 { 0 } else { self.byte()? };
                self.elements(size, &[kinds >> 4, kinds & 0x0f], depth.checked_sub(1)?)
            }
            kind::STRUCT => {
                let (mut id, depth) = (0, depth.checked_sub(1)?);
                loop {
                    let (next, kind) = self.field(id, &[])?;
                    id = next;
                    if kind == kind::STOP {
                        return Some(());
                    }
                    self.skip(kind, depth)?;
                }
            }
            _ => None,
        }
    }

    /// Passes over `size` elements of one or two values each. A truth value is a byte here, and none in a field.
    fn elements(&mut self, size: u64, kinds: &[u8], depth: u32) -> Option<()> {
        for _ in 0..size {
            for kind in kinds {
                match *kind {
                    kind::TRUE | kind::FALSE => self.pass(1)?,
                    other => self.skip(other, depth)?,
                }
            }
        }
        Some(())
    }

    fn pass(&mut self, n: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(n).ok()?..)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

#[cfg(test)]
#[path = "parquet_footer_tests.rs"]
mod tests;
