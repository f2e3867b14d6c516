//! What a generated feed is made of, and how many records that makes.

use crate::simulate::DEMO_START_US;
use crate::time::{EARLIEST_US, US_PER_S};

use super::feed_error::FeedError;

/// The most cases of a feed: their numbers have five digits.
const MAX_CASES: u32 = 99_999;
/// The most victims, and the most suspects, of a case.
const MAX_PEOPLE: u32 = 8;
/// The most days of a feed.
const MAX_DAYS: u32 = 400;
/// The latest start: 2100-01-01T00:00:00Z.
const LATEST_US: i64 = 4_102_444_800 * US_PER_S;
/// Sparser records than this could not show what was planted; denser ones no device makes.
pub(super) const SPARSEST: f64 = 4.0;
pub(super) const DENSEST: f64 = 0.01;

/// The parameters of a generated feed; with the same parameters it has the same bytes on every machine.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedParams {
    /// Chooses everything that is left to chance.
    pub seed: u64,
    /// How many cases there are, 1 to 99,999.
    pub cases: u32,
    /// When it begins, UTC microseconds: the first day is the local day 12 hours later.
    pub start_us: i64,
    /// How many days people are followed, 1 to 400.
    pub days: u32,
    /// Victims in each case, 1 to 8.
    pub victims: u32,
    /// Suspects in each case, 1 to 8.
    pub suspects: u32,
    /// How often devices record.
    pub sampling: Sampling,
    /// The share of records (0 to 1) that are delivered a second time.
    pub duplicate_share: f64,
    /// The share of cases (0 to 1) whose suspects are arrested on the last day; their records come back while the custody
    /// clock runs. The other suspects' records come as they are made.
    pub custody_share: f64,
    /// The share of planted stretches (0 to 1): the rest of the slots are ordinary hours.
    pub planted_share: f64,
}

/// How often devices record, seconds between records: from, to (drawn evenly between).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// A phone in motion: satellite fixes.
    pub phone_moving_s: (f64, f64),
    /// A phone at rest: satellite fixes and, one in three, Wi-Fi.
    pub phone_resting_s: (f64, f64),
    /// A SIM's connections to masts.
    pub cell_s: (f64, f64),
    /// An electronic tag.
    pub tag_s: (f64, f64),
    /// All of the above are multiplied by this: 2 makes half as many records. 0.01 to 4.
    pub spacing: f64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            phone_moving_s: (10.0, 20.0),
            phone_resting_s: (30.0, 60.0),
            cell_s: (900.0, 3_600.0),
            tag_s: (55.0, 65.0),
            spacing: 1.0,
        }
    }
}

impl Sampling {
    /// An interval in whole milliseconds, spaced, at least one.
    pub(super) fn spaced_ms(&self, (low_s, high_s): (f64, f64)) -> (u32, u32) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
        let ms = |s: f64| ((s * self.spacing * 1e3).round() as u32).max(1);
        (ms(low_s), ms(high_s).max(ms(low_s)))
    }
}

impl Default for FeedParams {
    fn default() -> Self {
        Self {
            seed: 1,
            cases: 10,
            start_us: DEMO_START_US,
            days: 3,
            victims: 1,
            suspects: 1,
            sampling: Sampling::default(),
            duplicate_share: 0.01,
            custody_share: 0.5,
            planted_share: 0.6,
        }
    }
}

impl FeedParams {
    /// Checks that a feed can be made of them.
    ///
    /// # Errors
    /// [`FeedError`] names the parameter, its value and what it may be.
    pub fn validate(&self) -> Result<(), FeedError> {
        if !(EARLIEST_US..=LATEST_US).contains(&self.start_us) {
            return Err(FeedError::Start(self.start_us));
        }
        let counts = [
            ("cases", self.cases, MAX_CASES),
            ("days", self.days, MAX_DAYS),
            ("victims", self.victims, MAX_PEOPLE),
            ("suspects", self.suspects, MAX_PEOPLE),
        ];
        if let Some((name, value, most)) = counts.into_iter().find(|(_, n, most)| !(1..=*most).contains(n)) {
            return Err(FeedError::Count { name, value, most });
        }
        let shares = [
            ("duplicate_share", self.duplicate_share),
            ("custody_share", self.custody_share),
            ("planted_share", self.planted_share),
        ];
        if let Some((name, value)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err(FeedError::Share { name, value });
        }
        self.sampling.validate()
    }

