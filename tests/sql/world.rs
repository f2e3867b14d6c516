//! A store of made-up cases, written row by row, and a desk over it.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::json::ReaderBuilder;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt as _;
use locard::access::{Role, Scope, Stretch, Viewer};
use locard::decode::message::case_event_to_json;
use locard::model::{Attribution, CaseChange, CaseEvent, Incident, Place, StatedTarget};
use locard::query::{Brought, Desk, DeskOptions, Limits, QueryError, Session};
use locard::store::{Commit, Options, Part, STORED_AT, Store, Table};
use locard::time::custody::CustodyRules;
use locard::time::{FixedClock, US_PER_S};
use serde_json::{Value, json};
use url::Url;

/// 2026-03-02T00:00:00Z, a Monday in winter: UTC is the local time.
pub const DAY0_US: i64 = 1_772_409_600 * US_PER_S;
pub const MINUTE_US: i64 = 60 * US_PER_S;
pub const DAY_US: i64 = 1_440 * MINUTE_US;

/// Minutes after the beginning as UTC microseconds.
pub fn at(minute: i64) -> i64 {
    DAY0_US + minute * MINUTE_US
}

pub fn iso(us: i64) -> String {
    locard::time::utc_text(us)
}

/// A store in a folder of its own.
pub struct World {
    folder: tempfile::TempDir,
    /// The moment of the next commits.
    pub now_us: i64,
}

impl World {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), now_us: at(100 * 1_440) }
    }

    pub fn url(&self) -> Url {
        Url::from_directory_path(self.folder.path()).unwrap()
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn options(&self) -> Options {
        Options { clock: Arc::new(FixedClock(self.now_us)), ..Options::default() }
    }

    /// One commit of rows to a table.
    pub async fn write(&self, table: Table, rows: &[Value]) {
        let store = Store::open(&self.url(), self.options()).await.unwrap();
        let rows = batch(table, rows);
        let parts = vec![Part { rows: vec![rows], offsets: None }];
        store.append(Commit { table, parts }).await.unwrap();
    }

    /// A desk, and the world that must outlive it.
    pub fn desk_kept(self) -> (Self, Desk) {
        let desk = self.desk();
        (self, desk)
    }

    pub fn desk(&self) -> Desk {
        let options = DeskOptions {
            store: self.options(),
            rules: CustodyRules::pace().unwrap(),
            threads: std::num::NonZeroUsize::new(2),
        };
        Desk::open(&self.url(), options).unwrap()
    }
}

fn batch(table: Table, rows: &[Value]) -> RecordBatch {
    let schema = table.schema();
    let fields: Vec<_> = schema.fields().iter().filter(|f| f.name() != STORED_AT).cloned().collect();
    let mut decoder = ReaderBuilder::new(Arc::new(Schema::new(fields))).build_decoder().unwrap();
    decoder.serialize(rows).unwrap();
    decoder.flush().unwrap().unwrap()
}

pub fn viewer(scope: Scope) -> Viewer {
    Viewer { account: "made-up".to_owned(), role: Role::Investigator, scope }
}

pub async fn everything(desk: &Desk) -> Session {
    desk.session(viewer(Scope::Everything), Limits::default(), Brought::new()).await.unwrap()
}

/// A session that sees these cases, each in one stretch.
pub async fn session_of(desk: &Desk, cases: &[(&str, Stretch)], limits: Limits) -> Session {
    let cases = cases.iter().map(|(case, stretch)| ((*case).to_owned(), vec![*stretch])).collect();
    desk.session(viewer(Scope::Cases(cases)), limits, Brought::new()).await.unwrap()
}

pub async fn batches(session: &Session, sql: &str) -> Result<Vec<RecordBatch>, QueryError> {
    let plan = session.plan(sql).await?;
    let rows = session.run(plan).await?;
    Ok(rows.try_collect().await?)
}

/// The rows as text, a line a row with `|` between values, in order.
pub async fn lines(session: &Session, sql: &str) -> Result<Vec<String>, QueryError> {
    let mut lines = Vec::new();
    for batch in batches(session, sql).await? {
        let options = FormatOptions::default().with_null("NULL");
        let columns: Vec<_> =
            batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            lines.push(columns.iter().map(|c| c.value(row).to_string()).collect::<Vec<_>>().join("|"));
        }
    }
    Ok(lines)
}

