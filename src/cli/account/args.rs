//! The arguments of `locard account`. No password is among them: arguments are seen by everybody on a machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::access::{Role, Stretch};
use crate::cli::DEFAULT_DATA;

/// Keeps accounts: who may come in, as what, and which cases they see (docs/access.md)
#[derive(Debug, Clone, Args)]
pub struct AccountArgs {
    /// What is to be done
    #[command(subcommand)]
    pub command: AccountCommand,
}

/// What can be done with accounts.
#[derive(Debug, Clone, Subcommand)]
pub enum AccountCommand {
    /// Adds an account; its password is read from the terminal, or from standard input
    Add(AddArgs),
    /// Lists accounts with their grants and tokens
    List(By),
    /// Shuts an account; it keeps its history
    Disable(NamedArgs),
    /// Opens an account that was shut
    Enable(NamedArgs),
    /// Sets a password: one's own, or as administrator another's
    Password(NamedArgs),
    /// Grants a case to an account
    Grant(GrantArgs),
    /// Withdraws all that is granted of a case
    Withdraw(WithdrawArgs),
    /// Makes a token of one's own, shown once, or calls one back
    Token(TokenArgs),
}

/// Where accounts are kept, and by which rules.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The folder in which accounts and the audit are kept, beside the tables
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_DATA)]
    pub data: String,

    /// A folder of policies in place of the built-in ones
    #[arg(long, value_name = "FOLDER")]
    pub policies: Option<PathBuf>,
}

/// Who acts.
#[derive(Debug, Clone, Args)]
pub struct By {
    /// The account that acts; its password is read first
    #[arg(long, value_name = "NAME")]
    pub by: String,

    /// Where accounts are
    #[command(flatten)]
    pub place: Place,
}

/// `account add`.
#[derive(Debug, Clone, Args)]
pub struct AddArgs {
    /// The name: letters, digits, `.`, `_` and `-`, at most 64
    pub name: String,

    /// What for: investigator, supervisor, analyst, auditor, administrator
    #[arg(long, value_name = "ROLE")]
    pub role: Role,

    /// The first account of all, an administrator: there is nobody yet to ask
    #[arg(long, conflicts_with = "by")]
    pub first: bool,

    /// The account that acts; its password is read first
    #[arg(long, value_name = "NAME", required_unless_present = "first")]
    pub by: Option<String>,

    /// Where accounts are
    #[command(flatten)]
    pub place: Place,
}

/// A command on an account.
#[derive(Debug, Clone, Args)]
pub struct NamedArgs {
    /// The account
    pub name: String,

    /// Who acts
    #[command(flatten)]
    pub by: By,
}

/// `account grant`.
#[derive(Debug, Clone, Args)]
pub struct GrantArgs {
    /// The account
    pub name: String,

    /// The case
    #[arg(long, value_name = "CASE")]
    pub case: String,

    /// A stretch of the victim's time, as `2025-06-01T00:00:00Z..2025-07-01T00:00:00Z`, either end may be left out; may be
    /// given again [default: the whole time]
    #[arg(long, value_name = "FROM..UNTIL", value_parser = parse_stretch)]
    pub time: Vec<Stretch>,

    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// For how many days [default: until it is withdrawn]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub days: Option<u16>,

    /// Who acts
    #[command(flatten)]
    pub by: By,
}

/// `account withdraw`.
#[derive(Debug, Clone, Args)]
pub struct WithdrawArgs {
    /// The account
    pub name: String,

    /// The case
    #[arg(long, value_name = "CASE")]
    pub case: String,

    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// Who acts
    #[command(flatten)]
    pub by: By,
}

/// `account token`.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// The account
    pub name: String,

    /// For how many days it holds
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,

    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub label: String,

    /// Call the token of this id back instead
    #[arg(long, value_name = "ID")]
    pub revoke: Option<String>,

    /// Who acts
    #[command(flatten)]
    pub by: By,
}

/// Reads a stretch of time: two UTC times with `..` between them, either of which may be missing, but not both.
fn parse_stretch(text: &str) -> Result<Stretch, String> {
    let (from, until) = text.split_once("..").ok_or("two times with `..` between them are wanted")?;
    let time = |text: &str| match text {
        "" => Ok(None),
        _ => text.parse::<jiff::Timestamp>().map(|t| Some(t.as_microsecond())).map_err(|e| e.to_string()),
    };
    let stretch = Stretch { from_us: time(from)?, until_us: time(until)? };
    match (stretch.from_us, stretch.until_us) {
        (None, None) => Err("at least one end is wanted; without --time the whole time is granted".to_owned()),
        (Some(from), Some(until)) if from >= until => Err("it ends before it begins".to_owned()),
        _ => Ok(stretch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_has_one_end_or_two() {
        let day = 86_400_000_000;
        let both = Stretch { from_us: Some(0), until_us: Some(day) };
        assert_eq!(parse_stretch("1970-01-01T00:00:00Z..1970-01-02T01:00:00+01:00"), Ok(both));
        assert_eq!(parse_stretch("..1970-01-02T00:00:00Z"), Ok(Stretch { from_us: None, ..both }));
        assert_eq!(parse_stretch("1970-01-01T00:00:00Z.."), Ok(Stretch { until_us: None, ..both }));
        for bad in ["", "..", "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z..1970-01-01T00:00:00Z", "today.."] {
            assert!(parse_stretch(bad).is_err(), "{bad}");
        }
    }
}
