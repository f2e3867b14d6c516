//! A session's time zone: what is read without an offset, days, hours and intervals are of it.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use locard::serve::pg::{Access, Running, Server};
use tokio::net::TcpListener;

use super::client::Client;
use super::gate::{ACCOUNTS, TestGate};

/// What PostgreSQL 15.18 answers over the same table with `TimeZone` Europe/London.
const IN_LONDON: &[(&str, &[&str])] = &[
    (
        "SELECT ts FROM clocks ORDER BY ts",
        &["2026-03-29 00:30:00+00", "2026-06-15 13:00:00+01", "2026-10-25 01:30:00+01", "2026-10-25 01:30:00+00"],
    ),
    (
        "SELECT date_trunc('day', ts) FROM clocks ORDER BY ts",
        &["2026-03-29 00:00:00+00", "2026-06-15 00:00:00+01", "2026-10-25 00:00:00+01", "2026-10-25 00:00:00+01"],
    ),
    ("SELECT ts::date FROM clocks ORDER BY ts", &["2026-03-29", "2026-06-15", "2026-10-25", "2026-10-25"]),
    (
        "SELECT ts::timestamp FROM clocks ORDER BY ts",
        &["2026-03-29 00:30:00", "2026-06-15 13:00:00", "2026-10-25 01:30:00", "2026-10-25 01:30:00"],
    ),
    ("SELECT extract(hour FROM ts) FROM clocks ORDER BY ts", &["0", "13", "1", "1"]),
    (
        "SELECT ts + interval '1 day' FROM clocks ORDER BY ts",
        &["2026-03-30 00:30:00+01", "2026-06-16 13:00:00+01", "2026-10-26 01:30:00+00", "2026-10-26 01:30:00+00"],
    ),
    ("SELECT count(*) FROM clocks WHERE ts >= '2026-06-15 13:00'", &["3"]),
    ("SELECT count(*) FROM clocks WHERE ts > '2026-06-15 13:00'", &["2"]),
    ("SELECT count(*) FROM clocks WHERE ts > '2026-06-15 12:30+00'", &["2"]),
    ("SELECT count(*) FROM clocks WHERE ts BETWEEN '2026-10-25 01:30' AND '2026-10-26'", &["1"]),
    ("SELECT count(*) FROM clocks WHERE ts >= DATE '2026-10-25'", &["2"]),
    ("SELECT count(*) FROM clocks WHERE ts IN ('2026-06-15 13:00', '2026-10-25 01:30')", &["2"]),
    ("SELECT count(*) FROM clocks WHERE ts = timestamptz '2026-03-29 00:30'", &["1"]),
    ("SELECT '2026-10-25 01:30'::timestamptz", &["2026-10-25 01:30:00+00"]),
    ("SELECT '2026-03-29 01:30'::timestamptz", &["2026-03-29 02:30:00+01"]),
    ("SELECT '2026-06-15'::date::timestamptz", &["2026-06-15 00:00:00+01"]),
    ("SELECT timestamp '2026-06-15 12:00'::timestamptz", &["2026-06-15 12:00:00+01"]),
    ("SELECT count(*) FROM (SELECT ts FROM clocks UNION SELECT '2026-06-15 13:00'::timestamptz) t", &["4"]),
    ("SELECT count(DISTINCT ts::date) FROM clocks", &["3"]),
    (
        "SELECT coalesce(max(ts), timestamptz '2026-01-01 00:00') FROM clocks WHERE ts < '2020-01-01'",
        &["2026-01-01 00:00:00+00"],
    ),
    (
        "WITH RECURSIVE d AS (SELECT min(ts) AS t FROM clocks \
         UNION ALL SELECT t + interval '1 month' FROM d WHERE t < '2026-06-01') SELECT t FROM d ORDER BY t",
        &["2026-03-29 00:30:00+00", "2026-04-29 00:30:00+01", "2026-05-29 00:30:00+01", "2026-06-29 00:30:00+01"],
    ),
    ("SELECT count(*) FROM clocks a JOIN clocks b ON a.ts::date = b.ts::date", &["6"]),
];

/// `clocks`: moments around which the clocks of London change, and one in summer.
fn clocks() -> (String, RecordBatch) {
    let moments = ["2026-06-15T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-03-29T00:30:00Z"];
    let moments = moments.map(|text| text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
    let moments: ArrayRef = Arc::new(TimestampMicrosecondArray::from(moments.to_vec()).with_timezone("UTC"));
    ("clocks".to_owned(), RecordBatch::try_from_iter([("ts", moments)]).unwrap())
}

async fn server() -> Running {
    let gate = TestGate::new(vec![clocks()]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Server::start(listener, gate, &Access::default()).unwrap()
}

async fn first_column(client: &mut Client, sql: &str) -> Vec<String> {
    let rows = match client.rows(sql).await {
        Ok(rows) => rows,
        Err(error) => return vec![error],
    };
    rows.into_iter().map(|row| row.into_iter().next().flatten().unwrap_or_default()).collect()
}

#[tokio::test]
async fn moments_are_read_cut_and_moved_by_the_sessions_zone() {
    let server = server().await;
    let london = [("TimeZone", "Europe/London")];
    let mut client = Client::enter(server.address(), "ada", ACCOUNTS[0].1, &london).await.unwrap();
    let mut differ = Vec::new();
    for (sql, wanted) in IN_LONDON {
        let got = first_column(&mut client, sql).await;
        if got != *wanted {
            differ.push(format!("{sql}: {got:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[tokio::test]
async fn a_zone_that_is_set_holds_for_what_is_asked_from_then_on() {
    let server = server().await;
    let mut client = Client::enter(server.address(), "ada", ACCOUNTS[0].1, &[]).await.unwrap();
    let after_noon = "SELECT count(*) FROM clocks WHERE ts >= '2026-06-15 12:30'";
    assert_eq!(first_column(&mut client, after_noon).await, ["2"]);
    client.rows("PREPARE in_utc AS SELECT extract(hour FROM ts), now() > ts FROM clocks WHERE ts = $1").await.unwrap();
    client.rows("SET TimeZone = 'Asia/Tokyo'").await.unwrap();
    assert_eq!(first_column(&mut client, after_noon).await, ["3"]);
    assert_eq!(
        first_column(&mut client, "SELECT ts FROM clocks ORDER BY ts LIMIT 1").await,
        ["2026-03-29 09:30:00+09"]
    );
    assert_eq!(first_column(&mut client, "EXECUTE in_utc('2026-06-15 21:00')").await, ["12"], "as it was prepared");
    client.rows("SET TimeZone = '-3.5'").await.unwrap();
    assert_eq!(first_column(&mut client, "SELECT max(ts) FROM clocks").await, ["2026-10-24 22:00:00-03:30"]);
    assert_eq!(first_column(&mut client, "SELECT max(ts)::date FROM clocks").await, ["2026-10-24"]);
}
