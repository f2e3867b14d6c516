//! Ranking identifiers as they are heard, with the number that chance gives.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::base::SceneRate;
use super::presence::Presence;
use crate::index::at_least;

/// Under what a search over the data of uninvolved people was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The authorisation's reference.
    pub reference: String,
    /// Why the search is necessary and proportionate.
    pub reason: String,
}

/// A search that cannot be made; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenesError {
    /// The reference or the reason is missing.
    #[error("a search for identifiers at scenes needs {0}: it touches people who have nothing to do with the case")]
    Authority(&'static str),
    /// There are no scenes.
    #[error("there are no scenes to search")]
    NoScenes,
    /// An identifier's presences are not as many as there are scenes.
    #[error("identifier {identifier:?} comes with {found} presences for {scenes} scenes: these do not belong together")]
    Presences {
        /// The identifier.
        identifier: String,
        /// How many presences it came with.
        found: usize,
        /// How many scenes there are.
        scenes: usize,
    },
}

/// An identifier at several scenes.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The identifier as the data name it.
    pub identifier: String,
    /// What its records say about each scene.
    pub presences: Vec<Presence>,
    /// How many scenes it was recorded at.
    pub hits: usize,
    /// The sum over those of `log10(1 / base rate)`.
    pub score: f64,
}

impl Candidate {
    /// How many scenes exclude it.
    #[must_use]
    pub fn excluded(&self) -> usize {
        self.presences.iter().filter(|presence| **presence == Presence::Excluded).count()
    }

    /// The greater score first, then more hits, then the name.
    fn order(&self, other: &Self) -> Ordering {
        let strength = other.score.total_cmp(&self.score).then(other.hits.cmp(&self.hits));
        strength.then_with(|| self.identifier.cmp(&other.identifier))
    }
}

/// The heap's order: the weakest candidate is the greatest, so that it is dropped first.
#[derive(Debug, Clone, PartialEq)]
struct Weakest(Candidate);

impl Eq for Weakest {}

impl PartialOrd for Weakest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Weakest {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order(&other.0)
    }
}

/// Hears identifiers one at a time and keeps the best.
#[derive(Debug)]
pub struct Ranking {
    authority: Authority,
    chances: Vec<f64>,
    rates: Vec<SceneRate>,
    least: usize,
    most: usize,
    kept: BinaryHeap<Weakest>,
    identifiers: u64,
    with_hits: Vec<u64>,
}

impl Ranking {
    /// A ranking for scenes with these base rates, of identifiers at `least` scenes or more, keeping the `most` best.
    ///
    /// # Errors
    /// [`ScenesError`] without an authority's reference or reason, or without scenes.
    pub fn new(rates: Vec<SceneRate>, authority: Authority, least: usize, most: usize) -> Result<Self, ScenesError> {
        for (text, what) in [(&authority.reference, "an authority's reference"), (&authority.reason, "a reason")] {
            if text.trim().is_empty() {
                return Err(ScenesError::Authority(what));
            }
        }
        if rates.is_empty() {
            return Err(ScenesError::NoScenes);
        }
        let chances = rates.iter().map(SceneRate::chance).collect();
        let with_hits = vec![0; rates.len() + 1];
        Ok(Self { authority, chances, rates, least, most, kept: BinaryHeap::new(), identifiers: 0, with_hits })
    }

    /// Hears one identifier, once, with what its records say about each scene, in the order of the scenes.
    ///
    /// # Errors
    /// [`ScenesError::Presences`] if there are not as many presences as scenes.
    pub fn hear(&mut self, identifier: &str, presences: &[Presence]) -> Result<(), ScenesError> {
        if presences.len() != self.chances.len() {
            let (identifier, found, scenes) = (identifier.to_owned(), presences.len(), self.chances.len());
            return Err(ScenesError::Presences { identifier, found, scenes });
        }
        let hit = |(presence, chance): (&Presence, &f64)| (*presence == Presence::Hit).then(|| -libm::log10(*chance));
        let scores: Vec<f64> = presences.iter().zip(&self.chances).filter_map(hit).collect();
        self.identifiers += 1;
        if let Some(count) = self.with_hits.get_mut(scores.len()) {
            *count += 1;
        }
        if scores.len() < self.least.max(1) {
            return Ok(());
        }
        let (identifier, presences) = (identifier.to_owned(), presences.to_vec());
        self.kept.push(Weakest(Candidate { identifier, presences, hits: scores.len(), score: scores.iter().sum() }));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
        Ok(())
    }

    /// The result: the same for the same identifiers in any order.
    #[must_use]
    pub fn finish(self) -> Ranked {
        let tail = at_least(&self.chances);
        let mut candidates: Vec<Candidate> = self.kept.into_iter().map(|weakest| weakest.0).collect();
        candidates.sort_by(Candidate::order);
        let observed = (0..self.with_hits.len()).map(|m| self.with_hits.iter().skip(m).sum()).collect();
        Ranked {
            authority: self.authority,
            rates: self.rates,
            least: self.least.max(1),
            identifiers: self.identifiers,
            observed,
            chance: tail,
            candidates,
        }
    }
}

/// Identifiers at several scenes, the best first, and what chance gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Under what the search was made.
    pub authority: Authority,
    /// The base rates of the scenes.
    pub rates: Vec<SceneRate>,
    /// Candidates are at so many scenes or more.
    pub least: usize,
    /// How many identifiers were searched: the people touched by it.
    pub identifiers: u64,
    /// How many identifiers are at 0, 1, 2, … scenes or more.
    pub observed: Vec<u64>,
    /// The chance that one identifier is at 0, 1, 2, … scenes or more.
    pub chance: Vec<f64>,
    /// The candidates kept.
    pub candidates: Vec<Candidate>,
}

impl Ranked {
    /// How many of the identifiers would be at `hits` scenes or more if each went to each scene independently, with its
    /// base rate.
    #[must_use]
    pub fn expected(&self, hits: usize) -> f64 {
        let identifiers = f64::from(u32::try_from(self.identifiers).unwrap_or(u32::MAX));
        identifiers * self.chance.get(hits).copied().unwrap_or(0.0)
    }

    /// How many identifiers are at so many scenes or more.
    #[must_use]
    pub fn observed(&self, hits: usize) -> u64 {
        self.observed.get(hits).copied().unwrap_or(0)
    }

    /// The candidates at the most scenes, then with the greatest score: how many scenes, and how many candidates.
    #[must_use]
    pub fn most_hits(&self) -> usize {
        self.observed.iter().rposition(|count| *count > 0).unwrap_or(0)
    }

    /// Candidates with the fewest excluding scenes first, otherwise in their order.
    #[must_use]
    pub fn least_excluded(&self) -> Vec<&Candidate> {
        let mut candidates: Vec<&Candidate> = self.candidates.iter().collect();
        candidates.sort_by_key(|candidate| (candidate.excluded(), Reverse(candidate.hits)));
        candidates
    }
}
