//! The server over real accounts, policies, audit and store: each sees their case, and what they did is in the chain.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use locard::access::audit::{Kind, each_entry, verify};
use locard::access::{Account, AccountStore, Grant, NewToken, PolicySources, Role, Secrets, Stretch};
use locard::query::{Desk, DeskOptions, Limits};
use locard::serve::AccountGate;
use locard::serve::flight::{Access, Running};
use locard::store::{Options, Table};
use locard::time::custody::CustodyRules;
use tonic::Code;

use super::client::{Client, answer, channel, enter, fetch, lines, shake, with_token};
use super::gate::HandClock;
use super::start;
use crate::world::{World, at, fix, incident, said};

const PASSWORD: &str = "correct horse battery staple";
/// Made once: a password's hash is slow on purpose.
static SECRETS: LazyLock<Secrets> = LazyLock::new(|| Secrets::of(PASSWORD).unwrap());

/// An account that may see one case, and a token of it that holds for a thousand seconds.
fn account(data: &Path, name: &str, role: Role, case: &str) -> String {
    let mut account = Account::new(name, role, SECRETS.clone(), "root", 0);
    account.grants.push(Grant {
        case_id: case.to_owned(),
        stretches: vec![Stretch::default()],
        by: "boss".to_owned(),
        when_us: 0,
        reason: "the case is theirs".to_owned(),
        until_us: None,
        withdrawn: None,
    });
    let store = AccountStore::open(&data.join("access")).unwrap();
    store.add(&account, false).unwrap();
    let NewToken { shown, record } = NewToken::random("a test", name, 0, 1_000_000_000);
    store
        .change(name, |account| {
            account.tokens.push(record);
            Ok(())
        })
        .unwrap();
    shown
}

struct Served {
    world: World,
    clock: Arc<HandClock>,
    server: Running,
}

async fn served() -> (Served, [String; 2]) {
    let world = World::new();
    let fixes: Vec<_> =
        (0..30).map(|n| fix(if n < 20 { "alpha" } else { "bravo" }, "phone", n, at(n), (51.5, -0.1))).collect();
    world.write(Table::Fixes, &fixes).await;
    let data = world.folder().to_owned();
    let tokens = [account(&data, "ann", Role::Analyst, "alpha"), account(&data, "bob", Role::Analyst, "bravo")];
    let options = DeskOptions { store: Options::default(), rules: CustodyRules::pace().unwrap(), threads: None };
    let desk = Desk::open(&world.url(), options).unwrap();
    let (policies, clock) = (PolicySources::built_in().check().unwrap(), Arc::new(HandClock::default()));
    let gate = AccountGate::open(&data, policies, desk, Limits::default(), clock.clone()).unwrap();
    let server = start(Arc::new(gate), clock.clone(), &Access::default()).await;
    (Served { world, clock, server }, tokens)
}

