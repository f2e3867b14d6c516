//! How questions end: refused, at a limit, cancelled, with a client that is gone, with the server; and that it is written down.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{CommandStatementIngest, CommandStatementSubstraitPlan, EndTransaction, ProstMessageExt};
use arrow_flight::{Action, CancelFlightInfoRequest, CancelStatus, FlightClient, FlightDescriptor, FlightInfo};
use datafusion::common::runtime::SpawnedTask;
use futures::{StreamExt as _, stream};
use locard::query::Limits;
use locard::serve::flight::{Access, Running};
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::client::{Client, answer, enter, fetch, rows, running, status, ticket};
use super::gate::ACCOUNTS;
use super::{HEAVY, ROWS, server, server_with, tables, until};

async fn ada(server: &Running) -> Client {
    enter(server, "ada", ACCOUNTS[0].1).await
}

/// Arrow's client below SQL, with the same bearer.
fn plain(client: &Client) -> FlightClient {
    let mut plain = FlightClient::new_from_inner(client.inner().clone());
    plain.add_header("authorization", &format!("Bearer {}", client.token().unwrap())).unwrap();
    plain
}

async fn cancel(client: &Client, info: FlightInfo) -> Result<i32, Code> {
    let told = plain(client).cancel_flight_info(CancelFlightInfoRequest::new(info)).await;
    told.map(|told| told.status).map_err(|error| status(error).code())
}

#[tokio::test]
async fn what_does_more_than_read_is_refused_and_written_down() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    for sql in [
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO fixes SELECT * FROM fixes",
        "EXPLAIN ANALYZE INSERT INTO fixes SELECT * FROM fixes",
        "COPY fixes TO '/tmp/nothing.csv'",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/hostname'",
        "SET datafusion.execution.batch_size = 1",
        "DROP TABLE fixes",
        "BEGIN",
        "PREPARE p AS SELECT 1",
    ] {
        let told = answer(&mut ada, sql).await.unwrap_err();
        let says = if sql == "BEGIN" { "Unsupported SQL statement" } else { "only reads" };
        assert!(told.code() == Code::Unimplemented && told.message().contains(says), "{sql}: {told:?}");
        let prepared = ada.prepare(sql.to_owned(), None).await.map(drop).map_err(status);
        assert_eq!(prepared.unwrap_err().code(), Code::Unimplemented, "{sql}");
        assert_eq!(gate.noted().iter().filter(|note| note.contains(sql) && note.contains("Unimplemented")).count(), 2);
    }
    let update = ada.execute_update("DELETE FROM fixes".to_owned(), None).await.unwrap_err();
    assert_eq!(status(update).code(), Code::Unimplemented);
    let mut prepared = ada.prepare("SELECT 'an update'".to_owned(), None).await.unwrap();
    assert_eq!(status(prepared.execute_update().await.unwrap_err()).code(), Code::Unimplemented);
    let ingest = CommandStatementIngest { table: "fixes".to_owned(), ..CommandStatementIngest::default() };
    let (_, kinds) = tables::tables(1).remove(1);
    let ingest = ada.execute_ingest(ingest, stream::iter([Ok(kinds)])).await.unwrap_err();
    assert_eq!(status(ingest).code(), Code::Unimplemented);
    let noted = gate.noted();
    for text in ["DELETE FROM fixes", "SELECT 'an update'", "an ingest into fixes"] {
        assert!(noted.iter().any(|note| note.contains(text) && note.contains("Unimplemented")), "{text}: {noted:?}");
    }
    assert_eq!(answer(&mut ada, "SELECT count(*) FROM fixes").await.unwrap(), [ROWS.to_string()]);
}

#[tokio::test]
async fn there_are_no_transactions_and_no_substrait() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    assert_eq!(status(ada.begin_transaction().await.unwrap_err()).code(), Code::Unimplemented);
    let end = ada.end_transaction(b"x".to_vec().into(), EndTransaction::Commit).await;
    assert_eq!(status(end.unwrap_err()).code(), Code::Unimplemented);
    let inside = ada.execute("SELECT 1".to_owned(), Some(b"x".to_vec().into())).await;
    assert_eq!(status(inside.unwrap_err()).code(), Code::Unimplemented);
    let descriptor = FlightDescriptor::new_cmd(any(&CommandStatementSubstraitPlan::default()));
    let told = plain(&ada).get_flight_info(descriptor).await.unwrap_err();
    assert_eq!(status(told).code(), Code::Unimplemented);
    assert!(gate.noted().iter().any(|note| note.contains("Substrait") && note.contains("Unimplemented")));
    let action = Action::new("SetSessionOptions", Vec::<u8>::new());
    assert_eq!(status(ada.do_action(action).await.map(drop).unwrap_err()).code(), Code::Unimplemented);
}

