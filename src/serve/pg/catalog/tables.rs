//! Tables of `pg_catalog` that are made from what there is, with the columns that PostgreSQL 16 gives them.

use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use pgwire::api::Type;

use super::super::types;
use super::columns::Columns;
use super::procs::Described;
use super::relations::{PG_CATALOG, PUBLIC, Relation, RelationColumn, Relations};

/// `pg_roles.oid` of the one role that is shown: the viewer's own.
pub(super) const ROLE: i32 = 10;
/// `pg_database.oid` of the one database.
pub(super) const DATABASE: i32 = 5;
/// `pg_am.oid` of `heap`.
const HEAP: i32 = 2;
/// `pg_class.oid` of the catalogue's tables that are described.
const OF_RELATIONS: i32 = 1259;
const OF_FUNCTIONS: i32 = 1255;

/// Whose session it is, and where.
#[derive(Debug)]
pub(super) struct Place {
    pub account: String,
    pub database: String,
    /// The connection's number.
    pub pid: i32,
}

type Made = Result<RecordBatch, DataFusionError>;

/// `pg_class`.
pub(super) fn classes(relations: &Relations, place: &Place) -> Made {
    let all = relations.all();
    let columns = |relation: &Relation| i16::try_from(relation.columns.len()).unwrap_or(i16::MAX);
    let may_read = format!("{0}=r/{0}", place.account);
    Columns::of(all.len())
        .oid("oid", all.iter().map(|relation| relation.oid))
        .text("relname", all.iter().map(|relation| Some(&relation.name)))
        .oid("relnamespace", all.iter().map(|relation| relation.schema))
        .same_oid("reltype", 0)
        .same_oid("reloftype", 0)
        .same_oid("relowner", ROLE)
        .oid("relam", all.iter().map(|relation| if relation.kind() == "r" { HEAP } else { 0 }))
        .oid("relfilenode", all.iter().map(|relation| relation.oid))
        .same_oid("reltablespace", 0)
        .same_int("relpages", Some(0))
        .same_float("reltuples", -1.0)
        .same_int("relallvisible", Some(0))
        .same_oid("reltoastrelid", 0)
        .same_truth("relhasindex", false)
        .same_truth("relisshared", false)
        .same_letter("relpersistence", "p")
        .letter("relkind", all.iter().map(Relation::kind))
        .small("relnatts", all.iter().map(columns))
        .same_small("relchecks", 0)
        .same_truth("relhasrules", false)
        .same_truth("relhastriggers", false)
        .same_truth("relhassubclass", false)
        .same_truth("relrowsecurity", false)
        .same_truth("relforcerowsecurity", false)
        .same_truth("relispopulated", true)
        .same_letter("relreplident", "n")
        .same_truth("relispartition", false)
        .same_oid("relrewrite", 0)
        .same_int("relfrozenxid", Some(0))
        .same_int("relminmxid", Some(0))
        .texts("relacl", all.iter().map(|relation| relation.is_own().then(|| vec![may_read.clone()])))
        .no_texts("reloptions")
        .no_text("relpartbound")
        .batch()
}

/// `pg_attribute`.
pub(super) fn attributes(relations: &Relations) -> Made {
    let numbered = relations.all().iter().flat_map(|relation| {
        relation.columns.iter().zip(1_i16..).map(move |(column, number)| (relation.oid, number, column))
    });
    let all: Vec<(i32, i16, &RelationColumn)> = numbered.collect();
    let wire = |(_, _, column): &(i32, i16, &RelationColumn)| column.wire.clone();
    let is_array = |wire: &Type| types::element_of(wire).is_some();
    Columns::of(all.len())
        .oid("attrelid", all.iter().map(|column| column.0))
        .text("attname", all.iter().map(|column| Some(&column.2.name)))
        .oid("atttypid", all.iter().map(|column| oid_of(&wire(column))))
        .small("attlen", all.iter().map(|column| types::size(&wire(column))))
        .small("attnum", all.iter().map(|column| column.1))
        .same_int("attcacheoff", Some(-1))
        .same_int("atttypmod", Some(-1))
        .small("attndims", all.iter().map(|column| i16::from(is_array(&wire(column)))))
        .truth("attbyval", all.iter().map(|column| matches!(types::size(&wire(column)), 1..=8)))
        .same_letter("attalign", "i")
        .letter("attstorage", all.iter().map(|column| if types::size(&wire(column)) < 0 { "x" } else { "p" }))
        .same_letter("attcompression", "")
        .truth("attnotnull", all.iter().map(|column| !column.2.nullable))
        .same_truth("atthasdef", false)
        .same_truth("atthasmissing", false)
        .same_letter("attidentity", "")
        .same_letter("attgenerated", "")
        .same_truth("attisdropped", false)
        .same_truth("attislocal", true)
        .same_small("attinhcount", 0)
        .same_small("attstattarget", -1)
        .oid("attcollation", all.iter().map(|column| if is_text(&wire(column)) { 100 } else { 0 }))
        .no_texts("attacl")
        .no_texts("attoptions")
        .no_texts("attfdwoptions")
        .no_texts("attmissingval")
        .batch()
}

fn oid_of(wire: &Type) -> i32 {
    i32::try_from(wire.oid()).unwrap_or(0)
}

