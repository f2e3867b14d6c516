//! What of the input could not be used, in a line each: the lines on standard error behind exit code 1.

use crate::model::NotAFix;
use crate::sink::Report;
use crate::sink::report::{ExhibitRead, Role};

/// The faults of a report's input; none if all of it was used.
///
/// A row that was not used is no fault, it is a reject; a file without any row that was used is one, and so is a device
/// that was asked for and is in no file: "no encounter" would otherwise be the answer to a misspelt name.
pub(in crate::cli) fn faults(report: &Report) -> Vec<String> {
    let mut faults = Vec::new();
    for (i, e) in report.exhibits.iter().enumerate() {
        faults.extend(e.errors.iter().map(|why| format!("{}: {why}", e.file)));
        let same = |other: &ExhibitRead| other.role == e.role && other.sha256 == e.sha256;
        let repeated = report.exhibits.iter().take(i).any(same);
        if e.errors.is_empty() && !repeated && unused(e) {
            let what = if e.role == Role::Incidents { "an incident" } else { "a fix" };
            faults.push(format!("{}: none of its {} rows is {what} that can be used", e.file, e.counts.rows));
        }
    }
    let p = &report.parameters;
    faults.extend(p.suspect_devices.iter().filter_map(|d| missing(report, Role::Suspect, d)));
    faults.extend(p.victim_devices.iter().filter_map(|d| missing(report, Role::Victim, d)));
    faults
}

fn unused(e: &ExhibitRead) -> bool {
    match e.role {
        Role::Suspect | Role::Victim => e.counts.fixes == 0,
        Role::Incidents => !e.counts.not_fixes_by_kind.iter().any(|k| k.kind == NotAFix::Incident.as_str()),
    }
}

fn missing(report: &Report, role: Role, device: &str) -> Option<String> {
    let of_role = report.exhibits.iter().filter(|e| e.role == role);
    let found = of_role.flat_map(|e| &e.devices).any(|d| d.device == device);
    (!found).then(|| format!("--{}-device {device}: the {0} files have no fix of it", role.as_str()))
}
