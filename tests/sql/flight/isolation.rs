//! Nobody reaches another's ticket, prepared statement or question, and not their own of another session.

use arrow_flight::{CancelFlightInfoRequest, FlightClient};
use tonic::Code;

use super::client::{Client, answer, enter, fetch, lines, running, status};
use super::gate::ACCOUNTS;
use super::{HEAVY, server};

async fn cancelled(client: &Client, info: &arrow_flight::FlightInfo) -> bool {
    let mut plain = FlightClient::new_from_inner(client.inner().clone());
    plain.add_header("authorization", &format!("Bearer {}", client.token().unwrap())).unwrap();
    match plain.cancel_flight_info(CancelFlightInfoRequest::new(info.clone())).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(status(error).code(), Code::NotFound);
            false
        }
    }
}

#[tokio::test]
async fn anothers_ticket_is_none() {
    let (server, _) = server().await;
    let mut ada = enter(&server, "ada", ACCOUNTS[0].1).await;
    let mut again = enter(&server, "ada", ACCOUNTS[0].1).await;
    let mut ben = enter(&server, "ben", ACCOUNTS[1].1).await;
    let info = ada.execute("SELECT account FROM whose".to_owned(), None).await.unwrap();
    for other in [&mut ben, &mut again] {
        assert_eq!(fetch(other, info.clone()).await.unwrap_err().code(), Code::NotFound);
        assert!(!cancelled(other, &info).await);
    }
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), ["ada"], "and it is still good");
}

#[tokio::test]
async fn anothers_prepared_statement_is_none() {
    let (server, _) = server().await;
    let ada = enter(&server, "ada", ACCOUNTS[0].1).await;
    let mut shown = ada.clone();
    let mut prepared = shown.prepare("SELECT account FROM whose".to_owned(), None).await.unwrap();
    let info = prepared.execute().await.unwrap();
    // Ben shows his own bearer with all that was Ada's: the client of a statement keeps the bearer it was made with, so
    // what it sends is sent as it is by a client of his.
    let ben = enter(&server, "ben", ACCOUNTS[1].1).await;
    let mut plain = FlightClient::new_from_inner(ben.inner().clone());
    plain.add_header("authorization", &format!("Bearer {}", ben.token().unwrap())).unwrap();
    let descriptor = prepared_descriptor(&mut prepared).await;
    let told = plain.get_flight_info(descriptor.clone()).await.unwrap_err();
    assert_eq!(status(told).code(), Code::NotFound);
    let told = plain.do_get(arrow_flight::Ticket::new(descriptor.cmd.clone())).await.map(drop).unwrap_err();
    assert_eq!(status(told).code(), Code::NotFound);
    let mut own = ada.clone();
    assert_eq!(lines(&fetch(&mut own, info).await.unwrap()), ["ada"]);
    let direct = own.do_get(arrow_flight::Ticket::new(descriptor.cmd)).await.unwrap();
    let rows: Vec<_> = futures::TryStreamExt::try_collect(direct).await.unwrap();
    assert_eq!(lines(&rows), ["ada"], "a statement's own command is a ticket too");
}

/// The descriptor by which a prepared statement is executed, as the server gives it back.
async fn prepared_descriptor(
    prepared: &mut arrow_flight::sql::client::PreparedStatement<tonic::transport::Channel>,
) -> arrow_flight::FlightDescriptor {
    prepared.execute().await.unwrap().flight_descriptor.unwrap()
}

#[tokio::test]
async fn anothers_question_goes_on() {
    let (server, gate) = server().await;
    let ada = enter(&server, "ada", ACCOUNTS[0].1).await;
    let mut ben = enter(&server, "ben", ACCOUNTS[1].1).await;
    let (info, running) = running(&ada, HEAVY).await;
    assert!(!cancelled(&ben, &info).await);
    assert_eq!(answer(&mut ben, "SELECT account FROM whose").await.unwrap(), ["ben"]);
    assert!(!gate.noted().iter().any(|note| note.contains(HEAVY)), "it runs: {:?}", gate.noted());
    assert!(cancelled(&ada, &info).await);
    assert_eq!(running.join().await.unwrap().unwrap_err().code(), Code::Cancelled);
}
