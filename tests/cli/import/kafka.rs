//! Imports to brokers: what an instance makes of them is what a check of the files says.
//!
//! On librdkafka's mock cluster: what is tested is the messages, not the brokers.

use std::sync::Arc;
use std::time::Duration;

use locard::model::ProximityParams;
use locard::source::kafka::{EmbeddedBroker, KafkaConfig, Membership, TopicNames};
use locard::store::{Options, Table};
use locard::stream::{Instance, InstanceOptions, WorkerOptions};
use locard::time::SystemClock;
use tokio::sync::watch;

use super::equal::{of_report, of_store};
use super::run::{Place, check, walk};

/// Runs an instance until its tables of truth hold so many messages.
async fn run_instance(kafka: KafkaConfig, place: &Place, messages: i64) {
    let options = InstanceOptions {
        custody: locard::time::custody::CustodyRules::pace().unwrap(),
        kafka,
        data: url::Url::from_directory_path(place.data()).unwrap(),
        store: Options::default(),
        work: WorkerOptions {
            params: ProximityParams::default(),
            commit_every: Duration::from_millis(200),
            commit_rows: 20_000,
            memory_bytes: 256 << 20,
            step_messages: 100,
        },
        publish: false,
        upkeep_every: Duration::ZERO,
    };
    let instance = Instance::open(options, Arc::new(SystemClock), None).await.unwrap();
    let store = instance.store();
    let (stop, stopped) = watch::channel(false);
    let stored = async {
        loop {
            let mut sum = 0;
            for (topic, table) in [("fixes", Table::Fixes), ("cases", Table::CaseEvents)] {
                let next = store.next_offsets(topic).await.unwrap();
                sum += next.values().filter_map(|tables| tables.get(&table)).sum::<i64>();
            }
            if sum >= messages {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let until = async {
        tokio::time::timeout(Duration::from_mins(2), stored).await.unwrap();
        stop.send_replace(true);
    };
    let (ran, ()) = tokio::join!(instance.run(stopped), until);
    ran.unwrap();
}

#[test]
fn what_is_sent_to_brokers_is_what_a_check_of_the_files_says() {
    let place = Place::new();
    let prefix = "west.";
    let usual = TopicNames::default();
    let named = |name: &str| format!("{prefix}{name}");
    let topics = TopicNames {
        fixes: named(&usual.fixes),
        cases: named(&usual.cases),
        proximity: named(&usual.proximity),
        encounters: named(&usual.encounters),
        rejects: named(&usual.rejects),
    };
    let broker = EmbeddedBroker::start(&topics, 2).unwrap();
    let kafka = ["--kafka", broker.bootstrap_servers(), "--topic-prefix", prefix];
    let s = place.write("s.csv", walk("S", 1_500, 51.5) + "S,gps,2025-06-20T00:00:00Z,,91,0,,\n");
    let v = place.write("v.csv", walk("V", 400, 51.5003));
    let suspect = [&kafka[..], &["--case", "C", "--subject", "suspect", &s]].concat();
    let told = place.imported(&suspect);
    assert!(told.contains("fixes: 1500 sent to the brokers"), "{told}");
    place.imported(&[&kafka[..], &["--case", "C", "--subject", "victim", &v]].concat());
    let again = place.imported(&suspect);
    assert!(again.contains("imported already"), "{again}");
    assert_eq!(place.count("SELECT count(*) AS n FROM rejects"), 1, "rejects go straight into the store");

    // Two and one payloads of fixes; each import says that the case exists and whose the device is.
    let config = KafkaConfig {
        bootstrap_servers: broker.bootstrap_servers().to_owned(),
        topics,
        membership: Membership::Alone,
        ..KafkaConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run_instance(config, &place, 7));
    let expected = of_report(&check(&["--suspect", &s, "--victim", &v]));
    assert_eq!((of_store(&place, "C"), expected.len()), (expected, 1));
    assert_eq!(place.count("SELECT count(*) AS n FROM fixes"), 1_900);

    let direct = place.import(&["--case", "D", "--subject", "victim", &v]);
    assert_eq!(direct.code, 1);
    assert!(direct.notes.contains("came through brokers: give --kafka"), "{direct:?}");
}

#[test]
fn a_store_that_was_filled_directly_is_not_mixed_with_brokers() {
    let place = Place::new();
    let v = place.write("v.csv", walk("V", 20, 51.5));
    place.imported(&["--case", "C", "--subject", "victim", &v]);
    let broker = EmbeddedBroker::start(&TopicNames::default(), 1).unwrap();
    let mixed = place.import(&["--kafka", broker.bootstrap_servers(), "--case", "D", "--subject", "victim", &v]);
    assert_eq!(mixed.code, 1);
    assert!(mixed.notes.contains("from files directly"), "{mixed:?}");
}
