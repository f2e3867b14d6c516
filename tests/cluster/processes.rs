//! Processes of the real program: a scheduler, executors, and those who ask.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// So long a process may take to begin, tenths of a second.
const PATIENCE: usize = 600;

/// An executor, and the folder of what it computes.
pub struct Executor {
    child: Child,
    work: TempDir,
}

/// A scheduler and its executors; they end with it.
pub struct Cluster {
    scheduler: Child,
    pub address: String,
    pub executors: Vec<Executor>,
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub fn locard(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
    command.args(words).stdin(Stdio::null());
    command
}

/// What the program gives; fails if it does.
pub fn told(words: &[&str]) -> String {
    let Output { status, stdout, stderr } = locard(words).output().unwrap();
    assert!(status.success(), "{words:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

pub fn tenth() {
    let (_open, never) = std::sync::mpsc::channel::<()>();
    _ = never.recv_timeout(Duration::from_millis(100));
}

fn listens(address: SocketAddr) {
    assert!(
        (0..PATIENCE).any(|_| TcpStream::connect(address).is_ok() || {
            tenth();
            false
        }),
        "{address} is silent"
    );
}

impl Cluster {
    /// A cluster of so many executors of two tasks each.
    pub fn of(executors: usize) -> Self {
        let at = free();
        let address = format!("df://{at}");
        let scheduler = locard(&["cluster", "scheduler", "--listen", &at.to_string(), "--silence-s", "12"]);
        let scheduler = { scheduler }.stderr(Stdio::inherit()).spawn().unwrap();
        listens(at);
        let mut cluster = Self { scheduler, address, executors: Vec::new() };
        for _ in 0..executors {
            cluster.join();
        }
        cluster
    }

    fn join(&mut self) {
        let (at, work) = (free(), tempfile::tempdir().unwrap());
        let folder = work.path().to_str().unwrap();
        let words = ["cluster", "executor", "--scheduler", &self.address, "--tasks", "2", "--work", folder, "--listen"];
        let child = locard(&words).arg(at.to_string()).spawn().unwrap();
        self.executors.push(Executor { child, work });
        listens(at);
    }
}

impl Executor {
    /// Whether it holds rows that it computed.
    pub fn holds_rows(&self) -> bool {
        fn files(folder: &Path) -> bool {
            let Ok(entries) = std::fs::read_dir(folder) else { return false };
            entries.flatten().any(|e| if e.path().is_dir() { files(&e.path()) } else { true })
        }
        files(self.work.path())
    }

    /// Ends it at once, as a machine that fails does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        _ = self.scheduler.kill();
        _ = self.scheduler.wait();
    }
}
