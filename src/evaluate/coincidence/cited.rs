//! Which records an encounter is shown by: the first of the suspect's that opens it, and the first of the victim's that this
//! one is near then.
//!
//! It hangs on the order of the records alone, so that it is the same however they were cut in chunks and parts.

use super::heard::has_time;
use super::how::Axis;
use super::laid::{Met, Span};
use super::near::{Nearness, Spot, nearness};
use super::parts::{Point, pieces};
use super::side::Side;
use crate::evaluate::Record;
use crate::model::ProximityParams;

/// The encounter with the records that show it.
pub(super) fn met(encounter: &Span, suspect: &Side<'_>, victim: &Side<'_>, params: &ProximityParams) -> Met {
    let (enter_us, window_us) = (encounter.start_us, params.window_us);
    let hers = timed(victim, (enter_us.saturating_sub(window_us), enter_us.saturating_add(window_us)));
    let opens = |own: &Point, other: &Point| {
        own.t0_us.max(other.t0_us - window_us) == enter_us
            && nearness(&own.spot, &other.spot, own.uncertainty_m + other.uncertainty_m, params) == Nearness::Opens
    };
    let opening = timed(suspect, (enter_us, enter_us)).into_iter().find_map(|own| {
        let near = hers.iter().find(|other| opens(&own, other));
        near.map(|other| (own.record, other.record))
    });
    let (suspect_record, victim_record) = opening.unwrap_or_default();
    Met { suspect_record, victim_record, ..without_records(encounter) }
}

/// The encounter alone.
pub(super) const fn without_records(encounter: &Span) -> Met {
    let Span { start_us: enter_us, end_us: exit_us, common: in_common, .. } = *encounter;
    Met { enter_us, exit_us, in_common, suspect_record: 0, victim_record: 0 }
}

/// The records, or pieces of long ones, that share a moment with a time, in the order in which parts are made of them.
fn timed(side: &Side<'_>, (from_us, to_us): (i64, i64)) -> Vec<Point> {
    let chunks = side.of_time(Axis::Utc, (from_us, to_us));
    let begun = |records: &[Record]| records.partition_point(|record| record.t0_us <= to_us);
    let records = chunks.flat_map(|(_, chunk)| (chunk.from..).zip(chunk.records.iter().take(begun(chunk.records))));
    let timed = records.filter(|(_, record)| record.t1_us >= from_us && has_time(record));
    let points = timed.map(|(at, record)| Point {
        t0_us: record.t0_us,
        t1_us: record.t1_us,
        spot: Spot::of(record.lat_deg, record.lon_deg),
        uncertainty_m: record.uncertainty_m,
        common: false,
        record: at,
    });
    let mut points = pieces(points.collect());
    points.retain(|point| point.t0_us <= to_us && point.t1_us >= from_us);
    points.sort_unstable_by_key(Point::order);
    points
}
