//! Tokens that must be taken, and those that others have taken to their cost.

use std::collections::BTreeMap;

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::super::signing::{Signer, key_set};
use super::*;
use crate::source::Authorities;

const NOW_US: i64 = 1_764_000_000_000_000;
const NOW_S: i64 = NOW_US / 1_000_000;
const ISSUER: &str = "https://id.example/force";

fn settings() -> OidcSettings {
    OidcSettings {
        issuer: ISSUER.to_owned(),
        authorities: Authorities::default(),
        audience: "locard".to_owned(),
        clients: Vec::new(),
        account_claim: "preferred_username".to_owned(),
        account_suffix: "@force.example".to_owned(),
        roles: None,
    }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "locard", "exp": NOW_S + 300, "preferred_username": "ann@force.example"})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn keys(signers: &[&Signer]) -> KeySet {
    KeySet::parse(key_set(signers).to_string().as_bytes()).unwrap()
}

#[test]
fn a_token_of_each_kind_is_taken_and_leads_to_the_account() {
    let signers = [Signer::rs256("r"), Signer::es256("e"), Signer::eddsa("d")];
    let keys = keys(&signers.each_ref());
    for signer in &signers {
        let seen = verify(&signer.token(&claims()), &keys, &settings(), NOW_US).unwrap();
        assert_eq!(seen, Identity { account: "ann".to_owned(), roles: None });
    }
    let many = with("aud", json!(["other", "locard"]));
    assert!(verify(&signers[1].token(&many), &keys, &settings(), NOW_US).is_ok());
}

