//! The identifier of a case event, from what it says.

use super::{CaseChange, CaseEvent, Content, ContentId, CustodyStep, DataRequest, Incident, Place, StatedTarget};

/// The identifier of a statement: every field of it but its `event_id`.
///
/// A statement that came without an `event_id` is named by it, so that the same statement again is known as the same.
#[must_use]
pub fn case_event_id(event: &CaseEvent) -> ContentId {
    let head = Content::of("case event 1")
        .text(&event.case_id)
        .whole(event.recorded_us)
        .text(&event.author)
        .text(&event.reason)
        .text(event.change.kind());
    change(head, &event.change).finish()
}

fn change(head: Content, change: &CaseChange) -> Content {
    match change {
        CaseChange::Opened => head,
        CaseChange::Attributed(a) => head
            .text(&a.attribution_id)
            .text(&a.device_id)
            .text(&a.subject_id)
            .text(a.role.as_str())
            .maybe_whole(a.from_us)
            .maybe_whole(a.to_us)
            .text(&a.basis),
        CaseChange::AttributionWithdrawn { attribution_id } => head.text(attribution_id),
        CaseChange::TargetAdded { target_id, target } => stated(head.text(target_id), target),
        CaseChange::TargetWithdrawn { target_id } => head.text(target_id),
        CaseChange::Custody(c) => step(head.text(&c.custody_id).text(&c.subject_id), &c.step),
        CaseChange::CustodyWithdrawn { custody_id, step_event_id } => head.text(custody_id).text(step_event_id),
        CaseChange::Requested(r) => request(head, r),
        CaseChange::RequestReturned { request_id, at_us, exhibit } => head.text(request_id).whole(*at_us).text(exhibit),
        CaseChange::RequestWithdrawn { request_id } => head.text(request_id),
        CaseChange::Closed { at_us } => head.whole(*at_us),
    }
}

fn request(head: Content, r: &DataRequest) -> Content {
    head.text(&r.request_id)
        .text(&r.holder)
        .text(&r.authority)
        .text(&r.device_id)
        .whole(r.from_us)
        .whole(r.to_us)
        .whole(r.requested_us)
        .maybe_whole(r.due_us)
}

fn stated(head: Content, target: &StatedTarget) -> Content {
    match target {
        StatedTarget::Place(Place { name, lat_deg, lon_deg, radius_m }) => {
            head.text("place").text(name).real(*lat_deg).real(*lon_deg).real(*radius_m)
        }
        StatedTarget::Incident(i) => incident(head.text("incident"), i),
    }
}

fn incident(head: Content, i: &Incident) -> Content {
    head.text(&i.reference)
        .text(&i.kind)
        .whole(i.t0_us)
        .whole(i.t1_us)
        .real(i.lat_deg)
        .real(i.lon_deg)
        .maybe_real(i.uncertainty_m)
        .text(&i.exhibit)
        .natural(i.row)
        .text(&i.time_text)
        .natural(u64::from(i.time_ambiguous))
}

fn step(head: Content, step: &CustodyStep) -> Content {
    let head = head.whole(step.at_us());
    match step {
        CustodyStep::Started { relevant_us: _, authorised_us, indictable } => {
            head.maybe_whole(*authorised_us).natural(u64::from(*indictable))
        }
        CustodyStep::WarrantIssued { at_us: _, length_us } | CustodyStep::WarrantExtended { at_us: _, length_us } => {
            head.whole(*length_us)
        }
        CustodyStep::Paused { .. }
        | CustodyStep::Resumed { .. }
        | CustodyStep::Reviewed { .. }
        | CustodyStep::Extended { .. }
        | CustodyStep::Released { .. } => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attribution, CustodyChange, Role};

    fn event(change: CaseChange) -> CaseEvent {
        CaseEvent {
            case_id: "c".to_owned(),
            event_id: String::new(),
            recorded_us: 7,
            author: "a".to_owned(),
            reason: String::new(),
            change,
        }
    }

    fn custody(step: CustodyStep) -> CaseChange {
        CaseChange::Custody(CustodyChange { custody_id: "k".to_owned(), subject_id: "s".to_owned(), step })
    }

    fn request_sample() -> DataRequest {
        DataRequest {
            request_id: "r".to_owned(),
            holder: String::new(),
            authority: "u".to_owned(),
            device_id: "d".to_owned(),
            from_us: 1,
            to_us: 2,
            requested_us: 1,
            due_us: None,
        }
    }

    fn attribution() -> Attribution {
        Attribution {
            attribution_id: "a".to_owned(),
            device_id: "d".to_owned(),
            subject_id: "s".to_owned(),
            role: Role::Suspect,
            from_us: None,
            to_us: None,
            basis: String::new(),
        }
    }

    #[test]
    fn statements_that_differ_have_different_names() {
        let attributed = |a: Attribution| event(CaseChange::Attributed(a));
        let requested = |r: DataRequest| event(CaseChange::Requested(r));
        let start =
            |authorised_us, indictable| custody(CustodyStep::Started { relevant_us: 1, authorised_us, indictable });
        let events = [
            event(CaseChange::Opened),
            CaseEvent { recorded_us: 8, ..event(CaseChange::Opened) },
            CaseEvent { author: String::new(), reason: "a".to_owned(), ..event(CaseChange::Opened) },
            event(CaseChange::Closed { at_us: 1 }),
            event(CaseChange::AttributionWithdrawn { attribution_id: "x".to_owned() }),
            event(CaseChange::TargetWithdrawn { target_id: "x".to_owned() }),
            event(CaseChange::CustodyWithdrawn { custody_id: "x".to_owned(), step_event_id: String::new() }),
            attributed(attribution()),
            attributed(Attribution { role: Role::Victim, ..attribution() }),
            attributed(Attribution { from_us: Some(0), ..attribution() }),
            attributed(Attribution { to_us: Some(0), ..attribution() }),
            attributed(Attribution { basis: "b".to_owned(), ..attribution() }),
            event(start(None, true)),
            event(start(None, false)),
            event(start(Some(0), true)),
            event(custody(CustodyStep::Paused { at_us: 1 })),
            event(custody(CustodyStep::Resumed { at_us: 1 })),
            event(custody(CustodyStep::WarrantIssued { at_us: 1, length_us: 2 })),
            event(custody(CustodyStep::WarrantExtended { at_us: 1, length_us: 2 })),
            requested(request_sample()),
            requested(DataRequest { holder: "o".to_owned(), ..request_sample() }),
            requested(DataRequest { from_us: 0, ..request_sample() }),
            requested(DataRequest { to_us: 3, ..request_sample() }),
            requested(DataRequest { due_us: Some(0), ..request_sample() }),
            event(CaseChange::RequestReturned { request_id: "x".to_owned(), at_us: 1, exhibit: String::new() }),
            event(CaseChange::RequestReturned { request_id: "x".to_owned(), at_us: 2, exhibit: String::new() }),
            event(CaseChange::RequestReturned { request_id: "x".to_owned(), at_us: 1, exhibit: "ab".to_owned() }),
            event(CaseChange::RequestWithdrawn { request_id: "x".to_owned() }),
        ];
        let mut ids: Vec<_> = events.iter().map(case_event_id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), events.len());
    }

    #[test]
    fn the_name_of_a_statement_never_changes_between_versions_and_does_not_hold_its_event_id() {
        let opened = event(CaseChange::Opened);
        assert_eq!(case_event_id(&opened).to_string(), "bd58b8209705afd3");
        assert_eq!(case_event_id(&CaseEvent { event_id: "e".to_owned(), ..opened.clone() }), case_event_id(&opened));
    }
}
