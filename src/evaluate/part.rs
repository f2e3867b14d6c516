//! The parts in which findings are found: each reads the records of some devices and of no other.
//!
//! ```text
//!  incident, strength that is kept                        visit, strength   a suspect's device (and all of the victim's)
//!               an incident × a suspect's device
//!  meeting, following, coincidence                        attribution       two of the suspect's devices
//!               a suspect's device × a victim's           quality           a device; what was set aside
//!  pattern      everything
//! ```
//! Invariant: the findings of a topic are those of its parts, one after the other. So what is kept of a part is right for
//! as long as none of its devices has changed.

use super::coincidence::CoincidenceParams;
use super::following::FollowingParams;
use super::memory::Memory;
use super::visit::VisitParams;
use super::{
    Allegation, Case, Device, Finding, Settings, Topic, Whose, all, attribution, coincidence, following, incident,
    meeting, quality, strength, visit,
};

/// A part of a topic.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    /// One incident, by its number in the case, and one of the suspect's devices.
    Incident(usize, &'a Allegation, &'a Device),
    /// One of the suspect's devices and one of the victim's.
    Pair(Topic, &'a Device, &'a Device),
    /// The strength of what one of the suspect's devices shows of one incident.
    Strength(usize, &'a Allegation, &'a Device),
    /// Two of the suspect's devices.
    Own(&'a Device, &'a Device),
    /// One of the suspect's devices: its visits, the strength of what it shows.
    Suspect(Topic, &'a Device),
    /// The quality of one device.
    Quality(Whose, &'a Device),
    /// What was set aside.
    Authority,
    /// The patterns of the whole case.
    Pattern,
}

/// The parts of a topic, in the order of its findings; none of [`Topic::Scenes`], for which a case is not enough. Strength is found
/// incident by incident if the parts are kept: by itself each would read the whole device.
pub(super) fn parts(topic: Topic, case: &Case, kept: bool) -> Vec<Part<'_>> {
    let suspects = || case.suspects.iter();
    let incidents = || case.incidents.iter().enumerate();
    match topic {
        Topic::Incident => {
            let of_one = |(at, about)| suspects().map(move |device| Part::Incident(at, about, device));
            incidents().flat_map(of_one).collect()
        }
        Topic::Strength if kept => {
            let of_one = |device| incidents().map(move |(at, about)| Part::Strength(at, about, device));
            suspects().flat_map(of_one).collect()
        }
        Topic::Meeting | Topic::Following | Topic::Coincidence => {
            suspects().flat_map(|a| case.victims.iter().map(move |b| Part::Pair(topic, a, b))).collect()
        }
        Topic::Visit | Topic::Strength => suspects().map(|device| Part::Suspect(topic, device)).collect(),
        Topic::Attribution => {
            let with_later = |(at, a)| suspects().skip(at + 1).map(move |b| Part::Own(a, b));
            suspects().enumerate().flat_map(with_later).collect()
        }
        Topic::Scenes => Vec::new(),
        Topic::Quality => {
            let his = suspects().map(|device| Part::Quality(Whose::Suspect, device));
            let hers = case.victims.iter().map(|device| Part::Quality(Whose::Victim, device));
            his.chain(hers).chain([Part::Authority]).collect()
        }
        Topic::Pattern => vec![Part::Pattern],
    }
}

impl Part<'_> {
    /// The findings of a part of a case; what is remembered of its devices is not found again.
    pub(super) fn findings(self, case: &Case, settings: &Settings, memory: &mut Memory) -> Vec<Finding> {
        let Settings { zone, reach, .. } = settings;
        match self {
            Self::Incident(_, about, device) => vec![incident::device_finding(case, about, device, reach)],
            Self::Pair(Topic::Meeting, a, b) => {
                let records = (memory.chunked(Whose::Suspect, a), memory.chunked(Whose::Victim, b));
                let chunks = (memory.reached(Whose::Suspect, a), memory.reached(Whose::Victim, b));
                let (of_a, of_b) = ((a, &records.0, &*chunks.0), (b, &records.1, &*chunks.1));
                meeting::changed_findings(case, of_a, of_b, reach, memory.meetings(a, b))
            }
            Self::Pair(Topic::Following, a, b) => {
                let params = FollowingParams { zone: zone.clone(), ..FollowingParams::default() };
                let records = (memory.chunked(Whose::Suspect, a), memory.chunked(Whose::Victim, b));
                let (of_a, of_b) = ((a, &records.0), (b, &records.1));
                vec![following::changed_finding(case, of_a, of_b, &params, memory.followings())]
            }
            Self::Pair(_, a, b) => {
                let records = (memory.chunked(Whose::Suspect, a), memory.chunked(Whose::Victim, b));
                let (passes, how) = (memory.coincidences(a, b), CoincidenceParams::default());
                vec![coincidence::changed_finding(case, (a, &records.0), (b, &records.1), (zone, &how), passes)]
            }
            Self::Strength(_, about, device) => {
                let records = memory.chunked(Whose::Suspect, device);
                let chunks = memory.reached(Whose::Suspect, device);
                let (device, passes) = ((device, &records, &*chunks), memory.strengths(device));
                strength::changed_findings(case, device, about, &all::weighing(settings), passes)
            }
            Self::Own(a, b) => {
                let params = attribution::AttributionParams::default();
                let records = (memory.chunked(Whose::Suspect, a), memory.chunked(Whose::Suspect, b));
                let (of_a, of_b, passes) = ((a, &records.0), (b, &records.1), memory.attributions(a, b));
                vec![attribution::changed_finding(of_a, of_b, zone, &params, &case.exhibits, passes)]
            }
            Self::Suspect(Topic::Visit, device) => {
                let suspect = &memory.chunked(Whose::Suspect, device);
                let victims = memory.all_chunked(Whose::Victim, &case.victims);
                let (name, places) = (&*device.name, &*case.places);
                let asked = visit::Asked { name, suspect, victims: &victims, places };
                let params = VisitParams::of(&case.params, zone.clone());
                visit::changed_findings(case, device, &asked, &params, memory.visits())
            }
            Self::Suspect(_, device) => strength::device_findings(case, device, &all::weighing(settings)),
            Self::Quality(whose, device) => {
                let records = memory.chunked(whose, device);
                let passes = memory.quality(whose, device);
                quality::changed_findings(case, (device, &records), &settings.quality, reach, passes)
            }
            Self::Authority => quality::authority_findings(case),
            Self::Pattern => all::patterns(case, &all::appearances(case, settings, memory), settings, memory),
        }
    }
}
