//! Buckets hold what a plain sort would put in them, in its order.

use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, UnboundedMemoryPool};
use proptest::prelude::*;

use super::*;
use crate::index::{Comparator, Metric};

fn item(lo: i64, hi: i64) -> Item {
    Item { anchor: Comparator::new(Metric::Haversine).anchor(51.5, -0.1), lo, hi, row: 0, key: 0 }
}

fn intervals() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let moment = (-50_000..50_000i64, -300..300i64).prop_map(|(t, length)| (t, t + length));
    let late = (1_700_000_000_000_000..1_700_000_900_000_000i64).prop_map(|t| (t, t + 240_000_000));
    let endless = prop_oneof![Just((i64::MIN, i64::MAX)), any::<(i64, i64)>()];
    let short = || prop::collection::vec(moment.clone(), 1..3_000);
    prop_oneof![2 => short(), 2 => prop::collection::vec(late, 1..3_000), 1 => (short(), prop::collection::vec(endless, 1..5))
        .prop_map(|(short, endless)| [endless, short].concat())]
}

proptest! {
    #[test]
    fn buckets_hold_what_a_sort_puts_in_them(intervals in intervals(), step in 1..3usize) {
        let items: Vec<Item> = intervals.iter().map(|(lo, hi)| item(*lo, *hi)).collect();
        let members: Vec<u32> = (0u32..).take(items.len()).step_by(step).collect();
        let shift = bucket_shift(&items, &members);
        let mut expected = Vec::new();
        for member in &members {
            let (lo, hi) = items[*member as usize].span();
            expected.extend((bucket_of(lo, shift)..=bucket_of(hi, shift)).map(|bucket| (bucket, *member)));
        }
        expected.sort_unstable();
        let (buckets, offsets, listed) = sorted_by_bucket(&items, &members, shift);
        prop_assert_eq!(offsets.len(), buckets.len() + 1);
        let found = buckets.iter().zip(offsets.windows(2)).flat_map(|(bucket, ends)| {
            listed[ends[0]..ends[1]].iter().map(|member| (*bucket, *member))
        });
        prop_assert_eq!(found.collect::<Vec<_>>(), expected);
        prop_assert!(buckets.windows(2).all(|two| two[0] < two[1]), "buckets in order, none empty");
        prop_assert!(offsets.windows(2).all(|ends| ends[0] < ends[1]));
    }
}

#[test]
fn what_has_no_bounds_is_in_one_bucket() {
    let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
    let reservation = Arc::new(MemoryConsumer::new("ProximityJoin").register(&pool));
    let targets = Targets::build(vec![item(i64::MIN, i64::MAX); 3], &[100.0; 3], reservation).unwrap();
    assert_eq!(targets.layers().len(), 1);
    let layer = &targets.layers()[0];
    assert_eq!((layer.buckets(), layer.members.as_slice()), ([0].as_slice(), [0, 1, 2].as_slice()));
    for time in [i64::MIN, -1, 0, i64::MAX] {
        assert_eq!(layer.bucket_of(time), 0, "{time}");
    }
}
