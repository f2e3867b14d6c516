//! The gate, with real accounts, policies and an audit on disk.

use futures::TryStreamExt as _;
use url::Url;

use super::*;
use crate::access::audit::{each_entry, verify};
use crate::access::{Grant, PolicySources, Role, Secrets, Stretch};
use crate::query::DeskOptions;
use crate::store::Options;
use crate::time::FixedClock;
use crate::time::custody::CustodyRules;

const NOW_US: i64 = 1_764_000_000_000_000;
pub(in crate::serve) const PASSWORD: &str = "correct horse battery staple";

fn gate(data: &Path) -> AccountGate {
    gate_by(data, PolicySources::built_in().check().unwrap())
}

/// A gate that decides by policies.
pub(in crate::serve) fn gate_by(data: &Path, policies: Policies) -> AccountGate {
    let options = DeskOptions { store: Options::default(), rules: CustodyRules::pace().unwrap(), threads: None };
    let desk = Desk::open(&Url::from_directory_path(data).unwrap(), options).unwrap();
    AccountGate::open(data, policies, desk, Limits::default(), Arc::new(FixedClock(NOW_US))).unwrap()
}

pub(in crate::serve) fn account(data: &Path, name: &str, role: Role, case: Option<&str>) {
    let mut account = Account::new(name, role, Secrets::of(PASSWORD).unwrap(), "root", NOW_US);
    account.grants.extend(case.map(|case_id| Grant {
        case_id: case_id.to_owned(),
        stretches: vec![Stretch::default()],
        by: "boss".to_owned(),
        when_us: NOW_US,
        reason: "the case is theirs".to_owned(),
        until_us: None,
        withdrawn: None,
    }));
    AccountStore::open(&data.join("access")).unwrap().add(&account, false).unwrap();
}

fn password(name: &str, password: &str) -> Proof {
    Proof::Password { account: name.to_owned(), password: password.to_owned() }
}

/// Kind, account and fault of each entry.
fn written(data: &Path) -> Vec<(Kind, String, bool)> {
    let folder = data.join("audit");
    verify(&folder, None).unwrap();
    let mut all = Vec::new();
    each_entry(&folder, |entry| {
        all.extend(entry.map(|e| (e.kind, e.account.clone(), e.details.fault.is_some())));
        Ok(())
    })
    .unwrap();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_in_sees_what_was_granted_and_all_of_it_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    account(folder.path(), "ann", Role::Analyst, Some("C-1"));
    let gate = gate(folder.path());
    let session = gate.enter(password("ann", PASSWORD), "192.0.2.7:5").await.unwrap();
    assert!(session.viewer().scope.sees_case("C-1") && !session.viewer().scope.sees_case("C-2"));
    let plan = session.plan("SELECT 41 + 1").await.unwrap();
    let rows: Vec<_> = session.run(plan).await.unwrap().try_collect().await.unwrap();
    assert_eq!(rows[0].num_rows(), 1);
    let query = Happening::Query {
        sql: "SELECT 41 + 1".to_owned(),
        parameters: Vec::new(),
        tables: Vec::new(),
        rows: 1,
        millis: 2,
        fault: None,
    };
    gate.note(Some(&session), query).await.unwrap();
    let ann = || "ann".to_owned();
    assert_eq!(written(folder.path()), [(Kind::Login, ann(), false), (Kind::Query, ann(), false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_hears_one_thing_and_the_audit_another() {
    let folder = tempfile::tempdir().unwrap();
    account(folder.path(), "ann", Role::Analyst, None);
    account(folder.path(), "adm", Role::Administrator, None);
    let gate = gate(folder.path());
    let mut heard = Vec::new();
    for proof in [
        password("ann", "a wrong password indeed"),
        password("nobody", PASSWORD),
        password("adm", PASSWORD),
        Proof::Scram { account: "nobody".to_owned() },
        Proof::Token("locard_none_none".to_owned()),
    ] {
        heard.push(gate.enter(proof, "192.0.2.7:5").await.err().unwrap().to_string());
    }
    heard.dedup();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let written = written(folder.path());
    assert_eq!(written.len(), 5, "{written:?}");
    assert!(written.iter().all(|(kind, _, fault)| *kind == Kind::Refused && *fault), "{written:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_has_a_secret_too_and_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    account(folder.path(), "ann", Role::Analyst, None);
    let gate = gate(folder.path());
    let (ann, nobody) = (gate.scram_secret("ann").await, gate.scram_secret("nobody").await);
    assert_eq!(nobody, gate.scram_secret("nobody").await);
    assert_ne!(ann.salted_password, nobody.salted_password);
    let shape = |s: &ScramSecret| (s.salt.len(), s.iterations, s.salted_password.len());
    assert_eq!(shape(&ann), shape(&nobody));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_accounts_cannot_be_read_the_secret_is_one_that_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    account(folder.path(), "ann", Role::Analyst, None);
    let gate = gate(folder.path());
    let ann = gate.scram_secret("ann").await;
    std::fs::write(folder.path().join("access/accounts/ann.json"), "damaged").unwrap();
    let (one, two) = (gate.scram_secret("ann").await, gate.scram_secret("ann").await);
    assert_eq!((one.iterations, one.salt.len(), one.salted_password.len()), (ann.iterations, 16, 32));
    assert!(one.salted_password != two.salted_password && one.salt != two.salt, "a known key would let anybody in");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    account(folder.path(), "ann", Role::Analyst, Some("C-1"));
    let gate = gate(folder.path());
    std::fs::remove_dir_all(folder.path().join("audit")).unwrap();
    std::fs::write(folder.path().join("audit"), "in the way").unwrap();
    let refused = gate.enter(password("ann", PASSWORD), "192.0.2.7:5").await.err().unwrap();
    assert!(refused.to_string().contains("cannot be written down"), "{refused}");
}

/// Between the answer to whether somebody may ask and their first question other policies may come into force.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_in_by_policies_that_hold_no_more_is_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    account(folder.path(), "ann", Role::Analyst, Some("C-1"));
    let gate = gate(folder.path());
    let (before, ann) = (gate.policies.now(), gate.accounts.read("ann").unwrap().unwrap());
    let nobody = r#"@id("nobody") forbid (principal, action == Action::"ask", resource);"#;
    let forbidding = PolicySources::of([("local.cedar".to_owned(), nobody.to_owned())]).check().unwrap();
    let session = gate.session(ann, &before, None, "192.0.2.7:5").await.unwrap();
    session.confirm().await.unwrap();
    gate.adopt(forbidding).await.unwrap();
    let ann = gate.accounts.read("ann").unwrap().unwrap();
    let late = gate.session(ann, &before, None, "192.0.2.7:5").await.unwrap();
    for session in [session, late] {
        let told = session.confirm().await.unwrap_err().to_string();
        assert!(told.contains("other policies"), "{told}");
    }
}
