//! Contacts of one device and one owner in chains, so that a new one is folded with what it can change and no more.
//!
//! A chain is a maximal set of contacts, those that only hold among them, each at most `gap_us` after the latest end so
//! far. Every encounter lies in one chain, for its contacts are linked by gaps at most that long; so folding each chain
//! by itself gives what folding all contacts gives.

use std::collections::BTreeMap;

/// Chains of things that last, by their start, UTC microseconds.
#[derive(Debug, Clone)]
pub struct Chains<T> {
    by_start: BTreeMap<i64, Chain<T>>,
}

impl<T> Default for Chains<T> {
    fn default() -> Self {
        Self { by_start: BTreeMap::new() }
    }
}

/// One chain.
#[derive(Debug, Clone)]
pub struct Chain<T> {
    /// The latest end of its members, UTC microseconds.
    pub end_us: i64,
    /// What it is made of; in no order.
    pub members: Vec<T>,
}

impl<T> Chains<T> {
    /// Puts in what lasts from `start_us` to `end_us`: the start of the chain it is in now, and the starts of chains that
    /// are one with it from now on.
    pub fn put(&mut self, start_us: i64, end_us: i64, member: T, gap_us: i64) -> (i64, Vec<i64>) {
        let first = self.by_start.range(..=start_us).next_back();
        let before = first.filter(|(_, c)| start_us.saturating_sub(c.end_us) <= gap_us).map(|(s, _)| *s);
        let (from, mut gone) = (before.unwrap_or(start_us), Vec::new());
        let mut chain = match before.and_then(|s| self.by_start.remove(&s)) {
            Some(chain) => chain,
            None => Chain { end_us, members: Vec::new() },
        };
        chain.end_us = chain.end_us.max(end_us);
        chain.members.push(member);
        // Chains are apart by more than the gap, so only those next to it can be joined, one after the other.
        while let Some((&start, _)) = self.by_start.range(from..).next() {
            if start.saturating_sub(chain.end_us) > gap_us {
                break;
            }
            let Some(next) = self.by_start.remove(&start) else { break };
            chain.end_us = chain.end_us.max(next.end_us);
            chain.members.extend(next.members);
            gone.push(start);
        }
        self.by_start.insert(from, chain);
        (from, gone)
    }

    /// The chain that starts then.
    #[must_use]
    pub fn get(&self, start_us: i64) -> Option<&Chain<T>> {
        self.by_start.get(&start_us)
    }

    /// The starts of chains that share a moment with `[from_us, to_us]`.
    pub fn about(&self, from_us: i64, to_us: i64) -> impl Iterator<Item = i64> {
        let inside = self.by_start.range(from_us.min(to_us)..=to_us).map(|(s, _)| *s);
        // Chains do not overlap: of those that start earlier only the last can last until then.
        let before = self.by_start.range(..from_us).next_back();
        before.filter(move |(_, c)| c.end_us >= from_us).map(|(s, _)| *s).into_iter().chain(inside)
    }

    /// All chains with their starts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Chain<T>)> {
        self.by_start.iter().map(|(s, c)| (*s, c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sorted by start and cut where the gap is too long: the definition.
    fn reference(mut spans: Vec<(i64, i64, usize)>, gap: i64) -> Vec<(i64, i64, Vec<usize>)> {
        spans.sort_unstable();
        let mut chains: Vec<(i64, i64, Vec<usize>)> = Vec::new();
        for (start, end, n) in spans {
            match chains.last_mut() {
                Some((_, last, members)) if start - *last <= gap => {
                    *last = (*last).max(end);
                    members.push(n);
                }
                _ => chains.push((start, end, vec![n])),
            }
        }
        for chain in &mut chains {
            chain.2.sort_unstable();
        }
        chains
    }

    proptest! {
        #[test]
        fn whatever_the_order_the_chains_are_those_of_the_definition(
            raw in prop::collection::vec((0_i64..400, 0_i64..60), 0..40), gap in 0_i64..20,
        ) {
            let mut chains = Chains::default();
            let mut spans = Vec::new();
            for (n, (start, length)) in raw.into_iter().enumerate() {
                let starts_before: Vec<i64> = chains.iter().map(|(s, _)| s).collect();
                let (now_in, gone) = chains.put(start, start + length, n, gap);
                spans.push((start, start + length, n));
                prop_assert!(chains.get(now_in).unwrap().members.contains(&n));
                for start in starts_before {
                    prop_assert_eq!(chains.get(start).is_none(), gone.contains(&start) && start != now_in);
                }
            }
            let found: Vec<_> = chains.iter().map(|(s, c)| {
                let mut members = c.members.clone();
                members.sort_unstable();
                (s, c.end_us, members)
            }).collect();
            prop_assert_eq!(&found, &reference(spans, gap));
            for (from, to) in [(0, 0), (50, 90), (200, 200), (399, 500)] {
                let mut about: Vec<i64> = chains.about(from, to).collect();
                about.sort_unstable();
                let expected: Vec<i64> =
                    found.iter().filter(|(s, e, _)| *s <= to && *e >= from).map(|(s, _, _)| *s).collect();
                prop_assert_eq!(about, expected);
            }
        }
    }
}
