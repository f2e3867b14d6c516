//! What is written down of a search, before its findings are shown: nothing is answered that is not in the audit.

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
    log: AuditLog,
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
    /// Begins: the log must be there before anything is read.
    pub(super) fn begin(data: &str, args: &'a ScenesArgs, clock: &'a dyn Clock) -> Result<Self, CheckError> {
        let folder = folder(data, "audit").map_err(|e| CheckError::NotNoted(e.to_string()))?;
        let log = AuditLog::open(&folder, clock.now_us()).map_err(|e| CheckError::NotNoted(e.to_string()))?;
        Ok(Self { args, clock, log, watch: Stopwatch::start() })
    }

    /// Writes down what came of it, also if nothing did: the records were looked at.
    pub(super) async fn end(self, came: Result<Touched, String>) -> Result<(), CheckError> {
        let millis = u64::try_from(Duration::from_secs_f64(self.watch.seconds()).as_millis()).unwrap_or(u64::MAX);
        let args = self.args;
        let (touched, fault) = match came {
            Ok(touched) => (Some(touched), None),
            Err(fault) => (None, Some(fault)),
        };
        let parameters = [
            ("radius_m", args.radius_m.to_string()),
            ("window_s", args.window_s.to_string()),
            ("least", args.least.to_string()),
        ];
        let details = Details {
            text: "locard scenes".to_owned(),
            parameters: parameters.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            tables: ["fixes", "targets"].map(str::to_owned).to_vec(),
            cases: vec![args.case.clone()],
            rows: touched.as_ref().and_then(|t| u64::try_from(t.findings).ok()),
            others: touched.as_ref().map(|t| t.others),
            millis: Some(millis),
            purpose: Some(args.purpose.clone()),
            authority: Some(args.authority.clone()),
            fault,
            ..Details::default()
        };
        // There is nobody to be asked who they are: whoever can read the files.
        let (account, client) = (String::new(), "console".to_owned());
        let entry = NewEntry { account, role: None, client, kind: Kind::Query, details };
        let (log, now_us) = (self.log, self.clock.now_us());
        let written = tokio::task::spawn_blocking(move || log.append(now_us, &entry)).await;
        let written = written.map_err(|e| e.to_string()).and_then(|log| log.map_err(|e| e.to_string()));
        written.map(drop).map_err(CheckError::NotNoted)
    }
}
