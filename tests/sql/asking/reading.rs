//! A case that is read again: only what came since, and only if that and what was read before are all.

use datafusion::arrow::array::RecordBatch;
use locard::model::Role;
use locard::query::{Columns, ReadSoFar, Session};
use locard::store::{Options, Store, Table};

use super::world::{World, at, attributed, everything, fix, place, said};

const HOME: (f64, f64) = (51.5, -0.1);
const FIRST: i64 = 100 * 1_440;

/// Some records of a case, committed so many minutes after the beginning.
async fn commit(world: &mut World, case: &str, minute: i64, rows: std::ops::Range<i64>) {
    world.now_us = at(minute);
    let rows: Vec<_> = rows.map(|row| fix(case, "phone", row, at(row), HOME)).collect();
    world.write(Table::Fixes, &rows).await;
}

async fn world() -> World {
    let mut world = World::new();
    let claim = attributed("s", "phone", "him", Role::Suspect);
    world.write(Table::CaseEvents, &[said("alpha", "s", 0, claim), said("alpha", "p", 1, place("home", HOME))]).await;
    commit(&mut world, "alpha", FIRST, 1..4).await;
    commit(&mut world, "bravo", FIRST + 1, 1..6).await;
    commit(&mut world, "alpha", FIRST + 2, 4..6).await;
    world
}

/// The rows that came since, in order; `None` if they and the others are not all.
async fn since(session: &Session, read: &ReadSoFar) -> Option<Vec<i64>> {
    let rows = session.reading().rows_since("alpha", read).await.unwrap()?;
    let mut numbers = Vec::new();
    for batch in &rows.records {
        let column = Columns(batch).wholes("row").unwrap();
        numbers.extend((0..batch.num_rows()).filter_map(|row| column.at(row)));
    }
    numbers.sort_unstable();
    Some(numbers)
}

async fn read(session: &Session) -> ReadSoFar {
    let rows = session.reading().rows_as_stored("alpha").await.unwrap();
    ReadSoFar::of(&rows.records).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_since_is_given_and_nothing_else() {
    let (mut world, desk) = world().await.desk_kept();
    let session = everything(&desk).await;
    let so_far = read(&session).await;
    assert_eq!(so_far, ReadSoFar { records: 5, first_us: at(FIRST), last_us: at(FIRST + 2) });
    assert_eq!(since(&session, &so_far).await, Some(Vec::new()));
    commit(&mut world, "bravo", FIRST + 3, 6..9).await;
    commit(&mut world, "alpha", FIRST + 3, 6..8).await;
    commit(&mut world, "alpha", FIRST + 4, 8..9).await;
    assert_eq!(since(&session, &so_far).await, Some(vec![6, 7, 8]));
    assert_eq!(since(&session, &read(&session).await).await, Some(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_said_is_the_same_rows_until_they_say_more() {
    let (world, desk) = world().await.desk_kept();
    let session = everything(&desk).await;
    let so_far = read(&session).await;
    let (whole, again) = (session.reading().rows_as_stored("alpha").await.unwrap(), session.reading());
    let rows = again.rows_since("alpha", &so_far).await.unwrap().unwrap();
    assert_eq!((&rows.claims, &rows.targets), (&whole.claims, &whole.targets));
    assert_eq!(rows.claims.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
    let claim = attributed("t", "tablet", "him", Role::Suspect);
    world.write(Table::CaseEvents, &[said("alpha", "t", 2, claim)]).await;
    let then = again.rows_since("alpha", &so_far).await.unwrap().unwrap();
    assert_eq!(then.claims, rows.claims, "one reading is of one version");
    let now = session.reading().rows_since("alpha", &so_far).await.unwrap().unwrap();
    assert_eq!(now.claims.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_clock_was_slow_is_not_missed() {
    let (mut world, desk) = world().await.desk_kept();
    let session = everything(&desk).await;
    let so_far = read(&session).await;
    for slow in [FIRST + 2, FIRST + 1] {
        commit(&mut world, "alpha", slow, 6..7).await;
        assert_eq!(since(&session, &so_far).await, None, "stored at {slow} by its writer's clock");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_was_deleted_and_came_again_is_read_whole() {
    let (mut world, desk) = world().await.desk_kept();
    let session = everything(&desk).await;
    let so_far = read(&session).await;
    Store::open(&world.url(), Options::default()).await.unwrap().delete_case("alpha").await.unwrap();
    assert_eq!(since(&session, &so_far).await, None);
    // As many as before, so that their number alone would not tell.
    commit(&mut world, "alpha", FIRST + 3, 1..6).await;
    assert_eq!(since(&session, &ReadSoFar { records: 0, ..so_far }).await, None);
    assert_eq!(read(&session).await.records, 5);
}
