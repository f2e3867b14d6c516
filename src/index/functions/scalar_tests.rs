use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use super::{all, plain};

fn function(name: &str) -> Arc<ScalarUDF> {
    all().into_iter().find(|f| f.name() == name).unwrap()
}

fn call(name: &str, args: Vec<ColumnarValue>, rows: usize) -> Result<ColumnarValue> {
    let function = function(name);
    let arg_fields = args.iter().map(|a| Arc::new(Field::new("a", a.data_type(), true))).collect();
    let return_field = Arc::new(Field::new("r", function.return_type(&[])?, true));
    let config_options = Arc::new(ConfigOptions::default());
    function.invoke_with_args(ScalarFunctionArgs { args, arg_fields, number_rows: rows, return_field, config_options })
}

#[test]
fn every_function_says_what_a_reader_needs() {
    for plain in plain() {
        let name = plain.name;
        assert!(!plain.meaning.is_empty() && !plain.meaning.ends_with('.'), "{name}: a phrase, the full stop is added");
        assert!(plain.null.is_empty() || plain.null.ends_with('.'), "{name}: a sentence");
        assert!(plain.example.starts_with("SELECT ") && plain.example.contains(&format!("{name}(")), "{name}");
        assert!(plain.optional < plain.arguments.len(), "{name}");
        let function = function(name);
        let words = function.documentation().unwrap();
        assert!(words.description.starts_with(plain.meaning), "{name}");
        assert!(words.syntax_example.starts_with(&format!("{name}({}", plain.arguments[0].name)), "{name}");
        assert_eq!(words.arguments.as_ref().unwrap().len(), plain.arguments.len(), "{name}");
    }
}

#[test]
fn a_constant_call_is_a_constant_and_columns_are_a_column() {
    let text = |t: &str| ColumnarValue::Scalar(ScalarValue::Utf8(Some(t.to_owned())));
    let two = ColumnarValue::Scalar(ScalarValue::Int64(Some(2)));
    let constant = call("h3_parent", vec![text("87283472bffffff"), two.clone()], 3).unwrap();
    assert!(matches!(constant, ColumnarValue::Scalar(ScalarValue::Int64(Some(_)))), "{constant:?}");
    let cells: ArrayRef = Arc::new(StringArray::from(vec![Some("87283472bffffff"), Some("no cell"), None]));
    let column = call("h3_parent", vec![ColumnarValue::Array(cells), two], 3).unwrap().into_array(3).unwrap();
    let parents = column.as_primitive::<datafusion::arrow::datatypes::Int64Type>();
    assert_eq!((parents.len(), parents.null_count()), (3, 2));
}

/// A plan that others made need not have been through our coercion: types are looked at again.
#[test]
fn columns_of_another_type_are_cast_and_not_believed() {
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![0, 0]));
    let args = (0..4).map(|_| ColumnarValue::Array(Arc::clone(&whole))).collect();
    let zero = call("distance_m", args, 2).unwrap().into_array(2).unwrap();
    assert_eq!(zero.as_primitive::<Float64Type>().values(), &[0.0, 0.0]);
    let one: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    assert!(call("distance_m", vec![ColumnarValue::Array(one)], 1).is_err(), "too few");
}

#[test]
fn optional_arguments_are_given_together_or_not_at_all() {
    let f = function("reachable");
    let types = |n: usize| {
        let time = DataType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()));
        (0..n).map(|i| if i == 2 || i == 5 { time.clone() } else { DataType::Int32 }).collect::<Vec<_>>()
    };
    let counts: Vec<usize> = (0..12).filter(|n| f.coerce_types(&types(*n)).is_ok()).collect();
    assert_eq!(counts, [7, 9]);
    let error = f.coerce_types(&types(8)).unwrap_err().to_string();
    assert!(error.contains("t2, speed_m_s [, uncertainty1_m, uncertainty2_m]) is called with 8 arguments"), "{error}");
}

#[test]
fn what_is_not_accepted_is_told_by_name() {
    let error = function("p_within").coerce_types(&[DataType::Float64, DataType::Utf8, DataType::Float64]);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("p_within(distance_m, sigma_m, radius_m): sigma_m is Utf8 and must be a number"), "{error}");
}
