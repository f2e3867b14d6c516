use std::collections::BTreeMap;

use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use proptest::prelude::*;

use super::super::message_fix_schema;
use super::*;
use crate::decode::{BATCH_ROWS, FixView};
use crate::model::Fix;

const NOW_US: i64 = 1_767_225_600_000_000;
const GOOD: &str =
    r#"{"case_id":"C1","device_id":"d","t0":"2025-03-01T08:00:00Z","lat_deg":51.4769,"lon_deg":-0.0005}"#;

fn message(offset: i64, payload: &[u8]) -> Message<'_> {
    Message { offset, appended_us: None, key: None, content_type: None, payload: Some(payload) }
}

fn block<'a>(messages: impl IntoIterator<Item = Message<'a>>) -> Block {
    let mut block = Block::new(Topic::Fixes, 3);
    messages.into_iter().for_each(|m| block.push(&m));
    block
}

fn block_of(payloads: &[impl AsRef<[u8]>]) -> Block {
    block(payloads.iter().zip(0..).map(|(payload, offset)| message(offset, payload.as_ref())))
}

/// Case, offset and fix of each row.
fn fixes(decoded: &DecodedFixes) -> Vec<(String, i64, Fix)> {
    let mut all = Vec::new();
    for batch in &decoded.batches {
        assert_eq!(batch.schema(), message_fix_schema());
        let view = FixView::new(batch).unwrap();
        let cases = datafusion::arrow::compute::cast(&batch["case_id"], &datafusion::arrow::datatypes::DataType::Utf8);
        let cases = cases.unwrap();
        let offsets = batch["offset"].as_primitive::<Int64Type>();
        for row in 0..view.len() {
            all.push((cases.as_string::<i32>().value(row).to_owned(), offsets.value(row), view.fix(row)));
        }
    }
    all
}

/// The account adds up, and every message is in it.
fn assert_adds_up(block: &Block, decoded: &DecodedFixes) {
    let rows: usize = decoded.batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(decoded.counts.fixes, rows as u64);
    assert_eq!(decoded.counts.rejected(), decoded.rejects.len() as u64);
    assert_eq!(decoded.messages, block.len() as u64);
    let mut found: BTreeMap<i64, u64> = block.messages().map(|m| (m.offset, 0)).collect();
    let offsets = fixes(decoded).into_iter().map(|(_, offset, _)| offset);
    offsets.chain(decoded.rejects.iter().map(|r| r.offset)).for_each(|offset| *found.get_mut(&offset).unwrap() += 1);
    assert!(found.values().all(|n| *n > 0), "a message without a fix or reject: {found:?}");
}

fn decode(block: &Block) -> DecodedFixes {
    let decoded = FixDecoder::new(None).decode(block, NOW_US).unwrap();
    assert_adds_up(block, &decoded);
    decoded
}

/// Field and reason of the one reject of a payload.
fn verdict(payload: impl AsRef<[u8]>) -> (String, RejectReason) {
    let decoded = decode(&block_of(&[payload]));
    let [reject] = decoded.rejects.as_slice() else { unreachable!("one reject: {:?}", decoded.rejects) };
    (reject.field.clone(), reject.reason)
}

