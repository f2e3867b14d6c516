//! FINDINGS: each question with its answer, what decides it, and what it would have been otherwise.

use crate::evaluate::pattern::{Lane, TimelineRow};
use crate::evaluate::{Cited, Class, Figure, Finding, Topic, Varied};
use crate::sink::figure::{label, value};
use crate::sink::quantity::{counted, metres, position};
use crate::sink::report::{NamedFinding, OnAxis};
use crate::sink::{SinkError, shortened};
use crate::time::{ZoneRule, elapsed_text, offset_text};

use super::{JSON_LISTS_ALL, NAME_CHARS, Page, name};

/// How many deciding records of one finding are listed.
const FIXES_SHOWN: usize = 6;
/// How far what is said of a finding is indented.
const INDENT: usize = 3;
/// The room of one of two columns of figures.
const HALF: usize = 43;
/// The most room that names take before their values.
const NAMES_WIDE: usize = 30;

/// The heading of a topic.
fn heading(topic: Topic) -> &'static str {
    match topic {
        Topic::Incident => "INCIDENTS",
        Topic::Meeting => "COULD THEY HAVE COME NEAR",
        Topic::Visit => "THE VICTIM'S PLACES",
        Topic::Following => "THE SAME PATH, LATER",
        Topic::Coincidence => "AGAINST CHANCE",
        Topic::Strength => "STRENGTH",
        Topic::Attribution => "WHOSE DEVICE",
        Topic::Scenes => "SCENES IN COMMON",
        Topic::Quality => "QUALITY OF THE DATA",
        Topic::Pattern => "PATTERNS TOGETHER",
    }
}

pub(super) fn sections(findings: &[NamedFinding], zone: &ZoneRule, page: &mut Page<'_>) -> Result<(), SinkError> {
    for of_topic in findings.chunk_by(|a, b| a.finding.topic == b.finding.topic) {
        let Some(first) = of_topic.first() else { continue };
        page.heading(heading(first.finding.topic))?;
        for named in of_topic {
            page.gap()?;
            finding(named, zone, page)?;
        }
        remarks(of_topic, page)?;
    }
    Ok(())
}

fn finding(named: &NamedFinding, zone: &ZoneRule, page: &mut Page<'_>) -> Result<(), SinkError> {
    let f = &named.finding;
    page.line(2, &f.question)?;
    let class = if f.class == Class::Evaluation { " (an evaluation: for a named, competent person)" } else { "" };
    page.entry(INDENT, "answer", &format!("{}{class}", word(f.answer)))?;
    page.entry(INDENT, "", &f.says)?;
    listed("figures", &f.figures, zone, page)?;
    fixes(f, zone, page)?;
    listed("with", &f.parameters, zone, page)?;
    otherwise(&f.sensitivity, zone, page)?;
    page.entry(INDENT, "finding", &named.id)
}

fn word(answer: &str) -> String {
    answer.replace('_', " ")
}

/// Figures under each other, their values in one column; two beside each other where both are short.
fn listed(name: &str, figures: &[Figure], zone: &ZoneRule, page: &mut Page<'_>) -> Result<(), SinkError> {
    let cells: Vec<(String, String)> = figures.iter().map(|f| (label(f), value(f, zone))).collect();
    let mut name = name;
    for line in in_columns(&cells) {
        page.entry(INDENT, name, &line)?;
        name = "";
    }
    Ok(())
}

/// Names and values as lines of two columns; what is too long for one has a line of its own.
fn in_columns(cells: &[(String, String)]) -> Vec<String> {
    let width = |of: &[(String, String)]| of.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let names = width(cells).min(NAMES_WIDE);
    let (mut lines, mut left) = (Vec::new(), None::<String>);
    for (name, value) in cells {
        let cell = format!("{name:names$}  {value}");
        if cell.chars().count() + 2 > HALF {
            lines.extend(left.take());
            lines.push(cell);
        } else if let Some(first) = left.take() {
            lines.push(format!("{first:HALF$}{cell}"));
        } else {
            left = Some(cell);
        }
    }
    lines.extend(left);
    lines
}

/// What the answer would have been: what was changed, the answer and its figure, each in its column.
fn otherwise(rows: &[Varied], zone: &ZoneRule, page: &mut Page<'_>) -> Result<(), SinkError> {
    let figure = |f: &Figure| format!("{} {}", label(f), value(f, zone));
    let rows: Vec<[String; 3]> = rows.iter().map(|v| [figure(&v.changed), word(v.answer), figure(&v.figure)]).collect();
    let wide = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|c| c.chars().count()).max().unwrap_or(0);
    let (changed, answer) = (wide(0).min(NAMES_WIDE), wide(1).min(NAMES_WIDE));
    let mut name = "otherwise";
    for [a, b, c] in &rows {
        page.entry(INDENT, name, &format!("{a:changed$}  {b:answer$}  {c}"))?;
        name = "";
    }
    Ok(())
}

