use std::fs;

use super::*;

const PASSWORD: &str = "correct horse battery";

struct Made {
    folder: tempfile::TempDir,
    store: AccountStore,
}

impl Made {
    fn new(accounts: &[(&str, Role)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = AccountStore::open(folder.path()).unwrap();
        let secrets = Secrets::of(PASSWORD).unwrap();
        for (name, role) in accounts {
            store.add(&Account::new(name, *role, secrets.clone(), "first", 1), false).unwrap();
        }
        Self { folder, store }
    }
}

fn reason(result: Result<Account, AccessError>) -> Refusal {
    match result {
        Err(AccessError::Refused { reason, .. }) => reason,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn an_account_comes_in_by_its_password_and_a_shut_one_does_not() {
    let made = Made::new(&[("ann", Role::Analyst)]);
    let store = &made.store;
    assert_eq!(store.by_password("ann", PASSWORD).unwrap().role, Role::Analyst);
    assert_eq!(reason(store.by_password("ann", "another password")), Refusal::WrongPassword);
    assert_eq!(reason(store.by_password("bob", PASSWORD)), Refusal::NoAccount);
    assert_eq!(reason(store.by_password("../accounts/ann", PASSWORD)), Refusal::NoAccount);
    assert_eq!(store.after_scram("ann").unwrap().name, "ann");
    store
        .change("ann", |a| {
            a.disabled = true;
            Ok(())
        })
        .unwrap();
    assert_eq!(reason(store.by_password("ann", PASSWORD)), Refusal::Disabled);
    assert_eq!(reason(store.by_password("ann", "another password")), Refusal::WrongPassword);
    assert_eq!(reason(store.after_scram("ann")), Refusal::Disabled);
}

#[test]
fn another_store_on_the_folder_sees_a_change_at_once() {
    let made = Made::new(&[("ann", Role::Analyst)]);
    let other = AccountStore::open(made.folder.path()).unwrap();
    other
        .change("ann", |a| {
            a.secrets = Secrets::of("a new password of ann")?;
            Ok(())
        })
        .unwrap();
    assert_eq!(reason(made.store.by_password("ann", PASSWORD)), Refusal::WrongPassword);
    assert!(made.store.by_password("ann", "a new password of ann").is_ok());
    let unknown = made.store.scram_key("nobody").unwrap();
    assert_eq!(unknown, other.scram_key("nobody").unwrap(), "the made-up answer outlives the process");
    assert_ne!(made.store.scram_key("ann").unwrap(), ScramKey::made_up("ann", &[0; 32]));
}

#[test]
fn a_token_comes_in_until_it_expires_and_not_after_its_account_is_shut() {
    let made = Made::new(&[("ann", Role::Analyst)]);
    let store = &made.store;
    let first = NewToken::random("notebook", "ann", 10, 20);
    store
        .change("ann", |a| {
            a.tokens.push(first.record.clone());
            Ok(())
        })
        .unwrap();
    assert_eq!(store.by_token(&first.shown, 19).unwrap().name, "ann");
    assert_eq!(reason(store.by_token(&first.shown, 20)), Refusal::ExpiredToken);
    assert_eq!(reason(store.by_token(&NewToken::random("", "ann", 0, 9).shown, 5)), Refusal::WrongToken);
    assert_eq!(reason(store.by_token("locard_", 5)), Refusal::WrongToken);
    store.change("ann", |a| Ok(a.revoke(&first.record.id, 15)?)).unwrap();
    assert_eq!(reason(store.by_token(&first.shown, 16)), Refusal::RevokedToken);
    let again = store.change("ann", |a| Ok(a.revoke(&first.record.id, 16)?)).unwrap_err();
    assert!(matches!(again, AccessError::Change(ChangeFault::NoSuchToken { .. })));

    let second = NewToken::random("notebook", "ann", 10, 20);
    store
        .change("ann", |a| {
            a.tokens.push(second.record.clone());
            a.disabled = true;
            Ok(())
        })
        .unwrap();
    assert_eq!(reason(store.by_token(&second.shown, 11)), Refusal::Disabled);
}

#[test]
fn names_are_taken_once_in_any_capitals_and_the_first_is_the_first() {
    let made = Made::new(&[("ann", Role::Administrator)]);
    let store = &made.store;
    let secrets = store.read("ann").unwrap().unwrap().secrets;
    let add = |name: &str, first| store.add(&Account::new(name, Role::Analyst, secrets.clone(), "ann", 1), first);
    assert!(matches!(add("ANN", false), Err(AccessError::Taken(name)) if name == "ann"));
    assert!(matches!(add("bob", true), Err(AccessError::Taken(_))), "there is an account already");
    assert!(matches!(add("../bob", false), Err(AccessError::Name { .. })));
    add("bob", false).unwrap();
    assert_eq!(store.all().unwrap().iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
}

#[test]
fn one_administrator_is_always_left() {
    let made = Made::new(&[("ann", Role::Administrator), ("bob", Role::Administrator)]);
    let store = &made.store;
    let shut = |name: &str| {
        store.change(name, |a| {
            a.disabled = true;
            Ok(())
        })
    };
    shut("ann").unwrap();
    let last = shut("bob").unwrap_err();
    assert!(matches!(last, AccessError::Change(ChangeFault::LastAdministrator(_))), "{last}");
    assert!(!store.read("bob").unwrap().unwrap().disabled, "nothing was written");
}

#[test]
fn of_many_changes_at_a_time_none_is_lost() {
    let made = Made::new(&[("ann", Role::Analyst)]);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = AccountStore::open(made.folder.path()).unwrap();
            scope.spawn(move || {
                for i in 0..8 {
                    let token = NewToken::random(&format!("{thread}-{i}"), "ann", 0, 1).record;
                    store
                        .change("ann", |a| {
                            a.tokens.push(token);
                            Ok(())
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(made.store.read("ann").unwrap().unwrap().tokens.len(), 32);
}

#[test]
fn a_broken_file_lets_nobody_in_and_says_which() {
    let made = Made::new(&[("ann", Role::Analyst)]);
    fs::write(made.folder.path().join("accounts/ann.json"), "{\"name\":\"ann\"").unwrap();
    let error = made.store.by_password("ann", PASSWORD).unwrap_err();
    assert!(matches!(error, AccessError::Broken { .. }) && error.to_string().contains("ann.json"), "{error}");
    fs::write(made.folder.path().join("secret"), "short").unwrap();
    assert!(matches!(AccountStore::open(made.folder.path()), Err(AccessError::Broken { .. })));
}

#[test]
fn a_withdrawn_grant_stays_in_the_account_and_no_longer_holds() {
    let made = Made::new(&[("ann", Role::Investigator)]);
    let store = &made.store;
    let grant = Grant {
        case_id: "C1".to_owned(),
        stretches: vec![Stretch { from_us: Some(5), until_us: None }],
        by: "sam".to_owned(),
        when_us: 10,
        reason: "team".to_owned(),
        until_us: None,
        withdrawn: None,
    };
    store
        .change("ann", |a| {
            a.grants.push(grant.clone());
            Ok(())
        })
        .unwrap();
    assert_eq!(store.read("ann").unwrap().unwrap().grants_at(11).collect::<Vec<_>>(), [&grant]);
    let end = Withdrawal { by: "sam".to_owned(), when_us: 20, reason: "left".to_owned() };
    assert!(store.change("ann", |a| Ok(a.withdraw("C2", &end)?)).is_err());
    assert_eq!(store.change("ann", |a| Ok(a.withdraw("C1", &end)?)).unwrap(), 1);
    let account = store.read("ann").unwrap().unwrap();
    assert_eq!((account.grants.len(), account.grants_at(21).count()), (1, 0));
}
