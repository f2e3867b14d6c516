//! What one connection holds: its session, settings, transaction, prepared statements, and portals (cursors among them).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::ScalarValue;
use pgwire::api::{ConnectionGuard, ConnectionHandle};
use pgwire::messages::response::TransactionStatus;

use super::command::Command;
use super::fault::Fault;
use super::prepared::{self, Prepared};
use super::rows::Rows;
use super::settings::Settings;
use super::watch::Watch;
use crate::query::{Gate, Happening, Session};
use crate::time::Stopwatch;

/// Prepared statements and portals of one connection, each; a client that forgets to close them is told.
const MOST_NAMED: usize = 10_000;

/// What one connection holds.
pub(super) struct Connection {
    /// Whose it is, and what they see.
    pub session: Arc<Session>,
    /// The same with moments of the zone that was asked in last.
    zoned: Mutex<Option<Session>>,
    pub(super) gate: Arc<dyn Gate>,
    /// What the client has set.
    pub settings: Settings,
    /// Whether a transaction is open.
    pub transaction: TransactionStatus,
    pub(super) savepoints: Vec<String>,
    pub(super) statements: BTreeMap<String, Arc<Prepared>>,
    pub(super) portals: BTreeMap<String, Portal>,
    /// Takes the client's cancels.
    pub handle: Arc<ConnectionHandle>,
    /// Takes this connection off the list of those that can be cancelled.
    pub _guard: ConnectionGuard,
}

/// A statement with its parameters' values, perhaps half way through its rows.
pub(super) struct Portal {
    pub prepared: Arc<Prepared>,
    pub values: Vec<ScalarValue>,
    pub formats: Vec<i16>,
    pub rows: Option<Rows>,
    /// The session for the question that gives the rows, once it has begun.
    pub question: Option<Arc<Session>>,
    /// Whether it has given all that it had.
    pub done: bool,
    /// Whether it outlives its transaction.
    pub hold: bool,
}

impl Portal {
    /// One that has not begun.
    pub fn new(prepared: Arc<Prepared>, values: Vec<ScalarValue>, formats: Vec<i16>) -> Self {
        Self { prepared, values, formats, rows: None, question: None, done: false, hold: false }
    }
}

/// What is written down of a question.
pub(super) struct Noted {
    sql: String,
    parameters: Vec<String>,
    tables: Vec<String>,
    watch: Stopwatch,
    /// The session of the question, which knows what it touched.
    question: Option<Arc<Session>>,
}

impl Noted {
    /// From now on.
    pub fn new(sql: &str) -> Self {
        let (parameters, tables) = (Vec::new(), Vec::new());
        Self { sql: sql.to_owned(), parameters, tables, watch: Stopwatch::start(), question: None }
    }

    /// With the session of the question, if it has begun.
    pub fn asked(self, question: Option<&Arc<Session>>) -> Self {
        Self { question: question.cloned(), ..self }
    }

    /// Of a portal, from now on.
    pub fn of(prepared: &Prepared, values: &[ScalarValue]) -> Self {
        let mut noted = Self::new(&prepared.sql);
        noted.parameters = values.iter().map(ToString::to_string).collect();
        noted.tables = prepared.planned.as_ref().map(|planned| planned.tables.clone()).unwrap_or_default();
        noted
    }
}

impl Connection {
    /// One that has just come in.
    pub fn new(
        session: Arc<Session>,
        gate: Arc<dyn Gate>,
        settings: Settings,
        handle: Arc<ConnectionHandle>,
        guard: ConnectionGuard,
    ) -> Self {
        let (statements, portals) = (BTreeMap::new(), BTreeMap::new());
        let transaction = TransactionStatus::Idle;
        let savepoints = Vec::new();
        let zoned = Mutex::default();
        Self { session, zoned, gate, settings, transaction, savepoints, statements, portals, handle, _guard: guard }
    }

    /// Watches over the statement that begins now.
    pub async fn watch(&self) -> Watch {
        Watch::new(self.handle.start_query().await, self.settings.statement_timeout())
    }

    /// Reads and plans one statement.
    ///
    /// # Errors
    /// 25P02 in a transaction that has failed; what is wrong with the statement, which is written down.
    pub async fn prepare(
        &self,
        sql: &str,
        command: Command,
        given: &[Option<pgwire::api::Type>],
        watch: &mut Watch,
    ) -> Result<Prepared, Fault> {
        let export = matches!(command, Command::CopyOut { .. });
        self.prepare_in(&self.question(export)?, sql, command, given, watch).await
    }

    /// A session for one question that begins now, with what is set.
    ///
    /// # Errors
    /// XX000 if the engine cannot make it.
    pub fn question(&self, export: bool) -> Result<Arc<Session>, Fault> {
        self.question_in(self.settings.engine_zone(), export)
    }

    /// As [`Self::question`], with moments of another zone than is set.
    ///
    /// # Errors
    /// As [`Self::question`].
    pub fn question_in(&self, zone: &str, export: bool) -> Result<Arc<Session>, Fault> {
        Ok(Arc::new(self.in_zone(zone)?.stating(self.settings.stated(export))))
    }

