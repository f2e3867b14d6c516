//! A folder of policies that is edited while sessions are open.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::access::audit::{Kind, each_entry, verify};
use crate::access::{Role, Scope};
use crate::query::{Gate as _, Proof, Session};
use crate::serve::gate::tests::{PASSWORD, account, gate_by};

/// A store with two accounts, a folder of policies beside it, and who watches it.
struct House {
    folder: tempfile::TempDir,
    gate: AccountGate,
    watch: PolicyWatch,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    std::fs::create_dir(&policies).unwrap();
    std::fs::write(policies.join("default.cedar"), include_str!("../../policies/default.cedar")).unwrap();
    for (name, role) in [("ann", Role::Analyst), ("aud", Role::Auditor)] {
        account(folder.path(), name, role, Some("C-1"));
    }
    let sources = PolicySources::folder(&policies).unwrap();
    let gate = gate_by(folder.path(), sources.check().unwrap());
    House { watch: PolicyWatch::new(policies, sources), folder, gate }
}

impl House {
    fn write(&self, text: &str) {
        std::fs::write(self.folder.path().join("policies/local.cedar"), text).unwrap();
    }

    async fn look(&mut self) {
        self.watch.look(&self.gate).await;
    }

    async fn enter(&self, name: &str) -> Arc<Session> {
        let proof = Proof::Password { account: name.to_owned(), password: PASSWORD.to_owned() };
        self.gate.enter(proof, "192.0.2.7:5").await.unwrap()
    }

    /// Of each entry about policies its text and fault.
    fn said(&self) -> Vec<(String, Option<String>)> {
        said(&self.folder.path().join("audit"))
    }
}

fn said(audit: &Path) -> Vec<(String, Option<String>)> {
    verify(audit, None).unwrap();
    let mut all = Vec::new();
    each_entry(audit, |entry| {
        let of_policies = entry.filter(|e| e.kind == Kind::Policies);
        all.extend(of_policies.map(|e| (e.details.text.clone(), e.details.fault.clone())));
        Ok(())
    })
    .unwrap();
    all
}

/// Whether a session sees its case now; or what it is told.
async fn sees(session: &Session) -> Result<bool, String> {
    session.confirm().await.map_err(|e| e.to_string())?;
    Ok(matches!(&*session.scope(), Scope::Cases(cases) if cases.contains_key("C-1")))
}

const NOT_ANN: &str = r#"@id("not-ann") forbid (principal == Account::"ann", action == Action::"see_case", resource);"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forbidden_in_the_folder_holds_for_sessions_that_are_open() {
    let mut house = house();
    house.gate.say_policies().await.unwrap();
    let before = house.gate.policies().now().digest().to_owned();
    let ann = house.enter("ann").await;
    assert_eq!(sees(&ann).await, Ok(true));
    house.write(NOT_ANN);
    house.look().await;
    assert_eq!(sees(&ann).await, Ok(true), "it may not be written to its end yet");
    house.look().await;
    assert_eq!(sees(&ann).await, Ok(false));
    house.look().await;
    let now = house.gate.policies().now().digest().to_owned();
    assert_ne!(now, before);
    let in_force = format!("in force: {now}, before: {before}");
    assert_eq!(house.said(), [(format!("in force: {before}"), None), (in_force, None)], "each once");
    std::fs::remove_file(house.folder.path().join("policies/local.cedar")).unwrap();
    house.look().await;
    house.look().await;
    assert_eq!(sees(&ann).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_changes_nothing_and_is_said_once() {
    let mut house = house();
    let before = house.gate.policies().now().digest().to_owned();
    house.write("forbid (principal, action, resource");
    for _ in 0..4 {
        house.look().await;
    }
    std::fs::remove_dir_all(house.folder.path().join("policies")).unwrap();
    for _ in 0..4 {
        house.look().await;
    }
    assert_eq!(house.gate.policies().now().digest(), before);
    let said = house.said();
    assert!(said.iter().all(|(text, _)| *text == format!("still in force: {before}")), "{said:?}");
    let faults: Vec<_> = said.into_iter().filter_map(|(_, fault)| fault).collect();
    assert!(
        matches!(&faults[..], [wrong, gone] if wrong.contains("local.cedar:1") && gone.contains("policies")),
        "{faults:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_ask_or_not_read_the_audit_any_more_comes_in_again() {
    let mut house = house();
    let (ann, aud) = (house.enter("ann").await, house.enter("aud").await);
    house.write(r#"@id("no-audit") forbid (principal, action == Action::"read_audit", resource);"#);
    house.look().await;
    house.look().await;
    assert_eq!(sees(&ann).await, Ok(true), "she never read it");
    assert!(sees(&aud).await.unwrap_err().contains("other policies"));
    house.write(r#"@id("nobody") forbid (principal, action == Action::"ask", resource);"#);
    house.look().await;
    house.look().await;
    assert!(sees(&ann).await.unwrap_err().contains("other policies"));
}
