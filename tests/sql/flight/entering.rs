//! Coming in: passwords, passes and tokens, how long they hold, and how many may try at once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::{Action, Criteria, Empty, FlightData, FlightDescriptor, Ticket};
use datafusion::common::runtime::SpawnedTask;
use futures::stream::FuturesUnordered;
use futures::{StreamExt as _, stream};
use locard::serve::flight::{Access, Server, StartError};
use locard::serve::pg::TlsFiles;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tonic::{Code, Request, Status};

use super::client::{answer, channel, enter, fetch, lines, rows, shake, status, with_token};
use super::gate::{ACCOUNTS, MadeUpGate};
use super::{server, server_with, until};

const ADA: &str = ACCOUNTS[0].1;

#[tokio::test]
async fn who_has_the_password_comes_in_as_themselves_and_all_calls_share_a_session() {
    let (server, gate) = server().await;
    for (account, password, ..) in ACCOUNTS {
        let mut client = enter(&server, account, password).await;
        for _ in 0..3 {
            assert_eq!(answer(&mut client, "SELECT account FROM whose").await.unwrap(), [account]);
        }
    }
    assert_eq!(gate.entered.load(Ordering::SeqCst), 2);
    assert!(gate.noted().contains(&"enter Some(\"ada\") true".to_owned()), "the address is told: {:?}", gate.noted());
}

/// Wrong password, no such account, expired token, unknown token, unknown pass: one answer for all.
#[tokio::test]
async fn nobody_learns_why_they_are_not_let_in() {
    let (server, gate) = server().await;
    let channel = channel(&server).await;
    let mut told: Vec<Status> = Vec::new();
    for (account, password) in [("ada", ACCOUNTS[1].1), ("ada", ""), ("nobody", ADA)] {
        told.push(shake(channel.clone(), account, password).await.unwrap_err());
    }
    gate.clock.forward_s(601);
    let made_up = format!("flight_{}", "0".repeat(64));
    for token in [ACCOUNTS[1].2, "locard_none", &made_up, "x"] {
        told.push(rows(&mut with_token(&server, token).await, "SELECT 1").await.unwrap_err());
    }
    for refused in &told {
        assert_eq!((refused.code(), refused.message()), (Code::Unauthenticated, told[0].message()));
        assert!(!refused.message().contains("reason"), "{refused:?}");
    }
    let noted = gate.noted();
    assert_eq!(noted.iter().filter(|note| note.starts_with("enter None")).count(), 6, "{noted:?}");
    assert_eq!(noted.iter().filter(|note| note.contains("Refused") && note.contains("pass")).count(), 1, "{noted:?}");
}

