//! Functions that tell of a relation or a function by its number.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;

use super::functions::any;
use super::procs::Described;
use super::regs::{Known, type_name};
use super::tables::is_visible;

/// Registers them all.
pub(super) fn register(context: &SessionContext, known: &Arc<Known>, functions: &Arc<Vec<Described>>) {
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
    context.register_udf(ScalarUDF::from(IsVisible { known: Arc::clone(known), signature: stable() }));
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
        let comment = |row| if tables.is_null(row) { None } else { self.of(tables.value(row), column(row)) };
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
