//! A case that grows, with what was found of it: only what has changed is found again.
//!
//! ```text
//!  one more record ─┐                                  ┌─> forgotten: parts that read a device which has changed
//!  the case anew ───┴─> which devices have changed ────┤   (of incidents only those that a changed record bears on)
//!                       which chunks of their records  └─> kept: all others          findings ─> both, in order
//! ```
//! A part that was forgotten is found again with what is remembered of the chunks that have not changed
//! ([`memory`](super::memory)).
//!
//! Invariant: the findings are those of [`findings_of`](super::findings_of) of the same case, whatever was changed and asked
//! before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::all::weighing;
use super::chunks::CHUNK_RECORDS;
use super::exhibits::Renumbered;
use super::memory::Memory;
use super::part::{Part, parts};
use super::{Case, Device, Finding, Record, Settings, Topic, incident, strength};

/// So many records are put in their places one by one; with more, the case is compared with what it was.
const ONE_BY_ONE: usize = 64;

/// Whose a device is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The suspect's.
    Suspect,
    /// The victim's.
    Victim,
}

/// The name of a part: its topic, its devices, and the number of its incident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    topic: Topic,
    devices: Vec<(Whose, String)>,
    incident: Option<usize>,
}

impl Key {
    /// `None` if the part is as soon found as looked up.
    fn of(part: Part<'_>) -> Option<Self> {
        use Whose::{Suspect, Victim};
        let (topic, devices, incident) = match part {
            Part::Incident(at, _, device) => (Topic::Incident, vec![(Suspect, device)], Some(at)),
            Part::Pair(topic, a, b) => (topic, vec![(Suspect, a), (Victim, b)], None),
            Part::Strength(at, _, device) => (Topic::Strength, vec![(Suspect, device)], Some(at)),
            Part::Own(a, b) => (Topic::Attribution, vec![(Suspect, a), (Suspect, b)], None),
            Part::Suspect(topic, device) => (topic, vec![(Suspect, device)], None),
            Part::Quality(whose, device) => (Topic::Quality, vec![(whose, device)], None),
            Part::Pattern => (Topic::Pattern, Vec::new(), None),
            Part::Authority => return None,
        };
        let devices = devices.into_iter().map(|(whose, device)| (whose, device.name.clone())).collect();
        Some(Self { topic, devices, incident })
    }

    fn reads(&self, whose: Whose, name: &str) -> bool {
        let of_visits = self.topic == Topic::Visit && whose == Whose::Victim;
        of_visits || self.topic == Topic::Pattern || self.devices.iter().any(|(w, n)| *w == whose && n == name)
    }
}

/// A case with what was found of it.
#[derive(Debug)]
pub struct Kept {
    case: Case,
    settings: Arc<Settings>,
    found: BTreeMap<Key, Vec<Finding>>,
    memory: Memory,
}

impl Kept {
    /// A case of which nothing was found yet. No two devices of one side may have the same name.
    #[must_use]
    pub fn new(case: Case, settings: Arc<Settings>) -> Self {
        Self::in_chunks(case, settings, CHUNK_RECORDS)
    }

    /// As [`Self::new`], remembering records in chunks of so many.
    fn in_chunks(case: Case, settings: Arc<Settings>, records: usize) -> Self {
        let memory = Memory::of(&case, records);
        Self { case, settings, found: BTreeMap::new(), memory }
    }

    /// The case as it stands.
    #[must_use]
    pub const fn case(&self) -> &Case {
        &self.case
    }

    /// How many records the case has.
    #[must_use]
    pub fn records(&self) -> usize {
        self.case.suspects.iter().chain(&self.case.victims).map(|device| device.records().len()).sum()
    }

    /// The findings of a topic: those of its parts that were kept, and the others, which are kept from now on.
    pub fn findings(&mut self, topic: Topic) -> Vec<Finding> {
        let Self { case, settings, found, memory } = self;
        let mut all = Vec::new();
        for part in parts(topic, case, true) {
            let Some(key) = Key::of(part) else {
                all.extend(part.findings(case, settings, memory));
                continue;
            };
            all.extend(found.entry(key).or_insert_with(|| part.findings(case, settings, memory)).iter().cloned());
        }
        all
    }

