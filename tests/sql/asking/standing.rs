//! What ends when something is taken away, and what is written down of a question.

use std::sync::Arc;

use futures::StreamExt as _;
use locard::access::audit::Kind;
use locard::access::{Account, Role, Secrets};
use locard::model::CaseChange;
use locard::query::{QueryError, Session, Stated};
use locard::store::Table;

use super::house::{CLIENT, House, export};
use super::world::{World, at, fix, lines, said};

const CASES: &str = "SELECT case_id FROM cases ORDER BY 1";

async fn world() -> World {
    let world = World::new();
    for (n, case) in ["alpha", "bravo"].into_iter().enumerate() {
        world.write(Table::CaseEvents, &[said(case, "o", 0, CaseChange::Opened)]).await;
        let base = i64::try_from(n).unwrap() * 10_000;
        let rows: Vec<_> = (0..2_000).map(|n| fix(case, "phone", base + n, at(n), (51.5, -0.1))).collect();
        world.write(Table::Fixes, &rows).await;
    }
    world
}

async fn ann(cases: &[&str]) -> (House, Arc<Session>) {
    let house = House::new(world().await);
    let token = house.account("ann", Role::Analyst, cases);
    let session = house.come_in(&token).await.unwrap();
    (house, session)
}

fn refused(error: &QueryError) -> &str {
    if let QueryError::Refused(why) = error { why } else { "" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_withdrawn_is_gone_at_the_next_question_and_a_new_one_is_there() {
    let (house, session) = ann(&["alpha", "bravo"]).await;
    let planned = session.plan("SELECT DISTINCT case_id FROM fixes").await.unwrap();
    assert_eq!(lines(&session, CASES).await.unwrap(), ["alpha", "bravo"]);
    house.withdraw("ann", "bravo");
    assert_eq!(lines(&session, CASES).await.unwrap(), ["alpha"]);
    let mut rows = session.run(planned).await.unwrap();
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    assert_eq!(count, 1, "a plan that was made before shows no more");
    let devices = "SELECT case_id FROM devices UNION SELECT case_id FROM track('phone')";
    assert_eq!(lines(&session, devices).await.unwrap(), ["alpha"], "nor what is made of others' tables");
    house.grant("ann", "bravo", Some(house.now_us() + 1_000));
    assert_eq!(lines(&session, CASES).await.unwrap(), ["alpha", "bravo"]);
    house.goes_by(1_000);
    assert_eq!(lines(&session, CASES).await.unwrap(), ["alpha"], "its time is over, and no file was changed");
    assert!(session.viewer().scope.sees_case("bravo") && !session.scope().sees_case("bravo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_on_their_way_end_when_something_is_taken_away() {
    let (house, session) = ann(&["alpha", "bravo"]).await;
    let sql = "SELECT a.fix_id, b.fix_id FROM fixes a CROSS JOIN fixes b";
    let mut rows = session.run(session.plan(sql).await.unwrap()).await.unwrap();
    assert!(rows.next().await.unwrap().is_ok());
    house.grant("ann", "charlie", None);
    session.confirm().await.unwrap();
    assert!(rows.next().await.unwrap().is_ok(), "more does no harm");
    house.withdraw("ann", "bravo");
    session.confirm().await.unwrap();
    let error = rows.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("narrowed"), "{error}");
    assert!(rows.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_asks_no_more_and_that_is_written_down() {
    type Change = fn(&mut Account);
    let (house, session) = ann(&["alpha"]).await;
    let changes: [(Change, &str); 2] = [(|a| a.disabled = true, "disabled"), (|a| a.role = Role::Supervisor, "role")];
    for (change, says) in changes {
        house.change("ann", change);
        let error = house.ask(&session, Stated::default(), CASES).await.unwrap_err();
        assert!(refused(&error).contains("come in again") && refused(&error).contains(says), "{error}");
        let entry = house.last();
        assert_eq!((entry.kind, entry.account.as_str(), entry.client.as_str()), (Kind::Refused, "ann", CLIENT));
        assert!(entry.details.fault.unwrap().contains(says));
        house.change("ann", |a| (a.disabled, a.role) = (false, Role::Analyst));
        assert_eq!(house.ask(&session, Stated::default(), CASES).await.unwrap(), ["alpha"]);
    }
    // Who came by a token keeps it when the password changes, and goes when its hour is over.
    let secrets = Secrets::of("another battery staple horse").unwrap();
    house.change("ann", |a| a.secrets = secrets);
    assert_eq!(house.ask(&session, Stated::default(), CASES).await.unwrap(), ["alpha"]);
    house.goes_by(3_600_000_000);
    let error = house.ask(&session, Stated::default(), CASES).await.unwrap_err();
    assert!(refused(&error).contains("expired"), "{error}");
    std::fs::write(house.world.folder().join("access/accounts/ann.json"), "damaged").unwrap();
    let error = house.ask(&session, Stated::default(), CASES).await.unwrap_err();
    assert!(refused(&error).contains("cannot be read now"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_written_down_with_where_it_came_from_and_the_cases_it_could_read() {
    let (house, session) = ann(&["alpha", "bravo"]).await;
    let both: &[&str] = &["alpha", "bravo"];
    let asked: [(&str, &[&str]); 9] = [
        ("SELECT 1", &[]),
        ("SELECT count(*) FROM fixes", both),
        ("SELECT count(*) FROM fixes WHERE case_id = 'bravo' AND t0 > '2020-01-01T00:00:00Z'", &["bravo"]),
        ("SELECT count(*) FROM fixes WHERE case_id IN ('alpha', 'zulu')", &["alpha"]),
        ("SELECT count(*) FROM cases WHERE case_id = 'alpha'", &["alpha"]),
        ("SELECT count(*) FROM devices WHERE case_id = 'alpha'", &["alpha"]),
        ("SELECT count(*) FROM fixes WHERE case_id = 'charlie'", &[]),
        ("SELECT count(*) FROM fixes f JOIN cases c ON f.case_id = c.case_id WHERE c.case_id = 'alpha'", &["alpha"]),
        ("SELECT count(*) FROM fixes WHERE lower(case_id) = 'alpha'", both),
    ];
    for (sql, cases) in asked {
        house.ask(&session, Stated::default(), sql).await.unwrap();
        let entry = house.last();
        assert_eq!(
            (entry.kind, entry.client.as_str(), &entry.details.cases[..]),
            (Kind::Query, CLIENT, &*owned(cases)),
            "{sql}"
        );
        assert_eq!((entry.details.purpose, entry.details.others), (None, None));
    }
    house.ask(&session, Stated::default(), "SELECT count(*) FROM proximity('bravo', 100, 60)").await.unwrap();
    assert!(house.last().details.cases.contains(&"bravo".to_owned()), "of a function that reads tables too");
}

fn owned(cases: &[&str]) -> Vec<String> {
    cases.iter().map(|c| (*c).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_taken_away_are_decided_case_by_case_before_they_leave() {
    let rule = "// Four eyes:";
    let forbidding = "@id(\"bravo-stays\") forbid (principal, action == Action::\"export\", resource) \
                      when { resource.case_id == \"bravo\" };\n// Four eyes:";
    let house = House::edited(world().await, rule, forbidding);
    let session = house.come_in(&house.account("ann", Role::Analyst, &["alpha", "bravo"])).await.unwrap();
    let one = "SELECT count(*) FROM fixes WHERE case_id = 'alpha'";
    assert_eq!(house.ask(&session, export(), one).await.unwrap(), ["2000"]);
    let entry = house.last();
    assert_eq!((entry.kind, &entry.details.rules[..]), (Kind::Export, &["work-on-granted-cases".to_owned()][..]));
    let both = "SELECT count(*) FROM fixes";
    let error = house.ask(&session, export(), both).await.unwrap_err();
    assert_eq!(refused(&error), "rows of case bravo may not be taken away");
    let entry = house.last();
    assert_eq!((entry.kind, entry.details.rows), (Kind::Refused, Some(0)));
    assert_eq!(house.ask(&session, Stated::default(), both).await.unwrap(), ["4000"], "to look at it is another thing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_a_table_for_auditors_and_for_nobody_else() {
    let (house, session) = ann(&["alpha"]).await;
    house.ask(&session, Stated::default(), "SELECT count(*) FROM fixes").await.unwrap();
    let eve = house.come_in(&house.account("eve", Role::Auditor, &[])).await.unwrap();
    let seen = "SELECT account, kind, rows, cases, client FROM audit WHERE account = 'ann' ORDER BY sequence";
    let rows = house.ask(&eve, Stated::default(), seen).await.unwrap();
    assert_eq!(rows, [format!("ann|login|NULL|[alpha]|{CLIENT}"), format!("ann|query|1|[alpha]|{CLIENT}")]);
    let own = "SELECT count(*) FROM audit WHERE account = 'eve' AND text LIKE 'SELECT account%'";
    assert_eq!(house.ask(&eve, Stated::default(), own).await.unwrap(), ["1"], "who reads it is in it");
    for table in locard::query::catalogue() {
        let count = format!("SELECT count(*) FROM {}", table.name);
        assert_eq!(lines(&eve, &count).await.unwrap(), ["0"], "of cases they see nothing: {}", table.name);
    }
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'audit'";
    assert_eq!(lines(&eve, tables).await.unwrap(), ["1"]);
    assert_eq!(lines(&session, tables).await.unwrap(), ["0"]);
    let error = lines(&session, "SELECT * FROM audit").await.unwrap_err().to_string();
    let none = lines(&session, "SELECT * FROM nowhere").await.unwrap_err().to_string();
    assert_eq!(error, none.replace("nowhere", "audit"));
    assert!(lines(&eve, "SELECT * FROM audit AS OF VERSION 1").await.is_err());
}
