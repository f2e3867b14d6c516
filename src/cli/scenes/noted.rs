//! What is written down of a search: that it begins, before a record is read, and what came of it, before its findings are
//! shown. So one that is broken off is in the audit too, and nothing is answered that is not in it.

use std::sync::Arc;
use std::time::Duration;

use crate::access::audit::{AuditLog, Details, Kind, NewEntry};
use crate::cli::account::folder;
use crate::cli::check::CheckError;
use crate::time::{Clock, Stopwatch};

use super::ScenesArgs;

/// A search under way.
pub(super) struct Noted<'a> {
    args: &'a ScenesArgs,
    clock: &'a dyn Clock,
    log: Arc<AuditLog>,
    watch: Stopwatch,
}

/// What a search has touched and found.
pub(super) struct Touched {
    /// Identifiers of which the case has no record.
    pub(super) others: u64,
    /// Findings.
    pub(super) findings: usize,
}

impl<'a> Noted<'a> {
    /// Begins: until it is written down that it does, nothing is read.
    pub(super) async fn begin(data: &str, args: &'a ScenesArgs, clock: &'a dyn Clock) -> Result<Self, CheckError> {
        let folder = folder(data, "audit").map_err(|e| CheckError::NotNoted(e.to_string()))?;
        let log = AuditLog::open(&folder, clock.now_us()).map_err(|e| CheckError::NotNoted(e.to_string()))?;
        let noted = Self { args, clock, log: Arc::new(log), watch: Stopwatch::start() };
        noted.write(details(args, "locard scenes: begins")).await?;
        Ok(noted)
    }

    /// Writes down what came of it, also if nothing did: the records were looked at.
    pub(super) async fn end(self, came: Result<Touched, String>) -> Result<(), CheckError> {
        let millis = u64::try_from(Duration::from_secs_f64(self.watch.seconds()).as_millis()).unwrap_or(u64::MAX);
        let (touched, fault) = match came {
            Ok(touched) => (Some(touched), None),
            Err(fault) => (None, Some(fault)),
        };
        let rows = touched.as_ref().and_then(|t| u64::try_from(t.findings).ok());
        let others = touched.as_ref().map(|t| t.others);
        let asked = details(self.args, "locard scenes");
        self.write(Details { rows, others, millis: Some(millis), fault, ..asked }).await
    }

    async fn write(&self, details: Details) -> Result<(), CheckError> {
        // There is nobody to be asked who they are: whoever can read the files.
        let (account, client) = (String::new(), "console".to_owned());
        let entry = NewEntry { account, role: None, client, kind: Kind::Query, details };
        let (log, now_us) = (Arc::clone(&self.log), self.clock.now_us());
        let written = tokio::task::spawn_blocking(move || log.append(now_us, &entry)).await;
        let written = written.map_err(|e| e.to_string()).and_then(|log| log.map_err(|e| e.to_string()));
        written.map(drop).map_err(CheckError::NotNoted)
    }
}

/// What was asked, with all that the answer hangs on.
fn details(args: &ScenesArgs, text: &str) -> Details {
    let ScenesArgs { radius_m, window_s, least, most, days, seed, .. } = args;
    let zone = super::zone(args);
    Details {
        text: text.to_owned(),
        parameters: vec![
            format!("radius_m={radius_m}"),
            format!("window_s={window_s}"),
            format!("least={least}"),
            format!("most={most}"),
            format!("days={days}"),
            format!("seed={seed}"),
            format!("zone={}", zone.name()),
        ],
        tables: ["fixes", "targets"].map(str::to_owned).to_vec(),
        cases: vec![args.case.clone()],
        purpose: Some(args.purpose.clone()),
        authority: Some(args.authority.clone()),
        ..Details::default()
    }
}
