//! Avro schemas from a Confluent schema registry: `GET /schemas/ids/{id}`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::schema_folder::MAX_SCHEMA_BYTES;
use super::schema_source::{SchemaError, SchemaSource};
use crate::source::Authorities;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A schema registry; what it answered once is not asked again, as a number's schema never changes.
#[derive(Debug)]
pub struct SchemaRegistry {
    base: Url,
    authorities: Authorities,
    known: Mutex<BTreeMap<u32, Arc<str>>>,
}

/// Why there is no schema.
#[derive(Debug)]
enum Fault {
    Unknown,
    Unreachable(String),
}

#[derive(Deserialize)]
struct Answer {
    schema: String,
    #[serde(rename = "schemaType", default)]
    kind: Option<String>,
}

impl SchemaRegistry {
    /// A registry at this address, which may carry a user and a password, and a path before `/schemas`; over TLS one whose
    /// certificate these authorities or the system's vouch for.
    #[must_use]
    pub const fn new(base: Url, authorities: Authorities) -> Self {
        Self { base, authorities, known: Mutex::new(BTreeMap::new()) }
    }

    fn address(&self, id: u32) -> Url {
        let mut address = self.base.clone();
        address.set_path(&format!("{}/schemas/ids/{id}", self.base.path().trim_end_matches('/')));
        address
    }

    /// The address as it may be shown: without user and password.
    fn place(&self) -> String {
        let host = self.base.host_str().unwrap_or("");
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

impl SchemaSource for SchemaRegistry {
    fn schema(&self, id: u32) -> Result<Option<Arc<str>>, SchemaError> {
        // One at a time: the partitions that wait here would ask for the same.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = known.get(&id) {
            return Ok(Some(Arc::clone(schema)));
        }
        let (address, authorities) = (self.address(id), &self.authorities);
        // A thread of its own: the caller's may belong to a runtime, in which a second one cannot wait.
        let fetched = std::thread::scope(|scope| scope.spawn(|| fetch(address, authorities)).join());
        let fault = |detail: String| SchemaError { id, place: self.place(), detail };
        match fetched.map_err(|_| fault("the client failed".to_owned()))? {
            Ok(schema) => {
                let schema: Arc<str> = schema.into();
                known.insert(id, Arc::clone(&schema));
                Ok(Some(schema))
            }
            Err(Fault::Unknown) => Ok(None),
            Err(Fault::Unreachable(detail)) => Err(fault(detail)),
        }
    }
}

fn fetch(address: Url, authorities: &Authorities) -> Result<String, Fault> {
    let failed = |detail: &dyn std::fmt::Display| Fault::Unreachable(detail.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| failed(&e))?;
    let body = runtime.block_on(get(address, authorities))?;
    // A registry keeps schemas of other kinds too; to Locard they are none.
    let answer: Answer = serde_json::from_slice(&body).map_err(|e| failed(&e))?;
    if answer.kind.is_none_or(|kind| kind.eq_ignore_ascii_case("avro")) {
        Ok(answer.schema)
    } else {
        Err(Fault::Unknown)
    }
}

async fn get(address: Url, authorities: &Authorities) -> Result<Vec<u8>, Fault> {
    // Without its address, which may carry a password.
    let failed = |e: reqwest::Error| Fault::Unreachable(e.without_url().to_string());
    let client = authorities.client().and_then(|client| client.timeout(PATIENCE).build()).map_err(failed)?;
    let mut response = client.get(address).send().await.map_err(failed)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(Fault::Unknown),
        other => return Err(Fault::Unreachable(format!("it answers {other}"))),
    }
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&part);
        if body.len() as u64 > MAX_SCHEMA_BYTES {
            return Err(Fault::Unreachable(format!("its answer is longer than {MAX_SCHEMA_BYTES} bytes")));
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// Answers one request for each of these, in turn, and returns what was asked.
    fn registry(answers: Vec<String>) -> (Url, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = Url::parse(&format!("http://{}/api/", listener.local_addr().unwrap())).unwrap();
        let serve = move || {
            let answer = |answer: String| {
                let (mut stream, _) = listener.accept().unwrap();
                let (mut asked, mut part) = (String::new(), [0; 1024]);
                while !asked.contains("\r\n\r\n") {
                    let n = stream.read(&mut part).unwrap();
                    asked.push_str(&String::from_utf8_lossy(&part[..n]));
                }
                stream.write_all(answer.as_bytes()).unwrap();
                asked.lines().next().unwrap_or("").to_owned()
            };
            answers.into_iter().map(answer).collect()
        };
        (base, std::thread::spawn(serve))
    }

    fn answer(status: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    #[test]
    fn a_schema_is_asked_for_once_and_one_that_is_not_there_is_unknown() {
        let (base, served) = registry(vec![
            answer("200 OK", r#"{"schema":"\"string\""}"#),
            answer("404 Not Found", r#"{"error_code":40403}"#),
            answer("200 OK", r#"{"schema":"{}","schemaType":"JSON"}"#),
        ]);
        let registry = SchemaRegistry::new(base, Authorities::default());
        for _ in 0..2 {
            assert_eq!(registry.schema(7).unwrap().as_deref(), Some("\"string\""));
        }
        assert_eq!(registry.schema(8), Ok(None));
        assert_eq!(registry.schema(9), Ok(None), "of another kind");
        let asked = served.join().unwrap();
        assert_eq!(asked[0], "GET /api/schemas/ids/7 HTTP/1.1");
        assert_eq!(asked.len(), 3);
    }

    #[test]
    fn a_registry_that_cannot_be_asked_is_an_error_and_not_an_answer() {
        let (base, served) = registry(vec![answer("503 Service Unavailable", ""), answer("200 OK", "<html>")]);
        let registry = SchemaRegistry::new(base, Authorities::default());
        assert!(registry.schema(7).is_err());
        assert!(registry.schema(7).is_err());
        served.join().unwrap();
        let gone = registry.schema(7).unwrap_err();
        assert!(gone.place.starts_with("127.0.0.1:"), "{gone}");
    }

    #[test]
    fn it_may_be_asked_from_within_a_runtime() {
        let (base, served) = registry(vec![answer("404 Not Found", "")]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { assert_eq!(SchemaRegistry::new(base, Authorities::default()).schema(1), Ok(None)) });
        served.join().unwrap();
    }
}
