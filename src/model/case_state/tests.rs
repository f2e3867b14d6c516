use proptest::prelude::*;

use super::*;
use crate::model::case_event_sample::{BASE_US, any_event};
use crate::model::{CustodyChange, CustodyStep, DataRequest, Place, Role};

fn event(event_id: &str, recorded_us: i64, change: CaseChange) -> CaseEvent {
    let (case_id, author, reason) = ("c".to_owned(), "DC 1".to_owned(), format!("because of {event_id}"));
    CaseEvent { case_id, event_id: event_id.to_owned(), recorded_us, author, reason, change }
}

fn state(events: &[CaseEvent]) -> CaseState {
    let mut state = CaseState::default();
    for e in events {
        state.apply(e);
    }
    state
}

fn claim(id: &str, device: &str, subject: &str, role: Role) -> Attribution {
    Attribution {
        attribution_id: id.to_owned(),
        device_id: device.to_owned(),
        subject_id: subject.to_owned(),
        role,
        from_us: None,
        to_us: None,
        basis: String::new(),
    }
}

fn withdraw(id: &str) -> CaseChange {
    CaseChange::AttributionWithdrawn { attribution_id: id.to_owned() }
}

fn custody(step: CustodyStep) -> CaseChange {
    CaseChange::Custody(CustodyChange { custody_id: "k".to_owned(), subject_id: "s".to_owned(), step })
}

fn place(radius_m: f64) -> CaseChange {
    let place = Place { name: "home".to_owned(), lat_deg: 51.0, lon_deg: -1.0, radius_m };
    CaseChange::TargetAdded { target_id: "t".to_owned(), target: StatedTarget::Place(place) }
}

proptest! {
    #[test]
    fn the_order_and_the_number_of_deliveries_do_not_matter(
        (events, shuffled) in proptest::collection::vec(any_event(), 0..25).prop_flat_map(|events| {
            let thrice = [events.clone(), events.clone(), events.clone()].concat();
            (Just(events), Just(thrice).prop_shuffle())
        }),
    ) {
        let once = state(&events);
        let mut again = state(&shuffled);
        prop_assert_eq!(&once, &again);
        // The index by device is what the attributions say.
        let devices: BTreeSet<_> = once.attributions().map(|(a, _)| a.device_id.clone()).collect();
        prop_assert_eq!(&devices, &once.by_device.keys().cloned().collect::<BTreeSet<_>>());
        // What has been delivered changes nothing and says so.
        for e in &events {
            prop_assert!(!again.apply(e));
        }
        prop_assert_eq!(once, again);
    }

    #[test]
    fn what_can_be_asked_changes_exactly_when_apply_says_so(events in proptest::collection::vec(any_event(), 0..15)) {
        let asked = |s: &CaseState| format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            s.status(),
            s.attributions().collect::<Vec<_>>(),
            s.targets().collect::<Vec<_>>(),
            s.custody().collect::<Vec<_>>(),
            s.requests().collect::<Vec<_>>(),
            s.withdrawn(),
        );
        let mut state = CaseState::default();
        for e in &events {
            let before = state.clone();
            let changed = state.apply(e);
            if asked(&before) != asked(&state) {
                prop_assert!(changed, "{e:?}");
            }
            if !changed {
                prop_assert!(state.changes_matching(&before).is_none());
            }
        }
    }
}

