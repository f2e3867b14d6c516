//! Signing in by an identity provider, from its documents to somebody's rows.

use axum::Router;
use axum::routing::get;
use datafusion::common::runtime::SpawnedTask;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use locard::access::audit::Kind;
use locard::access::{Account, AccountStore, Role};
use locard::serve::oidc::OidcSettings;
use locard::source::Authorities;
use locard::time::US_PER_S;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::served::{Made, Served};
use super::signing::{Signer, key_set};

struct Identity {
    signer: Signer,
    settings: OidcSettings,
    _server: SpawnedTask<()>,
}

async fn identity(signer: Signer) -> Identity {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}/force", listener.local_addr().unwrap());
    let description = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string();
    let keys = key_set(&[&signer]).to_string();
    let routes = Router::new()
        .route("/force/.well-known/openid-configuration", get(move || async move { description }))
        .route("/force/keys", get(move || async move { keys }));
    let server = SpawnedTask::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let settings = OidcSettings {
        issuer,
        authorities: Authorities::default(),
        audience: "locard".to_owned(),
        clients: Vec::new(),
        account_claim: "preferred_username".to_owned(),
        account_suffix: "@force.example".to_owned(),
        roles: Some(("groups".to_owned(), [("AN".to_owned(), Role::Analyst)].into())),
    };
    Identity { signer, settings, _server: server }
}

impl Identity {
    fn claims(&self, served: &Served, who: &str) -> Value {
        json!({
            "iss": self.settings.issuer, "aud": "locard", "exp": served.world.now_us / US_PER_S + 60,
            "preferred_username": who, "groups": ["AN"],
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_the_provider_vouches_for_sees_what_their_account_may() {
    for signer in [Signer::rs256("1"), Signer::es256("1"), Signer::eddsa("1")] {
        let identity = identity(signer).await;
        let served = Served::made(Made { oidc: Some(identity.settings.clone()), ..Made::default() }).await;
        let token = identity.signer.token(&identity.claims(&served, "ann@force.example"));
        assert_eq!(served.rows(&token, "SELECT DISTINCT case_id FROM fixes").await, json!([["alpha"]]));
        let entries = served.written();
        let login = entries.iter().find(|(kind, ..)| *kind == Kind::Login).unwrap();
        assert_eq!(login.1, "ann");
        assert!(login.2.text.contains(&identity.settings.issuer), "{login:?}");
        assert_eq!(served.rows(&served.ann, "SELECT 1").await, json!([[1]]), "tokens of our own hold beside it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_did_not_say_lets_nobody_in() {
    let identity = identity(Signer::es256("1")).await;
    let served = Served::made(Made { oidc: Some(identity.settings.clone()), ..Made::default() }).await;
    let with = |name: &str, value: Value| {
        let mut claims = identity.claims(&served, "ann@force.example");
        claims[name] = value;
        identity.signer.token(&claims)
    };
    let store = AccountStore::open(&served.data().join("access")).unwrap();
    let disable = |a: &mut Account| {
        a.disabled = true;
        Ok(())
    };
    let good = identity.claims(&served, "ann@force.example");
    let header = Header { kid: Some("1".to_owned()), ..Header::new(Algorithm::HS256) };
    let public = identity.signer.jwk()["x"].as_str().unwrap().to_owned();
    let confused = encode(&header, &good, &EncodingKey::from_secret(public.as_bytes())).unwrap();
    let signed = identity.signer.token(&good);
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", signed.split('.').nth(1).unwrap());
    let before = served.rows(&signed, "SELECT 1").await;
    assert_eq!(before, json!([[1]]));
    for (token, why) in [
        (with("iss", json!("http://127.0.0.1:1/other")), "issuer"),
        (with("aud", json!("another")), "audience"),
        (with("exp", json!(served.world.now_us / US_PER_S - 61)), "expired"),
        (Signer::es256("2").token(&good), "no key"),
        (Signer::es256("1").token(&good), "does not hold"),
        (confused, "HS256"),
        (unsigned, "no JSON Web Token"),
        (with("preferred_username", json!("nobody@force.example")), "no such account"),
        (with("preferred_username", json!("ann@elsewhere.example")), "does not end"),
        (with("groups", json!(["staff"])), "does not give the account's role"),
        (with("preferred_username", json!("ben@force.example")), "does not give the account's role"),
    ] {
        let (status, problem) = served.sql(&token, "SELECT 1").await;
        assert_eq!((status.as_u16(), &problem["code"]), (401, &json!("28000")), "{why}: {problem}");
        let noted = served.written().into_iter().rfind(|(kind, ..)| *kind == Kind::Refused).unwrap();
        assert!(noted.2.fault.as_ref().is_some_and(|f| f.contains(why)), "{why}: {noted:?}");
    }
    store.change("ann", disable).unwrap();
    assert_eq!(served.sql(&signed, "SELECT 1").await.0, 401, "a shut account is shut to all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_told_from_a_token_that_is_wrong() {
    let identity = identity(Signer::es256("1")).await;
    let nobody = OidcSettings { issuer: "http://127.0.0.1:1".to_owned(), ..identity.settings.clone() };
    let served = Served::made(Made { oidc: Some(nobody), ..Made::default() }).await;
    let token = identity.signer.token(&identity.claims(&served, "ann@force.example"));
    assert_eq!(served.sql(&token, "SELECT 1").await.0, 503);
    assert_eq!(served.rows(&served.ann, "SELECT 1").await, json!([[1]]), "others come in all the same");
}