/// A message in an `Any`: its own encoder writes what is inside; the shell is two fields of bytes.
fn any<M: ProstMessageExt>(message: &M) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).ok().filter(|length| *length < 128).expect("a short one");
        [&[number << 3 | 2, length], bytes].concat()
    };
    [field(1, M::type_url().as_bytes()), field(2, &message.encode_to_vec())].concat()
}

#[tokio::test]
async fn a_question_ends_at_its_limits_and_says_which() {
    let (server, gate) = server().await;
    let mut waits = ada(&server).await;
    // What ends at another limit has time enough for it, also on a machine that is busy.
    let (soon, late) = (Duration::from_millis(50), Duration::from_mins(5));
    for (wall_time, sql, code, says) in [
        (soon, HEAVY, Code::DeadlineExceeded, "time"),
        (late, "SELECT * FROM fixes", Code::ResourceExhausted, "rows"),
        (late, &format!("SELECT {}", vec!["1"; 3_000].join("+")), Code::ResourceExhausted, "size"),
    ] {
        *gate.limits.lock().unwrap() = Limits { wall_time, rows: 10, at_once: 1, ..Limits::default() };
        let mut ada = ada(&server).await;
        let told = answer(&mut ada, sql).await.unwrap_err();
        assert!(told.code() == code && told.message().contains(says), "{told:?}");
    }
    assert!(gate.noted().iter().any(|note| note.contains("DeadlineExceeded")), "{:?}", gate.noted());
    assert_eq!(answer(&mut waits, "SELECT count(*) FROM fixes").await.unwrap(), [ROWS.to_string()]);
}

#[tokio::test]
async fn one_question_too_many_at_once_is_told_so() {
    let (server, gate) = server().await;
    *gate.limits.lock().unwrap() = Limits { at_once: 1, ..Limits::default() };
    let mut ada = ada(&server).await;
    let (info, running) = running(&ada, HEAVY).await;
    let told = loop {
        // It has its turn a moment after its ticket is used up.
        if let Err(told) = answer(&mut ada, "SELECT 1").await {
            break told;
        }
    };
    assert!(told.code() == Code::ResourceExhausted && told.message().contains("at once"), "{told:?}");
    assert_eq!(cancel(&ada, info).await, Ok(CancelStatus::Cancelled as i32));
    assert_eq!(running.join().await.unwrap().unwrap_err().code(), Code::Cancelled);
    while answer(&mut ada, "SELECT 1").await.is_err() {}
}

