//! Following: a device on the victim's path, some while after her device, or before it.
//!
//! ```text
//!   victim's path    ────●────●────┐             lag scan: for each of the suspect's moving fixes, how long before or
//!                                  ●────●──>     after it did the victim's path come by, the same way?
//!   suspect's fixes    ○    ○    ○ │             lag  -30 min ... -1 | 0 | +1 ... +30 min
//!                                  ○    ○                    ahead   together   behind
//! ```
//! An episode is a stretch of the suspect's way that lies on her path at one lag, long and winding enough to be more than
//! a road in common. One episode in a month is found as such. What habit gives is found by exchanging the suspect's days
//! with each other: whoever takes that path at that time on other days too is not told from a follower by one trip.
//! A device behind hers and a device ahead of hers are looked for alike.
//!
//! What is remembered is by way: steps without a pause longer than may be interpolated (`walked`, `scan`). So one more
//! record is one way anew, beside what of her path is near it in time.
//!
//! Sources: Andersson, Gudmundsson, Laube and Wolle, `GeoInformatica` 12 (2008) 497-528 (leaders and followers within a
//! radius and a difference of heading for a length of time); Buchin, Buchin and Gudmundsson, Int. J. Geogr. Inf. Sci. 24
//! (2010) 1101-1125 (single file with a bounded delay).

mod episode;
mod exchange;
mod finding;
mod habit;
mod intervals;
mod params;
mod pass;
mod passes;
mod path;
mod scan;
mod span;
mod steps;
mod turns;
mod walked;
mod weigh;

#[cfg(test)]
mod changed_tests;
#[cfg(test)]
mod following_tests;
#[cfg(test)]
mod town;
#[cfg(test)]
mod town_tests;

pub use episode::{Episode, Side};
pub use finding::{following_findings, pair_finding};
pub use params::FollowingParams;
pub use weigh::{Against, Answer};

pub(super) use finding::changed_finding;
pub(super) use passes::Passes;

use std::iter::zip;

use super::chunks::Chunked;
use super::{Device, Record};
use exchange::common_days;
use passes::Followed;
use scan::{AtRadii, Scanned, Scans, TRIED};
use walked::Walked;
use weigh::{Weighed, weigh};

/// Whose records are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The suspect's device.
    Suspect,
    /// The victim's device.
    Victim,
}

/// Why the fixes cannot tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refusal {
    /// A device never moves, or none of its records can be used.
    NoMovement {
        /// Whose device.
        whose: Whose,
    },
    /// A device records too seldom.
    TooSparse {
        /// Whose device.
        whose: Whose,
        /// The median interval between its fixes while moving, microseconds.
        median_us: i64,
    },
    /// A device has too few moving fixes.
    TooFewMoving {
        /// Whose device.
        whose: Whose,
        /// How many it has.
        fixes: usize,
    },
    /// The two never move within the largest lag of each other.
    NoCommonTime,
}

/// The share of the suspect's moving fixes that are on the victim's path at one lag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LagShare {
    /// The lag, microseconds; above 0 the suspect's device comes later.
    pub lag_us: i64,
    /// `C(lag)`, 0 to 1.
    pub share: f64,
}

/// What the answer would have been at another radius or length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Otherwise {
    /// The radius, metres.
    pub radius_m: f64,
    /// Whether the uncertainties were allowed for besides the radius.
    pub with_uncertainty: bool,
    /// The least length, metres.
    pub min_length_m: f64,
    /// The answer.
    pub answer: Answer,
    /// The greatest length of an episode with a lag, metres; 0 without one.
    pub longest_m: f64,
}

/// What the lag scan of two devices gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Following {
    /// The answer.
    pub answer: Answer,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
    /// Every path in common of the least length, in order of time; also together, and without turns.
    pub episodes: Vec<Episode>,
    /// `C(lag)` from -30 to +30 minutes in half minutes.
    pub curve: Vec<LagShare>,
    /// The suspect's moving fixes, of one in ten seconds.
    pub moving: usize,
    /// Of these, how many have the victim moving within the largest lag.
    pub comparable: usize,
    /// Days on which both have records.
    pub common_days: usize,
    /// Constancy of the lag behind, against exchanged days.
    pub behind: Against,
    /// Constancy of the lag ahead, likewise.
    pub ahead: Against,
    /// The answers at other radii and lengths.
    pub otherwise: Vec<Otherwise>,
}

impl Following {
    fn refused(refusal: Refusal, moving: usize) -> Self {
        Self {
            answer: Answer::Refused,
            refusal: Some(refusal),
            episodes: Vec::new(),
            curve: Vec::new(),
            moving,
            comparable: 0,
            common_days: 0,
            behind: Against::default(),
            ahead: Against::default(),
            otherwise: Vec::new(),
        }
    }

