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

#[cfg(test)]
mod tests {
    use super::super::json_proofs::{assert_golden, run};
    use super::*;
    use crate::model::RejectReason;
    use crate::time::ZoneRule;

    #[test]
    fn golden() {
        let fixture = include_bytes!("../../tests/fixtures/timeline_ios/location-history.json");
        assert_golden(decode, fixture, include_str!("../../tests/fixtures/timeline_ios/expected.txt"));
    }

    fn one_point(start: &str, end: &str, minutes: &str, options: &DecodeOptions) -> Result<(i64, bool), RejectReason> {
        let document = format!(
            r#"[{{"startTime": "{start}", {end} "timelinePath":
            [{{"point": "geo:51.5,0.1", "durationMinutesOffsetFromStartTime": {minutes}}}]}}]"#
        );
        let read = run(decode, document.as_bytes(), options);
        assert_eq!(read.counts.rows(), 1, "{document}");
        let kept = read.kept;
        kept.fixes.first().map_or_else(|| Err(kept.rejects[0].reason), |f| Ok((f.t1_us - f.t0_us, f.time_ambiguous)))
    }

    #[test]
    fn a_path_point_stands_for_a_minute_and_for_an_hour_more_where_the_clock_was_put_back() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        let options = DecodeOptions { zone: Some(london), ..DecodeOptions::default() };
        let repeated = one_point("2024-10-27T01:30:00", "", "\"5\"", &options);
        assert_eq!(repeated, Ok((3_659_999_999, true)));
        assert_eq!(one_point("2024-10-27T01:30:00Z", "", "5", &options), Ok((59_999_999, false)));
    }

    #[test]
    fn an_offset_that_cannot_be_is_refused() {
        let end = r#""endTime": "2024-03-01T12:00:00Z","#;
        let read = |minutes| one_point("2024-03-01T10:00:00Z", end, minutes, &DecodeOptions::default());
        assert_eq!(read("120"), Ok((59_999_999, false)));
        assert_eq!(read("121"), Err(RejectReason::NotAllowed));
        assert_eq!(read("-1"), Err(RejectReason::NotAllowed));
        assert_eq!(read("1.5"), Err(RejectReason::NotANumber));
        assert_eq!(read("9223372036854775807"), Err(RejectReason::TimeRange));
    }
}
