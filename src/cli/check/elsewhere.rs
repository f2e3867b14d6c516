//! Where a device was recorded when it was not near: the nearest record for each target without an encounter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decode::{FixStore, FixView};
use crate::index::compare::Threshold;
use crate::index::{Comparator, Metric, Verdict, distance_m};
use crate::model::{Fix, ProximityParams, TargetKind};
use crate::sink::report::{EncounterFound, Moment, Nearest, NotNear, Record};
use crate::time::ZoneRule;

use super::CheckError;
use super::targets::{Stated, Targets};

/// A place or incident, and the time looked at.
struct Watched {
    kind: TargetKind,
    name: String,
    during: Option<(i64, i64)>,
    lat_deg: f64,
    lon_deg: f64,
}

/// What is known of one device and one watched target.
#[derive(Default)]
struct Seen {
    fixes: u64,
    nearest: Option<(f64, Fix, String)>,
}

/// A line for each device and each place and incident without an encounter of that device.
///
/// An incident is looked at from its window before to its window after, a place at any time.
pub(super) fn not_near(
    suspects: &FixStore,
    targets: &Targets,
    encounters: &[EncounterFound],
    params: &ProximityParams,
    zone: &ZoneRule,
) -> Result<Vec<NotNear>, CheckError> {
    let watched: Vec<Watched> = targets.stated.iter().map(|s| watched(s, params)).collect();
    let met: BTreeSet<(&str, TargetKind, &str)> =
        encounters.iter().map(|e| (e.device.as_str(), e.target_kind, e.target.as_str())).collect();
    let mut seen: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for batch in suspects.batches()? {
        let batch = batch?;
        look(&FixView::new(&batch)?, &watched, &met, &mut seen);
    }
    let mut lines = Vec::new();
    for (device, of_device) in seen {
        for (target, seen) in watched.iter().zip(of_device) {
            if met.contains(&(device.as_str(), target.kind, target.name.as_str())) {
                continue;
            }
            let during = target.during.map(|(from, to)| (Moment::new(from, zone), Moment::new(to, zone)));
            let nearest = seen.nearest.map(|(distance_m, fix, file)| {
                let (exhibit, file): (Arc<str>, Arc<str>) = (fix.exhibit.as_str().into(), file.as_str().into());
                Nearest { distance_m, record: Record::of_fix(&fix, &exhibit, &file) }
            });
            lines.push(NotNear::new(&device, (target.kind, &target.name), during, seen.fixes, nearest));
        }
    }
    Ok(lines)
}

fn watched(stated: &Stated, params: &ProximityParams) -> Watched {
    match stated {
        Stated::Place(p) => Watched {
            kind: TargetKind::Place,
            name: p.name.clone(),
            during: None,
            lat_deg: p.lat_deg,
            lon_deg: p.lon_deg,
        },
        Stated::Incident(read) => {
            let i = &read.incident;
            Watched {
                kind: TargetKind::Incident,
                name: i.reference.clone(),
                during: Some((i.t0_us.saturating_sub(params.window_us), i.t1_us.saturating_add(params.window_us))),
                lat_deg: i.lat_deg,
                lon_deg: i.lon_deg,
            }
        }
    }
}

fn look(
    view: &FixView<'_>,
    watched: &[Watched],
    met: &BTreeSet<(&str, TargetKind, &str)>,
    seen: &mut BTreeMap<String, Vec<Seen>>,
) {
    let comparator = Comparator::new(Metric::Geodesic);
    for row in 0..view.len() {
        let device = view.device.word(row);
        if !seen.contains_key(device) {
            seen.insert(device.to_owned(), watched.iter().map(|_| Seen::default()).collect());
        }
        let Some(of_device) = seen.get_mut(device) else { continue };
        for (target, seen) in watched.iter().zip(of_device) {
            let outside = |(from, to): (i64, i64)| view.t1_us[row] < from || view.t0_us[row] > to;
            if target.during.is_some_and(outside) || met.contains(&(device, target.kind, target.name.as_str())) {
                continue;
            }
            seen.fixes += 1;
            let (lat, lon) = (view.lat_deg[row], view.lon_deg[row]);
            if let Some((best_m, ..)) = &seen.nearest {
                // Most records are certainly no nearer than the best so far.
                let anchor = comparator.anchor(target.lat_deg, target.lon_deg);
                let judged = comparator.judge(&anchor, lat, lon, lat.to_radians().cos(), Threshold::new(*best_m));
                if judged == Verdict::Beyond {
                    continue;
                }
            }
            let d = distance_m(lat, lon, target.lat_deg, target.lon_deg);
            let better = seen.nearest.as_ref().is_none_or(|(best_m, fix, _)| {
                // Ties go to the earlier record, so that the order of files does not show.
                d < *best_m || (d == *best_m && view.t0_us[row] < fix.t0_us)
            });
            if better {
                seen.nearest = Some((d, view.fix(row), view.file.word(row).to_owned()));
            }
        }
    }
}
