//! Does what a statement asks for, and tells the client.

use std::sync::Arc;

use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::extendedquery::PortalSuspended;
use pgwire::messages::response::TransactionStatus;

use super::command::Command;
use super::connection::{Connection, Noted, Portal, no_cursor};
use super::fault::Fault;
use super::parameter;
use super::rows::{Column, Rows, description};
use super::send::{self, Wanted};
use super::watch::Watch;
use super::wire::{Wire, complete, parameter as parameter_status};

/// How a statement is asked to be answered.
pub(super) struct Asked<'a> {
    /// Whether columns are told of before the rows (the simple protocol).
    pub described: bool,
    /// Columns as text or binary.
    pub formats: &'a [i16],
    /// Rows at most; `None` is all.
    pub most: Option<usize>,
}

impl Connection {
    /// Does what a portal asks for; it is suspended if it has more rows than were asked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn perform(
        &mut self,
        wire: &mut Wire,
        portal: &mut Portal,
        asked: &Asked<'_>,
        watch: &mut Watch,
    ) -> Result<(), Fault> {
        let prepared = Arc::clone(&portal.prepared);
        self.must_be_usable(&prepared.command)?;
        match &prepared.command {
            Command::Ask(question) => self.ask(wire, portal, asked, question.tag, watch).await,
            Command::CopyOut { form, .. } => {
                let noted = Noted::of(&prepared, &portal.values);
                let mut rows = self.open(portal, true)?;
                let noted = noted.asked(portal.question.as_ref());
                let zone = self.settings.zone().clone();
                let sent = send::copy(wire, &mut rows, form, &zone, watch).await;
                self.ended(noted, sent.as_ref().copied().unwrap_or(0), sent.as_ref().err()).await?;
                wire.put(vec![complete(format!("COPY {}", sent?))]).await
            }
            Command::Declare { name, hold, .. } => {
                if self.transaction == TransactionStatus::Idle && !*hold {
                    return Err(Fault::new("25P01", "DECLARE CURSOR can only be used in transaction blocks"));
                }
                let mut cursor = Portal::new(Arc::clone(&prepared), portal.values.clone(), Vec::new());
                cursor.hold = *hold;
                self.keep_portal(name, cursor)?;
                wire.put(vec![complete("DECLARE CURSOR")]).await
            }
            Command::Fetch { name, count, shown } => self.fetch(wire, name, *count, *shown, asked, watch).await,
            Command::Show(name) => {
                let (name, value) = self.settings.show(name)?;
                self.known(wire, portal, asked, vec![Column::text(name)], &[vec![value]], watch).await
            }
            Command::ShowAll => {
                let columns = ["name", "setting", "description"].map(Column::text).to_vec();
                let row = |(name, value): (&str, String)| vec![name.to_owned(), value, String::new()];
                let rows: Vec<_> = self.settings.all().into_iter().map(row).collect();
                self.known(wire, portal, asked, columns, &rows, watch).await
            }
            Command::Execute { name, values } => self.execute(wire, name, values, asked, watch).await,
            Command::Prepare { name, types, command } => {
                let given: Vec<_> = types.iter().cloned().map(Some).collect();
                let inner = self.prepare(&prepared.sql, (**command).clone(), &given, watch).await?;
                self.keep_statement(name, inner)?;
                wire.put(vec![complete("PREPARE")]).await
            }
            other => {
                let tag = self.housekeeping(wire, other).await?;
                wire.transaction(self.transaction);
                wire.put(vec![complete(tag)]).await
            }
        }
    }

    /// Runs a portal's question, which begins now unless it began when it was planned.
    fn open(&self, portal: &mut Portal, export: bool) -> Result<Rows, Fault> {
        let planned = portal.prepared.planned.as_ref();
        let planned = planned.ok_or_else(|| Fault::new("XX000", "a question without a plan"))?;
        let question = match &portal.question {
            Some(question) => Arc::clone(question),
            None => self.question_in(&planned.zone, export)?,
        };
        portal.question = Some(Arc::clone(&question));
        Ok(Rows::run(question, planned.with(&portal.values)?, Arc::clone(&planned.columns), planned.is_plan))
    }

    /// A portal's rows: those that it stopped in, if they may still be seen, or its first.
    async fn rows_of(&self, portal: &mut Portal) -> Result<Rows, Fault> {
        let Some(rows) = portal.rows.take() else { return self.open(portal, false) };
        if let Some(question) = &portal.question {
            question.confirm().await?;
        }
        Ok(rows)
    }

    /// Writes down that a question ended, whichever way.
    async fn ended(&self, noted: Noted, rows: u64, fault: Option<&Fault>) -> Result<(), Fault> {
        self.note(noted, rows, fault).await
    }

    async fn ask(
        &mut self,
        wire: &mut Wire,
        portal: &mut Portal,
        asked: &Asked<'_>,
        tag: &str,
        watch: &mut Watch,
    ) -> Result<(), Fault> {
        let noted = Noted::of(&portal.prepared, &portal.values);
        let sent = self.send(wire, portal, asked, watch).await;
        let noted = noted.asked(portal.question.as_ref());
        self.ended(noted, sent.as_ref().copied().unwrap_or(0), sent.as_ref().err()).await?;
        let count = sent?;
        let end = if portal.done {
            complete(if tag == "SELECT" { format!("{tag} {count}") } else { tag.to_owned() })
        } else {
            PgWireBackendMessage::PortalSuspended(PortalSuspended::new())
        };
        wire.put(vec![end]).await
    }

    /// Sends a portal's next rows.
    async fn send(
        &mut self,
        wire: &mut Wire,
        portal: &mut Portal,
        asked: &Asked<'_>,
        watch: &mut Watch,
    ) -> Result<u64, Fault> {
        if portal.done {
            return Ok(0);
        }
        let mut rows = self.rows_of(portal).await?;
        if asked.described {
            wire.put(vec![description(&rows.columns, asked.formats)]).await?;
        }
        let zone = self.settings.zone().clone();
        let wanted = Wanted { formats: asked.formats, zone: &zone, most: asked.most };
        let sent = send::rows(wire, &mut rows, &wanted, watch).await?;
        portal.done = sent.all;
        portal.rows = (!sent.all).then_some(rows);
        Ok(sent.count)
    }

    async fn known(
        &mut self,
        wire: &mut Wire,
        portal: &mut Portal,
        asked: &Asked<'_>,
        columns: Vec<Column>,
        rows: &[Vec<String>],
        watch: &mut Watch,
    ) -> Result<(), Fault> {
        portal.rows = Some(Rows::known(columns, rows)?);
        portal.done = false;
        self.send(wire, portal, asked, watch).await?;
        wire.put(vec![complete("SHOW")]).await
    }

    async fn fetch(
        &mut self,
        wire: &mut Wire,
        name: &str,
        count: Option<usize>,
        shown: bool,
        asked: &Asked<'_>,
        watch: &mut Watch,
    ) -> Result<(), Fault> {
        let mut cursor = self.take_portal(name)?;
        let noted = Noted::of(&cursor.prepared, &cursor.values);
        let asked = Asked { most: count, described: asked.described && shown, formats: asked.formats };
        let described = asked.described;
        let ended = cursor.done;
        let sent = if shown {
            self.send(wire, &mut cursor, &asked, watch).await
        } else {
            self.pass(&mut cursor, count, watch).await
        };
        if ended
            && described
            && let Some(planned) = &cursor.prepared.planned
        {
            wire.put(vec![description(&planned.columns, asked.formats)]).await?;
        }
        let noted = noted.asked(cursor.question.as_ref());
        self.ended(noted, sent.as_ref().copied().unwrap_or(0), sent.as_ref().err()).await?;
        self.portals.insert(name.to_owned(), cursor);
        let verb = if shown { "FETCH" } else { "MOVE" };
        wire.put(vec![complete(format!("{verb} {}", sent?))]).await
    }

    /// Passes over rows without sending them.
    async fn pass(&self, cursor: &mut Portal, count: Option<usize>, watch: &mut Watch) -> Result<u64, Fault> {
        if cursor.done {
            return Ok(0);
        }
        let mut rows = self.rows_of(cursor).await?;
        let (passed, all) = send::pass(&mut rows, count, watch).await?;
        cursor.done = all;
        cursor.rows = (!all).then_some(rows);
        Ok(passed)
    }

    async fn execute(
        &mut self,
        wire: &mut Wire,
        name: &str,
        values: &[Option<String>],
        asked: &Asked<'_>,
        watch: &mut Watch,
    ) -> Result<(), Fault> {
        let prepared = self.statement(name)?;
        if values.len() != prepared.parameters.len() {
            let message = format!("wrong number of parameters for prepared statement \"{name}\"");
            return Err(Fault::new("42601", message));
        }
        let decoded = values.iter().zip(&prepared.parameters);
        let zone = self.settings.zone();
        let decoded =
            decoded.map(|(value, of)| parameter::decode(value.as_deref().map(str::as_bytes), false, of, zone));
        let mut portal = Portal::new(Arc::clone(&prepared), decoded.collect::<Result<_, _>>()?, Vec::new());
        let Command::Ask(question) = &prepared.command else {
            return Err(Fault::unsupported("EXECUTE of this statement"));
        };
        let asked = Asked { most: None, ..*asked };
        self.ask(wire, &mut portal, &asked, question.tag, watch).await
    }

    /// Commands of the connection itself; returns the word that the client is told.
    async fn housekeeping(&mut self, wire: &mut Wire, command: &Command) -> Result<&'static str, Fault> {
        Ok(match command {
            Command::Begin => {
                self.begin();
                "BEGIN"
            }
            Command::Commit => {
                if self.end(true) {
                    "COMMIT"
                } else {
                    "ROLLBACK"
                }
            }
            Command::Rollback => {
                self.end(false);
                "ROLLBACK"
            }
            Command::Savepoint(name) => {
                self.in_transaction("SAVEPOINT")?;
                self.savepoints.push(name.clone());
                "SAVEPOINT"
            }
            Command::RollbackTo(name) => {
                self.cut_savepoints(name, true)?;
                self.transaction = TransactionStatus::Transaction;
                "ROLLBACK"
            }
            Command::Release(name) => {
                self.cut_savepoints(name, false)?;
                "RELEASE"
            }
            Command::Set { name, value, local } => {
                if let Some((name, value)) = self.settings.set(name, value.as_deref(), *local)? {
                    wire.put(vec![parameter_status(name, value)]).await?;
                }
                if value.is_some() { "SET" } else { "RESET" }
            }
            Command::ResetAll => {
                self.tell_all(wire).await?;
                "RESET"
            }
            Command::Close(name) => {
                self.close_cursors(name.as_deref())?;
                if name.is_some() { "CLOSE CURSOR" } else { "CLOSE CURSOR ALL" }
            }
            Command::Deallocate(Some(name)) => {
                self.statement(name)?;
                self.statements.remove(name);
                "DEALLOCATE"
            }
            Command::Deallocate(None) => {
                self.statements.clear();
                "DEALLOCATE ALL"
            }
            Command::DiscardAll => {
                if self.transaction != TransactionStatus::Idle {
                    return Err(Fault::new("25001", "DISCARD ALL cannot run inside a transaction block"));
                }
                self.statements.clear();
                self.portals.clear();
                self.tell_all(wire).await?;
                "DISCARD ALL"
            }
            Command::Nothing(tag) => tag,
            _ => return Err(Fault::new("XX000", "a command that nobody does")),
        })
    }

    async fn tell_all(&mut self, wire: &mut Wire) -> Result<(), Fault> {
        let told = self.settings.reset_all().into_iter();
        wire.put(told.map(|(name, value)| parameter_status(name, value)).collect()).await
    }

    fn close_cursors(&mut self, name: Option<&str>) -> Result<(), Fault> {
        if let Some(name) = name {
            return self.portals.remove(name).map(drop).ok_or_else(|| no_cursor(name));
        }
        self.portals.clear();
        Ok(())
    }

    fn in_transaction(&self, what: &str) -> Result<(), Fault> {
        if self.transaction == TransactionStatus::Idle {
            return Err(Fault::new("25P01", format!("{what} can only be used in transaction blocks")));
        }
        Ok(())
    }

    /// Forgets the savepoints after one, and that one too unless it is kept.
    fn cut_savepoints(&mut self, name: &str, kept: bool) -> Result<(), Fault> {
        self.in_transaction("SAVEPOINT")?;
        let at = self.savepoints.iter().rposition(|savepoint| savepoint == name);
        let at = at.ok_or_else(|| Fault::new("3B001", format!("savepoint \"{name}\" does not exist")))?;
        self.savepoints.truncate(at + usize::from(kept));
        Ok(())
    }
}
