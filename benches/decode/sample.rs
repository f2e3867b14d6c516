//! A made-up file and the track that its records tell: one fix every two seconds, wandering over a tenth of a degree.

use std::fmt::Write as _;

use locard::decode::{DecodeError, DecodeOptions, RowSink};
use locard::time::ZoneRule;

/// 2026-01-01T00:00:00Z: the moment of reading.
pub const NOW_US: i64 = 1_767_225_600_000_000;
/// 2025-06-01T00:00:00Z: the first record.
pub const START_S: u64 = 1_748_736_000;
/// Seconds between records.
const STEP_S: u64 = 2;

/// Reads a sample into a sink.
pub type Decode = Box<dyn Fn(&mut dyn RowSink) -> Result<(), DecodeError>>;
/// Makes a sample of about so many bytes.
pub type Maker = fn(usize) -> Sample;

/// A made-up file.
pub struct Sample {
    /// The format, and what is special about the file.
    pub name: &'static str,
    /// Its length.
    pub bytes: u64,
    /// The fixes in it.
    pub fixes: u64,
    /// Its decoder, at work on it.
    pub decode: Decode,
}

/// How long the files are, bytes.
pub struct SampleSize {
    /// When speed is measured.
    pub measured: usize,
    /// When the bench is run once, as a test.
    pub tested: usize,
}

impl SampleSize {
    /// The length for this run.
    pub fn bytes(&self) -> usize {
        if std::env::args().any(|arg| arg == "--test") { self.tested } else { self.measured }
    }
}

/// A format's decoder for text.
pub type TextDecoder = fn(&mut dyn std::io::BufRead, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>;

impl Sample {
    /// A text file: `head`, then elements until it is long enough, then `tail`. `element` writes the `i`-th one and says
    /// how many fixes it holds; elements are put apart by `between`.
    pub fn text(
        name: &'static str,
        decode: TextDecoder,
        bytes: usize,
        [head, between, tail]: [&str; 3],
        element: impl Fn(&mut String, u64) -> u64,
    ) -> Self {
        let (text, fixes) = written(bytes, [head, between, tail], element);
        let bytes = text.len() as u64;
        let decode: Decode = Box::new(move |sink| decode(&mut text.as_bytes(), name, &options(), sink));
        Self { name, bytes, fixes, decode }
    }
}

/// The text of a file as [`Sample::text`] describes it, and its fixes.
pub fn written(
    bytes: usize,
    [head, between, tail]: [&str; 3],
    element: impl Fn(&mut String, u64) -> u64,
) -> (String, u64) {
    let (mut text, mut fixes, mut i) = (head.to_owned(), 0, 0);
    while text.len() < bytes {
        if i > 0 {
            text.push_str(between);
        }
        fixes += element(&mut text, i);
        i += 1;
    }
    text.push_str(tail);
    (text, fixes)
}

/// Appends formatted text, which cannot fail.
pub fn put(text: &mut String, part: std::fmt::Arguments<'_>) {
    let _infallible = text.write_fmt(part);
}

/// What the files do not say.
pub fn options() -> DecodeOptions {
    DecodeOptions {
        zone: ZoneRule::parse("Europe/London").ok(),
        device: Some("phone".to_owned()),
        ..DecodeOptions::default()
    }
}

/// The seconds since 1970 of the `i`-th record.
pub const fn epoch_s(i: u64) -> u64 {
    START_S + i * STEP_S
}

/// Day of June 2025, hour, minute and second of the `i`-th record.
pub const fn clock(i: u64) -> [u64; 4] {
    let s = i * STEP_S;
    [1 + s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60]
}

/// The time of the `i`-th record as ISO 8601 writes it.
pub fn iso(i: u64) -> String {
    let [day, hour, minute, second] = clock(i);
    format!("2025-06-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Latitude and longitude of the `i`-th record, in 1e-7 degrees.
pub fn position_e7(i: u64) -> (i64, i64) {
    let wander = |step: u64| i64::try_from(i * step % 1_000_000).unwrap_or(0);
    (514_000_000 + wander(7_919), -1_000_000 - wander(6_113))
}

/// Latitude and longitude of the `i`-th record as decimal text, degrees.
pub fn position(i: u64) -> (String, String) {
    let degrees =
        |e7: i64| format!("{}{}.{:07}", if e7 < 0 { "-" } else { "" }, e7.abs() / 10_000_000, e7.abs() % 10_000_000);
    let (lat, lon) = position_e7(i);
    (degrees(lat), degrees(lon))
}
