//! Google on-device `location-history.json` of iOS: a bare array of segments, everything in it written as text.
//!
//! A row is an element of the array, counted from 1; its path is `[i]`, counted from 0, and the path tells the records
//! of one segment apart (`[3].timelinePath[2]`). A path point says how many whole minutes after the segment's start it
//! was, so it becomes a fix over that minute. Segments stand in no order. What each kind of segment becomes is told in
//! `timeline_segment`.

use std::io::BufRead;

use super::json_stream::JsonStream;
use super::timeline_segment::{decode_segment, names_a_segment};
use super::{DecodeError, DecodeOptions, RowSink};

/// Reads a `location-history.json`.
///
/// # Errors
/// [`DecodeError::Io`] if reading fails, [`DecodeError::Structure`] if the file is cut off or its brackets do not match
/// (rows before that were used), [`DecodeError::Unknown`] if it is not an array.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut stream = JsonStream::new(reader, file);
    if !stream.enter_root(b'[')? {
        return Err(stream.unknown("not a JSON array, as location-history.json of iOS is"));
    }
    let mut index = 0_u64;
    while stream.next_element()? {
        decode_segment(stream.value(), stream.row(), &format!("[{index}]"), options, sink)?;
        index += 1;
    }
    stream.end()
}

/// Recognises the format by the beginning of a file, which may be cut off anywhere; says by what.
#[must_use]
pub fn looks_like(head: &[u8]) -> Option<String> {
    let mut reader = head;
    let mut stream = JsonStream::new(&mut reader, "");
    if !stream.enter_root(b'[').ok()? {
        return None;
    }
    // An element that is cut off is still looked at.
    let _complete = stream.next_element();
    names_a_segment(&stream).then(|| "a JSON array of timeline segments with startTime".to_owned())
}
