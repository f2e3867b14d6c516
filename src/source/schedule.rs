//! Which partitions are read first when there is more to read than can be taken in: those whose people's time runs out.
//!
//! ```text
//!  no backlog            every partition is read
//!  backlog, no clock     every partition is read: nobody's time runs out
//!  backlog, most turns   the `at_once` most urgent partitions are read, and more of them until there is enough to read for
//!                        a turn; the rest pause
//!  every n-th turn       one of the first places goes to the partition that has waited longest
//! ```
//! A turn is one decision; the poll thread makes one whenever it likes (a few a second) and pauses and resumes what the
//! decision says. Only the topic of fixes is scheduled: case events are few, say whose time runs out, and never pause.
//!
//! **Urgency.** A partition is as urgent as the case in it whose running custody clock has least time left, since a
//! partition can only be read from front to back. A case whose ceiling has passed comes after all whose clocks run (its
//! time cannot be won back, and a release that nobody recorded must not hold the first place for ever), and before all
//! that have none. Ties go to the partition that has waited longest, then to the lowest number, so that the same facts in
//! any order give the same decision.
//!
//! **Nobody starves.** With `n` partitions that have something to read, each is read at least once in every
//! `n * fair_every` turns, whatever the clocks of the others. For of the partitions that wait longer than a given one,
//! each fair turn reads one, and it then waits less than the given one until that is read: after at most `n` fair turns it is
//! its turn.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How far one case is behind, for display and for the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLag {
    /// The case.
    pub case: String,
    /// The partition its records come in.
    pub partition: i32,
    /// How many of its records have been read and are not in the tables yet, what follows from them included. Records
    /// that have not been read yet count for their partition only: whose they are is not known.
    pub lag_records: u64,
    /// The least time left of its custody clocks, microseconds; negative if it has passed, `None` without a clock.
    pub left_us: Option<i64>,
    /// It does not fit in memory and nothing is said of it: the bytes it needs, at least.
    pub aside_bytes: Option<usize>,
}

/// How far one partition is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionLag {
    /// The partition.
    pub partition: i32,
    /// How many records it holds that have not been read.
    pub lag_records: u64,
}

/// How the schedule is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleRules {
    /// Up to this many unread records in all partitions together there is no backlog and everything is read.
    pub backlog_records: u64,
    /// Under backlog this many partitions are read at once; 0 is taken for 1.
    pub at_once: usize,
    /// More are read until those that are hold so many unread records together, so that nobody waits for a partition that
    /// has run dry within its turn: about what is taken in within one.
    pub enough_records: u64,
    /// Under backlog every so many turns one place goes to the partition that has waited longest; 0 is taken for 1.
    pub fair_every: u32,
}

impl Default for ScheduleRules {
    fn default() -> Self {
        Self { backlog_records: 50_000, at_once: 1, enough_records: 300_000, fair_every: 4 }
    }
}

/// What the schedule remembers from turn to turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Turns since one was fair.
    since_fair: u32,
    /// How many turns each partition that had something to read has not been read.
    turns: BTreeMap<i32, u64>,
}

/// What to do until the next turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The partitions to read, the most urgent first; a partition with nothing to read is among the last.
    pub read: Vec<i32>,
    /// The partitions to pause, in the order in which they would be read.
    pub pause: Vec<i32>,
    /// Whether there is a backlog.
    pub backlog: bool,
}

/// How urgent a case or partition is; the lesser is the more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// Its clock runs: microseconds left.
    Runs(i64),
    /// Its ceiling has passed: how long ago, microseconds.
    Passed(Reverse<i64>),
    /// It has no clock.
    NoClock,
}

impl Urgency {
    fn of(left_us: Option<i64>) -> Self {
        match left_us {
            Some(left_us) if left_us >= 0 => Self::Runs(left_us),
            Some(left_us) => Self::Passed(Reverse(left_us)),
            None => Self::NoClock,
        }
    }
}

