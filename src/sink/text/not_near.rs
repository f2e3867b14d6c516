//! NOT NEAR: the targets without a proximity, and whether there were records at all.

use crate::model::TargetKind;
use crate::sink::report::{Nearest, NotNear};
use crate::sink::{Report, SinkError, shortened, wording};

use super::{NAME_CHARS, Page, citation, name};

pub(super) fn section(report: &Report, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.heading("NOT NEAR")?;
    if report.not_near.is_empty() {
        let targets = &report.targets;
        let none_given = targets.places.is_empty() && targets.incidents.is_empty();
        return page.line(2, if none_given { wording::NO_FIXED_TARGETS } else { wording::ALL_NEAR });
    }
    for n in &report.not_near {
        finding(n, page)?;
    }
    Ok(())
}

fn finding(n: &NotNear, page: &mut Page<'_>) -> Result<(), SinkError> {
    let kind = match n.target_kind {
        TargetKind::VictimFix => "victim's device",
        TargetKind::Place => "place",
        TargetKind::Incident => "incident",
    };
    page.line(2, &format!("device {}, {kind} {}", name(&n.device), name(&n.target)))?;
    if let (Some(from), Some(to)) = (&n.from, &n.to) {
        page.line(5, &format!("from {}   {}", from.local, from.utc))?;
        page.line(5, &format!("to   {}   {}", to.local, to.utc))?;
    }
    page.line(5, &n.sentence)?;
    n.nearest.as_ref().map_or(Ok(()), |nearest| page.line(5, &cited(nearest)))
}

fn cited(nearest: &Nearest) -> String {
    let r = &nearest.record;
    let file = r.file.as_deref().map(|f| format!(", {}", name(f))).unwrap_or_default();
    format!("that record: {}{file}, \"{}\"", citation(r), shortened(&r.time_text, NAME_CHARS))
}
