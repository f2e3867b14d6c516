//! Unknown suspects: identifiers recorded at several scenes, and how many would be by chance.
//!
//! ```text
//!                 scene 1   scene 2   scene 3   scene 4
//!   base rate       0.02      0.001     0.05      0.004      from the same place and hour on other days
//!   number A        hit       hit       hit       no data        score = Σ log(1 / rate) over the hits
//!   number B        hit       excluded  elsewhere hit
//!   ─────────────────────────────────────────────────────
//!   at 3 of 4: 1 observed, 0.0004 expected of 120,000 identifiers (Poisson-binomial)
//! ```
//! Whoever lives or works at a scene is recorded there on any day: the base rate of that place and hour says so, and such a
//! scene counts for little. A scene without the identifier is said with its reason: no data are no exclusion.
//!
//! Identifiers are heard one at a time, so that a search over very many of them needs memory for the best only. A search
//! over data of people who have nothing to do with the case needs an authority and a reason, and says how many it touched.
//!
//! Source: the score by base rates and windows of the same hour, design notes on target development; Wang, Y. H., *On the
//! number of successes in independent trials*, Statistica Sinica 3 (1993) 295-312, for the Poisson-binomial distribution.

mod base;
mod finding;
mod presence;
mod rank;
mod rates;

#[cfg(test)]
mod rank_tests;

pub use crate::index::at_least;
pub use base::{SceneRate, other_days};
pub use finding::findings;
pub use presence::{Presence, SceneParams, presence};
pub use rank::{Authority, Candidate, Ranked, Ranking, ScenesError};
pub use rates::BaseRates;
