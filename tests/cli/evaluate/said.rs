//! Statements put into a store beside those that `locard import` makes: requests and detentions.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::json::ReaderBuilder;
use locard::decode::message::case_event_to_json;
use locard::model::{CaseChange, CaseEvent};
use locard::store::{Commit, Options, Part, STORED_AT, Store, Table};
use locard::time::utc_text;
use serde_json::json;
use url::Url;

/// Adds statements to the case of a store, numbered from `first`, each recorded a second after the other.
pub fn say(store: &Path, case_id: &str, first: i64, changes: Vec<CaseChange>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let location = Url::from_directory_path(store.canonicalize().unwrap()).unwrap();
        let store = Store::open(&location, Options::default()).await.unwrap();
        let rows: Vec<_> = (first..).zip(changes).map(|(n, change)| row(case_id, n, change)).collect();
        let schema = Table::CaseEvents.schema();
        let fields: Vec<_> = schema.fields().iter().filter(|f| f.name() != STORED_AT).cloned().collect();
        let mut decoder = ReaderBuilder::new(Arc::new(Schema::new(fields))).build_decoder().unwrap();
        decoder.serialize(&rows).unwrap();
        let parts = vec![Part { rows: vec![decoder.flush().unwrap().unwrap()], offsets: None }];
        store.append(Commit { table: Table::CaseEvents, parts }).await.unwrap();
    });
}

fn row(case_id: &str, n: i64, change: CaseChange) -> serde_json::Value {
    let event = CaseEvent {
        case_id: case_id.to_owned(),
        event_id: format!("said {n}"),
        // After whatever an import has said.
        recorded_us: 4_000_000_000_000_000 + n * 1_000_000,
        author: "Kim".to_owned(),
        reason: String::new(),
        change,
    };
    json!({
        "case_id": case_id, "event_id": event.event_id, "recorded_at": utc_text(event.recorded_us),
        "author": event.author, "reason": "", "kind": event.change.kind(), "body": case_event_to_json(&event),
        "origin_partition": 0, "origin_offset": n,
    })
}
