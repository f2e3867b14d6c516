//! The table `fixes`: location records, as they were decoded.
//!
//! | column | type | unit | nullable | meaning |
//! | --- | --- | --- | --- | --- |
//! | `case_id` | Utf8 | | no | the case; partition |
//! | `fix_id` | Int64 | | no | identifier from the content, bit-cast from u64 |
//! | `device_id` | Utf8 | | no | the device as the record names it |
//! | `source` | Utf8 | | no | a word for the kind of source |
//! | `t0`, `t1` | Timestamp(us, UTC) | us | no | start and end of the time interval |
//! | `lat_deg`, `lon_deg` | Float64 | degrees | no | WGS84 |
//! | `uncertainty_m` | Float64 | metres | yes | radius at `confidence`; null if none is stated |
//! | `confidence` | Float64 | share | no | 0 to 1, what the radius stands for |
//! | `basis` | Utf8 | | no | what the position rests on |
//! | `azimuth_deg` | Float64 | degrees | yes | of a sector or camera, clockwise from north |
//! | `exhibit` | Utf8 | | no | SHA-256 of the exhibit, hex |
//! | `file` | Utf8 | | no | its name |
//! | `row` | Int64 | | no | row in the file, from 1 |
//! | `path` | Utf8 | | yes | path to the record; null where the row says it all |
//! | `time_text` | Utf8 | | no | the time exactly as written |
//! | `time_ambiguous` | Boolean | | no | the local time had two readings |
//! | `h3` | Int64 | | no | H3 cell at resolution 9 of the centre, bit-cast (never negative) |
//! | `origin_partition` | Int32 | | no | partition of the topic it came through |
//! | `origin_offset` | Int64 | | no | its offset there |
//! | `stored_at` | Timestamp(us, UTC) | us | no | when it was committed |

use super::{Layout, float, moment, or_null, small, text, truth, whole};

pub(super) fn layout() -> Layout {
    let columns = vec![
        text("case_id"),
        whole("fix_id"),
        text("device_id"),
        text("source"),
        moment("t0"),
        moment("t1"),
        float("lat_deg"),
        float("lon_deg"),
        or_null(float("uncertainty_m")),
        float("confidence"),
        text("basis"),
        or_null(float("azimuth_deg")),
        text("exhibit"),
        text("file"),
        whole("row"),
        or_null(text("path")),
        text("time_text"),
        truth("time_ambiguous"),
        whole("h3"),
        small("origin_partition"),
        whole("origin_offset"),
        moment("stored_at"),
    ];
    Layout {
        order: &["device_id", "t0", "origin_offset"],
        stats: &["t0", "t1", "lat_deg", "lon_deg", "origin_partition", "origin_offset"],
        words: &["device_id", "source", "basis", "exhibit", "file", "confidence", "uncertainty_m"],
        ..Layout::new(1, columns)
    }
}
