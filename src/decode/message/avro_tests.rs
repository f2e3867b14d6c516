use std::sync::atomic::{AtomicU32, Ordering};

use super::super::{FixDecoder, SchemaError, SchemaFolder};
use super::*;
use crate::decode::FixView;
use crate::source::{Block, Message, Topic};

const NOW_US: i64 = 1_767_225_600_000_000;
const T0_US: i64 = 1_740_816_000_000_000;
const SCHEMA: &str = include_str!("../../../docs/schemas/fix-1.avsc");

/// Avro's binary encoding, as its specification says.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn framed(id: u32) -> Self {
        let mut bytes = vec![0];
        bytes.extend(id.to_be_bytes());
        Self(bytes)
    }

    fn long(mut self, value: i64) -> Self {
        let mut rest = u64::from_ne_bytes(((value << 1) ^ (value >> 63)).to_ne_bytes());
        while rest > 0x7f {
            self.0.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        self.0.push(u8::try_from(rest).unwrap());
        self
    }

    fn text(self, text: &str) -> Self {
        let mut bytes = self.long(i64::try_from(text.len()).unwrap());
        bytes.0.extend(text.as_bytes());
        bytes
    }

    fn double(mut self, value: f64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
}

/// A record of `fix-1.avsc`: case, device, time, position, and the rest null but the source.
fn record(id: u32, device: &str, lat_deg: f64) -> Vec<u8> {
    record_at(id, device, T0_US, lat_deg)
}

/// As [`record`], at a time.
pub(in crate::decode::message) fn record_at(id: u32, device: &str, t0_us: i64, lat_deg: f64) -> Vec<u8> {
    let head = Bytes::framed(id).long(1).text("C1").text(device).long(t0_us).long(0);
    let body = head.double(lat_deg).double(-0.1).long(1).double(8.5).long(0).long(1).text("gps");
    (0..8).fold(body, |bytes, _| bytes.long(0)).0
}

/// Knows number 7, counts how often it is asked, and fails when told to.
#[derive(Debug, Default)]
struct Source {
    asked: AtomicU32,
    down: std::sync::atomic::AtomicBool,
    others: BTreeMap<u32, &'static str>,
}

impl SchemaSource for Source {
    fn schema(&self, id: u32) -> Result<Option<Arc<str>>, SchemaError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.down.load(Ordering::Relaxed) {
            return Err(SchemaError { id, place: "test".to_owned(), detail: "down".to_owned() });
        }
        Ok(if id == 7 { Some(SCHEMA.into()) } else { self.others.get(&id).map(|text| (*text).into()) })
    }
}

fn block(payloads: &[Vec<u8>]) -> Block {
    let mut block = Block::new(Topic::Fixes, 0);
    for (payload, offset) in payloads.iter().zip(0..) {
        let content_type =
            if payload.first() == Some(&b'{') { None } else { Some(&b"application/vnd.confluent.avro"[..]) };
        block.push(&Message { offset, appended_us: None, key: Some(b"C1"), content_type, payload: Some(payload) });
    }
    block
}

fn devices(batches: &[RecordBatch]) -> Vec<String> {
    let views = batches.iter().map(|b| FixView::new(b).unwrap());
    views.flat_map(|view| (0..view.len()).map(move |row| view.fix(row).device).collect::<Vec<_>>()).collect()
}

