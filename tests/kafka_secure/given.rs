//! The broker that the tests are given, and settings for it.

use std::path::{Path, PathBuf};

use locard::serve::{ServeConfig, Settings};

const DOCUMENT: &str = include_str!("../../docs/serve.md");

/// What `broker.sh --secure` says of its broker.
pub struct Secure {
    address: String,
    ca: String,
    pub other_ca: String,
    user: String,
    pub password: String,
}

impl Secure {
    /// `None`, and a line that says so, if there is no such broker.
    pub fn given(test: &str) -> Option<Self> {
        let named = |name: &str| std::env::var(format!("LOCARD_TEST_KAFKA_{name}"));
        let Ok(address) = named("SECURE") else {
            println!(
                "{test}: skipped: needs a broker with TLS (LOCARD_TEST_KAFKA_SECURE, set by broker.sh run --secure)"
            );
            return None;
        };
        let named = |name| named(name).expect("broker.sh sets all or none");
        let [ca, other_ca, user, password] = ["CA", "OTHER_CA", "USER", "PASSWORD"].map(named);
        assert!(password.len() >= 16, "one that stands nowhere by chance");
        Some(Self { address, ca, other_ca, user, password })
    }

    /// The example of docs/serve.md with this broker's values and topics of its own, and `change`: as a file, and read.
    pub fn settings(&self, test: &str, folder: &Path, change: impl FnOnce(&mut toml::Table)) -> (PathBuf, Settings) {
        let mut settings: toml::Table = example().parse().unwrap();
        let kafka = settings["kafka"].as_table_mut().unwrap();
        let name = |topic: &str| format!("{test}-{}-{topic}", std::process::id());
        let topics = ["fixes", "cases", "proximity", "encounters", "rejects"];
        kafka.insert(
            "topics".into(),
            topics.iter().map(|t| ((*t).to_owned(), name(t).into())).collect::<toml::Table>().into(),
        );
        kafka.insert("bootstrap_servers".into(), self.address.clone().into());
        kafka.insert("group".into(), name("group").into());
        kafka.insert("partitions".into(), 1.into());
        let options = kafka["options"].as_table_mut().unwrap();
        for (option, value) in
            [("ssl.ca.location", &self.ca), ("sasl.username", &self.user), ("sasl.password", &self.password)]
        {
            let before = options.insert(option.to_owned(), value.clone().into());
            assert!(before.is_some(), "{option} is not in the example");
        }
        change(options);
        let data = folder.join("data").to_str().unwrap().to_owned();
        settings.insert("store".into(), toml::Table::from_iter([("data".to_owned(), data.into())]).into());
        let (file, text) = (folder.join("locard.toml"), settings.to_string());
        std::fs::write(&file, &text).unwrap();
        let read = Settings::new(&ServeConfig::parse(&text, "locard.toml").unwrap()).unwrap();
        (file, read)
    }
}

fn example() -> &'static str {
    let section = DOCUMENT.split_once("### TLS and SASL").unwrap().1;
    section.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0
}