const COUNT: &str = "SELECT case_id, count(*) FROM fixes GROUP BY case_id";

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_their_own_case_and_no_ticket_carries_further() {
    let (Served { server, world: _world, .. }, [ann, bob]) = served().await;
    let (mut ann, mut bob) = (with_token(&server, &ann).await, with_token(&server, &bob).await);
    assert_eq!(answer(&mut ann, COUNT).await.unwrap(), ["alpha|20"]);
    assert_eq!(answer(&mut bob, COUNT).await.unwrap(), ["bravo|10"]);
    let reaching = "SELECT case_id FROM fixes WHERE case_id = 'bravo' OR true GROUP BY case_id";
    let info = ann.execute(reaching.to_owned(), None).await.unwrap();
    assert_eq!(fetch(&mut bob, info.clone()).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(lines(&fetch(&mut ann, info).await.unwrap()), ["alpha"]);
    let mut prepared = ann.prepare("SELECT count(*) FROM fixes WHERE case_id = ?".to_owned(), None).await.unwrap();
    for (case, count) in [("alpha", "20"), ("bravo", "0")] {
        let value = datafusion::arrow::array::StringArray::from(vec![case]);
        let batch = datafusion::arrow::array::RecordBatch::try_from_iter([("case", Arc::new(value) as _)]);
        prepared.set_parameters(batch.unwrap()).unwrap();
        let info = prepared.execute().await.unwrap();
        assert_eq!(lines(&fetch(&mut ann, info).await.unwrap()), [count]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_in_the_chain() {
    let (Served { server, world, .. }, [ann, _]) = served().await;
    let mut by_password: Client = enter(&server, "bob", PASSWORD).await;
    assert_eq!(answer(&mut by_password, COUNT).await.unwrap(), ["bravo|10"]);
    let told = shake(channel(&server).await, "bob", "a wrong password indeed").await.unwrap_err();
    assert_eq!(told.code(), Code::Unauthenticated);
    let mut ann = with_token(&server, &ann).await;
    assert!(answer(&mut ann, "DROP TABLE fixes").await.is_err());
    assert!(answer(&mut with_token(&server, "locard_none").await, "SELECT 1").await.is_err());
    server.stop().await;
    let folder = world.folder().join("audit");
    verify(&folder, None).unwrap();
    let mut all = Vec::new();
    each_entry(&folder, |entry| {
        all.extend(
            entry
                .map(|e| (e.kind, e.account.clone(), e.details.text.clone(), e.details.rows, e.details.tables.clone())),
        );
        Ok(())
    })
    .unwrap();
    let of = |kind: Kind| all.iter().filter(move |e| e.0 == kind).collect::<Vec<_>>();
    let accounts = |kind| of(kind).into_iter().map(|e| e.1.as_str()).collect::<Vec<_>>();
    assert_eq!(accounts(Kind::Login), ["bob", "ann"]);
    assert_eq!(accounts(Kind::Refused), ["bob", "a token"]);
    let queries = of(Kind::Query);
    assert_eq!(queries[0].2, COUNT);
    assert_eq!((queries[0].3, queries[0].4.as_slice()), (Some(1), ["fixes".to_owned()].as_slice()));
    assert_eq!((queries[1].1.as_str(), queries[1].2.as_str(), queries[1].3), ("ann", "DROP TABLE fixes", Some(0)));
    assert_eq!(queries.len(), 2);
}

/// Two incidents of a case, and somebody of another case at both.
async fn with_scenes(world: &World) {
    let scenes = [(40, (51.6, -0.2)), (90, (51.7, -0.3))];
    let mut events = vec![said("alpha", "o", 0, locard::model::CaseChange::Opened)];
    events.extend(scenes.iter().enumerate().map(|(n, (minute, place))| {
        let name = format!("i{n}");
        said("alpha", &name, 1, incident(&name, (at(*minute), at(minute + 5)), *place))
    }));
    world.write(Table::CaseEvents, &events).await;
    let there: Vec<_> = (100..).zip(scenes).map(|(id, (t, p))| fix("bravo", "burner", id, at(t), p)).collect();
    world.write(Table::Fixes, &there).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_state_what_a_scene_search_is_for() {
    const SEARCH: &str = "SELECT scenes, of_scenes, others FROM scene_search('alpha', 2, 500, INTERVAL '15 minutes')";
    let (Served { server, world, .. }, [ann, _]) = served().await;
    with_scenes(&world).await;
    let mut silent = with_token(&server, &ann).await;
    let told = answer(&mut silent, SEARCH).await.unwrap_err();
    assert!(told.message().contains("state what it is for"), "{told}");
    let mut stating = with_token(&server, &ann).await;
    stating.set_header("locard-purpose", "unknown man at two addresses");
    stating.set_header("locard-authority", "URN 2026/0317");
    assert_eq!(answer(&mut stating, SEARCH).await.unwrap(), ["2|2|1"; 2]);
    assert_eq!(answer(&mut stating, COUNT).await.unwrap(), ["alpha|20"]);
    server.stop().await;
    let mut all = Vec::new();
    each_entry(&world.folder().join("audit"), |entry| {
        all.extend(entry.map(|e| (e.kind, e.details.clone())));
        Ok(())
    })
    .unwrap();
    let searches: Vec<_> = all.iter().filter(|e| e.1.text == SEARCH).map(|e| &e.1).collect();
    assert_eq!(
        searches.iter().map(|d| d.purpose.as_deref().unwrap_or_default()).collect::<Vec<_>>(),
        ["", "unknown man at two addresses"]
    );
    assert_eq!(searches.iter().map(|d| d.others).collect::<Vec<_>>(), [None, Some(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_has_the_cases_of_its_own_question() {
    let (Served { server, world, .. }, [ann, _]) = served().await;
    let client = with_token(&server, &ann).await;
    let ask = |sql: &'static str| {
        let mut client = client.clone();
        async move { answer(&mut client, sql).await.unwrap() }
    };
    // As many as may be at once, in one session: two touch a case and two none.
    let none = "SELECT count(*) FROM fixes WHERE case_id = 'nowhere'";
    let both = futures::future::join_all((0..4).map(|n| ask(if n % 2 == 0 { COUNT } else { none })));
    assert_eq!(both.await.len(), 4);
    server.stop().await;
    let mut cases = Vec::new();
    each_entry(&world.folder().join("audit"), |entry| {
        cases.extend(entry.map(|e| (e.details.text.clone(), e.details.cases.clone())));
        Ok(())
    })
    .unwrap();
    let of = |sql: &str| cases.iter().filter(|e| e.0 == sql).map(|e| e.1.clone()).collect::<Vec<_>>();
    assert_eq!(of(COUNT), vec![vec!["alpha".to_owned()]; 2]);
    assert_eq!(of(none), vec![Vec::<String>::new(); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_holds_a_minute_longer_than_it_should_and_no_more() {
    let (Served { server, world, clock }, [ann, bob]) = served().await;
    let (mut ann, mut bob) = (with_token(&server, &ann).await, with_token(&server, &bob).await);
    assert!(answer(&mut ann, "SELECT 1").await.is_ok() && answer(&mut bob, "SELECT 1").await.is_ok());
    let store = AccountStore::open(&world.folder().join("access")).unwrap();
    store
        .change("ann", |account| {
            let id = account.tokens[0].id.clone();
            account.revoke(&id, 0).unwrap();
            Ok(())
        })
        .unwrap();
    clock.forward_s(60);
    assert_eq!(answer(&mut ann, "SELECT 1").await.unwrap_err().code(), Code::Unauthenticated);
    assert!(answer(&mut bob, "SELECT 1").await.is_ok());
    clock.forward_s(941);
    assert_eq!(answer(&mut bob, "SELECT 1").await.unwrap_err().code(), Code::Unauthenticated, "it has expired");
}