#[test]
fn a_withdrawal_that_comes_first_holds_if_it_was_recorded_later() {
    let added = event("e1", 1, CaseChange::Attributed(claim("a", "d", "him", Role::Suspect)));
    let withdrawn = event("e2", 2, withdraw("a"));
    let mut s = state(std::slice::from_ref(&withdrawn));
    assert!(matches!(s.withdrawn()[0].matter, WithdrawnMatter::Attribution { was: None, .. }));
    assert!(s.apply(&added), "what was withdrawn is now known");
    assert!(s.role_of("d", 0, 0).is_empty());
    let withdrawn = s.withdrawn();
    assert_eq!(withdrawn.len(), 1);
    let w = &withdrawn[0];
    assert_eq!((w.said.recorded_us, w.said.reason.as_str()), (2, "because of e2"));
    assert!(matches!(w.matter, WithdrawnMatter::Attribution { was: Some(a), .. } if a.device_id == "d"));

    s.apply(&event("e3", 3, CaseChange::Attributed(claim("a", "d", "him", Role::Suspect))));
    assert!(s.role_of("d", 0, 0).suspect() && s.withdrawn().is_empty(), "stated again after the withdrawal");
}

#[test]
fn a_correction_moves_the_claim_to_the_other_device() {
    let mut s = state(&[event("e1", 1, CaseChange::Attributed(claim("a", "d1", "him", Role::Suspect)))]);
    let before = s.clone();
    s.apply(&event("e2", 2, CaseChange::Attributed(claim("a", "d2", "him", Role::Suspect))));
    assert!(s.role_of("d1", 0, 0).is_empty() && s.role_of("d2", 0, 0).suspect());
    assert_eq!(s.changes_matching(&before).devices.into_iter().collect::<Vec<_>>(), ["d1", "d2"]);
    assert!(!s.apply(&event("e0", 0, CaseChange::Attributed(claim("a", "d3", "her", Role::Victim)))), "older");
}

#[test]
fn of_statements_recorded_at_one_moment_the_greater_event_id_holds() {
    let s = state(&[event("e2", 1, place(20.0)), event("e1", 1, place(10.0))]);
    assert!(matches!(s.target("t"), Some(StatedTarget::Place(p)) if p.radius_m == 20.0));
}

#[test]
fn two_claims_on_one_device_are_both_reported() {
    let s = state(&[
        event("e1", 1, CaseChange::Attributed(claim("a", "car", "him", Role::Suspect))),
        event("e2", 1, CaseChange::Attributed(claim("b", "car", "her", Role::Victim))),
        event("e3", 1, CaseChange::Attributed(claim("c", "car", "her", Role::Victim))),
    ]);
    let claims = s.role_of("car", 0, 0);
    assert!(claims.victim() && claims.suspect() && claims.disputed());
    assert_eq!(claims.iter().collect::<Vec<_>>(), [("her", Role::Victim), ("him", Role::Suspect)]);
}

#[test]
fn a_claim_holds_from_its_start_to_just_before_its_end() {
    let claim = Attribution { from_us: Some(10), to_us: Some(20), ..claim("a", "d", "him", Role::Suspect) };
    let s = state(&[event("e", 1, CaseChange::Attributed(claim))]);
    let holds = |t0, t1| s.role_of("d", t0, t1).suspect();
    assert!(holds(10, 10) && holds(19, 19) && holds(0, 10) && holds(19, 30));
    assert!(!holds(9, 9) && !holds(20, 20) && !holds(20, 30));
}

#[test]
fn only_what_decides_matching_is_a_match_change() {
    let first = claim("a", "d", "him", Role::Suspect);
    let mut s = state(&[event("e1", 1, CaseChange::Attributed(first.clone())), event("e2", 1, place(10.0))]);
    let before = s.clone();
    assert!(s.apply(&event(
        "e3",
        2,
        CaseChange::Attributed(Attribution { basis: "seized".to_owned(), ..first.clone() })
    )));
    assert!(s.apply(&event("e4", 2, place(10.0))));
    assert!(s.apply(&event("e5", 2, CaseChange::Closed { at_us: BASE_US })));
    assert!(s.apply(&event("e6", 2, custody(CustodyStep::Released { at_us: BASE_US }))));
    assert!(s.changes_matching(&before).is_none());

    s.apply(&event("e7", 3, CaseChange::Attributed(Attribution { to_us: Some(5), ..first })));
    s.apply(&event("e8", 3, place(11.0)));
    let change = s.changes_matching(&before);
    assert!(change.devices.contains("d") && change.targets.contains("t"));
    assert_eq!(before.changes_matching(&s), change, "either way");
}

