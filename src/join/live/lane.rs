//! A lane: what one side holds of one key, in the order of time, so that a row meets only what can be together with it, and
//! in blocks, so that of that it meets only what is not too far away.

use super::super::items::Item;
use super::block::{BLOCK, Block, Probe, Reaching};

/// Items of like duration in the order of their start.
#[derive(Debug, Default)]
struct Group {
    /// In the order of `lo`.
    items: Vec<Reaching>,
    /// Of [`BLOCK`] items each, the last of what is left.
    blocks: Vec<Block>,
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
    pub fn insert(&mut self, items: &[Reaching]) {
        let mut by_class: Vec<(u32, Vec<Reaching>)> = Vec::new();
        for item in items {
            let class = class_of(&item.item);
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

    /// Calls `f` with every item that shares a moment with `[lo, hi]`, but for some that are too far from the newcomer to be
    /// met; and how many were looked at.
    pub fn together(&self, lo: i64, hi: i64, newcomer: &Probe, mut f: impl FnMut(&Reaching)) -> usize {
        let (from, to) = (lo.min(hi), lo.max(hi));
        let mut seen = 0;
        for (_, group) in &self.groups {
            // An item that began `longest` before `from`, or later, may last until then.
            let earliest = i128::from(from) - i128::from(group.longest);
            let start = group.items.partition_point(|i| i128::from(i.item.span().0) < earliest);
            let rest = group.items.get(start..).unwrap_or_default();
            let end = start + rest.partition_point(|i| i.item.span().0 <= to);
            let (first, last) = (start / BLOCK, end.div_ceil(BLOCK));
            let blocks = group.blocks.get(first..last).unwrap_or_default();
            let items = group.items.get(first * BLOCK..).unwrap_or_default();
            for (items, block) in items.chunks(BLOCK).zip(blocks) {
                if block.is_beyond(newcomer) {
                    continue;
                }
                seen += items.len();
                items.iter().filter(|i| i.item.lo <= hi && lo <= i.item.hi).for_each(&mut f);
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
        let of = |g: &Group| g.items.capacity() * size_of::<Reaching>() + g.blocks.capacity() * size_of::<Block>();
        self.groups.iter().map(|(_, g)| of(g)).sum::<usize>() + self.groups.capacity() * size_of::<(u32, Group)>()
    }

    /// All items.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.groups.iter().flat_map(|(_, g)| &g.items).map(|reaching| &reaching.item)
    }
}

impl Group {
    fn put(&mut self, mut new: Vec<Reaching>) {
        let start = |of: &Reaching| of.item.span().0;
        new.sort_by_key(start);
        let longest = new.iter().map(|of| of.item.span().1.abs_diff(start(of))).max();
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
        // Those before it are as they were.
        self.blocks.truncate(stays / BLOCK);
        let rest = self.items.get(self.blocks.len() * BLOCK..).unwrap_or_default();
        self.blocks.extend(rest.chunks(BLOCK).map(Block::of));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Comparator, Metric};
    use proptest::prelude::*;

    fn item_at(lat_deg: f64, lo: i64, hi: i64, row: u32) -> Reaching {
        let anchor = Comparator::new(Metric::Geodesic).anchor(lat_deg, 0.0);
        Reaching { item: Item { anchor, lo, hi, row, key: 0 }, reach_m: 50.0 }
    }

    fn item(lo: i64, hi: i64, row: u32) -> Reaching {
        item_at(51.0, lo, hi, row)
    }

    fn probe(lat_deg: f64) -> Probe {
        Probe { lat_deg, lon_deg: 0.0, cos_lat: lat_deg.to_radians().cos(), reach_m: 50.0 }
    }

    fn met(lane: &Lane, lo: i64, hi: i64, lat_deg: f64) -> Vec<u32> {
        let mut met = Vec::new();
        lane.together(lo, hi, &probe(lat_deg), |i| met.push(i.item.row));
        met.sort_unstable();
        met
    }

    proptest! {
        #[test]
        fn an_item_is_met_exactly_if_it_shares_a_moment(
            raw in prop::collection::vec((-500_i64..500, prop_oneof![0_i64..3, 0_i64..40, 300_i64..2000]), 0..60),
            lo in -500_i64..500, long in 0_i64..100,
        ) {
            let mut lane = Lane::default();
            let items: Vec<Reaching> = (0u32..).zip(&raw).map(|(n, (lo, d))| item(*lo, lo + d, n)).collect();
            for part in items.chunks(7) {
                lane.insert(part);
            }
            let hi = lo + long;
            let expected: Vec<u32> =
                items.iter().map(|i| i.item).filter(|i| i.lo <= hi && lo <= i.hi).map(|i| i.row).collect();
            prop_assert_eq!(met(&lane, lo, hi, 51.0), expected);
            prop_assert_eq!(lane.len(), items.len());
        }

        /// Of several blocks, put in out of order and in parts.
        #[test]
        fn whoever_is_near_is_met_wherever_the_others_are(
            raw in prop::collection::vec((0_i64..2_000, prop_oneof![Just(0_i64), 0_i64..500], 0_u8..4), 0..400),
            part in 1_usize..90, lo in 0_i64..2_000, long in 0_i64..2_000, place in 0_u8..4,
        ) {
            // A kilometre between the places.
            let lat = |place: u8| 51.0 + f64::from(place) * 0.009;
            let items: Vec<Reaching> =
                (0u32..).zip(&raw).map(|(n, (lo, d, place))| item_at(lat(*place), *lo, lo + d, n)).collect();
            let mut lane = Lane::default();
            for part in items.chunks(part) {
                lane.insert(part);
            }
            let (hi, found) = (lo + long, met(&lane, lo, lo + long, lat(place)));
            for (item, (_, _, at)) in items.iter().map(|i| i.item).zip(&raw) {
                let together = item.lo <= hi && lo <= item.hi;
                let is_met = found.binary_search(&item.row).is_ok();
                prop_assert!(is_met <= together && is_met >= (together && *at == place), "{item:?}");
            }
        }
    }

    #[test]
    fn times_without_end_are_met_at_any_time() {
        let mut lane = Lane::default();
        lane.insert(&[item(i64::MIN, i64::MAX, 1), item(i64::MAX, i64::MAX, 2)]);
        for t in [i64::MIN, 0, i64::MAX] {
            let met = met(&lane, t, t, 51.0);
            assert!(met.contains(&1));
            assert_eq!(met.contains(&2), t == i64::MAX);
        }
    }

    #[test]
    fn a_row_looks_only_at_what_may_be_together_with_it() {
        let mut lane = Lane::default();
        lane.insert(&(0..10_000).map(|n| item(i64::from(n) * 10, i64::from(n) * 10, n)).collect::<Vec<_>>());
        lane.insert(&[item(0, 1_000_000, 0)]);
        let seen = lane.together(50_000, 50_005, &probe(51.0), |_| ());
        assert!(seen <= 1 + BLOCK, "{seen}: a long stay does not widen the search among moments");
        assert_eq!(met(&lane, 50_000, 50_005, 51.0), [0, 5_000]);
    }

    #[test]
    fn of_a_long_window_only_what_is_near_is_looked_at() {
        let mut lane = Lane::default();
        // A device that goes north, ten metres each second.
        lane.insert(
            &(0..10_000).map(|n| item_at(51.0 + f64::from(n) * 9e-5, n.into(), n.into(), n)).collect::<Vec<_>>(),
        );
        let seen = lane.together(0, 10_000, &probe(51.45), |_| ());
        assert!((1..=2 * BLOCK).contains(&seen), "{seen}");
    }
}
