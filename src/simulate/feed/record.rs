//! One record of a generated feed, and its payload for the topic `fixes`.

use std::sync::Arc;

use crate::model::{Basis, CaseEvent, SourceKind};

use super::stamp::Stamp;

/// What a device observed at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Observed {
    /// When it truly was, UTC microseconds.
    pub(super) true_us: i64,
    /// When it was by the device's clock.
    pub(super) t_us: i64,
    pub(super) lat_e7: i64,
    pub(super) lon_e7: i64,
    pub(super) uncertainty_m: u32,
    pub(super) azimuth_deg: Option<u32>,
    pub(super) source: SourceKind,
}

/// A location record as it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFix {
    /// The device.
    pub device_id: Arc<str>,
    /// The device's number in its case, from 0.
    pub device: usize,
    /// When, by the device's clock, UTC microseconds.
    pub t_us: i64,
    /// When it truly was, UTC microseconds; not part of the payload.
    pub true_us: i64,
    /// WGS84 latitude, degrees times 10⁷.
    pub lat_e7: i64,
    /// WGS84 longitude, degrees times 10⁷.
    pub lon_e7: i64,
    /// Reported radius of 68 % confidence, metres.
    pub uncertainty_m: u32,
    /// Direction of a sector, degrees clockwise from north.
    pub azimuth_deg: Option<u32>,
    /// What produced the position.
    pub source: SourceKind,
    /// It was delivered before.
    pub duplicate: bool,
}

impl FeedFix {
    pub(super) fn new(device_id: Arc<str>, device: usize, o: &Observed, duplicate: bool) -> Self {
        Self {
            device_id,
            device,
            t_us: o.t_us,
            true_us: o.true_us,
            lat_e7: o.lat_e7,
            lon_e7: o.lon_e7,
            uncertainty_m: o.uncertainty_m,
            azimuth_deg: o.azimuth_deg,
            source: o.source,
            duplicate,
        }
    }

    /// Appends the payload, a JSON object without a line end: about 190 bytes.
    pub fn append_json(&self, case_id: &str, stamp: &mut Stamp, out: &mut Vec<u8>) {
        // Identifiers are made by the feed from letters, digits and hyphens: nothing in them needs escaping.
        let mut text = |part: &str| out.extend_from_slice(part.as_bytes());
        text("{\"case_id\":\"");
        text(case_id);
        text("\",\"device_id\":\"");
        text(&self.device_id);
        text("\",\"t0\":\"");
        stamp.append(self.t_us, out);
        out.extend_from_slice(b"\",\"lat_deg\":");
        append_e7(self.lat_e7, out);
        out.extend_from_slice(b",\"lon_deg\":");
        append_e7(self.lon_e7, out);
        out.extend_from_slice(b",\"uncertainty_m\":");
        append_whole(self.uncertainty_m.into(), 1, out);
        if let Some(deg) = self.azimuth_deg {
            out.extend_from_slice(b",\"azimuth_deg\":");
            append_whole(deg.into(), 1, out);
        }
        out.extend_from_slice(b",\"source\":\"");
        out.extend_from_slice(self.source.as_str().as_bytes());
        out.extend_from_slice(b"\",\"confidence\":0.68,\"basis\":\"");
        out.extend_from_slice(basis(self.source).as_str().as_bytes());
        out.extend_from_slice(b"\"}");
    }
}

/// A mast's and a camera's position were assigned to the record; the others were measured.
const fn basis(source: SourceKind) -> Basis {
    match source {
        SourceKind::Cell | SourceKind::Anpr => Basis::Estimated,
        _ => Basis::Measured,
    }
}

/// What is delivered at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedItem {
    /// When it is delivered, UTC microseconds of the feed.
    pub deliver_us: i64,
    /// The case's number, from 0.
    pub case: usize,
    /// The case: the key of the message.
    pub case_id: Arc<str>,
    /// The message.
    pub body: FeedBody,
}

/// A message of one of the two topics.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedBody {
    /// For the topic `fixes`.
    Fix(FeedFix),
    /// For the topic `cases`.
    Event(Box<CaseEvent>),
}

/// Degrees with seven digits after the point, exactly.
fn append_e7(e7: i64, out: &mut Vec<u8>) {
    const E7: u64 = 10_000_000;
    if e7 < 0 {
        out.push(b'-');
    }
    append_whole(e7.unsigned_abs() / E7, 1, out);
    out.push(b'.');
    append_whole(e7.unsigned_abs() % E7, 7, out);
}

/// A whole number with at least `width` digits.
pub(super) fn append_whole(mut n: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for (i, digit) in digits.iter_mut().enumerate().rev() {
        // The remainder of ten fits a byte.
        *digit = b'0' + u8::try_from(n % 10).unwrap_or(0);
        n /= 10;
        used = 20 - i;
        if n == 0 && used >= width {
            break;
        }
    }
    out.extend_from_slice(digits.get(20 - used..).unwrap_or(&digits));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix() -> FeedFix {
        FeedFix {
            device_id: "case-00001-s1-sim".into(),
            device: 0,
            t_us: 1_761_436_800_120_000,
            true_us: 0,
            lat_e7: 547_500_042,
            lon_e7: -20_000_001,
            uncertainty_m: 2_000,
            azimuth_deg: Some(0),
            source: SourceKind::Cell,
            duplicate: false,
        }
    }

    #[test]
    fn the_payload_is_what_the_topic_wants_to_the_byte() {
        let mut out = Vec::new();
        fix().append_json("case-00001", &mut Stamp::default(), &mut out);
        let expected = "{\"case_id\":\"case-00001\",\"device_id\":\"case-00001-s1-sim\",\"t0\":\"2025-10-26T00:00:00.120Z\",\
                        \"lat_deg\":54.7500042,\"lon_deg\":-2.0000001,\"uncertainty_m\":2000,\"azimuth_deg\":0,\
                        \"source\":\"cell\",\"confidence\":0.68,\"basis\":\"estimated\"}";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        for n in [0, 1, 9, 10, 99, 100, 1_234_567, u64::MAX] {
            let mut out = Vec::new();
            append_whole(n, 1, &mut out);
            append_whole(n, 7, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{n}{n:07}"));
        }
        let mut out = Vec::new();
        append_e7(-5, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "-0.0000005");
    }
}
