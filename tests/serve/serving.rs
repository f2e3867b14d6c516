//! A running `locard serve`, and how it is asked.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use locard::time::Stopwatch;
use serde_json::Value;

/// What nothing here needs; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// A process that is killed when the test ends, however it ends.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Running {
    pub fn start(args: &[&str], out: Stdio, err: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
        command.env_remove("LOCARD_LOG").args(args).stdin(Stdio::null()).stdout(out).stderr(err);
        Self(command.spawn().unwrap())
    }

    /// How it ended.
    pub fn ended(&mut self) -> ExitStatus {
        until("the end of the process", || self.0.try_wait().unwrap())
    }
}

/// Looks again and again until there is something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let waited = Stopwatch::start();
    // A timer that nobody rings: waiting on it is waiting.
    let (_bell, timer) = channel::<()>();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(waited.seconds() < PATIENCE.as_secs_f64(), "waited in vain for {what}");
        _ = timer.recv_timeout(Duration::from_millis(50));
    }
}

/// `locard serve` on a free port.
pub struct Serving {
    pub process: Running,
    pub address: String,
    log: Arc<Mutex<String>>,
}

impl Serving {
    /// With further arguments.
    pub fn with(settings: &[&str]) -> Self {
        let args = [&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"], settings].concat();
        let mut process = Running::start(&args, Stdio::null(), Stdio::piped());
        let mut log = BufReader::new(process.0.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let address = loop {
            let line = log.next().expect("it ended before it served").unwrap();
            said.push_str(&line);
            let entry: Value = serde_json::from_str(&line).unwrap();
            if entry["message"] == "serving" {
                break entry["address"].as_str().unwrap().to_owned();
            }
        };
        // Nobody may stop reading, or it would wait for room in the pipe.
        let said = Arc::new(Mutex::new(said));
        let kept = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in log.map_while(Result::ok) {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line);
            }
        });
        Self { process, address, log: said }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Status and body of an answer.
    pub fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Why it is not ready; empty if it is.
    pub fn reasons(&self) -> Vec<(String, String)> {
        let (status, body) = self.get("/ready");
        let ready: Value = serde_json::from_str(&body).unwrap();
        let reasons = ready["reasons"].as_array().unwrap();
        assert_eq!(status == 200, reasons.is_empty(), "{body}");
        assert_eq!(ready["ready"], reasons.is_empty(), "{body}");
        let text = |reason: &Value, key: &str| reason[key].as_str().unwrap().to_owned();
        reasons.iter().map(|r| (text(r, "reason"), text(r, "text"))).collect()
    }

    /// Tells it to stop as a service manager does.
    pub fn terminate(&mut self) -> ExitStatus {
        let id = self.process.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.process.ended()
    }
}