#[test]
fn every_example_is_a_fix() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/examples/fix-1");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let payloads: Vec<_> = names.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let messages = payloads.iter().zip(0..).map(|(p, i)| Message { key: Some(b"C-2025-0117"), ..message(i, p) });
    let decoded = decode(&block(messages));
    assert_eq!(decoded.rejects, []);
    let fixes = fixes(&decoded);
    let [interval, microseconds, moment, returned, unknown] = fixes.as_slice() else { unreachable!("five: {fixes:?}") };
    assert!(fixes.iter().all(|(case, ..)| case == "C-2025-0117"));
    assert_eq!(interval.2.time_text, "2025-03-01T08:01:00+00:00/2025-03-01T08:06:00Z");
    assert_eq!((interval.2.t1_us - interval.2.t0_us, interval.2.basis.as_str()), (300_000_000, "estimated"));
    assert_eq!((microseconds.2.t0_us, microseconds.2.device.as_str()), (1_740_816_120_000_000, "tag 7"));
    assert_eq!((moment.2.row, moment.2.exhibit.as_str(), moment.2.time_text.as_str()), (0, "", "2025-03-01T08:00:00Z"));
    assert_eq!((returned.2.row, returned.2.time_text.as_str()), (17, "26/10/2025 01:30"));
    assert!(returned.2.time_ambiguous && returned.2.exhibit.starts_with("e3b0") && returned.2.path == "locations[16]");
    assert_eq!(unknown.2.t0_us % 1_000_000, 250_000);
    assert_eq!(decoded.unknown_fields, BTreeMap::from([("speed_mps".to_owned(), 1), ("vendor".to_owned(), 1)]));
}

