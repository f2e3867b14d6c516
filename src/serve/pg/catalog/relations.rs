//! What relations there are and what of: a snapshot of the session's tables and of the catalogue's own, numbered.
//!
//! ```text
//!  session's catalogue ─> Relations ─> pg_class, pg_attribute, pg_description, information_schema, 'name'::regclass
//! ```
//! Numbers are the same in each session that sees the same tables; those that clients know by heart are PostgreSQL's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, SchemaRef};
use datafusion::catalog::CatalogProvider;
use datafusion::error::DataFusionError;
use pgwire::api::Type;

use super::super::types;
use crate::query::COMMENT;

/// `pg_namespace.oid` of the schema `pg_catalog`.
pub(super) const PG_CATALOG: i32 = 11;
/// Of `public`.
pub(super) const PUBLIC: i32 = 2200;
/// Of `information_schema`.
pub(super) const INFORMATION: i32 = 13_000;
/// The first number of a relation that is no part of PostgreSQL.
const FIRST: i32 = 16_384;
/// The first number of the catalogue's relations that have no number of their own here.
const FIRST_OF_CATALOG: i32 = 12_000;
/// Numbers that clients know by heart.
const KNOWN: [(&str, i32); 8] = [
    ("pg_type", 1247),
    ("pg_attribute", 1249),
    ("pg_proc", 1255),
    ("pg_class", 1259),
    ("pg_database", 1262),
    ("pg_constraint", 2606),
    ("pg_description", 2609),
    ("pg_namespace", 2615),
];

/// One column of a relation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RelationColumn {
    pub name: String,
    /// Of what type its values are sent.
    pub wire: Type,
    pub nullable: bool,
    /// What it means.
    pub comment: Option<String>,
}

/// A table or view.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Relation {
    /// `pg_class.oid`.
    pub oid: i32,
    /// `pg_namespace.oid` of its schema.
    pub schema: i32,
    pub name: String,
    pub columns: Vec<RelationColumn>,
    /// What it is.
    pub comment: Option<String>,
}

impl Relation {
    fn new(oid: i32, schema: i32, name: &str, of: &SchemaRef) -> Self {
        let column = |field: &Arc<Field>| RelationColumn {
            name: field.name().clone(),
            wire: types::of_field(field),
            nullable: field.is_nullable(),
            comment: field.metadata().get(COMMENT).cloned(),
        };
        let columns = of.fields().iter().map(column).collect();
        Self { oid, schema, name: name.to_owned(), columns, comment: of.metadata().get(COMMENT).cloned() }
    }

    /// Whether it holds what the session sees, and is not of the catalogue.
    pub const fn is_own(&self) -> bool {
        self.oid >= FIRST
    }

    /// As PostgreSQL sorts relations: tables and views. Ours are tables to clients, which look for those.
    pub fn kind(&self) -> &'static str {
        let is_view = self.schema == INFORMATION || VIEWS.contains(&self.name.as_str());
        if is_view && !self.is_own() { "v" } else { "r" }
    }
}

/// Views of PostgreSQL's among the catalogue's relations.
const VIEWS: [&str; 10] = [
    "pg_roles",
    "pg_user",
    "pg_tables",
    "pg_views",
    "pg_settings",
    "pg_stat_activity",
    "pg_indexes",
    "pg_policies",
    "pg_matviews",
    "pg_rules",
];

/// All that there are.
#[derive(Debug, Default)]
pub(super) struct Relations {
    all: Vec<Relation>,
    /// Schemas and their numbers; those of the catalogue are not among them.
    schemas: BTreeMap<String, i32>,
}

impl Relations {
    /// The tables of a catalogue, but for its `pg_catalog` and `information_schema`.
    ///
    /// # Errors
    /// If a table cannot be opened.
    pub async fn of(catalog: &dyn CatalogProvider) -> Result<Self, DataFusionError> {
        let mut relations = Self::default();
        let mut names = catalog.schema_names();
        names.retain(|name| !matches!(name.as_str(), "pg_catalog" | "information_schema"));
        names.sort();
        for (number, name) in (PUBLIC + 1..).zip(names) {
            let number = if name == "public" { PUBLIC } else { number };
            let Some(schema) = catalog.schema(&name) else { continue };
            relations.schemas.insert(name, number);
            let mut tables = schema.table_names();
            tables.sort();
            for table in tables {
                if let Some(provider) = schema.table(&table).await? {
                    let oid = FIRST + i32::try_from(relations.all.len()).unwrap_or(i32::MAX - FIRST);
                    relations.all.push(Relation::new(oid, number, &table, &provider.schema()));
                }
            }
        }
        Ok(relations)
    }

