//! Kafka over TLS with SASL, as it is met on a real broker: what goes in comes out as flags, a broker that lets nobody in
//! is told apart from one that is away, and nobody says the password.
//!
//! `tests/kafka/broker.sh run --secure -- cargo test --features kafka-tls --test kafka_secure`; without that broker the
//! tests are skipped, and say so. The settings are those of the example in docs/serve.md.
#![cfg(all(unix, feature = "kafka-tls"))]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[cfg(test)]
#[path = "kafka_secure/given.rs"]
mod given;
#[path = "kafka_secure/reading.rs"]
mod reading;
#[path = "serve/serving.rs"]
mod serving;

use std::fs::File;
use std::process::Stdio;

use given::Secure;
use locard::source::kafka::{Health, ensure_topics};
use locard::source::kafka::{KafkaConfig, KafkaError, KafkaSource, Output, OutputTopic, Record, Retry, TopicPlan};
use serde_json::{Value, json};
use serving::{PATIENCE, Running, Serving, until};

const CASE: &str = "C-1";

fn send(output: &Output, topic: OutputTopic, value: &Value) {
    let payload = value.to_string();
    let record = Record {
        topic,
        case_id: Some(CASE),
        id: None,
        content_type: "application/json",
        headers: &[],
        payload: Some(payload.as_bytes()),
        ticket: 0,
    };
    output.send_waiting(&record, PATIENCE).unwrap();
}

/// A suspect's device at the victim's home: one encounter.
fn visit(output: &Output) {
    let event = |kind: &str, what: &Value| {
        let mut event =
            json!({"case_id": CASE, "recorded_at": "2025-10-24T10:00:00Z", "author": "DC 1 Example", "kind": kind});
        event.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        event
    };
    let place = json!({"name": "home", "lat_deg": 51.5, "lon_deg": -0.1, "radius_m": 50});
    send(output, OutputTopic::Cases, &event("target_added", &json!({"target_id": "T1", "place": place})));
    let claim = json!({"attribution_id": "A1", "device_id": "phone", "subject_id": "S1", "role": "suspect"});
    send(output, OutputTopic::Cases, &event("attribution_added", &claim));
    let fix = json!({"device_id": "phone", "t0": "2025-10-24T09:00:00Z", "lat_deg": 51.5, "lon_deg": -0.1, "uncertainty_m": 10});
    send(output, OutputTopic::Fixes, &fix);
    assert_eq!(output.flush(PATIENCE).unwrap().failed, []);
}

#[test]
fn records_go_in_flags_come_out_and_nobody_says_the_password() {
    let Some(secure) = Secure::given("flags") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (file, settings) = secure.settings("flags", folder.path(), |_| {});
    let mut serving = Serving::with(&["--config", file.to_str().unwrap()]);
    until("readiness", || serving.reasons().is_empty().then_some(()));
    visit(&Output::connect(&settings.kafka, PATIENCE).unwrap());

    let flag = reading::first_encounter(&settings.kafka);
    assert_eq!((&flag["case_id"], &flag["target"]), (&CASE.into(), &"home".into()), "{flag}");
    let metrics = serving.get("/metrics").1;
    assert!(metrics.contains("locard_encounters_total{change=\"opened\"} 1"), "{metrics}");

    let ready = serving.get("/ready").1;
    assert!(serving.terminate().success());
    let debug = format!("{settings:?}");
    assert!(debug.contains("sasl.password"), "the options are among what is looked at: {debug}");
    for said in [ready, metrics, serving.log(), debug] {
        assert!(!said.contains(&secure.password), "{said}");
    }
}

#[test]
fn a_wrong_password_is_told_and_not_tried_again() {
    let Some(secure) = Secure::given("password") else { return };
    refused(&secure, "password", "uthentication", |options| {
        options.insert("sasl.password".to_owned(), "not-the-password".into());
    });
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told_and_not_tried_again() {
    let Some(secure) = Secure::given("ca") else { return };
    refused(&secure, "ca", "certificate", |options| {
        options.insert("ssl.ca.location".to_owned(), secure.other_ca.clone().into());
    });
    // The system's authorities are trusted then, and not everybody.
    refused(&secure, "no-ca", "certificate", |options| {
        options.remove("ssl.ca.location");
    });
}

/// With other options, nobody gets in, and each who tries says why in a word, without the password.
fn refused(secure: &Secure, test: &str, word: &str, change: impl FnOnce(&mut toml::Table)) {
    let folder = tempfile::tempdir().unwrap();
    let (file, settings) = secure.settings(test, folder.path(), change);
    let password = settings.kafka.librdkafka.get("sasl.password").unwrap();
    let told = |said: &str| {
        assert!(said.contains(word) && said.contains("trying again does not help"), "{said}");
        assert!(!said.contains(password) && !said.contains(&secure.password), "{said}");
    };
    let plan = TopicPlan { partitions: 1, replication: 1, deadline: PATIENCE };
    for error in
        [ensure_topics(&settings.kafka, &plan).unwrap_err(), Output::connect(&settings.kafka, PATIENCE).unwrap_err()]
    {
        assert!(matches!(error, KafkaError::Refused { .. }) && error.retry() == Retry::Never, "{error}");
        told(&error.to_string());
    }
    told(&health_once_refused(&settings.kafka).reason);

    let log = folder.path().join("log");
    let arguments = ["serve", "--config", file.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let mut process = Running::start(&arguments, Stdio::null(), File::create(&log).unwrap().into());
    assert_eq!(process.ended().code(), Some(1), "it ends by itself");
    let said = std::fs::read_to_string(log).unwrap();
    told(said.lines().last().unwrap());
    assert!(!said.contains(password) && !said.contains(&secure.password), "{said}");
}

/// What `/ready` shows of a running source that is not let in.
fn health_once_refused(config: &KafkaConfig) -> Health {
    let (source, _events) = KafkaSource::start(config).unwrap();
    let mut health = source.health();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let found = runtime.block_on(async {
        let told = health.wait_for(|h| h.reason.contains("trying again"));
        tokio::time::timeout(PATIENCE, told).await.map(|h| h.unwrap().clone())
    });
    let health = found.expect("it says why");
    assert!(!health.is_ready());
    health
}
