use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, Int8Array, Int64Array, LargeStringArray, NullArray,
    RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{Int8Type, Schema};
use datafusion::arrow::ipc::CompressionType;
use datafusion::arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use proptest::prelude::*;

use super::super::{DecodedFixes, FixDecoder};
use super::*;
use crate::decode::FixView;
use crate::model::{Fix, RejectReason};
use crate::source::{self, Block, Topic};

const NOW_US: i64 = 1_767_225_600_000_000;
const T0_US: i64 = 1_740_816_000_000_000;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

fn canonical(rows: i64) -> RecordBatch {
    let n = usize::try_from(rows).unwrap();
    let texts = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; n])) };
    batch(vec![
        ("case_id", texts("C1")),
        ("device_id", texts("d")),
        (
            "t0",
            Arc::new(TimestampMicrosecondArray::from_iter_values((0..rows).map(|i| T0_US + i)).with_timezone("UTC")),
        ),
        ("lat_deg", Arc::new(Float64Array::from(vec![51.5; n]))),
        ("lon_deg", Arc::new(Float64Array::from(vec![-0.1; n]))),
    ])
}

fn stream_with(batches: &[RecordBatch], options: IpcWriteOptions) -> Vec<u8> {
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batches[0].schema(), options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    stream_with(batches, IpcWriteOptions::default())
}

fn decode(payload: &[u8], key: Option<&[u8]>) -> DecodedFixes {
    let mut block = Block::new(Topic::Fixes, 0);
    // An odd byte before it: payloads lie in a block as they come, not aligned.
    let good = source::Message {
        offset: 1,
        appended_us: None,
        key,
        content_type: Some(b"application/vnd.apache.arrow.stream"),
        payload: Some(payload),
    };
    block.push(&source::Message { offset: 0, payload: Some(b"?"), content_type: None, ..good });
    block.push(&good);
    let mut decoded = FixDecoder::new(None).decode(&block, NOW_US).unwrap();
    decoded.rejects.remove(0);
    decoded
}

fn fixes(decoded: &DecodedFixes) -> Vec<Fix> {
    let views = decoded.batches.iter().map(|b| FixView::new(b).unwrap());
    views.flat_map(|view| (0..view.len()).map(move |row| view.fix(row)).collect::<Vec<_>>()).collect()
}

/// Row, field, value and reason of the one reject.
fn refused(payload: &[u8]) -> (u64, String, String, RejectReason) {
    let decoded = decode(payload, None);
    assert_eq!(decoded.counts.fixes, 0, "all or nothing");
    let [reject] = decoded.rejects.as_slice() else { unreachable!("one reject: {:?}", decoded.rejects) };
    (reject.row, reject.field.clone(), reject.value.clone(), reject.reason)
}

#[test]
fn many_records_in_several_batches_and_packed() {
    let batches = [canonical(9000), canonical(3)];
    let plain = decode(&stream(&batches), Some(b"C1"));
    assert_eq!((plain.counts.fixes, plain.rejects.len()), (9003, 0));
    assert_eq!(plain.batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [8192, 811]);
    assert_eq!(fixes(&plain)[9002].t0_us, T0_US + 2);
    for compression in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        let options = IpcWriteOptions::default().try_with_compression(Some(compression)).unwrap();
        assert_eq!(fixes(&decode(&stream_with(&batches, options), None)), fixes(&plain));
    }
}

