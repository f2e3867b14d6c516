//! What an import states about a case: that it exists, whose a device is, what is a target.
//!
//! A statement is named by the exhibit it comes from, so that the same import says the same again; what holds already is
//! not said again.

use crate::encounter::incident_id;
use crate::model::case_state::CaseStatus;
use crate::model::{Attribution, CaseChange, CaseEvent, CaseState, Content, Incident, Place, Role, StatedTarget};

/// Who speaks, about whom, and from which exhibit.
#[derive(Debug, Clone)]
pub(super) struct Speaker {
    pub(super) case_id: String,
    /// The exhibit; empty for what comes from none.
    pub(super) sha256: String,
    /// When it was first said, UTC microseconds.
    pub(super) recorded_us: i64,
    pub(super) author: String,
    pub(super) role: Role,
    pub(super) subject_id: String,
}

impl Speaker {
    /// The case exists; `None` if that was said.
    pub(super) fn opened(&self, state: &CaseState) -> Option<CaseEvent> {
        (state.status() == CaseStatus::NotOpened).then(|| self.event("", CaseChange::Opened))
    }

    /// The device is the subject's; `None` if just that holds.
    pub(super) fn attributed(&self, device: &str, state: &CaseState) -> Option<CaseEvent> {
        let id = Content::of("import attribution 1").text(device).text(&self.subject_id).text(self.role.as_str());
        let claim = Attribution {
            attribution_id: format!("import-{}", id.finish()),
            device_id: device.to_owned(),
            subject_id: self.subject_id.clone(),
            role: self.role,
            from_us: None,
            to_us: None,
            basis: format!("returned file {}", self.sha256),
        };
        let same = |held: &Attribution| held.attribution_id == claim.attribution_id && held.device_id == device;
        let holds = state.attributions().any(|(held, _)| same(held));
        (!holds).then(|| self.event(device, CaseChange::Attributed(claim)))
    }

    /// The incident is a target; `None` if it is one.
    pub(super) fn incident(&self, incident: &Incident, state: &CaseState) -> Option<CaseEvent> {
        self.target(format!("incident-{}", incident_id(incident)), StatedTarget::Incident(incident.clone()), state)
    }

    /// The place is a target; `None` if it is one. A place of the same name elsewhere is corrected.
    pub(super) fn place(&self, place: &Place, state: &CaseState) -> Option<CaseEvent> {
        self.target(format!("place-{}", place.name), StatedTarget::Place(place.clone()), state)
    }

    fn target(&self, target_id: String, target: StatedTarget, state: &CaseState) -> Option<CaseEvent> {
        let holds = state.target(&target_id) == Some(&target);
        (!holds).then(|| self.event(&target_id.clone(), CaseChange::TargetAdded { target_id, target }))
    }

    fn event(&self, about: &str, change: CaseChange) -> CaseEvent {
        let id = Content::of("import event 1")
            .text(&self.case_id)
            .text(&self.sha256)
            .whole(self.recorded_us)
            .text(self.role.as_str())
            .text(&self.subject_id)
            .text(change.kind())
            .text(about);
        CaseEvent {
            case_id: self.case_id.clone(),
            event_id: format!("import-{}", id.finish()),
            recorded_us: self.recorded_us,
            author: self.author.clone(),
            reason: String::new(),
            change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaker() -> Speaker {
        Speaker {
            case_id: "C".to_owned(),
            sha256: "ab".repeat(32),
            recorded_us: 1_700_000_000_000_000,
            author: "DC A".to_owned(),
            role: Role::Suspect,
            subject_id: "suspect".to_owned(),
        }
    }

    fn home(lat_deg: f64) -> Place {
        Place { name: "home".to_owned(), lat_deg, lon_deg: 0.0, radius_m: 50.0 }
    }

    #[test]
    fn what_holds_is_not_said_again_and_what_was_withdrawn_is() {
        let (s, mut state) = (speaker(), CaseState::default());
        let said = [s.opened(&state), s.attributed("H1", &state), s.place(&home(51.0), &state)];
        for event in said.into_iter().flatten() {
            assert!(state.apply(&event));
        }
        assert_eq!((s.opened(&state), s.attributed("H1", &state), s.place(&home(51.0), &state)), (None, None, None));
        assert!(s.attributed("H2", &state).is_some());
        let victim = Speaker { role: Role::Victim, ..speaker() };
        assert!(victim.attributed("H1", &state).is_some(), "another claim is another claim");

        let attribution_id = state.attributions().next().unwrap().0.attribution_id.clone();
        let withdrawn = s.event("w", CaseChange::AttributionWithdrawn { attribution_id });
        state.apply(&CaseEvent { recorded_us: s.recorded_us + 1, ..withdrawn });
        let later = Speaker { recorded_us: s.recorded_us + 2, ..speaker() };
        assert!(state.apply(&later.attributed("H1", &state).unwrap()), "another file says so again");
    }

    #[test]
    fn the_same_import_names_its_statements_alike_and_another_differently() {
        let state = CaseState::default();
        let id = |s: &Speaker| s.attributed("H1", &state).unwrap().event_id;
        assert_eq!(id(&speaker()), id(&Speaker { author: "DC B".to_owned(), ..speaker() }), "whoever finishes it");
        let others = [
            Speaker { case_id: "D".to_owned(), ..speaker() },
            Speaker { sha256: "cd".repeat(32), ..speaker() },
            Speaker { role: Role::Victim, ..speaker() },
            Speaker { subject_id: "him".to_owned(), ..speaker() },
            Speaker { recorded_us: 0, ..speaker() },
        ];
        assert!(others.iter().all(|other| id(other) != id(&speaker())));
    }

    #[test]
    fn a_place_of_the_same_name_is_corrected() {
        let (s, mut state) = (speaker(), CaseState::default());
        state.apply(&s.place(&home(51.0), &state).unwrap());
        let moved = Speaker { recorded_us: s.recorded_us + 1, ..speaker() }.place(&home(52.0), &state).unwrap();
        assert!(state.apply(&moved));
        assert_eq!(state.targets().count(), 1);
    }
}
