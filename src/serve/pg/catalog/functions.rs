//! Functions that clients ask of a PostgreSQL server about itself.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;

use super::super::SERVER_VERSION;
use super::super::settings::Shown;
use super::procs::Described;
use super::regs::{Known, type_name};
use super::tables::{Place, is_visible};

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
    for name in ["col_description", "obj_description"] {
        let (known, functions) = (Arc::clone(known), Arc::clone(functions));
        context.register_udf(ScalarUDF::from(Comment { name, known, functions, signature: stable() }));
    }
    for (name, told) in [
        ("format_type", Told::TypeName),
        ("pg_get_function_result", Told::FunctionResult),
        ("pg_get_function_arguments", Told::FunctionArguments),
        ("pg_get_function_identity_arguments", Told::FunctionArguments),
    ] {
        let functions = Arc::clone(functions);
        context.register_udf(ScalarUDF::from(Tell { name, told, functions, signature: stable() }));
    }
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
    context.register_udf(ScalarUDF::from(IsVisible { known: Arc::clone(known), signature: stable() }));
    context.register_udf(ScalarUDF::from(CurrentSchemas { signature: stable() }));
    context.register_udf(ScalarUDF::from(SetConfig { shown: Arc::clone(&shown), signature: stable() }));
    context.register_udf(ScalarUDF::from(CurrentSetting { shown, signature: stable() }));
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

/// `col_description(table, column)` and `obj_description(table, ...)`.
#[derive(Debug)]
struct Comment {
    name: &'static str,
    known: Arc<Known>,
    functions: Arc<Vec<Described>>,
    signature: Signature,
}

impl Comment {
    fn of(&self, oid: i32, column: i32) -> Option<&str> {
        let function = || self.functions.iter().find(|function| function.oid == oid).map(|found| found.words.as_str());
        self.known.relations.comment(oid, column).or_else(|| function().filter(|_| column == 0))
    }
}

impl PartialEq for Comment {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.known, &other.known)
    }
}

impl Eq for Comment {}

impl Hash for Comment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Comment {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(tables) = arrays.first() else { return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None))) };
        let tables = cast(tables, &DataType::Int32)?;
        let tables = tables.as_primitive::<Int32Type>();
        let columns = match arrays.get(1).filter(|_| self.name == "col_description") {
            Some(columns) => Some(cast(columns, &DataType::Int32)?),
            None => None,
        };
        let column = |row| columns.as_ref().map_or(0, |columns| columns.as_primitive::<Int32Type>().value(row));
        let comment =
            |row| if tables.is_null(row) { None } else { self.of(tables.value(row), column(row)) };
        let texts: ArrayRef = Arc::new((0..tables.len()).map(comment).collect::<StringArray>());
        Ok(ColumnarValue::Array(texts))
    }
}

/// What a function says of each row by the number in its first argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    /// `format_type(type, modifier)`; no type has a modifier here.
    TypeName,
    /// `pg_get_function_result(function)`.
    FunctionResult,
    /// `pg_get_function_arguments(function)`.
    FunctionArguments,
}

/// A function that tells by a number.
#[derive(Debug)]
struct Tell {
    name: &'static str,
    told: Told,
    functions: Arc<Vec<Described>>,
    signature: Signature,
}

impl PartialEq for Tell {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.functions, &other.functions)
    }
}

impl Eq for Tell {}

impl Hash for Tell {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Tell {
    fn of(&self, oid: i32) -> Option<String> {
        let function = || self.functions.iter().find(|function| function.oid == oid);
        match self.told {
            Told::TypeName => Some(type_name(oid)),
            Told::FunctionResult => function().map(|function| function.result.clone()),
            Told::FunctionArguments => function().map(|function| function.arguments.clone()),
        }
    }
}

impl ScalarUDFImpl for Tell {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let oids = first_numbers(args)?;
        let texts = oids.iter().map(|oid| self.of(oid?)).collect::<StringArray>();
        Ok(ColumnarValue::Array(Arc::new(texts)))
    }
}

