//! Answers to SQL and to the questions: values, forms, parameters, faults, and what is written down.

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::ipc::reader::StreamReader;
use locard::access::audit::Kind;
use locard::query::questions;
use reqwest::header;
use serde_json::{Value, json};

use super::served::{Served, json_of};
use super::world::iso;

const ARROW: &str = "application/vnd.apache.arrow.stream";

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_the_same_as_json_and_as_arrow() {
    let served = Served::new().await;
    let sql = "SELECT fix_id, device_id, t0 FROM fixes ORDER BY fix_id";
    let (_, json) = served.sql(&served.ann, sql).await;
    assert_eq!(json["row_count"], 20);
    assert_eq!(json["rows"][1], json!([1, "phone of alpha", "2026-03-02T00:10:00Z"]));
    let columns: Vec<_> =
        json["columns"].as_array().unwrap().iter().map(|c| (c["name"].clone(), c["type"].clone())).collect();
    let expected = [("fix_id", "int"), ("device_id", "text"), ("t0", "timestamp")];
    assert_eq!(columns, expected.map(|(name, kind)| (json!(name), json!(kind))));
    assert!(
        json["columns"][2]["comment"].as_str().is_some_and(|c| !c.is_empty()),
        "columns say what they mean: {json}"
    );
    let request = served.post("/api/sql", &served.ann, &json!({ "sql": sql })).header(header::ACCEPT, ARROW);
    let response = request.send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()[header::CONTENT_TYPE].to_str().unwrap()), (200, ARROW));
    let bytes = response.bytes().await.unwrap();
    let mut ids = Vec::new();
    for batch in StreamReader::try_new(bytes.as_ref(), None).unwrap() {
        ids.extend(batch.unwrap().column(0).as_primitive::<Int64Type>().values().iter().copied());
    }
    let of_json: Vec<_> = json["rows"].as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()).collect();
    assert_eq!(ids, of_json);
    assert!(bytes.ends_with(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), "a whole stream says that it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_a_value_whatever_it_says() {
    let served = Served::new().await;
    let ask = async |sql: &str, parameters: Value| {
        let body = json!({ "sql": sql, "parameters": parameters });
        let (status, answer) = json_of(served.post("/api/sql", &served.ann, &body).send().await.unwrap()).await;
        assert_eq!(status, 200, "{answer}");
        answer["rows"].clone()
    };
    let hostile = ["' OR 1=1 --", "\\' OR 1=1 --", "''", "\\", "$1", "'; SELECT 1; --", "a\nb\u{0}c", "é😀"];
    for text in hostile {
        assert_eq!(ask("SELECT $1 AS x", json!([text])).await, json!([[text]]), "{text:?}");
        let as_of = "SELECT DISTINCT $x AS x FROM fixes AS OF VERSION 1";
        assert_eq!(ask(as_of, json!({ "x": text })).await, json!([[text]]), "{text:?} beside AS OF");
        assert_eq!(ask("SELECT fix_id FROM fixes WHERE device_id = $1", json!([text])).await, json!([]), "{text:?}");
    }
    let sql = "SELECT $a AS a1, $b AS b, $c AS c, $d AS d, $e AS e, $a AS a2";
    let values = json!({"a": 7, "b": -1.5, "c": null, "d": true, "e": [1, 2]});
    assert_eq!(ask(sql, values).await, json!([[7, -1.5, null, true, [1, 2], 7]]));
    let since = "SELECT count(*) FROM fixes WHERE t0 >= $1 AND fix_id < $2 LIMIT $3";
    assert_eq!(ask(since, json!([iso(super::world::at(100)), 15, 1])).await, json!([[5]]));
    assert_eq!(ask("SELECT count(*) FROM track($1)", json!(["phone of alpha"])).await, json!([[20]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_have_a_status_and_postgresqls_code() {
    let served = Served::new().await;
    for (sql, status, code) in [
        ("SELEKT 1", 400, "42601"),
        ("SELECT nope FROM fixes", 400, "42703"),
        ("SELECT 1 FROM nowhere", 400, "42P01"),
        ("SELECT nope(1)", 400, "42883"),
        ("SELECT $1", 400, "42P02"),
        ("SELECT 1 / (fix_id - fix_id) FROM fixes", 400, "22012"),
        ("SELECT CAST(device_id AS INT) FROM fixes", 400, "22P02"),
        ("DROP TABLE fixes", 403, "25006"),
        ("EXPLAIN ANALYZE INSERT INTO fixes SELECT * FROM fixes", 403, "25006"),
        ("COPY fixes TO '/nowhere/x.csv'", 403, "25006"),
        ("SET datafusion.execution.target_partitions = 1", 403, "25006"),
    ] {
        let (answered, problem) = served.sql(&served.ann, sql).await;
        assert_eq!((answered.as_u16(), &problem["code"]), (status, &json!(code)), "{sql}: {problem}");
        assert_eq!(problem["status"], status);
    }
    let long = format!("SELECT {}", vec!["1"; 3_000].join("+"));
    let (answered, problem) = served.sql(&served.ann, &long).await;
    assert_eq!((answered.as_u16(), &problem["limit"]), (422, &json!("size")), "{problem}");
    let huge = json!({ "sql": "SELECT 1", "parameters": ["x".repeat(2 << 20)] });
    let (answered, problem) = json_of(served.post("/api/sql", &served.ann, &huge).send().await.unwrap()).await;
    assert_eq!(answered, 413, "{problem}");
    let form = served.client.post(format!("{}/api/sql", served.base)).bearer_auth(&served.ann).body("sql=SELECT 1");
    assert_eq!(form.send().await.unwrap().status(), 415);
    let html = served.post("/api/sql", &served.ann, &json!({"sql": "SELECT 1"})).header(header::ACCEPT, "text/html");
    assert_eq!(html.send().await.unwrap().status(), 406);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_written_down_with_its_text_its_values_and_its_end() {
    let served = Served::new().await;
    let body = json!({
        "sql": "SELECT * FROM fixes WHERE fix_id < $1", "parameters": [3],
        "purpose": "a test", "authority": "nobody's",
    });
    let (_, answer) = json_of(served.post("/api/sql", &served.ann, &body).send().await.unwrap()).await;
    assert_eq!(answer["row_count"], 3);
    served.sql(&served.ann, "SELECT nope FROM fixes").await;
    let entries: Vec<_> = served.written().into_iter().filter(|(kind, ..)| *kind == Kind::Query).collect();
    let (first, second) = (&entries[0].2, &entries[1].2);
    assert_eq!((first.text.as_str(), first.rows), ("SELECT * FROM fixes WHERE fix_id < $1", Some(3)));
    assert_eq!(first.tables, ["fixes"]);
    assert!(first.millis.is_some() && first.fault.is_none());
    let said = format!("{first:?}");
    assert!(said.contains("1=3") && said.contains("a test") && said.contains("nobody's"), "{said}");
    assert!(second.fault.as_ref().is_some_and(|f| f.starts_with("42703")), "{second:?}");
    assert!(entries.iter().all(|(_, who, _)| who == "ann"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_questions_are_listed_told_and_asked() {
    let served = Served::new().await;
    let (_, all) = json_of(served.get("/api/queries", "").send().await.unwrap()).await;
    let names: Vec<_> = all.as_array().unwrap().iter().map(|q| q["name"].as_str().unwrap()).collect();
    assert_eq!(names, questions().iter().map(|q| q.name.as_str()).collect::<Vec<_>>());
    let (_, one) = json_of(served.get("/api/queries/gaps", "").send().await.unwrap()).await;
    assert_eq!(&one, all.as_array().unwrap().iter().find(|q| q["name"] == "gaps").unwrap());
    assert_eq!(
        one["parameters"][2],
        json!({
            "name": "longer_s", "type": "float", "required": false, "default": "3600",
            "meaning": "only silences longer than this, seconds",
        })
    );
    for (name, parameters, rows) in [
        ("encounters", json!({"case": "alpha"}), 1),
        ("encounters", json!({"case": "bravo"}), 0),
        ("encounters", json!({"case": "alpha", "least_p": 0.95}), 0),
        ("gaps", json!({"case": "alpha", "device": "phone of alpha", "longer_s": 300}), 19),
        ("custody-clocks", json!({}), 0),
    ] {
        let body = json!({ "parameters": parameters });
        let path = format!("/api/queries/{name}");
        let (status, answer) = json_of(served.post(&path, &served.ann, &body).send().await.unwrap()).await;
        assert_eq!((status.as_u16(), &answer["row_count"]), (200, &json!(rows)), "{name}: {answer}");
    }
    for (path, body, status) in [
        ("/api/queries/none", json!({}), 404),
        ("/api/queries/gaps", json!({"parameters": {"case": "alpha"}}), 400),
        ("/api/queries/gaps", json!({"parameters": {"case": "alpha", "device": "d", "longer": 3}}), 400),
        ("/api/queries/gaps", json!({"parameters": {"case": 7, "device": "d"}}), 400),
    ] {
        let (answered, problem) = json_of(served.post(path, &served.ann, &body).send().await.unwrap()).await;
        assert_eq!(answered, status, "{path} {body}: {problem}");
    }
    assert_eq!(served.get("/api/queries/none", "").send().await.unwrap().status(), 404);
}

/// Every question, with a value for each parameter that must be given: it must be answered, as `locard query` answers it.
#[tokio::test(flavor = "multi_thread")]
async fn every_question_can_be_asked() {
    let served = Served::new().await;
    for q in questions() {
        let value = |kind: &str, name: &str| match (kind, name) {
            ("timestamp", _) => json!("2026-03-02T00:00:00Z"),
            ("int" | "float", _) => json!(1),
            ("interval", _) => json!("5 minutes"),
            ("text", "case") => json!("alpha"),
            ("text", "device") => json!("phone of alpha"),
            _ => json!("home"),
        };
        let needed = q.parameters.iter().filter(|p| p.default.is_none());
        let parameters: serde_json::Map<_, _> = needed.map(|p| (p.name.clone(), value(&p.kind, &p.name))).collect();
        let (path, body) = (format!("/api/queries/{}", q.name), json!({ "parameters": parameters }));
        let (status, answer) = json_of(served.post(&path, &served.ann, &body).send().await.unwrap()).await;
        assert!(status == 200 && answer.get("problem").is_none(), "{}: {answer}", q.name);
    }
}
