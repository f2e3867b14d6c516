use datafusion::common::runtime::SpawnedTask;

use super::*;
use crate::serve::api::{Prompt, Secure};
use crate::serve::pg::{TlsFiles, load_tls};

fn settings(text: &str) -> Result<Settings, ConfigError> {
    Settings::new(&ServeConfig::parse(text, "locard.toml")?)
}

fn fault(text: &str) -> String {
    settings(text).map(drop).unwrap_err().to_string()
}

#[test]
fn an_empty_file_is_the_defaults_of_the_stages() {
    let made = settings("").unwrap();
    assert_eq!(made.kafka, KafkaConfig::default());
    assert_eq!(made.proximity, ProximityParams::default());
    assert_eq!(made.custody, CustodyRules::pace().unwrap());
    assert_eq!(made.listen.to_string(), "127.0.0.1:8787");
    assert!(made.store.location.as_str().ends_with("/locard-data/"), "{}", made.store.location);
    assert_eq!(made.memory_bytes, 512 * 1024 * 1024);
    assert!(made.schemas.is_none());
}

#[test]
fn what_is_written_gets_where_it_belongs() {
    let made = settings(
        r#"
        [kafka]
        bootstrap_servers = "a:9092,b:9092"
        group = "g"
        partitions = 16
        topics.fixes = "county.fixes"
        blocks.linger_ms = 7
        options = { "security.protocol" = "SASL_PLAINTEXT", "sasl.mechanism" = "PLAIN" }
        [store]
        data = "s3://bucket/locard"
        commit_interval_ms = 250
        commit_rows = 5000
        [proximity]
        radius_m = 250
        window_s = 60
        [memory]
        mib = 64
        [http]
        listen = "[::1]:0"
        [log]
        format = "json"
        level = "warn,locard=debug"
        "#,
    )
    .unwrap();
    assert_eq!(made.kafka.membership, Membership::Group("g".to_owned()));
    assert_eq!((made.kafka.topics.fixes.as_str(), made.kafka.topics.cases.as_str()), ("county.fixes", "cases"));
    assert_eq!((made.kafka.blocks.linger_ms, made.kafka.blocks.messages), (7, 4096));
    assert_eq!(made.kafka.librdkafka.get("security.protocol"), Some("SASL_PLAINTEXT"));
    assert_eq!((made.topics.partitions, made.topics.replication), (16, 1));
    assert_eq!(made.store.location.as_str(), "s3://bucket/locard");
    assert_eq!((made.store.commit_interval, made.store.commit_rows), (Duration::from_millis(250), 5000));
    let p = &made.proximity;
    assert_eq!((p.radius_m, p.exit_radius_m, p.window_us, p.gap_us), (250.0, 250.0, 60_000_000, 600_000_000));
    assert_eq!((made.log_form, made.log_level.as_str()), (LogForm::Json, "warn,locard=debug"));
    assert!(made.listen.ip().is_loopback());
}

#[test]
fn a_key_that_is_misspelt_is_not_taken_for_the_default() {
    for (text, word) in [
        ("[proximity]\nradius = 5", "unknown field `radius`"),
        ("[proximitiy]\nradius_m = 5", "unknown field `proximitiy`"),
        ("[kafka.topics]\nfix = \"f\"", "unknown field `fix`"),
        ("[kafka]\nblocks.message = 1", "unknown field `message`"),
        ("[log]\nformat = \"xml\"", "unknown variant `xml`"),
        ("[proximity]\nradius_m = \"100\"", "expected f64"),
    ] {
        let fault = fault(text);
        assert!(fault.starts_with("locard.toml: ") && fault.contains("line ") && fault.contains(word), "{fault}");
    }
}