#[test]
fn columns_of_other_types_stand_for_the_same() {
    let keys = Int8Array::from(vec![Some(1), Some(0), None]);
    let sources =
        DictionaryArray::<Int8Type>::try_new(keys, Arc::new(StringArray::from(vec!["wifi", "cell"]))).unwrap();
    let batch = batch(vec![
        ("lon_deg", Arc::new(Float32Array::from(vec![0.5, 0.5, 0.5]))),
        ("lat_deg", Arc::new(Int64Array::from(vec![51, 52, 53]))),
        ("t0", Arc::new(Int64Array::from(vec![T0_US, T0_US, T0_US]))),
        (
            "t1",
            Arc::new(TimestampMillisecondArray::from(vec![Some(T0_US / 1000 + 5), None, None]).with_timezone("+01:00")),
        ),
        ("device_id", Arc::new(StringViewArray::from(vec!["a", "b", "a device of a long name"]))),
        ("source", Arc::new(sources)),
        ("time_text", Arc::new(LargeStringArray::from(vec![Some("then"), None, None]))),
        ("path", Arc::new(NullArray::new(3))),
        ("speed", Arc::new(Int64Array::from(vec![1, 2, 3]))),
    ]);
    let decoded = decode(&stream(&[batch]), Some(b"C9"));
    let fixes = fixes(&decoded);
    assert_eq!(decoded.rejects, []);
    assert_eq!(fixes.iter().map(|f| f.source.as_str()).collect::<Vec<_>>(), ["cell", "wifi", "unknown"]);
    assert_eq!((fixes[0].t1_us - fixes[0].t0_us, fixes[0].time_text.as_str()), (5000, "then"));
    assert_eq!((fixes[2].lat_deg, fixes[2].device.as_str()), (53.0, "a device of a long name"));
    assert_eq!(fixes[2].time_text, "2025-03-01T08:00:00Z");
    assert_eq!(decoded.unknown_fields["speed"], 3);
}

#[test]
fn a_bad_row_costs_itself_and_says_where_it_stands() {
    let times = TimestampMicrosecondArray::from(vec![Some(T0_US), None, Some(1), Some(T0_US)]).with_timezone("UTC");
    let batch = batch(vec![
        ("case_id", Arc::new(StringArray::from(vec!["C1", "C1", "C1", "C2"]))),
        ("device_id", Arc::new(StringArray::from(vec!["d"; 4]))),
        ("t0", Arc::new(times)),
        ("lat_deg", Arc::new(Float64Array::from(vec![51.5, 51.5, 51.5, 51.5]))),
        ("lon_deg", Arc::new(Float64Array::from(vec![-0.1, 0.1, 0.1, 0.1]))),
    ]);
    let decoded = decode(&stream(&[canonical(2), batch]), Some(b"C1"));
    assert_eq!(decoded.counts.fixes, 3);
    let rejects: Vec<_> = decoded.rejects.iter().map(|r| (r.row, r.reason)).collect();
    assert_eq!(rejects, [(4, RejectReason::Missing), (5, RejectReason::TimeRange), (6, RejectReason::KeyMismatch)]);
    assert!(Arc::ptr_eq(&decoded.rejects[0].bytes, &decoded.rejects[2].bytes), "one copy for all rows");
}

#[test]
fn a_table_that_is_no_table_of_fixes_is_refused_by_name() {
    let without = |name: &str| {
        let batch = canonical(1);
        let kept: Vec<usize> = (0..5).filter(|i| batch.schema().field(*i).name() != name).collect();
        refused(&stream(&[batch.project(&kept).unwrap()]))
    };
    for name in ["device_id", "t0", "lat_deg", "lon_deg"] {
        assert_eq!(without(name), (0, name.to_owned(), "no such column".to_owned(), RejectReason::Missing));
    }
    assert_eq!(without("case_id").3, RejectReason::Missing);
    let twice = canonical(1).project(&[0, 1, 2, 3, 4, 3]).unwrap();
    assert_eq!(refused(&stream(&[twice])).1, "lat_deg");
    let mut columns = canonical(1).columns().to_vec();
    columns[3] = Arc::new(datafusion::arrow::array::BinaryArray::from(vec![&b"51"[..]]));
    let names = ["case_id", "device_id", "t0", "lat_deg", "lon_deg"];
    let (row, field, value, reason) = refused(&stream(&[batch(names.into_iter().zip(columns).collect())]));
    assert_eq!((row, field.as_str(), value.as_str(), reason), (0, "lat_deg", "Binary", RejectReason::NotAllowed));
    assert_eq!(refused(&stream(&[canonical(0)])).2, "no records");
    assert_eq!(refused(b"").3, RejectReason::Syntax);
}

