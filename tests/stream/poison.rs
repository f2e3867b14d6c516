//! One record in ten is bad, in every way that there is: the good ones' results do not change, and rejects count exactly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use datafusion::arrow::ipc::writer::StreamWriter;
use locard::decode::message::{SchemaFolder, SchemaSource, case_event_to_json};
use locard::model::RejectReason;
use locard::simulate::feed::{FeedBody, FeedFix, FeedItem, FeedParams, Stamp};
use locard::source::kafka::{KafkaConfig, Output, OutputTopic, Record};
use locard::time::{Clock as _, SystemClock, utc_text};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use serde_json::{Value, json};

use super::broker::{PATIENCE, broker};
use super::harness::{assert_equal, feed, full_size, open, options, reference_and_fixes, rejects, run_with, runtime};

const JSON: &str = "application/json";
const AVRO: &str = "application/vnd.confluent.avro";
const ARROW: &str = "application/vnd.apache.arrow.stream";
const PARTITIONS: i32 = 4;

/// A message as it is sent.
struct Sent {
    topic: OutputTopic,
    key: Option<String>,
    content_type: &'static str,
    payload: Option<Vec<u8>>,
}

/// A message that cannot be used, and why.
type Bad = (Sent, RejectReason);

/// A moment that is far ahead whenever this runs.
fn next_year() -> String {
    utc_text(SystemClock.now_us() + 366 * 86_400_000_000)
}

fn value_of(case_id: &str, fix: &FeedFix) -> Value {
    let mut json = Vec::new();
    fix.append_json(case_id, &mut Stamp::default(), &mut json);
    serde_json::from_slice(&json).unwrap()
}

/// A copy of a record, spoilt in one field.
fn with(value: &Value, field: &str, to: Value) -> Vec<u8> {
    let mut spoilt = value.clone();
    spoilt[field] = to;
    spoilt.to_string().into_bytes()
}

fn without(value: &Value, field: &str) -> Vec<u8> {
    let mut spoilt = value.clone();
    spoilt.as_object_mut().unwrap().remove(field).unwrap();
    spoilt.to_string().into_bytes()
}

/// The first half of it.
fn cut(payload: &[u8]) -> Vec<u8> {
    payload[..payload.len() / 2].to_vec()
}

