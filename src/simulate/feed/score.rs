//! How well flags tell what is true of a generated feed.
//!
//! ```text
//!  near      ────────▇▇▇▇▇▇▇▇──────      planted stretches are to be found: recall
//!  marginal  ─────▇▇▇▇▇▇▇▇▇▇▇▇▇▇───      a flag in near is right, in marginal alone neither, elsewhere wrong: precision
//!  flags         └──┘ └────┘     └─┘
//!                right  right    wrong
//! ```
//! Nearness is that of true positions, planted or by chance: a suspect who drives past is near.

use std::collections::BTreeMap;

use serde::Serialize;

use super::flag::Flag;
use super::truth::{FeedTruth, MARGIN_US, Near, Planted};

/// How many wrong flags, and how many missed and wrongly flagged stretches, a score shows.
const SHOWN: usize = 20;

/// Flags compared with the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlagScore {
    /// Flags with a lower P(within) were left aside.
    pub min_p_within: f64,
    /// The flags that were compared.
    pub flags: usize,
    /// The flags that were left aside.
    pub below: usize,
    /// Planted encounters.
    pub planted: usize,
    /// Those that at least one flag of the same device and target overlaps.
    pub found: usize,
    /// `found` of `planted`; `null` if none was planted.
    pub recall: Option<f64>,
    /// Flags that overlap a stretch in which the suspect truly was near.
    pub right: usize,
    /// Flags that only overlap a stretch in which he was nearly near: neither right nor wrong.
    pub marginal: usize,
    /// The other flags.
    pub wrong: usize,
    /// `right` of `right` and `wrong`; `null` if there are none of either.
    pub precision: Option<f64>,
    /// Near misses, and how many of them some flag of the suspect and the victim overlaps.
    pub near_misses: usize,
    /// Near misses that some flag overlaps.
    pub near_misses_flagged: usize,
    /// Planted encounters that several flags share.
    pub split: usize,
    /// Flags that run over several planted encounters of one device and target.
    pub merged: usize,
    /// From the moment when it could be known to the flag; `null` if no flag says when it was told.
    pub latency: Option<Latency>,
    /// The first planted encounters that were missed.
    pub missed_shown: Vec<Planted>,
    /// The first flags that are wrong.
    pub wrong_shown: Vec<Flag>,
    /// The first near misses that were flagged.
    pub near_misses_shown: Vec<Planted>,
}

/// How long flags took, seconds, over the planted encounters that were found by a flag that says when it was told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Over how many.
    pub count: usize,
    /// Half took at most this long.
    pub p50_s: f64,
    /// Ninety-nine in a hundred took at most this long.
    pub p99_s: f64,
    /// None took longer.
    pub max_s: f64,
}

/// Compares flags with the truth; only those with a P(within) of `min_p_within` or more count.
///
/// Ends that touch overlap. The order of the flags does not matter.
#[must_use]
pub fn score_flags(truth: &FeedTruth, flags: &[Flag], min_p_within: f64) -> FlagScore {
    let mut counted: Vec<&Flag> = flags.iter().filter(|f| f.p_within_max >= min_p_within).collect();
    counted.sort_by(|a, b| (a.enter_us, a.exit_us, &a.device_id).cmp(&(b.enter_us, b.exit_us, &b.device_id)));
    let whom = Whom::new(truth);
    let by_pair = Pairs::new(&whom, &counted);
    let planted = Overlaps::of(&truth.planted, |p| by_pair.of_device(&whom, p));
    let misses = Overlaps::of(&truth.near_misses, |p| by_pair.of_subject(&whom, p));
    let judged = Judged::new(truth, &whom, &counted);
    let share = |part: usize, whole: usize| {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let share = (whole > 0).then(|| part as f64 / whole as f64);
        share
    };
    let found = planted.flags.iter().filter(|flags| !flags.is_empty()).count();
    FlagScore {
        min_p_within,
        flags: counted.len(),
        below: flags.len() - counted.len(),
        planted: truth.planted.len(),
        found,
        recall: share(found, truth.planted.len()),
        right: judged.right,
        marginal: judged.marginal,
        wrong: judged.wrong.len(),
        precision: share(judged.right, judged.right + judged.wrong.len()),
        near_misses: truth.near_misses.len(),
        near_misses_flagged: misses.flags.iter().filter(|flags| !flags.is_empty()).count(),
        split: planted.flags.iter().filter(|flags| flags.len() > 1).count(),
        merged: planted.merged(counted.len()),
        latency: latency(truth, &counted, &planted),
        missed_shown: planted.shown(&truth.planted, Vec::is_empty),
        wrong_shown: judged.wrong.iter().take(SHOWN).map(|f| (*f).clone()).collect(),
        near_misses_shown: misses.shown(&truth.near_misses, |flags| !flags.is_empty()),
    }
}

/// Who owns a device; a place stands for itself.
struct Whom<'a>(BTreeMap<(&'a str, &'a str), &'a str>);

impl<'a> Whom<'a> {
    fn new(truth: &'a FeedTruth) -> Self {
        let owner = truth.devices.iter().map(|d| ((d.case_id.as_str(), d.device_id.as_str()), d.subject_id.as_str()));
        Self(owner.collect())
    }

    fn of(&self, case_id: &'a str, device_or_place: &'a str) -> &'a str {
        self.0.get(&(case_id, device_or_place)).copied().unwrap_or(device_or_place)
    }
}

/// Case, who, near whom.
type Pair<'a> = (&'a str, &'a str, &'a str);

