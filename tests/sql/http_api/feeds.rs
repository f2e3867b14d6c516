//! What is shown of whose cases: nobody is shown another's, in any way that HTTP has.

use std::time::Duration;

use locard::access::{Account, AccountStore, Withdrawal};
use locard::query::catalogue;
use locard::stream::{LiveFlag, LiveKind};
use reqwest::Response;
use serde_json::{Value, json};

use super::served::{Served, json_of};
use super::world::{DAY_US, at, iso};

fn flag(served: &Served, case: &str, n: i64, enter_us: i64) {
    let json = json!({"case_id": case, "n": n, "enter": iso(enter_us), "exit": iso(enter_us + 1)}).to_string();
    drop(served.flags.send(LiveFlag { kind: LiveKind::Flag, case_id: case.into(), json: json.into() }));
}

/// The numbers of the flags of a feed, up to and with one.
async fn until(feed: &mut Response, text: &mut String, last: i64) -> Vec<i64> {
    loop {
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let seen: Vec<i64> = data.filter_map(|d| serde_json::from_str::<Value>(d).ok()?["n"].as_i64()).collect();
        if seen.contains(&last) {
            return seen;
        }
        let piece = feed.chunk().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_shows_each_their_own_case_in_every_table() {
    let served = Served::new().await;
    for table in catalogue() {
        let sql = format!("SELECT * FROM {}", table.name);
        for (token, other) in [(&served.ann, "bravo"), (&served.ben, "alpha")] {
            let rows = served.rows(token, &sql).await.to_string();
            assert!(!rows.contains(other), "{sql}: {rows}");
        }
    }
    let counted = async |token: &str| served.rows(token, "SELECT case_id, count(*) FROM fixes GROUP BY 1").await;
    assert_eq!(counted(&served.ann).await, json!([["alpha", 20]]), "the record of another day is not hers");
    assert_eq!(counted(&served.ben).await, json!([["bravo", 21]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_tells_of_ones_own_cases_and_times_whatever_it_is_asked_for() {
    let served = Served::new().await;
    let feed = async |path: &str, token: &str| {
        let response = served.get(path, token).send().await.unwrap();
        assert_eq!(response.status(), 200);
        (response, String::new())
    };
    let mut ann = feed("/api/flags", &served.ann).await;
    let mut ben = feed("/api/flags?case=bravo", &served.ben).await;
    let mut curious = feed("/api/flags?case=bravo", &served.ann).await;
    flag(&served, "bravo", 1, at(5));
    flag(&served, "alpha", 2, at(5) + 2 * DAY_US);
    flag(&served, "alpha", 3, at(5));
    flag(&served, "bravo", 4, at(5) + 2 * DAY_US);
    assert_eq!(until(&mut ann.0, &mut ann.1, 3).await, [3]);
    assert_eq!(until(&mut ben.0, &mut ben.1, 4).await, [1, 4]);
    let nothing = tokio::time::timeout(Duration::from_millis(200), curious.0.chunk()).await;
    assert!(nothing.is_err(), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_withdrawn_ends_what_an_open_feed_tells() {
    let served = Served::new().await;
    let store = AccountStore::open(&served.data().join("access")).unwrap();
    // A second case, by which it is seen that the feed still runs.
    let second = |a: &mut Account| {
        let mut grant = a.grants[0].clone();
        grant.case_id = "charlie".to_owned();
        a.grants.push(grant);
        Ok(())
    };
    store.change("ann", second).unwrap();
    let mut feed = served.get("/api/flags", &served.ann).send().await.unwrap();
    let mut text = String::new();
    flag(&served, "alpha", 0, at(5));
    assert_eq!(until(&mut feed, &mut text, 0).await, [0]);
    let withdrawal = Withdrawal { by: "boss".to_owned(), when_us: served.world.now_us, reason: "done".to_owned() };
    store.change("ann", |a| a.withdraw("alpha", &withdrawal).map_err(Into::into)).unwrap();
    for n in (1..2_000).step_by(2) {
        flag(&served, "alpha", n, at(5));
        flag(&served, "charlie", n + 1, at(5));
        if !until(&mut feed, &mut text, n + 1).await.contains(&n) {
            return;
        }
        text.clear();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was told of for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_and_metrics_name_ones_own_cases_only() {
    let served = Served::new().await;
    let (_, lag) = json_of(served.get("/api/cases/lag", &served.ann).send().await.unwrap()).await;
    assert_eq!(lag, json!([{"case": "alpha", "partition": 1, "lag_records": 2, "left_s": 5400}]));
    let metrics = async |token: &str| served.get("/metrics", token).send().await.unwrap().text().await.unwrap();
    let (nobody, ann, ben) = (metrics("").await, metrics(&served.ann).await, metrics(&served.ben).await);
    assert!(nobody.contains("locard_ready") && nobody.ends_with("# EOF\n"), "what is of no case needs no account");
    assert!(!nobody.contains("alpha") && !nobody.contains("bravo"), "{nobody}");
    assert!(ann.contains("{case=\"alpha\"}") && !ann.contains("bravo"), "{ann}");
    assert!(ben.contains("{case=\"bravo\"}") && !ben.contains("alpha"), "{ben}");
    assert_eq!(served.get("/metrics", "locard_0_0").send().await.unwrap().status(), 401);
}
