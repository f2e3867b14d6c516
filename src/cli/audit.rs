//! `locard audit`: whether the log is as it was written, what it says, and what to write down elsewhere.

use std::io::{self, Write};

use clap::{Args, Subcommand};

use crate::access::audit::{AuditError, ChainHash, Details, Entry, Kind, Verified, each_entry, head_of, verify};
use crate::access::{Action, Context, Resource};
use crate::sink::neutral;
use crate::time::{Clock, utc_text};

use super::DEFAULT_DATA;
use super::account::{AccountError, Ask, By, Desk, folder};

/// Checks and shows what was done by whom (docs/access.md)
#[derive(Debug, Clone, Args)]
pub struct AuditArgs {
    /// What is to be done
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be done with the log.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Says whether the log is as it was written, and if not, where and how not
    Verify(VerifyArgs),
    /// Shows entries
    Show(ShowArgs),
    /// Prints where the chain stands: write its hash down where the server's keepers cannot reach it
    Head(HeadArgs),
}

/// `audit verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// The folder in which the audit is kept, beside the tables
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_DATA)]
    pub data: String,

    /// The hash of an entry as it was written down elsewhere: the chain must go through it
    #[arg(long, value_name = "HASH")]
    pub expect_head: Option<ChainHash>,
}

/// `audit show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Entries of this account only, or about it
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,

    /// Entries of this kind only: login, refused, query, export, grant, account, policies, torn, broken
    #[arg(long, value_name = "KIND", value_parser = parse_kind)]
    pub kind: Option<Kind>,

    /// Entries that touch this case only
    #[arg(long, value_name = "CASE")]
    pub case: Option<String>,

    /// Each entry as its JSON object, one a line
    #[arg(long)]
    pub json: bool,

    /// Who reads
    #[command(flatten)]
    pub by: By,
}

/// `audit head`.
#[derive(Debug, Clone, Args)]
pub struct HeadArgs {
    /// The folder in which the audit is kept, beside the tables
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_DATA)]
    pub data: String,
}

/// Runs a command on the log. Returns whether all is well.
///
/// # Errors
/// [`AccountError`] if it was used wrongly, is not permitted, or the log cannot be read.
pub fn run(args: &AuditArgs, clock: &dyn Clock, ask: &mut dyn Ask, out: &mut dyn Write) -> Result<bool, AccountError> {
    match &args.command {
        AuditCommand::Verify(args) => {
            let verified = verify(&folder(&args.data, "audit")?, args.expect_head)?;
            write_verified(&verified, out)?;
            Ok(verified.faults.is_empty())
        }
        AuditCommand::Show(args) => show(args, clock, ask, out).map(|()| true),
        AuditCommand::Head(args) => {
            let head = head_of(&folder(&args.data, "audit")?)?;
            writeln!(out, "{} {}", head.sequence, head.hash)?;
            Ok(true)
        }
    }
}

fn write_verified(verified: &Verified, out: &mut dyn Write) -> io::Result<()> {
    let Verified { lines, files, head, witnessed, faults } = verified;
    for fault in faults {
        writeln!(out, "{}", neutral(&fault.to_string()))?;
    }
    if faults.is_empty() {
        writeln!(out, "whole: {lines} entries in {files} files, to entry {} {}", head.sequence, head.hash)?;
    } else {
        writeln!(out, "NOT whole: {} faults in {lines} lines of {files} files", faults.len())?;
    }
    if let Some(sequence) = witnessed {
        writeln!(out, "the hash that was written down is that of entry {sequence}")?;
    }
    Ok(())
}

fn show(args: &ShowArgs, clock: &dyn Clock, ask: &mut dyn Ask, out: &mut dyn Write) -> Result<(), AccountError> {
    let (desk, actor) = Desk::come_in(&args.by, clock, ask)?;
    let rules = desk.permit(&actor, Action::ReadAudit, &Resource::System, &Context::default())?;
    let text = format!("audit shown: account {:?}, kind {:?}, case {:?}", args.account, args.kind, args.case);
    let details = Details { text, tables: vec!["audit".to_owned()], rules, ..Details::default() };
    desk.note(&actor, Kind::Query, details)?;
    let shown = each_entry(&folder(&args.by.place.data, "audit")?, |entry| match entry {
        None => writeln!(out, "(a line that holds no entry: see locard audit verify)"),
        Some(entry) if !wanted(args, entry) => Ok(()),
        Some(entry) if args.json => {
            serde_json::to_writer(&mut *out, entry).map_err(io::Error::from)?;
            writeln!(out)
        }
        Some(entry) => writeln!(out, "{}", entry_text(entry)),
    });
    match shown {
        Err(AuditError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        ended => Ok(ended?),
    }
}

fn wanted(args: &ShowArgs, entry: &Entry) -> bool {
    let of = |name: &String| entry.account == *name || entry.details.subject.as_ref() == Some(name);
    args.account.as_ref().is_none_or(of)
        && args.kind.is_none_or(|kind| entry.kind == kind)
        && args.case.as_ref().is_none_or(|case| entry.details.cases.contains(case))
}

/// An entry in one line, whatever is in it.
fn entry_text(entry: &Entry) -> String {
    let Entry { sequence, at_us, account, role, client, kind, details: d, .. } = entry;
    let role = role.map(|r| format!(" ({r})")).unwrap_or_default();
    let mut parts =
        vec![format!("{sequence}  {}  {}{role} from {}", utc_text(*at_us), neutral(account), neutral(client))];
    parts.push(kind.as_str().to_owned());
    let one = |name: &str, value: &Option<String>| value.as_ref().map(|v| format!("{name} {}", neutral(v)));
    let number = |name: &str, value: Option<u64>| value.map(|v| format!("{name} {v}"));
    let list = |name: &str, all: &[String]| (!all.is_empty()).then(|| format!("{name} {}", neutral(&all.join(", "))));
    parts.extend((!d.text.is_empty()).then(|| neutral(&d.text)));
    parts.extend(one("about", &d.subject));
    parts.extend(list("parameters", &d.parameters));
    parts.extend(list("tables", &d.tables));
    parts.extend(list("cases", &d.cases));
    parts.extend(number("rows", d.rows));
    parts.extend(number("ms", d.millis));
    parts.extend(number("devices of others", d.others));
    parts.extend(one("purpose", &d.purpose));
    parts.extend(one("authority", &d.authority));
    parts.extend(list("by", &d.rules));
    parts.extend(one("fault", &d.fault));
    parts.extend(one("file", &d.file));
    parts.join("; ")
}

fn parse_kind(text: &str) -> Result<Kind, String> {
    let known = || Kind::ALL.map(Kind::as_str).join(", ");
    Kind::ALL.into_iter().find(|k| k.as_str() == text).ok_or_else(|| format!("the kinds are {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_line_and_cannot_write_more() {
        let details = Details {
            text: "SELECT 1\n2  forged".to_owned(),
            rows: Some(1),
            cases: vec!["C\u{1b}[31m".to_owned()],
            ..Details::default()
        };
        let (account, client) = ("ann\nbob".to_owned(), "127.0.0.1".to_owned());
        let previous = ChainHash::ZERO.to_string();
        let entry = Entry { sequence: 1, at_us: 0, account, role: None, client, kind: Kind::Query, details, previous };
        let line = entry_text(&entry);
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line}");
        assert!(line.starts_with("1  1970-01-01T00:00:00Z  ann\\u{a}bob from 127.0.0.1; query; SELECT 1"), "{line}");
        assert!(line.ends_with("cases C\\u{1b}[31m; rows 1"), "{line}");
    }
}