#[test]
fn what_is_wrong_is_named() {
    use RejectReason as R;
    let with = |from: &str, to: &str| verdict(GOOD.replace(from, to));
    let of = |field: &str, reason| (field.to_owned(), reason);
    assert_eq!(with(r#""device_id":"d","#, ""), of("device_id", R::Missing));
    assert_eq!(with(r#""case_id":"C1","#, ""), of("case_id", R::Missing));
    assert_eq!(with("\"d\"", "\"  \""), of("device_id", R::Missing));
    assert_eq!(with(r#""t0":"2025-03-01T08:00:00Z","#, ""), of("t0", R::Missing));
    assert_eq!(with(r#""lat_deg":51.4769,"#, ""), of("lat_deg", R::Missing));
    assert_eq!(with("51.4769", "null"), of("lat_deg", R::Missing));
    assert_eq!(with("51.4769", "181"), of("latitude", R::LatitudeRange));
    assert_eq!(with("-0.0005", "-180.5"), of("longitude", R::LongitudeRange));
    assert_eq!(with("51.4769", "\"NaN\""), of("latitude", R::LatitudeRange));
    assert_eq!(with("51.4769", "NaN"), of("", R::Syntax));
    assert_eq!(with("51.4769", "1e999"), of("", R::NotANumber));
    assert_eq!(with("51.4769", "true"), of("lat_deg", R::NotANumber));
    assert_eq!(with("51.4769", "[51]"), of("lat_deg", R::NotANumber));
    assert_eq!(with("51.4769,\"lon_deg\":-0.0005", "0,\"lon_deg\":0.0"), of("latitude", R::NullIsland));
    assert_eq!(with("2025-03-01", "1970-03-01"), of("time", R::TimeRange));
    assert_eq!(with("2025-03-01", "2026-03-01"), of("time", R::TimeRange));
    assert_eq!(with("08:00:00Z", "08:00:00"), of("t0", R::TimeZoneUnknown));
    assert_eq!(with("2025-03-01T", "1 March "), of("t0", R::TimeFormat));
    assert_eq!(with("\"2025-03-01T08:00:00Z\"", "1.5"), of("t0", R::TimeFormat));
    assert_eq!(with("\"lon", "\"t1\":\"2025-03-01T07:00:00Z\",\"lon"), of("time", R::TimeOrder));
    assert_eq!(with("\"lon", "\"uncertainty_m\":40000000,\"lon"), of("uncertainty", R::UncertaintyRange));
    assert_eq!(with("\"lon", "\"uncertainty_m\":-1,\"lon"), of("uncertainty", R::UncertaintyRange));
    assert_eq!(with("\"lon", "\"confidence\":1,\"lon"), of("confidence", R::NotAllowed));
    assert_eq!(with("\"lon", "\"azimuth_deg\":361,\"lon"), of("azimuth_deg", R::NotAllowed));
    assert_eq!(with("\"lon", "\"source\":\"guess\",\"lon"), of("source", R::NotAllowed));
    assert_eq!(with("\"lon", "\"exhibit\":\"abc\",\"row\":1,\"lon"), of("exhibit", R::NotAllowed));
    assert_eq!(with("\"lon", &format!("\"exhibit\":\"{}\",\"lon", "a".repeat(64))), of("row", R::Missing));
    assert_eq!(with("\"lon", "\"row\":-1,\"lon"), of("row", R::NotAllowed));
    assert_eq!(with("\"lon", "\"lat_deg\":51.4769,\"lon"), of("lat_deg", R::NotAllowed));
    assert_eq!(with("\"lon", "\"time_ambiguous\":\"yes\",\"lon"), of("time_ambiguous", R::NotAllowed));
    assert_eq!(with("C1", &"C".repeat(129)), of("case_id", R::NotAllowed));
    assert_eq!(with("\"d\"", &format!("\"{}\"", "d".repeat(4097))), of("device", R::NotAllowed));
    assert_eq!(verdict(&GOOD[..GOOD.len() - 1]), of("", R::Syntax));
    assert_eq!(verdict(format!("{GOOD}{GOOD}")), of("", R::Syntax));
    assert_eq!(verdict(format!("[{GOOD}]")), of("", R::Syntax));
    assert_eq!(verdict(r#"["C1","d",1740816120000000,1740816120000000,51.5,0.1]"#), of("", R::Syntax));
    for odd in ["", " ", "null", "7", "\"x\"", "{"] {
        assert_eq!(verdict(odd), of("", R::Syntax), "{odd}");
    }
    let mut bytes = GOOD.replace('}', ",\"x\":\"?\"}").into_bytes();
    let at = bytes.iter().position(|b| *b == b'?').unwrap();
    bytes[at] = 0xff;
    assert_eq!(verdict(bytes), of("", R::NotUtf8), "in a field that is not read, too");
}

#[test]
fn the_case_is_the_key_and_they_may_not_differ() {
    let nameless = GOOD.replace(r#""case_id":"C1","#, "");
    let (named, nameless) = (GOOD.as_bytes(), nameless.as_bytes());
    let case = |key, payload| Message { key, ..message(0, payload) };
    let cases = |m| fixes(&decode(&block([m]))).into_iter().map(|f| f.0).collect::<Vec<_>>();
    assert_eq!(cases(case(Some(b"C1"), named)), ["C1"]);
    assert_eq!(cases(case(None, named)), ["C1"]);
    assert_eq!(cases(case(Some(b""), named)), ["C1"]);
    assert_eq!(cases(case(Some(b"C2"), nameless)), ["C2"]);
    let reject = |m| decode(&block([m])).rejects.remove(0);
    let other = reject(case(Some(b"C2"), named));
    assert_eq!((other.reason, other.value.as_str(), other.row), (RejectReason::KeyMismatch, "C1", 1));
    assert_eq!(other.case_id.as_deref(), Some("C2"));
    let bytes = reject(case(Some(b"\xff"), nameless));
    assert_eq!((bytes.reason, bytes.field.as_str(), bytes.case_id), (RejectReason::NotUtf8, "key", None));
    assert_eq!(reject(case(Some(b"\xff"), named)).reason, RejectReason::KeyMismatch);
}

/// The future is after the append, not after the reading: a replay a year later gives the same fixes and rejects.
#[test]
fn a_replay_much_later_gives_the_same_verdicts() {
    use datafusion::arrow::array::{Float64Array, StringArray, TimestampMicrosecondArray};
    use datafusion::arrow::ipc::writer::StreamWriter;

    const DAY_US: i64 = 86_400_000_000;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("7.avsc"), include_str!("../../../docs/schemas/fix-1.avsc")).unwrap();
    let schemas = || Some(Arc::new(super::super::SchemaFolder::new(folder.path())) as Arc<dyn SchemaSource>);
    let json = |t0_us: i64| {
        // One for the quick reader, one for the general one.
        let quick = format!(r#"{{"device_id":"d","t0":{t0_us},"lat_deg":51.5,"lon_deg":-0.1}}"#);
        let general = quick.replace("51.5", "\"51.5\"");
        [quick.into_bytes(), general.into_bytes()]
    };
    let arrow = |t0_us: i64| {
        let columns: [(&str, datafusion::arrow::array::ArrayRef); 4] = [
            ("device_id", Arc::new(StringArray::from(vec!["d"]))),
            ("t0", Arc::new(TimestampMicrosecondArray::from(vec![t0_us]).with_timezone("UTC"))),
            ("lat_deg", Arc::new(Float64Array::from(vec![51.5]))),
            ("lon_deg", Arc::new(Float64Array::from(vec![-0.1]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    };
    let avro = |t0_us: i64| super::super::avro::tests::record_at(7, "d", t0_us, 51.5);
    let kinds = |t0_us: i64| {
        let [quick, general] = json(t0_us);
        [
            ("application/json", quick),
            ("application/json", general),
            ("application/vnd.apache.arrow.stream", arrow(t0_us)),
            ("application/vnd.confluent.avro", avro(t0_us)),
        ]
    };
    // Of each kind one appended before its time by half a day, and one by half a year; all before the moment of reading.
    let payloads: Vec<_> = kinds(NOW_US - 180 * DAY_US).into_iter().chain(kinds(NOW_US - DAY_US / 2)).collect();
    let appended_us = Some(NOW_US - 180 * DAY_US - DAY_US / 2);
    let block = block(payloads.iter().zip(0..).map(|((kind, payload), offset)| Message {
        appended_us,
        key: Some(b"C1"),
        content_type: Some(kind.as_bytes()),
        ..message(offset, payload)
    }));
    let decoded = |now_us| FixDecoder::new(schemas()).decode(&block, now_us).unwrap();
    let now = decoded(NOW_US);
    assert_eq!(now, decoded(NOW_US + 400 * DAY_US));
    assert_eq!(now, decoded(NOW_US - 400 * DAY_US));
    let verdicts: Vec<_> = now.rejects.iter().map(|r| (r.offset, r.reason)).collect();
    let late = [4, 5, 6, 7].map(|offset| (offset, RejectReason::TimeRange));
    assert_eq!((now.counts.fixes, verdicts), (4, late.to_vec()));
}

#[test]
fn tombstones_and_strangers_are_rejected_and_the_rest_goes_on() {
    let good = message(0, GOOD.as_bytes());
    let html = b"<html>".repeat(1000);
    let block = block([
        good,
        Message { offset: 5, payload: None, key: Some(b"C1"), ..good },
        Message { offset: 6, content_type: Some(b"text/html"), payload: Some(&html), ..good },
        Message { offset: 7, content_type: Some(b"application/json; charset=utf-8"), ..good },
        Message { offset: 8, content_type: Some(b"application/vnd.confluent.avro"), payload: Some(&[0; 9]), ..good },
        Message { offset: 9, content_type: Some(b"application/vnd.confluent.avro"), payload: Some(&[1; 9]), ..good },
    ]);
    let decoded = decode(&block);
    assert_eq!(fixes(&decoded).iter().map(|f| f.1).collect::<Vec<_>>(), [0, 7]);
    let rejects: Vec<_> = decoded.rejects.iter().map(|r| (r.offset, r.row, r.reason, r.bytes.len())).collect();
    let expected = [
        (5, 0, RejectReason::Tombstone, 0),
        (6, 0, RejectReason::ContentType, 1024),
        (8, 0, RejectReason::SchemaUnknown, 9),
        (9, 0, RejectReason::Syntax, 9),
    ];
    assert_eq!(rejects, expected);
    assert_eq!(decoded.rejects[0].case_id.as_deref(), Some("C1"));
    assert!(decoded.rejects.iter().all(|r| (r.partition, r.topic) == (3, Topic::Fixes)));
    assert_eq!(decoded.next_offset, Some(10));
    let cases = Block::new(Topic::Cases, 0);
    assert!(matches!(FixDecoder::new(None).decode(&cases, NOW_US), Err(MessageError::Topic)));
}

#[test]
fn a_long_block_comes_in_full_batches_and_a_decoder_remembers_nothing_that_shows() {
    let record = |i: usize| GOOD.replace("\"d\"", &format!("\"d{}\"", i % 7)).replace("C1", &format!("C{}", i % 3));
    let block = block_of(&(0..BATCH_ROWS + 10).map(record).collect::<Vec<_>>());
    let mut decoder = FixDecoder::new(None);
    let first = decoder.decode(&block, NOW_US).unwrap();
    let again = decoder.decode(&block, NOW_US).unwrap();
    let empty = decoder.decode(&Block::new(Topic::Fixes, 3), NOW_US).unwrap();
    assert_eq!(empty, DecodedFixes::default());
    assert_eq!(first.batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [BATCH_ROWS, 10]);
    assert_eq!(fixes(&first), fixes(&again));
    assert_adds_up(&block, &again);
    for (case, offset, fix) in fixes(&first) {
        assert_eq!((case, fix.device), (format!("C{}", offset % 3), format!("d{}", offset % 7)));
    }
}

#[test]
fn a_small_batch_does_not_hold_the_memory_of_a_large_one() {
    let mut decoder = FixDecoder::new(None);
    decoder.decode(&block_of(&vec![GOOD; BATCH_ROWS]), NOW_US).unwrap();
    let small = decoder.decode(&block_of(&[GOOD]), NOW_US).unwrap();
    let bytes = small.batches[0].get_array_memory_size();
    assert!(bytes < 8192, "{bytes} bytes for one row");
}

#[test]
fn unknown_fields_are_counted_by_name_and_cannot_fill_the_memory() {
    let record = |i: usize| GOOD.replace('}', &format!(",\"same\":1,\"{i}{}\":[{{}}]}}", "x".repeat(500)));
    let block = block_of(&(0..2000).map(record).collect::<Vec<_>>());
    let decoded = decode(&block);
    assert_eq!(decoded.counts.fixes, 2000);
    assert_eq!((decoded.unknown_fields.len(), decoded.unknown_fields["same"]), (257, 2000));
    assert!(decoded.unknown_fields.keys().all(|name| name.len() <= 64));
    assert_eq!(decoded.unknown_fields.values().sum::<u64>(), 4000);
}

/// Records near the edge between what is plain and what is not, and between what is sound and what is not.
fn record() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => prop_oneof![
            Just("51.4769"), Just("-0.0005"), Just("0"), Just("12"), Just("0.95"), Just("270"), Just("17"), Just("\"\""),
            Just("\"2025-03-01T08:00:00Z\""), Just("\"2025-03-01T09:00:00.5+00:00\""), Just("1740816120000000"),
            Just("\"gps\""), Just("\"measured\""), Just("\"d\""), Just("true"), Just("false"),
        ].prop_map(str::to_owned),
        1 => prop_oneof![
            Just("null"), Just("-0"), Just("-1"), Just("181"), Just("1e2"), Just("1.0"), Just("01"), Just("1."),
            Just("\" \""), Just("\"GPS\""), Just("\" gps \""), Just("\"\\u0064\""), Just("\"a\\n\""), Just("\"51.5\""),
            Just("\"2025-03-01 08:00:00Z\""), Just("\"2025-03-01T08:00:00+01:00\""), Just("\"2025-03-01T08:00:00\""),
            Just("\"\u{a0}\""), Just("\"é\""), Just("{}"), Just("[]"), Just("[1]"), Just("{\"a\":1}"), Just("nul"),
            Just("123456789012345678901"), Just("0.1234567890123456789"), Just("40000000"), Just("\"1970-01-01T00:00:00Z\""),
        ].prop_map(str::to_owned),
        1 => "-?[0-9]{1,20}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
    ];
    let names: Vec<&str> = super::super::field::Field::ALL.iter().map(|f| f.as_str()).chain(["x", "T0", ""]).collect();
    let extra = prop::collection::vec((prop::sample::select(names), value.clone()), 0..6);
    let lat = prop_oneof![6 => Just("51.4769".to_owned()), 1 => value.clone()];
    let t0 = prop_oneof![4 => Just("\"2025-03-01T08:00:00Z\"".to_owned()), 2 => Just("1740816120000000".to_owned()), 1 => value];
    (extra, lat, t0, "[ \t\n]{0,2}", prop::bool::weighted(0.9)).prop_map(|(extra, lat, t0, space, whole)| {
        let mut fields = vec![
            "\"case_id\":\"C1\"".to_owned(),
            "\"device_id\":\"d\"".to_owned(),
            format!("\"t0\":{t0}"),
            format!("\"lat_deg\":{space}{lat}"),
            "\"lon_deg\":-0.0005".to_owned(),
        ];
        fields.extend(extra.into_iter().map(|(name, value)| {
            // Mostly in place of the field, sometimes a second time.
            format!("\"{name}\"{space}:{value}")
        }));
        let mut seen = Vec::new();
        if whole {
            fields.retain(|field| {
                let name = field.split(':').next().unwrap_or("").trim_end().to_owned();
                let first = !seen.contains(&name);
                seen.push(name);
                first
            });
        }
        format!("{space}{{{}{space}}}{space}", fields.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_quick_reader_gives_the_verdicts_of_the_general_one(records in prop::collection::vec(record(), 1..8)) {
        let block = block_of(&records);
        let quick = FixDecoder::new(None).decode(&block, NOW_US).unwrap();
        let general = FixDecoder::general().decode(&block, NOW_US).unwrap();
        assert_adds_up(&block, &quick);
        prop_assert_eq!(&quick.rejects, &general.rejects);
        prop_assert_eq!(&quick.unknown_fields, &general.unknown_fields);
        prop_assert_eq!(&quick.batches, &general.batches);
    }

    #[test]
    fn a_record_with_a_byte_changed_gets_the_same_verdict_from_both(at in 0_usize..96, byte in any::<u8>(), cut in 0_usize..97) {
        let mut record = GOOD.as_bytes().to_vec();
        record[at] = byte;
        let block = block_of(&[&record[..], &record[..cut]]);
        let quick = FixDecoder::new(None).decode(&block, NOW_US).unwrap();
        assert_adds_up(&block, &quick);
        prop_assert_eq!(quick, FixDecoder::general().decode(&block, NOW_US).unwrap());
    }

    #[test]
    fn arbitrary_messages_are_all_accounted_for(
        messages in prop::collection::vec(
            (
                prop::option::of(prop::collection::vec(any::<u8>(), 0..4)),
                prop::sample::select(vec![
                    None,
                    Some("application/json"),
                    Some("application/vnd.apache.arrow.stream"),
                    Some("application/vnd.confluent.avro"),
                    Some("?"),
                ]),
                prop::option::of(prop::collection::vec(any::<u8>(), 0..64)),
            ),
            0..20,
        ),
    ) {
        let block = block(messages.iter().zip(0..).map(|((key, kind, payload), offset)| Message {
            offset,
            appended_us: None,
            key: key.as_deref(),
            content_type: kind.map(str::as_bytes),
            payload: payload.as_deref(),
        }));
        let mut decoder = FixDecoder::new(None);
        let decoded = decoder.decode(&block, NOW_US).unwrap();
        assert_adds_up(&block, &decoded);
        prop_assert_eq!(decoder.decode(&block, NOW_US).unwrap(), decoded);
    }
}
