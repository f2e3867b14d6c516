use std::fs;

use super::*;

fn default() -> Policies {
    PolicySources::built_in().check().unwrap()
}

fn edited(text: &str) -> Result<Policies, PolicyError> {
    PolicySources::of([("edited.cedar".to_owned(), text.to_owned())]).check()
}

fn case(granted: bool) -> Resource {
    Resource::Case { case_id: "C \"1\"".to_owned(), granted }
}

fn about(action: Action, granted: bool) -> Resource {
    match action {
        Action::SeeCase | Action::Export | Action::GrantCase | Action::Watch => case(granted),
        Action::Ask | Action::SearchScenes | Action::ReadAudit | Action::ManageAccounts => Resource::System,
    }
}

fn stated() -> Context {
    let to = Some(("bob".to_owned(), Role::Investigator));
    Context { purpose: "find the driver".to_owned(), authority: "RIPA 123".to_owned(), to }
}

/// What each role may do with a case that is granted, with everything stated. A row a role, a column an action.
const MAY: [(Role, [bool; 8]); 5] = [
    //                    see   ask   export scenes audit accounts grant watch
    (Role::Investigator, [true, true, true, true, false, false, false, true]),
    (Role::Supervisor, [true, true, true, true, false, false, true, true]),
    (Role::Analyst, [true, true, true, true, false, false, false, true]),
    (Role::Auditor, [false, true, false, false, true, false, false, false]),
    (Role::Administrator, [false, false, false, false, false, true, false, false]),
];

#[test]
fn each_role_may_do_what_the_table_says_and_no_more() {
    let policies = default();
    assert_eq!(MAY.map(|(role, _)| role), Role::ALL);
    for (role, row) in MAY {
        let who = Facts { account: "ann", role };
        for (action, expected) in Action::ALL.into_iter().zip(row) {
            let decision = policies.decide(&who, action, &about(action, true), &stated());
            assert_eq!(decision.allowed, expected, "{role} {}: {decision:?}", action.as_str());
            assert_eq!(decision.by.is_empty(), !expected, "{decision:?}");
            assert_eq!(decision.faults, [""; 0], "{role} {}", action.as_str());

            // Without the grant no role sees, exports or watches; all else is as it was.
            let of_grant = matches!(action, Action::SeeCase | Action::Export | Action::Watch);
            let without = policies.decide(&who, action, &about(action, false), &stated());
            assert_eq!(without.allowed, expected && !of_grant, "{role} {}", action.as_str());
        }
    }
}

#[test]
fn a_scene_search_needs_purpose_and_authority() {
    let policies = default();
    let who = Facts { account: "ann", role: Role::Analyst };
    for (purpose, authority) in [("", "RIPA 123"), ("find the driver", ""), ("  \t", "RIPA 123")] {
        let context = Context { purpose: purpose.to_owned(), authority: authority.to_owned(), to: None };
        assert!(!policies.decide(&who, Action::SearchScenes, &Resource::System, &context).allowed, "{context:?}");
    }
}

#[test]
fn nobody_grants_to_themselves_or_to_those_who_see_no_case() {
    let policies = default();
    let who = Facts { account: "sam", role: Role::Supervisor };
    let grant = |to: Option<(&str, Role)>| {
        let context = Context { to: to.map(|(name, role)| (name.to_owned(), role)), ..Context::default() };
        policies.decide(&who, Action::GrantCase, &case(false), &context)
    };
    assert!(grant(Some(("ann", Role::Analyst))).allowed);
    let own = grant(Some(("sam", Role::Supervisor)));
    assert!(!own.allowed && own.by == ["nobody-grants-to-themselves"], "{own:?}");
    let auditor = grant(Some(("eve", Role::Auditor)));
    assert!(!auditor.allowed && auditor.by == ["no-case-for-those-who-see-none"], "{auditor:?}");
    let nobody = grant(None);
    assert!(!nobody.allowed && nobody.faults.len() == 1, "{nobody:?}");
}

#[test]
fn an_action_about_the_wrong_thing_is_refused() {
    let who = Facts { account: "ann", role: Role::Investigator };
    let decision = default().decide(&who, Action::SeeCase, &Resource::System, &Context::default());
    assert!(!decision.allowed && decision.faults.len() == 1, "{decision:?}");
}

#[test]
fn an_edited_policy_changes_the_decision() {
    let who = Facts { account: "ann", role: Role::Analyst };
    let see = |p: &Policies| p.decide(&who, Action::SeeCase, &case(true), &Context::default());
    assert!(see(&default()).allowed);
    let text = include_str!("../../policies/default.cedar");
    let stricter = edited(&text.replace(", Role::\"analyst\"].contains", "].contains")).unwrap();
    assert!(!see(&stricter).allowed);
    assert_ne!(stricter.digest(), default().digest());
    let forbidding =
        edited(&format!("{text}\n@id(\"not ann\") forbid (principal == Account::\"ann\", action, resource);"));
    let decision = see(&forbidding.unwrap());
    assert!(!decision.allowed && decision.by == ["not ann"], "{decision:?}");
}

