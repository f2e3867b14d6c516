//! What people say about a generated case: who owns what, where she lives, and the custody clock, as case events.

use crate::model::{Attribution, CaseChange, CaseEvent, CustodyChange, CustodyStep, Place, Role, StatedTarget};
use crate::simulate::noise::Noise;
use crate::time::US_PER_S;

use super::device::{Device, DeviceKind};

const MINUTE_US: i64 = 60 * US_PER_S;
const HOUR_US: i64 = 60 * MINUTE_US;

/// When a suspect's phone comes back after the arrest; the call data come two hours later.
pub(super) const DOWNLOAD_US: i64 = 3 * HOUR_US;
pub(super) const CALL_DATA_US: i64 = 5 * HOUR_US;

/// What the events of a case depend on.
pub(super) struct Facts<'a> {
    pub(super) case_id: &'a str,
    pub(super) start_us: i64,
    pub(super) end_us: i64,
    /// When the suspects are arrested, if they are.
    pub(super) arrest_us: Option<i64>,
    pub(super) devices: &'a [Device],
    /// The subject of each device.
    pub(super) subjects: &'a [String],
    pub(super) places: &'a [Place],
}

/// The events of a case, in the order of their delivery, each with its moment (UTC microseconds).
///
/// In a custody case the suspects' devices are attributed while the clock runs, some of them after their records came;
/// the last place is stated late too. One event in ten is delivered again.
pub(super) fn events(facts: &Facts<'_>, noise: &mut Noise) -> Vec<CaseEvent> {
    let mut saying = Saying { facts, noise, said: Vec::new() };
    let start_us = facts.start_us;
    saying.say(start_us, "the report was taken", CaseChange::Opened);
    saying.attributions();
    saying.places();
    saying.mistake();
    if let Some(arrest_us) = facts.arrest_us {
        let suspects = facts.devices.iter().zip(facts.subjects).filter(|(d, _)| d.role == Role::Suspect);
        let phones: Vec<&str> =
            suspects.filter(|(d, _)| d.kind == DeviceKind::Phone).map(|(_, subject)| subject.as_str()).collect();
        for subject in phones {
            saying.custody(subject, arrest_us);
        }
    } else if saying.chance(10) {
        let at_us = facts.end_us + HOUR_US;
        saying.say(at_us, "no further action", CaseChange::Closed { at_us });
    }
    let Saying { mut said, noise, .. } = saying;
    let again: Vec<CaseEvent> = said.iter().filter(|_| noise.whole(1, 10) == 1).cloned().collect();
    said.extend(again);
    said.sort_by_key(|e| e.recorded_us);
    said
}

struct Saying<'a, 'n> {
    facts: &'a Facts<'a>,
    noise: &'n mut Noise,
    said: Vec<CaseEvent>,
}

impl Saying<'_, '_> {
    fn chance(&mut self, one_in: u32) -> bool {
        self.noise.whole(1, one_in) == 1
    }

    fn minutes(&mut self, low: u32, high: u32) -> i64 {
        i64::from(self.noise.whole(low * 60, high * 60)) * US_PER_S
    }

    fn say(&mut self, recorded_us: i64, reason: &str, change: CaseChange) {
        let case_id = self.facts.case_id;
        self.said.push(CaseEvent {
            case_id: case_id.to_owned(),
            event_id: format!("{case_id}-e{:03}", self.said.len() + 1),
            recorded_us,
            author: format!("officer-{}", self.noise.whole(1, 40)),
            reason: reason.to_owned(),
            change,
        });
    }

    fn attributions(&mut self) {
        let facts = self.facts;
        for (device, subject) in facts.devices.iter().zip(facts.subjects) {
            let recorded_us = match (device.role, facts.arrest_us) {
                (Role::Suspect, Some(arrest_us)) => arrest_us + self.minutes(30, 220),
                _ => facts.start_us + self.minutes(5, 55),
            };
            let basis = match (device.role, device.kind) {
                (Role::Victim, _) => "self-declared",
                (_, DeviceKind::Phone) => "seized from the person",
                (_, DeviceKind::Sim) => "subscriber",
                (_, DeviceKind::Car) => "registered keeper",
                (_, DeviceKind::Tag) => "fitted by the monitoring service",
            };
            let claim = Attribution {
                attribution_id: format!("{}-of-{subject}", device.id),
                device_id: device.id.clone(),
                subject_id: subject.clone(),
                role: device.role,
                from_us: None,
                to_us: None,
                basis: basis.to_owned(),
            };
            if self.chance(8) {
                let from_us = Some(facts.start_us - 30 * 24 * HOUR_US);
                let corrected = Attribution { from_us, ..claim.clone() };
                let later_us = recorded_us + self.minutes(10, 90);
                self.say(later_us, "the beginning is known now", CaseChange::Attributed(corrected));
            }
            self.say(recorded_us, "", CaseChange::Attributed(claim));
        }
    }

