//! Which shifts can be compared with what was observed, and in which hours.

use super::hours::Hours;
use super::wall_clock::DAY_US;

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
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Victim,
    Suspect,
}

/// A shift that can be compared.
#[derive(Debug, Clone)]
pub(super) struct Shift {
    /// So many days later (earlier if negative); never 0.
    pub(super) days: i64,
    /// The kept device's hours in which the other was recorded too, both with and without the shift.
    pub(super) hours: Hours,
}

/// How the devices are compared.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) kept: Kept,
    pub(super) step: Step,
    /// In order of days.
    pub(super) shifts: Vec<Shift>,
}

impl Plan {
    /// Whether an encounter counts under a shift, by the kept device's hour in which it begins.
    pub(super) fn counts(&self, shift: &Shift, enter_us: i64) -> bool {
        let back_us = match self.kept {
            Kept::Victim => 0,
            Kept::Suspect => shift.days * DAY_US,
        };
        shift.hours.has(enter_us - back_us)
    }
}

/// The hours in which each device was recorded, in one frame.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) suspect: Hours,
    pub(super) victim: Hours,
    pub(super) weekends: Hours,
    /// Days in the frame: no shift is longer.
    pub(super) days: usize,
}

impl Recorded {
    /// The hours in which both were recorded.
    pub(super) fn both(&self) -> Hours {
        self.suspect.and(&self.victim)
    }

    /// The shifts, in order, that leave at least `min_share` of the hours in common; at most `max`, the shortest.
    fn shifts(&self, kept: Kept, step: Step, min_share: f64, max: usize) -> Vec<Shift> {
        let both = self.both();
        let least = (min_share * f64::from(both.count())).max(1.0);
        let steps = i64::try_from(self.days).unwrap_or(i64::MAX) / step.days();
        let mut found: Vec<Shift> = (1..=steps)
            .flat_map(|n| [n * step.days(), -n * step.days()])
            .filter_map(|days| {
                let (other, back) = match kept {
                    Kept::Victim => (&self.suspect, days),
                    Kept::Suspect => (&self.victim, -days),
                };
                let mut hours = both.and(&other.later(back));
                if step == Step::Days {
                    hours = hours.and(&self.weekends.same(&self.weekends.later(back)));
                }
                (f64::from(hours.count()) >= least).then_some(Shift { days, hours })
            })
            .take(max)
            .collect();
        found.sort_unstable_by_key(|shift| shift.days);
        found
    }

    /// Weeks where there are `enough` of them, otherwise whichever gives more; whose hours are kept goes by the same rule.
    ///
    /// It is decided by the hours alone, before any encounter is counted.
    pub(super) fn plan(&self, min_share: f64, max: usize, enough: usize) -> Plan {
        let of = |kept, step| Plan { kept, step, shifts: self.shifts(kept, step, min_share, max) };
        let longer = |one: Plan, other: Plan| if other.shifts.len() > one.shifts.len() { other } else { one };
        let weeks = longer(of(Kept::Victim, Step::Weeks), of(Kept::Suspect, Step::Weeks));
        if weeks.shifts.len() >= enough {
            return weeks;
        }
        longer(weeks, longer(of(Kept::Victim, Step::Days), of(Kept::Suspect, Step::Days)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::hours::Frame;
    use super::*;

    /// Both recorded for so many whole days from a Monday on.
    fn whole(days: i64) -> Recorded {
        // Day 4 after 1970-01-01 was a Monday.
        let (from, to) = (4 * DAY_US, (4 + days) * DAY_US - 1);
        let frame = Frame::of([from, to].into_iter()).unwrap();
        let all = frame.touched([(from, to)].into_iter());
        Recorded { suspect: all.clone(), victim: all, weekends: frame.weekends(), days: frame.days() }
    }

    fn days(of: &[Shift]) -> Vec<i64> {
        of.iter().map(|shift| shift.days).collect()
    }

    #[test]
    fn a_shift_must_leave_half_of_the_hours() {
        let plan = whole(28).plan(0.5, 1_000, 4);
        assert_eq!((plan.kept, plan.step, days(&plan.shifts)), (Kept::Victim, Step::Weeks, vec![-14, -7, 7, 14]));
        assert_eq!(plan.shifts[0].hours.count(), 14 * 24);
        let two = whole(28).plan(0.5, 2, 2);
        assert_eq!(days(&two.shifts), [-7, 7], "the shortest are kept");
        assert!(whole(1).plan(0.5, 1_000, 4).shifts.is_empty());
    }

    #[test]
    fn days_are_taken_where_weeks_are_few_and_compare_like_days_only() {
        let plan = whole(28).plan(0.5, 1_000, 5);
        // By one day: of 28 days 27 overlap, of which Friday to Saturday and Sunday to Monday are unlike (4 and 3).
        // By six and eight the same two seams are crossed; by two to five more than half of the days are unlike.
        let want = vec![-14, -8, -7, -6, -1, 1, 6, 7, 8, 14];
        assert_eq!((plan.step, days(&plan.shifts)), (Step::Days, want));
        let one = plan.shifts.iter().find(|shift| shift.days == 1).unwrap();
        assert_eq!(one.hours.count(), (27 - 4 - 3) * 24);
    }

    #[test]
    fn an_hour_without_data_of_the_other_is_no_hour() {
        let frame = Frame::of([4 * DAY_US, 32 * DAY_US - 1].into_iter()).unwrap();
        let second_week = frame.touched([(11 * DAY_US, 18 * DAY_US - 1)].into_iter());
        // The suspect's device was recorded in the second week only: its hours are kept, the victim's move beside them.
        let short = Recorded { suspect: second_week.clone(), ..whole(28) };
        assert_eq!(short.both().count(), 7 * 24);
        let plan = short.plan(0.5, 1_000, 3);
        assert_eq!((plan.kept, days(&plan.shifts)), (Kept::Suspect, vec![-7, 7, 14]));
        assert!(plan.counts(&plan.shifts[1], 18 * DAY_US) && !plan.counts(&plan.shifts[1], 17 * DAY_US));
        // The other way round the victim's are.
        let plan = Recorded { victim: second_week.clone(), ..whole(28) }.plan(0.5, 1_000, 3);
        assert_eq!((plan.kept, days(&plan.shifts)), (Kept::Victim, vec![-14, -7, 7]));
        // Recorded in one week both: nothing can be compared.
        let both = Recorded { suspect: second_week.clone(), victim: second_week, ..whole(28) };
        assert!(both.plan(0.5, 1_000, 3).shifts.iter().all(|shift| shift.days.abs() < 7));
    }
}
