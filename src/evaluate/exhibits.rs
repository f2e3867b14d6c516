//! The exhibits of a case, each with a number that its records carry.
//!
//! ```text
//!  names      1a…           7c…                   e0…
//!  numbers    2^30          2^31                  3·2^30        in the order of the names, with room between them
//!                                      b3…
//!                                      5·2^29                   another file comes back: the others keep their numbers
//! ```
//! Invariant: of two exhibits the one whose name is the lesser has the lesser number. So records stand in the same order
//! whatever their exhibits' numbers are, and what is found of them is the same.

use std::collections::BTreeSet;

/// One more than the greatest number.
const END: u64 = 1 << 32;

/// Exhibits by their SHA-256, hex, with their numbers ([`Origin::exhibit`](crate::encounter::Origin::exhibit)).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exhibits {
    /// In the order of the numbers, and of the names.
    known: Vec<(u32, String)>,
}

impl Exhibits {
    /// Numbers names with room for others between them.
    #[must_use]
    pub fn spread(names: BTreeSet<String>) -> Self {
        let apart = END / (u64::try_from(names.len()).unwrap_or(u64::MAX).saturating_add(1)).min(END);
        let number = |at: u64| u32::try_from(at * apart).unwrap_or(u32::MAX);
        Self { known: (1..).map(number).zip(names).collect() }
    }

    /// Numbers names 0, 1, 2, … without room between them; for cases that are made and do not grow.
    #[must_use]
    pub fn dense(names: impl IntoIterator<Item = String>) -> Self {
        let names: BTreeSet<String> = names.into_iter().collect();
        Self { known: (0..).zip(names).collect() }
    }

    /// The name of a number; `None` if no exhibit has it.
    #[must_use]
    pub fn name(&self, number: u32) -> Option<&str> {
        let at = self.known.binary_search_by_key(&number, |(known, _)| *known).ok()?;
        self.known.get(at).map(|(_, name)| name.as_str())
    }

    /// The number of a name; `None` if it is not known.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        let at = self.known.binary_search_by(|(_, known)| known.as_str().cmp(name)).ok()?;
        self.known.get(at).map(|(number, _)| *number)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|(_, name)| name.as_str())
    }

    /// These and others, these with the numbers that they have; `None` if there is no room for one of the others.
    #[must_use]
    pub fn with(&self, others: &Self) -> Option<Self> {
        let mut all = self.clone();
        others.names().all(|name| all.add(name)).then_some(all)
    }

    /// The same names as they are numbered in `numbered`, and those that are not there between them; `None` if there is no
    /// room for one.
    #[must_use]
    pub fn numbered_as(&self, numbered: &Self) -> Option<Self> {
        let both = numbered.known.iter().filter(|(_, name)| self.number(name).is_some());
        Self { known: both.cloned().collect() }.with(self)
    }

    /// These and others, numbered anew if there is no room for the others.
    #[must_use]
    pub fn or_spread_with(&self, others: &Self) -> Self {
        let names = || self.names().chain(others.names()).map(str::to_owned).collect();
        self.with(others).unwrap_or_else(|| Self::spread(names()))
    }

    /// Adds a name that is not known in the middle of the room that it has; `false` if it has none.
    fn add(&mut self, name: &str) -> bool {
        let Err(at) = self.known.binary_search_by(|(_, known)| known.as_str().cmp(name)) else { return true };
        let number = |at: Option<usize>| at.and_then(|at| self.known.get(at)).map(|(number, _)| u64::from(*number));
        let first = number(at.checked_sub(1)).map_or(0, |before| before + 1);
        let end = number(Some(at)).unwrap_or(END);
        let middle = u32::try_from(first.midpoint(end)).ok().filter(|_| first < end);
        if let Some(number) = middle {
            self.known.insert(at, (number, name.to_owned()));
        }
        middle.is_some()
    }
}

/// The numbers that exhibits of one case have in another.
#[derive(Debug, Default)]
pub(super) struct Renumbered {
    /// By their numbers in the one; only those that have another number, or none, in the other.
    other: Vec<(u32, Option<u32>)>,
}

impl Renumbered {
    /// Of the exhibits of `old` in `new`.
    pub(super) fn of(old: &Exhibits, new: &Exhibits) -> Self {
        let numbers = old.known.iter().map(|(number, name)| (*number, new.number(name)));
        Self { other: numbers.filter(|(old, new)| *new != Some(*old)).collect() }
    }

    /// Whether all have the numbers that they had.
    pub(super) const fn is_same(&self) -> bool {
        self.other.is_empty()
    }

    /// The number of an exhibit in the other case; `None` if it is not there. A number of no exhibit stays.
    pub(super) fn number(&self, number: u32) -> Option<u32> {
        match self.other.binary_search_by_key(&number, |(old, _)| *old).ok().and_then(|at| self.other.get(at)) {
            Some((_, new)) => *new,
            None => Some(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn exhibits_keep_their_numbers_when_others_come_between() {
        let few = Exhibits::spread(names(&["b", "d"]));
        assert_eq!(few.number("b").zip(few.number("d")), Some((0x5555_5555, 0xaaaa_aaaa)));
        let more = few.with(&Exhibits::dense(["a", "c", "d", "e"].map(str::to_owned))).unwrap();
        assert_eq!(more.names().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
        assert_eq!(["b", "d"].map(|name| more.number(name)), ["b", "d"].map(|name| few.number(name)));
        assert!(more.names().all(|name| more.number(name).and_then(|number| more.name(number)) == Some(name)));
        assert_eq!((few.number("c"), few.name(7)), (None, None));
        // One that is gone gives its number back, and no other has it by chance.
        let fewer = Exhibits::dense(["b", "e"].map(str::to_owned)).numbered_as(&more).unwrap();
        assert_eq!(["b", "e", "d"].map(|n| fewer.number(n)), [more.number("b"), more.number("e"), None]);
    }

    #[test]
    fn where_there_is_no_room_all_are_numbered_anew() {
        let dense = Exhibits::dense(["a", "c"].map(str::to_owned));
        assert_eq!(["a", "c"].map(|name| dense.number(name)), [Some(0), Some(1)]);
        let between = Exhibits::dense(["b".to_owned()]);
        assert_eq!((dense.with(&between), between.numbered_as(&dense).unwrap().number("b")), (None, Some(1 << 31)));
        let all = dense.or_spread_with(&between);
        assert_eq!(all, Exhibits::spread(names(&["a", "b", "c"])));
        let renumbered = Renumbered::of(&dense, &all);
        assert_eq!([0, 1, 2].map(|old| renumbered.number(old)), [all.number("a"), all.number("c"), Some(2)]);
        assert!(!renumbered.is_same() && Renumbered::of(&all, &all).is_same());
        assert_eq!(Renumbered::of(&all, &dense).number(all.number("b").unwrap()), None);
    }

    proptest! {
        #[test]
        fn numbers_stand_in_the_order_of_names_however_exhibits_come(
            first in prop::collection::btree_set("[a-c]{1,4}", 0..6),
            then in prop::collection::vec("[a-c]{1,4}", 0..60)) {
            let mut all = Exhibits::spread(first.clone());
            let mut expected = first;
            for name in then {
                all = all.or_spread_with(&Exhibits::dense([name.clone()]));
                expected.insert(name);
                prop_assert!(all.known.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
            }
            prop_assert!(all.names().eq(expected.iter().map(String::as_str)));
        }
    }
}
