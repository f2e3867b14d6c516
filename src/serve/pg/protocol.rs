//! What each message of the simple and the extended protocol does to a connection.

use std::sync::Arc;

use pgwire::api::Type;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{NoData, ParameterDescription};
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete, TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::EmptyQueryResponse;

use super::command::{self, Command};
use super::connection::{Connection, Noted, Portal, no_cursor};
use super::fault::Fault;
use super::parameter;
use super::perform::Asked;
use super::prepared::Prepared;
use super::rows::{Column, description, is_binary};
use super::watch::Watch;
use super::wire::Wire;

impl Connection {
    /// A text with any number of statements.
    ///
    /// # Errors
    /// Of the first that fails; those after it are left out.
    pub async fn simple(&mut self, wire: &mut Wire, sql: &str) -> Result<(), Fault> {
        let mut watch = self.watch().await;
        let commands = self.read(sql).await?;
        if commands.is_empty() {
            return wire.put(vec![PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())]).await;
        }
        for command in commands {
            let question = self.question(matches!(command, Command::CopyOut { .. }))?;
            let prepared = self.prepare_in(&question, sql, command, &[], &mut watch).await?;
            if !prepared.parameters.is_empty() && !matches!(prepared.command, Command::Prepare { .. }) {
                return Err(Fault::new("42P02", "there is no parameter $1"));
            }
            let mut portal = Portal::new(Arc::new(prepared), Vec::new(), Vec::new());
            portal.question = Some(question);
            let asked = Asked { described: true, formats: &[], most: None };
            self.perform(wire, &mut portal, &asked, &mut watch).await?;
        }
        Ok(())
    }

    /// Reads a text; what is refused is written down.
    async fn read(&self, sql: &str) -> Result<Vec<Command>, Fault> {
        let noted = Noted::new(sql);
        let read = command::read(sql);
        if let Err(fault) = &read {
            self.note(noted, 0, Some(fault)).await?;
        }
        read
    }

    /// Prepares a statement.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn parse(&mut self, wire: &mut Wire, message: Parse) -> Result<(), Fault> {
        let mut watch = self.watch().await;
        let name = message.name.unwrap_or_default();
        let mut commands = self.read(&message.query).await?;
        if commands.len() > 1 {
            return Err(Fault::new("42601", "cannot insert multiple commands into a prepared statement"));
        }
        let given: Vec<Option<Type>> = message.type_oids.iter().map(|oid| Type::from_oid(*oid)).collect();
        let prepared = match commands.pop() {
            Some(command) => self.prepare(&message.query, command, &given, &mut watch).await?,
            None => empty(),
        };
        self.keep_statement(&name, prepared)?;
        wire.put(vec![PgWireBackendMessage::ParseComplete(ParseComplete::new())]).await
    }

    /// Gives a prepared statement its parameters' values.
    ///
    /// # Errors
    /// 08P01 if their number is wrong, 22xxx if a value is.
    pub async fn bind(&mut self, wire: &mut Wire, message: &Bind) -> Result<(), Fault> {
        let prepared = self.statement(message.statement_name.as_deref().unwrap_or_default())?;
        self.must_be_usable(&prepared.command)?;
        let (sent, wanted) = (message.parameters.len(), prepared.parameters.len());
        if sent != wanted {
            let message = format!("bind message supplies {sent} parameters, but the statement requires {wanted}");
            return Err(Fault::new("08P01", message));
        }
        let values = message.parameters.iter().zip(&prepared.parameters).enumerate().map(|(at, (value, wire))| {
            parameter::decode(
                value.as_deref(),
                is_binary(&message.parameter_format_codes, at),
                wire,
                self.settings.zone(),
            )
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let portal = Portal::new(prepared, values, message.result_column_format_codes.clone());
        let name = message.portal_name.as_deref().unwrap_or_default();
        self.keep_portal(name, portal)?;
        wire.put(vec![PgWireBackendMessage::BindComplete(BindComplete::new())]).await
    }

    /// Tells of a statement's or a portal's parameters and columns.
    ///
    /// # Errors
    /// 26000 or 34000 if there is none.
    pub async fn describe(&mut self, wire: &mut Wire, message: &Describe) -> Result<(), Fault> {
        let name = message.name.as_deref().unwrap_or_default();
        let mut told = Vec::new();
        let columns = if message.target_type == TARGET_TYPE_BYTE_STATEMENT {
            let prepared = self.statement(name)?;
            let oids = prepared.parameters.iter().map(Type::oid).collect();
            told.push(PgWireBackendMessage::ParameterDescription(ParameterDescription::new(oids)));
            self.columns(&prepared).map(|columns| description(&columns, &[]))
        } else {
            let portal = self.portals.get(name).ok_or_else(|| no_cursor(name))?;
            let columns = match (&portal.prepared.command, &portal.prepared.planned) {
                // A cursor's portal shows the rows, and the statement that declares it shows none.
                (Command::Declare { name: cursor, .. }, Some(planned)) if cursor == name => {
                    Some(planned.columns.to_vec())
                }
                _ => self.columns(&portal.prepared),
            };
            columns.map(|columns| description(&columns, &portal.formats))
        };
        told.push(columns.unwrap_or(PgWireBackendMessage::NoData(NoData::new())));
        wire.put(told).await
    }

    /// The columns that a statement shows; `None` if it shows no rows.
    fn columns(&self, prepared: &Prepared) -> Option<Vec<Column>> {
        match &prepared.command {
            Command::Ask(_) => prepared.planned.as_ref().map(|planned| planned.columns.to_vec()),
            Command::Show(name) => self.settings.show(name).ok().map(|(name, _)| vec![Column::text(name)]),
            Command::ShowAll => Some(["name", "setting", "description"].map(Column::text).to_vec()),
            Command::Fetch { name, shown: true, .. } => {
                let cursor = self.portals.get(name)?;
                cursor.prepared.planned.as_ref().map(|planned| planned.columns.to_vec())
            }
            Command::Execute { name, .. } => self.statement(name).ok().and_then(|inner| self.columns(&inner)),
            _ => None,
        }
    }

    /// Runs a portal, or goes on with it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn run(&mut self, wire: &mut Wire, message: &Execute) -> Result<(), Fault> {
        let mut watch: Watch = self.watch().await;
        let name = message.name.as_deref().unwrap_or_default();
        let mut portal = self.take_portal(name)?;
        let formats = portal.formats.clone();
        let most = usize::try_from(message.max_rows).ok().filter(|most| *most > 0);
        let asked = Asked { described: false, formats: &formats, most };
        let done = if matches!(portal.prepared.command, Command::Nothing("")) {
            wire.put(vec![PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())]).await
        } else {
            self.perform(wire, &mut portal, &asked, &mut watch).await
        };
        // A cursor of this name may have been declared by it, and then that one stays.
        self.portals.entry(name.to_owned()).or_insert(portal);
        done
    }

    /// Forgets a prepared statement or a portal; that there is none is no error.
    ///
    /// # Errors
    /// If the client is gone.
    pub async fn close(&mut self, wire: &mut Wire, message: &Close) -> Result<(), Fault> {
        let name = message.name.as_deref().unwrap_or_default();
        if message.target_type == TARGET_TYPE_BYTE_STATEMENT {
            self.statements.remove(name);
        } else {
            self.portals.remove(name);
        }
        wire.put(vec![PgWireBackendMessage::CloseComplete(CloseComplete::new())]).await
    }
}

/// A statement without words.
fn empty() -> Prepared {
    Prepared { sql: String::new(), command: Command::Nothing(""), parameters: Vec::new(), planned: None }
}
