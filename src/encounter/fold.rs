//! The fold: contacts in, encounters out.
//!
//! A contact lasts as long as the fix's interval reaches into the target's, widened by the window on both sides:
//! `[max(f.t0, g.t0 - window), min(f.t1, g.t1 + window)]`. Contacts of one device and one owner (a victim's device, a
//! place, an incident) are cut into maximal runs whose gaps are at most `gap_us`, and each run is an encounter.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::contact::{Contact, FoldError, Tables};
use super::content_order::{NameRanks, Standing, ordered_bits};
use super::sweep::{Run, Span, runs};
use crate::model::{Content, Encounter, Grade, ProximityParams, SourceKind, TargetKind};

/// Folds contacts into encounters, sorted by device, kind of target, target and time.
///
/// `closest_approach_m` is left empty: see [`measure_approach`](super::measure_approach). A contact given twice, or two
/// rows with the same content from the same exhibit, count once. `O(n log n)` in the number of contacts.
///
/// # Errors
/// [`FoldError`] if a contact points at a row, or a row at a name, that the tables do not have.
pub fn fold(contacts: &[Contact], tables: &Tables<'_>, params: &ProximityParams) -> Result<Vec<Encounter>, FoldError> {
    let touches = sorted_touches(contacts, tables, params)?;
    let mut encounters = Vec::new();
    for group in touches.chunk_by(|a, b| a.group == b.group) {
        let spans: Vec<Span> = group.iter().map(Touch::span).collect();
        for run in runs(&spans, params.gap_us) {
            encounters.extend(encounter(group, &run, tables, params)?);
        }
    }
    Ok(encounters)
}

/// A contact with its time and its standing by content.
#[derive(Debug, Clone, Copy)]
struct Touch {
    /// Device, kind of target, owner; names by rank.
    group: (u32, TargetKind, u32),
    start_us: i64,
    end_us: i64,
    fix: Standing,
    target: Standing,
    contact: Contact,
}

impl Touch {
    fn span(&self) -> Span {
        Span { start_us: self.start_us, end_us: self.end_us, opens: self.contact.grade.is_some() }
    }

    fn pair(&self) -> (u32, u32) {
        (self.contact.fix, self.contact.target)
    }

    /// Content first; the positions in the caller's tables only choose which of two equal rows stands for both.
    fn order(&self) -> impl Ord + use<> {
        let c = &self.contact;
        let content = (self.start_us, self.end_us, self.fix.rank, self.target.rank);
        (self.group, content, Reverse(c.grade), ordered_bits(c.distance_m), ordered_bits(c.p_within), self.pair())
    }

    fn same_pair(&self, other: &Self) -> bool {
        self.group == other.group && self.fix.rank == other.fix.rank && self.target.rank == other.target.rank
    }
}

fn sorted_touches(
    contacts: &[Contact],
    tables: &Tables<'_>,
    params: &ProximityParams,
) -> Result<Vec<Touch>, FoldError> {
    let names = NameRanks::of(tables);
    let fixes = names.fixes(tables, contacts.iter().map(|c| c.fix).collect())?;
    let targets = names.targets(tables, contacts.iter().map(|c| c.target).collect())?;
    let standing = |all: &[Standing], index: u32| {
        usize::try_from(index).ok().and_then(|i| all.get(i)).copied().unwrap_or_default()
    };
    let mut touches = Vec::with_capacity(contacts.len());
    for contact in contacts {
        let (f, g) = (tables.fix(contact.fix)?, tables.target(contact.target)?);
        let (start_us, end_us) = together((f.t0_us, f.t1_us), (g.t0_us, g.t1_us), params.window_us);
        touches.push(Touch {
            group: (names.device(f)?, g.kind, names.owner(g)?),
            start_us,
            end_us,
            fix: standing(&fixes, contact.fix),
            target: standing(&targets, contact.target),
            contact: *contact,
        });
    }
    touches.sort_unstable_by_key(Touch::order);
    touches.dedup_by(|later, earlier| earlier.same_pair(later));
    Ok(touches)
}

/// The part of a fix's interval within the window of a target's; UTC microseconds, start not after end.
///
/// Where the two are further apart than the window (which the join never reports) it is the end of the fix's interval
/// that is nearer to the target.
#[must_use]
pub fn together((f0_us, f1_us): (i64, i64), (g0_us, g1_us): (i64, i64), window_us: i64) -> (i64, i64) {
    let start_us = g0_us.saturating_sub(window_us).min(f1_us).max(f0_us);
    let end_us = g1_us.saturating_add(window_us).min(f1_us).max(f0_us);
    (start_us, end_us.max(start_us))
}

