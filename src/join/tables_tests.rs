//! A pool too small for all tables gives the same tables, in turns.

use std::sync::Arc;

use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool, UnboundedMemoryPool};

use super::super::items::Item;
use super::super::table::hash;
use super::*;
use crate::index::{Comparator, Metric};

/// Fixes of one device, a second apart, walking east: some 20 buckets.
fn walk() -> Vec<Item> {
    let comparator = Comparator::new(Metric::Haversine);
    let item = |row: u32| {
        let t = i64::from(row) * 1_000_000;
        Item { anchor: comparator.anchor(51.5, f64::from(row) * 1e-5), lo: t, hi: t, row, key: 0 }
    };
    (0..10_000).map(item).collect()
}

fn targets(pool: &Arc<dyn MemoryPool>) -> Result<Targets> {
    let items = walk();
    let reservation = MemoryConsumer::new("ProximityJoin").register(pool);
    Targets::build(items, &vec![100.0; 10_000], Arc::new(reservation))
}

fn spots(targets: &Targets) -> Vec<Spot> {
    let buckets = u32::try_from(targets.layers()[0].buckets().len()).unwrap();
    (0..buckets).map(|bucket| Spot { layer: 0, class: 0, bucket }).collect()
}

/// The items that a table lists where each hundredth item stands.
fn listed(targets: &Targets, hold: &mut Hold<'_>, spot: Spot) -> Vec<u32> {
    hold.make(spot).unwrap();
    let table = hold.get(spot).unwrap();
    let lattice = targets.layers()[0].discs(0).lattice();
    let stands = targets.items.iter().step_by(100).map(|i| hash(lattice.cell(i.anchor.lat_deg, i.anchor.lon_deg), 0));
    stands.flat_map(|hash| table.items(hash).to_vec()).collect()
}

/// What a pool of any size gives; bytes of the index without tables, and with them.
fn unlimited() -> (Vec<Vec<u32>>, usize, usize) {
    let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
    let targets = targets(&pool).unwrap();
    let without = pool.reserved();
    let mut hold = Hold::new(&targets);
    let listed = spots(&targets).into_iter().map(|spot| listed(&targets, &mut hold, spot)).collect();
    (listed, without, pool.reserved())
}

#[test]
fn tables_take_turns_where_memory_is_short() {
    let (expected, without, with) = unlimited();
    assert!(expected.len() > 10 && expected.iter().all(|listed| !listed.is_empty()));
    let limit = without + (with - without) / 3;
    let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(limit));
    let targets = targets(&pool).unwrap();
    let mut hold = Hold::new(&targets);
    let spots = spots(&targets);
    for _ in 0..2 {
        let found: Vec<_> = spots.iter().map(|spot| listed(&targets, &mut hold, *spot)).collect();
        assert_eq!(found, expected);
    }
    let held: usize = spots.iter().filter_map(|spot| hold.get(*spot)).map(Table::bytes).sum();
    assert_eq!(pool.reserved(), without + held, "what was dropped is given back, and no more");
    assert!(hold.get(spots[0]).is_none(), "the first was dropped");
}

#[test]
fn no_room_for_one_table_is_a_refusal() {
    let (_, without, _) = unlimited();
    let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(without + 1_000));
    let targets = targets(&pool).unwrap();
    let refusal = Hold::new(&targets).make(spots(&targets)[0]).unwrap_err();
    assert!(matches!(refusal.find_root(), DataFusionError::ResourcesExhausted(_)), "{refusal}");
    assert_eq!(pool.reserved(), without);
}

/// One that drops tables waits for the other, and neither for ever.
#[test]
fn two_that_are_short_of_memory_both_end() {
    let (expected, without, with) = unlimited();
    let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(without + (with - without) / 3));
    let targets = targets(&pool).unwrap();
    let spots = spots(&targets);
    let walk = |forward: bool| {
        for step in 0..10 * spots.len() {
            let at = if forward { step % spots.len() } else { spots.len() - 1 - step % spots.len() };
            let mut hold = Hold::new(&targets);
            assert_eq!(listed(&targets, &mut hold, spots[at]), expected[at]);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| walk(true));
        scope.spawn(|| walk(false));
    });
}