fn arrow() -> Vec<u8> {
    let columns: [(&str, ArrayRef); 3] = [
        ("device_id", Arc::new(StringArray::from(vec!["d", "e"]))),
        ("lat_deg", Arc::new(Float64Array::from(vec![51.5, 51.6]))),
        ("lon_deg", Arc::new(Float64Array::from(vec![-0.1, -0.1]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// A record of each kind that cannot be used, made from a good one.
fn bad_fixes(case_id: &str, fix: &FeedFix) -> Vec<Bad> {
    use RejectReason as R;
    let good = value_of(case_id, fix);
    let text = good.to_string();
    let mut not_text = text.clone().into_bytes();
    not_text[20] = 0xff;
    let bare_nan = text.replace(&format!("\"lat_deg\":{}", good["lat_deg"]), "\"lat_deg\":NaN");
    let nameless = Some(without(&good, "case_id"));
    let kinds = vec![
        (JSON, Some(not_text), R::NotUtf8),
        (JSON, None, R::Tombstone),
        (JSON, Some(cut(text.as_bytes())), R::Syntax),
        ("text/csv", Some(text.clone().into_bytes()), R::ContentType),
        (JSON, Some(with(&good, "lat_deg", json!(181))), R::LatitudeRange),
        (JSON, Some(with(&good, "t0", json!("1970-01-01T00:00:00Z"))), R::TimeRange),
        (JSON, Some(with(&good, "t0", json!(next_year()))), R::TimeRange),
        (JSON, Some(bare_nan.into_bytes()), R::Syntax),
        (JSON, Some(with(&good, "lat_deg", json!("NaN"))), R::LatitudeRange),
        (JSON, Some(with(&good, "uncertainty_m", json!(40_000_000))), R::UncertaintyRange),
        (JSON, Some(with(&good, "case_id", json!("another case"))), R::KeyMismatch),
        (JSON, Some(without(&good, "t0")), R::Missing),
        (AVRO, Some(vec![0, 0, 0, 0, 7, 2, 4, b'C']), R::Syntax),
        (AVRO, Some(vec![0, 0, 0, 0, 99, 2, 4, b'C']), R::SchemaUnknown),
        (ARROW, Some(cut(&arrow())), R::Syntax),
        (ARROW, Some(arrow()), R::Missing),
    ];
    let sent = |(content_type, payload, reason)| {
        (Sent { topic: OutputTopic::Fixes, key: Some(case_id.to_owned()), content_type, payload }, reason)
    };
    let mut all: Vec<Bad> = kinds.into_iter().map(sent).collect();
    all.push((Sent { topic: OutputTopic::Fixes, key: None, content_type: JSON, payload: nameless }, R::Missing));
    all
}

/// As [`bad_fixes`], of statements.
fn bad_events(case_id: &str) -> Vec<Bad> {
    use RejectReason as R;
    let good = json!({
        "case_id": case_id, "recorded_at": "2025-10-01T08:00:00Z", "author": "DC A", "kind": "target_added",
        "target_id": "poison", "place": {"name": "nowhere", "lat_deg": 51.5, "lon_deg": -0.1, "radius_m": 5000.0},
    });
    let text = good.to_string();
    let place = json!({"name": "nowhere", "lat_deg": 181, "lon_deg": -0.1, "radius_m": 5000.0});
    let kinds = vec![
        (JSON, Some(cut(text.as_bytes())), R::Syntax),
        (JSON, None, R::Tombstone),
        (JSON, Some(without(&good, "author")), R::Missing),
        (JSON, Some(with(&good, "kind", json!("forgotten"))), R::NotAllowed),
        (JSON, Some(with(&good, "case_id", json!("another case"))), R::KeyMismatch),
        (JSON, Some(with(&good, "recorded_at", json!(next_year()))), R::TimeRange),
        (JSON, Some(with(&good, "place", place)), R::LatitudeRange),
        ("text/csv", Some(text.clone().into_bytes()), R::ContentType),
        (JSON, Some(vec![b'{', 0xff, b'}']), R::NotUtf8),
    ];
    let sent = |(content_type, payload, reason)| {
        (Sent { topic: OutputTopic::Cases, key: Some(case_id.to_owned()), content_type, payload }, reason)
    };
    kinds.into_iter().map(sent).collect()
}

fn good(item: &FeedItem) -> Sent {
    let (topic, payload) = match &item.body {
        FeedBody::Fix(fix) => (OutputTopic::Fixes, value_of(&item.case_id, fix).to_string()),
        FeedBody::Event(event) => (OutputTopic::Cases, case_event_to_json(event)),
    };
    Sent { topic, key: Some(item.case_id.to_string()), content_type: JSON, payload: Some(payload.into_bytes()) }
}

fn send(output: &Output, sent: &Sent) {
    let record = Record {
        topic: sent.topic,
        case_id: sent.key.as_deref(),
        id: None,
        content_type: sent.content_type,
        headers: &[],
        payload: sent.payload.as_deref(),
        ticket: 0,
    };
    output.send_waiting(&record, PATIENCE).unwrap();
}

type Counts = BTreeMap<(String, String), usize>;

/// Sends nine good ones, then a bad one, and so on; how many in all, and which rejects must come of it.
fn send_all(output: &Output, items: &[FeedItem]) -> (i64, Counts) {
    let (mut count, mut expected, mut kind) = (0, Counts::new(), 0);
    for nine in items.chunks(9) {
        for item in nine {
            send(output, &good(item));
        }
        count += i64::try_from(nine.len()).unwrap() + 1;
        let fix = nine.iter().find_map(|item| match &item.body {
            FeedBody::Fix(fix) => Some(bad_fixes(&item.case_id, fix)),
            FeedBody::Event(_) => None,
        });
        let mut kinds = fix.unwrap_or_default();
        kinds.extend(bad_events(&nine[0].case_id));
        let (sent, reason) = kinds.swap_remove(kind % kinds.len());
        kind += 1;
        send(output, &sent);
        let topic = if sent.topic == OutputTopic::Cases { "cases" } else { "fixes" };
        *expected.entry((topic.to_owned(), reason.as_str().to_owned())).or_default() += 1;
    }
    assert_eq!(output.flush(PATIENCE).unwrap().failed.len(), 0);
    (count, expected)
}

/// What the topic of rejects holds, each reject once.
fn published(config: &KafkaConfig) -> Counts {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &config.bootstrap_servers).set("group.id", "poison-reads-rejects");
    let consumer: BaseConsumer = client.set("enable.auto.commit", "false").create().unwrap();
    let mut list = TopicPartitionList::new();
    let mut left: BTreeSet<i32> = BTreeSet::new();
    let mut ends = BTreeMap::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(&config.topics.rejects, partition, Offset::Beginning).unwrap();
        let (low, high) = consumer.fetch_watermarks(&config.topics.rejects, partition, PATIENCE).unwrap();
        ends.insert(partition, high);
        left.extend((high > low).then_some(partition));
    }
    consumer.assign(&list).unwrap();
    let (mut counts, mut seen) = (Counts::new(), BTreeSet::new());
    while !left.is_empty() {
        let message = consumer.poll(PATIENCE).expect("a reject in time").unwrap();
        if message.offset() + 1 >= ends[&message.partition()] {
            left.remove(&message.partition());
        }
        let value: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        let origin = ["topic", "partition", "offset", "row"].map(|field| value[field].to_string());
        if seen.insert(origin) {
            let text = |field: &str| value[field].as_str().unwrap().to_owned();
            *counts.entry((text("topic"), text("reason"))).or_default() += 1;
        }
    }
    counts
}

#[test]
fn one_bad_record_in_ten_changes_nothing_and_is_counted() {
    let broker = broker("poison", PARTITIONS);
    let mut params = FeedParams { cases: 8, days: 1, seed: 14, ..FeedParams::default() };
    params.sampling.spacing = if full_size() { 1.0 } else { 4.0 };
    let items = feed(&params);
    let (expected, fixes) = reference_and_fixes(&items);
    let (all, expected_rejects) = send_all(&broker.output(), &items);
    assert!(expected_rejects.len() >= 18, "every kind: {expected_rejects:?}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("7.avsc"), include_str!("../../docs/schemas/fix-1.avsc")).unwrap();
    let data = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        // Stopped and started again on the way, so that some of it may be read twice.
        for until in [all / 3, all / 2, all] {
            let schemas: Arc<dyn SchemaSource> = Arc::new(SchemaFolder::new(folder.path()));
            run_with(options(broker.alone(), data.path()), Some(schemas), until, PATIENCE).await;
        }
        assert_equal(data.path(), &expected, fixes).await;
        assert_eq!(rejects(&open(data.path()).await).await, expected_rejects);
    });
    assert_eq!(published(&broker.config), expected_rejects);
}
