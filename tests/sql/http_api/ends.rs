//! What ends a question before its end, and how its client sees that.

use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use locard::access::audit::Kind;
use locard::query::Limits;
use reqwest::header;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::served::{Made, Served};

/// Rows without end, nearly.
const ENDLESS: &str = "SELECT value, repeat('x', 100) AS x FROM generate_series(1, 1000000000)";

async fn with(limits: Limits) -> Served {
    Served::made(Made { limits, ..Made::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_before_the_first_row_is_the_status_and_later_the_last_line() {
    let served = with(Limits { rows: 20_000, ..Limits::default() }).await;
    let (status, problem) = served.sql(&served.ann, "SELECT value FROM generate_series(1, 1000000)").await;
    // Rows had been sent: the answer had begun, and ends with the problem.
    assert_eq!(status, 200);
    assert_eq!((&problem["problem"]["limit"], &problem["problem"]["code"]), (&json!("rows"), &json!("54000")));
    let sent = problem["rows"].as_array().unwrap().len();
    assert_eq!(problem["row_count"], sent);
    assert!(sent > 0 && sent <= 20_000, "{sent}");
    let few = with(Limits { rows: 10, ..Limits::default() }).await;
    let (status, problem) = few.sql(&few.ann, "SELECT value FROM generate_series(1, 1000000)").await;
    assert_eq!((status.as_u16(), &problem["limit"]), (422, &json!("rows")), "{problem}");
    let entries = served.written();
    let noted = entries.iter().find(|(kind, ..)| *kind == Kind::Query).unwrap();
    assert!(noted.2.fault.as_ref().is_some_and(|f| f.starts_with("54000")), "{noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrow_stream_that_fails_is_cut_off_after_the_reason() {
    let served = with(Limits { rows: 20_000, ..Limits::default() }).await;
    let body = json!({ "sql": "SELECT value FROM generate_series(1, 1000000)" });
    let request = served.post("/api/sql", &served.ann, &body);
    let mut response = request.header(header::ACCEPT, "application/vnd.apache.arrow.stream").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut bytes = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(piece)) => bytes.extend_from_slice(&piece),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "a client that knows nothing of Arrow sees it too");
    let tail = String::from_utf8_lossy(&bytes).into_owned();
    assert!(tail.contains("\"limit\":\"rows\""), "the reason is the last that comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_and_turns_are_limits_too() {
    let limits = Limits { wall_time: Duration::from_millis(300), at_once: 1, ..Limits::default() };
    let served = with(limits).await;
    let heavy =
        "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a.value > b.value * 7";
    let (status, problem) = served.sql(&served.ann, heavy).await;
    assert_eq!((status.as_u16(), &problem["limit"]), (422, &json!("time")), "{problem}");
    let served = with(Limits { at_once: 1, ..Limits::default() }).await;
    let open = served.post("/api/sql", &served.ann, &json!({ "sql": ENDLESS })).send().await.unwrap();
    let (status, problem) = served.sql(&served.ann, "SELECT 1").await;
    assert_eq!((status.as_u16(), &problem["limit"]), (429, &json!("queries at once")), "{problem}");
    assert_eq!(served.rows(&served.ben, "SELECT 1").await, json!([[1]]), "turns are an account's own");
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_is_waited_for_and_who_goes_away_ends_it() {
    let served = with(Limits { at_once: 1, rows: 1_000_000_000, ..Limits::default() }).await;
    // A socket of its own: what reads ahead for a client, as libraries do, would be taken for a reader.
    let mut open = TcpStream::connect(served.base.trim_start_matches("http://")).await.unwrap();
    let body = json!({ "sql": ENDLESS }).to_string();
    let asked = format!(
        "POST /api/sql HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        served.ann,
        body.len()
    );
    open.write_all(asked.as_bytes()).await.unwrap();
    let mut first = Vec::new();
    while !String::from_utf8_lossy(&first).contains("{\"columns\":[") {
        assert!(open.read_buf(&mut first).await.unwrap() > 0, "{}", String::from_utf8_lossy(&first));
    }
    // Nobody reads: what is computed meanwhile waits, and is not heaped up.
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(open);
    let (.., details) = served.until_written(|(kind, ..)| *kind == Kind::Query).await;
    assert!(details.fault.as_ref().is_some_and(|f| f.starts_with("57014") && f.contains("went away")), "{details:?}");
    // Sockets hold some megabytes, 36 where they may grow most; a row has more than a hundred bytes.
    assert!(details.rows.is_some_and(|n| n < 400_000), "{details:?}");
    // Its turn is free again.
    for _ in 0..500 {
        let (status, answer) = served.sql(&served.ann, "SELECT 1").await;
        if status == 200 {
            assert_eq!(answer["rows"], json!([[1]]));
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the turn was never given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_before_the_first_row_ends_it_too() {
    let served = with(Limits { at_once: 1, ..Limits::default() }).await;
    let heavy = "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b WHERE a.value > b.value * 7";
    let request = served.post("/api/sql", &served.ann, &json!({ "sql": heavy }));
    let asked = tokio::time::timeout(Duration::from_millis(500), request.send()).await;
    assert!(asked.is_err(), "it has no answer yet");
    let (.., details) = served.until_written(|(kind, ..)| *kind == Kind::Query).await;
    assert!(details.fault.as_ref().is_some_and(|f| f.contains("went away")), "{details:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_says_so_and_writes_it_down() {
    let mut served = with(Limits { rows: 1_000_000_000, ..Limits::default() }).await;
    let open = served.post("/api/sql", &served.ann, &json!({ "sql": ENDLESS })).send().await.unwrap();
    let reading = SpawnedTask::spawn(open.text());
    served.end().await;
    let entries = served.written();
    let noted = entries.iter().find(|(kind, ..)| *kind == Kind::Query).unwrap();
    assert!(noted.2.fault.as_ref().is_some_and(|f| f.starts_with("57P01")), "{noted:?}");
    // What came is a whole answer that says why it is none, unless the connection ended first.
    if let Ok(text) = reading.join().await.unwrap() {
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["problem"]["code"], "57P01");
    }
}
