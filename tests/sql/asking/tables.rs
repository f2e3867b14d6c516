//! What the tables hold.

use futures::TryStreamExt as _;
use locard::access::Stretch;
use locard::model::{CaseChange, CustodyChange, CustodyStep, DataRequest, Role};
use locard::query::{COMMENT, Limits, catalogue};
use locard::store::Table;
use serde_json::Value;

use super::world::{
    MINUTE_US, World, at, attributed, encounter, everything, fix, incident, lines, place, proximity, said, session_of,
};

const HERE: (f64, f64) = (51.5, -0.1);
const ALWAYS: Stretch = Stretch { from_us: None, until_us: None };

/// A row with some columns of other values.
fn with(mut row: Value, others: &[(&str, Value)]) -> Value {
    for (name, value) in others {
        row[*name] = value.clone();
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_there_with_a_comment_on_every_column_before_there_is_a_store() {
    let world = World::new();
    let desk = world.desk();
    let session = everything(&desk).await;
    for table in catalogue() {
        let plan = session.plan(&format!("SELECT * FROM {}", table.name)).await.unwrap();
        for field in plan.schema().fields() {
            assert!(!field.metadata()[COMMENT].is_empty(), "{}.{}", table.name, field.name());
        }
        assert!(lines(&session, &format!("SELECT * FROM {}", table.name)).await.unwrap().is_empty());
    }
    assert_eq!(lines(&session, "SELECT count(*) FROM fixes").await.unwrap(), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_sees_what_was_committed_since_it_began() {
    let world = World::new();
    let desk = world.desk();
    let session = everything(&desk).await;
    let plan = session.plan("SELECT count(*), max(row) FROM fixes").await.unwrap();
    for n in 0..3 {
        world.write(Table::Fixes, &[fix("a", "phone", n, at(n), HERE)]).await;
        let counted = lines(&session, "SELECT count(*), max(row) FROM fixes").await.unwrap();
        assert_eq!(counted, [format!("{}|{n}", n + 1)]);
    }
    let rows: Vec<_> = session.run(plan).await.unwrap().try_collect().await.unwrap();
    assert!(format!("{:?}", rows[0].column(0)).contains('3'), "a plan made before reads what there is when it is run");
}

/// The fold of a case is kept for the next question; of whom and as of when it is asked must not show.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_said_of_a_case_is_as_of_the_last_statement_whoever_asked_before() {
    let mut world = World::new();
    let desk = world.desk();
    let (all, some) = (everything(&desk).await, session_of(&desk, &[("b", ALWAYS)], Limits::default()).await);
    let of = |case: &str| format!("SELECT case_id, target_id FROM targets WHERE case_id = '{case}' ORDER BY 2");
    for n in 0..3 {
        world.now_us = at(1_000 + n);
        let name = format!("p{n}");
        let events = ["a", "b"].map(|case| said(case, &name, n, place(&format!("{case}{n}"), HERE)));
        world.write(Table::CaseEvents, &events).await;
        for case in ["a", "b", "a"] {
            let wanted: Vec<_> = (0..=n).map(|k| format!("{case}|{case}{k}")).collect();
            assert_eq!(lines(&all, &of(case)).await.unwrap(), wanted, "of the moment");
            let seen = lines(&some, &of(case)).await.unwrap();
            assert_eq!(seen, if case == "b" { wanted } else { Vec::new() });
        }
        let neither = "SELECT count(*) FROM targets WHERE case_id = 'a' AND case_id <> 'a'";
        assert_eq!(lines(&all, neither).await.unwrap(), ["0"]);
        let either = "SELECT count(*) FROM targets WHERE case_id = 'a' OR case_id = 'b'";
        assert_eq!(lines(&all, either).await.unwrap(), [(2 * n + 2).to_string()]);
        let before = "SELECT count(*) FROM targets AS OF VERSION 1 WHERE case_id = 'a'";
        assert_eq!(lines(&all, before).await.unwrap(), ["1"], "as it was, beside what is kept");
    }
}

/// The name of a case is the name of a folder, and a value that no file holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_any_name_is_found_by_it_and_no_other_is() {
    let world = World::new();
    let long = "é".repeat(120);
    let cases = ["C 1", "C%201", "a/b", "a=2Fb", "../x", "it's", "ü", "NULL", "1", long.as_str()];
    for (n, case) in (0..).zip(cases) {
        let rows: Vec<_> = (0..=n).map(|row| fix(case, "phone", row, at(row), HERE)).collect();
        world.write(Table::Fixes, &rows).await;
    }
    let desk = world.desk();
    let session = everything(&desk).await;
    for (n, case) in (1..).zip(cases) {
        let quoted = case.replace('\'', "''");
        let sql = format!("SELECT case_id, count(*) FROM fixes WHERE case_id = '{quoted}' AND lat_deg > 0 GROUP BY 1");
        assert_eq!(lines(&session, &sql).await.unwrap(), [format!("{case}|{n}")]);
    }
    assert_eq!(lines(&session, "SELECT count(DISTINCT case_id), count(*) FROM fixes").await.unwrap(), ["10|55"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_case_is_met_by_its_files_alone_now_and_as_it_was() {
    let mut world = World::new();
    for n in 0..3 {
        world.now_us = at(1_000 + n);
        let of = |case: &str, row| fix(case, "phone", row, at(row), HERE);
        world.write(Table::Fixes, &[of("a", n), of("b", 10 + n), of("b", 20 + n)]).await;
    }
    let desk = world.desk();
    let then = format!("AS OF '{}'", locard::time::utc_text(at(1_001)));
    for session in [everything(&desk).await, session_of(&desk, &[("a", ALWAYS)], Limits::default()).await] {
        for when in ["", then.as_str(), "AS OF VERSION 2"] {
            let count = async |condition: &str| {
                let sql = format!("SELECT count(*) FROM fixes {when} WHERE {condition}");
                lines(&session, &sql).await.unwrap().concat()
            };
            for case in ["a", "b", "nobody's"] {
                let case = case.replace('\'', "''");
                // The engine does not see through a text that is put together for each row.
                let row_by_row = count(&format!("concat(case_id, '') = '{case}'")).await;
                assert_eq!(count(&format!("case_id = '{case}'")).await, row_by_row, "{case} {when}");
                assert_eq!(count(&format!("'{case}' = case_id AND lat_deg > 0")).await, row_by_row, "{case} {when}");
            }
            assert_eq!(count("case_id = 'a' AND case_id = 'b'").await, "0");
        }
        let plan = lines(&session, "EXPLAIN SELECT max(t0) FROM fixes WHERE case_id = 'a'").await.unwrap().concat();
        let again = plan.contains("FilterExec: case_id");
        assert_eq!(again, cfg!(feature = "cluster"), "{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_as_it_was_by_moment_and_by_version() {
    let mut world = World::new();
    for n in 0..3 {
        world.now_us = at(1_000 + n);
        world.write(Table::Fixes, &[fix("a", "phone", n, at(n), HERE)]).await;
        world.write(Table::CaseEvents, &[said("a", &format!("p{n}"), n, place(&format!("place {n}"), HERE))]).await;
    }
    let desk = world.desk();
    let session = everything(&desk).await;
    let after = |n: i64| locard::time::utc_text(at(1_000 + n));
    for n in 0..3_i64 {
        for table in ["fixes", "targets"] {
            let sql = format!("SELECT count(*) FROM {table} AS OF '{}'", after(n));
            assert_eq!(lines(&session, &sql).await.unwrap(), [(n + 1).to_string()], "{sql}");
            let sql = format!("SELECT count(*) FROM {table} AS OF VERSION {}", n + 1);
            assert_eq!(lines(&session, &sql).await.unwrap(), [(n + 1).to_string()], "{sql}");
        }
    }
    let joined = format!(
        "SELECT f.fix_id, g.fix_id FROM fixes AS OF VERSION 1 f FULL JOIN fixes AS OF '{}' g ON f.fix_id = g.fix_id",
        after(1)
    );
    let mut rows = lines(&session, &joined).await.unwrap();
    rows.sort();
    assert_eq!(rows, ["0|0", "NULL|1"]);
    for (when, says) in [
        ("VERSION 4".to_owned(), "fixes has no version 4"),
        (format!("'{}'", after(-1)), "began later"),
        (format!("'{}'", after(3)), "yet to come"),
    ] {
        let error = lines(&session, &format!("SELECT count(*) FROM fixes AS OF {when}")).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_now_is_the_last_revision_also_for_those_who_may_not_see_it() {
    let world = World::new();
    let first = encounter("a", "car", "e1", (at(10), at(20)), 40.0);
    let grown = with(first.clone(), &[("revision", 2.into()), ("exit", super::world::iso(at(90)).into())]);
    let near = proximity("a", "car", 5, at(10), 40.0);
    let gone = with(near.clone(), &[("revision", 2.into()), ("status", "withdrawn".into())]);
    world.write(Table::Encounters, &[first]).await;
    world.write(Table::Encounters, &[grown]).await;
    world.write(Table::Proximity, &[near, proximity("a", "car", 6, at(11), 50.0)]).await;
    world.write(Table::Proximity, &[gone]).await;
    let desk = world.desk();
    let all = everything(&desk).await;
    assert_eq!(lines(&all, "SELECT revision FROM encounters").await.unwrap(), ["2"]);
    assert_eq!(lines(&all, "SELECT count(*) FROM encounter_revisions").await.unwrap(), ["2"]);
    assert_eq!(lines(&all, "SELECT proximity_id FROM proximity").await.unwrap(), ["6"]);
    let part = Stretch { from_us: None, until_us: Some(at(60)) };
    let some = session_of(&desk, &[("a", part)], Limits::default()).await;
    let seen = lines(&some, "SELECT revision FROM encounters").await.unwrap();
    assert!(
        seen.is_empty(),
        "an earlier revision does not stand in for the one that reaches out of the time: {seen:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_said_is_a_table_and_follows_corrections() {
    let world = World::new();
    let started = CustodyStep::Started { relevant_us: at(0), authorised_us: Some(at(30)), indictable: true };
    let custody = CustodyChange { custody_id: "c1".to_owned(), subject_id: "him".to_owned(), step: started };
    let events = [
        said("a", "1", 0, CaseChange::Opened),
        said("a", "2", 1, attributed("x", "phone", "him", Role::Unknown)),
        said("a", "3", 2, attributed("x", "phone", "him", Role::Suspect)),
        said("a", "4", 2, attributed("y", "tag", "her", Role::Victim)),
        said("a", "5", 3, CaseChange::AttributionWithdrawn { attribution_id: "y".to_owned() }),
        said("a", "6", 4, place("home", HERE)),
        said("a", "7", 4, incident("MADEUP/1", (at(5), at(9)), HERE)),
        said("a", "8", 5, CaseChange::Custody(custody)),
        said("b", "9", 6, CaseChange::Opened),
        said("b", "10", 7, CaseChange::Closed { at_us: at(7) }),
    ];
    world.write(Table::CaseEvents, &events).await;
    let desk = world.desk();
    let session = everything(&desk).await;
    let rows = async |sql: &str| lines(&session, sql).await.unwrap();
    assert_eq!(rows("SELECT case_id, status FROM cases ORDER BY 1").await, ["a|open", "b|closed"]);
    assert_eq!(rows("SELECT device_id, role, event_id FROM attributions").await, ["phone|suspect|3"]);
    assert_eq!(rows("SELECT subject_id, role, devices, detained FROM subjects").await, ["him|suspect|1|true"]);
    let targets = rows("SELECT target_id, kind, t1 - t0 = INTERVAL '4 minutes' FROM targets ORDER BY 1").await;
    assert_eq!(targets, ["MADEUP/1|incident|true", "home|place|NULL"]);
    let clock =
        rows("SELECT custody_id, ceiling_at - relevant_at = INTERVAL '24 hours', ceiling_author FROM custody").await;
    assert_eq!(clock, ["c1|true|author of a"]);
    assert_eq!(
        rows("SELECT count(*) FROM cases WHERE case_id = 'b' AND first_at > '2026-03-02T00:05:00Z'").await,
        ["1"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_shown_as_they_were_corrected_and_with_what_came_back() {
    let world = World::new();
    let request = |id: &str, to: i64| {
        CaseChange::Requested(DataRequest {
            request_id: id.to_owned(),
            holder: "an operator".to_owned(),
            authority: "URN 1".to_owned(),
            device_id: "phone".to_owned(),
            from_us: at(0),
            to_us: at(to),
            requested_us: at(1),
            due_us: None,
        })
    };
    let back = CaseChange::RequestReturned { request_id: "r1".to_owned(), at_us: at(9), exhibit: "ab".repeat(32) };
    let events = [
        said("a", "1", 1, request("r1", 10)),
        said("a", "2", 2, request("r1", 20)),
        said("a", "3", 3, back),
        said("a", "4", 3, request("r2", 10)),
        said("b", "5", 3, request("r3", 10)),
        said("b", "6", 4, CaseChange::RequestWithdrawn { request_id: "r3".to_owned() }),
    ];
    world.write(Table::CaseEvents, &events).await;
    let desk = world.desk();
    let all = everything(&desk).await;
    let sql = "SELECT case_id, request_id, to_at - from_at = INTERVAL '20 minutes', due_at, returned_at > requested_at,
        left(exhibit, 2), event_id FROM requests ORDER BY 1, 2";
    assert_eq!(lines(&all, sql).await.unwrap(), ["a|r1|true|NULL|true|ab|2", "a|r2|false|NULL|NULL|NULL|4"]);
    let other = session_of(&desk, &[("b", Stretch::default())], Limits::default()).await;
    assert_eq!(lines(&other, "SELECT * FROM requests").await.unwrap(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_reads_one_version_of_a_table() {
    let world = World::new();
    world.write(Table::Fixes, &[fix("a", "phone", 0, at(0), HERE), fix("a", "car", 1, at(0) + MINUTE_US, HERE)]).await;
    let desk = world.desk();
    let session = everything(&desk).await;
    let sql = "SELECT device_id, fixes FROM devices WHERE fixes = (SELECT count(*) FROM fixes WHERE device_id = 'car')";
    let mut rows = lines(&session, sql).await.unwrap();
    rows.sort();
    assert_eq!(rows, ["car|1", "phone|1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_radius_and_window_are_asked_of_what_may_be_seen() {
    let world = World::new();
    let north = |metres: f64| (HERE.0 + metres / 111_258.0, HERE.1);
    let fixes = [
        fix("a", "hers", 1, at(0), HERE),
        fix("a", "his", 2, at(1), north(60.0)),
        fix("a", "his", 3, at(30), north(60.0)),
        fix("a", "his", 4, at(0), north(5_000.0)),
        fix("a", "shared", 5, at(0), HERE),
        fix("b", "his", 6, at(0), HERE),
    ];
    world.write(Table::Fixes, &fixes).await;
    let events = [
        said("a", "1", 0, attributed("x", "his", "him", Role::Suspect)),
        said("a", "2", 0, attributed("y", "hers", "her", Role::Victim)),
        said("a", "3", 0, attributed("z", "shared", "her", Role::Victim)),
        said("a", "4", 0, attributed("w", "shared", "him", Role::Suspect)),
        said("a", "5", 0, place("club", north(5_080.0))),
        said("a", "6", 0, incident("MADEUP/1", (at(28), at(29)), north(60.0))),
    ];
    world.write(Table::CaseEvents, &events).await;
    let desk = world.desk();
    let session = everything(&desk).await;
    let near = async |call: &str| {
        let sql = format!("SELECT fix_id, target, grade FROM {call} ORDER BY 1, 2");
        lines(&session, &sql).await.unwrap()
    };
    // Its reach is added to the radius.
    let club = "4|club|definite";
    let found = near("proximity('a', 100, INTERVAL '2 minutes')").await;
    assert_eq!(found, ["2|hers|definite", "2|shared|definite", "3|MADEUP/1|definite", club, "5|hers|definite"]);
    assert_eq!(
        near("proximity('a', 50, 120)").await,
        ["2|hers|possible", "2|shared|possible", "3|MADEUP/1|definite", club, "5|hers|definite"]
    );
    assert_eq!(near("proximity('a', 100, INTERVAL '1 hour')").await.len(), 9);
    assert!(near("proximity('b', 100, 120)").await.is_empty());
    let plan = lines(&session, "EXPLAIN SELECT * FROM proximity('a', 100, 120)").await.unwrap().join("\n");
    assert!(plan.contains("ProximityJoinExec"), "{plan}");
    for (wrong, says) in [
        ("proximity('a', 100)", "proximity(case, radius_m, window)"),
        ("proximity(1, 100, 120)", "text in quotes"),
        ("proximity('a', 'x', 120)", "metres"),
        ("proximity('a', 100, 'soon')", "duration"),
    ] {
        let error = lines(&session, &format!("SELECT 1 FROM {wrong}")).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let track =
        lines(&session, "SELECT fix_id, after_s, round(moved_m) FROM track('his') WHERE case_id = 'a' ORDER BY t0")
            .await;
    assert_eq!(track.unwrap(), ["4|NULL|NULL", "2|60.0|4940.0", "3|1740.0|0.0"]);
    let part = session_of(&desk, &[("a", Stretch { from_us: None, until_us: Some(at(2)) })], Limits::default()).await;
    let seen = lines(&part, "SELECT fix_id FROM proximity('a', 100, INTERVAL '1 hour') ORDER BY 1").await.unwrap();
    assert!(!seen.contains(&"3".to_owned()) && seen.contains(&"2".to_owned()), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_different_comments_go_together() {
    let world = World::new();
    world.write(Table::Fixes, &[fix("a", "phone", 1, at(0), HERE)]).await;
    world.write(Table::CaseEvents, &[said("a", "1", 0, attributed("x", "phone", "him", Role::Suspect))]).await;
    let desk = world.desk();
    let session = everything(&desk).await;
    let both = "SELECT device_id AS x FROM fixes UNION ALL SELECT subject_id FROM attributions";
    for (sql, expected) in [
        (format!("SELECT count(DISTINCT x), min(x) FROM ({both})"), "2|him"),
        (format!("SELECT count(*) FROM (SELECT x FROM ({both}) GROUP BY x)"), "2"),
        ("SELECT count(*) FROM fixes CROSS JOIN cases".to_owned(), "1"),
        (
            "SELECT device_id, count(*) FROM fixes FULL JOIN attributions USING (device_id) GROUP BY device_id"
                .to_owned(),
            "phone|1",
        ),
        (
            "SELECT coalesce(f.path, a.basis), count(*) FROM fixes f JOIN attributions a USING (case_id) GROUP BY 1"
                .to_owned(),
            "seized|1",
        ),
        (
            "SELECT count(*) FROM (SELECT DISTINCT case_id FROM cases UNION SELECT device_id FROM devices)".to_owned(),
            "2",
        ),
    ] {
        assert_eq!(lines(&session, &sql).await.unwrap(), [expected], "{sql}");
    }
}
