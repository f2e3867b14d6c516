//! FINDINGS: each question with its answer, what decides it, and what it would have been otherwise.

use crate::evaluate::{Cited, Class, Figure, Finding, Topic, Varied};
use crate::sink::figure::{label, value};
use crate::sink::quantity::{counted, metres, position};
use crate::sink::report::NamedFinding;
use crate::sink::{SinkError, shortened};
use crate::time::{ZoneRule, local_text, utc_text};

use super::{JSON_LISTS_ALL, NAME_CHARS, Page};

/// How many deciding records of one finding are listed.
const FIXES_SHOWN: usize = 6;

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
    page.entry(5, "answer", &format!("{}{class}", f.answer.replace('_', " ")))?;
    page.entry(5, "", &f.says)?;
    let listed = |figures: &[Figure]| {
        figures.iter().map(|f| format!("{} {}", label(f), value(f, zone))).collect::<Vec<_>>().join("; ")
    };
    if !f.figures.is_empty() {
        page.entry(5, "figures", &listed(&f.figures))?;
    }
    fixes(f, zone, page)?;
    if !f.parameters.is_empty() {
        page.entry(5, "with", &listed(&f.parameters))?;
    }
    let mut name = "otherwise";
    for varied in &f.sensitivity {
        page.entry(5, name, &otherwise(varied, zone))?;
        name = "";
    }
    page.entry(5, "finding", &named.id)
}

fn otherwise(v: &Varied, zone: &ZoneRule) -> String {
    let figure = |f: &Figure| format!("{} {}", label(f), value(f, zone));
    format!("{}: {}, {}", figure(&v.changed), v.answer.replace('_', " "), figure(&v.figure))
}

fn fixes(f: &Finding, zone: &ZoneRule, page: &mut Page<'_>) -> Result<(), SinkError> {
    let mut name = "records";
    for cited in f.fixes.iter().take(FIXES_SHOWN) {
        page.entry(5, name, &citation(cited, zone))?;
        name = "";
    }
    match f.fixes.len().saturating_sub(FIXES_SHOWN) {
        0 => Ok(()),
        more => {
            let records = counted(u64::try_from(more).unwrap_or(u64::MAX), "record", "records");
            page.entry(5, "", &format!("and {records} more: {JSON_LISTS_ALL}"))
        }
    }
}

fn citation(c: &Cited, zone: &ZoneRule) -> String {
    let short = c.exhibit.get(..12).unwrap_or(&c.exhibit);
    let device = shortened(&c.device, NAME_CHARS);
    let (time, at) = (local_text(c.t0_us, zone), position(c.lat_deg, c.lon_deg));
    format!(
        "{}: {device}, {time} = {}, {at}, +/- {}, {short} row {}",
        c.part,
        utc_text(c.t0_us),
        metres(c.uncertainty_m),
        c.row
    )
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
