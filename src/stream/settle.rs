//! From what a step has found of a case to what is said: what is dirty is folded and compared with what was said before.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::group::GroupKey;
use super::input::{EncounterOut, ProximityOut};
use super::said::{EncounterSaid, ProximitySaid, revisions};
use super::{StreamError, derive};
use crate::encounter::ContentId;
use crate::model::ProximityParams;

/// The work of one step on one case.
#[derive(Debug, Default)]
pub struct Work {
    /// What is compared with what has changed: everything is found again.
    pub again: bool,
    /// Why, in words.
    pub why: BTreeSet<String>,
    /// Numbers of new records.
    pub new: Vec<u32>,
}

/// What was said of a case before everything is found again.
#[derive(Debug, Default)]
pub struct Before {
    proximities: BTreeMap<ContentId, ProximitySaid>,
    encounters: Vec<EncounterSaid>,
}

impl Before {
    /// Takes what was found of a case away, to be compared with what is found next.
    pub fn take(case: &mut Case, params: &ProximityParams) -> Self {
        let groups = std::mem::take(&mut case.groups);
        let proximities = groups
            .contacts()
            .filter_map(|(key, c)| derive::proximity(case, c, key.kind, params))
            .map(|p| (p.id, p))
            .collect();
        Self { proximities, encounters: groups.encounters().cloned().collect() }
    }
}

/// Statements about proximities and about encounters.
type Out = (Vec<ProximityOut>, Vec<EncounterOut>);

/// Folds what is dirty, and compares it with what was said.
///
/// # Errors
/// [`StreamError::Fold`] on a defect.
pub fn settle(
    case: &mut Case,
    work: &Work,
    before: Option<Before>,
    params: &ProximityParams,
    out: &mut Out,
) -> Result<(), StreamError> {
    touch(case, &work.new, params);
    let why = work.why.iter().cloned().collect::<Vec<_>>().join("; ");
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (key, start_us) in case.groups.take_dirty() {
        old.extend(case.groups.take_said(&key, start_us));
        new.extend(fold_chain(case, &key, start_us, params)?);
    }
    if let Some(before) = before {
        old = before.encounters;
        settle_proximities(case, before.proximities, &why, &mut out.0);
    }
    let case_id = &case.id;
    out.1.extend(revisions(old, &new).into_iter().map(|said| EncounterOut {
        case_id: case_id.clone(),
        said,
        why: why.clone(),
    }));
    Ok(())
}

fn fold_chain(
    case: &mut Case,
    key: &GroupKey,
    start_us: i64,
    params: &ProximityParams,
) -> Result<Vec<EncounterSaid>, StreamError> {
    let members = case.groups.get(key).and_then(|g| g.chains.get(start_us)).map(|c| c.members.clone());
    let Some(members) = members else { return Ok(Vec::new()) };
    let said = derive::encounters(case, key, &members, params)?;
    for open in said.iter().filter(|e| !e.closed) {
        case.groups.keep_open(*key, start_us, open.exit_us.saturating_add(params.gap_us));
    }
    case.groups.say(*key, start_us, said.clone());
    Ok(said)
}

/// New records may move a closest approach, and close what their device has left behind.
fn touch(case: &mut Case, new: &[u32], params: &ProximityParams) {
    let mut devices = BTreeSet::new();
    for &number in new {
        let Some(record) = case.records.get(number as usize) else { continue };
        devices.insert(record.device);
        let around = params.max_interpolation_us;
        let (from, to) = (record.t0_us.saturating_sub(around), record.t1_us.saturating_add(around));
        if case.groups.reach(from, to) {
            let name = case.devices.names.get(record.device as usize);
            let owner = name.and_then(|name| case.owners.known(name));
            case.groups.touch(record.device, owner, from, to);
        }
    }
    for device in devices {
        if let Some(latest_us) = case.latest_us(device) {
            case.groups.gone_on(device, latest_us);
        }
    }
}

/// After everything was found again: what was said before and does not hold is withdrawn; what is the same is not said.
fn settle_proximities(
    case: &Case,
    mut before: BTreeMap<ContentId, ProximitySaid>,
    why: &str,
    said: &mut Vec<ProximityOut>,
) {
    said.retain_mut(|out| {
        if out.case_id != case.id {
            return true;
        }
        why.clone_into(&mut out.why);
        before.remove(&out.said.id).is_none_or(|old| old != out.said)
    });
    said.extend(before.into_values().map(|said| ProximityOut {
        case_id: case.id.clone(),
        said,
        withdrawn: true,
        why: why.to_owned(),
    }));
}