    /// Adds a record to a device of the case; `false` if the case has no such device.
    pub fn put(&mut self, whose: Whose, device: &str, record: Record) -> bool {
        let Some(at) = devices_mut(&mut self.case, whose).iter_mut().find(|d| d.name == device) else { return false };
        let at = at.insert(record);
        self.memory.has_one_more(whose, device, at);
        self.forget(whose, device, &[record]);
        true
    }

    /// Adds the records of another case that says the same of everything else, and its exhibits; `false`, and nothing is added,
    /// if it has a device that this one has not.
    pub fn grow(&mut self, more: &Case) -> bool {
        let sides = [Whose::Suspect, Whose::Victim];
        let knows = |whose, new: &Device| devices(&self.case, whose).iter().any(|known| known.name == new.name);
        if !sides.iter().all(|whose| devices(more, *whose).iter().all(|new| knows(*whose, new))) {
            return false;
        }
        let many = sides.iter().flat_map(|whose| devices(more, *whose)).map(|new| new.records().len()).sum::<usize>();
        let exhibits = self.case.exhibits.with(&more.exhibits).filter(|_| many <= ONE_BY_ONE);
        let Some(exhibits) = exhibits else {
            self.replace(both(&self.case, more));
            return true;
        };
        let numbers = Renumbered::of(&more.exhibits, &exhibits);
        self.case.exhibits = exhibits;
        for whose in sides {
            for new in devices(more, whose) {
                for record in new.records().iter().filter_map(|record| with_number(record, &numbers)) {
                    self.put(whose, &new.name, record);
                }
            }
        }
        true
    }

    /// Takes the case as it is now in the place of the case as it was. Exhibits keep the numbers that they had, if there is room
    /// for those that are new between them.
    pub fn replace(&mut self, mut case: Case) {
        if let Some(exhibits) = case.exhibits.numbered_as(&self.case.exhibits) {
            case.renumber(exhibits);
        }
        let old = std::mem::replace(&mut self.case, case);
        self.memory.is_of(&old, &self.case);
        self.forget_of_statements(&old);
        let numbers = Renumbered::of(&old.exhibits, &self.case.exhibits);
        for whose in [Whose::Suspect, Whose::Victim] {
            let changed = changed(devices(&old, whose), devices(&self.case, whose), &numbers);
            for (name, records) in changed {
                self.forget(whose, &name, &records);
            }
        }
    }

    /// Forgets what reads a device, of what is about one incident only that which one of the changed records bears on.
    fn forget(&mut self, whose: Whose, device: &str, changed: &[Record]) {
        let Self { case, settings, found, memory } = self;
        let (weighing, window_us) = (weighing(settings), case.params.window_us);
        let of_device = devices(case, whose).iter().find(|known| known.name == device);
        let chunks = of_device.filter(|_| weighing.validation.is_some()).map(|device| memory.as_known(whose, device));
        let chunks = chunks.unwrap_or_default();
        let bear = |topic, incident: usize| {
            case.incidents.get(incident).is_none_or(|about| match topic {
                Topic::Strength => strength::bear_on(changed, (about, window_us), &chunks, &weighing),
                _ => changed.iter().any(|record| incident::bears_on(record, about, &case.params, &settings.reach)),
            })
        };
        found.retain(|key, _| !key.reads(whose, device) || key.incident.is_some_and(|at| !bear(key.topic, at)));
    }

