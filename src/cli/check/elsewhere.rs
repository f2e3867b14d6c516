//! Where a device was recorded when it was not near: the nearest record for each place and incident it was not near.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decode::{FixStore, FixView};
use crate::index::compare::{Anchor, Threshold};
use crate::index::{Comparator, Metric, Verdict, distance_m};
use crate::model::{ProximityParams, TargetKind};
use crate::sink::report::{Moment, Nearest, NotNear, Record};
use crate::time::ZoneRule;

use super::CheckError;
use super::targets::{Stated, Targets};

const COMPARATOR: Comparator = Comparator::new(Metric::Geodesic);

/// A place or incident, and the time looked at.
struct Watched<'a> {
    number: u32,
    kind: TargetKind,
    name: &'a str,
    during: Option<(i64, i64)>,
    anchor: Anchor,
}

/// The record that is nearest so far.
struct Best {
    distance_m: f64,
    threshold: Threshold,
    t0_us: i64,
    t1_us: i64,
    record: Record,
}

/// What is known of one device and one watched target.
#[derive(Default)]
struct Seen {
    /// An encounter speaks of it: nothing to look for.
    near: bool,
    fixes: u64,
    best: Option<Best>,
}

/// A line for each device and each place and incident that it was not near, also for a device that was asked for
/// (`asked`) and has no record.
///
/// An incident is looked at from its window before to its window after, a place at any time.
pub(super) fn not_near(
    suspects: &FixStore,
    targets: &Targets,
    near: &BTreeMap<String, BTreeSet<u32>>,
    (asked, params, zone): (&[String], &ProximityParams, &ZoneRule),
) -> Result<Vec<NotNear>, CheckError> {
    let watched: Vec<Watched<'_>> = targets.numbered().map(|(n, s)| watched(n, s, params)).collect();
    if watched.is_empty() {
        return Ok(Vec::new());
    }
    let fresh = |device: &str| -> Vec<Seen> {
        let near = near.get(device);
        let seen = |t: &Watched<'_>| Seen { near: near.is_some_and(|n| n.contains(&t.number)), ..Seen::default() };
        watched.iter().map(seen).collect()
    };
    let mut devices: BTreeMap<String, Vec<Seen>> = asked.iter().map(|d| (d.clone(), fresh(d))).collect();
    for batch in suspects.batches()? {
        let batch = batch?;
        let view = FixView::new(&batch)?;
        for rows in runs(&view) {
            let device = view.device.word(rows.start);
            let of_device = match devices.get_mut(device) {
                Some(known) => known,
                None => devices.entry(device.to_owned()).or_insert_with(|| fresh(device)),
            };
            rows.for_each(|row| look(&view, row, &watched, of_device));
        }
    }
    let lines = devices.into_iter().flat_map(|(device, seen)| {
        let pairs = watched.iter().zip(seen).filter(|(_, seen)| !seen.near);
        pairs.map(|(target, seen)| line(&device, target, seen, zone)).collect::<Vec<_>>()
    });
    Ok(lines.collect())
}

fn watched<'a>(number: u32, stated: &'a Stated, params: &ProximityParams) -> Watched<'a> {
    let anchor = |lat_deg, lon_deg| COMPARATOR.anchor(lat_deg, lon_deg);
    match stated {
        Stated::Place(p) => Watched {
            number,
            kind: TargetKind::Place,
            name: &p.name,
            during: None,
            anchor: anchor(p.lat_deg, p.lon_deg),
        },
        Stated::Incident(read) => {
            let i = &read.incident;
            let (from, to) = (i.t0_us.saturating_sub(params.window_us), i.t1_us.saturating_add(params.window_us));
            Watched {
                number,
                kind: TargetKind::Incident,
                name: &i.reference,
                during: Some((from, to)),
                anchor: anchor(i.lat_deg, i.lon_deg),
            }
        }
    }
}

/// Runs of rows of one device: records mostly come so, and each run costs one look-up.
fn runs<'v>(view: &'v FixView<'_>) -> impl Iterator<Item = std::ops::Range<usize>> + 'v {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let key = |row: usize| view.device.key(row);
        next = (start..view.len()).find(|row| key(*row) != key(start)).unwrap_or(view.len());
        (start < next).then_some(start..next)
    })
}

fn look(view: &FixView<'_>, row: usize, watched: &[Watched<'_>], of_device: &mut [Seen]) {
    let (t0_us, t1_us) = (view.t0_us[row], view.t1_us[row]);
    let (lat, lon) = (view.lat_deg[row], view.lon_deg[row]);
    let cos_lat = LazyCell::new(|| lat.to_radians().cos());
    for (target, seen) in watched.iter().zip(of_device) {
        if seen.near || target.during.is_some_and(|(from, to)| t1_us < from || t0_us > to) {
            continue;
        }
        seen.fixes += 1;
        // Most records are certainly no nearer than the best so far.
        let beyond = |b: &Best| COMPARATOR.judge(&target.anchor, lat, lon, *cos_lat, b.threshold) == Verdict::Beyond;
        if seen.best.as_ref().is_some_and(beyond) {
            continue;
        }
        let distance_m = distance_m(lat, lon, target.anchor.lat_deg, target.anchor.lon_deg);
        if seen.best.as_ref().is_none_or(|best| comes_first(view, row, distance_m, best)) {
            let (exhibit, file): (Arc<str>, Arc<str>) = (view.exhibit.word(row).into(), view.file.word(row).into());
            let record = Record::of_fix(&view.fix(row), &exhibit, &file);
            seen.best = Some(Best { distance_m, threshold: Threshold::new(distance_m), t0_us, t1_us, record });
        }
    }
}

/// Nearer, or as near and first by time, exhibit, file and row: the order in which files are given does not show.
fn comes_first(view: &FixView<'_>, row: usize, distance_m: f64, best: &Best) -> bool {
    let by_record = || {
        let new = (view.exhibit.word(row), view.file.word(row), view.row_at(row));
        let r = &best.record;
        new.cmp(&(r.exhibit.as_deref().unwrap_or_default(), r.file.as_deref().unwrap_or_default(), r.row.unwrap_or(0)))
    };
    let by_time = || (view.t0_us[row], view.t1_us[row]).cmp(&(best.t0_us, best.t1_us));
    distance_m.total_cmp(&best.distance_m).then_with(by_time).then_with(by_record).is_lt()
}

fn line(device: &str, target: &Watched<'_>, seen: Seen, zone: &ZoneRule) -> NotNear {
    let during = target.during.map(|(from, to)| (Moment::new(from, zone), Moment::new(to, zone)));
    let nearest = seen.best.map(|Best { distance_m, record, .. }| Nearest { distance_m, record });
    NotNear::new(device, (target.kind, target.name), during, seen.fixes, nearest)
}