/// One run as an encounter; `None` if it had no graded contact, which a run never lacks.
fn encounter(
    group: &[Touch],
    run: &Run,
    tables: &Tables<'_>,
    params: &ProximityParams,
) -> Result<Option<Encounter>, FoldError> {
    let graded: Vec<&Touch> = run.graded.iter().filter_map(|&at| group.get(at)).collect();
    let held: Vec<&Touch> = run.held.iter().filter_map(|&at| group.get(at)).collect();
    let nearest = graded.iter().min_by_key(|t| (ordered_bits(t.contact.distance_m), t.fix.rank, t.target.rank));
    let (Some(nearest), Some(grade)) = (nearest, best_grade(&graded)) else { return Ok(None) };
    let target = tables.target(nearest.contact.target)?;
    let device = tables.device(tables.fix(nearest.contact.fix)?)?;
    let owner = tables.owner(target)?;
    let p_sum: f64 = graded.iter().map(|t| t.contact.p_within).sum();
    let suspect_fixes = distinct(graded.iter().map(|t| t.fix.moment));
    Ok(Some(Encounter {
        id: identifier(device, target.kind, owner, &graded, &held, tables, params)?,
        device: device.to_owned(),
        target_kind: target.kind,
        target: owner.to_owned(),
        enter_us: run.enter_us,
        exit_us: run.exit_us,
        grade,
        p_within_max: graded.iter().map(|t| t.contact.p_within).fold(0.0, f64::max),
        p_within_mean: p_sum / f64::from(u32::try_from(graded.len()).unwrap_or(u32::MAX)),
        min_distance_m: nearest.contact.distance_m,
        min_pair: nearest.pair(),
        closest_approach_m: None,
        closest_approach_us: None,
        proximities: graded.iter().map(|t| t.pair()).collect(),
        held: held.iter().map(|t| t.pair()).collect(),
        suspect_fixes,
        target_fixes: distinct(graded.iter().map(|t| t.target.moment)),
        sources: sources(&graded, tables)?,
        single_fix: suspect_fixes == 1,
    }))
}

fn best_grade(graded: &[&Touch]) -> Option<Grade> {
    graded.iter().filter_map(|t| t.contact.grade).max()
}

fn distinct(moments: impl Iterator<Item = u32>) -> u32 {
    let moments: BTreeSet<u32> = moments.collect();
    u32::try_from(moments.len()).unwrap_or(u32::MAX)
}

fn sources(graded: &[&Touch], tables: &Tables<'_>) -> Result<Vec<String>, FoldError> {
    let mut kinds: BTreeSet<SourceKind> = BTreeSet::new();
    for touch in graded {
        kinds.insert(tables.fix(touch.contact.fix)?.source);
        kinds.extend(tables.target(touch.contact.target)?.source);
    }
    Ok(kinds.into_iter().map(|kind| kind.as_str().to_owned()).collect())
}

/// SHA-256, shortened, of the device, the target, the parameters and both ends of every supporting pair in order.
fn identifier(
    device: &str,
    kind: TargetKind,
    owner: &str,
    graded: &[&Touch],
    held: &[&Touch],
    tables: &Tables<'_>,
    params: &ProximityParams,
) -> Result<String, FoldError> {
    let mut content = Content::of("encounter 1").text(device).text(kind.as_str()).text(owner).params(params);
    for part in [graded, held] {
        content = content.count(part.len());
        for touch in part {
            let (f, g) = (tables.fix(touch.contact.fix)?, tables.target(touch.contact.target)?);
            content = content.whole(f.t0_us).whole(f.t1_us).real(f.lat_deg).real(f.lon_deg);
            content = content.text(tables.exhibit(f.origin)?).natural(f.origin.row);
            content = content.whole(g.t0_us).whole(g.t1_us).real(g.lat_deg).real(g.lon_deg);
            content = match g.origin {
                None => content.natural(0),
                Some(origin) => content.natural(1).text(tables.exhibit(origin)?).natural(origin.row),
            };
        }
    }
    Ok(content.finish().to_string())
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