fn fixes(f: &Finding, zone: &ZoneRule, page: &mut Page<'_>) -> Result<(), SinkError> {
    let shown = f.fixes.get(..FIXES_SHOWN.min(f.fixes.len())).unwrap_or_default();
    let parts = shown.iter().map(|c| c.part.chars().count()).max().unwrap_or_default();
    let mut name = "records";
    for cited in shown {
        let of_another = f.device.as_ref().is_none_or(|device| *device != cited.device);
        let device = if of_another { format!("  {}", shortened(&cited.device, NAME_CHARS)) } else { String::new() };
        page.entry(INDENT, name, &format!("{:parts$}  {}{device}", cited.part, citation(cited, zone)))?;
        name = "";
    }
    match f.fixes.len().saturating_sub(FIXES_SHOWN) {
        0 => Ok(()),
        more => {
            let records = counted(u64::try_from(more).unwrap_or(u64::MAX), "record", "records");
            page.entry(INDENT, "", &format!("and {records} more: {JSON_LISTS_ALL}"))
        }
    }
}

fn citation(c: &Cited, zone: &ZoneRule) -> String {
    let short = c.exhibit.get(..12).unwrap_or(&c.exhibit);
    let time = offset_text(c.t0_us, zone);
    let at = if c.lat_deg.is_nan() {
        "position not looked at".to_owned()
    } else {
        format!("{} +/- {}", position(c.lat_deg, c.lon_deg), metres(c.uncertainty_m))
    };
    format!("{time}  {at}  {short} row {}", c.row)
}

/// How many rows of the timeline are listed.
const ROWS_SHOWN: usize = 40;

/// Everything that has a time, on one axis, and where it is drawn.
pub(super) fn timeline(
    (rows, plots): (&[OnAxis], &[String]),
    zone: &ZoneRule,
    page: &mut Page<'_>,
) -> Result<(), SinkError> {
    if rows.is_empty() && plots.is_empty() {
        return Ok(());
    }
    page.heading("ON ONE AXIS OF TIME")?;
    for path in plots {
        page.line(2, &format!("drawn in {path}"))?;
    }
    let lanes = Lane::ALL.map(|lane| lane.as_str().len()).into_iter().max().unwrap_or_default();
    for on_axis in rows.iter().take(ROWS_SHOWN) {
        let TimelineRow { t0_us, t1_us, lane, kind, device, about } = &on_axis.row;
        let length =
            if t1_us > t0_us { format!(" for {}", elapsed_text(t1_us.saturating_sub(*t0_us))) } else { String::new() };
        let kind = if *kind == lane.as_str() { String::new() } else { format!(" {}", word(kind)) };
        let names: String =
            [about, device].iter().filter(|n| !n.is_empty()).map(|n| format!(", {}", name(n))).collect();
        page.line(2, &format!("{}  {:lanes$} {kind}{names}{length}", offset_text(*t0_us, zone), lane.as_str()))?;
    }
    match rows.len().saturating_sub(ROWS_SHOWN) {
        0 => Ok(()),
        more => page.line(2, &format!("and {more} more: {JSON_LISTS_ALL}")),
    }
}

/// Alternatives and limits, once for a topic: most of its findings share them.
fn remarks(of_topic: &[NamedFinding], page: &mut Page<'_>) -> Result<(), SinkError> {
    for (title, of) in [
        ("What else would give the same records", (|f| &f.alternatives) as fn(&Finding) -> &Vec<&'static str>),
        ("What these records cannot show", |f| &f.limits),
    ] {
        let mut said: Vec<&str> = Vec::new();
        for sentence in of_topic.iter().flat_map(|n| of(&n.finding)) {
            if !said.contains(sentence) {
                said.push(sentence);
            }
        }
        if said.is_empty() {
            continue;
        }
        page.gap()?;
        page.line(2, title)?;
        for sentence in said {
            page.item("-", sentence)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_columns_and_long_ones_alone() {
        let cell = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let long = "x".repeat(60);
        let cells = [cell("distance", "9.4 m"), cell("speed", "3 m/s"), cell("why", &long), cell("rows", "7")];
        let lines = in_columns(&cells);
        assert_eq!(lines.len(), 3, "{lines:?}");
        let column = |line: &str, what: &str| line.find(what).unwrap();
        assert_eq!([column(&lines[0], "9.4 m"), column(&lines[1], &long), column(&lines[2], "7")], [10; 3]);
        assert_eq!(column(&lines[0], "speed"), HALF);
        assert_eq!(in_columns(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_record_that_was_set_aside_shows_no_position() {
        let cited = Cited {
            device: "d".to_owned(),
            part: "outside",
            exhibit: "ab".repeat(32),
            row: 7,
            t0_us: 1_761_438_600_000_000,
            t1_us: 1_761_438_600_000_000,
            lat_deg: f64::NAN,
            lon_deg: f64::NAN,
            uncertainty_m: f64::NAN,
        };
        let london = ZoneRule::parse("Europe/London").unwrap();
        let text = citation(&cited, &london);
        assert_eq!(text, "2025-10-26 01:30:00 +01:00  position not looked at  abababababab row 7");
    }
}
