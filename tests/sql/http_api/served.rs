//! A server over a made-up store, with made-up accounts, and how it is asked.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use datafusion::common::runtime::SpawnedTask;
use locard::access::audit::{Details, Kind, each_entry, verify};
use locard::access::{Account, AccountStore, Grant, NewToken, PolicySources, Role, Secrets, Stretch};
use locard::model::CaseChange;
use locard::query::{Gate, Limits};
use locard::serve::oidc::{OidcSettings, Provider};
use locard::serve::{AccountGate, Door, HttpAccess, HttpServer, Shown, SignIn};
use locard::source::CaseLag;
use locard::store::Table;
use locard::stream::LiveFlag;
use locard::stream::telemetry::Telemetry;
use locard::time::FixedClock;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{broadcast, oneshot, watch};

use super::world::{DAY_US, World, at, attributed, encounter, exhibit, fix, incident, place, proximity, reject, said};

pub const PASSWORD: &str = "correct horse battery staple";
pub const HOME: (f64, f64) = (51.5, -0.1);

/// Hashing a password is slow on purpose: once is enough.
static SECRETS: LazyLock<Secrets> = LazyLock::new(|| Secrets::of(PASSWORD).unwrap());

/// How a server is made.
pub struct Made {
    pub limits: Limits,
    pub sign_in: SignIn,
    pub access: HttpAccess,
    pub oidc: Option<OidcSettings>,
    /// Whether there are accounts.
    pub accounts: bool,
    /// Whether there is a gate at all.
    pub gate: bool,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            sign_in: SignIn::WithAccounts,
            access: HttpAccess::default(),
            oidc: None,
            accounts: true,
            gate: true,
        }
    }
}

/// A server that runs.
pub struct Served {
    pub world: World,
    pub base: String,
    pub client: Client,
    pub flags: broadcast::Sender<LiveFlag>,
    /// The tokens of `ann`, who sees the first day of `alpha`, and of `ben`, who sees all of `bravo`.
    pub ann: String,
    pub ben: String,
    _cases: watch::Sender<Vec<CaseLag>>,
    end: Option<oneshot::Sender<()>>,
    task: Option<SpawnedTask<()>>,
}

/// Two cases with as much in each, told apart by their names alone.
async fn fill(world: &World) {
    for case in ["alpha", "bravo"] {
        let device = format!("phone of {case}");
        let n = if case == "alpha" { 0 } else { 1_000 };
        let mut fixes: Vec<_> = (0..20).map(|k| fix(case, &device, n + k, at(k * 10), HOME)).collect();
        fixes.push(fix(case, &device, n + 99, at(0) + 2 * DAY_US, HOME));
        world.write(Table::Fixes, &fixes).await;
        world.write(Table::Proximity, &[proximity(case, &device, n + 1, at(10), 40.0)]).await;
        world
            .write(Table::Encounters, &[encounter(case, &device, &format!("e of {case}"), (at(10), at(20)), 40.0)])
            .await;
        world.write(Table::Exhibits, &[exhibit(case, "phone.csv")]).await;
        world.write(Table::Rejects, &[reject(case, "x")]).await;
        let events = [
            said(case, "o", 0, CaseChange::Opened),
            said(case, "a", 1, attributed("a1", &device, "him", locard::model::Role::Suspect)),
            said(case, "p", 2, place("home", HOME)),
            said(case, "i", 3, incident(&format!("I/{case}"), (at(30), at(60)), HOME)),
        ];
        world.write(Table::CaseEvents, &events).await;
    }
}

/// Makes an account, with a grant, and a token until a moment.
pub fn account(data: &Path, name: &str, role: Role, case: Option<(&str, Stretch)>, now_us: i64) -> String {
    let store = AccountStore::open(&data.join("access")).unwrap();
    let mut account = Account::new(name, role, SECRETS.clone(), "root", 0);
    account.grants.extend(case.map(|(case, stretch)| Grant {
        case_id: case.to_owned(),
        stretches: vec![stretch],
        by: "boss".to_owned(),
        when_us: 0,
        reason: "the case is theirs".to_owned(),
        until_us: None,
        withdrawn: None,
    }));
    store.add(&account, false).unwrap();
    token(data, name, now_us + DAY_US)
}

/// Another token of an account.
pub fn token(data: &Path, name: &str, until_us: i64) -> String {
    let made = NewToken::random("test", name, 0, until_us);
    let store = AccountStore::open(&data.join("access")).unwrap();
    let keep = |account: &mut Account| {
        account.tokens.push(made.record.clone());
        Ok(())
    };
    store.change(name, keep).unwrap();
    made.shown
}

