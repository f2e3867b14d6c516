//! What is asked is answered: types, parameters, what there is to ask, and what this is.

use std::sync::Arc;

use arrow_flight::sql::{
    CommandGetCrossReference, CommandGetDbSchemas, CommandGetPrimaryKeys, CommandGetTables, CommandGetXdbcTypeInfo,
    SqlInfo,
};
use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UnionArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Schema, TimeUnit, UInt32Type};
use tonic::Code;

use super::client::{Client, answer, enter, fetch, lines, names, rows, status};
use super::gate::ACCOUNTS;
use super::{ROWS, server, tables};

async fn ada(server: &locard::serve::flight::Running) -> Client {
    enter(server, "ada", ACCOUNTS[0].1).await
}

fn one(column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("$1", column, true)]).unwrap()
}

fn moments(us: &[i64]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(us.to_vec()).with_timezone("UTC"))
}

/// The oracle is the table itself, its views and dictionaries cast by Arrow.
#[tokio::test]
async fn every_type_comes_as_it_is_with_its_values_and_its_comment() {
    let (server, _) = server().await;
    let got = rows(&mut ada(&server).await, "SELECT * FROM kinds").await.unwrap();
    let (_, kinds) = tables::tables(1).remove(1);
    assert_eq!(lines(&got), lines(std::slice::from_ref(&kinds)));
    for (field, was) in got[0].schema().fields().iter().zip(kinds.schema().fields()) {
        let plain = match was.data_type() {
            DataType::Utf8View | DataType::Dictionary(..) => &DataType::Utf8,
            other => other,
        };
        assert_eq!(field.data_type(), plain, "{}", field.name());
        assert_eq!(field.metadata()["ARROW:FLIGHT:SQL:REMARKS"], was.metadata()["comment"]);
        let column = kinds.column_by_name(field.name()).unwrap();
        assert_eq!(got[0].column_by_name(field.name()).unwrap(), &cast(column, plain).unwrap());
    }
    let zone = got[0].schema().field_with_name("tz").unwrap().data_type().clone();
    assert_eq!(zone, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
}

#[tokio::test]
async fn an_answer_without_rows_has_its_columns() {
    let (server, _) = server().await;
    let mut ada = ada(&server).await;
    let info = ada.execute("SELECT lat, device_id FROM fixes WHERE false".to_owned(), None).await.unwrap();
    let schema = info.clone().try_decode_schema().unwrap();
    assert_eq!(names(&schema), ["lat", "device_id"]);
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), [""; 0]);
    assert!(answer(&mut ada, "EXPLAIN SELECT 1").await.unwrap().len() >= 2);
    let shown = answer(&mut ada, "SHOW TABLES").await.unwrap();
    assert!(shown.iter().any(|line| line.contains("|fixes|")), "{shown:?}");
}

#[tokio::test]
async fn parameters_have_types_and_are_bound() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    let sql = "SELECT row_no, ts FROM fixes WHERE row_no >= ? AND device_id = ? AND ts < ? ORDER BY row_no LIMIT ?";
    let mut prepared = ada.prepare(sql.to_owned(), None).await.unwrap();
    let parameters = prepared.parameter_schema().unwrap().clone();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let types: Vec<_> = parameters.fields().iter().map(|f| f.data_type().clone()).collect();
    assert_eq!(types, [DataType::Int64, DataType::Utf8, utc, DataType::Int64]);
    assert_eq!(names(&parameters), ["$1", "$2", "$3", "$4"]);
    assert_eq!(names(prepared.dataset_schema().unwrap()), ["row_no", "ts"]);
    let end = moments(&[1_781_524_800_000_000 + 100_000_000]);
    // A narrow whole number, as Python's driver may send, is made to fit.
    let bound = |from: i64, device: &str| {
        let columns: [ArrayRef; 4] = [
            Arc::new(Int64Array::from(vec![from])),
            Arc::new(StringArray::from(vec![device])),
            Arc::clone(&end),
            Arc::new(Int32Array::from(vec![2])),
        ];
        RecordBatch::try_from_iter(["a", "b", "c", "d"].into_iter().zip(columns)).unwrap()
    };
    // Row n is of device n % 7; those before the 100th are early enough.
    let cases: [(i64, &str, &[&str]); 4] = [
        (10, "device-3", &["10|", "17|"]),
        (70, "device-1", &["71|", "78|"]),
        (90, "device-1", &["92|", "99|"]),
        (98, "device-1", &["99|"]),
    ];
    for (from, device, expected) in cases {
        prepared.set_parameters(bound(from, device)).unwrap();
        let info = prepared.execute().await.unwrap();
        let got = lines(&fetch(&mut ada, info).await.unwrap());
        assert_eq!(got.len(), expected.len(), "{got:?}");
        assert!(got.iter().zip(expected).all(|(line, start)| line.starts_with(start)), "{got:?}");
    }
    let noted = gate.noted();
    assert!(
        noted.iter().any(|n| n.contains("parameters: [\"70\", \"device-1\"") && n.contains("tables: [\"fixes\"]")),
        "{noted:?}"
    );
}