/// The flags' numbers by suspect and target, in order of time.
struct Pairs<'f, 'a> {
    flags: &'f [&'a Flag],
    numbers: BTreeMap<Pair<'a>, Vec<usize>>,
}

impl<'f, 'a> Pairs<'f, 'a> {
    fn new(whom: &Whom<'a>, flags: &'f [&'a Flag]) -> Self {
        let mut numbers: BTreeMap<Pair<'a>, Vec<usize>> = BTreeMap::new();
        for (i, flag) in flags.iter().enumerate() {
            let who = whom.of(&flag.case_id, &flag.device_id);
            let near = whom.of(&flag.case_id, &flag.target);
            numbers.entry((&flag.case_id, who, near)).or_default().push(i);
        }
        Self { flags, numbers }
    }

    /// The flags of the same suspect and target that overlap a stretch.
    fn of_subject(&self, whom: &Whom<'a>, planted: &'a Planted) -> Vec<usize> {
        let who = whom.of(&planted.case_id, &planted.device_id);
        let near = whom.of(&planted.case_id, &planted.target);
        let pair = self.numbers.get(&(planted.case_id.as_str(), who, near)).map_or(&[][..], Vec::as_slice);
        let over = |i: &&usize| self.flags.get(**i).is_some_and(|f| overlap(f, planted.from_us, planted.to_us));
        pair.iter().filter(over).copied().collect()
    }

    /// The same, of the planted device only.
    fn of_device(&self, whom: &Whom<'a>, planted: &'a Planted) -> Vec<usize> {
        let mut flags = self.of_subject(whom, planted);
        flags.retain(|i| self.flags.get(*i).is_some_and(|f| f.device_id == planted.device_id));
        flags
    }
}

fn overlap(flag: &Flag, from_us: i64, to_us: i64) -> bool {
    flag.enter_us <= to_us && flag.exit_us >= from_us
}

/// The flags that overlap each of some stretches.
struct Overlaps {
    flags: Vec<Vec<usize>>,
}

impl Overlaps {
    fn of<'a>(stretches: &'a [Planted], flags: impl Fn(&'a Planted) -> Vec<usize>) -> Self {
        Self { flags: stretches.iter().map(flags).collect() }
    }

    /// How many flags overlap more than one stretch.
    fn merged(&self, flags: usize) -> usize {
        let mut times = vec![0_u32; flags];
        for flag in self.flags.iter().flatten() {
            if let Some(n) = times.get_mut(*flag) {
                *n += 1;
            }
        }
        times.into_iter().filter(|n| *n > 1).count()
    }

    fn shown(&self, stretches: &[Planted], wanted: fn(&Vec<usize>) -> bool) -> Vec<Planted> {
        let both = stretches.iter().zip(&self.flags);
        both.filter(|(_, flags)| wanted(flags)).take(SHOWN).map(|(p, _)| p.clone()).collect()
    }
}

/// The flags by whether they are right.
struct Judged<'a> {
    right: usize,
    marginal: usize,
    wrong: Vec<&'a Flag>,
}

impl<'a> Judged<'a> {
    fn new(truth: &'a FeedTruth, whom: &Whom<'a>, flags: &[&'a Flag]) -> Self {
        let (near, marginal) = (by_pair(&truth.near), by_pair(&truth.marginal));
        let mut judged = Self { right: 0, marginal: 0, wrong: Vec::new() };
        for flag in flags {
            let case_id = flag.case_id.as_str();
            let pair = (case_id, whom.of(case_id, &flag.device_id), whom.of(case_id, &flag.target));
            if overlaps_any(near.get(&pair), flag, 0) {
                judged.right += 1;
            } else if overlaps_any(marginal.get(&pair), flag, MARGIN_US) {
                judged.marginal += 1;
            } else {
                judged.wrong.push(flag);
            }
        }
        judged
    }
}

fn by_pair(near: &[Near]) -> BTreeMap<Pair<'_>, Vec<(i64, i64)>> {
    let mut pairs: BTreeMap<Pair<'_>, Vec<(i64, i64)>> = BTreeMap::new();
    for n in near {
        pairs.entry((&n.case_id, &n.subject_id, &n.target)).or_default().push((n.from_us, n.to_us));
    }
    pairs
}

fn overlaps_any(stretches: Option<&Vec<(i64, i64)>>, flag: &Flag, margin_us: i64) -> bool {
    stretches.is_some_and(|all| all.iter().any(|(from, to)| overlap(flag, from - margin_us, to + margin_us)))
}

fn latency(truth: &FeedTruth, flags: &[&Flag], planted: &Overlaps) -> Option<Latency> {
    let took = |(p, over): (&Planted, &Vec<usize>)| {
        let told_us = over.iter().filter_map(|i| flags.get(*i)?.emitted_us).min()?;
        Some(told_us - p.known_us?)
    };
    let mut us: Vec<i64> = truth.planted.iter().zip(&planted.flags).filter_map(took).collect();
    us.sort_unstable();
    // The nearest rank: the least value that a share of them does not exceed.
    let rank = |hundredths: usize| us.get((us.len() * hundredths).div_ceil(100).saturating_sub(1)).copied();
    #[expect(clippy::cast_precision_loss, reason = "a latency is far below 2^53 microseconds")]
    let seconds = |us: i64| us as f64 / 1e6;
    Some(Latency { count: us.len(), p50_s: seconds(rank(50)?), p99_s: seconds(rank(99)?), max_s: seconds(rank(100)?) })
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
