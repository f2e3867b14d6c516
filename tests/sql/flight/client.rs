//! Arrow's own client, and what a test asks it for.

use std::sync::Arc;

use arrow_flight::error::FlightError;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::{FlightInfo, HandshakeRequest, Ticket};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::runtime::SpawnedTask;
use futures::{TryStreamExt as _, stream};
use locard::serve::flight::Running;
use tonic::metadata::{Binary, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

pub type Client = FlightSqlServiceClient<Channel>;

pub async fn channel(server: &Running) -> Channel {
    Channel::from_shared(format!("http://{}", server.address())).unwrap().connect().await.unwrap()
}

/// A client that has come in by a password.
pub async fn enter(server: &Running, account: &str, password: &str) -> Client {
    let mut client = Client::new(channel(server).await);
    client.handshake(account, password).await.expect("is let in");
    assert!(client.token().unwrap().starts_with("flight_"), "a pass, and not the password");
    client
}

/// A client that shows a token.
pub async fn with_token(server: &Running, token: &str) -> Client {
    let mut client = Client::new(channel(server).await);
    client.set_token(token.to_owned());
    client
}

/// The bare handshake; its token.
pub async fn shake(channel: Channel, account: &str, password: &str) -> Result<String, Status> {
    let request = HandshakeRequest { protocol_version: 0, payload: Vec::<u8>::new().into() };
    let mut request = Request::new(stream::iter([request]));
    let pair = MetadataValue::<Binary>::from_bytes(format!("{account}:{password}").as_bytes());
    let basic = format!("Basic {}", std::str::from_utf8(pair.as_encoded_bytes()).unwrap());
    request.metadata_mut().insert("authorization", basic.parse().unwrap());
    let response = FlightServiceClient::new(channel).handshake(request).await?;
    let bearer = response.metadata().get("authorization").unwrap().to_str().unwrap();
    Ok(bearer.strip_prefix("Bearer ").unwrap().to_owned())
}

pub fn status(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        other => panic!("not a status: {other}"),
    }
}

pub fn ticket(info: &FlightInfo) -> Ticket {
    info.endpoint[0].ticket.clone().unwrap()
}

/// The rows of an answer; they are under the schema that was told before.
pub async fn fetch(client: &mut Client, info: FlightInfo) -> Result<Vec<RecordBatch>, Status> {
    let rows = client.do_get(ticket(&info)).await.map_err(status)?;
    let rows: Vec<RecordBatch> = rows.try_collect().await.map_err(status)?;
    let told = Arc::new(info.try_decode_schema().unwrap());
    assert!(rows.iter().all(|batch| batch.schema() == told), "{told:?}");
    Ok(rows)
}

pub async fn rows(client: &mut Client, sql: &str) -> Result<Vec<RecordBatch>, Status> {
    let info = client.execute(sql.to_owned(), None).await.map_err(status)?;
    fetch(client, info).await
}

/// Rows as text, a line a row with `|` between values.
pub fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let mut lines = Vec::new();
    for batch in batches {
        let columns: Vec<_> =
            batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &options).unwrap()).collect();
        let line = |row| columns.iter().map(|c| c.value(row).to_string()).collect::<Vec<_>>().join("|");
        lines.extend((0..batch.num_rows()).map(line));
    }
    lines
}

pub async fn answer(client: &mut Client, sql: &str) -> Result<Vec<String>, Status> {
    rows(client, sql).await.map(|batches| lines(&batches))
}

pub fn names(schema: &Schema) -> Vec<&str> {
    schema.fields().iter().map(|field| field.name().as_str()).collect()
}

/// A question that runs: its ticket is used up. Of two that show the ticket one is told that there is none.
pub async fn running(client: &Client, sql: &str) -> (FlightInfo, SpawnedTask<Result<Vec<RecordBatch>, Status>>) {
    let info = client.clone().execute(sql.to_owned(), None).await.unwrap();
    let show = || {
        let (mut client, info) = (client.clone(), info.clone());
        SpawnedTask::spawn(async move { fetch(&mut client, info).await })
    };
    let (mut one, mut other) = (show(), show());
    let (told, runs) = tokio::select! {
        told = &mut one => (told, other),
        told = &mut other => (told, one),
    };
    assert_eq!(told.unwrap().unwrap_err().code(), Code::NotFound);
    (info, runs)
}