#[tokio::test]
async fn values_of_every_type_come_back() {
    let (server, _) = server().await;
    let mut ada = ada(&server).await;
    let values: [ArrayRef; 6] = [
        Arc::new(Int64Array::from(vec![i64::MIN])),
        Arc::new(Float64Array::from(vec![0.1])),
        Arc::new(StringArray::from(vec!["o'clock; --"])),
        Arc::new(BooleanArray::from(vec![true])),
        moments(&[-1]),
        Arc::new(Int64Array::from(vec![None])),
    ];
    for value in values {
        let mut prepared = ada.prepare("SELECT $1".to_owned(), None).await.unwrap();
        assert_eq!(prepared.parameter_schema().unwrap().field(0).data_type(), &DataType::Null, "it is not known");
        prepared.set_parameters(one(Arc::clone(&value))).unwrap();
        let info = prepared.execute().await.unwrap();
        let got = fetch(&mut ada, info).await.unwrap();
        assert_eq!(got[0].column(0), &value);
    }
    let mut moment = ada.prepare("SELECT count(*) FROM fixes WHERE ts < $1".to_owned(), None).await.unwrap();
    moment.set_parameters(one(Arc::new(StringArray::from(vec!["2026-06-15T12:00:10Z"])))).unwrap();
    let info = moment.execute().await.unwrap();
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), ["10"], "a text that is a moment");
}

#[tokio::test]
async fn what_cannot_be_bound_is_told() {
    let (server, gate) = server().await;
    let mut ada = ada(&server).await;
    let sql = "SELECT count(*) FROM fixes WHERE row_no < $1";
    let mut prepared = ada.prepare(sql.to_owned(), None).await.unwrap();
    let unbound = status(prepared.execute().await.unwrap_err());
    assert!(
        unbound.code() == Code::InvalidArgument && unbound.message().contains("1 parameters, and 0"),
        "{unbound:?}"
    );
    let two = RecordBatch::try_from_iter([("a", moments(&[1])), ("b", moments(&[1]))]).unwrap();
    let rows_of_two: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    for (batch, says) in [(two, "1 parameters, and 2"), (one(rows_of_two), "more than one row")] {
        prepared.set_parameters(batch).unwrap();
        let told = status(prepared.execute().await.unwrap_err());
        assert!(told.code() == Code::InvalidArgument && told.message().contains(says), "{told:?}");
    }
    assert!(answer(&mut ada, sql).await.unwrap_err().message().contains("prepare it"));
    for letters in [3 << 19, 3 << 20] {
        let mut large = ada.prepare("SELECT $1".to_owned(), None).await.unwrap();
        large.set_parameters(one(Arc::new(StringArray::from(vec!["x".repeat(letters)])))).unwrap();
        assert_eq!(status(large.execute().await.unwrap_err()).code(), Code::ResourceExhausted, "{letters}");
        large.close().await.unwrap();
    }
    let named = ada.prepare("SELECT $name".to_owned(), None).await.unwrap_err();
    assert!(status(named).message().contains("$name"));
    prepared.set_parameters(one(Arc::new(Int64Array::from(vec![5])))).unwrap();
    let info = prepared.execute().await.unwrap();
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), ["5"], "it goes on");
    let mut same = prepared.clone();
    prepared.close().await.unwrap();
    assert_eq!(status(same.execute().await.unwrap_err()).code(), Code::NotFound);
    assert!(gate.noted().iter().any(|note| note.contains("$name") && note.contains("InvalidArgument")));
}

#[tokio::test]
async fn there_is_one_catalog_with_tables_and_their_columns() {
    let (server, _) = server().await;
    let mut ada = ada(&server).await;
    let info = ada.get_catalogs().await.unwrap();
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), ["locard"]);
    let info = ada.get_db_schemas(CommandGetDbSchemas::default()).await.unwrap();
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), ["locard|public"]);
    let info = ada.get_table_types().await.unwrap();
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), ["TABLE"]);
    let all = ["locard|public|fixes|TABLE", "locard|public|kinds|TABLE", "locard|public|whose|TABLE"];
    let none = CommandGetTables::default;
    let cases: [(CommandGetTables, &[&str]); 5] = [
        (none(), &all),
        (CommandGetTables { table_name_filter_pattern: Some("%i%s".to_owned()), ..none() }, &all[..2]),
        (CommandGetTables { table_types: vec!["VIEW".to_owned()], ..none() }, &[]),
        (CommandGetTables { catalog: Some("other".to_owned()), ..none() }, &[]),
        (CommandGetTables { db_schema_filter_pattern: Some("publi_".to_owned()), ..none() }, &all),
    ];
    for (request, expected) in cases {
        let info = ada.get_tables(request.clone()).await.unwrap();
        assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), expected, "{request:?}");
    }
    let request =
        CommandGetTables { include_schema: true, table_name_filter_pattern: Some("fixes".to_owned()), ..none() };
    let info = ada.get_tables(request).await.unwrap();
    let got = fetch(&mut ada, info).await.unwrap();
    let bytes = got[0].column(4).as_binary::<i32>().value(0).to_vec();
    let columns = Schema::try_from(arrow_flight::IpcMessage(bytes.into())).unwrap();
    assert_eq!(columns.field(2).metadata()["ARROW:FLIGHT:SQL:REMARKS"], "Latitude, degrees, WGS84.");
    assert_eq!(columns.fields().len(), 6);
}

