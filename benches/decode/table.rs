//! Parquet and Arrow with the canonical columns, as Locard itself writes them.

use std::fs::File;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::ipc::writer::FileWriter;
use datafusion::parquet::arrow::ArrowWriter;
use locard::decode::table::{decode_arrow, decode_parquet};
use locard::decode::{Checked, DecodeError, DecodeOptions, FixBuilder, RowSink, fix_schema};
use locard::model::{FixRow, SourceKind};
use tempfile::NamedTempFile;

use super::sample::{Decode, Maker, NOW_US, START_S, Sample, epoch_s, iso, position_e7};

pub const MAKERS: &[Maker] = &[parquet, arrow];

type Write = fn(&File, &[RecordBatch]) -> Result<(), DecodeError>;
type Read = fn(File, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>;

fn parquet(bytes: usize) -> Sample {
    // A row takes about 63 bytes, not compressed.
    table("parquet", bytes / 63, decode_parquet, |file, batches| {
        let mut writer = ArrowWriter::try_new(file, fix_schema(), None).map_err(|e| broken(&e))?;
        batches.iter().try_for_each(|b| writer.write(b)).map_err(|e| broken(&e))?;
        writer.close().map_err(|e| broken(&e)).map(|_| ())
    })
}

fn arrow(bytes: usize) -> Sample {
    // A row takes about 112 bytes.
    table("arrow", bytes / 112, decode_arrow, |file, batches| {
        let mut writer = FileWriter::try_new(file, &fix_schema()).map_err(|e| broken(&e))?;
        batches.iter().try_for_each(|b| writer.write(b)).map_err(|e| broken(&e))?;
        writer.finish().map_err(|e| broken(&e))
    })
}

fn broken(why: &dyn std::error::Error) -> DecodeError {
    DecodeError::Sink { file: "made-up".to_owned(), detail: why.to_string() }
}

fn table(name: &'static str, rows: usize, read: Read, write: Write) -> Sample {
    let rows = rows as u64;
    let made = file(rows, write);
    let bytes = made.as_ref().map_or(0, |file| file.as_file().metadata().map_or(0, |m| m.len()));
    let decode: Decode = Box::new(move |sink| {
        let opened = made.as_ref().map_err(broken_again).and_then(|f| f.reopen().map_err(|e| broken(&e)));
        read(opened?, name, &DecodeOptions::default(), sink)
    });
    Sample { name, bytes, fixes: rows, decode }
}

fn broken_again(why: &DecodeError) -> DecodeError {
    broken(why)
}

fn file(rows: u64, write: Write) -> Result<NamedTempFile, DecodeError> {
    let file = NamedTempFile::new().map_err(|e| broken(&e))?;
    write(file.as_file(), &batches(rows)?)?;
    Ok(file)
}

/// The records as an import keeps them.
fn batches(rows: u64) -> Result<Vec<RecordBatch>, DecodeError> {
    let mut batches = Vec::new();
    let mut sink = Checked::new(
        FixBuilder::new("made-up", "00", |batch| {
            batches.push(batch);
            Ok(())
        }),
        NOW_US,
    );
    for i in 0..rows {
        let (lat, lon) = position_e7(i);
        let t0_us = i64::try_from(epoch_s(i)).unwrap_or(START_S.cast_signed()) * 1_000_000;
        sink.fix(&FixRow {
            device: if i % 2 == 0 { "phone-1" } else { "phone-2" },
            source: SourceKind::Gps,
            t0_us,
            t1_us: t0_us,
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            lat_deg: lat as f64 / 1e7,
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            lon_deg: lon as f64 / 1e7,
            uncertainty_m: Some(12.5),
            row: i + 1,
            time_text: &iso(i),
            ..FixRow::default()
        })?;
    }
    sink.into_parts().0.finish()?;
    Ok(batches)
}
