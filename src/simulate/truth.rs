//! What was planted in a made-up case, and how well a list of encounters finds it again.

use serde::Serialize;

/// How a planted encounter came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantedKind {
    /// The suspect stays near a place of the victim.
    Waiting,
    /// The suspect takes the victim's path a little later.
    Following,
    /// The suspect goes past.
    Passing,
    /// The suspect is in the area, and not near: no encounter.
    NearMiss,
}

/// A stretch of time in which the suspect truly was near (or, for a near miss, not quite).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlantedEncounter {
    /// How it came about.
    pub kind: PlantedKind,
    /// What the suspect was near: a place's name or the victim's device.
    pub near: String,
    /// First second of it, UTC microseconds.
    pub start_us: i64,
    /// Last second of it, UTC microseconds.
    pub end_us: i64,
    /// The least true distance within it, metres on the map, to a tenth.
    pub min_offset_m: f64,
}

/// How a list of encounters compares with what was planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Planted encounters that at least one encounter overlaps in time.
    pub found: usize,
    /// Planted encounters that none overlaps.
    pub missed: usize,
    /// Encounters that overlap no planted one.
    pub extra: usize,
}

/// Compares encounters, as `(enter_us, exit_us)`, with what was planted; ends that touch overlap.
///
/// The caller chooses which encounters count. Those of grade `possible` that rest on cell sites are expected to be
/// `extra`: a radius of two kilometres cannot tell near from not near.
#[must_use]
pub fn score(encounters: &[(i64, i64)], truth: &[PlantedEncounter]) -> Score {
    let overlap = |e: &(i64, i64), p: &PlantedEncounter| e.0 <= p.end_us && e.1 >= p.start_us;
    let found = truth.iter().filter(|p| encounters.iter().any(|e| overlap(e, p))).count();
    let extra = encounters.iter().filter(|e| !truth.iter().any(|p| overlap(e, p))).count();
    Score { found, missed: truth.len() - found, extra }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(start_us: i64, end_us: i64) -> PlantedEncounter {
        PlantedEncounter { kind: PlantedKind::Passing, near: "phone".to_owned(), start_us, end_us, min_offset_m: 1.0 }
    }

    #[test]
    fn found_missed_and_extra_are_told_apart() {
        let truth = [planted(10, 20), planted(100, 200), planted(300, 400)];
        // Two encounters find the first; one touches the end of the second; one is nowhere near.
        let encounters = [(5, 10), (12, 13), (200, 250), (500, 600)];
        assert_eq!(score(&encounters, &truth), Score { found: 2, missed: 1, extra: 1 });
        assert_eq!(score(&[], &truth), Score { found: 0, missed: 3, extra: 0 });
        assert_eq!(score(&encounters, &[]), Score { found: 0, missed: 0, extra: 4 });
        assert_eq!(score(&[(0, 1_000)], &truth), Score { found: 3, missed: 0, extra: 0 });
    }
}