    /// Forgets what hangs on what people said, where they say something else now.
    fn forget_of_statements(&mut self, old: &Case) {
        let (new, found) = (&self.case, &mut self.found);
        if old.params != new.params {
            found.clear();
        }
        let incidents = [Topic::Incident, Topic::Meeting, Topic::Strength, Topic::Pattern];
        let pairs = |case: &Case| case.suspects.len() * case.victims.len();
        let names = |case: &Case| {
            let of = |devices: &[Device]| devices.iter().map(|d| d.name.clone()).collect::<Vec<_>>();
            (of(&case.suspects), of(&case.victims))
        };
        let stale: [(bool, &[Topic]); 4] = [
            (old.incidents != new.incidents, &incidents),
            (old.places != new.places, &[Topic::Visit, Topic::Pattern]),
            (pairs(old) != pairs(new), &[Topic::Coincidence]),
            (names(old) != names(new), &[Topic::Visit, Topic::Pattern]),
        ];
        for (_, topics) in stale.iter().filter(|(is, _)| *is) {
            found.retain(|key, _| !topics.contains(&key.topic));
        }
    }
}

const fn devices(case: &Case, whose: Whose) -> &Vec<Device> {
    match whose {
        Whose::Suspect => &case.suspects,
        Whose::Victim => &case.victims,
    }
}

const fn devices_mut(case: &mut Case, whose: Whose) -> &mut Vec<Device> {
    match whose {
        Whose::Suspect => &mut case.suspects,
        Whose::Victim => &mut case.victims,
    }
}

/// A case with the exhibits of another, and with its records of the devices that both have.
fn both(case: &Case, more: &Case) -> Case {
    let mut both = case.clone();
    both.renumber(case.exhibits.or_spread_with(&more.exhibits));
    let numbers = Renumbered::of(&more.exhibits, &both.exhibits);
    for whose in [Whose::Suspect, Whose::Victim] {
        for device in devices_mut(&mut both, whose) {
            let new = devices(more, whose).iter().filter(|new| new.name == device.name).flat_map(Device::records);
            let new: Vec<Record> = new.filter_map(|record| with_number(record, &numbers)).collect();
            if !new.is_empty() {
                let records = [device.records(), &new].concat();
                *device = Device::new(device.name.clone(), device.subject.clone(), records);
            }
        }
    }
    both
}

/// The devices that are otherwise now, with the records that only one of the two cases has.
fn changed(old: &[Device], new: &[Device], numbers: &Renumbered) -> Vec<(String, Vec<Record>)> {
    let find = |devices: &'_ [Device], name: &str| devices.iter().position(|d| d.name == name);
    let mut all = Vec::new();
    for device in new {
        let before = find(old, &device.name).and_then(|at| old.get(at));
        let records = differing(before.map_or(&[], Device::records), device.records(), numbers);
        if !records.is_empty() || before.is_some_and(|d| d.subject != device.subject) {
            all.push((device.name.clone(), records));
        }
    }
    let gone = old.iter().filter(|device| find(new, &device.name).is_none());
    all.extend(gone.map(|device| (device.name.clone(), device.records().to_vec())));
    all
}

/// The records that only one of two devices has; `numbers` are those that the first one's exhibits have in the second.
///
/// Both in the order of content. Records whose order is not the same in both may be given though both have them; one that
/// only one of them has is always given.
fn differing(old: &[Record], new: &[Record], numbers: &Renumbered) -> Vec<Record> {
    let mut differ = Vec::new();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let (before, now) = match (old.peek(), new.peek()) {
            (Some(before), Some(now)) => (with_number(before, numbers), **now),
            (Some(_), None) => {
                differ.extend(old);
                return differ;
            }
            (None, _) => {
                differ.extend(new);
                return differ;
            }
        };
        let order = before.map_or(std::cmp::Ordering::Less, |before| before.order(&now));
        if before == Some(now) {
            old.next();
            new.next();
        } else if order.is_le() {
            differ.extend(old.next());
        } else {
            differ.extend(new.next());
        }
    }
}

/// A record as the new case numbers its exhibit; `None` if the new case has none of that exhibit.
fn with_number(record: &Record, numbers: &Renumbered) -> Option<Record> {
    let mut record = *record;
    record.renumber(numbers).then_some(record)
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod kept_tests;