/// Decides one turn from the lag of the assigned partitions, the cases known in them, and what is remembered; returns
/// what to remember. A partition that is not in `partitions` (any more) is forgotten.
#[must_use]
pub fn schedule(
    partitions: &[PartitionLag],
    cases: &[CaseLag],
    rules: &ScheduleRules,
    waiting: &Waiting,
) -> (Turn, Waiting) {
    let waited = |partition: i32| waiting.turns.get(&partition).copied().unwrap_or(0);
    let urgencies = urgencies(cases);
    let mut order: Vec<PartitionLag> = partitions.to_vec();
    let urgency = |p: &PartitionLag| urgencies.get(&p.partition).copied().unwrap_or(Urgency::NoClock);
    order.sort_by_key(|p| (p.lag_records == 0, urgency(p), Reverse(waited(p.partition)), p.partition));
    let unread = order.iter().fold(0_u64, |sum, p| sum.saturating_add(p.lag_records));
    if unread <= rules.backlog_records {
        let read = order.iter().map(|p| p.partition).collect();
        return (Turn { read, pause: Vec::new(), backlog: false }, Waiting::default());
    }
    let fair = waiting.since_fair.saturating_add(1) >= rules.fair_every.max(1);
    let mut behind: Vec<PartitionLag> = order.iter().filter(|p| p.lag_records > 0).copied().collect();
    let longest = behind.iter().copied().enumerate().max_by_key(|(place, p)| (waited(p.partition), Reverse(*place)));
    let at_once = rules.at_once.max(1);
    if let (true, Some((place, partition))) = (fair, longest)
        && place >= at_once
    {
        behind.remove(place);
        behind.insert(at_once - 1, partition);
    }
    let places = if behind.iter().all(|p| urgency(p) == Urgency::NoClock) {
        behind.len()
    } else {
        places(behind.iter().map(|p| p.lag_records), at_once, rules.enough_records)
    };
    let numbers = |of: Vec<PartitionLag>| of.into_iter().map(|p| p.partition).collect::<Vec<_>>();
    let pause = numbers(behind.split_off(places));
    let remembered = Waiting {
        since_fair: if fair { 0 } else { waiting.since_fair.saturating_add(1) },
        turns: pause.iter().map(|p| (*p, waited(*p).saturating_add(1))).collect(),
    };
    let idle = order.iter().filter(|p| p.lag_records == 0).map(|p| p.partition);
    (Turn { read: numbers(behind).into_iter().chain(idle).collect(), pause, backlog: true }, remembered)
}

/// How many partitions are read of those with so many unread records, the most urgent first.
fn places(unread: impl Iterator<Item = u64>, at_once: usize, enough_records: u64) -> usize {
    let mut sum = 0_u64;
    let wanted = |(place, unread): &(usize, u64)| {
        let wanted = *place < at_once || sum < enough_records;
        sum = sum.saturating_add(*unread);
        wanted
    };
    unread.enumerate().take_while(wanted).count()
}

fn urgencies(cases: &[CaseLag]) -> BTreeMap<i32, Urgency> {
    let mut least = BTreeMap::new();
    for case in cases {
        let urgency = Urgency::of(case.left_us);
        let entry = least.entry(case.partition).or_insert(urgency);
        *entry = urgency.min(*entry);
    }
    least
}