#[test]
fn an_absurd_value_is_named_with_its_unit_and_what_it_must_be() {
    for (text, said) in [
        ("[proximity]\nradius_m = 40000000", "radius_m is 40000000 m: it must be between 0 and 20,000,000 m"),
        ("[proximity]\nradius_m = nan", "radius_m is NaN m"),
        ("[proximity]\nwindow_s = -1", "window_s is -1 s"),
        ("[proximity]\ngap_s = 9223372036854775807", "gap_s is "),
        ("[proximity]\nexit_radius_m = 50", "exit_radius_m is 50 m, below radius_m 100 m"),
        ("[memory]\nmib = 0", "memory.mib is 0 MiB: expected 64 to 1048576 MiB"),
        ("[memory]\nmib = 9223372036854775807", "memory.mib is 9223372036854775807 MiB"),
        ("[store]\ncommit_interval_ms = 0", "store.commit_interval_ms is 0 ms: expected 10 to 60000 ms"),
        ("[store]\ncommit_rows = 0", "store.commit_rows is 0 rows"),
        ("[store]\ndata = \" \"", "store.data is \" \": expected a folder or a URL"),
        ("[http]\nlisten = \"8787\"", "http.listen is \"8787\": expected an address and a port"),
        ("[http]\nlisten = \"localhost:8787\"", "http.listen is \"localhost:8787\""),
        ("[kafka]\nbootstrap_servers = \"kafka\"", "kafka.bootstrap_servers is \"kafka\": expected host:port"),
        ("[kafka]\ngroup = \"\"", "kafka.group is \"\": a group needs a name"),
        ("[kafka]\npartitions = 0", "kafka.partitions is 0 partitions: expected 1 to 10000"),
        ("[kafka]\nreplication = 0", "kafka.replication is 0 copies"),
        ("[kafka]\ntopics.cases = \"fixes\"", "kafka.topics.cases is \"fixes\": topics.fixes is the same topic"),
        ("[kafka]\nblocks.bytes = 0", "kafka.blocks.bytes is \"0\": at least 1"),
        ("[kafka]\nsession_timeout_ms = 5", "kafka.session_timeout_ms is \"5\": expected 6000 to"),
        ("[kafka.options]\n\"group.id\" = \"x\"", "kafka.options.\"group.id\" is \"x\": set kafka.group"),
        ("[log]\nlevel = \"loud\"", "log.level is \"loud\""),
        ("[schemas]\nregistry = \"registry:8081\"", "schemas.registry is \"registry:8081\""),
        ("[schemas]\nfolder = \"no/such/folder\"", "schemas.folder is \"no/such/folder\": there is no such folder"),
        ("[schemas]\nfolder = \".\"\nregistry = \"http://r\"", "schemas.registry is set: schemas.folder is set too"),
        ("[schemas]\nregistry = \"https://r\"\nca = \"no/such.pem\"", "schemas.ca is \"no/such.pem\": "),
        ("[schemas]\nfolder = \".\"\nca = \"ca.pem\"", "schemas.ca is \"ca.pem\": schemas.registry, which it is for"),
        ("[oidc]\nissuer = \"https://id\"\naudience = \"x\"\nca = \"Cargo.toml\"", "oidc.ca is \"Cargo.toml\": "),
        ("[custody]\nrules = \"no/such.toml\"", "custody.rules no/such.toml: "),
    ] {
        let fault = fault(text);
        assert!(fault.contains(said), "{fault}\nand not\n{said}");
    }
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    for text in ["[schemas]\nregistry = \"ftp://me:secret@r:1\"", "[store]\ndata = \"s3://me:secret@:x\""] {
        let fault = fault(text);
        assert!(!fault.contains("secret"), "{fault}");
    }
}

#[test]
fn a_rule_table_of_ones_own_is_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.toml");
    let text = include_str!("../time/custody/pace.toml");
    std::fs::write(&file, text.replacen("hours = 24", "hours = 23", 1)).unwrap();
    let with = |path: &Path| format!("[custody]\nrules = {:?}", path.display().to_string());
    assert_eq!(settings(&with(&file)).unwrap().custody.detention.hours, 23);
    std::fs::write(&file, text.replacen("hours = 24", "hours = 0", 1)).unwrap();
    let fault = fault(&with(&file));
    assert!(fault.starts_with("custody.rules: ") && fault.contains("detention.hours is 0"), "{fault}");
}

/// A certificate for this machine that no authority of the system's vouches for.
fn own_certificate() -> TlsFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    TlsFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_asked_over_tls_and_believed_by_the_authorities_that_are_set() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let listener = Secure::new(Prompt(listener), load_tls(&own_certificate(), "http/1.1").unwrap());
    let answer = || async { r#"{"schema":"\"string\""}"# };
    let routes = axum::Router::new().route("/schemas/ids/7", axum::routing::get(answer));
    let _served = SpawnedTask::spawn(async move { axum::serve(listener, routes).await });
    let ca = own_certificate().certificate;
    let asked = SpawnedTask::spawn_blocking(move || {
        let with = |ca: &str| settings(&format!("[schemas]\nregistry = {address:?}\n{ca}")).unwrap().schemas.unwrap();
        (with("").schema(7), with(&format!("ca = {ca:?}")).schema(7))
    });
    let (by_the_system, by_ours) = asked.join().await.unwrap();
    assert!(by_the_system.is_err(), "{by_the_system:?}");
    assert_eq!(by_ours.unwrap().as_deref(), Some("\"string\""));
}
