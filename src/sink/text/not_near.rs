//! NOT NEAR: the targets without a proximity, and whether there were records at all.

use crate::model::TargetKind;
use crate::sink::report::{Nearest, NotNear, NotNearFinding};
use crate::sink::{Report, SinkError, shortened, wording};
use crate::time::utc_text;

use super::{JSON_LISTS_ALL, NAME_CHARS, Page, citation, name};

/// How many are shown: each is a finding, so far more than of a list of rows.
const SHOWN: usize = 100;

pub(super) fn section(report: &Report, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.heading("NOT NEAR")?;
    if report.not_near.is_empty() {
        let targets = &report.targets;
        let none_given = targets.places.is_empty() && targets.incidents.is_empty();
        return page.line(2, if none_given { wording::NO_FIXED_TARGETS } else { wording::ALL_NEAR });
    }
    let silent = report.not_near.iter().filter(|n| n.finding == NotNearFinding::NoRecords).count();
    let recorded = report.not_near.len() - silent;
    page.line(2, &format!("{recorded} with records elsewhere, {silent} without records (silence shows nothing)"))?;
    for n in report.not_near.iter().take(SHOWN) {
        page.gap()?;
        finding(n, page)?;
    }
    match report.not_near.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => page.line(2, &format!("and {more} more: {JSON_LISTS_ALL}")),
    }
}

fn finding(n: &NotNear, page: &mut Page<'_>) -> Result<(), SinkError> {
    let kind = match n.target_kind {
        TargetKind::VictimFix => "victim's device",
        TargetKind::Place => "place",
        TargetKind::Incident => "incident",
    };
    page.line(2, &format!("device {}, {kind} {}", name(&n.device), name(&n.target)))?;
    if let (Some(from), Some(to)) = (&n.from, &n.to) {
        page.entry(5, "from", &format!("{}   {}", from.local, from.utc))?;
        page.entry(5, "to", &format!("{}   {}", to.local, to.utc))?;
    }
    page.entry(5, "finding", &n.sentence)?;
    n.nearest.as_ref().map_or(Ok(()), |nearest| page.entry(5, "nearest", &cited(nearest)))
}

fn cited(nearest: &Nearest) -> String {
    let r = &nearest.record;
    let file = r.file.as_deref().map(|f| format!(", {}", name(f))).unwrap_or_default();
    let read = r.time.map(|t| format!(" = {}", utc_text(t.t0_us))).unwrap_or_default();
    format!("{}{file}, \"{}\"{read}", citation(r), shortened(&r.time_text, NAME_CHARS))
}
