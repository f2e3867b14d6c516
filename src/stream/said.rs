//! What the stream says of a case, and how a later statement relates to an earlier one.
//!
//! ```text
//!   opened ──> grew ──> grew ──> closed          the same encounter, a new revision each time
//!      └─> superseded by another                 two have become one, or an earlier record came late
//!      └─> withdrawn                             an attribution or a target does not hold any more
//! ```

use std::collections::BTreeMap;

use crate::encounter::ContentId;
use crate::model::{Grade, TargetKind};

/// One fix near one target.
#[derive(Debug, Clone, PartialEq)]
pub struct ProximitySaid {
    /// Its identifier: fix, target, radius and window.
    pub id: ContentId,
    /// The fix.
    pub fix: ContentId,
    /// The kind of target.
    pub target_kind: TargetKind,
    /// The target: the identifier of a victim's fix, or what a stated target is called in the case.
    pub target_id: String,
    /// The device of the fix.
    pub device: String,
    /// Start of the fix, UTC microseconds.
    pub t0_us: i64,
    /// End of the fix, UTC microseconds.
    pub t1_us: i64,
    /// Distance of the centres, metres.
    pub distance_m: f64,
    /// How firmly it is established.
    pub grade: Grade,
    /// P(true distance <= radius).
    pub p_within: f64,
}

/// An encounter as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct EncounterSaid {
    /// The identifier it keeps while it grows; see [`anchor_id`](crate::encounter::anchor_id).
    pub id: ContentId,
    /// The identifier of its content, as `locard check` gives it.
    pub content: String,
    /// The suspect's device.
    pub device: String,
    /// The kind of target.
    pub target_kind: TargetKind,
    /// The victim's device, the place or the incident.
    pub target: String,
    /// Its beginning, UTC microseconds.
    pub enter_us: i64,
    /// Its end so far, UTC microseconds.
    pub exit_us: i64,
    /// The best grade of its proximities.
    pub grade: Grade,
    /// The highest probability of its proximities.
    pub p_within_max: f64,
    /// Their mean probability.
    pub p_within_mean: f64,
    /// The least distance of observed fixes, metres.
    pub min_distance_m: f64,
    /// The least distance on the interpolated tracks, metres.
    pub closest_approach_m: Option<f64>,
    /// When that was, UTC microseconds.
    pub closest_approach_us: Option<i64>,
    /// How many suspect fixes it rests on.
    pub suspect_fixes: u32,
    /// How many targets it rests on.
    pub target_fixes: u32,
    /// The kinds of sources.
    pub sources: Vec<String>,
    /// It rests on one fix of the suspect.
    pub single_fix: bool,
    /// How many proximities it has.
    pub proximities: u32,
    /// The device has records later than `gap_s` after its end: only late records can still change it.
    pub closed: bool,
}

/// How a statement about an encounter relates to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    Opened,
    /// It rests on more, or on something else, than before.
    Grew,
    /// Nothing of it changed but that the device has gone on.
    Closed,
    /// Another took its place.
    Superseded(ContentId),
    /// It does not hold any more.
    Withdrawn,
}