pub fn first_day() -> Stretch {
    Stretch { from_us: Some(at(0)), until_us: Some(at(0) + DAY_US) }
}

impl Served {
    pub async fn new() -> Self {
        Self::made(Made::default()).await
    }

    pub async fn made(made: Made) -> Self {
        let world = World::new();
        fill(&world).await;
        let (data, now_us) = (world.folder().to_owned(), world.now_us);
        let (mut ann, mut ben) = (String::new(), String::new());
        if made.accounts {
            ann = account(&data, "ann", Role::Analyst, Some(("alpha", first_day())), now_us);
            ben = account(&data, "ben", Role::Investigator, Some(("bravo", Stretch::default())), now_us);
        }
        let clock = Arc::new(FixedClock(now_us));
        let policies = PolicySources::built_in().check().unwrap();
        let open = || AccountGate::open(&data, policies, world.desk(), made.limits, clock.clone()).unwrap();
        let gate: Option<Arc<dyn Gate>> = made.gate.then(open).map(|gate| Arc::new(gate) as Arc<dyn Gate>);
        let provider = made.oidc.map(|settings| Arc::new(Provider::new(settings, clock.clone()).unwrap()));
        let server = HttpServer::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{}", server.address());
        let server = server.entered_by(Door::new(gate, provider, made.sign_in), &made.access).unwrap();
        let lag = |case: &str| CaseLag {
            case: case.to_owned(),
            partition: 1,
            lag_records: 2,
            left_us: Some(5_400_000_000),
            aside_bytes: None,
        };
        let (cases, seen) = watch::channel(vec![lag("alpha"), lag("bravo")]);
        let telemetry = Arc::new(Telemetry::new(seen.clone()));
        let flags = broadcast::Sender::new(64);
        let shown = Shown { telemetry, cases: seen, flags: flags.clone() };
        let (end, ended) = oneshot::channel::<()>();
        let task = SpawnedTask::spawn(async move {
            let ending = async move {
                _ = ended.await;
            };
            server.run(shown, ending).await;
        });
        let client = Client::new();
        Self { world, base, client, flags, ann, ben, _cases: cases, end: Some(end), task: Some(task) }
    }

    pub fn data(&self) -> &Path {
        self.world.folder()
    }

    pub fn get(&self, path: &str, token: &str) -> RequestBuilder {
        with_token(self.client.get(format!("{}{path}", self.base)), token)
    }

    pub fn post(&self, path: &str, token: &str, body: &Value) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, "application/json");
        with_token(request, token).body(body.to_string())
    }

    /// Asks in SQL; the whole answer as JSON with its status.
    pub async fn sql(&self, token: &str, sql: &str) -> (StatusCode, Value) {
        json_of(self.post("/api/sql", token, &json!({ "sql": sql })).send().await.unwrap()).await
    }

    /// The rows of an answer that must succeed.
    pub async fn rows(&self, token: &str, sql: &str) -> Value {
        let (status, answer) = self.sql(token, sql).await;
        assert_eq!(status, 200, "{sql}: {answer}");
        assert!(answer.get("problem").is_none(), "{sql}: {answer}");
        answer["rows"].clone()
    }

    /// What was written down: kind, account and details of each entry.
    pub fn written(&self) -> Vec<(Kind, String, Details)> {
        verify(&self.data().join("audit"), None).unwrap();
        self.entries()
    }

    /// The same of a log that is being written, whose last line may be half there.
    fn entries(&self) -> Vec<(Kind, String, Details)> {
        let folder = self.data().join("audit");
        let mut all = Vec::new();
        each_entry(&folder, |entry| {
            all.extend(entry.map(|e| (e.kind, e.account.clone(), e.details.clone())));
            Ok(())
        })
        .unwrap();
        all
    }

    /// Waits until something was written down.
    pub async fn until_written(&self, wanted: impl Fn(&(Kind, String, Details)) -> bool) -> (Kind, String, Details) {
        for _ in 0..2_000 {
            if let Some(found) = self.entries().into_iter().find(&wanted) {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it was never written down: {:?}", self.written());
    }

    /// Tells the server to end, and waits.
    pub async fn end(&mut self) {
        drop(self.end.take());
        if let Some(task) = self.task.take() {
            task.join().await.unwrap();
        }
    }
}

fn with_token(request: RequestBuilder, token: &str) -> RequestBuilder {
    if token.is_empty() { request } else { request.header(header::AUTHORIZATION, format!("Bearer {token}")) }
}

pub async fn json_of(response: Response) -> (StatusCode, Value) {
    let (status, text) = (response.status(), response.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}")))
}
