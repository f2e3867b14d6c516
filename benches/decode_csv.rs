//! How fast CSV is decoded: rows a second and bytes a second, for Locard's own columns, tag positions and call data.
//!
//! The rows are made here and held in memory, and the sink only counts, so that what is measured is the decoder alone.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use locard::decode::csv::decode;
use locard::decode::profile::Profile;
use locard::decode::{DecodeError, DecodeOptions, RowSink};
use locard::model::{FixRow, IncidentRow, NotAFix, RejectRow};
use locard::time::ZoneRule;

const ROWS: u32 = 100_000;

#[derive(Debug, Default)]
struct Count {
    fixes: u64,
    others: u64,
}

impl RowSink for Count {
    fn fix(&mut self, row: &FixRow<'_>) -> Result<(), DecodeError> {
        black_box(row);
        self.fixes += 1;
        Ok(())
    }

    fn incident(&mut self, _: &IncidentRow<'_>) -> Result<(), DecodeError> {
        self.others += 1;
        Ok(())
    }

    fn reject(&mut self, _: &RejectRow<'_>) -> Result<(), DecodeError> {
        self.others += 1;
        Ok(())
    }

    fn not_a_fix(&mut self, _: NotAFix, n: u64) {
        self.others += n;
    }
}

/// A heading and rows of one layout.
fn text(heading: &str, row: impl Fn(u32, &str) -> String) -> String {
    let mut text = format!("{heading}\n");
    for i in 0..ROWS {
        let clock = format!("{:02}:{:02}:{:02}", i / 3600 % 24, i / 60 % 60, i % 60);
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "{}", row(i, &clock));
    }
    text
}

fn layouts() -> [(&'static str, String); 4] {
    let canonical = "device_id,source,t0,t1,lat_deg,lon_deg,uncertainty_m,confidence,basis,azimuth_deg";
    [
        (
            "canonical",
            text(canonical, |i, t| {
                format!("dev-{},gps,2025-06-01T{t}Z,,51.{i:06},-0.{i:06},8.5,0.68,measured,", i % 100)
            }),
        ),
        (
            "canonical",
            text(canonical, |i, t| {
                format!(
                    "\"dev-{}\",\"gps\",\"2025-06-01T{t}Z\",\"\",51.{i:06},-0.{i:06},8.5,0.68,\"measured\",",
                    i % 100
                )
            }),
        ),
        (
            "em-condensed",
            text("DATE/TIME,LATITUDE,LONGITUDE,CONFIDENCE CIRCLE,SPEED,DIRECTION,SEQUENCE NO.", |i, t| {
                format!("01/06/2025 {},51.{i:06},0.{i:06},100,1,-123.4724,{i}", &t[..5])
            }),
        ),
        (
            "uk-call-data",
            text("Date,Time,Call Type,MSISDN,IMEI,Start Cell ID,Easting,Northing,Azimuth,End Cell ID", |i, t| {
                let mast = 530_000 + i % 1_000;
                format!("01/06/2025,{t},MOC,447700900001,350000000000010,234-10-1,{mast},180000,120,234-10-2")
            }),
        ),
    ]
}

fn decode_csv(c: &mut Criterion) {
    let options = DecodeOptions { zone: ZoneRule::parse("Europe/London").ok(), ..DecodeOptions::default() };
    for (at, (name, text)) in layouts().iter().enumerate() {
        let Some(profile) = Profile::builtin(name) else { continue };
        let shown = if at == 1 { format!("{name}, quoted") } else { (*name).to_owned() };
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        for (unit, throughput) in [("rows", Throughput::Elements(u64::from(ROWS))), ("bytes", Throughput::Bytes(bytes))]
        {
            let mut group = c.benchmark_group(format!("decode_csv/{unit}"));
            group.throughput(throughput);
            group.sample_size(20);
            group.bench_with_input(BenchmarkId::from_parameter(&shown), text, |b, text| {
                b.iter(|| {
                    let mut sink = Count::default();
                    let done = decode(&mut text.as_bytes(), name, &profile, &options, &mut sink);
                    assert!(done.is_ok() && sink.fixes == u64::from(ROWS), "{done:?}, {sink:?}");
                    black_box(sink)
                });
            });
            group.finish();
        }
    }
}

criterion_group!(benches, decode_csv);
criterion_main!(benches);
