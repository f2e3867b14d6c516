//! What is remembered of a case between evaluations, besides its findings: chunks of records, and what was found of each.
//!
//! ```text
//!   device ──> chunks ──┬──> quality    passes of one device
//!                       ├──> latest     …
//!                       └──> …
//! ```
//! Nothing of it is ever wrong, only of no more use: a number names one content, and what was found names what it read
//! ([`passes`](super::passes)). So nothing has to be forgotten when a case changes, but for the sake of room.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chunks::{CHUNK_RECORDS, Chunked, Chunks, Numbers};
use super::extent::{Reached, Reaches, reached};
use super::passes::Passed;
use super::visit::observed::Stretches;
use super::{Case, Device, Record, Whose, attribution, coincidence, following, meeting, quality, strength, visit};

/// A device is cut in so many chunks, …
const MANY_CHUNKS: usize = 1_000;
/// … or fewer, with so many records at least.
const LEAST_RECORDS: usize = 16;

/// A device by its side and name.
type Name = (Whose, String);

/// What is remembered of a case.
#[derive(Debug)]
pub(super) struct Memory {
    numbers: Numbers,
    most: usize,
    chunks: BTreeMap<Name, Chunks>,
    quality: BTreeMap<Name, quality::Passes>,
    reaches: BTreeMap<Name, Passed<Reaches>>,
    meetings: BTreeMap<(String, String), meeting::Passes>,
    attributions: BTreeMap<(String, String), attribution::Passes>,
    coincidences: BTreeMap<(String, String), coincidence::Passes>,
    visits: visit::Passes,
    strengths: BTreeMap<String, strength::Passes>,
    observed: BTreeMap<Name, Passed<Stretches>>,
    followings: following::Passes,
}

impl Memory {
    /// Nothing is remembered, and of no device anything will be.
    pub(super) fn none() -> Self {
        Self::of(&Case::default(), CHUNK_RECORDS)
    }

    /// Nothing yet, of the devices of this case, in chunks of so many records.
    pub(super) fn of(case: &Case, most: usize) -> Self {
        let mut memory = Self {
            numbers: Numbers::default(),
            most,
            chunks: BTreeMap::new(),
            quality: BTreeMap::new(),
            reaches: BTreeMap::new(),
            meetings: BTreeMap::new(),
            attributions: BTreeMap::new(),
            coincidences: BTreeMap::new(),
            visits: visit::Passes::default(),
            strengths: BTreeMap::new(),
            observed: BTreeMap::new(),
            followings: following::Passes::default(),
        };
        for (whose, device) in devices(case) {
            let records = device.records().len();
            let chunks = memory.numbers.chunks(records, memory.most_of(records));
            memory.chunks.insert((whose, device.name.clone()), Arc::new(chunks));
        }
        memory
    }

    /// How many records a chunk of a device with so many has at most: of few records fewer, since they reach over as much
    /// time, and what is found of two devices reads the other's of that time.
    fn most_of(&self, records: usize) -> usize {
        (records / MANY_CHUNKS).max(LEAST_RECORDS).min(self.most)
    }