    /// The lag at which most of the moving fixes are on the path; `None` if none ever is.
    #[must_use]
    pub fn best_lag(&self) -> Option<LagShare> {
        let best = |a: &&LagShare, b: &&LagShare| {
            a.share.total_cmp(&b.share).then(b.lag_us.abs().cmp(&a.lag_us.abs())).then(a.lag_us.cmp(&b.lag_us))
        };
        self.curve.iter().max_by(best).copied().filter(|at| at.share > 0.0)
    }

    /// Whether an episode is long and winding enough, and of one direction, at these parameters.
    #[must_use]
    pub fn qualifies(episode: &Episode, params: &FollowingParams) -> bool {
        weigh::qualifies(episode, params.min_length_m, params)
    }
}

fn refusal(whose: Whose, steps: &Walked, params: &FollowingParams) -> Option<Refusal> {
    match steps.median_interval_us {
        None => Some(Refusal::NoMovement { whose }),
        Some(median_us) if median_us > params.max_interval_us => Some(Refusal::TooSparse { whose, median_us }),
        Some(_) if steps.moving < params.min_moving => Some(Refusal::TooFewMoving { whose, fixes: steps.moving }),
        Some(_) => None,
    }
}

/// The lag scan of one of the suspect's devices against one of the victim's.
///
/// `O(n log n)` in the fixes of both for each exchange of days; the exchanges cost only where the suspect's device moves
/// within reach of some part of her path.
#[must_use]
pub fn following(suspect: &Device, victim: &Device, params: &FollowingParams) -> Following {
    let (his, hers) = (Chunked::anew(suspect.records()), Chunked::anew(victim.records()));
    Passes::default().of((suspect, &his), (victim, &hers), params).following(params)
}

impl Followed<'_> {
    /// The lag scan of two devices, with what is remembered of them.
    fn following(self, params: &FollowingParams) -> Following {
        let Self { his, hers, scans, records } = self;
        let refused = refusal(Whose::Suspect, his, params).or_else(|| refusal(Whose::Victim, hers, params));
        if let Some(refusal) = refused {
            return Following::refused(refusal, his.moving);
        }
        let days = common_days(&his.days, &hers.days);
        let Some(real) = scans.update(&Scanned { his, hers, params }, &days) else {
            return Following::refused(Refusal::NoCommonTime, his.moving);
        };
        let (episodes, rounds) = episodes(scans, records, params);
        let weighed = |radius: usize, min_length_m: f64| {
            let (own, others) = (episodes.get(radius), rounds.get(radius));
            let (own, others) = (own.map_or(&[][..], Vec::as_slice), others.map_or(&[][..], Vec::as_slice));
            weigh(own, others, &days, min_length_m, params)
        };
        let Weighed { answer, behind, ahead } = weighed(0, params.min_length_m);
        let otherwise = [(1, 1.0), (2, 1.0), (3, 1.0), (0, 0.5), (0, 2.0)].map(|(tried, times): (usize, f64)| {
            let min_length_m = params.min_length_m * times;
            let (radius_times, with_uncertainty) = TRIED.get(tried).copied().unwrap_or((1.0, true));
            let longest_m = longest_m(episodes.get(tried).map_or(&[], Vec::as_slice), min_length_m, params);
            let answer = weighed(tried, min_length_m).answer;
            Otherwise { radius_m: params.radius_m * radius_times, with_uncertainty, min_length_m, answer, longest_m }
        });
        let [episodes, ..] = episodes;
        Following {
            answer,
            refusal: None,
            episodes: episodes.into_iter().filter(|e| e.length_m >= params.min_length_m).collect(),
            curve: real.curve,
            moving: his.moving,
            comparable: real.comparable,
            common_days: days.len(),
            behind,
            ahead,
            otherwise: otherwise.to_vec(),
        }
    }
}

/// At each radius the episodes of the real days, and those of each exchange of days.
fn episodes<'a>(
    scans: &'a Scans,
    records: [&[Record]; 2],
    params: &FollowingParams,
) -> (AtRadii<Episode>, AtRadii<Vec<&'a Episode>>) {
    let (mut real_days, mut others) = (AtRadii::default(), AtRadii::default());
    for (n, round) in scans.rounds().into_iter().enumerate() {
        for ((real, others), found) in zip(&mut real_days, &mut others).zip(round) {
            if n == 0 {
                *real = found.iter().map(|seen| seen.placed(records, params)).collect();
            } else {
                others.push(found.iter().map(|seen| &seen.episode).collect());
            }
        }
    }
    for (episodes, others) in zip(&mut real_days, &others) {
        habit::against_other_days(episodes, records[0], scans.exchanges(), others, params);
    }
    (real_days, others)
}

fn longest_m(episodes: &[Episode], min_length_m: f64, params: &FollowingParams) -> f64 {
    let lagged = episodes.iter().filter(|e| e.side != Side::Together && weigh::qualifies(e, min_length_m, params));
    lagged.map(|e| e.length_m).fold(0.0, f64::max)
}
