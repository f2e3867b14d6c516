//! Tables of the catalogue that never have rows here: there are no constraints, indexes, triggers, extensions, and so on.
//!
//! Clients ask for them all the same, and [`rewrite`](super::super::rewrite) counts on it that they are empty.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::sql::sqlparser::ast::ObjectName;

/// In `pg_catalog`, with columns of text where the crate that we use has no such table.
pub(super) const PG_CATALOG: &[(&str, &[&str])] = &[
    ("pg_attrdef", &[]),
    ("pg_auth_members", &[]),
    ("pg_authid", &[]),
    ("pg_available_extensions", &["name", "default_version", "installed_version", "comment"]),
    ("pg_constraint", &[]),
    ("pg_cursors", &["name", "statement", "is_holdable", "is_binary", "is_scrollable", "creation_time"]),
    ("pg_db_role_setting", &[]),
    ("pg_default_acl", &[]),
    ("pg_depend", &[]),
    ("pg_enum", &[]),
    ("pg_event_trigger", &[]),
    ("pg_extension", &[]),
    ("pg_foreign_data_wrapper", &[]),
    ("pg_foreign_server", &[]),
    ("pg_foreign_table", &[]),
    ("pg_group", &["groname", "grosysid", "grolist"]),
    ("pg_index", &[]),
    ("pg_indexes", &["schemaname", "tablename", "indexname", "tablespace", "indexdef"]),
    ("pg_inherits", &[]),
    ("pg_init_privs", &[]),
    ("pg_largeobject", &[]),
    ("pg_largeobject_metadata", &[]),
    ("pg_locks", &["locktype", "database", "relation", "transactionid", "pid", "mode", "granted"]),
    ("pg_matviews", &[]),
    ("pg_parameter_acl", &[]),
    ("pg_partitioned_table", &[]),
    ("pg_policies", &["schemaname", "tablename", "policyname", "permissive", "roles", "cmd", "qual", "with_check"]),
    ("pg_policy", &[]),
    ("pg_prepared_xacts", &["transaction", "gid", "prepared", "owner", "database"]),
    ("pg_publication", &[]),
    ("pg_publication_namespace", &[]),
    ("pg_publication_rel", &[]),
    ("pg_replication_origin", &[]),
    ("pg_replication_slots", &[]),
    ("pg_rewrite", &[]),
    ("pg_rules", &["schemaname", "tablename", "rulename", "definition"]),
    ("pg_seclabel", &[]),
    ("pg_sequence", &[]),
    ("pg_sequences", &["schemaname", "sequencename", "sequenceowner", "data_type", "start_value", "last_value"]),
    ("pg_shdepend", &[]),
    ("pg_shdescription", &[]),
    ("pg_shseclabel", &[]),
    ("pg_stat_gssapi", &[]),
    ("pg_stat_ssl", &["pid", "ssl", "version", "cipher", "bits", "client_dn", "client_serial", "issuer_dn"]),
    ("pg_stat_user_tables", &[]),
    ("pg_statistic", &[]),
    ("pg_statistic_ext", &[]),
    ("pg_statistic_ext_data", &[]),
    ("pg_stats", &["schemaname", "tablename", "attname", "null_frac", "avg_width", "n_distinct"]),
    ("pg_subscription", &[]),
    ("pg_subscription_rel", &[]),
    ("pg_timezone_names", &["name", "abbrev", "utc_offset", "is_dst"]),
    ("pg_transform", &[]),
    ("pg_trigger", &[]),
    ("pg_user_mapping", &[]),
    ("pg_user_mappings", &["umid", "srvid", "srvname", "umuser", "usename", "umoptions"]),
    ("pg_views", &[]),
];

/// In `information_schema`, with columns of text.
pub(super) const INFORMATION: &[(&str, &[&str])] = &[
    ("check_constraints", &["constraint_catalog", "constraint_schema", "constraint_name", "check_clause"]),
    (
        "constraint_column_usage",
        &[
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
        ],
    ),
    (
        "constraint_table_usage",
        &["table_catalog", "table_schema", "table_name", "constraint_catalog", "constraint_schema", "constraint_name"],
    ),
    ("domains", &["domain_catalog", "domain_schema", "domain_name", "data_type"]),
    ("element_types", &["object_catalog", "object_schema", "object_name", "object_type", "data_type"]),
    (
        "key_column_usage",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "position_in_unique_constraint",
        ],
    ),
    (
        "referential_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "unique_constraint_catalog",
            "unique_constraint_schema",
            "unique_constraint_name",
            "match_option",
            "update_rule",
            "delete_rule",
        ],
    ),
    ("sequences", &["sequence_catalog", "sequence_schema", "sequence_name", "data_type", "start_value"]),
    (
        "table_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "constraint_type",
            "is_deferrable",
            "initially_deferred",
            "enforced",
            "nulls_distinct",
        ],
    ),
    (
        "triggers",
        &[
            "trigger_catalog",
            "trigger_schema",
            "trigger_name",
            "event_manipulation",
            "event_object_catalog",
            "event_object_schema",
            "event_object_table",
            "action_statement",
            "action_timing",
        ],
    ),
    ("user_defined_types", &["user_defined_type_catalog", "user_defined_type_schema", "user_defined_type_name"]),
    (
        "views",
        &[
            "table_catalog",
            "table_schema",
            "table_name",
            "view_definition",
            "check_option",
            "is_updatable",
            "is_insertable_into",
            "is_trigger_updatable",
            "is_trigger_deletable",
            "is_trigger_insertable_into",
        ],
    ),
];

/// Whether a table, as it is named in a question about the catalogue, has no rows.
pub(in super::super) fn never_has_rows(name: &ObjectName) -> bool {
    let parts: Vec<String> =
        name.0.iter().filter_map(|part| part.as_ident().map(|name| name.value.to_lowercase())).collect();
    let among = |tables: &[(&str, &[&str])], name: &str| tables.iter().any(|(table, _)| *table == name);
    match parts.as_slice() {
        [name] => among(PG_CATALOG, name),
        [.., schema, name] if schema == "pg_catalog" => among(PG_CATALOG, name),
        [.., schema, name] if schema == "information_schema" => among(INFORMATION, name),
        _ => false,
    }
}

/// Columns of text.
pub(super) fn texts(names: &[&str]) -> SchemaRef {
    Arc::new(Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>()))
}
