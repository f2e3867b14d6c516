//! What is served is what is described, and answers as it is described: in both directions.

use std::collections::BTreeSet;

use locard::query::Limits;
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};

use super::schema::faults;
use super::served::{Made, Served};

/// A request of the tour.
struct Step {
    method: Method,
    /// As the description writes it.
    path: &'static str,
    /// What is put in for `{name}`, and what follows.
    filled: &'static str,
    status: u16,
    token: Token,
    body: Option<Value>,
    headers: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    None,
    Ann,
    Wrong,
}

fn get(path: &'static str, status: u16, token: Token) -> Step {
    Step { method: Method::GET, path, filled: path, status, token, body: None, headers: &[] }
}

fn post(path: &'static str, status: u16, body: Value) -> Step {
    let headers = &[("content-type", "application/json")];
    Step { method: Method::POST, path, filled: path, status, token: Token::Ann, body: Some(body), headers }
}

const QUERY: &str = "/api/queries/{name}";
const ARROW: &[(&str, &str)] =
    &[("content-type", "application/json"), ("accept", "application/vnd.apache.arrow.stream")];
const HTML: &[(&str, &str)] = &[("content-type", "application/json"), ("accept", "text/html")];
const TEXT: &[(&str, &str)] = &[("content-type", "text/plain")];

/// One request for each answer that is described and can be had from a server that works.
fn tour() -> Vec<Step> {
    use Token::{Ann, None as Nobody, Wrong};
    let sql = |text: &str| json!({ "sql": text });
    let gaps = json!({"parameters": {"case": "alpha", "device": "d"}});
    let asked = |status, body: Value| Step { filled: "/api/queries/gaps", ..post(QUERY, status, body) };
    let many = "SELECT value FROM generate_series(1, 1000000)";
    let huge = "x".repeat(2 << 20);
    let mut steps = vec![
        get("/health", 200, Nobody),
        get("/ready", 200, Nobody),
        get("/metrics", 200, Ann),
        get("/metrics", 401, Wrong),
        get("/api/cases/lag", 200, Ann),
        get("/api/cases/lag", 401, Nobody),
        get("/api/flags", 200, Ann),
        get("/api/flags", 401, Nobody),
        Step { filled: "/api/flags?case=", ..get("/api/flags", 400, Ann) },
        get("/api/me", 200, Ann),
        get("/api/me", 401, Nobody),
        get("/api/openapi.json", 200, Nobody),
        get("/api/queries", 200, Nobody),
        Step { filled: "/api/queries/gaps", ..get(QUERY, 200, Nobody) },
        Step { filled: "/api/queries/none", ..get(QUERY, 404, Nobody) },
        Step { filled: "/api/queries/none", ..post(QUERY, 404, json!({})) },
        // A limit that is reached before the first row.
        post("/api/sql", 422, sql(many)),
        post("/api/sql", 403, sql("DROP TABLE fixes")),
    ];
    steps.extend(
        [("/api/sql", sql("SELECT fix_id, t0, 1.5 AS x FROM fixes LIMIT 3")), (QUERY, gaps)].into_iter().flat_map(
            |(path, body)| {
                let filled = if path == QUERY { "/api/queries/gaps" } else { path };
                let good = || Step { filled, ..post(path, 200, body.clone()) };
                [
                    good(),
                    Step { headers: ARROW, ..good() },
                    Step { status: 401, token: Wrong, ..good() },
                    Step { status: 406, headers: HTML, ..good() },
                    Step { status: 415, headers: TEXT, ..good() },
                    Step { status: 413, body: Some(json!({"authority": huge})), ..good() },
                    Step { status: 400, body: Some(json!({"nonsense": 1})), ..good() },
                ]
            },
        ),
    );
    steps.push(asked(400, json!({"parameters": {"case": 7}})));
    steps
}

