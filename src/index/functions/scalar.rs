//! One implementation of DataFusion's scalar function for all of ours.

use std::hash::{Hash, Hasher};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// Computes a column from columns of equal length.
pub type Kernel = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// A scalar function as data.
#[derive(Debug, Clone)]
pub struct Function {
    name: &'static str,
    signature: Signature,
    result: DataType,
    kernel: Kernel,
}

impl Function {
    /// A function of the given arguments, immutable.
    pub fn new(name: &'static str, arguments: Vec<DataType>, result: DataType, kernel: Kernel) -> Self {
        Self { name, signature: Signature::exact(arguments, Volatility::Immutable), result, kernel }
    }
}

// A name is registered once, so it tells functions apart; kernels are not comparable.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let result = (self.kernel)(&ColumnarValue::values_to_arrays(&args.args)?)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}