    /// Takes in the catalogue's own.
    pub fn take(&mut self, schema: i32, relations: impl IntoIterator<Item = (String, SchemaRef)>) {
        for (name, of) in relations {
            let known = KNOWN.iter().find(|(known, _)| *known == name && schema == PG_CATALOG);
            let next = FIRST_OF_CATALOG + i32::try_from(self.all.len()).unwrap_or(0);
            let oid = known.map_or(next, |(_, oid)| *oid);
            self.all.push(Relation::new(oid, schema, &name, &of));
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Relation] {
        &self.all
    }

    /// Those that hold what the session sees.
    pub fn own(&self) -> impl Iterator<Item = &Relation> {
        self.all.iter().filter(|relation| relation.is_own())
    }

    /// Schemas by name, with their numbers.
    pub fn schemas(&self) -> Vec<(&str, i32)> {
        let own = self.schemas.iter().map(|(name, oid)| (name.as_str(), *oid));
        let mut all: Vec<_> = own.chain([("pg_catalog", PG_CATALOG), ("information_schema", INFORMATION)]).collect();
        all.sort_unstable();
        all
    }

    /// A schema's name.
    pub fn schema_name(&self, oid: i32) -> Option<&str> {
        self.schemas().into_iter().find(|(_, number)| *number == oid).map(|(name, _)| name)
    }

    /// By number.
    pub fn numbered(&self, oid: i32) -> Option<&Relation> {
        self.all.iter().find(|relation| relation.oid == oid)
    }

    /// What a column means; columns count from 1, and 0 is the relation itself.
    pub fn comment(&self, oid: i32, column: i32) -> Option<&str> {
        let relation = self.numbered(oid)?;
        if column == 0 {
            return relation.comment.as_deref();
        }
        let at = usize::try_from(column).ok()?.checked_sub(1)?;
        relation.columns.get(at)?.comment.as_deref()
    }

    /// The number of what is named `table`, `schema.table` or by digits; names in double quotes are taken as they are.
    pub fn class(&self, text: &str) -> Option<i32> {
        if let Ok(oid) = text.trim().parse::<i32>() {
            return Some(oid);
        }
        let parts: Vec<String> = text.trim().split('.').map(folded).collect();
        let (schema, name) = match parts.as_slice() {
            [name] => (None, name),
            [schema, name] => (Some(self.namespace(schema)?), name),
            _ => return None,
        };
        let mut found = self.all.iter().filter(|relation| relation.name == *name);
        let found = match schema {
            Some(schema) => found.find(|relation| relation.schema == schema),
            None => found.min_by_key(|relation| relation.schema == INFORMATION),
        };
        found.map(|relation| relation.oid)
    }

    /// A schema's number, by its name or by digits.
    pub fn namespace(&self, text: &str) -> Option<i32> {
        let name = folded(text.trim());
        let named = self.schemas().into_iter().find(|(schema, _)| *schema == name).map(|(_, oid)| oid);
        named.or_else(|| name.parse().ok())
    }

    /// What a relation is called in a statement: with its schema where it must be.
    pub fn class_name(&self, oid: i32) -> String {
        match self.numbered(oid) {
            None => oid.to_string(),
            Some(relation) => match self.schema_name(relation.schema).filter(|_| relation.schema == INFORMATION) {
                Some(schema) => format!("{schema}.{}", relation.name),
                None => relation.name.clone(),
            },
        }
    }
}

/// A name as PostgreSQL folds it.
fn folded(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Schema};

    use super::*;

    fn relations() -> Relations {
        let comment = [(COMMENT.to_owned(), "Degrees.".to_owned())].into();
        let schema = Arc::new(Schema::new(vec![Field::new("lat", DataType::Float64, true).with_metadata(comment)]));
        let own = Relation::new(FIRST, PUBLIC, "fixes", &schema);
        let mut relations = Relations { all: vec![own], schemas: [("public".to_owned(), PUBLIC)].into() };
        relations.take(
            PG_CATALOG,
            [("pg_class".to_owned(), Arc::clone(&schema)), ("pg_am".to_owned(), Arc::clone(&schema))],
        );
        relations.take(INFORMATION, [("tables".to_owned(), schema)]);
        relations
    }

    #[test]
    fn relations_are_found_by_name_schema_and_number() {
        let relations = relations();
        for (text, oid) in [
            ("fixes", Some(FIRST)),
            ("FIXES", Some(FIRST)),
            ("\"fixes\"", Some(FIRST)),
            ("\"Fixes\"", None),
            ("public.fixes", Some(FIRST)),
            ("pg_catalog.fixes", None),
            ("pg_class", Some(1259)),
            ("16384", Some(FIRST)),
            ("nope", None),
            ("a.b.c", None),
        ] {
            assert_eq!(relations.class(text), oid, "{text}");
        }
        assert_eq!(relations.class_name(1259), "pg_class");
        assert_eq!(
            relations.class_name(relations.class("information_schema.tables").unwrap()),
            "information_schema.tables"
        );
        assert_eq!(relations.class_name(7), "7");
        assert_eq!((relations.namespace("public"), relations.namespace("nope")), (Some(PUBLIC), None));
    }

    #[test]
    fn comments_are_of_columns_and_kinds_of_whose_it_is() {
        let relations = relations();
        assert_eq!(relations.comment(FIRST, 1), Some("Degrees."));
        assert_eq!(
            (relations.comment(FIRST, 0), relations.comment(FIRST, 2), relations.comment(7, 1)),
            (None, None, None)
        );
        let kinds: Vec<_> = relations.all().iter().map(|relation| (relation.name.as_str(), relation.kind())).collect();
        assert_eq!(kinds, [("fixes", "r"), ("pg_class", "r"), ("pg_am", "r"), ("tables", "v")]);
        let mut oids: Vec<_> = relations.all().iter().map(|relation| relation.oid).collect();
        oids.sort_unstable();
        oids.dedup();
        assert_eq!(oids.len(), 4);
    }
}
