//! A gate over a store of made-up cases, with accounts that come in by tokens and a clock that a test moves.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use locard::access::audit::{Entry, each_entry, verify};
use locard::access::{Account, AccountStore, Grant, NewToken, PolicySources, Role, Secrets, Stretch, Withdrawal};
use locard::query::{Gate, Happening, Limits, Proof, QueryError, ScramSecret, Session, Stated};
use locard::serve::AccountGate;
use locard::time::Clock;

use super::world::{World, lines};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";
/// One password's secrets for all: to make them is slow on purpose.
static SECRETS: LazyLock<Secrets> = LazyLock::new(|| Secrets::of(PASSWORD).unwrap());
pub const CLIENT: &str = "192.0.2.7:50000";

#[derive(Debug)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A store with its gate.
pub struct House {
    pub world: World,
    pub gate: AccountGate,
    clock: Arc<Moved>,
    accounts: AccountStore,
}

impl House {
    pub fn new(world: World) -> Self {
        Self::with(world, &PolicySources::built_in(), Limits::default())
    }

    /// With the built-in policies, in which one text takes the place of another.
    pub fn edited(world: World, from: &str, to: &str) -> Self {
        let text = include_str!("../../../policies/default.cedar");
        assert!(text.contains(from), "{from}");
        let sources = PolicySources::of([("edited.cedar".to_owned(), text.replace(from, to))]);
        Self::with(world, &sources, Limits::default())
    }

    pub fn with(world: World, policies: &PolicySources, limits: Limits) -> Self {
        let clock = Arc::new(Moved(AtomicI64::new(world.now_us)));
        let data: &Path = world.folder();
        let gate =
            AccountGate::open(data, policies.check().unwrap(), world.desk(), limits, Arc::clone(&clock) as _).unwrap();
        let accounts = AccountStore::open(&data.join("access")).unwrap();
        Self { world, gate, clock, accounts }
    }

    pub fn now_us(&self) -> i64 {
        self.clock.now_us()
    }

    pub fn goes_by(&self, us: i64) {
        self.clock.0.fetch_add(us, Ordering::SeqCst);
    }

    /// Makes an account with these cases, and returns a token of an hour.
    pub fn account(&self, name: &str, role: Role, cases: &[&str]) -> String {
        let now_us = self.now_us();
        let mut account = Account::new(name, role, SECRETS.clone(), "kim", now_us);
        account.grants = cases.iter().map(|case| grant(case, now_us, None)).collect();
        self.accounts.add(&account, false).unwrap();
        let token = NewToken::random("test", name, now_us, now_us + 3_600_000_000);
        self.change(name, |a| a.tokens.push(token.record.clone()));
        token.shown
    }

    pub fn change(&self, name: &str, change: impl FnOnce(&mut Account)) {
        self.accounts
            .change(name, |account| {
                change(account);
                Ok(())
            })
            .unwrap();
    }

    pub fn grant(&self, name: &str, case: &str, until_us: Option<i64>) {
        self.change(name, |a| a.grants.push(grant(case, self.now_us(), until_us)));
    }

    pub fn withdraw(&self, name: &str, case: &str) {
        let withdrawal = Withdrawal { by: "sam".to_owned(), when_us: self.now_us(), reason: "left".to_owned() };
        self.change(name, |a| {
            a.withdraw(case, &withdrawal).unwrap();
        });
    }

    pub async fn come_in(&self, token: &str) -> Result<Arc<Session>, QueryError> {
        self.gate.enter(Proof::Token(token.to_owned()), CLIENT).await
    }

    /// Asks one question as a protocol does, and writes it down.
    pub async fn ask(&self, session: &Session, stated: Stated, sql: &str) -> Result<Vec<String>, QueryError> {
        let question = session.stating(stated);
        let answer = lines(&question, sql).await;
        let happening = Happening::Query {
            sql: sql.to_owned(),
            parameters: Vec::new(),
            tables: Vec::new(),
            rows: answer.as_ref().map_or(0, |rows| u64::try_from(rows.len()).unwrap()),
            millis: 1,
            fault: answer.as_ref().err().map(ToString::to_string),
        };
        self.gate.note(Some(&question), happening).await.unwrap();
        answer
    }

    /// All that is written down, which is whole.
    pub fn written(&self) -> Vec<Entry> {
        let folder = self.world.folder().join("audit");
        assert!(verify(&folder, None).unwrap().faults.is_empty());
        let mut all = Vec::new();
        each_entry(&folder, |entry| {
            all.extend(entry.cloned());
            Ok(())
        })
        .unwrap();
        all
    }

    /// The last that is written down.
    pub fn last(&self) -> Entry {
        self.written().pop().unwrap()
    }
}

/// The gate with its house, for a server that holds it.
#[async_trait]
impl Gate for House {
    async fn scram_secret(&self, account: &str) -> ScramSecret {
        self.gate.scram_secret(account).await
    }

    async fn scram_secret_for(&self, account: &str, client: &str) -> Result<ScramSecret, QueryError> {
        self.gate.scram_secret_for(account, client).await
    }

    async fn turned_away(&self, account: &str, client: &str, reason: &str, guessed: bool) -> Result<(), QueryError> {
        self.gate.turned_away(account, client, reason, guessed).await
    }

    async fn enter(&self, proof: Proof, client: &str) -> Result<Arc<Session>, QueryError> {
        self.gate.enter(proof, client).await
    }

    async fn note(&self, session: Option<&Session>, happening: Happening) -> Result<(), QueryError> {
        self.gate.note(session, happening).await
    }
}

fn grant(case: &str, when_us: i64, until_us: Option<i64>) -> Grant {
    let (by, reason) = ("sam".to_owned(), "the team".to_owned());
    Grant {
        case_id: case.to_owned(),
        stretches: vec![Stretch::default()],
        by,
        when_us,
        reason,
        until_us,
        withdrawn: None,
    }
}

/// A purpose and an authority.
pub fn stated() -> Stated {
    Stated { purpose: "find who was there".to_owned(), authority: "DSU Made-up, 17 March".to_owned(), export: false }
}

pub fn export() -> Stated {
    Stated { export: true, ..Stated::default() }
}
