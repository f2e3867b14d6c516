//! Functions that clients ask of a PostgreSQL server about itself.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;
use pgwire::api::Type;

use super::super::SERVER_VERSION;
use super::super::settings::Shown;
use super::super::types;
use super::described::Described;

/// Registers them all for one connection.
pub(super) fn register(context: &SessionContext, account: &str, pid: i32, shown: Shown, described: &Arc<Described>) {
    let version = format!("PostgreSQL {SERVER_VERSION} (Locard {})", env!("CARGO_PKG_VERSION"));
    let text = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    let no_text = ScalarValue::Utf8(None);
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
        ("has_column_privilege", ScalarValue::Boolean(Some(true))),
        ("has_function_privilege", ScalarValue::Boolean(Some(true))),
        ("pg_has_role", ScalarValue::Boolean(Some(false))),
        ("pg_advisory_unlock_all", ScalarValue::Null),
        ("pg_get_viewdef", no_text.clone()),
        ("pg_get_indexdef", no_text.clone()),
        ("pg_get_ruledef", no_text.clone()),
        ("pg_get_triggerdef", no_text.clone()),
        ("pg_get_function_result", no_text.clone()),
        ("pg_get_function_arguments", no_text.clone()),
        ("pg_get_function_identity_arguments", no_text.clone()),
        ("pg_get_serial_sequence", no_text.clone()),
        ("pg_tablespace_location", no_text.clone()),
        ("json_build_object", no_text.clone()),
        ("shobj_description", no_text.clone()),
        ("inet_server_addr", no_text.clone()),
        ("inet_client_addr", no_text),
    ];
    for (name, value) in always {
        context.register_udf(ScalarUDF::from(Always { name, value, signature: any(Volatility::Stable) }));
    }
    for name in ["col_description", "obj_description"] {
        let described = Arc::clone(described);
        context.register_udf(ScalarUDF::from(Comment { name, described, signature: any(Volatility::Stable) }));
    }
    context.register_udf(ScalarUDF::from(ToRegtype { signature: any(Volatility::Stable) }));
    context.register_udf(ScalarUDF::from(CurrentSetting { shown, signature: any(Volatility::Stable) }));
}

/// Any number of any values.
fn any(volatility: Volatility) -> Signature {
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
    described: Arc<Described>,
    signature: Signature,
}

impl PartialEq for Comment {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.described, &other.described)
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
            |row| if tables.is_null(row) { None } else { self.described.comment(tables.value(row), column(row)) };
        let texts: ArrayRef = Arc::new((0..tables.len()).map(comment).collect::<StringArray>());
        Ok(ColumnarValue::Array(texts))
    }
}

/// `to_regtype(name)`: the number of a type, NULL if there is none of that name.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ToRegtype {
    signature: Signature,
}

impl ScalarUDFImpl for ToRegtype {
    fn name(&self) -> &'static str {
        "to_regtype"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Int32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let name = match args.args.first() {
            Some(ColumnarValue::Scalar(name)) => name.try_as_str().flatten(),
            _ => None,
        };
        let found = name.map(types::named).filter(|wire| *wire != Type::UNKNOWN);
        let oid = found.and_then(|wire| i32::try_from(wire.oid()).ok());
        Ok(ColumnarValue::Scalar(ScalarValue::Int32(oid)))
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