/// Sorts cases as they are read and shown: least time left first, then the larger lag, then by name.
pub fn sort_cases(cases: &mut [CaseLag]) {
    cases.sort_by(|a, b| {
        let key = |c: &CaseLag| (Urgency::of(c.left_us), Reverse(c.lag_records));
        key(a).cmp(&key(b)).then_with(|| a.case.cmp(&b.case))
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const H: i64 = 3_600_000_000;

    fn lags(lags: &[u64]) -> Vec<PartitionLag> {
        (0..).zip(lags).map(|(partition, lag)| PartitionLag { partition, lag_records: *lag }).collect()
    }

    fn case(partition: i32, left_us: Option<i64>) -> CaseLag {
        CaseLag { case: format!("c{partition}"), partition, lag_records: 1, left_us, aside_bytes: None }
    }

    const RULES: ScheduleRules = ScheduleRules { backlog_records: 100, at_once: 1, enough_records: 0, fair_every: 3 };

    fn first(partitions: &[PartitionLag], cases: &[CaseLag], rules: &ScheduleRules) -> Turn {
        schedule(partitions, cases, rules, &Waiting::default()).0
    }

    #[test]
    fn without_backlog_everything_is_read_the_urgent_first() {
        let cases = [case(2, Some(H)), case(1, Some(5 * H))];
        let turn = first(&lags(&[40, 30, 30]), &cases, &RULES);
        assert_eq!(turn, Turn { read: vec![2, 1, 0], pause: vec![], backlog: false });
        assert!(first(&lags(&[40, 31, 30]), &cases, &RULES).backlog);
    }

    #[test]
    fn under_backlog_least_time_left_is_read_and_the_rest_pauses_in_order() {
        let cases = [
            case(0, None),
            case(1, Some(9 * H)),
            case(2, Some(2 * H)),
            case(2, Some(30 * H)),
            case(3, Some(-H)),
            case(4, Some(H)),
        ];
        let turn = first(&lags(&[500, 500, 500, 500, 0]), &cases, &RULES);
        assert_eq!((turn.read, turn.pause), (vec![2, 4], vec![1, 3, 0]), "partition 4 has nothing to read");
        let two = first(&lags(&[500; 5]), &cases, &ScheduleRules { at_once: 2, ..RULES });
        assert_eq!(two.read, [4, 2]);
        let none = first(&lags(&[500; 2]), &cases, &ScheduleRules { at_once: 0, fair_every: 0, ..RULES });
        assert_eq!(none.read.len(), 1);
    }

    #[test]
    fn a_passed_ceiling_yields_to_a_running_clock_and_comes_before_none() {
        let mut cases =
            vec![case(1, None), case(2, Some(-5 * H)), case(3, Some(-H)), case(4, Some(90 * H)), case(5, Some(0))];
        sort_cases(&mut cases);
        assert_eq!(cases.iter().map(|c| c.partition).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
        let mut idle = vec![CaseLag { lag_records: 1, ..case(1, None) }, CaseLag { lag_records: 9, ..case(2, None) }];
        sort_cases(&mut idle);
        assert_eq!(idle[0].partition, 2, "of two without a clock the one that is further behind");
    }

    #[test]
    fn where_nobody_s_time_runs_out_nobody_waits() {
        let turn = first(&lags(&[500, 0, 900]), &[case(0, None)], &RULES);
        assert_eq!(turn, Turn { read: vec![0, 2, 1], pause: vec![], backlog: true });
    }

    #[test]
    fn partitions_are_read_until_there_is_enough_for_a_turn() {
        let cases = [case(0, Some(4 * H)), case(1, Some(H)), case(2, Some(2 * H)), case(3, Some(3 * H))];
        let enough = |enough_records| first(&lags(&[500; 4]), &cases, &ScheduleRules { enough_records, ..RULES }).read;
        assert_eq!(enough(500), [1]);
        assert_eq!(enough(501), [1, 2]);
        assert_eq!(enough(u64::MAX), [1, 2, 3, 0]);
    }

    #[test]
    fn the_urgent_partition_has_most_turns_and_the_others_theirs() {
        let cases = [case(1, Some(H))];
        let mut waiting = Waiting::default();
        let mut read = Vec::new();
        for _ in 0..12 {
            let (turn, next) = schedule(&lags(&[500; 3]), &cases, &RULES, &waiting);
            read.push(turn.read[0]);
            waiting = next;
        }
        assert_eq!(read, [1, 1, 0, 1, 1, 2, 1, 1, 0, 1, 1, 2]);
    }

    #[test]
    fn what_was_remembered_of_a_partition_that_is_gone_or_of_a_past_backlog_is_forgotten() {
        let (_, waiting) = schedule(&lags(&[500; 3]), &[case(0, Some(1))], &RULES, &Waiting::default());
        assert_eq!(waiting.turns.keys().collect::<Vec<_>>(), [&1, &2]);
        let (_, fewer) = schedule(&lags(&[500; 2]), &[case(0, Some(1))], &RULES, &waiting);
        assert_eq!(fewer.turns, BTreeMap::from([(1, 2)]));
        assert_eq!(schedule(&lags(&[1; 2]), &[], &RULES, &fewer).1, Waiting::default());
    }

    proptest! {
        #[test]
        fn nobody_starves(
            partitions in 1_usize..9,
            (at_once, fair_every) in (0_usize..4, 0_u32..6),
            // Clocks that change from turn to turn, as cruelly as chance allows.
            clocks in proptest::collection::vec(proptest::collection::vec(proptest::option::of(-5_i64..90), 8), 1..6),
            known in proptest::collection::vec(any::<bool>(), 8),
        ) {
            let rules = ScheduleRules { backlog_records: 10, at_once, enough_records: 0, fair_every };
            let lags = lags(&vec![1_000; partitions]);
            let bound = partitions * usize::try_from(fair_every.max(1)).unwrap();
            let (mut waiting, mut unread) = (Waiting::default(), vec![0_usize; partitions]);
            for turn in 0..(4 * bound) {
                let hours = &clocks[turn % clocks.len()];
                let cases: Vec<_> = lags.iter().zip(hours).zip(&known).filter(|(_, known)| **known)
                    .map(|((p, h), _)| case(p.partition, h.map(|h| h * H))).collect();
                let (decided, next) = schedule(&lags, &cases, &rules, &waiting);
                waiting = next;
                for (p, unread) in unread.iter_mut().enumerate() {
                    let p = i32::try_from(p).unwrap();
                    *unread = if decided.read.contains(&p) { 0 } else { *unread + 1 };
                    prop_assert!(*unread < bound, "partition {} for {} turns, bound {}", p, unread, bound);
                }
            }
        }

        #[test]
        fn the_same_facts_in_another_order_give_the_same_decision(
            (lags, shuffled) in proptest::collection::vec(0_u64..300, 0..9)
                .prop_map(|l| lags(&l)).prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
            (cases, cases_shuffled) in proptest::collection::vec((0_i32..9, proptest::option::of(-2_i64..3)), 0..12)
                .prop_map(|c| c.into_iter().map(|(p, left)| case(p, left)).collect::<Vec<_>>())
                .prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
        ) {
            let (mut a, mut b) = (Waiting::default(), Waiting::default());
            for _ in 0..5 {
                let (one, two) = (schedule(&lags, &cases, &RULES, &a), schedule(&shuffled, &cases_shuffled, &RULES, &b));
                prop_assert_eq!(&one, &two);
                // Every partition is decided upon once.
                let mut all: Vec<_> = one.0.read.iter().chain(&one.0.pause).copied().collect();
                all.sort_unstable();
                prop_assert_eq!(all, lags.iter().map(|p| p.partition).collect::<Vec<_>>());
                (a, b) = (one.1, two.1);
            }
        }
    }
}