#[test]
fn a_closed_case_is_reopened_by_a_later_statement_only() {
    let closed = event("e2", 2, CaseChange::Closed { at_us: 9 });
    let mut s = state(&[closed, event("e1", 1, CaseChange::Opened)]);
    assert_eq!(s.status(), CaseStatus::Closed { at_us: 9 });
    s.apply(&event("e3", 3, CaseChange::Opened));
    assert_eq!(s.status(), CaseStatus::Open);
    assert_eq!(CaseState::default().status(), CaseStatus::NotOpened);
}

#[test]
fn a_custody_statement_is_corrected_by_a_later_one_and_undone_by_a_withdrawal() {
    let start = |relevant_us| custody(CustodyStep::Started { relevant_us, authorised_us: None, indictable: true });
    let steps = |s: &CaseState| s.custody().flat_map(|c| c.steps).map(|s| s.step.clone()).collect::<Vec<_>>();
    let started = |s: &CaseState| steps(s).first().map(CustodyStep::at_us);
    let undo = |id: &str| CaseChange::CustodyWithdrawn { custody_id: "k".to_owned(), step_event_id: id.to_owned() };
    let mut s = state(&[event("e2", 2, start(200)), event("e1", 1, start(100))]);
    assert_eq!((started(&s), steps(&s).len()), (Some(200), 1));
    s.apply(&event("e3", 3, undo("e2")));
    assert_eq!(started(&s), Some(100), "the statement before it holds again");

    s.apply(&event("e4", 4, custody(CustodyStep::Paused { at_us: 150 })));
    s.apply(&event("e5", 5, custody(CustodyStep::Paused { at_us: 160 })));
    assert_eq!(steps(&s).len(), 3, "two stops at two times are two stops");
    s.apply(&event("e6", 6, undo("e5")));
    s.apply(&event("e7", 7, undo("e4")));
    s.apply(&event("e8", 8, undo("e1")));
    assert_eq!(s.custody().count(), 0);
    assert_eq!(s.withdrawn().len(), 4);
}

fn request(to_us: i64) -> CaseChange {
    CaseChange::Requested(DataRequest {
        request_id: "r".to_owned(),
        holder: "an operator".to_owned(),
        authority: "URN 1".to_owned(),
        device_id: "d".to_owned(),
        from_us: 0,
        to_us,
        requested_us: 5,
        due_us: Some(50),
    })
}

#[test]
fn a_request_is_corrected_returned_and_withdrawn_in_whatever_order_it_is_said() {
    let back = |at_us| CaseChange::RequestReturned { request_id: "r".to_owned(), at_us, exhibit: "ab".to_owned() };
    let mut s = state(&[event("e3", 3, back(30))]);
    assert_eq!(s.requests().count(), 0, "what came back of a request that is not known yet");
    s.apply(&event("e1", 1, request(10)));
    s.apply(&event("e2", 2, request(20)));
    let held: Vec<_> = s.requests().map(|r| (r.request.to_us, r.said.event_id.as_str(), r.returned.cloned())).collect();
    assert_eq!(held, [(20, "e2", Some(Returned { at_us: 30, exhibit: "ab".to_owned() }))]);
    assert!(!s.apply(&event("e0", 0, back(7))) && s.apply(&event("e4", 4, back(31))));
    let before = s.clone();
    assert!(s.apply(&event("e5", 5, CaseChange::RequestWithdrawn { request_id: "r".to_owned() })));
    assert!(s.changes_matching(&before).is_none(), "nothing is compared anew for it");
    assert_eq!(s.requests().count(), 0);
    assert!(matches!(s.withdrawn()[0].matter, WithdrawnMatter::Request { was: Some(r), .. } if r.to_us == 20));
}
