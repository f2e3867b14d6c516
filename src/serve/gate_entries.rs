//! What the gate writes down: from what happened, and from what the session knows of it, to an entry. Pure.

use crate::access::audit::{Details, Kind, NewEntry};
use crate::access::{Role, Scope};
use crate::query::{Happening, Proof, Session, Touched};

/// An entry about somebody.
pub(super) fn entry(account: &str, role: Option<Role>, client: &str, kind: Kind, details: Details) -> NewEntry {
    NewEntry { account: account.to_owned(), role, client: client.to_owned(), kind, details }
}

/// Who somebody says they are.
pub(super) fn said(proof: &Proof) -> String {
    match proof {
        Proof::Scram { account } | Proof::Password { account, .. } | Proof::Vouched { account, .. } => account.clone(),
        Proof::Token(_) => "a token".to_owned(),
    }
}

/// The cases that a scope shows; `*` is all.
pub(super) fn cases_of(scope: &Scope) -> Vec<String> {
    match scope {
        Scope::Everything => vec!["*".to_owned()],
        Scope::Cases(cases) => cases.keys().cloned().collect(),
    }
}

/// What an entry says of something that happened in a session, or before there was one; and who they said they were.
pub(super) fn details_of(session: Option<&Session>, happening: Happening) -> (Kind, Details, Option<String>) {
    match happening {
        Happening::Query { sql, parameters, tables, rows, millis, fault } => {
            let (rows, millis) = (Some(rows), Some(millis));
            let details = Details { text: sql, parameters, tables, rows, millis, fault, ..Details::default() };
            let (kind, details) = session.map_or((Kind::Query, details.clone()), |s| asked(s, details));
            (kind, details, None)
        }
        Happening::Refused { account, reason } => {
            (Kind::Refused, Details { fault: Some(reason), ..Details::default() }, Some(account))
        }
    }
}

/// A question with what the session knows of it.
fn asked(session: &Session, details: Details) -> (Kind, Details) {
    let (stated, Touched { cases, others, rules, refused }) = (session.stated(), session.touched());
    // They are asked of those who search; who states them with another question has said so all the same.
    let kept = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let details = Details {
        cases: cases.into_iter().collect(),
        others,
        purpose: kept(&stated.purpose),
        authority: kept(&stated.authority),
        rules: rules.into_iter().collect(),
        ..details
    };
    match refused {
        // What was refused and tried again within one question is no refusal.
        Some(reason) if details.fault.is_some() => (Kind::Refused, Details { fault: Some(reason), ..details }),
        _ if stated.export => (Kind::Export, details),
        _ => (Kind::Query, details),
    }
}
