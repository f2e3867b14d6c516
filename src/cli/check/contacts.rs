//! From pairs to encounters: the records behind the pairs, their distance and grade, the fold, and the report's rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decode::FixStore;
use crate::encounter::{Contact, End, FixPoint, FoldError, Origin, Tables, contact, fold};
use crate::model::{Encounter, Numbers, ProximityParams, SourceKind};
use crate::sink::report::{EncounterFound, Record, Support};
use crate::time::ZoneRule;

use super::CheckError;
use super::approach::approach;
use super::stored::{Names, Stored, stored};
use super::targets::{Stated, Targets};

/// The records of all pairs, each once, and the pairs by position among them.
pub(super) struct Matched<'a> {
    pub(super) targets: &'a Targets,
    /// Suspect fixes in contact, in the order of the store.
    fixes: Vec<Stored>,
    points: Vec<FixPoint>,
    pub(super) devices: Numbers,
    pub(super) exhibits: Vec<String>,
    /// Position among `fixes`, position among the targets; sorted.
    pairs: Vec<(u32, u32)>,
    /// The targets in contact, by position among the targets.
    met: BTreeMap<u32, Arc<Record>>,
}

/// The encounters, and the targets that each device was near, by their positions.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) encounters: Vec<EncounterFound>,
    pub(super) near: BTreeMap<String, BTreeSet<u32>>,
}

impl<'a> Matched<'a> {
    /// Reads the records of `pairs` (sorted by the suspect's fix) back from the stores.
    pub(super) fn gather(
        suspects: &FixStore,
        victims: &FixStore,
        targets: &'a Targets,
        pairs: &[(i64, u32)],
    ) -> Result<Self, CheckError> {
        let names = Names::default();
        let mut wanted: Vec<i64> = pairs.iter().map(|(fix, _)| *fix).collect();
        wanted.dedup();
        let mut matched = Self {
            targets,
            fixes: stored(suspects, &wanted, &names)?,
            points: Vec::new(),
            devices: Numbers::default(),
            exhibits: Vec::new(),
            pairs: Vec::with_capacity(pairs.len()),
            met: records_met(victims, targets, pairs, &names)?,
        };
        matched.number(pairs);
        Ok(matched)
    }

    fn number(&mut self, pairs: &[(i64, u32)]) {
        // The fold's tables share one list of exhibits: the targets' come first.
        let mut exhibits = Numbers::default();
        self.targets.exhibits.iter().for_each(|e| _ = exhibits.of(e));
        for Stored { record: r, .. } in &self.fixes {
            let (t0_us, t1_us) = r.time.map_or((0, 0), |t| (t.t0_us, t.t1_us));
            let exhibit = exhibits.of(r.exhibit.as_deref().unwrap_or_default());
            self.points.push(FixPoint {
                device: self.devices.of(&r.name),
                t0_us,
                t1_us,
                lat_deg: r.lat_deg,
                lon_deg: r.lon_deg,
                source: r.source.unwrap_or(SourceKind::Unknown),
                origin: Origin { exhibit, row: r.row.unwrap_or_default() },
            });
        }
        self.exhibits = exhibits.names;
        for (number, of_fix) in (0u32..).zip(pairs.chunk_by(|a, b| a.0 == b.0)) {
            self.pairs.extend(of_fix.iter().map(|(_, target)| (number, *target)));
        }
    }

