//! Counting base rates: identifiers heard one at a time, at the scenes' places on other days.

use super::base::{SceneRate, other_days};
use super::presence::{SceneParams, is_hit};
use crate::evaluate::{Allegation, Record};
use crate::time::ZoneRule;

/// Counts how often identifiers are recorded at the scenes' places in windows of other days.
///
/// Only records near a scene's place count, so that whoever reads them may leave out all others.
#[derive(Debug, Clone)]
pub struct BaseRates {
    /// Of each scene, its place in each window of another day.
    windows: Vec<Vec<Allegation>>,
    present: Vec<u64>,
    params: SceneParams,
}

impl BaseRates {
    /// For scenes of data between two UTC moments; hours and kinds of day are told by the clock of `zone`.
    ///
    /// Of [`SceneParams::days`] windows of each scene, drawn by [`SceneParams::seed`].
    #[must_use]
    pub fn new(scenes: &[Allegation], range_us: (i64, i64), zone: &ZoneRule, params: &SceneParams) -> Self {
        let of_scene = |scene: &Allegation| {
            let days = other_days(scene, scenes, range_us, zone, params.days, params.seed);
            days.into_iter().map(|(t0_us, t1_us)| Allegation { t0_us, t1_us, ..scene.clone() }).collect()
        };
        Self { windows: scenes.iter().map(of_scene).collect(), present: vec![0; scenes.len()], params: params.clone() }
    }

    /// Hears the records of one identifier, once, in the order of content.
    pub fn hear(&mut self, records: &[Record]) {
        if records.is_empty() {
            return;
        }
        for (present, windows) in self.present.iter_mut().zip(&self.windows) {
            let hits = windows.iter().filter(|window| is_hit(records, window, &self.params)).count();
            *present += u64::try_from(hits).unwrap_or(u64::MAX);
        }
    }

    /// The rates, of so many identifiers: those that were heard, and those that have no records near.
    #[must_use]
    pub fn finish(self, identifiers: u64) -> Vec<SceneRate> {
        let of = |windows: &Vec<_>| identifiers.saturating_mul(u64::try_from(windows.len()).unwrap_or(u64::MAX));
        let rates = self.present.into_iter().zip(&self.windows);
        rates.map(|(present, windows)| SceneRate { present, of: of(windows) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{US_PER_S, parse_utc};

    const DAY_US: i64 = 86_400 * US_PER_S;

    #[test]
    fn who_is_there_each_day_is_counted_each_day_and_nobody_on_the_day_of_the_scene() {
        // 2026-01-05 is a Monday: three weeks, the scene at noon of the second Monday.
        let first = parse_utc("2026-01-05T12:00:00Z").unwrap();
        let noon = |day: i64| first + day * DAY_US;
        let t = noon(7);
        let scene =
            Allegation { reference: "I".into(), t0_us: t, t1_us: t, lat_deg: 51.0, lon_deg: 0.0, uncertainty_m: 0.0 };
        let params = SceneParams { days: usize::MAX, ..SceneParams::default() };
        let range = (noon(0) - 3_600 * US_PER_S, noon(20));
        let mut rates = BaseRates::new(std::slice::from_ref(&scene), range, &ZoneRule::utc(), &params);
        // Works there, on working days; comes by on one Tuesday; was there on the day itself only; is elsewhere.
        let daily: Vec<Record> = (0..21).filter(|d| d % 7 < 5).map(|d| Record::at(noon(d), 51.0, 0.0, 5.0)).collect();
        rates.hear(&daily);
        rates.hear(&[Record::at(noon(8), 51.0, 0.0, 5.0)]);
        rates.hear(&[Record::at(noon(7), 51.0, 0.0, 5.0)]);
        rates.hear(&[Record::at(noon(8), 52.0, 0.0, 5.0)]);
        rates.hear(&[]);
        // Fourteen other working days of five identifiers.
        assert_eq!(rates.finish(5), [SceneRate { present: 15, of: 70 }]);
    }
}
