//! From pairs to encounters: the records behind the pairs, their distance and grade, the fold, and the report's rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decode::{FixStore, FixView};
use crate::encounter::{Contact, FixPoint, Origin, Tables, fold, measure_approach};
use crate::index::{distance_m, p_within, sigma_m};
use crate::model::{Encounter, Fix, Grade, ProximityParams, SourceKind};
use crate::sink::report::{EncounterFound, Record, Support};
use crate::time::ZoneRule;

use super::CheckError;
use super::targets::{Numbers, Stated, Targets};

/// The records of all pairs, each once, and the pairs by position among them.
pub(super) struct Matched<'a> {
    targets: &'a Targets,
    /// Suspect fixes in contact, in the order of the store.
    fixes: Vec<(Fix, Arc<str>)>,
    points: Vec<FixPoint>,
    devices: Numbers,
    exhibits: Vec<String>,
    /// Position among `fixes`, position among the targets.
    pairs: Vec<(u32, u32)>,
    /// The victim's fixes in contact, by position among the targets.
    victim_fixes: BTreeMap<u32, (Fix, Arc<str>)>,
}

impl<'a> Matched<'a> {
    /// Reads the records of `pairs` (sorted by the suspect's fix) back from the stores.
    pub(super) fn gather(
        suspects: &FixStore,
        victims: &FixStore,
        targets: &'a Targets,
        pairs: &[(i64, u32)],
    ) -> Result<Self, CheckError> {
        let wanted: Vec<i64> = pairs.iter().map(|(fix, _)| *fix).collect::<BTreeSet<_>>().into_iter().collect();
        let fixes = rows(suspects, &wanted)?;
        let of_victims: BTreeSet<i64> =
            pairs.iter().map(|(_, t)| *t).filter(|t| (*t as usize) < targets.victim_fixes).map(i64::from).collect();
        let of_victims: Vec<i64> = of_victims.into_iter().collect();
        let numbers = of_victims.iter().filter_map(|t| u32::try_from(*t).ok());
        let victim_fixes = numbers.zip(rows(victims, &of_victims)?).collect();
        let mut matched = Self {
            targets,
            fixes,
            points: Vec::new(),
            devices: Numbers::default(),
            exhibits: Vec::new(),
            pairs: Vec::with_capacity(pairs.len()),
            victim_fixes,
        };
        matched.number(pairs, &wanted);
        Ok(matched)
    }

    fn number(&mut self, pairs: &[(i64, u32)], wanted: &[i64]) {
        // The fold's tables share one list of exhibits: the targets' come first.
        let mut exhibits = Numbers::default();
        self.targets.exhibits.iter().for_each(|e| _ = exhibits.of(e));
        for (fix, _) in &self.fixes {
            self.points.push(FixPoint {
                device: self.devices.of(&fix.device),
                t0_us: fix.t0_us,
                t1_us: fix.t1_us,
                lat_deg: fix.lat_deg,
                lon_deg: fix.lon_deg,
                source: fix.source,
                origin: Origin { exhibit: exhibits.of(&fix.exhibit), row: fix.row },
            });
        }
        self.exhibits = exhibits.names;
        let (mut at, mut number) = (0usize, 0u32);
        for (ordinal, target) in pairs {
            while wanted.get(at).is_some_and(|w| w < ordinal) {
                at += 1;
                number += 1;
            }
            self.pairs.push((number, *target));
        }
    }