    fn places(&mut self) {
        let facts = self.facts;
        for (i, place) in facts.places.iter().enumerate() {
            let last = i + 1 == facts.places.len();
            let recorded_us = match facts.arrest_us {
                Some(arrest_us) if last => arrest_us + self.minutes(200, 330),
                _ => facts.start_us + self.minutes(10, 55),
            };
            let target = StatedTarget::Place(place.clone());
            let target_id = format!("{}-{}", facts.case_id, place.name);
            self.say(recorded_us, "", CaseChange::TargetAdded { target_id, target });
        }
    }

    /// In one case of four somebody else's phone is taken for the suspect's, and the claim withdrawn. It has no records.
    fn mistake(&mut self) {
        if !self.chance(4) {
            return;
        }
        let facts = self.facts;
        let attribution_id = format!("{}-mistake", facts.case_id);
        let claim = Attribution {
            attribution_id: attribution_id.clone(),
            device_id: format!("{}-x1-phone", facts.case_id),
            subject_id: format!("{}-s1", facts.case_id),
            role: Role::Suspect,
            from_us: None,
            to_us: None,
            basis: "a witness".to_owned(),
        };
        let at_us = facts.start_us + self.minutes(60, 300);
        self.say(at_us, "", CaseChange::Attributed(claim));
        let at_us = at_us + self.minutes(30, 600);
        self.say(at_us, "it is a neighbour's", CaseChange::AttributionWithdrawn { attribution_id });
    }

    /// The clock of a detention: reviews after 6 and 15 hours, some hours in hospital, some extended, few by a warrant.
    ///
    /// Source: PACE 1984, sections 40 to 44; the hours are made up within what these allow.
    fn custody(&mut self, subject: &str, arrest_us: i64) {
        let custody_id = format!("{subject}-d1");
        let relevant_us = arrest_us + self.minutes(15, 40);
        let authorised_us = relevant_us + self.minutes(5, 25);
        let after = |hours: i64| relevant_us + hours * HOUR_US;
        let mut steps = vec![(
            authorised_us,
            CustodyStep::Started { relevant_us, authorised_us: Some(authorised_us), indictable: true },
        )];
        let mut at = |at_us: i64, step: fn(i64) -> CustodyStep| steps.push((at_us, step(at_us)));
        if self.chance(4) {
            at(after(1) + 20 * MINUTE_US, |at_us| CustodyStep::Paused { at_us });
            at(after(3), |at_us| CustodyStep::Resumed { at_us });
        }
        at(authorised_us + 6 * HOUR_US - 5 * MINUTE_US, |at_us| CustodyStep::Reviewed { at_us });
        at(authorised_us + 15 * HOUR_US - 10 * MINUTE_US, |at_us| CustodyStep::Reviewed { at_us });
        let (extended, warrant) = (self.chance(2), self.chance(4));
        if extended {
            at(after(22), |at_us| CustodyStep::Extended { at_us });
        }
        if extended && warrant {
            at(after(34), |at_us| CustodyStep::WarrantIssued { at_us, length_us: 36 * HOUR_US });
        }
        let held_h = match (extended, warrant) {
            (false, _) => 23,
            (true, false) => 35,
            (true, true) => 60,
        };
        at(after(held_h), |at_us| CustodyStep::Released { at_us });
        for (at_us, step) in steps {
            let change = CustodyChange { custody_id: custody_id.clone(), subject_id: subject.to_owned(), step };
            let recorded_us = at_us + self.minutes(0, 4);
            self.say(recorded_us, "", CaseChange::Custody(change));
        }
    }
}