    pub(super) fn contact_count(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// The distance, grade and probability of a pair; `None` if it is neither near nor within the exit radius, by less
    /// than the micrometre that the join allows for rounding.
    fn contact(&self, (fix, target): (u32, u32), params: &ProximityParams) -> Option<Contact> {
        let at = |i: u32| usize::try_from(i).ok();
        let Stored { record: f, confidence } = self.fixes.get(at(fix)?)?;
        let f = End::of_fix(f.lat_deg, f.lon_deg, f.uncertainty_m, *confidence);
        contact((fix, &f), (target, self.targets.ends.get(at(target)?)?), params)
    }

    /// The encounters, as the report gives them.
    pub(super) fn encounters(
        &self,
        suspects: &FixStore,
        params: &ProximityParams,
        zone: &ZoneRule,
    ) -> Result<Found, CheckError> {
        let contacts: Vec<Contact> = self.pairs.iter().filter_map(|pair| self.contact(*pair, params)).collect();
        let tables = Tables {
            devices: &self.devices.names,
            owners: &self.targets.owners,
            exhibits: &self.exhibits,
            fixes: &self.points,
            targets: &self.targets.points,
        };
        let mut encounters = fold(&contacts, &tables, params)?;
        approach(self, &mut encounters, suspects, params)?;
        let found: Result<_, FoldError> = encounters.iter().map(|e| self.found(e, &contacts, zone)).collect();
        Ok(Found { encounters: found?, near: self.near(&contacts) })
    }

    fn found(&self, e: &Encounter, contacts: &[Contact], zone: &ZoneRule) -> Result<EncounterFound, FoldError> {
        let support = |pair: &(u32, u32)| {
            // Contacts are in the order of the pairs, which are sorted.
            let known = contacts.binary_search_by_key(pair, |c| (c.fix, c.target)).ok();
            let support = known.and_then(|at| contacts.get(at)).and_then(|c| self.support(c));
            support.ok_or(FoldError { what: "proximity of fix", index: pair.0, len: contacts.len() })
        };
        let rows: Result<Vec<Support>, FoldError> = e.proximities.iter().map(support).collect();
        Ok(EncounterFound::new(e, support(&e.min_pair)?, rows?, zone))
    }

    fn support(&self, c: &Contact) -> Option<Support> {
        let suspect = Arc::clone(&self.fixes.get(usize::try_from(c.fix).ok()?)?.record);
        let target = Arc::clone(self.met.get(&c.target)?);
        Some(Support { suspect, target, distance_m: c.distance_m, grade: c.grade?, p_within: c.p_within })
    }

    /// Which targets each device was near.
    fn near(&self, contacts: &[Contact]) -> BTreeMap<String, BTreeSet<u32>> {
        let mut near: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for c in contacts.iter().filter(|c| c.grade.is_some() && self.targets.stated(c.target).is_some()) {
            let Some(fix) = usize::try_from(c.fix).ok().and_then(|at| self.fixes.get(at)) else { continue };
            match near.get_mut(&fix.record.name) {
                Some(targets) => _ = targets.insert(c.target),
                None => _ = near.insert(fix.record.name.clone(), BTreeSet::from([c.target])),
            }
        }
        near
    }
}

/// The records of the targets in the pairs: victim fixes from their store, places and incidents as stated.
fn records_met(
    victims: &FixStore,
    targets: &Targets,
    pairs: &[(i64, u32)],
    names: &Names,
) -> Result<BTreeMap<u32, Arc<Record>>, CheckError> {
    let met: BTreeSet<u32> = pairs.iter().map(|(_, target)| *target).collect();
    let (stated, of_victims): (Vec<u32>, Vec<u32>) = met.into_iter().partition(|t| targets.stated(*t).is_some());
    let wanted: Vec<i64> = of_victims.iter().map(|t| i64::from(*t)).collect();
    let fixes = stored(victims, &wanted, names)?.into_iter().map(|s| s.record);
    let mut records: BTreeMap<u32, Arc<Record>> = of_victims.into_iter().zip(fixes).collect();
    records.extend(stated.into_iter().filter_map(|t| targets.stated(t).map(|s| (t, Arc::new(record(s, names))))));
    Ok(records)
}

fn record(stated: &Stated, names: &Names) -> Record {
    match stated {
        Stated::Place(place) => Record::of_place(place),
        Stated::Incident(read) => {
            Record::of_incident(&read.incident, &names.of(&read.incident.exhibit), &names.of(&read.file))
        }
    }
}
