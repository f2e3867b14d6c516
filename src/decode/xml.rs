//! Walking through an XML document, one step at a time, in bounded memory.
//!
//! ```text
//!  bytes ─> allowance ─> UTF-8 repaired ─> quick-xml ─> open(tag) text close(tag) ... ─> Document
//! ```
//! Nothing in a document can make the walk fetch, expand or hold more than it says here: an entity other than the
//! five of XML stays the text `&name;`, a DTD is passed over, no single tag, text or comment may be longer than
//! [`MAX_PIECE_BYTES`], and elements nest at most [`MAX_DEPTH`] deep. Names are local: prefixes are tolerated, as
//! writers choose them freely.

mod input;
mod text;

use std::io::{self, BufRead};
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::errors::Error as XmlError;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::DecodeError;
use super::bounded::{Allowance, Bounded};
use input::Utf8Input;
pub(super) use text::Text;

/// The longest single piece (a tag, a text, a comment) that is read, bytes: a line of some 400 000 points.
const MAX_PIECE_BYTES: u64 = 16 * 1024 * 1024;
/// The deepest nesting that is read; real files stay below 20.
const MAX_DEPTH: usize = 256;
/// The longest name of an element, bytes; it bounds what the parser remembers of open elements.
const MAX_NAME_BYTES: usize = 1024;

/// What a format makes of the steps of a walk.
pub(super) trait Document {
    /// The local name of the root element.
    const ROOT: &'static str;

    /// An element begins.
    ///
    /// # Errors
    /// [`DecodeError`] of the receiver.
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), DecodeError>;

    /// Text directly inside the innermost open element; it may come in several parts.
    fn text(&mut self, part: &str);

    /// The innermost open element ends.
    ///
    /// # Errors
    /// [`DecodeError`] of the receiver.
    fn close(&mut self) -> Result<(), DecodeError>;

    /// The file breaks off here: accounts for the rows that are half read.
    ///
    /// # Errors
    /// [`DecodeError`] of the receiver.
    fn broken(&mut self) -> Result<(), DecodeError>;

    /// The last row that was read, from 1.
    fn row(&self) -> u64;
}

/// The beginning of an element.
pub(super) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Its name without a prefix.
    pub(super) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of an attribute, its references resolved where they can be; `None` if it is not there.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut all = self.0.attributes();
        // The check for doubles is quadratic in their number: the first one counts.
        let found = all.with_checks(false).flatten().find(|a| a.key.local_name().into_inner() == name)?;
        Some(
            quick_xml::escape::unescape(&found.value)
                .map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned),
        )
    }
}

/// Walks through a document to its end.
///
/// # Errors
/// [`DecodeError::Structure`] if it breaks, ends early or has another root element, after `document` accounted for
/// what was half read; [`DecodeError::Io`] if reading fails; whatever `document` returns.
pub(super) fn walk<D: Document>(reader: &mut dyn BufRead, file: &str, document: &mut D) -> Result<(), DecodeError> {
    let walked = Walk::start(reader, file).and_then(|mut walk| walk.go_on(document));
    if matches!(walked, Err(DecodeError::Structure { .. } | DecodeError::Io { .. })) {
        document.broken()?;
    }
    walked
}

struct Walk<'r, 'f> {
    reader: Reader<Utf8Input<'r>>,
    allowance: Allowance,
    file: &'f str,
    depth: usize,
    rooted: bool,
}

impl<'r, 'f> Walk<'r, 'f> {
    fn start(reader: &'r mut dyn BufRead, file: &'f str) -> Result<Self, DecodeError> {
        let allowance = Allowance::new(MAX_PIECE_BYTES);
        let bounded = Bounded::start(reader, &allowance).map_err(|e| allowance.explain(file, 0, e))?;
        let utf16 = bounded.is_utf16();
        let mut reader = Reader::from_reader(Utf8Input::new(bounded));
        reader.config_mut().expand_empty_elements = true;
        // A name such as `Fish & Chips` must not cost the rest of the file.
        reader.config_mut().allow_dangling_amp = true;
        let walk = Self { reader, allowance, file, depth: 0, rooted: false };
        if utf16 { Err(walk.broken(0, "it is UTF-16; convert it to UTF-8")) } else { Ok(walk) }
    }

    fn go_on<D: Document>(&mut self, document: &mut D) -> Result<(), DecodeError> {
        let mut piece = Vec::new();
        loop {
            piece.clear();
            self.allowance.renew();
            let event = match self.reader.read_event_into(&mut piece) {
                Ok(event) => event,
                Err(error) => return Err(self.explain(document.row(), error)),
            };
            match event {
                Event::Start(start) => self.open(&Tag(start), document)?,
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    document.close()?;
                }
                Event::Text(text) => document.text(&text),
                Event::CData(text) => document.text(&text),
                Event::GeneralRef(reference) => resolve(&reference, |part| document.text(part)),
                Event::Eof => return self.end(document.row()),
                _ => {}
            }
        }
    }

    fn open<D: Document>(&mut self, tag: &Tag<'_>, document: &mut D) -> Result<(), DecodeError> {
        if !self.rooted && tag.name() != D::ROOT {
            let name: String = tag.name().chars().take(40).collect();
            return Err(self.broken(0, &format!("the root element is `{name}`, not `{}`", D::ROOT)));
        }
        self.rooted = true;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.broken(document.row(), &format!("elements nest more than {MAX_DEPTH} deep")));
        }
        if tag.0.name().into_inner().len() > MAX_NAME_BYTES {
            return Err(self.broken(document.row(), &format!("an element's name exceeds {MAX_NAME_BYTES} bytes")));
        }
        document.open(tag)
    }

    fn end(&self, row: u64) -> Result<(), DecodeError> {
        if !self.rooted {
            Err(self.broken(row, "there is no XML element"))
        } else if self.depth > 0 {
            Err(self.broken(row, &format!("the file ends inside {} open elements", self.depth)))
        } else {
            Ok(())
        }
    }

    fn explain(&self, row: u64, error: XmlError) -> DecodeError {
        match error {
            XmlError::Io(io) => {
                // Unwrapped, so that an error of a container inside it can still be recognised.
                let io = Arc::try_unwrap(io).unwrap_or_else(|shared| io::Error::new(shared.kind(), shared));
                self.allowance.explain(self.file, row, io)
            }
            other => self.broken(row, &format!("byte {}: {other}", self.reader.error_position())),
        }
    }

    fn broken(&self, row: u64, detail: &str) -> DecodeError {
        DecodeError::Structure { file: self.file.to_owned(), row, detail: detail.to_owned() }
    }
}

/// Characters by number and the five entities of XML; any other entity stays as it is written, never expanded.
fn resolve(reference: &BytesRef<'_>, mut text: impl FnMut(&str)) {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        text(character.encode_utf8(&mut [0; 4]));
    } else if let Some(known) = quick_xml::escape::resolve_xml_entity(reference) {
        text(known);
    } else {
        text(&format!("&{};", &**reference));
    }
}

#[cfg(test)]
mod tests;
