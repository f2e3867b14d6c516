//! A provider on loopback, whose documents change under the server's hands.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use datafusion::common::runtime::SpawnedTask;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::provider::{Held, due};
use super::signing::{Signer, key_set};
use super::{OidcFault, OidcSettings, Provider};
use crate::serve::api::{Prompt, Secure};
use crate::serve::pg::{TlsFiles, load_tls};
use crate::source::Authorities;
use crate::time::{Clock, US_PER_S};

const START_US: i64 = 1_764_000_000_000_000;

/// A clock that is set by hand.
#[derive(Debug, Clone)]
struct SetClock(Arc<AtomicI64>);

impl Clock for SetClock {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// What the made-up provider answers; keys that are `None` are an error.
#[derive(Clone)]
struct Documents {
    issuer: String,
    keys: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicUsize>,
}

async fn description(State(documents): State<Documents>) -> String {
    json!({"issuer": documents.issuer, "jwks_uri": format!("{}/keys", documents.issuer)}).to_string()
}

async fn keys(State(documents): State<Documents>) -> Response {
    documents.asked.fetch_add(1, Ordering::SeqCst);
    let keys = documents.keys.lock().unwrap().clone();
    keys.map_or_else(|| StatusCode::BAD_GATEWAY.into_response(), |keys| keys.to_string().into_response())
}

struct World {
    provider: Provider,
    documents: Documents,
    clock: SetClock,
    _server: SpawnedTask<()>,
}

/// A certificate for this machine that no authority of the system's vouches for.
fn own_certificate() -> TlsFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    TlsFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
}

impl World {
    async fn new(signers: &[&Signer]) -> Self {
        Self::over(None, Authorities::default(), signers).await
    }

    async fn over(tls: Option<TlsFiles>, authorities: Authorities, signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let issuer = format!("{scheme}://{}", listener.local_addr().unwrap());
        let keys_now = Arc::new(Mutex::new(Some(key_set(signers))));
        let documents = Documents { issuer: issuer.clone(), keys: keys_now, asked: Arc::default() };
        let routes =
            Router::new().route("/.well-known/openid-configuration", get(description)).route("/keys", get(keys));
        let routes = routes.with_state(documents.clone());
        let server = SpawnedTask::spawn(async move {
            match tls {
                None => axum::serve(listener, routes).await.unwrap(),
                Some(files) => {
                    let acceptor = load_tls(&files, "http/1.1").unwrap();
                    axum::serve(Secure::new(Prompt(listener), acceptor), routes).await.unwrap();
                }
            }
        });
        let clock = SetClock(Arc::new(AtomicI64::new(START_US)));
        let settings = OidcSettings {
            issuer,
            authorities,
            audience: "locard".to_owned(),
            clients: Vec::new(),
            account_claim: "sub".to_owned(),
            account_suffix: String::new(),
            roles: None,
        };
        let provider = Provider::new(settings, Arc::new(clock.clone())).unwrap();
        Self { provider, documents, clock, _server: server }
    }

    fn token(&self, signer: &Signer) -> String {
        let exp = self.clock.now_us() / US_PER_S + 60;
        signer.token(&json!({"iss": self.documents.issuer, "aud": "locard", "exp": exp, "sub": "ann"}))
    }

