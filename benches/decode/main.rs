//! How fast each format is decoded: rows and bytes a second.
//!
//! ```text
//!  made-up file, in memory ─> decoder ─> Checked ─┬─> counted     the decoder alone
//!                                                 └─> batches     what an import does: Arrow batches of fixes
//! ```
//! Parquet and Arrow are read from a temporary file, because their readers seek. Every run checks that each record came
//! out as a fix, so that a decoder that refuses its rows is not taken for a fast one.

mod csv;
mod json;
mod sample;
mod table;
mod xml;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use locard::decode::{Checked, DecodeError, FixBuilder, RowSink};
use locard::model::{FixRow, IncidentRow, NotAFix, RejectRow};

use sample::{NOW_US, Sample, SampleSize};

/// A file of each size is about this long, bytes; a few rows when the bench is run as a test.
const SIZE: SampleSize = SampleSize { measured: 10_000_000, tested: 10_000 };

/// Looks at every fix and keeps none.
#[derive(Debug, Default)]
struct Count;

impl RowSink for Count {
    fn fix(&mut self, row: &FixRow<'_>) -> Result<(), DecodeError> {
        black_box(row);
        Ok(())
    }

    fn incident(&mut self, _: &IncidentRow<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    fn reject(&mut self, _: &RejectRow<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    fn not_a_fix(&mut self, _: NotAFix, _: u64) {}
}

/// Decodes into `inner` and says whether every record became a fix.
fn decode_into<S: RowSink>(sample: &Sample, inner: S) -> S {
    let mut sink = Checked::new(inner, NOW_US);
    let done = (sample.decode)(&mut sink);
    let (inner, counts) = sink.into_parts();
    assert!(done.is_ok(), "{}: {done:?}", sample.name);
    assert!(counts.fixes == sample.fixes && counts.rejected() == 0, "{}: {} {counts:?}", sample.name, sample.fixes);
    inner
}

fn decode(c: &mut Criterion) {
    let makers = csv::MAKERS.iter().chain(json::MAKERS).chain(xml::MAKERS).chain(table::MAKERS);
    for make in makers {
        let sample = make(SIZE.bytes());
        let mut group = c.benchmark_group(format!("decode/{}", sample.name));
        group.throughput(Throughput::ElementsAndBytes { elements: sample.fixes, bytes: sample.bytes });
        group.sample_size(10);
        group.bench_function("counted", |b| b.iter(|| decode_into(&sample, Count)));
        group.bench_function("batches", |b| {
            b.iter(|| {
                let builder = FixBuilder::new("made-up", "00", |batch| {
                    black_box(batch);
                    Ok(())
                });
                decode_into(&sample, builder).finish()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
