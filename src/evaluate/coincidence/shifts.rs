//! Which shifts can be compared with what was observed, and in which hours.

use super::hours::{Cycle, Hours};
use crate::evaluate::wall_clock::DAY_US;

/// By what the suspect's records are shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Whole weeks: hour and weekday are kept.
    Weeks,
    /// Whole days, where there are too few weeks; only hours of like days are compared, working days with working days and
    /// Saturdays and Sundays with these: hour and class of day are kept.
    Days,
}

impl Step {
    /// The word used in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weeks => "weeks",
            Self::Days => "days",
        }
    }

    const fn days(self) -> i64 {
        match self {
            Self::Weeks => 7,
            Self::Days => 1,
        }
    }
}

/// Whose hours are held fixed: the same hours of this device are compared, beside those of the other with and without the
/// shift.
///
/// ```text
///   victim's hours kept:    victim  ── h ──      suspect  h−k …  h       a long record of the suspect's device is used
///   suspect's hours kept:   suspect ── h ──      victim   h … h+k        a long record of the victim's device is used
///   neither's:              as many hours in common with the shift as without it, where the records are too few for more
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Victim,
    Suspect,
    Neither,
}

/// A shift that can be compared: so many hours with it and as many without it.
#[derive(Debug, Clone)]
pub(super) struct Shift {
    /// So many days later around the cycle: from 1 to its length less 1.
    pub(super) days: i64,
    /// The hours compared with the shift: the kept device's, otherwise the victim's.
    pub(super) hours: Hours,
    /// The hours compared without it.
    pub(super) unshifted: Hours,
}

/// How the devices are compared.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) kept: Kept,
    pub(super) step: Step,
    /// In order of days.
    pub(super) shifts: Vec<Shift>,
    pub(super) cycle: Cycle,
}

impl Plan {
    /// Whether an encounter counts under a shift, by the hour in which it begins.
    pub(super) fn counts(&self, shift: &Shift, enter_us: i64) -> bool {
        let at_us = match self.kept {
            Kept::Victim | Kept::Neither => enter_us,
            Kept::Suspect => enter_us - shift.days * DAY_US,
        };
        shift.hours.has(at_us) || shift.hours.has(at_us + self.cycle.length_us())
    }

    /// The compared hours that intervals touch, which lie where the shift has brought them.
    pub(super) fn hours_of(&self, shift: &Shift, intervals: impl Iterator<Item = (i64, i64)>) -> Hours {
        let touched = self.cycle.touched(intervals);
        match self.kept {
            Kept::Victim | Kept::Neither => touched.and(&shift.hours),
            Kept::Suspect => touched.turned(-shift.days).and(&shift.hours),
        }
    }

    /// By how many days a shift moves the records the shorter way around the cycle.
    pub(super) fn days_of(&self, shift: &Shift) -> i64 {
        if 2 * shift.days > self.cycle.days() { shift.days - self.cycle.days() } else { shift.days }
    }
}

/// The hours of a cycle in which each device was recorded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) suspect: Hours,
    pub(super) victim: Hours,
    pub(super) weekends: Hours,
    pub(super) cycle: Cycle,
}

impl Recorded {
    /// The hours in which both were recorded.
    pub(super) fn both(&self) -> Hours {
        self.suspect.and(&self.victim)
    }

    /// The shifts, in order, that leave at least `min_share` of the hours in common; at most `max`, the shortest.
    fn shifts(&self, beside: &Beside, way: Way, min_share: f64, max: usize) -> Vec<i64> {
        let least = (min_share * f64::from(beside.both.count())).max(1.0);
        let (days, step_days) = (self.cycle.days(), way.step.days());
        // The shortest first, either way around.
        let tried = (1..=days / 2 / step_days).flat_map(|n| [n * step_days, days - n * step_days]);
        let enough = |days: &i64| f64::from(self.hours(beside, way, *days).count()) >= least;
        let mut found: Vec<i64> = tried.filter(enough).take(max).collect();
        found.sort_unstable();
        // Half of an even cycle is the same either way.
        found.dedup();
        found
    }

