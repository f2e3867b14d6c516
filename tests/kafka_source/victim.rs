//! A broker that is a test's own to kill.

use std::path::PathBuf;
use std::process::Command;

/// It ends with this.
pub struct Victim {
    script: String,
    dir: PathBuf,
}

impl Victim {
    /// Starts one: it and its address. `None`, and a word on why, without the script that can.
    pub fn start(test: &str) -> Option<(Self, String)> {
        let Ok(script) = std::env::var("LOCARD_TEST_KAFKA_SCRIPT") else {
            println!(
                "{test}: skipped: needs a real broker of its own (LOCARD_TEST_KAFKA_SCRIPT, set by broker.sh run)"
            );
            return None;
        };
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("kafka-{test}-{}", std::process::id()));
        let victim = Self { script, dir };
        let started = victim.order("start");
        let servers = started.trim().strip_prefix("LOCARD_TEST_KAFKA=").unwrap().to_owned();
        println!("{test}: a broker of its own at {servers}");
        Some((victim, servers))
    }

    /// `kill` or `restart`.
    pub fn order(&self, verb: &str) -> String {
        let out = Command::new(&self.script).args([verb, "--dir"]).arg(&self.dir).output().unwrap();
        assert!(out.status.success(), "{verb}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).args(["kill", "--dir"]).arg(&self.dir).status();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
