//! From a chain of contacts to what is said of it: the fold, the closest approach, the names.

use std::collections::BTreeMap;

use super::case::Case;
use super::group::GroupKey;
use super::record::Record;
use super::said::{EncounterSaid, ProximitySaid};
use crate::encounter::{
    Contact, FixPoint, FoldError, Tables, TargetPoint, anchor_id, fold, measure_approach, proximity_id,
};
use crate::index::distance_m;
use crate::model::{Encounter, ProximityParams, TargetKind};

/// A chain's rows as the fold takes them: its own, numbered from 0.
struct Small {
    contacts: Vec<Contact>,
    fixes: Vec<FixPoint>,
    targets: Vec<TargetPoint>,
    /// Numbers in the case, in step with `fixes` and `targets`.
    fix_numbers: Vec<u32>,
    target_numbers: Vec<u32>,
}

impl Small {
    fn of(case: &mut Case, contacts: &[Contact]) -> Self {
        let mut small = Self {
            contacts: Vec::with_capacity(contacts.len()),
            fixes: Vec::new(),
            targets: Vec::new(),
            fix_numbers: Vec::new(),
            target_numbers: Vec::new(),
        };
        let (mut fixes, mut targets) = (BTreeMap::new(), BTreeMap::new());
        for c in contacts {
            let Some(record) = case.records.get(c.fix as usize).copied() else { continue };
            let Some(point) = case.target(c.target) else { continue };
            let fix = *fixes.entry(c.fix).or_insert_with(|| {
                small.fixes.push(record.point());
                small.fix_numbers.push(c.fix);
                count(&small.fixes)
            });
            let target = *targets.entry(c.target).or_insert_with(|| {
                small.targets.push(point);
                small.target_numbers.push(c.target);
                count(&small.targets)
            });
            small.contacts.push(Contact { fix, target, ..*c });
        }
        small
    }

    fn tables<'a>(&'a self, case: &'a Case) -> Tables<'a> {
        tables(case, &self.fixes, &self.targets)
    }

    fn number(&self, (fix, target): (u32, u32)) -> Option<(u32, u32)> {
        Some((*self.fix_numbers.get(fix as usize)?, *self.target_numbers.get(target as usize)?))
    }
}

/// The position of the last element.
fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX) - 1
}

fn tables<'a>(case: &'a Case, fixes: &'a [FixPoint], targets: &'a [TargetPoint]) -> Tables<'a> {
    Tables { devices: &case.devices.names, owners: &case.owners.names, exhibits: &case.exhibits.names, fixes, targets }
}

/// What is to be said of one chain of a group.
///
/// # Errors
/// [`FoldError`] if the case's tables do not belong together, which is a defect.
pub fn encounters(
    case: &mut Case,
    key: &GroupKey,
    contacts: &[Contact],
    params: &ProximityParams,
) -> Result<Vec<EncounterSaid>, FoldError> {
    let small = Small::of(case, contacts);
    let mut found = fold(&small.contacts, &small.tables(case), params)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    approach(case, key, &mut found, params)?;
    let latest_us = case.latest_us(key.device);
    Ok(found.into_iter().filter_map(|e| said(case, &small, e, latest_us, params)).collect())
}

fn said(
    case: &Case,
    small: &Small,
    e: Encounter,
    latest_us: Option<i64>,
    params: &ProximityParams,
) -> Option<EncounterSaid> {
    let (fix, target) = small.number(*e.proximities.first()?)?;
    let first = (case.records.get(fix as usize)?.id, case.target_name(target)?.1);
    let until_us = e.exit_us.saturating_add(params.gap_us);
    Some(EncounterSaid {
        id: anchor_id(&e.device, (e.target_kind, &e.target), first, params),
        content: e.id,
        device: e.device,
        target_kind: e.target_kind,
        target: e.target,
        enter_us: e.enter_us,
        exit_us: e.exit_us,
        grade: e.grade,
        p_within_max: e.p_within_max,
        p_within_mean: e.p_within_mean,
        min_distance_m: e.min_distance_m,
        closest_approach_m: e.closest_approach_m,
        closest_approach_us: e.closest_approach_us,
        suspect_fixes: e.suspect_fixes,
        target_fixes: e.target_fixes,
        sources: e.sources,
        single_fix: e.single_fix,
        proximities: u32::try_from(e.proximities.len()).unwrap_or(u32::MAX),
        closed: latest_us.is_some_and(|latest| latest > until_us),
    })
}