/// The token and the keys that RFC 7515 prints in A.2 and A.3: signed by others, so that a fault that signing and
/// verifying share would be seen. It has no audience, and that alone is wrong with it.
#[test]
fn the_signatures_of_the_standard_hold_and_what_they_sign_is_not_for_us() {
    let rsa = Signer::rs256("r").jwk();
    let ec = json!({"kty": "EC", "crv": "P-256", "kid": "e", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let keys = KeySet::parse(json!({"keys": [rsa, ec]}).to_string().as_bytes()).unwrap();
    let said = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let rs = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUA\
              r7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO\
              --xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc\
              N_IoypGlUPQGe77Rw";
    let es = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    for (header, signature) in [("eyJhbGciOiJSUzI1NiJ9", rs), ("eyJhbGciOiJFUzI1NiJ9", es)] {
        let fault = |token: String| verify(&token, &keys, &settings(), NOW_US).unwrap_err().to_string();
        let held = fault(format!("{header}.{said}.{signature}"));
        assert!(held.contains("aud"), "the signature holds: {held}");
        let forged = fault(format!("{header}.{}.{signature}", said.replacen("eyJp", "eyJq", 1)));
        assert!(forged.contains("InvalidSignature") || forged.to_lowercase().contains("signature"), "{forged}");
    }
}

#[test]
fn what_is_said_by_others_to_others_or_at_another_time_is_not_taken() {
    let signer = Signer::es256("e");
    let keys = keys(&[&signer]);
    for (claims, why) in [
        (with("iss", json!("https://id.example/other")), "issuer"),
        (with("iss", json!([ISSUER, "https://id.example/other"])), "does not hold"),
        (without("iss"), "iss"),
        (with("aud", json!("another")), "audience"),
        (with("aud", json!([])), "audience"),
        (without("aud"), "aud"),
        (with("exp", json!(NOW_S - 61)), "expired"),
        (without("exp"), "exp"),
        (with("exp", json!("tomorrow")), "does not hold"),
        (with("nbf", json!(NOW_S + 62)), "only in 2 s"),
        (without("preferred_username"), "preferred_username"),
        (with("preferred_username", json!(7)), "preferred_username"),
        (with("preferred_username", json!("ann@elsewhere.example")), "does not end with"),
        (with("preferred_username", json!("@force.example")), "does not end with"),
    ] {
        let fault = verify(&signer.token(&claims), &keys, &settings(), NOW_US).unwrap_err().to_string();
        assert!(fault.contains(why), "{claims}: {fault}");
    }
    // Clocks differ by less than the leeway.
    for claims in [with("exp", json!(NOW_S - 59)), with("nbf", json!(NOW_S + 59)), with("exp", json!(1.9e9 + 0.5))] {
        assert!(verify(&signer.token(&claims), &keys, &settings(), NOW_US).is_ok(), "{claims}");
    }
}

#[test]
fn an_algorithm_that_is_not_allowed_is_not_taken_whatever_the_key() {
    let signer = Signer::rs256("r");
    let keys = keys(&[&signer]);
    let public = signer.jwk()["n"].as_str().unwrap().to_owned();
    // RFC 8725, 2.1: a public key taken for a secret, and no signature at all.
    let as_secret = EncodingKey::from_secret(public.as_bytes());
    let header = Header { kid: Some("r".to_owned()), ..Header::new(Algorithm::HS256) };
    let confused = encode(&header, &claims(), &as_secret).unwrap();
    assert_eq!(verify(&confused, &keys, &settings(), NOW_US), Err(OidcFault::Algorithm("HS256".to_owned())));
    let wide = signer.token_with(&Header { kid: Some("r".to_owned()), ..Header::new(Algorithm::RS512) }, &claims());
    assert_eq!(verify(&wide, &keys, &settings(), NOW_US), Err(OidcFault::Algorithm("RS512".to_owned())));
    let good = signer.token(&claims());
    let said = good.split('.').nth(1).unwrap();
    // {"alg":"none"} and {"alg":"NONE","kid":"r"}
    for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJOT05FIiwia2lkIjoiciJ9"] {
        for token in [format!("{header}.{said}."), format!("{header}.{said}.AA"), format!("{header}.{said}")] {
            assert!(matches!(verify(&token, &keys, &settings(), NOW_US), Err(OidcFault::Malformed(_))), "{token}");
        }
    }
    let demanding =
        Header { crit: Some(vec!["b64".to_owned()]), kid: Some("r".to_owned()), ..Header::new(Algorithm::RS256) };
    let demanding = signer.token_with(&demanding, &claims());
    assert_eq!(verify(&demanding, &keys, &settings(), NOW_US), Err(OidcFault::Critical(vec!["b64".to_owned()])));
}

#[test]
fn a_signature_by_another_key_is_none() {
    let (ours, theirs) = (Signer::es256("k"), Signer::es256("k"));
    let fault = verify(&theirs.token(&claims()), &keys(&[&ours]), &settings(), NOW_US).unwrap_err();
    assert!(matches!(fault, OidcFault::Signature(_)), "{fault}");
    let unknown = verify(&Signer::es256("new").token(&claims()), &keys(&[&ours]), &settings(), NOW_US);
    assert_eq!(unknown, Err(OidcFault::UnknownKey(Some("new".to_owned()))));
    // The key's id with another kind of key.
    let crossed = verify(&Signer::eddsa("k").token(&claims()), &keys(&[&ours]), &settings(), NOW_US);
    assert_eq!(crossed, Err(OidcFault::UnknownKey(Some("k".to_owned()))));
    let long = format!("{}.a.b", "e".repeat(LONGEST));
    assert!(matches!(verify(&long, &keys(&[&ours]), &settings(), NOW_US), Err(OidcFault::Malformed(_))));
}

#[test]
fn a_program_that_is_not_named_and_an_address_that_nobody_verified_do_not_pass() {
    let signer = Signer::eddsa("d");
    let keys = keys(&[&signer]);
    let named = OidcSettings { clients: vec!["page".to_owned()], ..settings() };
    let of = |claims: &Value, settings: &OidcSettings| verify(&signer.token(claims), &keys, settings, NOW_US);
    assert!(of(&with("azp", json!("page")), &named).is_ok() && of(&with("client_id", json!("page")), &named).is_ok());
    assert_eq!(of(&with("azp", json!("game")), &named), Err(OidcFault::Client("game".to_owned())));
    assert_eq!(of(&claims(), &named), Err(OidcFault::Client(String::new())));
    let email = OidcSettings { account_claim: "email".to_owned(), ..settings() };
    let mut said = with("email", json!("ben@force.example"));
    assert!(of(&said, &email).unwrap_err().to_string().contains("verified"));
    said["email_verified"] = json!("true");
    assert!(of(&said, &email).is_err(), "a text is no yes");
    said["email_verified"] = json!(true);
    assert_eq!(of(&said, &email).unwrap().account, "ben");
}

#[test]
fn roles_are_those_of_the_claim_that_are_known() {
    let signer = Signer::es256("e");
    let keys = keys(&[&signer]);
    let known = BTreeMap::from([("L-AN".to_owned(), Role::Analyst), ("L-SU".to_owned(), Role::Supervisor)]);
    let asked = OidcSettings { roles: Some(("groups".to_owned(), known)), ..settings() };
    for (claim, roles) in [
        (json!(["L-SU", "staff", "L-AN"]), vec![Role::Supervisor, Role::Analyst]),
        (json!("L-AN"), vec![Role::Analyst]),
        (json!(["staff"]), vec![]),
        (json!({"L-AN": true}), vec![]),
    ] {
        let seen = verify(&signer.token(&with("groups", claim)), &keys, &asked, NOW_US).unwrap();
        assert_eq!(seen.roles, Some(roles));
    }
    assert_eq!(verify(&signer.token(&claims()), &keys, &asked, NOW_US).unwrap().roles, Some(Vec::new()));
}
