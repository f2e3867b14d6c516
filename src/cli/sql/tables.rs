//! Files as tables: what a file is follows from its content, and decides how it is read.
//!
//! ```text
//!  Delta folder ───────────> its own columns, as of now
//!  Parquet, Arrow ─────────> its own columns, read by DataFusion
//!  CSV ──────────> layout ─> its own columns, read by DataFusion ─┐ if it cannot
//!  NDJSON ─────────────────> its own columns, read by DataFusion  │
//!  everything else ────────> fixes(): the canonical table <───────┘
//! ```

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::datasource::file_format::arrow::ArrowFormat;
use datafusion::datasource::listing::ListingOptions;
use datafusion::error::DataFusionError;
use datafusion::prelude::{CsvReadOptions, JsonReadOptions, ParquetReadOptions, SessionContext};

use crate::decode::profile::Profile;
use crate::decode::{FixesFunction, Format, HEAD_BYTES, detect, why_unknown};

use super::csv_layout::{Layout, SAMPLE_BYTES, columns, layout};
use super::{NamedFile, SqlError, file_url, store_tables};

/// Rows of NDJSON that its columns are taken from; a column first named later is not seen.
const JSON_ROWS: usize = 100_000;

/// How a file is read.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    Parquet,
    Arrow,
    Csv(Layout),
    Json,
    /// As the canonical table, with what is to be said about it.
    Canonical(Option<String>),
}

/// Makes a file a table of the session; gives what a person should know about how it is read.
///
/// # Errors
/// [`SqlError::Input`] if the file cannot be read, is empty, or is of no known format.
pub async fn register(
    context: &SessionContext,
    fixes: &FixesFunction,
    named: &NamedFile,
) -> Result<Option<String>, SqlError> {
    let file = named.file.as_path();
    if file.join("_delta_log").is_dir() {
        return store_tables::register_folder(context, named).await.map(|()| None);
    }
    let url = file_url(file)?;
    let head = beginning(file, HEAD_BYTES as u64)?;
    let name = TableReference::bare(named.name.as_str());
    let fault = |e: DataFusionError| SqlError::input(file, e.find_root().strip_backtrace());
    let note = match reading(&head).map_err(|e| SqlError::input(file, e))? {
        Reading::Parquet => {
            let options = ParquetReadOptions::default().file_extension("");
            context.register_parquet(name, url, options).await.map_err(fault)?;
            None
        }
        Reading::Arrow => {
            let options = ListingOptions::new(Arc::new(ArrowFormat)).with_file_extension("");
            context.register_listing_table(name, url, options, None, None).await.map_err(fault)?;
            None
        }
        Reading::Json => {
            let options = JsonReadOptions::default().file_extension("").schema_infer_max_records(JSON_ROWS);
            let registered = context.register_json(name, url, options).await;
            registered.map_err(|e| with_advice(file, &e.find_root().strip_backtrace()))?;
            None
        }
        Reading::Csv(layout) => {
            register_csv(context, named, url, layout).await?;
            (!layout.heading).then(|| "it has no line of headings: its columns are column_1, column_2, ...".to_owned())
        }
        Reading::Canonical(note) => {
            let table = fixes.table(file).map_err(|e| SqlError::Query(e.to_string()))?;
            context.register_table(name, table).map_err(fault)?;
            note
        }
    };
    Ok(note.map(|text| format!("{}: {text}", file.display())))
}

async fn register_csv(
    context: &SessionContext,
    named: &NamedFile,
    url: String,
    layout: Layout,
) -> Result<(), SqlError> {
    let file = named.file.as_path();
    let sample = beginning(file, SAMPLE_BYTES)?;
    let whole = (sample.len() as u64) < SAMPLE_BYTES;
    let schema = columns(&sample, whole, layout).map_err(|e| with_advice(file, &e.to_string()))?;
    // A line end in quotes is part of a value; a file that is cut at line ends to be read in parallel would break it.
    let options = CsvReadOptions::new()
        .has_header(layout.heading)
        .delimiter(layout.delimiter)
        .terminator(layout.terminator)
        .newlines_in_values(true)
        .schema(&schema)
        .file_extension("");
    let registered = context.register_csv(TableReference::bare(named.name.as_str()), url, options).await;
    registered.map_err(|e| with_advice(file, &e.find_root().strip_backtrace()))
}

