//! The same over PostgreSQL's protocol, with real accounts: what is set, exported, withdrawn, and tried too often.

use std::sync::Arc;

use locard::access::Role;
use locard::access::audit::Kind;
use locard::model::CaseChange;
use locard::query::Gate;
use locard::serve::pg::{Access, Running, Server};
use locard::store::Table;
use tokio::net::TcpListener;

use super::client::Client;
use super::house::{House, PASSWORD};
use super::world::{World, at, fix, incident, said};

const HERE: (f64, f64) = (51.5, -0.1);
const SEARCH: &str = "SELECT device_id, scene, others FROM scene_search('alpha', 2, 500, 900) ORDER BY 2";

async fn house(edit: Option<(&str, &str)>) -> (Arc<House>, Running) {
    let world = World::new();
    let mut events = vec![said("alpha", "o", 0, CaseChange::Opened), said("bravo", "o2", 0, CaseChange::Opened)];
    events.extend([("i1", 0), ("i2", 2_000)].map(|(i, m)| said("alpha", i, 1, incident(i, (at(m), at(m + 60)), HERE))));
    world.write(Table::CaseEvents, &events).await;
    let mut rows: Vec<_> = (0..3_000).map(|n| fix("alpha", "phone", n, at(n), HERE)).collect();
    rows.push(fix("bravo", "burner", 9_000, at(5), HERE));
    world.write(Table::Fixes, &rows).await;
    let house = match edit {
        Some((from, to)) => House::edited(world, from, to),
        None => House::new(world),
    };
    let house = Arc::new(house);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gate: Arc<dyn Gate> = house.clone();
    let server = Server::start(listener, gate, &Access::default()).unwrap();
    (house, server)
}

async fn ann(house: &House, server: &Running, cases: &[&str]) -> Client {
    house.account("ann", Role::Analyst, cases);
    Client::enter(server.address(), "ann", PASSWORD, &[]).await.unwrap()
}

fn row(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| Some((*value).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scene_search_is_asked_with_what_was_set() {
    let (house, server) = house(None).await;
    let mut client = ann(&house, &server, &["alpha"]).await;
    assert_eq!(client.rows(SEARCH).await, Err("42501".to_owned()));
    assert_eq!(house.last().kind, Kind::Refused);
    assert_eq!(client.tags("SET locard.purpose = 'find who was there'").await.0, ["SET"]);
    assert_eq!(client.rows(SEARCH).await, Err("42501".to_owned()), "the authority is missing");
    client.tags("SET locard.authority TO 'DSU Made-up'").await;
    assert_eq!(client.rows("SHOW locard.purpose").await.unwrap(), [row(&["find who was there"])]);
    let found = [row(&["phone", "i1", "1"]), row(&["phone", "i2", "1"])];
    assert_eq!(client.rows(SEARCH).await.unwrap(), found);
    let entry = house.last();
    assert_eq!((entry.kind, entry.details.others, entry.details.rows), (Kind::Query, Some(1), Some(2)));
    assert_eq!(entry.details.authority.as_deref(), Some("DSU Made-up"));
    assert!(entry.client.starts_with("127.0.0.1:"), "{}", entry.client);
    client.extended(SEARCH, 0).await;
    client.send('S', b"").await;
    let letters: String = client.until('Z').await.iter().map(|m| m.letter).collect();
    assert_eq!(letters, "12DDCZ", "prepared and bound too");
    client.tags("RESET ALL").await;
    assert_eq!(client.rows(SEARCH).await, Err("42501".to_owned()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_to_the_client_is_an_export() {
    let forbid = "@id(\"bravo-stays\") forbid (principal, action == Action::\"export\", resource)\n\
                  when { resource.case_id == \"bravo\" };\n// Four eyes:";
    let (house, server) = house(Some(("// Four eyes:", forbid))).await;
    let mut client = ann(&house, &server, &["alpha", "bravo"]).await;
    let copy = |case: &str| format!("COPY (SELECT fix_id FROM fixes WHERE case_id = '{case}') TO STDOUT");
    let copied = client.ask(&copy("alpha")).await;
    assert_eq!(copied.iter().filter(|m| m.letter == 'd').count(), 3_000);
    let entry = house.last();
    assert_eq!(
        (entry.kind, entry.details.rows, &entry.details.cases[..]),
        (Kind::Export, Some(3_000), &["alpha".to_owned()][..])
    );
    for refused in [copy("bravo"), "COPY fixes TO STDOUT".to_owned()] {
        let messages = client.ask(&refused).await;
        let error = messages.iter().find(|m| m.letter == 'E').unwrap();
        assert_eq!(error.field(b'C'), "42501");
        assert!(messages.iter().all(|m| m.letter != 'd'), "no row leaves");
        assert_eq!(house.last().kind, Kind::Refused);
    }
    assert_eq!(client.rows("SELECT count(*) FROM fixes").await.unwrap(), [row(&["3001"])]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_is_gone_from_an_open_connection_and_from_its_cursors() {
    let (house, server) = house(None).await;
    let mut client = ann(&house, &server, &["alpha", "bravo"]).await;
    client.tags("PREPARE p AS SELECT DISTINCT case_id FROM fixes ORDER BY 1").await;
    assert_eq!(client.rows("EXECUTE p").await.unwrap().len(), 2);
    client.tags("BEGIN").await;
    client.tags("DECLARE c CURSOR FOR SELECT a.fix_id FROM fixes a CROSS JOIN fixes b").await;
    assert_eq!(client.rows("FETCH 3 FROM c").await.unwrap().len(), 3);
    house.withdraw("ann", "bravo");
    assert_eq!(client.rows("FETCH 3 FROM c").await, Err("42501".to_owned()));
    client.tags("ROLLBACK").await;
    assert_eq!(client.rows("EXECUTE p").await.unwrap(), [row(&["alpha"])]);
    house.change("ann", |account| account.disabled = true);
    assert_eq!(client.rows("SELECT 1").await, Err("42501".to_owned()));
    assert!(house.last().details.fault.unwrap().contains("disabled"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_written_down_with_where_it_came_from() {
    let (house, server) = house(None).await;
    house.account("ann", Role::Analyst, &[]);
    let wrong = Client::enter(server.address(), "ann", "not the password at all", &[]).await.err().unwrap();
    assert_eq!(wrong.field(b'C'), "28P01");
    let entry = house.last();
    assert_eq!((entry.kind, entry.account.as_str()), (Kind::Refused, "ann"));
    assert!(entry.client.starts_with("127.0.0.1:") && entry.details.fault.unwrap().contains("wrong password"));
    assert!(Client::enter(server.address(), "ann", PASSWORD, &[]).await.is_ok(), "after its wait");
    // Six that failed, and a third that would have to wait longer than anybody waits.
    for _ in 0..6 {
        house.gate.turned_away("ben", "127.0.0.1:9", "wrong password", true).await.unwrap();
    }
    let tries = (0..3).map(|_| house.gate.scram_secret_for("ben", "127.0.0.1:9"));
    let tries: Vec<bool> = futures::future::join_all(tries).await.iter().map(Result::is_ok).collect();
    assert_eq!(tries, [true, true, false]);
    assert!(house.gate.scram_secret_for("ben", "127.0.0.2:9").await.is_ok(), "from elsewhere it is not held up");
    server.stop().await;
}
