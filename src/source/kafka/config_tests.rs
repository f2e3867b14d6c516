use super::*;

fn refused(change: impl FnOnce(&mut KafkaConfig)) -> String {
    let mut config = KafkaConfig::default();
    change(&mut config);
    config.validate().unwrap_err().to_string()
}

#[test]
fn the_defaults_hold() {
    KafkaConfig::default().validate().unwrap();
    let toml: KafkaConfig = toml::from_str("bootstrap_servers = 'a:1,b:2'\nmembership = { group = 'g' }").unwrap();
    toml.validate().unwrap();
    assert_eq!(toml.membership, Membership::Group("g".into()));
    let alone: KafkaConfig = toml::from_str("membership = 'alone'\n[blocks]\nlinger_ms = 7").unwrap();
    assert_eq!((alone.membership, alone.blocks.linger_ms), (Membership::Alone, 7));
    assert!(toml::from_str::<KafkaConfig>("bootstrap = 'a:1'").is_err(), "a misspelt setting is an error");
}

#[test]
fn a_setting_that_cannot_be_used_is_named() {
    for bad in ["", "a", "a:", ":1", "a:0", "a:1,", "a:70000"] {
        assert!(refused(|c| c.bootstrap_servers = bad.into()).contains("bootstrap_servers"), "{bad:?}");
    }
    assert!(refused(|c| c.topics.cases = "fixes".into()).contains("topics.cases"));
    assert!(refused(|c| c.topics.rejects = "a b".into()).contains("topics.rejects"));
    assert!(refused(|c| c.blocks.waiting = 0).contains("blocks.waiting"));
    assert!(refused(|c| c.session_timeout_ms = 5_999).contains("6000"));
    assert!(refused(|c| c.membership = Membership::Group(String::new())).contains("membership"));
}

#[test]
fn what_exactness_rests_on_cannot_be_set() {
    for name in ["enable.auto.commit", "isolation.level", "partition.assignment.strategy", "partitioner"] {
        let said = refused(|c| {
            c.librdkafka.insert(name, "x");
        });
        assert!(said.contains(name), "{said}");
    }
    let mut config = KafkaConfig::default();
    config.librdkafka.insert("linger.ms", "9");
    config.validate().unwrap();
    assert_eq!(config.producer().get("linger.ms"), Some("9"), "what is ours by default only can be set");
    assert_eq!(config.consumer().get("enable.auto.commit"), Some("false"));
}
