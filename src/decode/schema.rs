//! The canonical table of fixes, as Arrow.
//!
//! | column | type | unit | nullable | meaning |
//! | --- | --- | --- | --- | --- |
//! | `device_id` | Dictionary(Int32, Utf8) | | no | the device as the file names it; empty if it names none |
//! | `source` | Dictionary(Int32, Utf8) | | no | a [`SourceKind`](crate::model::SourceKind) word |
//! | `t0`, `t1` | Timestamp(us, UTC) | us | no | start and end of the time interval, equal for a moment |
//! | `lat_deg`, `lon_deg` | Float64 | degrees | no | WGS84 |
//! | `uncertainty_m` | Float64 | metres | yes | radius at `confidence`; null if the file states none |
//! | `confidence` | Float64 | share | no | 0 to 1, what the radius stands for |
//! | `basis` | Dictionary(Int32, Utf8) | | no | a [`Basis`](crate::model::Basis) word |
//! | `azimuth_deg` | Float64 | degrees | yes | of a sector or camera, clockwise from north |
//! | `exhibit` | Dictionary(Int32, Utf8) | | no | SHA-256 of the exhibit, hex |
//! | `file` | Dictionary(Int32, Utf8) | | no | its name, the member of an archive after `!` |
//! | `row` | Int64 | | no | row in the file, from 1 |
//! | `path` | Utf8 | | yes | path to the record; null where the row says it all |
//! | `time_text` | Utf8 | | no | the time exactly as the file writes it |
//! | `time_ambiguous` | Boolean | | no | the local time had two readings |

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The time zone of the two time columns.
pub const UTC: &str = "UTC";

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let words = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()));
    Arc::new(Schema::new(vec![
        Field::new("device_id", words(), false),
        Field::new("source", words(), false),
        Field::new("t0", time(), false),
        Field::new("t1", time(), false),
        Field::new("lat_deg", DataType::Float64, false),
        Field::new("lon_deg", DataType::Float64, false),
        Field::new("uncertainty_m", DataType::Float64, true),
        Field::new("confidence", DataType::Float64, false),
        Field::new("basis", words(), false),
        Field::new("azimuth_deg", DataType::Float64, true),
        Field::new("exhibit", words(), false),
        Field::new("file", words(), false),
        Field::new("row", DataType::Int64, false),
        Field::new("path", DataType::Utf8, true),
        Field::new("time_text", DataType::Utf8, false),
        Field::new("time_ambiguous", DataType::Boolean, false),
    ]))
});

/// The schema of the canonical table of fixes; its columns stand in the order of the table above.
#[must_use]
pub fn fix_schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}
