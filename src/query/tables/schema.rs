//! The schema of one viewer's session: the same names for everybody, each with the rows that the viewer may see.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::TableType;
use url::Url;

use super::AsOf;
use super::folded::Folded;
use super::folds::Folds;
use super::guarded::Guarded;
use super::planned::{Planned, Shape};
use super::stored::Stored;
use crate::model::{CaseState, ProximityParams};
use crate::query::catalogue::{TableDoc, catalogue, table_doc};
use crate::query::rights::Rights;
use crate::store::{Followed, Options, StoreError, Table, facts_at};
use crate::stream::params_stated;
use crate::time::custody::CustodyRules;

/// What all sessions share: the tables of the store, which follow their logs.
#[derive(Debug)]
pub struct Sources {
    tables: BTreeMap<Table, Arc<Followed>>,
    rules: Arc<CustodyRules>,
    folds: Arc<Folds>,
    location: Url,
    options: Options,
    /// Once they are stated they never change.
    params: OnceLock<ProximityParams>,
}

impl Sources {
    /// The tables of the store at an address; nothing is read yet.
    ///
    /// # Errors
    /// [`StoreError::Location`] for an address that is none.
    pub fn new(location: &Url, options: &Options, rules: CustodyRules) -> Result<Self, StoreError> {
        let one = |table| Ok((table, Arc::new(Followed::new(location, table, options.clone())?)));
        let tables = Table::ALL.into_iter().map(one).collect::<Result<_, StoreError>>()?;
        let (location, options) = (location.clone(), options.clone());
        let (rules, folds) = (Arc::new(rules), Arc::default());
        Ok(Self { tables, rules, folds, location, options, params: OnceLock::new() })
    }

    /// The parameters that the store was begun with; the usual ones while it states none.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(super) async fn params(&self) -> Result<ProximityParams> {
        if let Some(params) = self.params.get() {
            return Ok(*params);
        }
        let facts = facts_at(&self.location, Table::Proximity, &self.options).await;
        let stated = params_stated(&facts.map_err(|e| DataFusionError::External(Box::new(e)))?);
        Ok(stated.map_or_else(ProximityParams::default, |params| *self.params.get_or_init(|| params)))
    }

    /// What people said of a case; nothing to whom no part of it is open.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(in crate::query) async fn said_of(
        &self,
        state: &dyn Session,
        case_id: &str,
        rights: &Rights,
    ) -> Result<CaseState> {
        match table_doc("cases").and_then(|doc| self.folded(doc, AsOf::Now)) {
            Some(cases) if rights.scope().sees_case(case_id) => cases.state_of(state, case_id).await,
            _ => Ok(CaseState::default()),
        }
    }

    /// A table of what people said.
    fn folded(&self, doc: &'static TableDoc, as_of: AsOf) -> Option<Folded> {
        let events = Arc::new(Stored::new(Arc::clone(self.tables.get(&Table::CaseEvents)?), as_of));
        Some(Folded::new(events, &self.folds, doc, &self.rules))
    }

    /// A table with every row of it; whoever is given it must wrap it.
    fn rows(&self, doc: &'static TableDoc, as_of: AsOf, rights: &Arc<Rights>) -> Arc<dyn TableProvider> {
        let empty = || -> Arc<dyn TableProvider> { Arc::new(EmptyTable::new(doc.schema())) };
        let stored = |table: Table| -> Arc<dyn TableProvider> {
            let followed = self.tables.get(&table);
            followed.map_or_else(empty, |f| Arc::new(Stored::new(Arc::clone(f), as_of)))
        };
        let latest = |table, id| Arc::new(Planned::new(stored(table), Shape::Latest(id), doc));
        match doc.name {
            "fixes" => stored(Table::Fixes),
            "proximity_revisions" => stored(Table::Proximity),
            "proximity" => latest(Table::Proximity, "proximity_id"),
            "encounter_revisions" => stored(Table::Encounters),
            "encounters" => latest(Table::Encounters, "encounter_id"),
            "exhibits" => stored(Table::Exhibits),
            "rejects" => stored(Table::Rejects),
            // Counted from the fixes that may be seen, and from no others.
            "devices" => match table_doc("fixes") {
                Some(fixes) => Arc::new(Planned::new(self.guarded(fixes, as_of, rights), Shape::Devices, doc)),
                None => empty(),
            },
            _ => self.folded(doc, as_of).map_or_else(empty, |folded| Arc::new(folded)),
        }
    }

    /// A table as its viewer may see it.
    pub fn guarded(&self, doc: &'static TableDoc, as_of: AsOf, rights: &Arc<Rights>) -> Arc<dyn TableProvider> {
        Arc::new(Guarded::new(self.rows(doc, as_of, rights), doc, Arc::clone(rights)))
    }

    /// The records of all people: only for a search that was permitted, which gives none of them away as it is.
    pub(super) fn all_fixes(&self) -> Option<Arc<dyn TableProvider>> {
        let followed = self.tables.get(&Table::Fixes)?;
        Some(Arc::new(Stored::new(Arc::clone(followed), AsOf::Now)))
    }
}

/// The schema of one viewer's session.
#[derive(Debug)]
pub struct CaseTables {
    sources: Arc<Sources>,
    rights: Arc<Rights>,
    /// Tables that others bring, made for the viewer: the audit trail is one.
    brought: BTreeMap<String, Arc<dyn TableProvider>>,
}

impl CaseTables {
    /// The tables as their viewer may see them, and those that others bring.
    #[must_use]
    pub fn new(sources: Arc<Sources>, rights: Arc<Rights>, brought: BTreeMap<String, Arc<dyn TableProvider>>) -> Self {
        Self { sources, rights, brought }
    }
}

#[async_trait]
impl SchemaProvider for CaseTables {
    fn table_names(&self) -> Vec<String> {
        catalogue().iter().map(|t| t.name.to_owned()).chain(self.brought.keys().cloned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(brought) = self.brought.get(name) {
            return Ok(Some(Arc::clone(brought)));
        }
        let (table, as_of) = AsOf::parse(name)?;
        Ok(table_doc(table).map(|doc| self.sources.guarded(doc, as_of, &self.rights)))
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        Ok(self.table_exist(name).then_some(TableType::View))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.brought.contains_key(name) || table_doc(name).is_some()
    }
}
