//! Case events for tests: few names and few times, so that statements meet.

use proptest::prelude::*;

use super::{
    Attribution, CaseChange, CaseEvent, CustodyChange, CustodyStep, DataRequest, Incident, Place, Role, StatedTarget,
};

/// 2026-01-01T00:00:00Z.
pub(crate) const BASE_US: i64 = 1_767_225_600_000_000;

fn time() -> impl Strategy<Value = i64> {
    (0_i64..4, prop_oneof![Just(0), 0_i64..1_000_000]).prop_map(|(h, us)| BASE_US + h * 3_600_000_000 + us)
}

fn hour() -> impl Strategy<Value = i64> {
    (0_i64..4).prop_map(|h| BASE_US + h * 3_600_000_000)
}

/// A number of degrees with so few digits that every reader of JSON reads the same.
fn degrees(limit: i64) -> impl Strategy<Value = f64> {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    (1..limit * 10_000_000).prop_map(|e7| e7 as f64 / 1e7)
}

prop_compose! {
    fn attribution()(
        attribution_id in "[ab]",
        device_id in "[xyz]",
        subject_id in "[st]",
        role in proptest::sample::select(&Role::ALL),
        from_us in proptest::option::of(hour()),
        hours in proptest::option::of(1_i64..9),
        basis in "(seized|\\PC{0,4})",
    ) -> Attribution {
        let to_us = hours.map(|h| from_us.unwrap_or(BASE_US) + h * 3_600_000_000);
        Attribution { attribution_id, device_id, subject_id, role, from_us, to_us, basis }
    }
}

prop_compose! {
    fn incident()(
        reference in "[A-Z]{1,4}",
        (t0_us, length_us) in (time(), 0_i64..9),
        (lat_deg, lon_deg) in (degrees(90), degrees(180)),
        uncertainty_m in proptest::option::of(0.0..100.0_f64),
        (exhibit, row) in prop_oneof![Just((String::new(), 0)), Just(("ab".repeat(32), 7_u64))],
        time_text in "(| |10 am)",
        time_ambiguous in any::<bool>(),
    ) -> Incident {
        let uncertainty_m = uncertainty_m.map(f64::round);
        let (kind, t1_us) = (String::new(), t0_us + length_us);
        Incident { reference, kind, t0_us, t1_us, lat_deg, lon_deg, uncertainty_m, exhibit, row, time_text, time_ambiguous }
    }
}

fn target() -> impl Strategy<Value = StatedTarget> {
    let place = ("[a-z]{1,5}", degrees(90), degrees(180), 0_u32..1_000).prop_map(|(name, lat_deg, lon_deg, radius)| {
        StatedTarget::Place(Place { name, lat_deg, lon_deg, radius_m: f64::from(radius) })
    });
    prop_oneof![place, incident().prop_map(StatedTarget::Incident)]
}

fn step() -> impl Strategy<Value = CustodyStep> {
    let length = prop_oneof![Just(36 * 3_600_000_000_i64), 1..3_600_000_000_i64];
    prop_oneof![
        (hour(), proptest::option::of(hour()), any::<bool>()).prop_map(|(relevant_us, authorised_us, indictable)| {
            CustodyStep::Started { relevant_us, authorised_us, indictable }
        }),
        hour().prop_map(|at_us| CustodyStep::Paused { at_us }),
        hour().prop_map(|at_us| CustodyStep::Resumed { at_us }),
        hour().prop_map(|at_us| CustodyStep::Reviewed { at_us }),
        hour().prop_map(|at_us| CustodyStep::Extended { at_us }),
        (hour(), length.clone()).prop_map(|(at_us, length_us)| CustodyStep::WarrantIssued { at_us, length_us }),
        (hour(), length).prop_map(|(at_us, length_us)| CustodyStep::WarrantExtended { at_us, length_us }),
        hour().prop_map(|at_us| CustodyStep::Released { at_us }),
    ]
}

prop_compose! {
    fn request()(
        request_id in "[ab]",
        holder in "[mn]",
        authority in "[uv]{1,3}",
        device_id in "[xyz]",
        from_us in hour(),
        hours in 1_i64..9,
        requested_us in hour(),
        due_us in proptest::option::of(hour()),
    ) -> DataRequest {
        let to_us = from_us + hours * 3_600_000_000;
        DataRequest { request_id, holder, authority, device_id, from_us, to_us, requested_us, due_us }
    }
}

fn change() -> impl Strategy<Value = CaseChange> {
    prop_oneof![
        3 => request().prop_map(CaseChange::Requested),
        2 => ("[ab]", hour(), prop_oneof![Just(String::new()), Just("cd".repeat(32))])
            .prop_map(|(request_id, at_us, exhibit)| CaseChange::RequestReturned { request_id, at_us, exhibit }),
        1 => "[ab]".prop_map(|request_id| CaseChange::RequestWithdrawn { request_id }),
        1 => Just(CaseChange::Opened),
        1 => hour().prop_map(|at_us| CaseChange::Closed { at_us }),
        4 => attribution().prop_map(CaseChange::Attributed),
        2 => "[ab]".prop_map(|attribution_id| CaseChange::AttributionWithdrawn { attribution_id }),
        4 => ("[ab]", target()).prop_map(|(target_id, target)| CaseChange::TargetAdded { target_id, target }),
        2 => "[ab]".prop_map(|target_id| CaseChange::TargetWithdrawn { target_id }),
        8 => ("[kl]", "[st]", step())
            .prop_map(|(custody_id, subject_id, step)| CaseChange::Custody(CustodyChange { custody_id, subject_id, step })),
        1 => ("[kl]", "[a-d]")
            .prop_map(|(custody_id, step_event_id)| CaseChange::CustodyWithdrawn { custody_id, step_event_id }),
    ]
}

prop_compose! {
    /// A statement about the case `c`. Different statements may claim one `event_id`, as a faulty sender's do.
    pub(crate) fn any_event()(
        event_id in "[a-d]",
        recorded_us in hour(),
        author in "[pq]",
        reason in "\\PC{0,6}",
        change in change(),
    ) -> CaseEvent {
        CaseEvent { case_id: "c".to_owned(), event_id, recorded_us, author, reason, change }
    }
}