#[test]
fn a_rule_that_cannot_be_evaluated_denies() {
    let text = "permit (principal, action, resource);
        forbid (principal, action == Action::\"grant_case\", resource)
        when { context.to == \"ann\" && 9223372036854775807 + 1 > 0 };";
    let policies = edited(text).unwrap();
    let who = Facts { account: "sam", role: Role::Supervisor };
    let grant = |to: &str| {
        let context = Context { to: Some((to.to_owned(), Role::Analyst)), ..Context::default() };
        policies.decide(&who, Action::GrantCase, &case(true), &context)
    };
    assert!(grant("bob").allowed);
    let denied = grant("ann");
    assert!(!denied.allowed && denied.faults.len() == 1 && denied.faults[0].contains("overflow"), "{denied:?}");
}

#[test]
fn a_broken_policy_is_refused_with_file_and_line() {
    let fine = "permit (principal, action, resource);\n";
    for (broken, line, said) in [
        ("\npermit (principal, action, resource;\n", 3, "unexpected token"),
        ("permit (principal, action, resource) when { principal.rank == 3 };", 2, "rank"),
        ("permit (principal, action == Action::\"fly\", resource);", 2, "fly"),
        ("permit (principal, action, resource)\nwhen { principal.role == Role::\"investigater\" };", 3, "investigater"),
        ("permit (principal == ?principal, action, resource);", 2, "template"),
        (
            "@id(\"a\") permit (principal, action, resource);\n\n@id(\"a\") forbid (principal, action, resource);",
            2,
            "a",
        ),
        ("permit (principal, action == Action::\"ask\", resource) when { resource has granted };", 2, "impossible"),
    ] {
        let error = edited(&format!("{fine}{broken}")).unwrap_err();
        let PolicyError::Wrong { file, line: found, detail } = &error else { unreachable!("{error}") };
        assert_eq!((file.as_str(), *found), ("edited.cedar", line), "{error}");
        assert!(detail.contains(said), "{error}");
        assert!(error.to_string().starts_with(&format!("edited.cedar:{line}: ")), "{error}");
    }
}

#[test]
fn a_folder_takes_the_place_of_what_is_built_in() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    assert!(matches!(PolicySources::folder(folder.path()), Err(PolicyError::Empty { .. })));
    put("b.cedar", "permit (principal, action == Action::\"ask\", resource);");
    put("a.cedar", "permit (principal, action == Action::\"ask\", resource);");
    put("README.txt", "not a policy");
    put("locard.cedarschema", include_str!("../../policies/locard.cedarschema"));
    let policies = PolicySources::folder(folder.path()).unwrap().check().unwrap();
    let who = Facts { account: "eve", role: Role::Auditor };
    let decision = policies.decide(&who, Action::Ask, &Resource::System, &Context::default());
    assert!(decision.allowed && decision.by.len() == 2 && decision.by[0].ends_with("a.cedar#policy0"), "{decision:?}");
    put("locard.cedarschema", "entity Account;\n");
    let error = PolicySources::folder(folder.path()).unwrap_err().to_string();
    assert!(error.contains("locard.cedarschema:1: "), "{error}");
}

#[test]
fn a_viewer_sees_the_stretches_that_are_granted_now() {
    let secrets: Secrets =
        serde_json::from_str(r#"{"argon2id":"","scram":{"salt":"","iterations":1,"salted_password":""}}"#).unwrap();
    let grant = |case: &str, stretches: &[Stretch], until_us| Grant {
        case_id: case.to_owned(),
        stretches: stretches.to_vec(),
        by: "sam".to_owned(),
        when_us: 10,
        reason: "team".to_owned(),
        until_us,
        withdrawn: None,
    };
    let (early, late) = (Stretch { from_us: None, until_us: Some(5) }, Stretch { from_us: Some(9), until_us: None });
    let mut account = Account::new("ann", Role::Analyst, secrets, "first", 1);
    account.grants = vec![
        grant("C1", &[early], None),
        grant("C1", &[late], None),
        grant("C2", &[Stretch::default()], Some(20)),
        grant("C3", &[], None),
    ];
    let known = ["C1", "C2", "C4"];
    let scope = |account: &Account, policies: &Policies, now_us| viewer_of(account, policies, known, now_us).scope;
    let Scope::Cases(cases) = scope(&account, &default(), 15) else { unreachable!() };
    assert_eq!(cases["C1"], [early, late]);
    assert_eq!(cases.keys().collect::<Vec<_>>(), ["C1", "C2", "C3"]);
    assert!(!scope(&account, &default(), 15).sees_case("C3"), "a grant of nothing shows nothing");
    assert!(!scope(&account, &default(), 20).sees_case("C2"), "its time is over");
    assert!(!scope(&account, &default(), 9).sees_case("C1"), "its time is still to come");

    let open = edited("permit (principal, action == Action::\"see_case\", resource);").unwrap();
    let shown = scope(&account, &open, 15);
    assert!(shown.sees("C4", 0, 1) && !shown.sees("C1", 6, 7), "a grant's stretches hold where there is a grant");
    account.role = Role::Administrator;
    assert_eq!(scope(&account, &default(), 15), Scope::default());
    account.disabled = true;
    assert_eq!(scope(&account, &open, 15), Scope::default());
}