#[tokio::test]
async fn a_cancel_ends_what_runs_and_what_waits() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    let (info, running) = running(&ada, HEAVY).await;
    assert_eq!(cancel(&ada, info.clone()).await, Ok(CancelStatus::Cancelled as i32));
    let told = running.join().await.unwrap().unwrap_err();
    assert!(told.code() == Code::Cancelled && told.message().contains("was cancelled"), "{told:?}");
    assert!(gate.noted().iter().any(|note| note.contains("was cancelled")), "{:?}", gate.noted());
    assert_eq!(cancel(&ada, info).await, Err(Code::NotFound), "it has ended");
    let waits = ada.execute("SELECT 1".to_owned(), None).await.unwrap();
    assert_eq!(cancel(&ada, waits.clone()).await, Ok(CancelStatus::Cancelled as i32));
    assert_eq!(fetch(&mut ada, waits).await.unwrap_err().code(), Code::NotFound);
    let nothing = CancelFlightInfoRequest { info: None };
    assert_eq!(status(plain(&ada).cancel_flight_info(nothing).await.unwrap_err()).code(), Code::NotFound);
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_ten_minutes() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    let info = ada.execute("SELECT 1".to_owned(), None).await.unwrap();
    assert!(fetch(&mut ada, info.clone()).await.is_ok());
    assert_eq!(fetch(&mut ada, info).await.unwrap_err().code(), Code::NotFound);
    let info = ada.execute("SELECT 1".to_owned(), None).await.unwrap();
    gate.clock.forward_s(600);
    assert_eq!(fetch(&mut ada, info).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_question_and_that_is_written_down() {
    let (server, gate) = server().await;
    let (_, running) = running(&ada(&server).await, HEAVY).await;
    drop(running);
    until(|| gate.noted().iter().any(|note| note.contains(HEAVY) && note.contains("went away"))).await;
}

/// 9 000 000 rows of six columns are some 400 MB: what nobody reads is not computed.
#[tokio::test]
async fn rows_wait_for_the_client_and_come_in_small_messages() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    let sql = "SELECT a.*, b.row_no AS other FROM fixes a CROSS JOIN fixes b";
    let info = ada.execute(sql.to_owned(), None).await.unwrap();
    let mut request = Request::new(ticket(&info));
    request.metadata_mut().insert("authorization", format!("Bearer {}", ada.token().unwrap()).parse().unwrap());
    let mut messages = ada.inner_mut().do_get(request).await.unwrap().into_inner();
    for _ in 0..20 {
        let message = messages.message().await.unwrap().unwrap();
        assert!(message.data_body.len() < (1 << 20) + (64 << 10), "{}", message.data_body.len());
    }
    // The server goes on until all that is between is full.
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(messages);
    until(|| gate.noted().iter().any(|note| note.contains("went away"))).await;
    let noted = gate.noted();
    let note = noted.iter().find(|note| note.contains("went away")).unwrap();
    let sent: u64 = note.split("rows: ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!((1..2_000_000).contains(&sent), "{sent}");
}

#[tokio::test]
async fn a_large_answer_comes_whole_and_in_order() {
    let (server, gate) = server().await;
    let sql =
        "SELECT a.row_no * 100 + b.row_no AS n, a.device_id FROM fixes a, fixes b WHERE b.row_no < 100 ORDER BY n";
    let got = rows(&mut ada(&server).await, sql).await.unwrap();
    let numbers = got.iter().flat_map(|batch| {
        let column =
            datafusion::arrow::array::AsArray::as_primitive::<datafusion::arrow::datatypes::Int64Type>(batch.column(0));
        column.values().to_vec()
    });
    assert!(numbers.eq(0..ROWS * 100));
    assert!(gate.noted().iter().any(|note| note.contains("rows: 300000,")), "{:?}", gate.noted());
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_answered_to_its_end() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    gate.writable.store(false, Ordering::SeqCst);
    let told = answer(&mut ada, "SELECT 1").await.unwrap_err();
    assert_eq!(told.code(), Code::PermissionDenied, "{told:?}");
    let told = answer(&mut ada, "SELECT nope").await.unwrap_err();
    assert_eq!(told.code(), Code::PermissionDenied, "nor is what is wrong with it: {told:?}");
    gate.writable.store(true, Ordering::SeqCst);
    assert_eq!(answer(&mut ada, "SELECT 1").await.unwrap(), ["1"]);
    let noted = gate.noted();
    assert!(noted.iter().any(|note| note.starts_with("ada: Query") && note.contains("rows: 1,")), "{noted:?}");
}

#[tokio::test]
async fn a_stop_lets_answers_go_on_for_a_while_and_then_ends_them() {
    let (server, gate) = server_with(&Access { drain: Duration::from_millis(100), ..Access::default() }).await;
    let (_, running) = running(&ada(&server).await, HEAVY).await;
    let address = server.address();
    server.stop().await;
    assert!(gate.noted().iter().any(|note| note.contains(HEAVY) && note.contains("stopping")), "{:?}", gate.noted());
    assert_eq!(running.join().await.unwrap().unwrap_err().code(), Code::Unavailable);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_client_that_reads_is_given_the_rest_when_the_server_stops() {
    let (server, gate) = server_with(&Access { drain: Duration::from_mins(1), ..Access::default() }).await;
    let mut ada: FlightSqlServiceClient<Channel> = ada(&server).await;
    let sql = "SELECT a.row_no, b.device_id FROM fixes a, fixes b WHERE b.row_no < 100";
    let info = ada.execute(sql.to_owned(), None).await.unwrap();
    let mut rows = ada.do_get(ticket(&info)).await.unwrap();
    let first = rows.next().await.unwrap().unwrap();
    let stopping = SpawnedTask::spawn(server.stop());
    let mut count = first.num_rows();
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    assert_eq!(i64::try_from(count).unwrap(), ROWS * 100);
    stopping.join().await.unwrap();
    assert!(gate.noted().iter().any(|note| note.contains("rows: 300000,") && note.contains("fault: None")));
}
