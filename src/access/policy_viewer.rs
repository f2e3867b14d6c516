//! From an account to what it may see: the policies are asked for each case, and grants say which stretches.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Action, Context, Facts, Policies, Resource, Scope, Stretch, Viewer};

/// The viewer that an account is at a moment, UTC microseconds.
///
/// Cases that are granted are asked about also if they are not known yet. A case that the policies show without a grant
/// is seen for the whole time; one that is granted, in the stretches of its grants and no more.
#[must_use]
pub fn viewer_of<'a>(
    account: &'a Account,
    policies: &Policies,
    known_cases: impl IntoIterator<Item = &'a str>,
    now_us: i64,
) -> Viewer {
    let mut granted: BTreeMap<&str, Vec<Stretch>> = BTreeMap::new();
    for grant in account.grants_at(now_us) {
        granted.entry(&grant.case_id).or_default().extend(&grant.stretches);
    }
    let who = Facts { account: &account.name, role: account.role };
    let cases: BTreeSet<&str> = known_cases.into_iter().chain(granted.keys().copied()).collect();
    let mut seen = BTreeMap::new();
    for case in cases.into_iter().filter(|_| !account.disabled) {
        let stretches = granted.get(case);
        let about = Resource::Case { case_id: case.to_owned(), granted: stretches.is_some() };
        if policies.decide(&who, Action::SeeCase, &about, &Context::default()).allowed {
            seen.insert(case.to_owned(), stretches.cloned().unwrap_or_else(|| vec![Stretch::default()]));
        }
    }
    Viewer { account: account.name.clone(), role: account.role, scope: Scope::Cases(seen) }
}