/// A fix of a moment, of 10 m.
pub fn fix(case: &str, device: &str, id: i64, t_us: i64, (lat, lon): (f64, f64)) -> Value {
    let cell = h3o::LatLng::new(lat, lon).unwrap().to_cell(h3o::Resolution::Nine);
    json!({
        "case_id": case, "fix_id": id, "device_id": device, "source": "gps", "t0": iso(t_us), "t1": iso(t_us),
        "lat_deg": lat, "lon_deg": lon, "uncertainty_m": 10.0, "confidence": 0.68, "basis": "measured",
        "azimuth_deg": null, "exhibit": format!("exhibit of {case}"), "file": format!("{device}.csv"), "row": id,
        "path": null, "time_text": iso(t_us), "time_ambiguous": false, "h3": u64::from(cell).cast_signed(),
        "origin_partition": 0, "origin_offset": id,
    })
}

pub fn proximity(case: &str, device: &str, id: i64, t_us: i64, distance_m: f64) -> Value {
    json!({
        "case_id": case, "proximity_id": id, "fix_id": id, "target_kind": "place", "target_id": "home",
        "device_id": device, "t0": iso(t_us), "t1": iso(t_us), "distance_m": distance_m, "grade": "probable",
        "p_within": 0.9, "radius_m": 100.0, "window_s": 120.0, "revision": 1, "status": "current", "why": "",
    })
}

pub fn encounter(case: &str, device: &str, id: &str, (enter, exit): (i64, i64), distance_m: f64) -> Value {
    json!({
        "case_id": case, "encounter_id": id, "content_id": format!("content of {id}"), "device_id": device,
        "target_kind": "victim_fix", "target": format!("phone of {case}"), "enter": iso(enter), "exit": iso(exit),
        "grade": "probable", "p_within_max": 0.9, "p_within_mean": 0.8, "min_distance_m": distance_m,
        "closest_approach_m": null, "closest_approach_at": null, "suspect_fixes": 3, "target_fixes": 4,
        "sources": "gps", "single_fix": false, "proximities": 5, "closed": true, "revision": 1,
        "status": "current", "superseded_by": null, "why": "",
    })
}

pub fn exhibit(case: &str, name: &str) -> Value {
    json!({
        "case_id": case, "sha256": format!("exhibit of {case}"), "name": name, "bytes": 10, "stored_path": "exhibits/x",
        "imported_at": iso(at(0)), "subject": "suspect", "device": "d", "finished": true,
    })
}

pub fn reject(case: &str, value: &str) -> Value {
    json!({
        "case_id": case, "topic": "file.csv", "partition": null, "offset": null, "row": 1, "field": "lat_deg",
        "value": value, "reason": "not_a_number", "bytes": null,
    })
}

/// A statement as a row of `case_events`.
pub fn said(case: &str, event: &str, minute: i64, change: CaseChange) -> Value {
    let event = CaseEvent {
        case_id: case.to_owned(),
        event_id: event.to_owned(),
        recorded_us: at(minute),
        author: format!("author of {case}"),
        reason: String::new(),
        change,
    };
    json!({
        "case_id": case, "event_id": event.event_id, "recorded_at": iso(event.recorded_us), "author": event.author,
        "reason": "", "kind": event.change.kind(), "body": case_event_to_json(&event), "origin_partition": 0,
        "origin_offset": 0,
    })
}

pub fn attributed(id: &str, device: &str, subject: &str, role: locard::model::Role) -> CaseChange {
    CaseChange::Attributed(Attribution {
        attribution_id: id.to_owned(),
        device_id: device.to_owned(),
        subject_id: subject.to_owned(),
        role,
        from_us: None,
        to_us: None,
        basis: "seized".to_owned(),
    })
}

pub fn place(id: &str, (lat_deg, lon_deg): (f64, f64)) -> CaseChange {
    let place = Place { name: id.to_owned(), lat_deg, lon_deg, radius_m: 50.0 };
    CaseChange::TargetAdded { target_id: id.to_owned(), target: StatedTarget::Place(place) }
}

pub fn incident(id: &str, (t0_us, t1_us): (i64, i64), (lat_deg, lon_deg): (f64, f64)) -> CaseChange {
    let incident = Incident {
        reference: id.to_owned(),
        kind: "harassment".to_owned(),
        t0_us,
        t1_us,
        lat_deg,
        lon_deg,
        uncertainty_m: None,
        exhibit: "ab".repeat(32),
        row: 1,
        time_text: "as written".to_owned(),
        time_ambiguous: false,
    };
    CaseChange::TargetAdded { target_id: id.to_owned(), target: StatedTarget::Incident(incident) }
}
