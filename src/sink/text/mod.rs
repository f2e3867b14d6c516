//! The report for a person: 100 columns, four sections, and EXPLAIN if it was asked for.
//!
//! ```text
//!  READ ─ ENCOUNTERS ─ NOT NEAR ─ CAN AND CANNOT SHOW ─ EXPLAIN
//! ```
//! Everything goes through [`page::Page`], which makes text from exhibits harmless and breaks long lines: no section
//! can forget either.

mod encounters;
mod explain;
mod findings;
mod not_near;
mod page;
mod read;

use std::io::Write;

use super::quantity::metres;
use super::report::{Moment, Parameters, Record};
use super::{Evaluation, Report, SinkError, shortened};
use crate::time::{ZoneRule, offset_text};
use page::Page;

/// How many supporting rows, gaps, devices or rejects are listed before the rest is left to the other forms.
const LISTED: usize = 5;
/// How many characters of a name from an exhibit are shown.
const NAME_CHARS: usize = 48;

/// Writes a report as text.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_text(report: &Report, out: &mut dyn Write) -> Result<(), SinkError> {
    let mut page = Page::new(out);
    head(report, &mut page)?;
    let shown = |m: &Moment| format!("{}   {}", m.local, m.utc);
    read::section((&report.exhibits, &report.targets, &report.rejects), &shown, &mut page)?;
    encounters::section(report, &mut page)?;
    not_near::section(report, &mut page)?;
    page.heading("CAN AND CANNOT SHOW")?;
    for limit in &report.limits {
        page.item("-", limit)?;
    }
    if let Some(statistics) = &report.statistics {
        explain::section(statistics, &mut page)?;
    }
    Ok(())
}

/// Writes an evaluation as text: what was read, the findings by topic, what they can and cannot show.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_evaluation_text(evaluation: &Evaluation, zone: &ZoneRule, out: &mut dyn Write) -> Result<(), SinkError> {
    let mut page = Page::new(out);
    let Evaluation { tool, locard_evaluation, parameters, .. } = evaluation;
    page.line(0, &format!("{} {}, evaluation {locard_evaluation}", tool.name, tool.version))?;
    terms(parameters, "with their offset from UTC", &mut page)?;
    let shown = |m: &Moment| offset_text(m.us, zone);
    read::section((&evaluation.exhibits, &evaluation.targets, &evaluation.rejects), &shown, &mut page)?;
    findings::sections(&evaluation.findings, zone, &mut page)?;
    findings::timeline((&evaluation.timeline, &evaluation.plots), zone, &mut page)?;
    page.heading("CAN AND CANNOT SHOW")?;
    evaluation.limits.iter().try_for_each(|limit| page.item("-", limit))
}

fn head(report: &Report, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.line(0, &format!("{} {}, report {}", report.tool.name, report.tool.version, report.locard_report))?;
    terms(&report.parameters, "then UTC", page)
}

/// What counted as near, how times are shown and which devices were asked for.
fn terms(parameters: &Parameters, times: &str, page: &mut Page<'_>) -> Result<(), SinkError> {
    let Parameters { radius_m, window_s, gap_s, exit_radius_m, max_interpolation_s, .. } = *parameters;
    page.line(
        0,
        &format!(
            "near: {} and {window_s} s apart at most; one encounter: gaps of {gap_s} s at most, held to {}; \
             interpolated over {max_interpolation_s} s at most",
            metres(radius_m),
            metres(exit_radius_m),
        ),
    )?;
    let zone = match &parameters.zone {
        Some(zone) => format!("a time without a zone was read as {zone}, unless its profile gives one"),
        None => "a time without a zone was not used, unless its profile gives one".to_owned(),
    };
    page.line(0, &format!("times: local ({}), {times}; {zone}", parameters.shown_zone))?;
    let asked = [("suspect", &parameters.suspect_devices), ("victim", &parameters.victim_devices)];
    for (whose, devices) in asked.into_iter().filter(|(_, devices)| !devices.is_empty()) {
        page.line(
            0,
            &format!("{whose} devices asked for: {}", devices.iter().map(|d| name(d)).collect::<Vec<_>>().join(", ")),
        )?;
    }
    for a in &parameters.authorised {
        let end = |end: &Option<Moment>, open: &str| end.as_ref().map_or_else(|| open.to_owned(), |m| m.local.clone());
        let under = if a.reference.is_empty() { String::new() } else { format!(", {}", name(&a.reference)) };
        let (from, to) = (end(&a.from, "any time"), end(&a.to, "any time"));
        page.line(0, &format!("authorised: {} from {from} to before {to}{under}", name(&a.device)))?;
    }
    Ok(())
}

