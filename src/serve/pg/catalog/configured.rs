//! Functions that read the connection's settings: `current_setting`, `set_config`.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError};

use datafusion::arrow::array::{AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;

use super::super::settings::Shown;
use super::functions::any;

/// Registers them.
pub(super) fn register(context: &SessionContext, shown: Shown) {
    let stable = || any(Volatility::Stable);
    context.register_udf(ScalarUDF::from(SetConfig { shown: Arc::clone(&shown), signature: stable() }));
    context.register_udf(ScalarUDF::from(CurrentSetting { shown, signature: stable() }));
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
        let missing_ok = matches!(args.args.get(1), Some(ColumnarValue::Scalar(ScalarValue::Boolean(Some(true)))));
        let rows = args.number_rows;
        let none = || DataFusionError::Plan("current_setting takes the name of one setting".to_owned());
        let names = args.args.into_iter().next().ok_or_else(none)?;
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        let value = |name: Option<&str>| {
            let Some(name) = name.map(str::to_lowercase) else { return Ok(None) };
            match shown.get(&name) {
                None if !missing_ok => {
                    Err(DataFusionError::Plan(format!("unrecognized configuration parameter \"{name}\"")))
                }
                found => Ok(found.cloned()),
            }
        };
        if let ColumnarValue::Scalar(name) = &names {
            return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(value(name.try_as_str().flatten())?)));
        }
        let names = cast(&names.into_array(rows)?, &DataType::Utf8)?;
        let values = names.as_string::<i32>().iter().map(value).collect::<Result<StringArray, _>>()?;
        Ok(ColumnarValue::Array(Arc::new(values)))
    }
}
