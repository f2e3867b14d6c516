//! `locard profile FILE`: shows which profile a CSV file fits, or proposes one.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use crate::decode::HEAD_BYTES;
use crate::decode::profile::{Profile, propose};

/// Proposes a profile for a CSV file, as TOML; nothing is guessed silently.
#[derive(Debug, Clone, clap::Args)]
pub struct ProfileArgs {
    /// The CSV file to look at; only its first 64 KiB are read.
    #[arg(required_unless_present_any = ["list", "show"])]
    pub file: Option<PathBuf>,
    /// List the built-in profiles.
    #[arg(long, conflicts_with_all = ["file", "show"])]
    pub list: bool,
    /// Print a built-in profile, as a beginning for your own.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pub show: Option<String>,
}

/// Why no profile could be shown.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read; retrying may help.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The output cannot be written; retrying may help.
    #[error("cannot write the profile: {0}")]
    Write(#[from] io::Error),
    /// No built-in profile has that name. Retrying does not help.
    #[error("there is no built-in profile {0:?}: locard profile --list names them")]
    NoSuchProfile(String),
    /// The file is empty or is not text. Retrying does not help.
    #[error("{0} is no delimited text: there is nothing to propose")]
    NotText(String),
}

/// Runs the command.
///
/// # Errors
/// [`ProfileError`] if the file cannot be read, is not text, or a built-in profile of that name does not exist.
pub fn run(args: &ProfileArgs, out: &mut dyn Write) -> Result<(), ProfileError> {
    if args.list {
        return list(out);
    }
    if let Some(name) = &args.show {
        let text = Profile::builtin_text(name).ok_or_else(|| ProfileError::NoSuchProfile(name.clone()))?;
        return Ok(out.write_all(text.as_bytes())?);
    }
    let Some(path) = &args.file else { return list(out) };
    let shown = path.display().to_string();
    let mut head = Vec::new();
    let most = u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|f| f.take(most).read_to_end(&mut head))
        .map_err(|source| ProfileError::Read { file: shown.clone(), source })?;
    if head.trim_ascii().is_empty() || head.contains(&0) {
        return Err(ProfileError::NotText(shown));
    }
    write_proposal(&head, out)
}

fn list(out: &mut dyn Write) -> Result<(), ProfileError> {
    for profile in Profile::builtins() {
        writeln!(out, "{:<14} {}", profile.name, profile.description)?;
    }
    Ok(())
}

/// Notes first, as TOML comments, so that the output can be saved as it is.
fn write_proposal(head: &[u8], out: &mut dyn Write) -> Result<(), ProfileError> {
    let proposal = propose(head);
    for note in &proposal.sure {
        writeln!(out, "# sure: {}", one_line(note))?;
    }
    for note in &proposal.confirm {
        writeln!(out, "# CONFIRM: {}", one_line(note))?;
    }
    writeln!(out)?;
    Ok(out.write_all(proposal.toml.as_bytes())?)
}

/// A heading may hold a line end or a control character; a comment may not.
fn one_line(note: &str) -> String {
    note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(args: &ProfileArgs) -> Result<String, ProfileError> {
        let mut out = Vec::new();
        run(args, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_is_printed_for_a_file_is_itself_a_profile() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("odd.csv");
        std::fs::write(&path, "When;Lat;Lon\"\n03/04/2025 10:00;51,5;-0,1\n").unwrap();
        let text = show(&ProfileArgs { file: Some(path), list: false, show: None }).unwrap();
        assert!(text.contains("# CONFIRM: time format"), "{text}");
        Profile::parse_toml("odd", &text).unwrap();
    }

    #[test]
    fn every_listed_profile_can_be_shown_and_others_are_refused() {
        let list = show(&ProfileArgs { file: None, list: true, show: None }).unwrap();
        assert!(list.lines().count() >= 11, "{list}");
        for line in list.lines() {
            let name = line.split_whitespace().next().unwrap().to_owned();
            assert!(show(&ProfileArgs { file: None, list: false, show: Some(name) }).is_ok(), "{line}");
        }
        let none = show(&ProfileArgs { file: None, list: false, show: Some("nope".to_owned()) });
        assert!(matches!(none, Err(ProfileError::NoSuchProfile(name)) if name == "nope"));
    }

    #[test]
    fn a_file_that_is_not_text_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.bin");
        std::fs::write(&path, b"PK\x03\x04\0\0").unwrap();
        assert!(matches!(
            show(&ProfileArgs { file: Some(path), list: false, show: None }),
            Err(ProfileError::NotText(_))
        ));
    }
}
