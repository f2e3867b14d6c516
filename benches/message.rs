//! How fast messages of the topic `fixes` become batches: JSON records of about 200 bytes, Arrow streams, Avro.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::ipc::writer::StreamWriter;
use locard::decode::message::{FixDecoder, SchemaError, SchemaSource};
use locard::source::{Block, Message, Topic};

const NOW_US: i64 = 1_767_225_600_000_000;
const T0_US: i64 = 1_740_816_000_000_000;

/// Records of a block: what a poll of a busy partition brings; a few when the bench is run as a test.
fn records() -> i64 {
    if std::env::args().any(|arg| arg == "--test") { 100 } else { 50_000 }
}

/// A scatter over some streets; cases and devices repeat as they do in a partition.
fn position(i: i64) -> (String, String) {
    let part = |n: i64| format!("{:06}", (i * n) % 1_000_000);
    (format!("51.{}", part(7_919)), format!("-0.{}", part(104_729)))
}

/// A record as the simulator and most programs write it: ISO times, plain numbers, about 200 bytes.
fn iso(i: i64) -> String {
    let (lat, lon) = position(i);
    let (second, minute, hour) = (i % 60, i / 60 % 60, i / 3600 % 24);
    format!(
        "{{\"case_id\":\"C-2025-{:04}\",\"device_id\":\"phone-{:05}\",\"t0\":\"2025-03-01T{hour:02}:{minute:02}:{second:02}.250Z\",\
         \"lat_deg\":{lat},\"lon_deg\":{lon},\"uncertainty_m\":12.5,\"source\":\"gps\",\"basis\":\"measured\"}}",
        i / 100 % 50,
        i / 10 % 200,
    )
}

/// The same with whole microseconds and two fields that the schema does not name.
fn microseconds(i: i64) -> String {
    let (lat, lon) = position(i);
    format!(
        "{{\"case_id\":\"C-2025-{:04}\",\"device_id\":\"phone-{:05}\",\"t0\":{},\"lat_deg\":{lat},\"lon_deg\":{lon},\
         \"uncertainty_m\":12.5,\"source\":\"gps\",\"speed_mps\":1.25,\"vendor\":\"acme\"}}",
        i / 100 % 50,
        i / 10 % 200,
        T0_US + i * 1_000_000,
    )
}

/// A record that only the general reader takes.
fn unusual(i: i64) -> String {
    iso(i)
        .replace("-0.", "-0.0e0,\"nested\":{\"a\":[1,2]},\"lon_text\":0.")
        .replace("\"lon_deg\":-0.0e0", "\"lon_deg\":\"-0.1\"")
}

fn block(payloads: impl IntoIterator<Item = (Vec<u8>, Option<&'static [u8]>)>) -> Block {
    let mut block = Block::new(Topic::Fixes, 0);
    for ((payload, content_type), offset) in payloads.into_iter().zip(0..) {
        // Without a key: the case is in the payload, and for Arrow there are several in one.
        block.push(&Message { offset, appended_us: None, key: None, content_type, payload: Some(&payload) });
    }
    block
}

fn json(record: fn(i64) -> String) -> Block {
    block((0..records()).map(|i| (record(i).into_bytes(), None)))
}

/// The batches of the records as Arrow streams, one to a message.
fn arrow() -> Result<Block, Box<dyn std::error::Error>> {
    let mut payloads = Vec::new();
    for batch in FixDecoder::new(None).decode(&json(iso), NOW_US)?.batches {
        payloads.push((stream(&batch)?, Some(&b"application/vnd.apache.arrow.stream"[..])));
    }
    Ok(block(payloads))
}

fn stream(batch: &RecordBatch) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner()?)
}

#[derive(Debug)]
struct Documented;

impl SchemaSource for Documented {
    fn schema(&self, _: u32) -> Result<Option<Arc<str>>, SchemaError> {
        Ok(Some(include_str!("../docs/schemas/fix-1.avsc").into()))
    }
}

fn avro() -> Block {
    let long = |bytes: &mut Vec<u8>, value: i64| {
        let mut rest = value.cast_unsigned() << 1;
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            bytes.push(if rest > 0 { low | 0x80 } else { low & 0x7f });
            if rest == 0 {
                return;
            }
        }
    };
    let text = |bytes: &mut Vec<u8>, text: &str| {
        long(bytes, i64::try_from(text.len()).unwrap_or(0));
        bytes.extend_from_slice(text.as_bytes());
    };
    let record = |i: i64| {
        let mut bytes = vec![0, 0, 0, 0, 1];
        let mut name = String::new();
        let _infallible = write!(name, "phone-{:05}", i / 10 % 200);
        long(&mut bytes, 1);
        text(&mut bytes, "C-2025-0001");
        text(&mut bytes, &name);
        long(&mut bytes, T0_US + i * 1_000_000);
        long(&mut bytes, 0);
        bytes.extend_from_slice(&51.5_f64.to_le_bytes());
        bytes.extend_from_slice(&(-0.1_f64).to_le_bytes());
        (0..11).for_each(|_| long(&mut bytes, 0));
        bytes
    };
    block((0..records()).map(|i| (record(i), Some(&b"application/vnd.confluent.avro"[..]))))
}

fn bench(c: &mut Criterion) {
    let arrow = arrow().unwrap_or_else(|_| Block::new(Topic::Fixes, 0));
    let blocks = [
        ("json", json(iso)),
        ("json_us", json(microseconds)),
        ("json_general", json(unusual)),
        ("arrow", arrow),
        ("avro", avro()),
    ];
    for (name, block) in &blocks {
        let mut group = c.benchmark_group("message");
        group.throughput(Throughput::ElementsAndBytes {
            elements: records().cast_unsigned(),
            bytes: block.bytes() as u64,
        });
        group.sample_size(10);
        let mut decoder = FixDecoder::new(Some(Arc::new(Documented)));
        group.bench_function(*name, |b| {
            b.iter(|| {
                let decoded = decoder.decode(black_box(block), NOW_US);
                let sound =
                    decoded.as_ref().is_ok_and(|d| d.counts.fixes == records().cast_unsigned() && d.rejects.is_empty());
                assert!(sound, "{name}: {:?}", decoded.map(|d| (d.counts, d.rejects.into_iter().next())));
            });
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
