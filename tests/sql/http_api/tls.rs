//! HTTP over TLS: with it and not without, and never without where it was asked for.

use std::path::PathBuf;
use std::time::Duration;

use locard::serve::pg::TlsFiles;
use locard::serve::{Door, HttpAccess, HttpError, HttpServer, SignIn};
use reqwest::{Certificate, Client};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::served::{Made, Served};

/// A made-up certificate for this machine, good until 2120; its key guards nothing.
fn files() -> TlsFiles {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    TlsFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_it_is_spoken_to_over_tls_alone() {
    let access = HttpAccess { tls: Some(files()), ..HttpAccess::default() };
    let served = Served::made(Made { access, ..Made::default() }).await;
    let address = served.base.strip_prefix("http://").unwrap();
    // One who says nothing holds up nobody.
    let mut silent = TcpStream::connect(address).await.unwrap();
    let trusted = Certificate::from_pem(&std::fs::read(files().certificate).unwrap()).unwrap();
    let client = Client::builder().add_root_certificate(trusted).build().unwrap();
    let url = format!("https://{address}");
    assert_eq!(client.get(format!("{url}/health")).send().await.unwrap().status(), 200);
    let me = client.get(format!("{url}/api/me")).bearer_auth(&served.ann).send().await.unwrap();
    assert_eq!(me.status(), 200);
    assert!(me.text().await.unwrap().contains("\"ann\""));
    assert!(Client::new().get(format!("{url}/health")).send().await.is_err(), "who does not know it does not trust it");
    assert!(served.get("/health", "").send().await.is_err(), "in the clear there is no answer");
    let mut byte = [0];
    let said = tokio::time::timeout(Duration::from_millis(50), silent.read(&mut byte)).await;
    assert!(said.is_err(), "nothing is said to who has not greeted: {said:?}");
}

#[tokio::test]
async fn without_its_certificate_it_does_not_start() {
    let server = HttpServer::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let missing = TlsFiles { certificate: "missing.crt".into(), key: "missing.key".into() };
    let access = HttpAccess { tls: Some(missing), ..HttpAccess::default() };
    let error = server.entered_by(Door::new(None, None, SignIn::Always), &access).err().unwrap();
    assert!(matches!(&error, HttpError::Tls(_)) && error.to_string().contains("missing.crt"), "{error}");
}