/// Adds the closest approach, on the tracks of all records about the encounters.
fn approach(
    case: &mut Case,
    key: &GroupKey,
    found: &mut [Encounter],
    params: &ProximityParams,
) -> Result<(), FoldError> {
    let from_us = found.iter().map(|e| e.enter_us).min().unwrap_or_default();
    let to_us = found.iter().map(|e| e.exit_us).max().unwrap_or_default();
    let around = params.max_interpolation_us;
    let (from_us, to_us) = (from_us.saturating_sub(around), to_us.saturating_add(around));
    let suspect = |case: &Case, r: &Record| case.part(r).suspect;
    let fixes: Vec<FixPoint> = about(case, key.device, from_us, to_us, suspect).iter().map(Record::point).collect();
    let targets = targets_about(case, key, from_us, to_us);
    measure_approach(found, &tables(case, &fixes, &targets), params, &distance_m)
}

/// A device's own positions about a time, in the part that it has in the case.
fn about(
    case: &mut Case,
    device: u32,
    from_us: i64,
    to_us: i64,
    takes_part: impl Fn(&Case, &Record) -> bool,
) -> Vec<Record> {
    let records = std::mem::take(&mut case.records);
    let found: Vec<Record> = match case.tracks.get_mut(device as usize) {
        Some(track) => track.about(&records, from_us, to_us).filter(|r| r.source.is_own_position()).copied().collect(),
        None => Vec::new(),
    };
    case.records = records;
    found.into_iter().filter(|r| takes_part(case, r)).collect()
}

fn targets_about(case: &mut Case, key: &GroupKey, from_us: i64, to_us: i64) -> Vec<TargetPoint> {
    if key.kind != TargetKind::VictimFix {
        let same = |p: &&TargetPoint| p.kind == key.kind && p.owner == key.owner;
        let points = case.holding().iter().filter_map(|n| case.stated.get(*n as usize)).map(|s| &s.point);
        return points.filter(same).filter(|p| p.t0_us <= to_us && p.t1_us >= from_us).copied().collect();
    }
    let name = case.owners.names.get(key.owner as usize).cloned().unwrap_or_default();
    let Some(device) = case.devices.known(&name) else { return Vec::new() };
    let victim = |case: &Case, r: &Record| case.part(r).victim;
    let point = |r: Record| TargetPoint {
        kind: TargetKind::VictimFix,
        owner: key.owner,
        t0_us: r.t0_us,
        t1_us: r.t1_us,
        lat_deg: r.lat_deg,
        lon_deg: r.lon_deg,
        source: Some(r.source),
        origin: Some(r.origin),
    };
    about(case, device, from_us, to_us, victim).into_iter().map(point).collect()
}

/// What is said of one contact that is a proximity.
#[must_use]
pub fn proximity(case: &Case, c: &Contact, kind: TargetKind, params: &ProximityParams) -> Option<ProximitySaid> {
    let record = case.records.get(c.fix as usize)?;
    let (target_id, target) = case.target_name(c.target)?;
    Some(ProximitySaid {
        id: proximity_id(record.id, target, params),
        fix: record.id,
        target_kind: kind,
        target_id,
        device: case.devices.names.get(record.device as usize)?.clone(),
        t0_us: record.t0_us,
        t1_us: record.t1_us,
        distance_m: c.distance_m,
        grade: c.grade?,
        p_within: c.p_within,
    })
}
