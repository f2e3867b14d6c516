//! The closest approach of each encounter, on the tracks of all records about it.

use std::collections::BTreeMap;

use crate::decode::{FixStore, FixView};
use crate::encounter::{FixPoint, Origin, Tables, TargetPoint, measure_approach};
use crate::index::distance_m;
use crate::model::{Encounter, ProximityParams, SourceKind};

use super::CheckError;
use super::contacts::Matched;

/// Adds the closest approach, on the tracks of all fixes about each encounter that are positions of the device itself.
pub(super) fn approach(
    matched: &Matched<'_>,
    encounters: &mut [Encounter],
    suspects: &FixStore,
    params: &ProximityParams,
) -> Result<(), CheckError> {
    if encounters.is_empty() {
        return Ok(());
    }
    let fixes = fixes_about(matched, encounters, suspects, params)?;
    let targets = targets_about(matched, encounters, params);
    let tables = Tables {
        devices: &matched.devices.names,
        owners: &matched.targets.owners,
        exhibits: &matched.exhibits,
        fixes: &fixes,
        targets: &targets,
    };
    Ok(measure_approach(encounters, &tables, params, &distance_m)?)
}

fn fixes_about(
    matched: &Matched<'_>,
    encounters: &[Encounter],
    suspects: &FixStore,
    params: &ProximityParams,
) -> Result<Vec<FixPoint>, CheckError> {
    let about = About::new(encounters.iter().map(|e| (e.device.as_str(), e)), params);
    let mut fixes = Vec::new();
    for batch in suspects.batches()? {
        let batch = batch?;
        let view = FixView::new(&batch)?;
        // Words are few and rows many: what a row's device and source mean is looked up once for each word.
        let devices: Vec<_> = view.device.words().iter().map(|w| device(matched, &about, w?)).collect();
        let sources: Vec<_> = view.source.words().iter().map(|w| own_source(w?)).collect();
        for row in 0..view.len() {
            let (Some(Some((number, spans))), Some(Some(source))) =
                (devices.get(view.device.key(row)), sources.get(view.source.key(row)))
            else {
                continue;
            };
            let (t0_us, t1_us) = (view.t0_us[row], view.t1_us[row]);
            if touches(spans, t0_us, t1_us) {
                let (lat_deg, lon_deg) = (view.lat_deg[row], view.lon_deg[row]);
                let origin = Origin { exhibit: 0, row: view.row_at(row) };
                fixes.push(FixPoint { device: *number, t0_us, t1_us, lat_deg, lon_deg, source: *source, origin });
            }
        }
    }
    Ok(fixes)
}

fn device<'a>(matched: &Matched<'_>, about: &'a About<'_>, name: &str) -> Option<(u32, &'a [Span])> {
    Some((matched.devices.known(name)?, about.spans(name)?))
}

fn own_source(word: &str) -> Option<SourceKind> {
    Some(SourceKind::parse(word).unwrap_or(SourceKind::Unknown)).filter(|source| source.is_own_position())
}

fn targets_about(matched: &Matched<'_>, encounters: &[Encounter], params: &ProximityParams) -> Vec<TargetPoint> {
    let about = About::new(encounters.iter().map(|e| (e.target.as_str(), e)), params);
    let owners: Vec<_> = matched.targets.owners.iter().map(|name| about.spans(name)).collect();
    let wanted = |p: &&TargetPoint| {
        let spans = usize::try_from(p.owner).ok().and_then(|at| owners.get(at)).copied().flatten();
        p.source.is_none_or(SourceKind::is_own_position) && spans.is_some_and(|spans| touches(spans, p.t0_us, p.t1_us))
    };
    matched.targets.points.iter().filter(wanted).copied().collect()
}

/// From and to, UTC microseconds.
type Span = (i64, i64);

/// The times about the encounters of each name in which its track is needed: from enter to exit, and as far as a
/// record may lie outside that is interpolated to.
struct About<'a>(BTreeMap<&'a str, Vec<Span>>);

impl<'a> About<'a> {
    fn new(encounters: impl Iterator<Item = (&'a str, &'a Encounter)>, params: &ProximityParams) -> Self {
        let around_us = params.max_interpolation_us;
        let mut spans: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
        for (name, e) in encounters {
            let span = (e.enter_us.saturating_sub(around_us), e.exit_us.saturating_add(around_us));
            spans.entry(name).or_default().push(span);
        }
        spans.values_mut().for_each(merge);
        Self(spans)
    }

    fn spans(&self, name: &str) -> Option<&[Span]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

/// Sorts spans and puts those together that share a moment.
fn merge(spans: &mut Vec<Span>) {
    spans.sort_unstable();
    spans.dedup_by(|later, earlier| {
        let shares = later.0 <= earlier.1;
        if shares {
            earlier.1 = earlier.1.max(later.1);
        }
        shares
    });
}

/// Whether an interval shares a moment with one of the merged spans.
fn touches(spans: &[Span], t0_us: i64, t1_us: i64) -> bool {
    let after = spans.partition_point(|(_, to)| *to < t0_us);
    spans.get(after).is_some_and(|(from, _)| *from <= t1_us)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merging_loses_and_adds_no_moment(
            raw in prop::collection::vec((0i64..60, 0i64..9), 0..12), t0 in 0i64..70, length in 0i64..5) {
            let raw: Vec<Span> = raw.into_iter().map(|(from, long)| (from, from + long)).collect();
            let mut merged = raw.clone();
            merge(&mut merged);
            let t1 = t0 + length;
            let expected = raw.iter().any(|(from, to)| *from <= t1 && *to >= t0);
            prop_assert_eq!(touches(&merged, t0, t1), expected, "{:?} {:?}", raw, merged);
            prop_assert!(merged.is_sorted_by(|a, b| a.1 < b.0));
        }
    }
}
