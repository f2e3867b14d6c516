//! Findings as records arrive: in whatever order and pieces they come, what was told in the end is what an evaluation of
//! the tables says, and nothing is told twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use locard::access::{Role, Scope, Viewer};
use locard::evaluate::{Settings, evaluate};
use locard::query::{Brought, Desk, DeskOptions, Known, Limits, Session, StoredCase};
use locard::serve::findings::{Assessor, AssessorParts};
use locard::simulate::feed::{FeedBody, FeedItem, FeedParams};
use locard::sink::report::NamedFinding;
use locard::store::Options;
use locard::stream::{Instance, LiveFlag, LiveKind};
use locard::time::SystemClock;
use locard::time::custody::CustodyRules;
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::watch;
use url::Url;

use super::broker::broker;
use super::harness::{feed, options, runtime, send, sum, until_stored};

/// Findings by case and identifier.
type Findings = BTreeMap<(String, String), Value>;

fn desk_options() -> DeskOptions {
    DeskOptions { store: Options::default(), rules: CustodyRules::pace().unwrap(), threads: None }
}

async fn expected(session: &Session, case: &str) -> Findings {
    let reading = session.reading();
    let (rows, said) = (reading.rows(case).await.unwrap(), reading.said(case).await.unwrap());
    let stored = StoredCase::of(&rows, said, &Known::default()).unwrap();
    let found = evaluate(&stored.case, &Settings::default());
    let named = found.into_iter().map(|finding| NamedFinding { id: finding.id().to_string(), finding });
    named.map(|n| ((case.to_owned(), n.id.clone()), serde_json::to_value(&n).unwrap())).collect()
}

/// What an evaluation of the tables says of all cases.
async fn whole(session: &Session, items: &[FeedItem]) -> Findings {
    let mut whole = Findings::new();
    for case in items.iter().map(|item| item.case_id.to_string()).collect::<BTreeSet<_>>() {
        whole.extend(expected(session, &case).await);
    }
    whole
}

/// What was told, and how often each finding was.
#[derive(Default)]
struct Heard {
    now: Findings,
    times: BTreeMap<(String, String), usize>,
}

impl Heard {
    fn hear(&mut self, flag: &LiveFlag) {
        if flag.kind != LiveKind::Finding {
            return;
        }
        let mut said: Value = serde_json::from_str(&flag.json).unwrap();
        let said = said.as_object_mut().unwrap();
        let (case, change) = (said.remove("case_id").unwrap(), said.remove("change").unwrap());
        assert_eq!(case, *flag.case_id);
        let key = (flag.case_id.to_string(), said["id"].as_str().unwrap().to_owned());
        *self.times.entry(key.clone()).or_default() += 1;
        let before = match change.as_str() {
            Some("gone") => self.now.remove(&key),
            _ => self.now.insert(key, Value::Object(said.clone())),
        };
        assert_eq!(before.is_none(), change == "new", "{}", flag.json);
        assert!(before.is_none_or(|before| before != Value::Object(said.clone())), "told twice: {}", flag.json);
    }

    /// Hears until all that was told is what is said now, for two minutes at most.
    async fn until(&mut self, whole: &Findings, flags: &mut Receiver<LiveFlag>) {
        for _ in 0..240 {
            if self.now == *whole {
                break;
            }
            self.listen(flags, Duration::from_millis(500)).await;
        }
        let differ = whole.iter().filter(|(key, finding)| self.now.get(*key) != Some(*finding)).count();
        assert!(self.now == *whole, "{differ} of {} differ, {} told", whole.len(), self.now.len());
    }

    /// Hears what is told within so long.
    async fn listen(&mut self, flags: &mut Receiver<LiveFlag>, long: Duration) {
        let end = tokio::time::sleep(long);
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return,
                flag = flags.recv() => self.hear(&flag.expect("nothing is missed")),
            }
        }
    }
}

#[test]
fn what_is_told_as_records_arrive_is_what_an_evaluation_of_the_tables_says() {
    // The last first: what is said of a case hangs on what people stated at its beginning.
    arrives("findings", |items| items.reverse(), false);
}

#[test]
fn so_it_is_where_cases_only_grow_after_what_people_stated_and_then_only_what_came_since_is_read() {
    arrives("growing", |items| items.sort_by_key(|item| matches!(item.body, FeedBody::Fix(_))), true);
}

/// Records in three pieces; if cases `grow`, each is evaluated before the next comes.
fn arrives(name: &str, order: fn(&mut Vec<FeedItem>), grow: bool) {
    let broker = broker(name, 2);
    let mut params = FeedParams { cases: 3, days: 1, seed: 23, ..FeedParams::default() };
    params.sampling.spacing = 4.0;
    let mut items = feed(&params);
    order(&mut items);
    let data = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let instance =
            Instance::open(options(broker.config.clone(), data.path()), Arc::new(SystemClock), None).await.unwrap();
        let (store, mut flags) = (instance.store(), instance.flags().subscribe());
        let location = Url::from_directory_path(data.path()).unwrap();
        let assessor = Assessor::open(AssessorParts {
            data: location.clone(),
            desk: desk_options(),
            params: locard::model::ProximityParams::default(),
            settings: Settings::default(),
            changed: instance.changed(),
            cases: instance.cases(),
            told: instance.flags(),
            memory_bytes: 64 << 20,
            telemetry: instance.telemetry(),
        });
        let telemetry = instance.telemetry();
        let assessing = datafusion::common::runtime::SpawnedTask::spawn(assessor.await.unwrap().run());
        let (stop, stopped) = watch::channel(false);
        let running = datafusion::common::runtime::SpawnedTask::spawn(instance.run(stopped));
        let viewer = Viewer { account: "test".to_owned(), role: Role::Analyst, scope: Scope::Everything };
        let mut heard = Heard::default();
        let mut sent = 0;
        for piece in items.chunks(items.len() / 3 + 1) {
            send(&broker, piece);
            sent += i64::try_from(piece.len()).unwrap();
            tokio::select! {
                () = until_stored(&store, sent) => {}
                () = heard.listen(&mut flags, Duration::from_mins(2)) => panic!("the records are not stored"),
            }
            if !grow && sent < i64::try_from(items.len()).unwrap() {
                continue;
            }
            let desk = Desk::open(&location, desk_options()).unwrap();
            let session = desk.session(viewer.clone(), Limits::default(), Brought::new()).await.unwrap();
            heard.until(&whole(&session, &items).await, &mut flags).await;
        }
        assert!(heard.now.len() > 60, "{} findings", heard.now.len());
        let read = |how: &str| sum(&telemetry.encode(), &format!("locard_evaluation_seconds_count{{read=\"{how}\"}}"));
        assert!(read("whole") > 0 && (!grow || read("since") > 0), "{} whole, {} since", read("whole"), read("since"));
        assert!(heard.times.values().any(|times| *times > 1), "something was known in between, and has changed");
        stop.send_replace(true);
        running.join().await.unwrap().unwrap();
        drop(assessing);
    });
}
