//! What was not used of a file that `fixes()` read, for standard error: no record disappears without a word.

use std::fmt::Write as _;

use crate::decode::ExhibitReport;
use crate::model::NotAFix;
use crate::sink::neutral;

/// What a person should know of a file that was read; empty if every row of it became a fix.
pub fn account(report: &ExhibitReport) -> Vec<String> {
    let counts = report.counts();
    let name = neutral(&report.exhibit.name);
    let mut lines = Vec::new();
    let others = counts.not_fixes.iter().filter(|(kind, n)| **kind != NotAFix::Heading && **n > 0);
    let others: Vec<String> = others.map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
    if counts.rejected() > 0 || !others.is_empty() {
        let mut line = format!("{name}: {} fixes, {} rows not used", counts.fixes, counts.rejected());
        if !others.is_empty() {
            // Writing to a String cannot fail.
            let _infallible = write!(line, ", {} that are no fixes ({})", counts.not_fixes_total(), others.join(", "));
        }
        if counts.ends > 0 {
            let _infallible = write!(line, "; {} of all these are ends of rows", counts.ends);
        }
        lines.push(line);
    }
    lines.extend(counts.rejects.iter().map(|(reason, n)| format!("{name}: {n} x {reason}: {}", reason.advice())));
    let broken = report.members.iter().filter_map(|m| Some((m.name.as_str(), m.error.as_ref()?)));
    lines.extend(broken.map(|(member, error)| {
        let place = if member.is_empty() { String::new() } else { format!("!{}", neutral(member)) };
        format!("{name}{place}: not read to its end: {}", neutral(error))
    }));
    lines.extend(report.incomplete.iter().map(|why| format!("{name}: not read to its end: {}", neutral(why))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{ExhibitOptions, decode_exhibit};

    fn lines(fixture: &str) -> Vec<String> {
        let path = std::path::PathBuf::from(format!("tests/fixtures/{fixture}"));
        let options = ExhibitOptions::new(1_800_000_000_000_000);
        account(&decode_exhibit(&path, &options, &|_, _| (), &mut |_| Ok(())).unwrap())
    }

    #[test]
    fn rejects_are_counted_by_reason_with_advice() {
        let lines = lines("csv/canonical.csv");
        assert!(lines[0].starts_with("canonical.csv: ") && lines[0].contains("rows not used"), "{lines:?}");
        assert!(lines.len() > 1 && lines[1..].iter().all(|l| l.contains(" x ")), "{lines:?}");
    }

    #[test]
    fn ends_of_rows_are_not_taken_for_rows() {
        let lines = lines("csv/uk-call-data-ends.csv");
        assert!(lines[0].ends_with("; 20 of all these are ends of rows"), "{lines:?}");
    }

    #[test]
    fn a_file_of_which_all_was_used_needs_no_word() {
        assert!(lines("csv/generated.csv").is_empty());
    }
}
