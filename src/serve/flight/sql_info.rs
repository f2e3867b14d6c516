//! What is told of the server itself: what it can, and the types that it knows.

use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{
    SqlInfoData, SqlInfoDataBuilder, XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder,
};
use arrow_flight::sql::{
    Nullable, Searchable, SqlInfo, SqlNullOrdering, SqlSupportedCaseSensitivity, SqlSupportedTransaction, XdbcDataType,
};
use datafusion::arrow::ARROW_VERSION;

/// What is told of the server itself.
pub(super) struct Told {
    pub info: SqlInfoData,
    pub types: XdbcTypeInfoData,
}

impl Told {
    /// Made once.
    ///
    /// # Errors
    /// If the tables cannot be built, which is a defect.
    pub fn new() -> Result<Self, FlightError> {
        Ok(Self { info: info().build()?, types: types().build()? })
    }
}

fn info() -> SqlInfoDataBuilder {
    let mut info = SqlInfoDataBuilder::new();
    info.append(SqlInfo::FlightSqlServerName, "Locard");
    info.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    info.append(SqlInfo::FlightSqlServerArrowVersion, ARROW_VERSION);
    info.append(SqlInfo::FlightSqlServerReadOnly, true);
    info.append(SqlInfo::FlightSqlServerSql, true);
    info.append(SqlInfo::FlightSqlServerCancel, true);
    info.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32);
    let denied = [
        SqlInfo::FlightSqlServerSubstrait,
        SqlInfo::FlightSqlServerBulkIngestion,
        SqlInfo::FlightSqlServerIngestTransactionsSupported,
        SqlInfo::SqlDdlCatalog,
        SqlInfo::SqlDdlSchema,
        SqlInfo::SqlDdlTable,
        SqlInfo::SqlTransactionsSupported,
        SqlInfo::SqlSavepointsSupported,
        SqlInfo::SqlBatchUpdatesSupported,
        SqlInfo::SqlSelectForUpdateSupported,
        SqlInfo::SqlStoredProceduresSupported,
        SqlInfo::SqlNamedParametersSupported,
    ];
    for name in denied {
        info.append(name, false);
    }
    for name in [
        SqlInfo::SqlAllTablesAreSelectable,
        SqlInfo::SqlSupportsColumnAliasing,
        SqlInfo::SqlNullPlusNullIsNull,
        SqlInfo::SqlSupportsTableCorrelationNames,
        SqlInfo::SqlSupportsExpressionsInOrderBy,
        SqlInfo::SqlCorrelatedSubqueriesSupported,
    ] {
        info.append(name, true);
    }
    info.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    info.append(SqlInfo::SqlIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i32);
    info.append(SqlInfo::SqlQuotedIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityUnknown as i32);
    info.append(SqlInfo::SqlNullOrdering, SqlNullOrdering::SqlNullsSortedHigh as i32);
    info
}

/// A type of ODBC's and JDBC's for each type that tables have.
fn types() -> XdbcTypeInfoDataBuilder {
    let mut types = XdbcTypeInfoDataBuilder::new();
    for (name, data_type, size, quote) in [
        ("boolean", XdbcDataType::XdbcBit, 1, ""),
        ("integer", XdbcDataType::XdbcInteger, 32, ""),
        ("bigint", XdbcDataType::XdbcBigint, 64, ""),
        ("double precision", XdbcDataType::XdbcDouble, 53, ""),
        ("text", XdbcDataType::XdbcVarchar, i32::MAX, "'"),
        ("bytea", XdbcDataType::XdbcVarbinary, i32::MAX, "'"),
        ("date", XdbcDataType::XdbcDate, 10, "'"),
        ("timestamptz", XdbcDataType::XdbcTimestamp, 32, "'"),
    ] {
        let literal = (!quote.is_empty()).then(|| quote.to_owned());
        let number =
            matches!(data_type, XdbcDataType::XdbcInteger | XdbcDataType::XdbcBigint | XdbcDataType::XdbcDouble);
        types.append(XdbcTypeInfo {
            type_name: name.to_owned(),
            data_type,
            column_size: Some(size),
            literal_prefix: literal.clone(),
            literal_suffix: literal,
            create_params: None,
            nullable: Nullable::NullabilityNullable,
            case_sensitive: data_type == XdbcDataType::XdbcVarchar,
            searchable: Searchable::Full,
            unsigned_attribute: number.then_some(false),
            fixed_prec_scale: false,
            auto_increment: Some(false),
            local_type_name: Some(name.to_owned()),
            minimum_scale: None,
            maximum_scale: None,
            sql_data_type: data_type,
            datetime_subcode: None,
            num_prec_radix: number.then_some(2),
            interval_precision: None,
        });
    }
    types
}
