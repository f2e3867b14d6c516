//! The report as JSON: everything, keys in the order of `docs/report.md`, two spaces of indent.

use std::io::Write;

use super::json_text::to_writer;
use super::{Report, SinkError};

/// Writes a report as JSON, with a newline at its end.
///
/// Text from exhibits is kept exactly, its control characters escaped; a number that is not finite becomes `null`.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_json(report: &Report, out: &mut dyn Write) -> Result<(), SinkError> {
    to_writer(report, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{golden, sample};

    #[test]
    fn json_is_as_documented_and_hostile_text_survives_it_unchanged() {
        let mut out = Vec::new();
        write_json(&sample::report(), &mut out).unwrap();
        golden::compare("check.json", &out);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["encounters"][1]["device"], sample::HOSTILE);
        assert!(!out.contains(&0x1b), "an escape character reached the output raw");
    }

    #[test]
    fn a_name_of_a_million_characters_is_kept_whole() {
        let mut report = sample::report();
        report.encounters[0].target = "é".repeat(1_000_000);
        let mut out = Vec::new();
        write_json(&report, &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["encounters"][0]["target"].as_str().map(|s| s.chars().count()), Some(1_000_000));
    }
}