fn is_text(wire: &Type) -> bool {
    matches!(*wire, Type::TEXT | Type::VARCHAR | Type::TEXT_ARRAY | Type::VARCHAR_ARRAY)
}

/// `pg_namespace`.
pub(super) fn namespaces(relations: &Relations, place: &Place) -> Made {
    let all = relations.schemas();
    let may_use = format!("{0}=U/{0}", place.account);
    Columns::of(all.len())
        .oid("oid", all.iter().map(|(_, oid)| *oid))
        .text("nspname", all.iter().map(|(name, _)| Some(*name)))
        .same_oid("nspowner", ROLE)
        .texts("nspacl", all.iter().map(|_| Some(vec![may_use.clone()])))
        .batch()
}

/// `pg_database`.
pub(super) fn databases(place: &Place) -> Made {
    Columns::of(1)
        .same_oid("oid", DATABASE)
        .same_text("datname", &place.database)
        .same_oid("datdba", ROLE)
        .same_int("encoding", Some(6))
        .same_letter("datlocprovider", "c")
        .same_truth("datistemplate", false)
        .same_truth("datallowconn", true)
        .same_int("datconnlimit", Some(-1))
        .same_int("datfrozenxid", Some(0))
        .same_int("datminmxid", Some(0))
        .same_oid("dattablespace", 1663)
        .same_text("datcollate", "C.UTF-8")
        .same_text("datctype", "C.UTF-8")
        .no_text("daticulocale")
        .no_text("daticurules")
        .no_text("datcollversion")
        .no_texts("datacl")
        .batch()
}

/// `pg_roles`.
pub(super) fn roles(place: &Place) -> Made {
    Columns::of(1)
        .same_text("rolname", &place.account)
        .same_truth("rolsuper", false)
        .same_truth("rolinherit", true)
        .same_truth("rolcreaterole", false)
        .same_truth("rolcreatedb", false)
        .same_truth("rolcanlogin", true)
        .same_truth("rolreplication", false)
        .same_int("rolconnlimit", Some(-1))
        .same_text("rolpassword", "********")
        .no_text("rolvaliduntil")
        .same_truth("rolbypassrls", false)
        .no_texts("rolconfig")
        .same_oid("oid", ROLE)
        .batch()
}

/// `pg_user`.
pub(super) fn users(place: &Place) -> Made {
    Columns::of(1)
        .same_text("usename", &place.account)
        .same_oid("usesysid", ROLE)
        .same_truth("usecreatedb", false)
        .same_truth("usesuper", false)
        .same_truth("userepl", false)
        .same_truth("usebypassrls", false)
        .same_text("passwd", "********")
        .no_text("valuntil")
        .no_texts("useconfig")
        .batch()
}

/// `pg_tables`.
pub(super) fn tables(relations: &Relations, place: &Place) -> Made {
    let all: Vec<&Relation> = relations.all().iter().filter(|relation| relation.kind() == "r").collect();
    Columns::of(all.len())
        .text("schemaname", all.iter().map(|relation| relations.schema_name(relation.schema)))
        .text("tablename", all.iter().map(|relation| Some(&relation.name)))
        .same_text("tableowner", &place.account)
        .no_text("tablespace")
        .same_truth("hasindexes", false)
        .same_truth("hasrules", false)
        .same_truth("hastriggers", false)
        .same_truth("rowsecurity", false)
        .batch()
}

/// `pg_stat_activity`: the viewer's own connection.
pub(super) fn activity(place: &Place) -> Made {
    Columns::of(1)
        .same_oid("datid", DATABASE)
        .same_text("datname", &place.database)
        .same_int("pid", Some(place.pid))
        .same_int("leader_pid", None)
        .same_oid("usesysid", ROLE)
        .same_text("usename", &place.account)
        .no_text("application_name")
        .no_text("client_addr")
        .no_text("client_hostname")
        .same_int("client_port", None)
        .no_text("backend_start")
        .no_text("xact_start")
        .no_text("query_start")
        .no_text("state_change")
        .no_text("wait_event_type")
        .no_text("wait_event")
        .same_text("state", "active")
        .no_text("backend_xid")
        .no_text("backend_xmin")
        .no_text("query_id")
        .no_text("query")
        .same_text("backend_type", "client backend")
        .batch()
}

/// `pg_description`: of relations, of their columns, and of Locard's functions.
pub(super) fn descriptions(relations: &Relations, functions: &[Described]) -> Made {
    let mut rows: Vec<(i32, i32, i32, &str)> = Vec::new();
    for relation in relations.all() {
        let numbered = (0_i32..).take(relation.columns.len() + 1);
        let comment = |number| Some((relation.oid, OF_RELATIONS, number, relations.comment(relation.oid, number)?));
        rows.extend(numbered.filter_map(comment));
    }
    rows.extend(
        functions.iter().map(|of| (of.oid, OF_FUNCTIONS, 0, of.words.as_str())).filter(|row| !row.3.is_empty()),
    );
    Columns::of(rows.len())
        .oid("objoid", rows.iter().map(|row| row.0))
        .oid("classoid", rows.iter().map(|row| row.1))
        .int("objsubid", rows.iter().map(|row| Some(row.2)))
        .text("description", rows.iter().map(|row| Some(row.3)))
        .batch()
}

/// Schemas that stand in the search path.
pub(super) const fn is_visible(schema: i32) -> bool {
    matches!(schema, PUBLIC | PG_CATALOG)
}
