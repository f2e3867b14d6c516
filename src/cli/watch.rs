//! `locard watch`: flags as a running instance says them, one line each.

use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

/// Shows flags as a running `locard serve` says them, until it stops.
#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    /// Where `locard serve` answers
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8787")]
    pub server: String,

    /// Flags of this case only
    #[arg(long, value_name = "CASE")]
    pub case: Option<String>,

    /// A file with a token of `locard account token`, where people sign in: flags of the cases that it may watch
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Each flag as its JSON object, one a line, instead of words
    #[arg(long)]
    pub json: bool,
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The server cannot be reached or went away; retrying helps once it is there.
    #[error("cannot watch {server}: {source}")]
    Connection {
        /// The server.
        server: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It answered something else than a feed.
    #[error("{server} answers {status:?}: is it locard serve? (401: give --token-file)")]
    Answer {
        /// The server.
        server: String,
        /// The first line of its answer.
        status: String,
    },
    /// The token cannot be read.
    #[error("--token-file {}: {source}", path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Standard output could not be written to.
    #[error("cannot write the flags: {0}")]
    Output(std::io::Error),
}

/// How long a server may take to be reached.
const CONNECT: Duration = Duration::from_secs(5);

/// Shows flags until the server closes the feed or nobody reads the output.
///
/// The feed is plain HTTP on one connection of our own, read line by line: a client library would add much and do no more.
///
/// # Errors
/// [`WatchError`] if the server cannot be reached or answers no feed.
pub fn run(args: &WatchArgs, out: &mut dyn Write) -> Result<(), WatchError> {
    let fault = |source| WatchError::Connection { server: args.server.clone(), source };
    let token = token(args)?;
    let mut feed = connect(args, token.as_deref()).map_err(fault)?;
    open(args, &mut feed)?;
    let mut text = String::new();
    loop {
        text.clear();
        let read = feed.by_ref().take(1 << 20).read_line(&mut text).map_err(fault)?;
        if read == 0 {
            // A feed of somebody who has signed in ends after a while: they show again who they are. One that cannot be
            // opened again has ended with its server.
            let Some(again) = token.as_deref().and_then(|token| connect(args, Some(token)).ok()) else { return Ok(()) };
            feed = again;
            open(args, &mut feed)?;
            continue;
        }
        // Lines of the chunked encoding and of other events are passed over.
        let Some(json) = text.trim_end().strip_prefix("data:").map(str::trim_start) else { continue };
        let shown = if args.json { format!("{json}\n") } else { words(json) };
        match out.write_all(shown.as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(WatchError::Output)?,
        }
    }
}

/// Reads the beginning of the answer.
fn open(args: &WatchArgs, feed: &mut BufReader<TcpStream>) -> Result<(), WatchError> {
    let server = || args.server.clone();
    let mut status = String::new();
    feed.read_line(&mut status).map_err(|source| WatchError::Connection { server: server(), source })?;
    if status.contains(" 200 ") {
        return Ok(());
    }
    Err(WatchError::Answer { server: server(), status: status.trim().to_owned() })
}

fn token(args: &WatchArgs) -> Result<Option<String>, WatchError> {
    let Some(path) = &args.token_file else { return Ok(None) };
    let fault = |source| WatchError::Token { path: path.clone(), source };
    let token = std::fs::read_to_string(path).map_err(fault)?.trim().to_owned();
    // What goes into a header is one word.
    let plain = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    if plain { Ok(Some(token)) } else { Err(fault(std::io::ErrorKind::InvalidData.into())) }
}

fn connect(args: &WatchArgs, token: Option<&str>) -> std::io::Result<BufReader<TcpStream>> {
    use std::net::ToSocketAddrs as _;
    let address = args.server.to_socket_addrs()?.next().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
    let mut stream = TcpStream::connect_timeout(&address, CONNECT)?;
    let case = args.case.as_deref().map(|case| format!("?case={}", escaped(case))).unwrap_or_default();
    let server = &args.server;
    let signed_in = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let accept = "Accept: text/event-stream\r\n";
    write!(stream, "GET /api/flags{case} HTTP/1.1\r\nHost: {server}\r\n{accept}{signed_in}\r\n")?;
    Ok(BufReader::new(stream))
}

/// A text as it may stand in a URL's query (RFC 3986).
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A flag in words, times in UTC.
pub(super) fn words(json: &str) -> String {
    let Ok(e) = serde_json::from_str::<Value>(json) else { return String::new() };
    let text = |name: &str| crate::sink::neutral(e.get(name).and_then(Value::as_str).unwrap_or(""));
    if text("encounter_id").is_empty() {
        return match e.get("missed") {
            Some(Value::Null) => "(flags missed)\n".to_owned(),
            Some(missed) => missed.as_u64().map_or_else(String::new, |n| format!("({n} flags missed)\n")),
            None => String::new(),
        };
    }
    let number = |name: &str| e.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    format!(
        "{:<10} {}  {} near {} from {} to {}: {:.0} m, {} (P {:.2})\n",
        text("change"),
        text("case_id"),
        text("device_id"),
        text("target"),
        text("enter"),
        text("exit"),
        number("min_distance_m"),
        text("grade"),
        number("p_within_max"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_asked_for_whatever_its_name() {
        assert_eq!(escaped("MG/12 &x=é"), "MG%2F12%20%26x%3D%C3%A9");
    }

    #[test]
    fn a_flag_is_told_in_one_line_and_cannot_write_more() {
        let json = r#"{"encounter_id":"1","change":"opened","case_id":"C\n1","device_id":"d","target":"home",
            "enter":"2025-10-24T09:00:00Z","exit":"2025-10-24T09:01:00Z","grade":"definite","min_distance_m":12.4,"p_within_max":0.98}"#;
        let line = words(json);
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(
            line.starts_with("opened ") && line.contains("d near home") && line.contains("12 m, definite (P 0.98)")
        );
        assert_eq!(words(r#"{"missed":3}"#), "(3 flags missed)\n");
        assert_eq!(words(r#"{"missed":null}"#), "(flags missed)\n");
        assert_eq!(words("not json"), "");
    }
}
