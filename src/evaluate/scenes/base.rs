//! Base rates: how often an identifier is recorded at a place at that hour when nothing happened there.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::evaluate::Allegation;
use crate::evaluate::wall_clock::{LATEST_US, WallClock, is_weekend};
use crate::time::{EARLIEST_US, US_PER_S, ZoneRule};

/// A day, microseconds.
const DAY_US: i64 = 86_400 * US_PER_S;

/// How often identifiers were recorded at a scene's place in windows of other days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SceneRate {
    /// Recorded presences: identifiers summed over windows.
    pub present: u64,
    /// Possible presences: identifiers times windows.
    pub of: u64,
}

impl SceneRate {
    /// The chance that one identifier is recorded there: `(present + 1/2) / (of + 1)`, never 0 and never 1.
    ///
    /// Source: the posterior mean under Jeffreys's prior for a binomial chance. What was never seen in few windows is not
    /// thereby rare.
    #[must_use]
    pub fn chance(&self) -> f64 {
        (real(self.present) + 0.5) / (real(self.of.max(self.present)) + 1.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 do not occur, and a share would not show it")]
fn real(n: u64) -> f64 {
    n as f64
}

/// Windows of the scene's length at its hour of the clock on the wall, on `n` other days between two UTC moments: working
/// days for one on a working day, Saturdays and Sundays for one on these. Days on which there was any scene are left out.
///
/// Fewer where there are not so many days. Which ones are drawn hangs on `seed` only, which is to be stated.
#[must_use]
pub fn other_days(
    scene: &Allegation,
    scenes: &[Allegation],
    (from_us, to_us): (i64, i64),
    zone: &ZoneRule,
    n: usize,
    seed: u64,
) -> Vec<(i64, i64)> {
    let (from_us, to_us) = (from_us.max(EARLIEST_US), to_us.min(LATEST_US));
    let mut clock = WallClock::new(zone);
    let wall_us = clock.at(scene.t0_us);
    let day = wall_us.div_euclid(DAY_US);
    let first = clock.at(from_us).div_euclid(DAY_US);
    let last = clock.at(to_us).div_euclid(DAY_US);
    let taken: Vec<(i64, i64)> = scenes
        .iter()
        .chain([scene])
        .map(|other| (clock.at(other.t0_us).div_euclid(DAY_US), clock.at(other.t1_us).div_euclid(DAY_US)))
        .collect();
    let length_us = scene.t1_us.saturating_sub(scene.t0_us).max(0);
    let mut windows = Vec::new();
    for other in first..=last {
        let free = taken.iter().all(|(from, to)| other < *from || other > *to);
        if !free || is_weekend(other) != is_weekend(day) {
            continue;
        }
        // The offset of that day's noon is the offset of the hour but in the two nights of the change.
        let moved_us = scene.t0_us.saturating_add((other - day).saturating_mul(DAY_US));
        let start_us = moved_us - (clock.at(moved_us) - moved_us) + (wall_us - scene.t0_us);
        let end_us = start_us.saturating_add(length_us);
        if start_us >= from_us && end_us <= to_us {
            windows.push((start_us, end_us));
        }
    }
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    // Fisher and Yates: the first n are a fair draw.
    for at in 0..n.min(windows.len()) {
        let left = u64::try_from(windows.len() - at).unwrap_or(u64::MAX);
        let drawn = at + usize::try_from(chance.next_u64() % left).unwrap_or(0);
        windows.swap(at, drawn);
    }
    windows.truncate(n);
    windows.sort_unstable();
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_utc;

    fn scene(t0: &str, t1: &str) -> Allegation {
        let (t0_us, t1_us) = (parse_utc(t0).unwrap(), parse_utc(t1).unwrap());
        Allegation { reference: String::new(), t0_us, t1_us, lat_deg: 51.5, lon_deg: -0.12, uncertainty_m: 0.0 }
    }

    #[test]
    fn windows_are_at_the_hour_on_the_wall_on_like_days_without_a_scene() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        // Thursday 2025-03-27 22:00 local (Greenwich time); summer time from the 30th.
        let one = scene("2025-03-27T22:00:00Z", "2025-03-27T23:00:00Z");
        let two = scene("2025-04-02T10:00:00Z", "2025-04-02T10:00:00Z");
        let range = (parse_utc("2025-03-24T00:00:00Z").unwrap(), parse_utc("2025-04-05T23:59:59Z").unwrap());
        let all = other_days(&one, &[one.clone(), two], range, &london, 100, 1);
        let want = ["03-24T22", "03-25T22", "03-26T22", "03-28T22", "03-31T21", "04-01T21", "04-03T21", "04-04T21"];
        let want: Vec<i64> = want.iter().map(|t| parse_utc(&format!("2025-{t}:00:00Z")).unwrap()).collect();
        assert_eq!(all.iter().map(|w| w.0).collect::<Vec<_>>(), want);
        assert!(all.iter().all(|w| w.1 - w.0 == 3_600 * US_PER_S));
        let some = other_days(&one, &[], range, &london, 3, 1);
        assert_eq!(some.len(), 3);
        assert_eq!(some, other_days(&one, &[], range, &london, 3, 1), "a seed draws the same again");
        assert!((0..20).any(|seed| other_days(&one, &[], range, &london, 3, seed) != some));
    }

    #[test]
    fn a_rate_is_never_nought_nor_one() {
        assert_eq!(SceneRate { present: 0, of: 99 }.chance(), 0.005);
        assert!(SceneRate { present: 5, of: 5 }.chance() < 1.0 && SceneRate { present: 0, of: 0 }.chance() == 0.5);
    }
}