/// The first argument as numbers, one for each row.
fn first_numbers(args: ScalarFunctionArgs) -> Result<Int32Array, DataFusionError> {
    let rows = args.number_rows;
    let none = || DataFusionError::Plan("the function takes a number".to_owned());
    let first = args.args.into_iter().next().ok_or_else(none)?.into_array(rows)?;
    Ok(cast(&first, &DataType::Int32)?.as_primitive::<Int32Type>().clone())
}

/// `pg_table_is_visible(table)`: whether it is found without its schema.
#[derive(Debug)]
struct IsVisible {
    known: Arc<Known>,
    signature: Signature,
}

impl PartialEq for IsVisible {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.known, &other.known)
    }
}

impl Eq for IsVisible {}

impl Hash for IsVisible {
    fn hash<H: Hasher>(&self, state: &mut H) {
        "pg_table_is_visible".hash(state);
    }
}

impl ScalarUDFImpl for IsVisible {
    fn name(&self) -> &'static str {
        "pg_table_is_visible"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let visible = |oid| self.known.relations.numbered(oid).map(|relation| is_visible(relation.schema));
        let oids = first_numbers(args)?;
        let truths: BooleanArray = oids.iter().map(|oid| oid.and_then(visible)).collect();
        Ok(ColumnarValue::Array(Arc::new(truths)))
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
            Some(ColumnarValue::Scalar(privilege)) => privilege.try_as_str().flatten().unwrap_or_default().to_uppercase(),
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

/// `set_config(name, value, local)`: gives the value, if that is what it is already.
#[derive(Debug)]
struct SetConfig {
    shown: Shown,
    signature: Signature,
}

impl PartialEq for SetConfig {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shown, &other.shown)
    }
}

impl Eq for SetConfig {}

impl Hash for SetConfig {
    fn hash<H: Hasher>(&self, state: &mut H) {
        "set_config".hash(state);
    }
}

impl ScalarUDFImpl for SetConfig {
    fn name(&self) -> &'static str {
        "set_config"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let text = |at: usize| match args.args.get(at) {
            Some(ColumnarValue::Scalar(value)) => value.try_as_str().flatten().map(ToOwned::to_owned),
            _ => None,
        };
        let name = text(0).unwrap_or_default().to_lowercase();
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        match (shown.get(&name), text(1)) {
            (Some(now), Some(value)) if now.eq_ignore_ascii_case(&value) => {
                Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(value))))
            }
            _ => Err(DataFusionError::NotImplemented(format!("set_config of {name} in a question: use SET"))),
        }
    }
}

/// `current_setting(name [, missing_ok])`.
#[derive(Debug)]
struct CurrentSetting {
    shown: Shown,
    signature: Signature,
}

impl PartialEq for CurrentSetting {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shown, &other.shown)
    }
}

impl Eq for CurrentSetting {}

impl Hash for CurrentSetting {
    fn hash<H: Hasher>(&self, state: &mut H) {
        "current_setting".hash(state);
    }
}

impl ScalarUDFImpl for CurrentSetting {
    fn name(&self) -> &'static str {
        "current_setting"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let Some(ColumnarValue::Scalar(name)) = args.args.first() else {
            return Err(DataFusionError::Plan("current_setting takes the name of one setting".to_owned()));
        };
        let name = name.try_as_str().flatten().unwrap_or_default().to_lowercase();
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        let missing_ok = matches!(args.args.get(1), Some(ColumnarValue::Scalar(ScalarValue::Boolean(Some(true)))));
        match shown.get(&name) {
            None if !missing_ok => {
                Err(DataFusionError::Plan(format!("unrecognized configuration parameter \"{name}\"")))
            }
            found => Ok(ColumnarValue::Scalar(ScalarValue::Utf8(found.cloned()))),
        }
    }
}