/// A damaged row stops `DataFusion`'s readers; Locard's own pass over it and say so.
fn with_advice(file: &Path, why: &str) -> SqlError {
    let advice = format!("fixes('{}') reads location records row by row and says which cannot be used", file.display());
    SqlError::input(file, format!("{why}; {advice}"))
}

fn beginning(file: &Path, bytes: u64) -> Result<Vec<u8>, SqlError> {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|f| f.take(bytes).read_to_end(&mut head));
    read.map(|_| head).map_err(|e| SqlError::input(file, format!("cannot read it: {e}")))
}

/// How a file with this beginning is read.
fn reading(head: &[u8]) -> Result<Reading, String> {
    if is_container(head) {
        return Ok(Reading::Canonical(None));
    }
    let Some(detection) = detect(head) else {
        return if is_ndjson(head) { Ok(Reading::Json) } else { Err(why_unknown(head)) };
    };
    Ok(match detection.format {
        Format::Parquet => Reading::Parquet,
        Format::ArrowIpc => Reading::Arrow,
        // DataFusion's reader takes a byte-order mark for a fault.
        Format::Ndjson if head.starts_with(b"\xef\xbb\xbf") => Reading::Canonical(None),
        Format::Ndjson => Reading::Json,
        Format::Csv => return csv(head, detection.profile.as_deref()),
        _ => Reading::Canonical(None),
    })
}

fn csv(head: &[u8], profile: Option<&str>) -> Result<Reading, String> {
    let profile = profile.and_then(Profile::builtin);
    match (layout(head, profile.as_ref()), profile) {
        (Ok(layout), _) => Ok(Reading::Csv(layout)),
        (Err(why), Some(_)) => Ok(Reading::Canonical(Some(format!("{why}: it is read as fixes() reads it")))),
        (Err(why), None) => Err(format!("{why}: correct a copy of it, or describe it (locard profile FILE)")),
    }
}

/// ZIP or gzip: what is in it is only known to those who open it.
fn is_container(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(&[0x1f, 0x8b, 8])
}

/// Whether the first line is a whole JSON object.
fn is_ndjson(head: &[u8]) -> bool {
    let line = head.trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or(&[]);
    line.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_and_never_the_name() {
        let fixture = |name: &str| reading(&std::fs::read(format!("tests/fixtures/{name}")).unwrap());
        assert_eq!(fixture("parquet/canonical.parquet"), Ok(Reading::Parquet));
        assert_eq!(fixture("arrow/as_text.arrows"), Ok(Reading::Arrow));
        assert_eq!(fixture("ndjson/records.ndjson"), Ok(Reading::Json));
        assert_eq!(fixture("google_records/records.json"), Ok(Reading::Canonical(None)));
        assert_eq!(fixture("container/case.zip"), Ok(Reading::Canonical(None)));
        assert!(matches!(fixture("csv/canonical.csv"), Ok(Reading::Csv(_))));
        assert!(matches!(fixture("csv/geolife-plt.plt"), Ok(Reading::Canonical(Some(_)))));
    }

    #[test]
    fn json_that_is_no_record_of_locard_is_a_table_only_line_by_line() {
        assert_eq!(reading(b"{\"a\":1}\n{\"a\":2}\n"), Ok(Reading::Json));
        assert!(reading(b"{\"a\":\n1}\n").is_err());
        assert!(reading(b"[{\"a\":1}]").is_err());
        assert_eq!(reading(b""), Err("it is empty".to_owned()));
    }
}