    /// The connection's session with moments of a zone. The last one is kept: most ask in one.
    fn in_zone(&self, zone: &str) -> Result<Session, Fault> {
        let mut kept = self.zoned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = kept.as_ref().filter(|session| session.zone() == zone) {
            return Ok(session.clone());
        }
        let session = self.session.as_ref().clone().in_zone(zone)?;
        *kept = Some(session.clone());
        Ok(session)
    }

    /// As [`Self::prepare`], for a question that has begun.
    ///
    /// # Errors
    /// As [`Self::prepare`].
    pub async fn prepare_in(
        &self,
        question: &Arc<Session>,
        sql: &str,
        command: Command,
        given: &[Option<pgwire::api::Type>],
        watch: &mut Watch,
    ) -> Result<Prepared, Fault> {
        self.must_be_usable(&command)?;
        let noted = Noted::new(sql).asked(Some(question));
        let planned = watch.over(prepared::prepare(question, sql, command, given)).await;
        if let Err(fault) = &planned {
            self.note(noted, 0, Some(fault)).await?;
        }
        planned
    }

    /// In a transaction that has failed only its end is taken.
    pub fn must_be_usable(&self, command: &Command) -> Result<(), Fault> {
        let ends = matches!(command, Command::Commit | Command::Rollback | Command::RollbackTo(_));
        if self.transaction == TransactionStatus::Error && !ends {
            let message = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(Fault::new("25P02", message));
        }
        Ok(())
    }

    /// Writes down a question that ended.
    ///
    /// # Errors
    /// If it cannot be written down: the client is told that instead of an end.
    pub async fn note(&self, noted: Noted, rows: u64, fault: Option<&Fault>) -> Result<(), Fault> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time that has passed")]
        let millis = (noted.watch.seconds() * 1000.0) as u64;
        let fault = fault.map(|fault| format!("{}: {}", fault.code, fault.message));
        let Noted { sql, parameters, tables, question, .. } = noted;
        let happening = Happening::Query { sql, parameters, tables, rows, millis, fault };
        let session = question.as_ref().unwrap_or(&self.session);
        Ok(self.gate.note(Some(session), happening).await?)
    }

    /// A statement failed.
    pub fn failed(&mut self) {
        self.transaction = self.transaction.to_error_state();
    }

    /// Keeps a prepared statement.
    ///
    /// # Errors
    /// 42P05 if there is one of that name, 54000 if there are too many.
    pub fn keep_statement(&mut self, name: &str, prepared: Prepared) -> Result<(), Fault> {
        if !name.is_empty() && self.statements.contains_key(name) {
            return Err(Fault::new("42P05", format!("prepared statement \"{name}\" already exists")));
        }
        fits(self.statements.len(), "prepared statements")?;
        self.statements.insert(name.to_owned(), Arc::new(prepared));
        Ok(())
    }

    /// A prepared statement.
    ///
    /// # Errors
    /// 26000 if there is none.
    pub fn statement(&self, name: &str) -> Result<Arc<Prepared>, Fault> {
        let found = self.statements.get(name).cloned();
        found.ok_or_else(|| Fault::new("26000", format!("prepared statement \"{name}\" does not exist")))
    }

    /// Keeps a portal.
    ///
    /// # Errors
    /// 42P03 if there is one of that name, 54000 if there are too many.
    pub fn keep_portal(&mut self, name: &str, portal: Portal) -> Result<(), Fault> {
        if !name.is_empty() && self.portals.contains_key(name) {
            return Err(Fault::new("42P03", format!("cursor \"{name}\" already exists")));
        }
        fits(self.portals.len(), "cursors")?;
        self.portals.insert(name.to_owned(), portal);
        Ok(())
    }

    /// Takes a portal out, to be worked on and put back.
    ///
    /// # Errors
    /// 34000 if there is none.
    pub fn take_portal(&mut self, name: &str) -> Result<Portal, Fault> {
        self.portals.remove(name).ok_or_else(|| no_cursor(name))
    }

    /// A transaction begins.
    pub fn begin(&mut self) {
        if self.transaction == TransactionStatus::Idle {
            self.transaction = TransactionStatus::Transaction;
            self.settings.transaction_begins();
        }
    }

    /// The transaction ends; returns whether it was kept.
    pub fn end(&mut self, commit: bool) -> bool {
        let kept = commit && self.transaction != TransactionStatus::Error;
        if self.transaction != TransactionStatus::Idle {
            self.settings.transaction_ends(kept);
        }
        self.transaction = TransactionStatus::Idle;
        self.savepoints.clear();
        self.portals.retain(|_, portal| portal.hold);
        kept
    }
}

/// That there is no such cursor.
pub(super) fn no_cursor(name: &str) -> Fault {
    Fault::new("34000", format!("cursor \"{name}\" does not exist"))
}

fn fits(held: usize, what: &str) -> Result<(), Fault> {
    if held < MOST_NAMED {
        return Ok(());
    }
    Err(Fault::new("54000", format!("more than {MOST_NAMED} {what} are open on this connection")))
}