    /// The hours that a shift leaves.
    fn hours(&self, beside: &Beside, way: Way, days: i64) -> Left {
        let like = |hours: Hours, days: i64| match way.step {
            Step::Weeks => hours,
            Step::Days => hours.and(beside.like(days)),
        };
        let both = &beside.both;
        let (shifted, unshifted) = match way.kept {
            Kept::Victim => (like(both.and(&self.suspect.turned(days)), days), None),
            Kept::Suspect => (like(both.and(&self.victim.turned(-days)), -days), None),
            Kept::Neither => {
                let shifted = like(self.victim.and(&self.suspect.turned(days)), days);
                (shifted, Some(like(both.clone(), days)))
            }
        };
        Left { shifted, unshifted }
    }

    /// The first way with `enough` shifts, or that with the most: by weeks before by days, the same hours before as many.
    ///
    /// It is decided by the hours alone, before any encounter is counted.
    pub(super) fn plan(&self, min_share: f64, max: usize, enough: usize) -> Plan {
        let beside = Beside::of(self);
        let mut best: Option<(Way, Vec<i64>)> = None;
        for step in [Step::Weeks, Step::Days] {
            for kept in [Kept::Victim, Kept::Suspect, Kept::Neither] {
                let way = Way { kept, step };
                let days = self.shifts(&beside, way, min_share, max);
                if days.len() >= enough {
                    return self.of_days(&beside, way, days);
                }
                best = best.filter(|(_, best)| best.len() >= days.len()).or(Some((way, days)));
            }
        }
        let (way, days) = best.unwrap_or((Way { kept: Kept::Victim, step: Step::Weeks }, Vec::new()));
        self.of_days(&beside, way, days)
    }

    fn of_days(&self, beside: &Beside, way: Way, days: Vec<i64>) -> Plan {
        let shifts = days.into_iter().map(|days| self.hours(beside, way, days).shift(days)).collect();
        Plan { kept: way.kept, step: way.step, shifts, cycle: self.cycle }
    }
}

/// A way to compare.
#[derive(Debug, Clone, Copy)]
struct Way {
    kept: Kept,
    step: Step,
}

/// What all shifts are laid beside.
struct Beside {
    /// The hours in which both were recorded.
    both: Hours,
    /// By days later, up to a week: the hours that are of the same class of day then.
    alike: Vec<Hours>,
}

impl Beside {
    fn of(recorded: &Recorded) -> Self {
        let weekends = &recorded.weekends;
        Self { both: recorded.both(), alike: (0..7).map(|days| weekends.same(&weekends.turned(days))).collect() }
    }

    /// The hours that are of the same class of day so many days earlier: the cycle is whole weeks.
    fn like(&self, days: i64) -> &Hours {
        let place = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
        self.alike.get(place).unwrap_or(&self.both)
    }
}

/// The hours that a shift leaves to be compared.
struct Left {
    shifted: Hours,
    /// Without the shift, if they are others; of both as many are compared then.
    unshifted: Option<Hours>,
}

impl Left {
    fn count(&self) -> u32 {
        let without = self.unshifted.as_ref().map_or(u32::MAX, Hours::count);
        self.shifted.count().min(without)
    }

