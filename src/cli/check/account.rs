//! The account of one file, as the report gives it: read, not readable, or read before.

use crate::decode::{ExhibitReport, MemberReport};
use crate::model::{Exhibit, NotAFix};
use crate::sink::report::{ExhibitRead, KindCount, Member, Moment, Role, RowCounts, Span, Uncertainties};
use crate::time::ZoneRule;

use super::tally::Tally;

/// A file that was read.
pub(super) fn read(role: Role, report: &ExhibitReport, tally: Tally, zone: &ZoneRule) -> ExhibitRead {
    let member = |m: &MemberReport| Member {
        name: m.name.clone(),
        format: m.detection.as_ref().map(|d| d.format.to_string()),
        recognised_by: m.detection.as_ref().map(|d| d.because.clone()).unwrap_or_default(),
        profile: m.detection.as_ref().and_then(|d| d.profile.clone()),
    };
    let named = |name: &str| if name.is_empty() { String::new() } else { format!("{name}: ") };
    let broken = |m: &MemberReport| m.error.as_ref().map(|e| format!("{}{e}", named(&m.name)));
    ExhibitRead {
        members: report.members.iter().map(member).collect(),
        counts: RowCounts::new(&report.counts()),
        span: report.span.map(|(from, to)| Span { from: Moment::new(from, zone), to: Moment::new(to, zone) }),
        devices: tally.devices(),
        positions: tally.positions(),
        uncertainties: tally.uncertainties,
        times_ambiguous: tally.times_ambiguous,
        gaps: tally.gaps(zone),
        errors: report.members.iter().filter_map(broken).chain(report.incomplete.clone()).collect(),
        ..bare(role, &report.exhibit)
    }
}

/// A file of which nothing could be read, and why.
pub(super) fn refused(role: Role, exhibit: &Exhibit, why: String) -> ExhibitRead {
    ExhibitRead { errors: vec![why], ..bare(role, exhibit) }
}

/// A file with the bytes of one that was read before: each of its rows repeats one, and none is compared twice.
pub(super) fn repeated(exhibit: &Exhibit, first: &ExhibitRead) -> ExhibitRead {
    let because = format!("the same bytes as {}, which was read before", first.file);
    let rows = first.counts.rows;
    let repeats = (rows > 0).then(|| KindCount { kind: NotAFix::Repeat.as_str().to_owned(), rows });
    ExhibitRead {
        members: first.members.iter().map(|m| Member { recognised_by: because.clone(), ..m.clone() }).collect(),
        counts: RowCounts {
            rows,
            not_fixes: rows,
            not_fixes_by_kind: repeats.into_iter().collect(),
            ..RowCounts::default()
        },
        ..bare(first.role, exhibit)
    }
}

fn bare(role: Role, exhibit: &Exhibit) -> ExhibitRead {
    ExhibitRead {
        role,
        file: exhibit.name.clone(),
        sha256: exhibit.sha256.to_string(),
        bytes: exhibit.bytes,
        members: Vec::new(),
        counts: RowCounts::default(),
        span: None,
        devices: Vec::new(),
        gaps: Vec::new(),
        positions: Vec::new(),
        uncertainties: Uncertainties::default(),
        times_ambiguous: 0,
        errors: Vec::new(),
    }
}
