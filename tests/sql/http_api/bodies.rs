//! Bodies that are too long: the client is told so, whatever it has sent by then.

use reqwest::header;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::served::Served;

const MIB: usize = 1 << 20;

async fn connected(served: &Served) -> TcpStream {
    TcpStream::connect(served.base.trim_start_matches("http://")).await.unwrap()
}

/// The head of a question whose body has so many bytes.
fn head(length: usize, more: &str) -> String {
    format!("POST /api/sql HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{more}\r\n")
}

/// What is answered, to the end of a JSON object.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "{}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_long_is_read_to_its_end_and_its_connection_goes_on() {
    let served = Served::new().await;
    let mut stream = connected(&served).await;
    for _ in 0..3 {
        stream.write_all(head(3 * MIB, "").as_bytes()).await.unwrap();
        // Nothing can be answered before the last of it was sent.
        for _ in 0..3 {
            stream.write_all(&vec![b'x'; MIB - 1]).await.unwrap();
            let early = tokio::time::timeout(std::time::Duration::from_millis(50), stream.readable()).await;
            assert!(early.is_err(), "answered in the middle");
        }
        stream.write_all(b"xxx").await.unwrap();
        let told = answer(&mut stream).await;
        assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("1048576 bytes"), "{told}");
        assert!(!told.to_ascii_lowercase().contains("connection: close"), "{told}");
    }
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_would_never_end_is_not_waited_for() {
    let served = Served::new().await;
    // Nothing of either is sent: who asks first needs not, and nobody sends a gibibyte for a question.
    for head in [head(2 * MIB, "Expect: 100-continue\r\n"), head(1024 * MIB, "")] {
        let mut stream = connected(&served).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert!(all.starts_with("HTTP/1.1 413 "), "{all}");
        assert!(all.to_ascii_lowercase().contains("connection: close"), "{all}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fits_is_sent_when_it_is_asked_for() {
    let served = Served::new().await;
    let body = r#"{"sql": "SELECT 7 AS seven"}"#;
    let mut stream = connected(&served).await;
    let more = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n",
        served.ann
    );
    stream.write_all(head(body.len(), &more).as_bytes()).await.unwrap();
    let mut asked = [0_u8; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).await.unwrap();
    assert!(all.starts_with("HTTP/1.1 200 ") && all.contains("seven"), "{all}");
    let again = served.post("/api/sql", &served.ann, &serde_json::json!({"sql": "SELECT 7 AS seven"}));
    assert_eq!(again.header(header::EXPECT, "100-continue").send().await.unwrap().status(), 200);
}
