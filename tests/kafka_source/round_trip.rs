//! What goes out comes in as it was, and a case's fixes and events meet in one partition.

use std::sync::Arc;

use locard::source::Topic;
use locard::source::kafka::{OutputTopic, Record, partition_of};

use crate::broker::{PATIENCE, broker, numbered};
use crate::owner::{Member, Row, Store};

#[test]
fn keys_headers_and_tombstones_come_through() {
    let broker = broker("round-trip", 4);
    let output = broker.output();
    let cases: Vec<String> = (0..12).map(|n| format!("case {n}")).collect();
    for case in &cases {
        let fix = numbered(OutputTopic::Fixes, case, "{\"t0\":1}");
        output.send(&Record { headers: &[("schema", b"1")], ..fix }).unwrap();
        output.send(&Record { content_type: "application/vnd.apache.arrow.stream", ..fix }).unwrap();
        output.send(&Record { payload: None, ..fix }).unwrap();
        output.send(&Record { payload: Some(b""), ..fix }).unwrap();
        output.send(&numbered(OutputTopic::Cases, case, "{}")).unwrap();
    }
    let flushed = output.flush(PATIENCE).unwrap();
    assert_eq!((flushed.delivered, flushed.failed.len()), (60, 0));

    let store = Arc::new(Store::default());
    let member = Member::start("reader", &broker.alone(), &store);
    store.wait("all rows", |held| held.rows.len() >= 60);
    member.stop();

    let held = store.lock();
    assert_eq!((held.rows.len(), held.faults.as_slice()), (60, [].as_slice()));
    for case in &cases {
        let of = |topic| {
            let mut rows: Vec<&Row> =
                held.rows.iter().filter(|r| r.topic == topic && r.key.as_deref() == Some(case)).collect();
            rows.sort_by_key(|r| r.offset);
            rows
        };
        let fixes = of(Topic::Fixes);
        let said: Vec<_> = fixes.iter().map(|r| (r.content_type.as_deref(), r.payload.as_deref())).collect();
        let json = Some("application/json");
        let arrow = Some("application/vnd.apache.arrow.stream");
        assert_eq!(said, [(json, Some("{\"t0\":1}")), (arrow, Some("{\"t0\":1}")), (json, None), (json, Some(""))]);
        let wanted = partition_of(case.as_bytes(), 4);
        assert!(fixes.iter().chain(&of(Topic::Cases)).all(|r| r.partition == wanted), "{case} is in one partition");
    }
    assert!(held.owners.is_empty(), "a source that stops lets go: {:?}", held.owners);
}
