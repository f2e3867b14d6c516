//! READ: the files, what their rows became, where they are silent; and what was compared with.

use crate::sink::quantity::{count, counted, metres, position};
use crate::sink::report::{DeviceCount, ExhibitRead, Member, Moment, Rejects, Targets};
use crate::sink::{SinkError, shortened, wording};
use crate::time::elapsed_text;

use super::{JSON_LISTS_ALL, LISTED, NAME_CHARS, Page, and_more, name};

/// The section; `shown` writes the first and last moment of a file.
pub(super) fn section(
    (exhibits, compared, unused): (&[ExhibitRead], &Targets, &Rejects),
    shown: &dyn Fn(&Moment) -> String,
    page: &mut Page<'_>,
) -> Result<(), SinkError> {
    page.heading("READ")?;
    for exhibit in exhibits {
        file(exhibit, shown, page)?;
    }
    targets(compared, page)?;
    rejects(unused, exhibits, page)
}

fn file(e: &ExhibitRead, shown: &dyn Fn(&Moment) -> String, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.line(2, &format!("{}: {}", e.role.as_str(), name(&e.file)))?;
    page.entry(4, "SHA-256", &e.sha256)?;
    page.entry(4, "size", &counted(e.bytes, "byte", "bytes"))?;
    for member in &e.members {
        page.entry(4, "format", &format_of(member))?;
    }
    for error in &e.errors {
        page.entry(4, "ERROR", &shortened(error, 400))?;
    }
    rows(e, page)?;
    if let Some(span) = &e.span {
        page.entry(4, "from", &shown(&span.from))?;
        page.entry(4, "to", &shown(&span.to))?;
    }
    if !e.devices.is_empty() {
        page.entry(4, "devices", &devices(&e.devices))?;
    }
    positions(e, page)?;
    gaps(e, page)?;
    page.gap()
}

fn format_of(m: &Member) -> String {
    let member = if m.name.is_empty() { String::new() } else { format!("{}: ", name(&m.name)) };
    let format = m.format.as_deref().unwrap_or("not recognised");
    let profile = m.profile.as_ref().map(|p| format!(", profile {}", name(p))).unwrap_or_default();
    let because = shortened(&m.recognised_by, 200);
    let because = if because.is_empty() { because } else { format!(" (recognised by {because})") };
    format!("{member}{format}{profile}{because}")
}

fn rows(e: &ExhibitRead, page: &mut Page<'_>) -> Result<(), SinkError> {
    let c = &e.counts;
    let ends = match c.row_ends {
        0 => String::new(),
        n => format!(" + {}", counted(n, "end of a row", "ends of rows")),
    };
    page.entry(
        4,
        "rows",
        &format!(
            "{}{ends} = {} + {} + {} not fixes by nature",
            count(c.rows),
            counted(c.fixes, "fix", "fixes"),
            counted(c.rejects, "reject", "rejects"),
            count(c.not_fixes),
        ),
    )?;
    if c.of_other_devices > 0 {
        let other = counted(c.of_other_devices, "fix is of another device", "fixes are of other devices");
        page.entry(4, "", &format!("{other} and not compared"))?;
    }
    for r in &c.rejects_by_reason {
        page.entry(4, "", &format!("{}: {}", counted(r.rows, "reject", "rejects"), r.reason))?;
    }
    for k in &c.not_fixes_by_kind {
        page.entry(4, "", &format!("{} not a fix: {}", count(k.rows), k.kind))?;
    }
    Ok(())
}

