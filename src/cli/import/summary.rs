//! What an import says to a person: each file with its counts, then what changed in the case.

use std::io::{self, Write};
use std::path::Path;

use crate::decode::Counts;
use crate::model::{Excess, NotAFix, Outside, Place};
use crate::sink::neutral;
use crate::store::StoredExhibit;
use crate::time::utc_text;

use super::ImportError;
use super::changes::{Change, Stored};
use super::ledger::{Begun, Import};
use super::read::FileRead;

/// How many encounters are listed; SQL lists all.
const LISTED: usize = 100;

/// What came of one file.
#[derive(Debug, Clone)]
pub(super) struct FileDone {
    name: String,
    sha256: String,
    new_exhibit: bool,
    /// It had been imported before, so nothing was read.
    already: bool,
    counts: Counts,
    rejects: u64,
    stated: u64,
    /// Fixes that were not in the table before, if that is known here.
    new: Option<u64>,
    notes: Vec<String>,
    /// What could not be used.
    pub(super) faults: Vec<String>,
}

impl FileDone {
    /// A file that had been imported.
    pub(super) fn already(stored: &StoredExhibit) -> Self {
        Self {
            name: stored.exhibit.name.clone(),
            sha256: stored.exhibit.sha256.to_string(),
            new_exhibit: stored.new,
            already: true,
            counts: Counts::default(),
            rejects: 0,
            stated: 0,
            new: Some(0),
            notes: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// A file that was read.
    pub(super) fn of(import: &Import<'_>, begun: &Begun, read: &FileRead, new: Option<u64>) -> Self {
        let counts = read.report.counts();
        Self {
            rejects: read.rejects.len() as u64,
            stated: read.stated,
            new,
            notes: notes(import, begun, read),
            faults: faults(import, read, &counts),
            counts,
            already: false,
            ..Self::already(import.stored)
        }
    }
}

/// What a person should know of how the file was read.
fn notes(import: &Import<'_>, begun: &Begun, read: &FileRead) -> Vec<String> {
    let mut notes = Vec::new();
    let renamed = import.asked.device.is_none() && begun.device != import.default_device;
    if renamed && read.report.devices.contains_key(&begun.device) {
        let device = &begun.device;
        notes.push(format!("its records that name no device are of device {device:?}; --device gives them another"));
    }
    notes.extend(read.report.outside.iter().map(|(device, excess)| outside(device, excess)));
    notes
}

/// How many of a device's records no authority covers, and why.
fn outside(device: &str, excess: &Excess) -> String {
    let counted = Outside::ALL.into_iter().map(|why| (excess.count(why), why)).filter(|(n, _)| *n > 0);
    let counted: Vec<String> = counted.map(|(n, why)| format!("{n} {}", why.as_str())).collect();
    format!("device {device:?}, outside every authority given, among the rejects: {}", counted.join(", "))
}

/// What of the file could not be used, as `locard check` tells it.
fn faults(import: &Import<'_>, read: &FileRead, counts: &Counts) -> Vec<String> {
    let name = &import.stored.exhibit.name;
    let mut faults: Vec<String> = Vec::new();
    for member in &read.report.members {
        let place = if member.name.is_empty() { String::new() } else { format!("{}: ", member.name) };
        faults.extend(member.error.iter().map(|why| format!("{name}: {place}{why}")));
    }
    faults.extend(read.report.incomplete.iter().map(|why| format!("{name}: {why}")));
    if let Some(device) = &import.asked.device
        && counts.other_devices > 0
        && !read.report.devices.contains_key(device)
    {
        faults.push(format!("--device {device}: {name} has no fix of it"));
    } else if faults.is_empty() && counts.fixes == 0 && read.report.incidents.is_empty() {
        faults.push(format!("{name}: none of its {} rows is a fix or an incident that can be used", counts.rows()));
    }
    faults
}

fn many(n: u64, thing: &str) -> String {
    match (n, thing) {
        (1, _) => format!("1 {thing}"),
        (_, "fix") => format!("{n} fixes"),
        _ => format!("{n} {thing}s"),
    }
}

/// Says what came of a file.
pub(super) fn file(done: &FileDone, to_brokers: bool, out: &mut dyn Write) -> io::Result<()> {
    let stored = if done.new_exhibit { "stored as a new exhibit" } else { "an exhibit already" };
    writeln!(out, "{}: SHA-256 {}, {stored}", neutral(&done.name), done.sha256)?;
    if done.already {
        return writeln!(out, "  imported already: nothing is added");
    }
    let c = &done.counts;
    let others = c.not_fixes_total() - c.not_fixes.get(&NotAFix::Incident).copied().unwrap_or(0);
    let incidents = c.not_fixes.get(&NotAFix::Incident).copied().unwrap_or(0);
    let ends = if c.ends > 0 { format!(" - {} ends of rows", c.ends) } else { String::new() };
    writeln!(
        out,
        "  read: {} = {} + {} + {} + {others} not fixes by nature + {} of other devices{ends}",
        many(c.rows(), "row"),
        many(c.fixes, "fix"),
        many(incidents, "incident"),
        many(c.rejected(), "reject"),
        c.other_devices,
    )?;
    match done.new {
        Some(new) => writeln!(out, "  fixes: {new} new, {} already there", c.fixes.saturating_sub(new))?,
        None if to_brokers => writeln!(out, "  fixes: {} sent to the brokers", c.fixes)?,
        None => {}
    }
    writeln!(out, "  {} about the case; rejects stored: {}", many(done.stated, "statement"), done.rejects)?;
    done.notes.iter().try_for_each(|note| writeln!(out, "  note: {}", neutral(note)))
}

/// Says that a file could not be read.
pub(super) fn unread(path: &Path, error: &ImportError, out: &mut dyn Write) -> io::Result<()> {
    let name = path.display().to_string();
    writeln!(out, "{}: kept as an exhibit, not read: {}", neutral(&name), neutral(&error.to_string()))
}

/// Says what came of the places.
pub(super) fn places(places: &[Place], stated: usize, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = places.iter().map(|p| neutral(&p.name)).collect();
    writeln!(out, "places {}: {} about the case", names.join(", "), many(stated as u64, "statement"))
}

/// Says what changed in the case.
pub(super) fn changes(case_id: &str, changes: &[(Change, Stored)], out: &mut dyn Write) -> io::Result<()> {
    let count = |change: Change| changes.iter().filter(|(c, _)| *c == change).count();
    let kinds = [Change::Opened, Change::Grew, Change::Superseded, Change::Withdrawn];
    let counted: Vec<String> =
        kinds.into_iter().filter(|k| count(*k) > 0).map(|k| format!("{} {}", count(k), k.as_str())).collect();
    let counted = if counted.is_empty() { "none changed".to_owned() } else { counted.join(", ") };
    writeln!(out, "case {}, encounters: {counted}", neutral(case_id))?;
    for (change, e) in changes.iter().take(LISTED) {
        let target = match e.target_kind.as_str() {
            "victim_fix" => format!("victim's device {}", e.target),
            kind => format!("{kind} {}", e.target),
        };
        let (enter, exit) = (utc_text(e.enter_us), utc_text(e.exit_us));
        writeln!(
            out,
            "  {:<10} {enter} to {exit}  {} near {}, {}, {:.1} m at least, id {}",
            change.as_str(),
            neutral(&e.device),
            neutral(&target),
            e.grade,
            e.min_distance_m,
            e.content_id
        )?;
    }
    match changes.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more: locard sql --data lists all"),
    }
}