    fn later(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * US_PER_S, Ordering::SeqCst);
    }

    fn has(&self, signers: &[&Signer]) {
        *self.documents.keys.lock().unwrap() = Some(key_set(signers));
    }

    fn asked(&self) -> usize {
        self.documents.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_anew_when_they_are_changed() {
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    let world = World::new(&[&old]).await;
    for _ in 0..3 {
        assert_eq!(world.provider.identity(&world.token(&old)).await.unwrap().account, "ann");
    }
    assert_eq!(world.asked(), 1);
    world.has(&[&new]);
    // Too soon to ask again: whoever makes up keys makes nobody work.
    for _ in 0..50 {
        let fault = world.provider.identity(&world.token(&Signer::es256("made up"))).await.unwrap_err();
        assert!(matches!(fault, OidcFault::UnknownKey(_)), "{fault}");
    }
    assert_eq!(world.asked(), 1);
    world.later(31);
    assert!(world.provider.identity(&world.token(&new)).await.is_ok(), "an unknown key is asked for");
    assert_eq!(world.asked(), 2);
    let gone = world.provider.identity(&world.token(&old)).await;
    assert_eq!(gone, Err(OidcFault::UnknownKey(Some("old".to_owned()))), "what was taken back holds no longer");
}

#[tokio::test]
async fn a_provider_that_is_away_is_waited_for_with_the_keys_that_are_held_but_not_for_ever() {
    let signer = Signer::eddsa("k");
    let world = World::new(&[&signer]).await;
    *world.documents.keys.lock().unwrap() = None;
    let fault = world.provider.identity(&world.token(&signer)).await.unwrap_err();
    assert!(matches!(&fault, OidcFault::Unreachable { detail, .. } if detail.contains("502")), "{fault}");
    world.later(31);
    world.has(&[&signer]);
    assert!(world.provider.identity(&world.token(&signer)).await.is_ok());
    *world.documents.keys.lock().unwrap() = None;
    world.later(2 * 3_600);
    assert!(world.provider.identity(&world.token(&signer)).await.is_ok(), "with the keys of before");
    world.later(24 * 3_600);
    let fault = world.provider.identity(&world.token(&signer)).await.unwrap_err();
    assert!(matches!(fault, OidcFault::Unreachable { .. }), "{fault}");
}

#[tokio::test]
async fn a_provider_that_says_it_is_another_is_not_believed() {
    let signer = Signer::eddsa("k");
    let mut world = World::new(&[&signer]).await;
    let elsewhere = OidcSettings {
        issuer: format!("{}/", world.documents.issuer),
        authorities: Authorities::default(),
        audience: "locard".to_owned(),
        clients: Vec::new(),
        account_claim: "sub".to_owned(),
        account_suffix: String::new(),
        roles: None,
    };
    world.provider = Provider::new(elsewhere, Arc::new(world.clock.clone())).unwrap();
    let fault = world.provider.identity(&world.token(&signer)).await.unwrap_err();
    assert!(matches!(&fault, OidcFault::Unreachable { detail, .. } if detail.contains("says that it is")), "{fault}");
    assert_eq!(world.asked(), 0, "its keys are not even asked for");
}

#[tokio::test]
async fn over_tls_the_authorities_that_are_set_are_believed_and_nobody_else() {
    let signer = Signer::eddsa("k");
    let ours = Authorities::of_file(&own_certificate().certificate).unwrap();
    let world = World::over(Some(own_certificate()), ours, &[&signer]).await;
    assert_eq!(world.provider.identity(&world.token(&signer)).await.unwrap().account, "ann");
    let world = World::over(Some(own_certificate()), Authorities::default(), &[&signer]).await;
    let fault = world.provider.identity(&world.token(&signer)).await.unwrap_err();
    assert!(matches!(fault, OidcFault::Unreachable { .. }), "{fault}");
}

#[test]
fn when_keys_are_fetched() {
    let held = |fetched_s: Option<i64>, tried_s: Option<i64>| Held {
        fetched_us: fetched_s.map(|s| s * US_PER_S),
        tried_us: tried_s.map(|s| s * US_PER_S),
        ..Held::default()
    };
    let at = |held: &Held, missing, now_s: i64| due(held, missing, now_s * US_PER_S);
    assert!(at(&Held::default(), false, 0));
    assert!(!at(&held(None, Some(0)), false, 29) && at(&held(None, Some(0)), false, 30));
    let fresh = held(Some(0), Some(0));
    assert!(!at(&fresh, false, 3_599) && at(&fresh, false, 3_600));
    assert!(!at(&fresh, true, 29) && at(&fresh, true, 30));
    // A clock that is set back asks no more than one that stands.
    assert!(!at(&held(Some(100), Some(100)), true, 0));
}