impl Change {
    /// The word in topics and on screens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Grew => "grew",
            Self::Closed => "closed",
            Self::Superseded(_) => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The word in the column `status`.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Opened | Self::Grew | Self::Closed => "current",
            Self::Superseded(_) => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A statement about an encounter.
#[derive(Debug, Clone, PartialEq)]
pub struct EncounterRevision {
    /// What is said; of one that does not hold any more, what was said last.
    pub encounter: EncounterSaid,
    /// How it relates to the statement before.
    pub change: Change,
}

/// What has to be said so that `before` becomes `after`. Nothing is said of what is the same.
///
/// An encounter that is gone was superseded by the one of the same device and target that now holds its beginning, or the
/// next in time that touches it; if there is none, it is withdrawn.
#[must_use]
pub fn revisions(before: Vec<EncounterSaid>, after: &[EncounterSaid]) -> Vec<EncounterRevision> {
    let mut old: BTreeMap<ContentId, EncounterSaid> = before.into_iter().map(|e| (e.id, e)).collect();
    let mut said = Vec::new();
    for new in after {
        let change = match old.remove(&new.id) {
            None => Change::Opened,
            Some(old) if old == *new => continue,
            Some(old) => {
                if (EncounterSaid { closed: true, ..old }) == *new {
                    Change::Closed
                } else {
                    Change::Grew
                }
            }
        };
        said.push(EncounterRevision { encounter: new.clone(), change });
    }
    for gone in old.into_values() {
        let change = successor(&gone, after).map_or(Change::Withdrawn, Change::Superseded);
        said.push(EncounterRevision { encounter: gone, change });
    }
    said
}

fn successor(gone: &EncounterSaid, after: &[EncounterSaid]) -> Option<ContentId> {
    let same =
        |e: &&EncounterSaid| e.device == gone.device && e.target_kind == gone.target_kind && e.target == gone.target;
    let touches = |e: &&EncounterSaid| e.enter_us <= gone.exit_us && e.exit_us >= gone.enter_us;
    // Those that began before it come first, so that the one that holds its beginning is preferred.
    after.iter().filter(same).filter(touches).min_by_key(|e| (e.enter_us > gone.enter_us, e.enter_us)).map(|e| e.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encounter(id: i64, enter_us: i64, exit_us: i64) -> EncounterSaid {
        EncounterSaid {
            id: ContentId::from_i64(id),
            content: format!("{id}:{enter_us}:{exit_us}"),
            device: "phone".to_owned(),
            target_kind: TargetKind::Place,
            target: "home".to_owned(),
            enter_us,
            exit_us,
            grade: Grade::Probable,
            p_within_max: 0.9,
            p_within_mean: 0.8,
            min_distance_m: 5.0,
            closest_approach_m: None,
            closest_approach_us: None,
            suspect_fixes: 1,
            target_fixes: 1,
            sources: vec!["gps".to_owned()],
            single_fix: true,
            proximities: 1,
            closed: false,
        }
    }

    fn changes(before: &[EncounterSaid], after: &[EncounterSaid]) -> Vec<(i64, Change)> {
        revisions(before.to_vec(), after).into_iter().map(|r| (r.encounter.id.as_i64(), r.change)).collect()
    }

    #[test]
    fn an_encounter_opens_grows_closes_and_is_not_repeated() {
        let first = encounter(1, 0, 10);
        let grown = encounter(1, 0, 20);
        let closed = EncounterSaid { closed: true, ..grown.clone() };
        assert_eq!(changes(&[], std::slice::from_ref(&first)), [(1, Change::Opened)]);
        assert_eq!(changes(std::slice::from_ref(&first), std::slice::from_ref(&grown)), [(1, Change::Grew)]);
        assert_eq!(changes(std::slice::from_ref(&grown), std::slice::from_ref(&closed)), [(1, Change::Closed)]);
        assert_eq!(changes(std::slice::from_ref(&closed), std::slice::from_ref(&closed)), []);
        // A late record reopens it: something else than the end of it changed.
        assert_eq!(changes(&[closed], &[grown]), [(1, Change::Grew)]);
    }

    #[test]
    fn of_two_that_become_one_the_later_is_superseded_and_says_by_which() {
        let (early, late, both) = (encounter(1, 0, 10), encounter(2, 30, 40), encounter(1, 0, 40));
        let by = Change::Superseded(both.id);
        assert_eq!(changes(&[early, late.clone()], &[both]), [(1, Change::Grew), (2, by)]);
        // An earlier record came late: the encounter begins earlier and has another name.
        let earlier = encounter(3, 25, 40);
        assert_eq!(
            changes(std::slice::from_ref(&late), std::slice::from_ref(&earlier)),
            [(3, Change::Opened), (2, Change::Superseded(earlier.id))]
        );
        // At another place nothing took its place.
        let elsewhere = EncounterSaid { target: "work".to_owned(), ..earlier };
        assert_eq!(changes(&[late], &[elsewhere]), [(3, Change::Opened), (2, Change::Withdrawn)]);
    }
}