    /// Spaces the records so that there are about `records` of them, duplicates included; with `free_days` the number of
    /// days is chosen too.
    ///
    /// `counted` is what a feed of these parameters with a spacing of 1 holds in one day.
    ///
    /// # Errors
    /// [`FeedError::Records`] says between what numbers the count must lie.
    pub(super) fn fit(mut self, records: u64, counted: u64, free_days: bool) -> Result<Self, FeedError> {
        #[expect(clippy::cast_precision_loss, reason = "a number of records is far below 2^53")]
        let (wanted, a_day) = (records.max(1) as f64, counted.max(1) as f64);
        let spacing = |days: u32| a_day * f64::from(days) / wanted;
        if free_days {
            while self.days > 1 && spacing(self.days) > 1.0 {
                self.days -= 1;
            }
            while self.days < MAX_DAYS && spacing(self.days) < DENSEST {
                self.days += 1;
            }
        }
        self.sampling.spacing = spacing(self.days);
        let in_all = a_day * f64::from(self.days);
        if !(DENSEST..=SPARSEST).contains(&self.sampling.spacing) {
            let (least, most) = (in_all / SPARSEST, in_all / DENSEST);
            return Err(FeedError::Records { records, least, most, cases: self.cases, days: self.days });
        }
        Ok(self)
    }
}

impl Sampling {
    fn validate(&self) -> Result<(), FeedError> {
        if !(DENSEST..=SPARSEST).contains(&self.spacing) {
            return Err(FeedError::Spacing(self.spacing));
        }
        let intervals = [
            ("phone_moving_s", self.phone_moving_s),
            ("phone_resting_s", self.phone_resting_s),
            ("cell_s", self.cell_s),
            ("tag_s", self.tag_s),
        ];
        let usable = |(low, high): (f64, f64)| (0.1..=86_400.0).contains(&low) && low <= high && high <= 86_400.0;
        match intervals.into_iter().find(|(_, interval)| !usable(*interval)) {
            Some((name, (low_s, high_s))) => Err(FeedError::Interval { name, low_s, high_s }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_out_of_range_is_named() {
        let good = FeedParams::default();
        good.validate().unwrap();
        let sampling = |sampling: Sampling| FeedParams { sampling, ..good.clone() };
        let bad = [
            (FeedParams { cases: 0, ..good.clone() }, "cases"),
            (FeedParams { days: 401, ..good.clone() }, "days"),
            (FeedParams { victims: 9, ..good.clone() }, "victims"),
            (FeedParams { suspects: 0, ..good.clone() }, "suspects"),
            (FeedParams { start_us: 0, ..good.clone() }, "start"),
            (FeedParams { custody_share: f64::NAN, ..good.clone() }, "custody_share"),
            (FeedParams { duplicate_share: -0.1, ..good.clone() }, "duplicate_share"),
            (sampling(Sampling { spacing: 5.0, ..Sampling::default() }), "spacing"),
            (sampling(Sampling { tag_s: (9.0, 8.0), ..Sampling::default() }), "tag_s"),
        ];
        for (params, name) in bad {
            let error = params.validate().unwrap_err().to_string();
            assert!(error.contains(name), "{name}: {error}");
        }
    }

    #[test]
    fn records_are_spaced_to_the_number_wanted() {
        let params = FeedParams::default();
        let fitted = params.clone().fit(60_000, 40_000, false).unwrap();
        assert_eq!((fitted.days, fitted.sampling.spacing), (3, 2.0));
        let fewer_days = params.clone().fit(20_000, 40_000, true).unwrap();
        assert_eq!((fewer_days.days, fewer_days.sampling.spacing), (1, 2.0));
        let more_days = params.clone().fit(40_000_000, 40_000, true).unwrap();
        assert_eq!((more_days.days, more_days.sampling.spacing), (10, 0.01));
        let error = params.fit(10, 40_000, true).unwrap_err().to_string();
        assert!(error.contains("10000") && error.contains("4000000"), "{error}");
    }
}
