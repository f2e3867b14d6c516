//! Event time: reading the times that files write, and the one clock.
//!
//! ```text
//!  "26/10/2025 01:30"  ──format──> civil time ──zone rule──> [00:30Z, 01:30:59.999999Z]  ambiguous
//! ```
//! A time without a zone is never guessed, and a time written without seconds is an interval of a minute.
//! All results are UTC microseconds since 1970-01-01T00:00:00Z.

mod clock;
pub mod custody;
mod fixed;
pub mod moment_text;
mod parse;
mod stopwatch;
mod utc;
mod zone;

pub use clock::{Clock, FixedClock, SystemClock};
pub use parse::{Reading, TimeError, TimeFormat, epoch_us, parse_iso, parse_with};
pub use stopwatch::Stopwatch;
pub use utc::parse_utc;
pub use zone::{ZoneError, ZoneRule};

/// Microseconds in a second.
pub const US_PER_S: i64 = 1_000_000;

/// The earliest time accepted from a record: 1990-01-01T00:00:00Z, before any phone could record a position.
pub const EARLIEST_US: i64 = 631_152_000 * US_PER_S;

/// A UTC time as text: `2025-10-26T00:30:00Z`, with a fraction only if there is one.
#[must_use]
pub fn utc_text(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| format!("{us} us"), |t| t.to_string())
}

/// A local time as text with its abbreviation: `2025-10-26 01:30:00 BST`.
#[must_use]
pub fn local_text(us: i64, zone: &ZoneRule) -> String {
    zone.local(us).map_or_else(|| utc_text(us), |z| z.strftime("%Y-%m-%d %H:%M:%S %Z").to_string())
}

/// A local time as text with its offset from UTC: `2025-10-26 01:30:00 +01:00`. One text says both times.
#[must_use]
pub fn offset_text(us: i64, zone: &ZoneRule) -> String {
    zone.local(us).map_or_else(|| utc_text(us), |z| z.strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
}

/// Elapsed time as text: `2 d 03:10:05`, `03:10:05` or `10:05`.
#[must_use]
pub fn elapsed_text(us: i64) -> String {
    let s = us / US_PER_S;
    let (d, h, m, s) = (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60);
    match (d, h) {
        (0, 0) => format!("{m:02}:{s:02}"),
        (0, _) => format!("{h:02}:{m:02}:{s:02}"),
        _ => format!("{d} d {h:02}:{m:02}:{s:02}"),
    }
}
