//! Running a check: the program itself, or the report behind it with a clock that stands still.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use clap::Parser;
use locard::cli::check::{self, CheckError};
use locard::cli::{CheckArgs, Progress};
use locard::sink::{Form, Report, write_report};
use locard::time::FixedClock;
use serde_json::Value;

/// 2026-01-01T00:00:00Z: all records of the tests are from before it.
pub const NOW_US: i64 = 1_767_225_600_000_000;

#[derive(Parser)]
struct Check {
    #[command(flatten)]
    args: CheckArgs,
}

/// Arguments after `locard check`, each an option or a value.
pub fn parse<S: Into<OsString> + Clone>(args: &[S]) -> CheckArgs {
    let all = std::iter::once("check".into()).chain(args.iter().cloned().map(Into::into));
    Check::try_parse_from(all).unwrap().args
}

/// The report of a check, in this process.
pub fn report<S: Into<OsString> + Clone>(args: &[S]) -> Result<Report, CheckError> {
    let args = parse(args);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(check::report(&args, &FixedClock(NOW_US), Progress::hidden()))
}

/// The JSON of a check that must succeed.
pub fn json<S: Into<OsString> + Clone>(args: &[S]) -> Value {
    let mut out = Vec::new();
    write_report(Form::Json, &report(args).unwrap(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// `locard` with these arguments, standard input closed, in a folder of its own where given.
pub fn locard<S: Into<OsString> + Clone>(args: &[S]) -> Output {
    let args = args.iter().cloned().map(Into::into);
    Command::new(env!("CARGO_BIN_EXE_locard")).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Exit code, standard output and standard error of `locard check` with these arguments.
pub fn check<S: Into<OsString> + Clone>(args: &[S]) -> (i32, String, String) {
    let all: Vec<OsString> = std::iter::once("check".into()).chain(args.iter().cloned().map(Into::into)).collect();
    let Output { status, stdout, stderr } = locard(&all);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A folder with files in it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and gives its path as an argument.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        self.name(name)
    }

    /// The path of a file that may not be there.
    pub fn name(&self, name: &str) -> String {
        self.path().join(name).to_str().unwrap().to_owned()
    }
}

/// The heading of the canonical CSV.
pub const HEADING: &str = "device_id,source,t0,t1,lat_deg,lon_deg,uncertainty_m,confidence\n";

/// A canonical CSV of moments without uncertainty: device, time, latitude, longitude.
pub fn fixes(rows: &[(&str, &str, f64, f64)]) -> String {
    let row = |(device, time, lat, lon): &(&str, &str, f64, f64)| format!("{device},gps,{time},,{lat},{lon},,\n");
    HEADING.to_owned() + &rows.iter().map(row).collect::<String>()
}