#[tokio::test]
async fn nothing_is_answered_without_a_bearer() {
    let (server, gate) = server().await;
    let mut client = FlightServiceClient::new(channel(&server).await);
    let nothing = || stream::iter(Vec::<FlightData>::new());
    let descriptor = || FlightDescriptor::new_cmd(b"x".to_vec());
    let mut codes = vec![
        client.handshake(Request::new(stream::iter([]))).await.unwrap_err().code(),
        client.list_flights(Criteria::default()).await.unwrap_err().code(),
        client.get_flight_info(descriptor()).await.unwrap_err().code(),
        client.poll_flight_info(descriptor()).await.unwrap_err().code(),
        client.get_schema(descriptor()).await.unwrap_err().code(),
        client.do_get(Ticket::new(b"x".to_vec())).await.unwrap_err().code(),
        client.do_put(nothing()).await.unwrap_err().code(),
        client.do_exchange(nothing()).await.unwrap_err().code(),
        client.do_action(Action::new("CloseSession", b"".to_vec())).await.unwrap_err().code(),
        client.list_actions(Empty {}).await.unwrap_err().code(),
    ];
    // A password at any call but the handshake is none either.
    let mut basic = Request::new(descriptor());
    basic.metadata_mut().insert("authorization", "Basic YWRhOmFkYSdzIHNlY3JldA==".parse().unwrap());
    codes.push(client.get_flight_info(basic).await.unwrap_err().code());
    assert_eq!(codes, [Code::Unauthenticated; 11]);
    assert_eq!(gate.entered.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_token_is_shown_at_any_call_and_holds_until_it_expires() {
    let (server, gate) = server().await;
    let mut ben = with_token(&server, ACCOUNTS[1].2).await;
    let mut prepared = ben.prepare("SELECT account FROM whose".to_owned(), None).await.unwrap();
    for _ in 0..3 {
        assert_eq!(answer(&mut ben, "SELECT account FROM whose").await.unwrap(), ["ben"]);
    }
    assert_eq!(gate.entered.load(Ordering::SeqCst), 1, "the calls share a session");
    gate.clock.forward_s(61);
    assert_eq!(answer(&mut ben, "SELECT 1").await.unwrap(), ["1"]);
    assert_eq!(gate.entered.load(Ordering::SeqCst), 2, "after a minute the gate is asked again");
    let info = prepared.execute().await.expect("what was prepared is still there");
    assert_eq!(lines(&fetch(&mut ben, info).await.unwrap()), ["ben"]);
    gate.clock.forward_s(540);
    assert_eq!(answer(&mut ben, "SELECT 1").await.unwrap_err().code(), Code::Unauthenticated);
    let mut other = with_token(&server, ACCOUNTS[0].2).await;
    assert_eq!(answer(&mut other, "SELECT account FROM whose").await.unwrap(), ["ada"]);
}

/// All ask the gate, because none has a seat yet; the ticket of one must not be in a seat that another has taken the place of.
#[tokio::test(flavor = "multi_thread")]
async fn first_calls_that_come_at_once_share_a_seat() {
    let (server, _) = server().await;
    let ada = with_token(&server, ACCOUNTS[0].2).await;
    let ask = || {
        let mut client = ada.clone();
        async move { client.execute("SELECT account FROM whose".to_owned(), None).await.unwrap() }
    };
    for info in futures::future::join_all((0..16).map(|_| ask())).await {
        assert_eq!(lines(&fetch(&mut ada.clone(), info).await.unwrap()), ["ada"]);
    }
}

#[tokio::test]
async fn a_pass_is_over_when_it_is_idle_when_it_is_old_and_when_it_is_given_back() {
    let (server, gate) = server().await;
    let mut idle = enter(&server, "ada", ADA).await;
    gate.clock.forward_s(899);
    assert!(answer(&mut idle, "SELECT 1").await.is_ok());
    gate.clock.forward_s(900);
    assert_eq!(answer(&mut idle, "SELECT 1").await.unwrap_err().code(), Code::Unauthenticated);
    let mut old = enter(&server, "ada", ADA).await;
    for _ in 0..4 {
        gate.clock.forward_s(890);
        assert!(answer(&mut old, "SELECT 1").await.is_ok());
    }
    gate.clock.forward_s(40);
    assert_eq!(answer(&mut old, "SELECT 1").await.unwrap_err().code(), Code::Unauthenticated);
    let mut left = enter(&server, "ada", ADA).await;
    let close = || Action::new("CloseSession", Vec::<u8>::new());
    let told = left.do_action(close()).await.unwrap().message().await.unwrap().unwrap();
    assert_eq!(told.body.as_ref(), [8, 1], "CLOSED");
    assert_eq!(answer(&mut left, "SELECT 1").await.unwrap_err().code(), Code::Unauthenticated);
    let mut token = with_token(&server, ACCOUNTS[0].2).await;
    let told = token.do_action(close()).await.unwrap().message().await.unwrap().unwrap();
    assert_eq!(told.body.as_ref(), [8, 3], "NOT_CLOSEABLE: others may show it too");
    assert!(answer(&mut token, "SELECT 1").await.is_ok());
}

/// A check takes a core and memory; more than two at once would take them from the stream.
#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_checked_two_at_a_time_and_few_wait() {
    let (server, gate) = server().await;
    gate.checks.forget_permits(Semaphore::MAX_PERMITS);
    let channels = [channel(&server).await, channel(&server).await];
    let mut told: FuturesUnordered<_> = (0..80).map(|n| shake(channels[n % 2].clone(), "ada", ADA)).collect();
    // Two are checked, 62 wait, and the others hear so at once.
    for _ in 0..16 {
        let refused = told.next().await.unwrap().unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    }
    assert_eq!(gate.most_checking.load(Ordering::SeqCst), 2);
    gate.checks.add_permits(100);
    let others: Vec<_> = told.collect().await;
    assert_eq!(others.iter().filter(|told| told.is_ok()).count(), 64, "{others:?}");
    assert_eq!(gate.most_checking.load(Ordering::SeqCst), 2);
}

/// Who begins checks and hangs up does not begin more of them than others.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_counts_until_it_is_done_although_the_client_is_gone() {
    let (server, gate) = server().await;
    gate.checks.forget_permits(Semaphore::MAX_PERMITS);
    for _ in 0..2 {
        let channel = channel(&server).await;
        let before = gate.checking.load(Ordering::SeqCst);
        let gone = SpawnedTask::spawn(shake(channel, "ada", ADA));
        until(|| gate.checking.load(Ordering::SeqCst) > before).await;
        drop(gone);
    }
    let waits = SpawnedTask::spawn(shake(channel(&server).await, "ada", ADA));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(gate.most_checking.load(Ordering::SeqCst), 2);
    gate.checks.add_permits(100);
    assert!(waits.join().await.unwrap().is_ok());
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_a_place_is_free_again() {
    let (server, _) = server_with(&Access { connections: 1, ..Access::default() }).await;
    let mut first = enter(&server, "ada", ADA).await;
    let second = tonic::transport::Channel::from_shared(format!("http://{}", server.address())).unwrap();
    match second.connect().await {
        Err(_) => {}
        Ok(channel) => assert!(shake(channel, "ada", ADA).await.is_err()),
    }
    assert!(answer(&mut first, "SELECT 1").await.is_ok());
    drop(first);
    let again = tonic::transport::Channel::from_shared(format!("http://{}", server.address())).unwrap();
    loop {
        if let Ok(channel) = again.connect().await
            && shake(channel, "ada", ADA).await.is_ok()
        {
            break;
        }
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_safe_does_not_start() {
    let gate = MadeUpGate::new(Vec::new());
    let files = TlsFiles { certificate: "missing.crt".into(), key: "missing.key".into() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let access = Access { tls: Some(files), ..Access::default() };
    let error = Server::start(listener, gate.clone(), &access, gate.clock.clone()).unwrap_err();
    assert!(matches!(&error, StartError::Tls(tls) if tls.to_string().contains("missing.crt")), "{error}");
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let error = Server::start(listener, gate.clone(), &Access::default(), gate.clock.clone()).unwrap_err();
    assert!(matches!(error, StartError::InTheClear(_)), "{error}");
}

#[tokio::test]
async fn an_account_that_comes_in_again_and_again_loses_its_longest_unused_session_and_nobody_elses() {
    let (server, gate) = server().await;
    let mut ben = enter(&server, "ben", ACCOUNTS[1].1).await;
    let mut first = enter(&server, "ada", ADA).await;
    gate.clock.forward_s(1);
    let mut second = enter(&server, "ada", ADA).await;
    gate.clock.forward_s(1);
    let channel = channel(&server).await;
    for _ in 0..31 {
        shake(channel.clone(), "ada", ADA).await.unwrap();
    }
    assert_eq!(answer(&mut first, "SELECT 1").await.unwrap_err().code(), Code::Unauthenticated);
    assert!(answer(&mut second, "SELECT 1").await.is_ok());
    assert!(answer(&mut ben, "SELECT 1").await.is_ok());
}

#[tokio::test]
async fn what_is_kept_for_a_client_is_bounded() {
    let (server, _) = server().await;
    let mut ada = enter(&server, "ada", ADA).await;
    let (mut kept, mut last) = (0, None);
    while last.is_none() {
        match ada.prepare("SELECT 1".to_owned(), None).await {
            Ok(_) => kept += 1,
            Err(error) => last = Some(status(error)),
        }
    }
    assert_eq!((kept, last.unwrap().code()), (100, Code::ResourceExhausted));
    // Others are as before.
    let mut other = enter(&server, "ada", ADA).await;
    assert!(other.prepare("SELECT 1".to_owned(), None).await.is_ok());
}
