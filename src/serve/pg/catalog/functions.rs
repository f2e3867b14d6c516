//! Functions that clients ask of a PostgreSQL server about itself.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;

use super::super::SERVER_VERSION;
use super::super::settings::Shown;
use super::procs::Described;
use super::regs::Known;
use super::tables::Place;
use super::{configured, format, told};

/// Registers them all for one connection.
pub(super) fn register(
    context: &SessionContext,
    place: &Place,
    shown: Shown,
    known: &Arc<Known>,
    functions: &Arc<Vec<Described>>,
) {
    let (account, pid) = (place.account.as_str(), place.pid);
    let version = format!("PostgreSQL {SERVER_VERSION} (Locard {})", env!("CARGO_PKG_VERSION"));
    let text = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    let no_text = ScalarValue::Utf8(None);
    // Sizes on disk are of whole tables, and would tell of cases that the viewer does not see.
    let (size, no) = (ScalarValue::Int64(Some(0)), ScalarValue::Boolean(Some(false)));
    let always = [
        ("version", ScalarValue::Utf8(Some(version))),
        ("session_user", text(account)),
        ("current_user", text(account)),
        ("user", text(account)),
        ("current_role", text(account)),
        ("pg_get_userbyid", text(account)),
        ("pg_backend_pid", ScalarValue::Int32(Some(pid))),
        ("pg_my_temp_schema", ScalarValue::Int32(Some(0))),
        ("pg_collation_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_is_in_recovery", ScalarValue::Boolean(Some(false))),
        ("pg_function_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_type_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_operator_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_has_role", ScalarValue::Boolean(Some(false))),
        ("pg_advisory_unlock_all", ScalarValue::Null),
        ("pg_get_viewdef", no_text.clone()),
        ("pg_get_indexdef", no_text.clone()),
        ("pg_get_ruledef", no_text.clone()),
        ("pg_get_triggerdef", no_text.clone()),
        ("pg_get_serial_sequence", no_text.clone()),
        ("pg_tablespace_location", no_text.clone()),
        ("json_build_object", no_text.clone()),
        ("shobj_description", no_text.clone()),
        ("getdatabaseencoding", text("UTF8")),
        ("pg_get_expr", no_text.clone()),
        ("pg_get_constraintdef", no_text.clone()),
        ("pg_get_partkeydef", no_text.clone()),
        ("pg_get_functiondef", no_text.clone()),
        ("pg_get_function_sqlbody", no_text.clone()),
        ("pg_get_statisticsobjdef_columns", no_text.clone()),
        ("pg_relation_filepath", no_text.clone()),
        ("pg_encoding_to_char", text("UTF8")),
        ("pg_char_to_encoding", ScalarValue::Int32(Some(6))),
        ("pg_size_pretty", text("0 bytes")),
        ("pg_relation_size", size.clone()),
        ("pg_total_relation_size", size.clone()),
        ("pg_table_size", size.clone()),
        ("pg_indexes_size", size.clone()),
        ("pg_database_size", size.clone()),
        ("pg_tablespace_size", size.clone()),
        ("pg_stat_get_numscans", size),
        ("pg_relation_is_publishable", no),
        ("pg_jit_available", ScalarValue::Boolean(Some(false))),
        ("pg_opclass_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_opfamily_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_conversion_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_ts_config_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_ts_dict_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_ts_parser_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_ts_template_is_visible", ScalarValue::Boolean(Some(true))),
        ("inet_server_addr", no_text.clone()),
        ("inet_server_port", ScalarValue::Int32(None)),
        ("inet_client_port", ScalarValue::Int32(None)),
        ("inet_client_addr", no_text),
    ];
    for (name, value) in always {
        context.register_udf(ScalarUDF::from(Always { name, value, signature: any(Volatility::Stable) }));
    }
    let stable = || any(Volatility::Stable);
    for name in [
        "has_table_privilege",
        "has_schema_privilege",
        "has_database_privilege",
        "has_any_column_privilege",
        "has_column_privilege",
        "has_function_privilege",
        "has_sequence_privilege",
        "has_type_privilege",
        "has_language_privilege",
        "has_tablespace_privilege",
    ] {
        context.register_udf(ScalarUDF::from(HasPrivilege { name, signature: stable() }));
    }
    context.register_udf(ScalarUDF::from(CurrentSchemas { signature: stable() }));
    context.register_udf(ScalarUDF::from(format::Format::new()));
    configured::register(context, shown);
    told::register(context, known, functions);
}

/// Any number of any values.
pub(super) fn any(volatility: Volatility) -> Signature {
    Signature::one_of(vec![TypeSignature::Nullary, TypeSignature::VariadicAny], volatility)
}

/// A function that says the same whatever it is asked.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Always {
    name: &'static str,
    value: ScalarValue,
    signature: Signature,
}

impl ScalarUDFImpl for Always {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(self.value.data_type())
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        Ok(ColumnarValue::Scalar(self.value.clone()))
    }
}

/// `has_table_privilege([user,] table, privilege)` and the like: what only reads, and nothing else.
#[derive(Debug, PartialEq, Eq, Hash)]
struct HasPrivilege {
    name: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for HasPrivilege {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let asked = match args.args.last() {
            Some(ColumnarValue::Scalar(privilege)) => {
                privilege.try_as_str().flatten().unwrap_or_default().to_uppercase()
            }
            _ => String::new(),
        };
        let reads = asked.split(',').any(|one| matches!(one.trim(), "SELECT" | "USAGE" | "CONNECT" | "EXECUTE"));
        Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(reads))))
    }
}

/// `current_schemas(with the implicit ones)`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct CurrentSchemas {
    signature: Signature,
}

impl ScalarUDFImpl for CurrentSchemas {
    fn name(&self) -> &'static str {
        "current_schemas"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let implicit = matches!(args.args.first(), Some(ColumnarValue::Scalar(ScalarValue::Boolean(Some(true)))));
        let names = if implicit { &["pg_catalog", "public"][..] } else { &["public"] };
        let names: Vec<ScalarValue> = names.iter().map(|name| ScalarValue::from(*name)).collect();
        Ok(ColumnarValue::Scalar(ScalarValue::List(ScalarValue::new_list_nullable(&names, &DataType::Utf8))))
    }
}