#[tokio::test]
async fn a_schema_is_told_without_a_ticket() {
    let (server, _) = server().await;
    let mut ada = ada(&server).await;
    let info = ada.execute("SELECT lat FROM fixes".to_owned(), None).await.unwrap();
    let mut request = tonic::Request::new(info.flight_descriptor.clone().unwrap());
    let bearer = format!("Bearer {}", ada.token().unwrap());
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    for _ in 0..200 {
        let mut again = tonic::Request::new(request.get_ref().clone());
        *again.metadata_mut() = request.metadata().clone();
        let schema = ada.inner_mut().get_schema(again).await.unwrap().into_inner();
        assert_eq!(names(&Schema::try_from(&schema).unwrap()), ["lat"]);
    }
    assert!(fetch(&mut ada, info).await.is_ok(), "no tickets were left behind that took this one's place");
}

#[tokio::test]
async fn it_says_what_it_is_and_that_it_only_reads() {
    let (server, _) = server().await;
    let mut ada = ada(&server).await;
    let wanted =
        vec![SqlInfo::FlightSqlServerName, SqlInfo::FlightSqlServerReadOnly, SqlInfo::FlightSqlServerTransaction];
    let info = ada.get_sql_info(wanted).await.unwrap();
    let got = fetch(&mut ada, info).await.unwrap();
    let numbers = got[0].column(0).as_primitive::<UInt32Type>().values().to_vec();
    assert_eq!(numbers, [0, 3, 8]);
    let values = got[0].column(1).as_any().downcast_ref::<UnionArray>().unwrap();
    assert_eq!(values.value(0).as_string::<i32>().value(0), "Locard");
    assert!(values.value(1).as_boolean().value(0));
    let all = ada.get_sql_info(Vec::new()).await.unwrap();
    assert!(fetch(&mut ada, all).await.unwrap()[0].num_rows() >= 20);
    let types = ada.get_xdbc_type_info(CommandGetXdbcTypeInfo { data_type: None }).await.unwrap();
    assert_eq!(fetch(&mut ada, types).await.unwrap()[0].num_rows(), 8);
    let big = ada.get_xdbc_type_info(CommandGetXdbcTypeInfo { data_type: Some(-5) }).await.unwrap();
    assert_eq!(fetch(&mut ada, big).await.unwrap()[0].column(0).as_string::<i32>().value(0), "bigint");
}

#[tokio::test]
async fn there_are_no_keys_and_that_is_an_answer() {
    let (server, _) = server().await;
    let mut ada = ada(&server).await;
    let request = CommandGetPrimaryKeys { table: "fixes".to_owned(), ..CommandGetPrimaryKeys::default() };
    let info = ada.get_primary_keys(request).await.unwrap();
    assert_eq!(names(&info.clone().try_decode_schema().unwrap()).len(), 6);
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), [""; 0]);
    let request = CommandGetCrossReference { pk_table: "a".to_owned(), fk_table: "b".to_owned(), ..Default::default() };
    let info = ada.get_cross_reference(request).await.unwrap();
    assert_eq!(names(&info.clone().try_decode_schema().unwrap()).len(), 13);
    assert_eq!(lines(&fetch(&mut ada, info).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn mistakes_are_told_in_words() {
    let (server, _) = server().await;
    let mut ada = ada(&server).await;
    for (sql, says) in [
        ("SELEKT 1", "syntax error"),
        ("SELECT nope FROM fixes", "nope"),
        ("SELECT 1 FROM nowhere", "nowhere"),
        ("SELECT 1 / (row_no - row_no) FROM fixes", "ivide by zero"),
        ("SELECT CAST(device_id AS INT) FROM fixes", "device-"),
        ("SELECT 1 FROM fixes AS OF 'yesterday'", "yesterday"),
    ] {
        let told = answer(&mut ada, sql).await.unwrap_err();
        assert!(told.code() == Code::InvalidArgument && told.message().contains(says), "{sql}: {told:?}");
    }
    assert_eq!(answer(&mut ada, "SELECT count(*) FROM fixes").await.unwrap(), [ROWS.to_string()]);
}
