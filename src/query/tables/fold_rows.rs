//! Rows of what people said, from the state of a case. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryViewArray, BooleanArray, Float64Array, Int32Array, Int64Array, StringViewArray,
    TimestampMicrosecondArray,
};

use super::folded::Case;
use crate::model::case_state::{CaseStatus, Said, StatedRequest};
use crate::model::{Attribution, Role, StatedTarget};
use crate::query::catalogue::{ColumnDoc, Kind};
use crate::time::custody::{CaseClock, CustodyRules, case_clocks};

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Whole(i64),
    Float(f64),
    Truth(bool),
    Moment(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

fn moment(us: Option<i64>) -> Cell {
    us.map_or(Cell::Null, Cell::Moment)
}

fn count(n: usize) -> Cell {
    Cell::Whole(i64::try_from(n).unwrap_or(i64::MAX))
}

/// The rows that a case has in a table.
pub(super) fn rows_of(table: &str, id: &str, case: &Case, rules: &CustodyRules) -> Vec<Vec<Cell>> {
    match table {
        "cases" => vec![case_row(id, case)],
        "subjects" => subjects(id, case),
        "attributions" => case.state.attributions().map(|(a, said)| attribution(id, a, said)).collect(),
        "targets" => case.state.targets().map(|(name, target, said)| stated(id, name, target, said)).collect(),
        "requests" => case.state.requests().map(|r| request(id, &r)).collect(),
        "custody" => case_clocks(&case.state, rules).iter().map(|clock| custody(id, clock)).collect(),
        _ => Vec::new(),
    }
}

fn case_row(id: &str, case: &Case) -> Vec<Cell> {
    let (status, closed_us) = match case.state.status() {
        CaseStatus::NotOpened => ("not_opened", None),
        CaseStatus::Open => ("open", None),
        CaseStatus::Closed { at_us } => ("closed", Some(at_us)),
    };
    vec![id.into(), status.into(), moment(closed_us), moment(case.first_us)]
}

fn subjects(id: &str, case: &Case) -> Vec<Vec<Cell>> {
    let mut devices: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (a, _) in case.state.attributions() {
        devices.entry((&a.subject_id, a.role.as_str())).or_default().insert(&a.device_id);
    }
    let detained: BTreeSet<&str> = case.state.custody().map(|c| c.subject_id).collect();
    for person in &detained {
        if !devices.keys().any(|(subject, _)| subject == person) {
            devices.insert((person, Role::Unknown.as_str()), BTreeSet::new());
        }
    }
    let row = |((subject, role), devices): (&(&str, &str), &BTreeSet<&str>)| {
        vec![
            id.into(),
            (*subject).into(),
            (*role).into(),
            count(devices.len()),
            Cell::Truth(detained.contains(subject)),
        ]
    };
    devices.iter().map(row).collect()
}

fn said_cells(said: &Said) -> [Cell; 4] {
    let (event, author) = (said.event_id.as_str().into(), said.author.as_str().into());
    [event, author, Cell::Moment(said.recorded_us), said.reason.as_str().into()]
}

fn attribution(id: &str, a: &Attribution, said: &Said) -> Vec<Cell> {
    let mut row = vec![
        id.into(),
        a.attribution_id.as_str().into(),
        a.device_id.as_str().into(),
        a.subject_id.as_str().into(),
        a.role.as_str().into(),
        moment(a.from_us),
        moment(a.to_us),
        a.basis.as_str().into(),
    ];
    row.extend(said_cells(said));
    row
}

fn request(id: &str, stated: &StatedRequest<'_>) -> Vec<Cell> {
    let r = stated.request;
    let exhibit = stated.returned.map(|returned| returned.exhibit.as_str()).filter(|sha256| !sha256.is_empty());
    let mut row = vec![
        id.into(),
        r.request_id.as_str().into(),
        r.holder.as_str().into(),
        r.authority.as_str().into(),
        r.device_id.as_str().into(),
        Cell::Moment(r.from_us),
        Cell::Moment(r.to_us),
        Cell::Moment(r.requested_us),
        moment(r.due_us),
        moment(stated.returned.map(|returned| returned.at_us)),
        exhibit.map_or(Cell::Null, Cell::from),
    ];
    row.extend(said_cells(stated.said));
    row
}

fn stated(id: &str, target_id: &str, target: &StatedTarget, said: &Said) -> Vec<Cell> {
    let mut row = vec![id.into(), target_id.into()];
    match target {
        StatedTarget::Place(p) => {
            row.extend(["place".into(), p.name.as_str().into(), Cell::Null, Cell::Null, Cell::Null]);
            row.extend([Cell::Float(p.lat_deg), Cell::Float(p.lon_deg), Cell::Float(p.radius_m)]);
            row.extend([Cell::Null, Cell::Null]);
        }
        StatedTarget::Incident(i) => {
            row.extend(["incident".into(), i.reference.as_str().into(), i.kind.as_str().into()]);
            row.extend([Cell::Moment(i.t0_us), Cell::Moment(i.t1_us), Cell::Float(i.lat_deg), Cell::Float(i.lon_deg)]);
            row.extend([i.uncertainty_m.map_or(Cell::Null, Cell::Float)]);
            row.extend([i.exhibit.as_str().into(), i.time_text.as_str().into()]);
        }
    }
    row.extend(said_cells(said));
    row
}

fn custody(id: &str, c: &CaseClock<'_>) -> Vec<Cell> {
    let ceiling = c.clock.ceiling;
    vec![
        id.into(),
        c.custody_id.into(),
        c.subject_id.into(),
        Cell::Moment(c.clock.relevant_us),
        ceiling.kind.as_str().into(),
        Cell::Moment(ceiling.limit.end_us),
        Cell::Moment(c.clock.cap.end_us),
        moment(c.clock.next_review.map(|r| r.end_us)),
        moment(ceiling.limit.stopped_since_us),
        moment(c.clock.released_us),
        count(c.clock.remarks.len()),
        c.ceiling_said.map_or(Cell::Null, |said| said.author.as_str().into()),
    ]
}

/// The columns of rows; a value that is not of its column's type is null.
pub(super) fn columns(docs: &[ColumnDoc], rows: Vec<Vec<Cell>>) -> Vec<ArrayRef> {
    let mut by_column: Vec<Vec<Cell>> = docs.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, cell) in by_column.iter_mut().zip(row) {
            column.push(cell);
        }
    }
    docs.iter().zip(by_column).map(|(doc, cells)| column(doc.kind, &cells)).collect()
}

