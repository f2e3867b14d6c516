//! An instance in a process of its own, for tests that kill it: this test binary, run again with a task in the environment.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use locard::source::kafka::{KafkaConfig, Membership};
use locard::stream::Instance;
use locard::time::SystemClock;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::harness::{options, pause, runtime, sum};

/// Names the task to the process that does it.
const TASK: &str = "LOCARD_TEST_STREAM_TASK";

/// What a process is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// [`KafkaConfig`], as its file has it.
    pub kafka: serde_json::Value,
    pub data: PathBuf,
    pub commit_every_ms: u64,
    pub commit_rows: usize,
    pub memory_bytes: usize,
    pub upkeep_every_ms: u64,
    /// Kills itself when it has committed so many tables: each commit is of five tables, one after the other.
    pub killed_after: Option<u64>,
    /// A file that it makes when it commits for the first time.
    pub at_work: Option<PathBuf>,
}

impl Task {
    pub fn new(kafka: &KafkaConfig, data: &Path) -> Self {
        let membership = match &kafka.membership {
            Membership::Group(group) => serde_json::json!({ "group": group }),
            Membership::Alone => serde_json::json!("alone"),
        };
        let t = &kafka.topics;
        let topics = serde_json::json!({
            "fixes": t.fixes, "cases": t.cases, "proximity": t.proximity, "encounters": t.encounters,
            "rejects": t.rejects,
        });
        let kafka = serde_json::json!({
            "bootstrap_servers": kafka.bootstrap_servers, "membership": membership, "topics": topics,
            "session_timeout_ms": kafka.session_timeout_ms,
        });
        Self {
            kafka,
            data: data.to_owned(),
            commit_every_ms: 100,
            commit_rows: 2_000,
            memory_bytes: 256 << 20,
            upkeep_every_ms: 0,
            killed_after: None,
            at_work: None,
        }
    }
}

/// What a process said when it ended by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ended {
    /// Tables that it committed rows to.
    pub commits: u64,
    /// The most memory that it had, bytes.
    pub peak_bytes: u64,
    /// The most that the cases in memory took by its own account, bytes.
    pub peak_state_bytes: u64,
    /// The most cases in memory at a time.
    pub peak_cases: u64,
}

/// The process; killed when dropped.
pub struct Child(std::process::Child);

impl Child {
    pub fn start(task: &Task) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::does_its_task", "--nocapture", "--test-threads=1"])
            .env(TASK, serde_json::to_string(task).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        Self(child.unwrap())
    }

    /// SIGKILL; whether it still ran.
    pub fn kill(mut self) -> bool {
        let ran = self.is_running();
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        ran
    }

    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Lets it commit what it has read and end.
    pub fn stop(mut self) -> Ended {
        drop(self.0.stdin.take());
        let mut said = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.0.wait().unwrap().success(), "{said}");
        let line = said.lines().find_map(|line| line.strip_prefix("ended: "));
        serde_json::from_str(line.expect(&said)).unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs an instance until standard input ends, or it is killed; without a task it is no test and does nothing.
#[test]
fn does_its_task() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Task = serde_json::from_str(&task).unwrap();
    let mut options = options(serde_json::from_value(task.kafka).unwrap(), &task.data);
    options.work.commit_every = Duration::from_millis(task.commit_every_ms);
    (options.work.commit_rows, options.work.memory_bytes) = (task.commit_rows, task.memory_bytes);
    options.upkeep_every = Duration::from_millis(task.upkeep_every_ms);
    let (stop, stopped) = watch::channel(false);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stop.send_replace(true);
    });
    let commits = Arc::new(AtomicU64::new(0));
    let seen = {
        let commits = Arc::clone(&commits);
        move |_| {
            let count = commits.fetch_add(1, Ordering::Relaxed) + 1;
            if let Some(path) = task.at_work.as_ref().filter(|_| count == 1) {
                std::fs::write(path, "").unwrap();
            }
            if Some(count) == task.killed_after {
                die();
            }
        }
    };
    let (peak_state_bytes, peak_cases) = runtime().block_on(async {
        let instance = Instance::open_watched(options, Arc::new(SystemClock), None, seen).await.unwrap();
        let telemetry = instance.telemetry();
        let mut running = std::pin::pin!(instance.run(stopped));
        let mut peaks = (0, 0);
        loop {
            tokio::select! {
                ended = &mut running => break ended.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(50)) => {
                    let said = telemetry.encode();
                    let now = (sum(&said, "locard_state_bytes"), sum(&said, "locard_cases_in_memory"));
                    peaks = (peaks.0.max(now.0), peaks.1.max(now.1));
                }
            }
        }
        peaks
    });
    let (commits, peak_bytes) = (commits.load(Ordering::Relaxed), peak_bytes());
    let ended = Ended { commits, peak_bytes, peak_state_bytes, peak_cases };
    println!("\nended: {}", serde_json::to_string(&ended).unwrap());
}

/// SIGKILL to this process.
fn die() -> ! {
    loop {
        let _ = Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
        pause(10);
    }
}

/// The most memory that this process had, bytes; 0 where the system does not say.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0) * 1024
}