    /// A device's records in chunks; in new ones if nothing is to be remembered of it.
    pub(super) fn chunked<'a>(&mut self, whose: Whose, device: &'a Device) -> Chunked<'a> {
        let records = device.records();
        self.numbers.are_asked_about();
        let known = self.known(whose, device);
        Chunked::new(records, known.unwrap_or_else(|| Arc::new(self.numbers.chunks(records.len(), self.most))))
    }

    fn known(&self, whose: Whose, device: &Device) -> Option<Chunks> {
        let known = self.chunks.get(&(whose, device.name.clone()))?;
        let records = known.iter().map(|chunk| chunk.records).sum::<usize>();
        (records == device.records().len()).then(|| Arc::clone(known))
    }

    /// A device's chunks with their reach, which are not asked about by that; none if nothing is remembered of it.
    pub(super) fn as_known<'a>(&mut self, whose: Whose, device: &'a Device) -> Vec<Reached<'a>> {
        let Some(chunks) = self.known(whose, device) else { return Vec::new() };
        reached(&Chunked::new(device.records(), chunks), self.reaches(whose, device))
    }

    /// The records of devices of one side in chunks.
    pub(super) fn all_chunked<'a>(&mut self, whose: Whose, devices: &'a [Device]) -> Vec<Chunked<'a>> {
        devices.iter().map(|device| self.chunked(whose, device)).collect()
    }

    /// Whether anything is to be remembered.
    pub(super) fn keeps(&self) -> bool {
        !self.chunks.is_empty()
    }

    /// What is remembered of when one of the suspect's devices was observed.
    pub(super) fn observed(&mut self, device: &Device) -> &mut Passed<Stretches> {
        self.observed.entry((Whose::Suspect, device.name.clone())).or_default()
    }

    /// What is remembered of visits.
    pub(super) const fn visits(&mut self) -> &mut visit::Passes {
        &mut self.visits
    }

    /// What is remembered of where one of the suspect's devices is expected.
    pub(super) fn strengths(&mut self, device: &Device) -> &mut strength::Passes {
        self.strengths.entry(device.name.clone()).or_default()
    }

    /// What is remembered of a device's quality.
    pub(super) fn quality(&mut self, whose: Whose, device: &Device) -> &mut quality::Passes {
        self.quality.entry((whose, device.name.clone())).or_default()
    }

    /// What is remembered of when a device's chunks begin and end.
    pub(super) fn reaches(&mut self, whose: Whose, device: &Device) -> &mut Passed<Reaches> {
        self.reaches.entry((whose, device.name.clone())).or_default()
    }

    /// A device's chunks with their reach.
    pub(super) fn reached<'a>(&mut self, whose: Whose, device: &'a Device) -> Vec<Reached<'a>> {
        let records = self.chunked(whose, device);
        reached(&records, self.reaches(whose, device))
    }

    /// What is remembered of one of the suspect's devices and one of the victim's.
    pub(super) fn meetings(&mut self, a: &Device, b: &Device) -> &mut meeting::Passes {
        self.meetings.entry((a.name.clone(), b.name.clone())).or_default()
    }

    /// What is remembered of two of the suspect's devices.
    pub(super) fn attributions(&mut self, a: &Device, b: &Device) -> &mut attribution::Passes {
        self.attributions.entry((a.name.clone(), b.name.clone())).or_default()
    }

    /// What is remembered of how devices move and whose path they take.
    pub(super) const fn followings(&mut self) -> &mut following::Passes {
        &mut self.followings
    }

    /// What is remembered of how often these two are near each other by chance.
    pub(super) fn coincidences(&mut self, a: &Device, b: &Device) -> &mut coincidence::Passes {
        self.coincidences.entry((a.name.clone(), b.name.clone())).or_default()
    }

    /// A device has a record more, which stands at `at` now.
    pub(super) fn has_one_more(&mut self, whose: Whose, device: &str, at: usize) {
        let name = (whose, device.to_owned());
        let records = self.chunks.get(&name).map_or(0, |chunks| chunks.iter().map(|chunk| chunk.records).sum());
        let most = self.most_of(records);
        if let Some(chunks) = self.chunks.get_mut(&name) {
            self.numbers.with_one(Arc::make_mut(chunks), at, most);
        }
    }

    /// The case stands in the place of another: what has not changed of its devices keeps its numbers.
    pub(super) fn is_of(&mut self, old: &Case, new: &Case) {
        let mut before = std::mem::take(&mut self.chunks);
        for (whose, device) in devices(new) {
            let name = (whose, device.name.clone());
            let known = before.remove(&name).unwrap_or_default();
            let old = devices(old).find(|(w, d)| *w == whose && d.name == device.name);
            let old: &[Record] = old.map_or(&[], |(_, old)| old.records());
            let most = self.most_of(device.records().len());
            let chunks = self.numbers.of_changed((old, &known), device.records(), most);
            self.chunks.insert(name, Arc::new(chunks));
        }
        self.quality.retain(|name, _| self.chunks.contains_key(name));
        self.reaches.retain(|name, _| self.chunks.contains_key(name));
        let known = |whose, name: &String| self.chunks.contains_key(&(whose, name.clone()));
        self.meetings.retain(|(a, b), _| known(Whose::Suspect, a) && known(Whose::Victim, b));
        self.attributions.retain(|(a, b), _| known(Whose::Suspect, a) && known(Whose::Suspect, b));
        self.followings.keep(
            |name| self.chunks.contains_key(&(Whose::Suspect, name.to_owned())),
            |name| self.chunks.contains_key(&(Whose::Victim, name.to_owned())),
        );
        self.coincidences.retain(|(a, b), _| known(Whose::Suspect, a) && known(Whose::Victim, b));
        self.observed.retain(|name, _| self.chunks.contains_key(name));
        let is_his = |name: &str| new.suspects.iter().any(|device| device.name == name);
        self.visits.keep(is_his);
        self.strengths.retain(|name, _| is_his(name));
    }
}

fn devices(case: &Case) -> impl Iterator<Item = (Whose, &Device)> {
    let his = case.suspects.iter().map(|device| (Whose::Suspect, device));
    his.chain(case.victims.iter().map(|device| (Whose::Victim, device)))
}
