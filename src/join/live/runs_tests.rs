//! Whatever sizes batches come in and whatever is let go: the rows found are those of batches that lie as they came.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray as _, DictionaryArray, Float64Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{Int8Type, Int64Type};
use proptest::prelude::*;

use super::*;

fn batch(first: i64, rows: usize) -> (RecordBatch, RadiusTerms) {
    let values = Int64Array::from_iter_values((first..).take(rows));
    let words = StringArray::from_iter_values((first..).take(rows).map(|v| format!("row {v}")));
    let radius = Float64Array::from_iter_values(values.values().iter().map(|v| f64::from(i32::try_from(*v).unwrap())));
    let rows = RecordBatch::try_from_iter([("value", Arc::new(values) as _), ("word", Arc::new(words) as _)]).unwrap();
    (rows, vec![(1, radius)])
}

/// What is held, by slot and row, with the batches as they came; by groups that are let go together.
#[derive(Default)]
struct Model {
    held: BTreeMap<(u32, u32), i64>,
    groups: BTreeMap<u8, Vec<(u32, u32)>>,
    next: i64,
}

impl Model {
    fn keep(&mut self, runs: &mut Runs, of: &[Option<u8>]) {
        let (rows, radius) = batch(self.next, of.len());
        let live: Vec<(u32, u8)> = (0u32..).zip(of).filter_map(|(row, group)| Some((row, (*group)?))).collect();
        let slot = runs.keep(rows, radius, live.iter().map(|(row, _)| *row)).unwrap();
        for (row, group) in live {
            let before = self.held.insert((slot, row), self.next + i64::from(row));
            assert_eq!(before, None, "a slot was given away while its rows are held");
            self.groups.entry(group).or_default().push((slot, row));
        }
        self.next += i64::try_from(of.len()).unwrap();
    }

    fn let_go(&mut self, runs: &mut Runs, group: u8) {
        let rows = self.groups.remove(&group).unwrap_or_default();
        self.held.retain(|place, _| !rows.contains(place));
        runs.let_go(rows.into_iter());
    }

    fn check(&self, runs: &Runs) {
        for ((slot, row), value) in &self.held {
            let found = runs.find(*slot, *row).unwrap();
            assert_eq!(found.run.rows.column(0).as_primitive::<Int64Type>().value(found.row), *value);
            assert_eq!(found.run.rows.column(1).as_string::<i32>().value(found.row), format!("row {value}"));
            let radius = &found.run.radius[0];
            assert_eq!((radius.0, radius.1.value(found.row)), (1, f64::from(i32::try_from(*value).unwrap())));
        }
        let all = || runs.all.iter().flatten();
        assert_eq!(all().map(Run::live).sum::<usize>(), self.held.len());
        assert_eq!(all().map(Run::bytes).sum::<usize>(), runs.run_bytes, "the counter is true");
        assert!(!all().any(Run::is_wasteful));
        let most = CLASSES * (FANOUT - 1) + self.held.len() * 2 / FANOUT.pow(u32::try_from(CLASSES).unwrap());
        assert!(all().count() <= most, "{} runs of {} rows", all().count(), self.held.len());
        let slots: usize = all().map(|run| run.slots().len()).sum();
        assert_eq!(slots + runs.free_slots.len(), runs.slots.len(), "each slot is used or free");
    }
}

#[derive(Debug, Clone)]
enum Op {
    Keep(Vec<Option<u8>>),
    LetGo(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let group = prop_oneof![1 => Just(None), 5 => (0..12u8).prop_map(Some)];
    let size = prop_oneof![8 => 1..3usize, 3 => 3..20usize, 1 => 500..700usize];
    let keep = size.prop_flat_map(move |n| prop::collection::vec(group.clone(), n..=n)).prop_map(Op::Keep);
    prop::collection::vec(prop_oneof![6 => keep, 1 => (0..12u8).prop_map(Op::LetGo)], 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn rows_are_found_as_if_batches_lay_as_they_came(ops in ops()) {
        let (mut runs, mut model) = (Runs::default(), Model::default());
        for op in ops {
            match op {
                Op::Keep(of) => model.keep(&mut runs, &of),
                Op::LetGo(group) => model.let_go(&mut runs, group),
            }
            model.check(&runs);
        }
        for group in 0..12 {
            model.let_go(&mut runs, group);
        }
        model.check(&runs);
        prop_assert_eq!(runs.run_bytes, 0);
    }
}

/// The columns of a row take 24 bytes here and its word 10 or so; a slot 12, its place in a run 4, and tables grow by
/// doubling.
#[test]
fn a_row_that_comes_alone_takes_little_more_than_its_columns() {
    let mut runs = Runs::default();
    let mut moved = 0;
    for n in 0..100_000_i64 {
        let (rows, radius) = batch(n, 1);
        let before: Vec<usize> = runs.all.iter().flatten().map(Run::len).collect();
        let slot = runs.keep(rows, radius, std::iter::once(0)).unwrap();
        let found = runs.find(slot, 0).unwrap();
        if before.len() + 1 > runs.all.iter().flatten().count() {
            moved += found.run.len();
        }
    }
    assert!(runs.bytes() < 100 * 100_000, "{} bytes", runs.bytes());
    assert!(moved <= CLASSES * 100_000, "{moved} rows were moved: each once for a class at most");
}

/// One row of each batch stays, of batches that were large: what is sparse is put together as well.
#[test]
fn the_last_rows_of_large_batches_come_together() {
    let (mut runs, mut model) = (Runs::default(), Model::default());
    for _ in 0..100 {
        let of: Vec<Option<u8>> = (0..5_000).map(|row| Some(u8::from(row != 4_321))).collect();
        let slot = runs.keep(batch(model.next, of.len()).0, batch(model.next, of.len()).1, 0..5_000).unwrap();
        model.held.insert((slot, 4_321), model.next + 4_321);
        model.next += 5_000;
        runs.let_go((0..5_000).filter(|row| *row != 4_321).map(|row| (slot, row)));
    }
    model.check(&runs);
    assert!(runs.run_bytes < 200 * 100, "{} bytes of a hundred rows", runs.run_bytes);
}

/// Two dictionaries whose words are more than a key of one byte can number: they stay apart, and nothing is lost.
#[test]
fn what_cannot_be_put_together_stays_apart() {
    let mut runs = Runs::default();
    let words = |from: i8| {
        let values = StringArray::from_iter_values((0..100).map(|n| format!("{from} {n}")));
        let keys = datafusion::arrow::array::Int8Array::from_iter_values(0..100);
        let column = DictionaryArray::<Int8Type>::try_new(keys, Arc::new(values)).unwrap();
        RecordBatch::try_from_iter([("word", Arc::new(column) as _)]).unwrap()
    };
    let slots: Vec<u32> = (0..20).map(|from| runs.keep(words(from), Vec::new(), 0..100).unwrap()).collect();
    for (slot, from) in slots.iter().zip(0_i8..) {
        let found = runs.find(*slot, 42).unwrap();
        let column = found.run.rows.column(0).as_dictionary::<Int8Type>();
        let word = column.values().as_string::<i32>().value(column.key(found.row).unwrap());
        assert_eq!(word, format!("{from} 42"));
    }
    runs.let_go(slots.iter().flat_map(|slot| (0..100).map(|row| (*slot, row))));
    assert_eq!(runs.run_bytes, 0);
}