fn positions(e: &ExhibitRead, page: &mut Page<'_>) -> Result<(), SinkError> {
    if e.positions.is_empty() {
        return Ok(());
    }
    let kinds: Vec<_> = e.positions.iter().map(|p| format!("{} {} {}", count(p.fixes), p.basis, p.source)).collect();
    page.entry(4, "kinds", &kinds.join(", "))?;
    let (stated, not_stated) = (e.uncertainties.stated, e.uncertainties.not_stated);
    let stated = counted(stated, "fix states an uncertainty", "fixes state an uncertainty");
    let rest = counted(not_stated, "does not", "do not");
    let assumed = if not_stated > 0 { format!(" ({})", wording::TREATED_AS_EXACT) } else { String::new() };
    page.entry(4, "radius", &format!("{stated}, {rest}{assumed}"))?;
    if e.times_ambiguous > 0 {
        let times = counted(e.times_ambiguous, "fix has", "fixes have");
        page.entry(
            4,
            "times",
            &format!("{times} a local time that occurs twice (the clocks went back): both are spanned"),
        )?;
    }
    Ok(())
}

fn gaps(e: &ExhibitRead, page: &mut Page<'_>) -> Result<(), SinkError> {
    if e.gaps.is_empty() {
        return Ok(());
    }
    let n = u64::try_from(e.gaps.len()).unwrap_or(u64::MAX);
    page.entry(4, "silent", &format!("{} longer than an hour; silence shows nothing", counted(n, "time", "times")))?;
    for g in e.gaps.iter().take(LISTED) {
        let line = format!("{} to {}, {} ({})", g.from.local, g.to.local, elapsed_text(g.gap_us), name(&g.device));
        page.entry(4, "", &line)?;
    }
    and_more(e.gaps.len(), JSON_LISTS_ALL).map_or(Ok(()), |more| page.entry(4, "", &more))
}

fn devices(devices: &[DeviceCount]) -> String {
    let mut listed: Vec<_> =
        devices.iter().take(LISTED).map(|d| format!("{} ({})", name(&d.device), count(d.fixes))).collect();
    listed.extend(and_more(devices.len(), JSON_LISTS_ALL));
    listed.join(", ")
}

fn targets(t: &Targets, page: &mut Page<'_>) -> Result<(), SinkError> {
    let incidents = u64::try_from(t.incidents.len()).unwrap_or(u64::MAX);
    let fixes = counted(t.victim_fixes, "victim fix", "victim fixes");
    page.line(2, &format!("compared with {fixes}, {} and:", counted(incidents, "incident", "incidents")))?;
    for p in &t.places {
        let reach = metres(p.radius_m);
        page.entry(4, "place", &format!("{}  {}, reaching {reach}", name(&p.name), position(p.lat_deg, p.lon_deg)))?;
    }
    if t.places.is_empty() {
        page.line(4, "no places")?;
    }
    Ok(())
}

fn rejects(r: &Rejects, exhibits: &[ExhibitRead], page: &mut Page<'_>) -> Result<(), SinkError> {
    if r.total == 0 {
        return Ok(());
    }
    page.gap()?;
    let ends = exhibits.iter().any(|e| e.counts.row_ends > 0);
    let what = if ends { ["row or end of a row", "rows and ends of rows"] } else { ["row", "rows"] };
    page.line(2, &format!("{} not used", counted(r.total, what[0], what[1])))?;
    for reject in r.listed.iter().take(LISTED) {
        let value = if reject.value.is_empty() {
            String::new()
        } else {
            format!(" \"{}\"", shortened(&reject.value, 2 * NAME_CHARS))
        };
        let field = if reject.field.is_empty() { String::new() } else { format!(" {}", name(&reject.field)) };
        let path =
            if reject.path.is_empty() { String::new() } else { format!(" {}", shortened(&reject.path, NAME_CHARS)) };
        let (file, row) = (name(&reject.file), reject.row);
        page.line(4, &format!("{file} row {row}{path}{field}{value}: {}; {}", reject.reason, reject.advice))?;
    }
    let shown = u64::try_from(r.listed.len().min(LISTED)).unwrap_or(u64::MAX);
    match r.total.saturating_sub(shown) {
        0 => Ok(()),
        more => page.line(4, &format!("and {} more: --rejects PATH writes all", count(more))),
    }
}