/// A name from an exhibit, harmless and of bounded length.
fn name(text: &str) -> String {
    if text.is_empty() { "(no name)".to_owned() } else { shortened(text, NAME_CHARS) }
}

/// Where a record stands: the first twelve characters of its exhibit, row and path; for a place, its name.
fn citation(r: &Record) -> String {
    let Some(exhibit) = &r.exhibit else { return format!("place {}", name(&r.name)) };
    let short = exhibit.get(..12).unwrap_or(exhibit);
    let row = r.row.map(|row| format!(" row {row}")).unwrap_or_default();
    let path = if r.path.is_empty() { String::new() } else { format!(" {}", shortened(&r.path, NAME_CHARS)) };
    format!("{short}{row}{path}")
}

/// `and N more: ...`, or nothing if all are listed.
fn and_more(total: usize, where_else: &str) -> Option<String> {
    total.checked_sub(LISTED).filter(|n| *n > 0).map(|n| format!("and {n} more: {where_else}"))
}

/// Where a shortened list stands in full.
const JSON_LISTS_ALL: &str = "--output json lists all";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::words::refused;
    use crate::sink::{golden, sample, wording};

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write_text(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_person_can_read_it_in_a_hundred_columns() {
        let text = written(&sample::report());
        golden::compare("check.txt", text.as_bytes());
        for line in text.lines() {
            assert!(line.chars().count() <= page::COLUMNS, "{line}");
            assert_eq!(line, line.trim_end());
        }
        let at = |heading: &str| text.find(&format!("\n{heading}\n")).unwrap();
        assert!(at("READ") < at("ENCOUNTERS") && at("ENCOUNTERS") < at("NOT NEAR"));
        assert!(at("NOT NEAR") < at("CAN AND CANNOT SHOW") && at("CAN AND CANNOT SHOW") < at("EXPLAIN"));
    }

    #[test]
    fn no_control_character_of_an_exhibit_reaches_the_terminal() {
        let text = written(&sample::report());
        assert!(!text.chars().any(|c| c != '\n' && c.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}'));
        assert!(text.contains("\\u{1b}[31m"), "the hostile name is shown, not dropped");
    }

    #[test]
    fn nothing_in_the_text_claims_too_much() {
        let text = written(&sample::report());
        assert_eq!(refused(&text), None);
        let mut bare = sample::report();
        (bare.encounters, bare.not_near, bare.exhibits) = (Vec::new(), Vec::new(), Vec::new());
        let bare = written(&bare.settled());
        assert_eq!(refused(&bare), None);
        assert!(bare.contains(wording::NO_ENCOUNTERS));
    }

    #[test]
    fn each_hash_is_printed_whole_once_and_long_lists_say_what_is_left_out() {
        let report = sample::report();
        let text = written(&report);
        for exhibit in &report.exhibits {
            assert_eq!(text.matches(&exhibit.sha256).count(), 1, "{}", exhibit.file);
        }
        assert!(text.contains("and 2 more: --output json lists all"), "{text}");
    }

    #[test]
    fn a_huge_name_does_not_fill_the_screen() {
        let mut report = sample::report();
        report.encounters[0].device = "x\u{1b}".repeat(500_000);
        assert!(written(&report).len() < 20_000);
    }
}
