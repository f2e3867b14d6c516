use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::super::flags::Feed;
use super::*;
use crate::stream::LiveKind;
use crate::stream::telemetry::{Readiness, sample};

/// A server on a thread of its own, asked by plain TCP connections.
struct Running {
    address: SocketAddr,
    telemetry: Arc<Telemetry>,
    cases: watch::Sender<Vec<CaseLag>>,
    flags: broadcast::Sender<LiveFlag>,
    end: Option<oneshot::Sender<()>>,
    thread: JoinHandle<Result<(), HttpError>>,
}

fn start(waiting_flags: usize) -> Running {
    start_with(waiting_flags, HttpAccess::default().connections)
}

/// A server for so many connections at once.
fn start_with(waiting_flags: usize, connections: usize) -> Running {
    let (telemetry, _partition, cases) = sample();
    let telemetry = Arc::new(telemetry);
    let flags = broadcast::Sender::new(waiting_flags);
    let shown = Shown { telemetry: Arc::clone(&telemetry), cases: cases.subscribe(), flags: flags.clone() };
    let (end, ended) = oneshot::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let server = HttpServer::bind("127.0.0.1:0".parse().unwrap()).await?;
            let access = HttpAccess { connections, ..HttpAccess::default() };
            let server = server.entered_by(Door::new(None, None, SignIn::Never), &access)?;
            tell.send(server.address()).unwrap();
            server
                .run(shown, async move {
                    let _ = ended.await;
                })
                .await;
            Ok(())
        })
    });
    Running { address: told.recv().unwrap(), telemetry, cases, flags, end: Some(end), thread }
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        // A test that would wait for ever fails instead.
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Status, headers and body of an answer.
    fn get(&self, path: &str) -> (u16, String, String) {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).unwrap();
        let (head, body) = all.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
    }

    /// Opens a feed, and waits until the server has taken it in.
    fn feed(&self, path: &str) -> BufReader<TcpStream> {
        let before = self.flags.receiver_count();
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let head = until(&mut reader, "\r\n");
        assert!(head.contains("text/event-stream"), "{head}");
        assert_eq!(self.flags.receiver_count(), before + 1);
        reader
    }

    fn flag(&self, case: &str, n: u32) {
        let json = format!("{{\"case_id\":\"{case}\",\"n\":{n}}}");
        // Nobody may be watching.
        drop(self.flags.send(LiveFlag { kind: LiveKind::Flag, case_id: case.into(), json: json.into() }));
    }

    fn end(mut self) {
        drop(self.end.take());
        self.thread.join().unwrap().unwrap();
    }
}

/// Reads up to the line; fails at the end of the stream.
fn until(reader: &mut BufReader<TcpStream>, last: &str) -> String {
    let mut read = String::new();
    loop {
        let from = read.len();
        assert!(reader.read_line(&mut read).unwrap() > 0, "ended after {read:?}");
        if &read[from..] == last {
            return read;
        }
    }
}

/// The next event of a feed: its lines without those that carry the pieces of the body.
fn event(reader: &mut BufReader<TcpStream>) -> Vec<String> {
    let lines = until(reader, "\n");
    lines.lines().filter(|l| l.contains(": ")).map(str::to_owned).collect()
}