#[test]
fn a_damaged_payload_gives_none_of_its_rows() {
    let whole = stream(&[canonical(10), canonical(10)]);
    for cut in [3, 8, 100, whole.len() / 2, whole.len() - 20] {
        assert_eq!(refused(&whole[..cut]).3, RejectReason::Syntax, "{cut}");
    }
    let mut longer = whole.clone();
    longer.extend_from_slice(b"more");
    assert_eq!(refused(&longer).2, "4 bytes after its end");
    let mut file = Vec::new();
    file.extend_from_slice(b"ARROW1\0\0");
    file.extend_from_slice(&whole);
    assert_eq!(refused(&file).3, RejectReason::Syntax);
}

#[test]
fn a_dictionary_or_view_that_unfolds_to_more_than_there_is_room_for_is_refused() {
    let n = 100_000;
    let long = "x".repeat(1000);
    let with = |device: ArrayRef| {
        let mut columns = canonical(n).columns().to_vec();
        columns[1] = device;
        let names = ["case_id", "device_id", "t0", "lat_deg", "lon_deg"];
        stream(&[batch(names.into_iter().zip(columns).collect())])
    };
    let rows = usize::try_from(n).unwrap();
    let keys = Int8Array::from(vec![0; rows]);
    let words = DictionaryArray::<Int8Type>::try_new(keys, Arc::new(StringArray::from(vec![long.as_str()]))).unwrap();
    assert_eq!(refused(&with(Arc::new(words))).1, "device_id");
    let one = StringViewArray::from(vec![long.as_str()]);
    let views = vec![one.views()[0]; rows];
    let views = StringViewArray::try_new(views.into(), one.data_buffers().to_vec(), None).unwrap();
    assert_eq!(refused(&with(Arc::new(views))).1, "device_id");
}

#[test]
fn a_stream_that_claims_too_much_is_refused_before_it_is_read() {
    let rows = i64::try_from(MAX_ROWS).unwrap();
    let text = "x".repeat(1 << 20);
    let zeros = batch(vec![("note", Arc::new(StringArray::from(vec![text.as_str(); 100])))]);
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    let packed = stream_with(&[zeros], options.clone());
    assert!(packed.len() < 100_000, "a hundred MiB in {} bytes", packed.len());
    assert!(refused(&packed).2.starts_with("it unpacks to more"));
    let nothing = RecordBatch::try_from_iter([("nothing", Arc::new(NullArray::new(1 << 40)) as ArrayRef)]).unwrap();
    assert!(refused(&stream(&[nothing])).2.starts_with("more than"));
    assert_eq!(check(&stream(&[canonical(rows)])), Ok(()));
    assert!(check(&stream(&[canonical(rows), canonical(1)])).is_err());
    // The lengths that zstd buffers say they unpack to: one of them is made 2^50.
    let mut hostile = stream_with(&[canonical(5000)], options);
    let length = i64::from(5000_i32 * 8).to_le_bytes();
    let at = hostile.windows(8).position(|w| w == length).unwrap();
    hostile[at..at + 8].copy_from_slice(&(1_i64 << 50).to_le_bytes());
    assert!(refused(&hostile).2.starts_with("it unpacks to more"));
}

#[test]
fn a_schema_alone_has_no_records() {
    let mut writer = StreamWriter::try_new(Vec::new(), &Schema::empty()).unwrap();
    writer.finish().unwrap();
    assert_eq!(refused(&writer.into_inner().unwrap()).3, RejectReason::Missing);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn spoilt_bytes_never_panic_and_are_accounted_for(at in 0_usize..4000, bytes in prop::collection::vec(any::<u8>(), 1..9)) {
        let mut payload = stream(&[canonical(3), canonical(3)]);
        let at = at % payload.len();
        let end = (at + bytes.len()).min(payload.len());
        payload[at..end].copy_from_slice(&bytes[..end - at]);
        let decoded = decode(&payload, None);
        let whole = decoded.counts.fixes + decoded.rejects.len() as u64;
        prop_assert!(whole > 0);
        // Either the rows of the payload, or one reject for all of it.
        prop_assert!(decoded.rejects.iter().all(|r| r.row > 0) || whole == 1);
    }
}