fn column(kind: Kind, cells: &[Cell]) -> ArrayRef {
    let whole = |c: &Cell| if let Cell::Whole(n) = c { Some(*n) } else { None };
    let time = |c: &Cell| if let Cell::Moment(us) = c { Some(*us) } else { None };
    let text = |c: &Cell| if let Cell::Text(t) = c { Some(t.clone()) } else { None };
    let float = |c: &Cell| if let Cell::Float(x) = c { Some(*x) } else { None };
    let truth = |c: &Cell| if let Cell::Truth(b) = c { Some(*b) } else { None };
    match kind {
        Kind::Text => Arc::new(cells.iter().map(text).collect::<StringViewArray>()),
        Kind::Whole => Arc::new(cells.iter().map(whole).collect::<Int64Array>()),
        Kind::Small => {
            Arc::new(cells.iter().map(|c| whole(c).and_then(|n| i32::try_from(n).ok())).collect::<Int32Array>())
        }
        Kind::Float => Arc::new(cells.iter().map(float).collect::<Float64Array>()),
        Kind::Truth => Arc::new(cells.iter().map(truth).collect::<BooleanArray>()),
        Kind::Moment => Arc::new(cells.iter().map(time).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Kind::Bytes => Arc::new(cells.iter().map(|_| None::<&[u8]>).collect::<BinaryViewArray>()),
    }
}