#[test]
fn health_is_of_the_process_and_readiness_of_its_work() {
    let server = start(8);
    let (status, head, body) = server.get("/health");
    assert_eq!(
        (status, body),
        (200, format!("{{\"status\":\"alive\",\"version\":\"{}\"}}", env!("CARGO_PKG_VERSION")))
    );
    assert!(head.contains("content-type: application/json"), "{head}");
    let (status, _, body) = server.get("/ready");
    assert_eq!(status, 503);
    assert_eq!(body, r#"{"ready":false,"reasons":[{"reason":"kafka","text":"no broker answers"}]}"#);
    server.telemetry.readiness().clear(Readiness::KAFKA);
    let (status, _, body) = server.get("/ready");
    assert_eq!((status, body.as_str()), (200, r#"{"ready":true,"reasons":[]}"#));
    server.end();
}

#[test]
fn metrics_are_open_metrics() {
    let server = start(8);
    server.telemetry.records(crate::source::Topic::Fixes, 3);
    let (status, head, body) = server.get("/metrics");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"), "{head}");
    assert!(body.contains("locard_records_total{topic=\"fixes\"} 3\n") && body.ends_with("# EOF\n"), "{body}");
    server.end();
}

#[test]
fn cases_are_told_the_most_urgent_first_with_time_left_rounded_down() {
    let server = start(8);
    let case = |name: &str, left_us, aside_bytes| CaseLag {
        case: name.to_owned(),
        partition: 1,
        lag_records: 2,
        left_us,
        aside_bytes,
    };
    let cases = [case("none", None, Some(70)), case("late", Some(-1), None), case("runs", Some(3_999_999), None)];
    server.cases.send(cases.into()).unwrap();
    let (status, _, body) = server.get("/api/cases/lag");
    assert_eq!(status, 200);
    let expected = concat!(
        r#"[{"case":"runs","partition":1,"lag_records":2,"left_s":3},"#,
        r#"{"case":"late","partition":1,"lag_records":2,"left_s":-1},"#,
        r#"{"case":"none","partition":1,"lag_records":2,"left_s":null,"aside_bytes":70}]"#
    );
    assert_eq!(body, expected);
    server.end();
}

#[test]
fn a_feed_of_one_case_shows_no_other() {
    let server = start(8);
    let (mut all, mut one) = (server.feed("/api/flags"), server.feed("/api/flags?case=C%202"));
    server.flag("C-1", 1);
    server.flag("C 2", 2);
    assert_eq!(event(&mut all), ["event: flag", r#"data: {"case_id":"C-1","n":1}"#]);
    assert_eq!(event(&mut all), ["event: flag", r#"data: {"case_id":"C 2","n":2}"#]);
    assert_eq!(event(&mut one), ["event: flag", r#"data: {"case_id":"C 2","n":2}"#]);
    server.end();
}

#[test]
fn a_reader_that_is_too_slow_is_told_how_many_flags_it_missed() {
    let flags = broadcast::Sender::new(2);
    let (_close, closing) = watch::channel(false);
    let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    let mut feed = Feed::new(flags.subscribe(), closing, None, place);
    for n in 0..9 {
        drop(flags.send(LiveFlag { kind: LiveKind::Flag, case_id: "C".into(), json: n.to_string().into() }));
    }
    let texts = futures::executor::block_on(async {
        let mut texts = Vec::new();
        for _ in 0..3 {
            texts.push(format!("{:?}", feed.next().await.unwrap()));
        }
        texts
    });
    assert!(texts[0].contains("event: missed") && texts[0].contains(r#"{\"missed\":7}"#), "{texts:?}");
    assert!(texts[1].contains("data: 7") && texts[2].contains("data: 8"), "{texts:?}");
}

#[test]
fn what_is_asked_wrongly_is_answered_in_words() {
    let server = start(8);
    for (path, status, word) in [
        ("/api/flags?cas=C-1", 400, "cas"),
        ("/api/flags?case=", 400, "empty"),
        ("/api/flag", 404, "docs/serve.md"),
        ("/", 404, "nothing"),
    ] {
        let (answered, head, body) = server.get(path);
        assert_eq!(answered, status, "{path}: {body}");
        assert!(head.contains("application/problem+json") && body.contains(word), "{path}: {body}");
    }
    let mut stream = server.connect();
    stream.write_all(b"POST /api/flags HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    assert!(all.starts_with("HTTP/1.1 405"), "{all}");
    server.end();
}

#[test]
fn feeds_are_counted_and_give_their_place_back() {
    let server = start(8);
    let mut feeds: Vec<_> = (0..MAX_FEEDS).map(|_| server.feed("/api/flags")).collect();
    let (status, _, body) = server.get("/api/flags");
    assert_eq!(status, 503, "{body}");
    feeds.pop();
    // The server notices that a reader is gone when it writes to it, and not before.
    let again = (0..2_000).any(|n| {
        server.flag("C", n);
        let mut stream = server.connect();
        write!(stream, "GET /api/flags HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.starts_with("HTTP/1.1 200")
    });
    assert!(again);
    server.end();
}

#[test]
fn the_end_does_not_wait_for_feeds() {
    let server = start(8);
    let mut feed = server.feed("/api/flags");
    let idle = server.connect();
    server.end();
    let mut rest = String::new();
    feed.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "0\r\n\r\n", "the feed ends as a body ends, and is not cut off");
    drop(idle);
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let first = HttpServer::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = HttpServer::bind(first.address()).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("http.listen {} cannot be", first.address())), "{error}");
}

#[test]
fn who_comes_beyond_the_most_connections_is_told_so_and_others_go_on() {
    let server = start_with(8, 2);
    let mut held = [server.connect(), server.connect()];
    for stream in &mut held {
        // Whoever has been answered has been taken.
        write!(stream, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let head = until(&mut BufReader::new(stream.try_clone().unwrap()), "\r\n");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
    let (status, head, body) = server.get("/health");
    assert!(status == 503 && body.contains("too many connections"), "{status} {body}");
    assert!(head.contains("connection: close"), "{head}");
    let [mut first, second] = held;
    write!(first, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut all = String::new();
    first.read_to_string(&mut all).unwrap();
    assert!(all.contains("HTTP/1.1 200"), "{all}");
    // The first connection has ended, and its place is for another.
    while server.get("/health").0 == 503 {}
    drop(second);
    server.end();
}