fn request(served: &Served, step: &Step) -> RequestBuilder {
    let mut request = served.client.request(step.method.clone(), format!("{}{}", served.base, step.filled));
    match step.token {
        Token::None => {}
        Token::Ann => request = request.bearer_auth(&served.ann),
        Token::Wrong => request = request.bearer_auth("locard_0_0"),
    }
    for (name, value) in step.headers {
        request = request.header(*name, *value);
    }
    match &step.body {
        Some(body) => request.body(body.to_string()),
        None => request,
    }
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap().trim()
}

/// Answers that are described and need a server that is broken, or very busy: other tests meet them.
fn met_elsewhere(path: &str, status: &str) -> bool {
    let asking = path == "/api/sql" || path == QUERY;
    match status {
        // `sign_in`, `ends`: no gate, no audit, no place; a defect of ours cannot be asked for.
        "503" | "500" => true,
        "429" => asking,
        // The questions that come with Locard only read, and their rows are few.
        "403" | "422" => path == QUERY,
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_as_it_is_described() {
    let served = Served::made(Made { limits: Limits { rows: 500, ..Limits::default() }, ..Made::default() }).await;
    let text = served.get("/api/openapi.json", "").send().await.unwrap().text().await.unwrap();
    let description: Value = serde_json::from_str(&text).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut answered = BTreeSet::new();
    for step in tour() {
        let method = step.method.as_str().to_ascii_lowercase();
        let what = format!("{method} {} for {}", step.filled, step.status);
        let response = request(&served, &step).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if status == 200 && step.path == "/api/flags" {
            answered.insert((method, step.path.to_owned(), "200".to_owned()));
            assert_eq!(essence(headers[header::CONTENT_TYPE].to_str().unwrap()), "text/event-stream");
            continue;
        }
        let body = response.bytes().await.unwrap();
        let shown = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(status, step.status, "{what}: {shown}");
        let responses = &description["paths"][step.path][&method]["responses"];
        let described = &responses[status.to_string()];
        assert!(described.is_object(), "{what} is not described");
        let kind = essence(headers[header::CONTENT_TYPE].to_str().unwrap()).to_owned();
        let schema = &described["content"][&kind]["schema"];
        assert!(schema.is_object(), "{what}: {kind} is not described: {described}");
        if kind.ends_with("json") {
            let value: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(faults(&value, schema, &description, "$"), Vec::<String>::new(), "{what}: {shown}");
        }
        answered.insert((method, step.path.to_owned(), format!("{status}")));
    }
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for status in operation["responses"].as_object().unwrap().keys() {
                if !met_elsewhere(path, status) {
                    described.insert((method.clone(), path.clone(), status.clone()));
                }
            }
        }
    }
    let untried: Vec<_> = described.difference(&answered).collect();
    assert!(untried.is_empty(), "described, and not tried: {untried:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_described_of_signing_in_is_so() {
    let served = Served::new().await;
    let text = served.get("/api/openapi.json", "").send().await.unwrap().text().await.unwrap();
    let description: Value = serde_json::from_str(&text).unwrap();
    let ways: BTreeSet<_> = description["components"]["securitySchemes"].as_object().unwrap().keys().cloned().collect();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array();
            for name in security.into_iter().flatten().filter_map(Value::as_object).flat_map(|s| s.keys()) {
                assert!(ways.contains(name), "{path}: {name} is no way to sign in");
            }
            let filled = path.replace("{name}", "gaps");
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
            let request = served.client.request(method, format!("{}{filled}", served.base));
            let request = request.header(header::CONTENT_TYPE, "application/json").body("{}");
            let status = request.send().await.unwrap().status();
            // Metrics that are of no case are for whoever gathers them.
            let open = security.is_none() || path == "/metrics";
            assert_eq!(status == 401, !open, "{path}: {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_described_is_not_there() {
    let served = Served::new().await;
    for path in ["/", "/api", "/api/", "/api/sql/", "/api/query", "/openapi.json", "/api/queries/gaps/x", "/api/audit"]
    {
        let response = served.get(path, &served.ann).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
    for (method, path) in
        [(Method::DELETE, "/api/sql"), (Method::PUT, "/api/queries/gaps"), (Method::POST, "/api/flags")]
    {
        let response = served.client.request(method, format!("{}{path}", served.base)).send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
    }
}