    pub(super) fn contact_count(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// The distance, grade and probability of a pair.
    fn contact(&self, (fix, target): (u32, u32), params: &ProximityParams) -> Contact {
        let (f, _) = &self.fixes[fix as usize];
        let (g, extent) = (&self.targets.points[target as usize], &self.targets.extents[target as usize]);
        let distance_m = distance_m(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg);
        let uncertainty_m = f.uncertainty_m.unwrap_or(0.0);
        let radius_m = params.radius_m + extent.reach_m;
        let sigma = sigma_m(uncertainty_m, f.confidence).hypot(extent.sigma_m);
        Contact {
            fix,
            target,
            distance_m,
            grade: Grade::of(distance_m, uncertainty_m + extent.uncertainty_m, radius_m),
            p_within: p_within(distance_m, sigma, radius_m),
        }
    }

    /// The encounters, as the report gives them.
    pub(super) fn encounters(
        &self,
        suspects: &FixStore,
        targets: &Targets,
        params: &ProximityParams,
        zone: &ZoneRule,
    ) -> Result<Vec<EncounterFound>, CheckError> {
        let held = params.exit_radius_m > params.radius_m;
        let contacts: Vec<Contact> =
            self.pairs.iter().map(|pair| self.contact(*pair, params)).filter(|c| c.grade.is_some() || held).collect();
        let tables = Tables {
            devices: &self.devices.names,
            owners: &targets.owners,
            exhibits: &self.exhibits,
            fixes: &self.points,
            targets: &targets.points,
        };
        let mut encounters = fold(&contacts, &tables, params)?;
        self.approach(&mut encounters, suspects, params)?;
        let by_pair: BTreeMap<(u32, u32), &Contact> = contacts.iter().map(|c| ((c.fix, c.target), c)).collect();
        let names = Names::default();
        let found = encounters.iter().map(|e| {
            let support = |pair: &(u32, u32)| by_pair.get(pair).and_then(|c| self.support(c, &names));
            let nearest = support(&e.min_pair)?;
            Some(EncounterFound::new(e, nearest, e.proximities.iter().filter_map(support).collect(), zone))
        });
        Ok(found.flatten().collect())
    }

    fn support(&self, c: &Contact, names: &Names) -> Option<Support> {
        let grade = c.grade?;
        let (fix, file) = &self.fixes[c.fix as usize];
        let target = match self.victim_fixes.get(&c.target) {
            Some((fix, file)) => Record::of_fix(fix, &names.of(&fix.exhibit), file),
            None => match self.targets.stated.get(c.target as usize - self.targets.victim_fixes)? {
                Stated::Place(place) => Record::of_place(place),
                Stated::Incident(read) => {
                    let incident = &read.incident;
                    Record::of_incident(incident, &names.of(&incident.exhibit), &names.of(&read.file))
                }
            },
        };
        let suspect = Record::of_fix(fix, &names.of(&fix.exhibit), file);
        Some(Support { suspect, target, distance_m: c.distance_m, grade, p_within: c.p_within })
    }

    /// Adds the closest approach, on the tracks of all fixes about each encounter that are positions of the device itself.
    fn approach(
        &self,
        encounters: &mut [Encounter],
        suspects: &FixStore,
        params: &ProximityParams,
    ) -> Result<(), CheckError> {
        let about = About::new(encounters, params);
        let mut fixes = Vec::new();
        for batch in suspects.batches()? {
            let batch = batch?;
            let view = FixView::new(&batch)?;
            for row in 0..view.len() {
                if let Some(device) = self.devices.known(view.device.word(row))
                    && about.covers(view.device.word(row), view.t0_us[row], view.t1_us[row])
                    && is_own_position(view.source_at(row))
                {
                    fixes.push(FixPoint {
                        device,
                        t0_us: view.t0_us[row],
                        t1_us: view.t1_us[row],
                        lat_deg: view.lat_deg[row],
                        lon_deg: view.lon_deg[row],
                        source: view.source_at(row),
                        origin: Origin { exhibit: 0, row: view.row_at(row) },
                    });
                }
            }
        }
        let own = |p: &&crate::encounter::TargetPoint| p.source.is_none_or(is_own_position);
        let points: Vec<_> = self.targets.points.iter().filter(own).copied().collect();
        let tables = Tables {
            devices: &self.devices.names,
            owners: &self.targets.owners,
            exhibits: &self.exhibits,
            fixes: &fixes,
            targets: &points,
        };
        measure_approach(encounters, &tables, params, &distance_m)?;
        Ok(())
    }
}

/// Whether a source gives the device's own position, which can be interpolated; masts and cameras stand still.
const fn is_own_position(source: SourceKind) -> bool {
    !matches!(source, SourceKind::Cell | SourceKind::Anpr | SourceKind::Beacon)
}

/// The rows at the given positions of a numbered store, in order; `wanted` is sorted.
fn rows(store: &FixStore, wanted: &[i64]) -> Result<Vec<(Fix, Arc<str>)>, CheckError> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().copied().peekable();
    let names = Names::default();
    if wanted.peek().is_none() {
        return Ok(found);
    }
    for batch in store.batches()? {
        let batch = batch?;
        let view = FixView::new(&batch)?;
        let Some(first) = view.ordinal.first() else { continue };
        while let Some(ordinal) = wanted.peek().copied() {
            let Some(row) = usize::try_from(ordinal - first).ok().filter(|row| *row < view.len()) else { break };
            found.push((view.fix(row), names.of(view.file.word(row))));
            wanted.next();
        }
    }
    Ok(found)
}

/// Names that many records share.
#[derive(Debug, Default)]
struct Names(std::cell::RefCell<BTreeSet<Arc<str>>>);

impl Names {
    fn of(&self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.borrow().get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.0.borrow_mut().insert(Arc::clone(&shared));
        shared
    }
}

/// The times about the encounters of each device, in which its track is needed.
struct About(BTreeMap<String, Vec<(i64, i64)>>);

impl About {
    fn new(encounters: &[Encounter], params: &ProximityParams) -> Self {
        let mut spans: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
        for e in encounters {
            let around = params.max_interpolation_us;
            let span = (e.enter_us.saturating_sub(around), e.exit_us.saturating_add(around));
            spans.entry(e.device.clone()).or_default().push(span);
        }
        for spans in spans.values_mut() {
            spans.sort_unstable();
            let mut merged: Vec<(i64, i64)> = Vec::new();
            for &(from, to) in spans.iter() {
                match merged.last_mut() {
                    Some(last) if from <= last.1 => last.1 = last.1.max(to),
                    _ => merged.push((from, to)),
                }
            }
            *spans = merged;
        }
        Self(spans)
    }

    fn covers(&self, device: &str, t0_us: i64, t1_us: i64) -> bool {
        let Some(spans) = self.0.get(device) else { return false };
        let after = spans.partition_point(|(_, to)| *to < t0_us);
        spans.get(after).is_some_and(|(from, _)| *from <= t1_us)
    }
}