    fn shift(self, days: i64) -> Shift {
        let count = self.count();
        match self.unshifted {
            Some(unshifted) => Shift { days, hours: self.shifted.spread(count), unshifted: unshifted.spread(count) },
            None => Shift { days, unshifted: self.shifted.clone(), hours: self.shifted },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second week from Monday 1970-01-05.
    const WEEK: (i64, i64) = (11 * DAY_US, 18 * DAY_US - 1);

    fn cycle(days: i64) -> Cycle {
        Cycle::of([4 * DAY_US, (4 + days) * DAY_US - 1].into_iter()).unwrap()
    }

    /// Both recorded for so many whole days from that Monday on.
    fn whole(days: i64) -> Recorded {
        let all = cycle(days).touched([(4 * DAY_US, (4 + days) * DAY_US - 1)].into_iter());
        Recorded { suspect: all.clone(), victim: all, weekends: cycle(days).weekends(), cycle: cycle(days) }
    }

    fn days(of: &Plan) -> Vec<i64> {
        of.shifts.iter().map(|shift| shift.days).collect()
    }

    #[test]
    fn shifts_go_around_by_weeks_and_keep_all_hours() {
        let plan = whole(35).plan(0.5, 1_000, 4);
        assert_eq!((plan.kept, plan.step, days(&plan)), (Kept::Victim, Step::Weeks, vec![7, 14, 21, 28]));
        assert!(plan.shifts.iter().all(|shift| shift.hours.count() == 35 * 24));
        assert_eq!(plan.shifts.iter().map(|shift| plan.days_of(shift)).collect::<Vec<_>>(), [7, 14, -14, -7]);
        assert_eq!(days(&whole(28).plan(0.5, 1_000, 3)), [7, 14, 21]);
        assert_eq!(days(&whole(35).plan(0.5, 2, 2)), [7, 28], "the shortest are kept");
    }

    #[test]
    fn days_are_taken_where_weeks_are_few_and_compare_like_days_only() {
        let plan = whole(28).plan(0.5, 1_000, 4);
        // By one day Friday lies on Saturday and Sunday on Monday: 5 of 7 days are alike. By two 3 of 7 are.
        assert_eq!((plan.step, days(&plan)), (Step::Days, vec![1, 6, 7, 8, 13, 14, 15, 20, 21, 22, 27]));
        assert_eq!(plan.shifts[0].hours.count(), 20 * 24);
    }

    #[test]
    fn an_hour_without_data_of_the_other_is_no_hour() {
        let second_week = || cycle(28).touched([WEEK].into_iter());
        // The suspect's device was recorded in the second week only: its hours are kept, the victim's move beside them.
        let short = Recorded { suspect: second_week(), ..whole(28) };
        assert_eq!(short.both().count(), 7 * 24);
        let plan = short.plan(0.5, 1_000, 3);
        assert_eq!((plan.kept, days(&plan)), (Kept::Suspect, vec![7, 14, 21]));
        // A week later the device lies on the third week, and on no other.
        assert!(plan.counts(&plan.shifts[0], WEEK.1 + DAY_US) && !plan.counts(&plan.shifts[0], WEEK.1));
        // Three weeks later it has come around to the first.
        assert!(plan.counts(&plan.shifts[2], 4 * DAY_US) && !plan.counts(&plan.shifts[2], WEEK.1));
        // The other way round the victim's are.
        let plan = Recorded { victim: second_week(), ..whole(28) }.plan(0.5, 1_000, 3);
        assert_eq!((plan.kept, days(&plan)), (Kept::Victim, vec![7, 14, 21]));
        assert!(plan.counts(&plan.shifts[0], WEEK.1) && !plan.counts(&plan.shifts[0], WEEK.1 + DAY_US));
        // Recorded on every other day both: as many hours, if not the same, after an even number of days.
        let odd = || cycle(28).touched((4..32).step_by(2).map(|day| (day * DAY_US, day * DAY_US + DAY_US - 1)));
        let plan = Recorded { suspect: odd(), victim: odd(), ..whole(28) }.plan(0.9, 1_000, 50);
        assert!(plan.shifts.iter().all(|shift| shift.hours.count() == shift.unshifted.count()));
        // Recorded in one week both: by whole weeks nothing can be compared.
        let both = Recorded { suspect: second_week(), victim: second_week(), ..whole(28) };
        assert!(both.plan(0.5, 1_000, 3).shifts.iter().all(|shift| both.plan(0.5, 1_000, 3).days_of(shift).abs() < 7));
        // Other hours of the same day: no hour in common under any shift.
        let apart =
            |hour: i64| cycle(28).touched([(WEEK.0 + hour * 3_600_000_000, WEEK.0 + hour * 3_600_000_000)].into_iter());
        assert!(Recorded { suspect: apart(3), victim: apart(5), ..whole(28) }.plan(0.5, 1_000, 3).shifts.is_empty());
    }
}
