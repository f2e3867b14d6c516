//! Which PostgreSQL type a column of the engine is, and the other way for parameters.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use pgwire::api::Type;

/// The PostgreSQL type that values of an engine's type are sent as.
pub(super) fn of_column(data_type: &DataType) -> Type {
    match data_type {
        DataType::Boolean => Type::BOOL,
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => Type::INT2,
        DataType::Int32 | DataType::UInt16 => Type::INT4,
        DataType::Int64 | DataType::UInt32 => Type::INT8,
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Type::NUMERIC,
        DataType::Float16 | DataType::Float32 => Type::FLOAT4,
        DataType::Float64 => Type::FLOAT8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Type::BYTEA,
        DataType::Date32 | DataType::Date64 => Type::DATE,
        DataType::Time32(_) | DataType::Time64(_) => Type::TIME,
        DataType::Timestamp(_, Some(_)) => Type::TIMESTAMPTZ,
        DataType::Timestamp(_, None) => Type::TIMESTAMP,
        DataType::Interval(_) | DataType::Duration(_) => Type::INTERVAL,
        DataType::Dictionary(_, values) => of_column(values),
        DataType::RunEndEncoded(_, values) => of_column(values.data_type()),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            array_of(&of_column(item.data_type()))
        }
        // NULL, text, and what PostgreSQL has no type for: structures and maps are written as text.
        _ => Type::TEXT,
    }
}

/// As [`of_column`], for a column that may say that it is one of the catalog's own types.
pub(super) fn of_field(field: &Field) -> Type {
    let says = |key: &str| field.metadata().contains_key(key);
    match field.data_type() {
        DataType::Int32 if says(arrow_pg::datatypes::PG_OID_ALIAS_KEY) => Type::OID,
        DataType::Utf8 if says(arrow_pg::datatypes::PG_CHAR_KEY) => Type::CHAR,
        other => of_column(other),
    }
}

/// Element types and their arrays.
static ARRAYS: [(Type, Type); 17] = [
    (Type::BOOL, Type::BOOL_ARRAY),
    (Type::INT2, Type::INT2_ARRAY),
    (Type::INT4, Type::INT4_ARRAY),
    (Type::INT8, Type::INT8_ARRAY),
    (Type::NUMERIC, Type::NUMERIC_ARRAY),
    (Type::FLOAT4, Type::FLOAT4_ARRAY),
    (Type::FLOAT8, Type::FLOAT8_ARRAY),
    (Type::BYTEA, Type::BYTEA_ARRAY),
    (Type::DATE, Type::DATE_ARRAY),
    (Type::TIME, Type::TIME_ARRAY),
    (Type::TIMESTAMP, Type::TIMESTAMP_ARRAY),
    (Type::TIMESTAMPTZ, Type::TIMESTAMPTZ_ARRAY),
    (Type::INTERVAL, Type::INTERVAL_ARRAY),
    (Type::OID, Type::OID_ARRAY),
    (Type::TEXT, Type::TEXT_ARRAY),
    (Type::VARCHAR, Type::VARCHAR_ARRAY),
    (Type::NAME, Type::NAME_ARRAY),
];

/// The array type of an element type.
pub(super) fn array_of(element: &Type) -> Type {
    ARRAYS.iter().find(|(of, _)| of == element).map_or(Type::TEXT_ARRAY, |(_, array)| array.clone())
}

/// The element type of an array type.
pub(super) fn element_of(array: &Type) -> Option<&'static Type> {
    ARRAYS.iter().find(|(_, whole)| whole == array).map(|(element, _)| element)
}

/// A type as the SQL standard calls it, in `information_schema`.
pub(super) fn sql_name(wire: &Type) -> &str {
    match *wire {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::VARCHAR => "character varying",
        Type::TIME => "time without time zone",
        Type::TIMESTAMP => "timestamp without time zone",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        Type::CHAR => "\"char\"",
        _ if element_of(wire).is_some() => "ARRAY",
        _ => wire.name(),
    }
}

/// A type as `format_type` shows it.
pub(super) fn displayed(wire: &Type) -> String {
    let name = match element_of(wire) {
        Some(element) => return format!("{}[]", sql_name(element)),
        None => sql_name(wire),
    };
    name.strip_prefix('_').map_or_else(|| name.to_owned(), |element| format!("{element}[]"))
}

/// The engine's type of a parameter.
pub(super) fn of_parameter(wire: &Type) -> DataType {
    match *wire {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 | Type::OID | Type::XID | Type::CID | Type::REGCLASS | Type::REGTYPE => DataType::Int64,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::NUMERIC => DataType::Decimal128(38, 10),
        Type::BYTEA => DataType::Binary,
        Type::DATE => DataType::Date32,
        Type::TIME => DataType::Time64(TimeUnit::Microsecond),
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into())),
        Type::INTERVAL => DataType::Interval(IntervalUnit::MonthDayNano),
        _ => match element_of(wire) {
            Some(element) => DataType::List(Arc::new(Field::new_list_field(of_parameter(element), true))),
            None => DataType::Utf8,
        },
    }
}

/// `pg_type.typlen`: bytes of a value, -1 if they vary.
pub(super) fn size(wire: &Type) -> i16 {
    match *wire {
        Type::BOOL => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::DATE | Type::OID => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ => 8,
        Type::INTERVAL => 16,
        _ => -1,
    }
}

/// A type by its name in SQL, for `PREPARE name(types)`.
pub(super) fn named(name: &str) -> Type {
    match name.to_lowercase().as_str() {
        "bool" | "boolean" => Type::BOOL,
        "smallint" | "int2" => Type::INT2,
        "int" | "integer" | "int4" => Type::INT4,
        "bigint" | "int8" => Type::INT8,
        "real" | "float4" => Type::FLOAT4,
        "double precision" | "double" | "float8" | "float" => Type::FLOAT8,
        "date" => Type::DATE,
        "timestamp" | "timestamp without time zone" => Type::TIMESTAMP,
        "timestamptz" | "timestamp with time zone" => Type::TIMESTAMPTZ,
        "interval" => Type::INTERVAL,
        "bytea" => Type::BYTEA,
        "numeric" | "decimal" => Type::NUMERIC,
        "text" | "varchar" => Type::TEXT,
        _ => Type::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_parameters_agree() {
        for wire in [
            Type::BOOL,
            Type::INT2,
            Type::INT4,
            Type::INT8,
            Type::FLOAT4,
            Type::FLOAT8,
            Type::NUMERIC,
            Type::BYTEA,
            Type::DATE,
            Type::TIME,
            Type::TIMESTAMP,
            Type::TIMESTAMPTZ,
            Type::INTERVAL,
            Type::TEXT,
            Type::FLOAT8_ARRAY,
            Type::TEXT_ARRAY,
            Type::TIMESTAMPTZ_ARRAY,
        ] {
            assert_eq!(of_column(&of_parameter(&wire)), wire);
        }
    }

    #[test]
    fn dictionaries_are_what_they_hold() {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        assert_eq!(of_column(&dictionary), Type::TEXT);
        assert_eq!(of_column(&DataType::UInt64), Type::NUMERIC);
        assert_eq!(named("TIMESTAMP WITH TIME ZONE"), Type::TIMESTAMPTZ);
        // As PostgreSQL's information_schema.columns has them.
        let names = [Type::FLOAT8, Type::FLOAT8_ARRAY, Type::TIMESTAMPTZ, Type::TEXT, Type::OID]
            .map(|t| sql_name(&t).to_owned());
        assert_eq!(names, ["double precision", "ARRAY", "timestamp with time zone", "text", "oid"]);
    }
}
