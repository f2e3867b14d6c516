//! Running the program in a folder of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder with files and a store in it.
pub struct Place(tempfile::TempDir);

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub notes: String,
}

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn data(&self) -> String {
        self.name("data")
    }

    pub fn name(&self, name: &str) -> String {
        self.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        self.name(name)
    }

    /// The program with the store of this folder.
    pub fn command(&self, subcommand: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
        command.arg(subcommand).args(["--data", &self.data()]).args(args).stdin(Stdio::null());
        command
    }

    pub fn import(&self, args: &[&str]) -> Ran {
        ran(self.command("import", args).output().unwrap())
    }

    /// An import that must succeed without a word on standard error.
    pub fn imported(&self, args: &[&str]) -> String {
        let ran = self.import(args);
        assert_eq!((ran.code, ran.notes.as_str()), (0, ""), "{}", ran.out);
        ran.out
    }

    /// The rows of a query, as JSON objects.
    pub fn sql(&self, query: &str) -> Vec<Value> {
        let ran = ran(self.command("sql", &["-c", query, "--output", "json"]).output().unwrap());
        assert_eq!((ran.code, ran.notes.as_str()), (0, ""), "{query}");
        serde_json::from_str(&ran.out).unwrap()
    }

    /// The one number of a query.
    pub fn count(&self, query: &str) -> i64 {
        let rows = self.sql(query);
        rows[0].as_object().unwrap().values().next().unwrap().as_i64().unwrap()
    }
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), notes: text(output.stderr) }
}

/// The report of `locard check` with these arguments.
pub fn check(args: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
    let output = command.arg("check").args(args).args(["--output", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The heading of the canonical CSV.
pub const HEADING: &str = "device_id,source,t0,t1,lat_deg,lon_deg,uncertainty_m,confidence\n";

/// A canonical CSV of a device that goes north by a metre every ten seconds of June 2025.
pub fn walk(device: &str, fixes: u32, lat_deg: f64) -> String {
    let mut text = HEADING.to_owned();
    for i in 0..fixes {
        let at_s = i * 10;
        let (hour, minute, second) = (at_s / 3600 % 24, at_s / 60 % 60, at_s % 60);
        let day = 1 + at_s / 86_400;
        let lat = lat_deg + f64::from(i % 7200) * 1e-5;
        let uncertainty_m = 5 + i % 40;
        let time = format!("2025-06-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        writeln!(text, "{device},gps,{time},,{lat:.6},-0.1,{uncertainty_m},").unwrap();
    }
    text
}
