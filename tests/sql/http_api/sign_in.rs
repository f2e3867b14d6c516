//! Who comes in, and what those hear who do not.

use locard::access::audit::Kind;
use locard::access::{Account, AccountStore, Role, Stretch};
use locard::serve::SignIn;
use reqwest::header;
use serde_json::json;

use super::served::{Made, PASSWORD, Served, account, json_of, token};

/// Base64 of `name:password`, as clients write it; by the client that we have.
async fn with_password(served: &Served, name: &str, password: &str) -> (u16, String) {
    let request = served.client.get(format!("{}/api/me", served.base)).basic_auth(name, Some(password));
    let (status, body) = json_of(request.send().await.unwrap()).await;
    (status.as_u16(), body.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_and_a_token_let_in_and_say_whose_cases_they_are() {
    let served = Served::new().await;
    let expected = json!({
        "account": "ann", "role": "analyst", "all_cases": false,
        "cases": [{"case": "alpha", "stretches": [{"from": "2026-03-02T00:00:00Z", "until": "2026-03-03T00:00:00Z"}]}],
    });
    let (status, me) = json_of(served.get("/api/me", &served.ann).send().await.unwrap()).await;
    assert_eq!((status.as_u16(), &me), (200, &expected));
    assert_eq!(with_password(&served, "ann", PASSWORD).await, (200, expected.to_string()));
    let logins = served.written().iter().filter(|(kind, who, _)| *kind == Kind::Login && who == "ann").count();
    assert_eq!(logins, 2, "each request is somebody's");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_hears_one_thing_and_the_audit_why() {
    let served = Served::new().await;
    let (data, now_us) = (served.data(), served.world.now_us);
    let keeper = account(data, "eve", Role::Administrator, None, now_us);
    let shut = account(data, "dan", Role::Analyst, Some(("alpha", Stretch::default())), now_us);
    let store = AccountStore::open(&data.join("access")).unwrap();
    let disable = |a: &mut Account| {
        a.disabled = true;
        Ok(())
    };
    store.change("dan", disable).unwrap();
    let expired = token(data, "ann", now_us);
    let called_back = token(data, "ann", now_us + 1_000_000);
    let id = called_back.split('_').nth(1).unwrap().to_owned();
    let revoke = |a: &mut Account| a.revoke(&id, now_us).map_err(Into::into);
    store.change("ann", revoke).unwrap();
    let mut told = std::collections::BTreeSet::new();
    let forged = format!("{}0", &served.ben[..served.ben.len() - 1]);
    let other = format!("{}1", &served.ben[..served.ben.len() - 1]);
    let forged = if forged == served.ben { other } else { forged };
    let tokens = [keeper, shut, expired, called_back, forged, "locard_1_2".to_owned(), "eyJ.eyJ.x".to_owned()];
    for token in &tokens {
        let response = served.get("/api/me", token).send().await.unwrap();
        assert_eq!(response.headers().get_all(header::WWW_AUTHENTICATE).iter().count(), 2);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.status(), 401, "{token}");
        told.insert(response.text().await.unwrap());
    }
    for (name, password) in [("ann", "not her password"), ("nobody", PASSWORD), ("../ann", PASSWORD)] {
        let (status, body) = with_password(&served, name, password).await;
        assert_eq!(status, 401, "{name}");
        told.insert(body);
    }
    let strange = served.client.get(format!("{}/api/me", served.base)).header(header::AUTHORIZATION, "Digest x");
    told.insert(strange.send().await.unwrap().text().await.unwrap());
    let nothing = served.get("/api/me", "").send().await.unwrap();
    told.insert(nothing.text().await.unwrap());
    let told: Vec<serde_json::Value> = told.iter().map(|t| serde_json::from_str(t).unwrap()).collect();
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    let refused: Vec<_> = served.written().into_iter().filter(|(kind, ..)| *kind == Kind::Refused).collect();
    assert_eq!(refused.len(), tokens.len() + 4, "all but the one who showed nothing: {refused:?}");
    let why: Vec<_> = refused.iter().map(|(_, _, details)| details.fault.clone().unwrap_or_default()).collect();
    for word in
        ["may not ask", "disabled", "expired", "called back", "no such token", "wrong password", "no such account"]
    {
        assert!(why.iter().any(|w| w.contains(word)), "{word}: {why:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_shown_to_all_only_where_it_is_said_or_nobody_could_sign_in() {
    let status = async |served: &Served, path: &str| served.get(path, "").send().await.unwrap().status().as_u16();
    let paths = ["/api/cases/lag", "/api/flags"];
    let open = Served::made(Made { accounts: false, ..Made::default() }).await;
    for path in paths {
        assert_eq!(status(&open, path).await, 200, "{path}");
    }
    assert_eq!(status(&open, "/api/me").await, 401, "who asks is somebody also where cases are open");
    account(open.data(), "ann", Role::Analyst, None, open.world.now_us);
    for path in paths {
        assert_eq!(status(&open, path).await, 401, "{path}: the first account closes the door");
    }
    let always = Served::made(Made { accounts: false, sign_in: SignIn::Always, ..Made::default() }).await;
    assert_eq!(status(&always, "/api/flags").await, 401);
    for sign_in in [SignIn::Never, SignIn::Elsewhere] {
        let said = Served::made(Made { sign_in, ..Made::default() }).await;
        assert_eq!(status(&said, "/api/cases/lag").await, 200);
        assert_eq!(status(&said, "/api/me").await, 401);
        let (_, mine) = json_of(said.get("/api/cases/lag", &said.ben).send().await.unwrap()).await;
        assert_eq!(mine[0]["case"], "bravo", "who signs in all the same sees what is theirs");
        assert_eq!(mine.as_array().unwrap().len(), 1);
    }
    let without = Served::made(Made { gate: false, ..Made::default() }).await;
    assert_eq!(status(&without, "/api/cases/lag").await, 200);
    assert_eq!(status(&without, "/api/me").await, 503, "there is nowhere to keep accounts");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_answered() {
    let served = Served::new().await;
    assert_eq!(served.rows(&served.ann, "SELECT 1").await, json!([[1]]));
    std::fs::remove_dir_all(served.data().join("audit")).unwrap();
    std::fs::write(served.data().join("audit"), "in the way").unwrap();
    let (status, body) = served.sql(&served.ann, "SELECT 1").await;
    assert!(status.is_client_error() || status.is_server_error(), "{body}");
    assert!(body.get("rows").is_none(), "{body}");
}
