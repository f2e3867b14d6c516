//! A lane: what one side holds of one key, in the order of time, so that a row meets only what can be together with it.

use super::super::items::Item;

/// Items of like duration in the order of their start.
#[derive(Debug, Default)]
struct Group {
    /// In the order of `lo`.
    items: Vec<Item>,
    /// The longest duration among them.
    longest: u64,
}

/// One side's items of one key. [`Item::key`] holds the slot of the batch that the item's row came in.
#[derive(Debug, Default)]
pub struct Lane {
    /// By class of duration, so that a long stay does not widen the search among moments.
    groups: Vec<(u32, Group)>,
}

/// Classes of duration, each up to sixteen times the last: a moment is in the first, what never ends in the last.
const fn class_of(item: &Item) -> u32 {
    let (lo, hi) = item.span();
    (64 - hi.abs_diff(lo).leading_zeros()).div_ceil(4)
}

impl Lane {
    /// Puts items in. Those that come in the order of time cost the same however many there are already; of those that do
    /// not, what begins after the first of them is moved once for all of them.
    pub fn insert(&mut self, items: &[Item]) {
        let mut by_class: Vec<(u32, Vec<Item>)> = Vec::new();
        for item in items {
            let class = class_of(item);
            match by_class.iter_mut().find(|(c, _)| *c == class) {
                Some((_, alike)) => alike.push(*item),
                None => by_class.push((class, vec![*item])),
            }
        }
        for (class, alike) in by_class {
            let at = self.groups.iter().position(|(c, _)| *c == class).unwrap_or_else(|| {
                self.groups.push((class, Group::default()));
                self.groups.len() - 1
            });
            if let Some((_, group)) = self.groups.get_mut(at) {
                group.put(alike);
            }
        }
    }

    /// Calls `f` with every item that may share a moment with `[lo, hi]`, and how many were looked at.
    pub fn together(&self, lo: i64, hi: i64, mut f: impl FnMut(&Item)) -> usize {
        let (from, to) = (lo.min(hi), lo.max(hi));
        let mut seen = 0;
        for (_, group) in &self.groups {
            // An item that began `longest` before `from`, or later, may last until then.
            let earliest = i128::from(from) - i128::from(group.longest);
            let start = group.items.partition_point(|i| i128::from(i.span().0) < earliest);
            let rest = group.items.get(start..).unwrap_or_default();
            for item in rest.iter().take_while(|i| i.span().0 <= to) {
                seen += 1;
                if item.lo <= hi && lo <= item.hi {
                    f(item);
                }
            }
        }
        seen
    }

    /// How many items it holds.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|(_, g)| g.items.len()).sum()
    }

    /// About how many bytes it holds.
    pub fn bytes(&self) -> usize {
        let items: usize = self.groups.iter().map(|(_, g)| g.items.capacity()).sum();
        items * size_of::<Item>() + self.groups.capacity() * size_of::<(u32, Group)>()
    }

    /// All items.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.groups.iter().flat_map(|(_, g)| &g.items)
    }
}

impl Group {
    fn put(&mut self, mut new: Vec<Item>) {
        let start = |item: &Item| item.span().0;
        new.sort_by_key(start);
        let longest = new.iter().map(|item| item.span().1.abs_diff(start(item))).max();
        self.longest = self.longest.max(longest.unwrap_or(0));
        let Some(first) = new.first().map(start) else { return };
        let stays = self.items.partition_point(|held| start(held) <= first);
        let mut moves = self.items.split_off(stays).into_iter().peekable();
        for item in new {
            while let Some(earlier) = moves.next_if(|held| start(held) <= start(&item)) {
                self.items.push(earlier);
            }
            self.items.push(item);
        }
        self.items.extend(moves);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Comparator, Metric};
    use proptest::prelude::*;

    fn item(lo: i64, hi: i64, row: u32) -> Item {
        Item { anchor: Comparator::new(Metric::Geodesic).anchor(51.0, 0.0), lo, hi, row, key: 0 }
    }

    proptest! {
        #[test]
        fn an_item_is_met_exactly_if_it_shares_a_moment(
            raw in prop::collection::vec((-500_i64..500, prop_oneof![0_i64..3, 0_i64..40, 300_i64..2000]), 0..60),
            lo in -500_i64..500, long in 0_i64..100,
        ) {
            let mut lane = Lane::default();
            let items: Vec<Item> = (0u32..).zip(&raw).map(|(n, (lo, d))| item(*lo, lo + d, n)).collect();
            for part in items.chunks(7) {
                lane.insert(part);
            }
            let hi = lo + long;
            let mut met = Vec::new();
            lane.together(lo, hi, |i| met.push(i.row));
            met.sort_unstable();
            let expected: Vec<u32> =
                items.iter().filter(|i| i.lo <= hi && lo <= i.hi).map(|i| i.row).collect();
            prop_assert_eq!(met, expected);
            prop_assert_eq!(lane.len(), items.len());
        }
    }

    #[test]
    fn times_without_end_are_met_at_any_time() {
        let mut lane = Lane::default();
        lane.insert(&[item(i64::MIN, i64::MAX, 1), item(i64::MAX, i64::MAX, 2)]);
        for t in [i64::MIN, 0, i64::MAX] {
            let mut met = Vec::new();
            lane.together(t, t, |i| met.push(i.row));
            assert!(met.contains(&1));
            assert_eq!(met.contains(&2), t == i64::MAX);
        }
    }

    #[test]
    fn a_row_looks_only_at_what_may_be_together_with_it() {
        let mut lane = Lane::default();
        lane.insert(&(0..10_000).map(|n| item(i64::from(n) * 10, i64::from(n) * 10, n)).collect::<Vec<_>>());
        lane.insert(&[item(0, 1_000_000, 0)]);
        assert!(lane.together(50_000, 50_005, |_| ()) <= 2, "a long stay does not widen the search among moments");
    }
}