#[test]
fn the_documented_schema_is_read_and_asked_for_once() {
    let source = Arc::new(Source::default());
    let mut decoder = FixDecoder::new(Some(Arc::<Source>::clone(&source)));
    let block = block(&[record(7, "a", 51.5), record(7, "b", 51.6)]);
    for _ in 0..2 {
        let decoded = decoder.decode(&block, NOW_US).unwrap();
        assert_eq!(decoded.rejects, []);
        let view = FixView::new(&decoded.batches[0]).unwrap();
        let fix = view.fix(1);
        assert_eq!((fix.device.as_str(), fix.t0_us, fix.t1_us, fix.lat_deg), ("b", T0_US, T0_US, 51.6));
        assert_eq!((fix.uncertainty_m, fix.source.as_str(), fix.row), (Some(8.5), "gps", 0));
    }
    assert_eq!(source.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_bad_message_costs_itself_and_the_order_is_kept() {
    let cut = |n: usize| record(7, "x", 51.5)[..n].to_vec();
    let mut longer = record(7, "x", 51.5);
    longer.push(9);
    let twice = [record(7, "x", 51.5), record(7, "x", 51.5)].concat();
    let json = br#"{"device_id":"j","t0":1740816000000000,"lat_deg":51.5,"lon_deg":-0.1}"#.to_vec();
    let wild = Bytes::framed(7).long(1).long(i64::MAX).0;
    let payloads = [
        record(7, "a", 51.5),
        cut(20),
        record(7, "b", 51.5),
        longer,
        json,
        record(7, "c", 51.5),
        twice,
        cut(5),
        wild,
        record(7, "d", 181.0),
        record(8, "e", 51.5),
        record(7, "f", 51.5),
    ];
    let decoded = FixDecoder::new(Some(Arc::new(Source::default()))).decode(&block(&payloads), NOW_US).unwrap();
    assert_eq!(devices(&decoded.batches), ["a", "b", "j", "c", "f"]);
    let mut rejects: Vec<_> = decoded.rejects.iter().map(|r| (r.offset, r.row, r.reason)).collect();
    rejects.sort_unstable();
    let whole = |offset| (offset, 0, RejectReason::Syntax);
    let expected = [
        whole(1),
        whole(3),
        whole(6),
        whole(7),
        whole(8),
        (9, 1, RejectReason::LatitudeRange),
        (10, 0, RejectReason::SchemaUnknown),
    ];
    assert_eq!(rejects, expected);
}

#[test]
fn a_source_that_is_down_stops_the_block_and_nothing_of_it_is_kept() {
    let source = Arc::new(Source::default());
    let mut decoder = FixDecoder::new(Some(Arc::<Source>::clone(&source)));
    let json = br#"{"device_id":"j","t0":1740816000000000,"lat_deg":51.5,"lon_deg":-0.1}"#.to_vec();
    let block = block(&[json, record(7, "a", 51.5)]);
    source.down.store(true, Ordering::Relaxed);
    assert!(decoder.decode(&block, NOW_US).unwrap_err().is_retryable());
    source.down.store(false, Ordering::Relaxed);
    let decoded = decoder.decode(&block, NOW_US).unwrap();
    assert_eq!(devices(&decoded.batches), ["j", "a"]);
    assert_eq!(decoded.counts.rows(), 2);
}

#[test]
fn an_unknown_schema_is_asked_for_again_with_the_next_block() {
    let folder = tempfile::tempdir().unwrap();
    let mut decoder = FixDecoder::new(Some(Arc::new(SchemaFolder::new(folder.path()))));
    let block = block(&[record(9, "a", 51.5)]);
    let before = decoder.decode(&block, NOW_US).unwrap();
    assert!(before.rejects[0].reason.is_retryable());
    assert_eq!((before.rejects[0].field.as_str(), before.rejects[0].value.as_str()), ("schema", "9"));
    std::fs::write(folder.path().join("9.avsc"), SCHEMA).unwrap();
    assert_eq!(devices(&decoder.decode(&block, NOW_US).unwrap().batches), ["a"]);
}

#[test]
fn other_schemas_are_taken_if_their_fields_can_stand_for_a_fix() {
    let other = r#"{"type":"record","name":"R","fields":[
        {"name":"extra","type":{"type":"array","items":"string"}},
        {"name":"lon_deg","type":"float"},{"name":"lat_deg","type":"double"},
        {"name":"t0","type":"string"},{"name":"device_id","type":"int"},
        {"name":"source","type":{"type":"enum","name":"S","symbols":["gps","cell"]}}]}"#;
    let bottomless = r#"{"type":"record","name":"R","fields":[{"name":"n","type":{"type":"array","items":"null"}}]}"#;
    let without = r#"{"type":"record","name":"R","fields":[{"name":"device_id","type":"string"}]}"#;
    let others = BTreeMap::from([(1, other), (2, bottomless), (3, without), (4, "{"), (5, "\"string\"")]);
    let source = Source { others, ..Source::default() };
    let extra = Bytes::framed(1).long(1).text("x").long(0);
    let mut good = extra.0;
    good.extend(0.5_f32.to_le_bytes());
    let good = Bytes(good).double(51.5).text("2025-03-01T08:00:00Z").long(42).long(1).0;
    let payloads = [
        good,
        Bytes::framed(2).long(1 << 60).long(0).0,
        Bytes::framed(3).text("d").0,
        Bytes::framed(4).0,
        Bytes::framed(5).text("d").0,
    ];
    let decoded = FixDecoder::new(Some(Arc::new(source))).decode(&block(&payloads), NOW_US).unwrap();
    let fix = FixView::new(&decoded.batches[0]).unwrap().fix(0);
    assert_eq!((fix.device.as_str(), fix.lon_deg, fix.source.as_str(), fix.t0_us), ("42", 0.5, "cell", T0_US));
    assert_eq!(decoded.unknown_fields["extra"], 1);
    let rejects: Vec<_> = decoded.rejects.iter().map(|r| (r.offset, r.field.as_str(), r.reason)).collect();
    let expected = [
        (1, "schema", RejectReason::SchemaUnknown),
        (2, "t0", RejectReason::Missing),
        (3, "schema", RejectReason::SchemaUnknown),
        (4, "schema", RejectReason::SchemaUnknown),
    ];
    assert_eq!(rejects, expected);
}

proptest::proptest! {
    #[test]
    fn spoilt_records_never_panic_and_are_accounted_for(
        at in 5_usize..60,
        byte in proptest::prelude::any::<u8>(),
        cut in 0_usize..60,
    ) {
        let mut spoilt = record(7, "a", 51.5);
        let at = at.min(spoilt.len() - 1);
        spoilt[at] = byte;
        let cut = spoilt[..cut.min(spoilt.len())].to_vec();
        let payloads = [record(7, "b", 51.5), spoilt, cut];
        let decoded = FixDecoder::new(Some(Arc::new(Source::default()))).decode(&block(&payloads), NOW_US).unwrap();
        proptest::prop_assert_eq!(decoded.counts.rows(), 3);
    }
}
