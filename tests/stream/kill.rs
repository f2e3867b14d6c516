//! The same feed, whole, through processes that are killed, with members coming and going, and with every record three
//! times in random order: the tables say the same in the end.
//!
//! On a real broker the feed has 10^5 records, 8 partitions and 50 cases; with `LOCARD_TEST_QUICK` set, and on the mock
//! cluster, which keeps 5 MiB of a partition, it is smaller.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use locard::simulate::feed::{FeedItem, FeedParams, fit_records};
use locard::store::Table;
use locard::time::Stopwatch;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::broker::broker;
use super::child::{Child, Task};
use super::harness::{
    Said, assert_equal, feed, full_size, open, options, pause, reference_and_fixes, run_until, runtime, send,
    send_through, stored, until_stored,
};

const PARTITIONS: i32 = 8;
/// Chooses the moments of the kills and the random order.
const SEED: u64 = 20_251_026;
/// What no machine needs; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(4);

struct Story {
    items: Vec<FeedItem>,
    expected: Said,
    fixes: usize,
}

/// The feed of these tests.
pub fn story_params() -> FeedParams {
    let params = FeedParams { days: 1, seed: 31, ..FeedParams::default() };
    if full_size() {
        return fit_records(&FeedParams { cases: 50, ..params }, 104_000, false).unwrap();
    }
    let mut few = FeedParams { cases: 6, ..params };
    few.sampling.spacing = 4.0;
    few
}

static STORY: LazyLock<Story> = LazyLock::new(|| {
    let params = story_params();
    let items = feed(&params);
    let (expected, fixes) = reference_and_fixes(&items);
    let (p, e) = expected.values().fold((0, 0), |(p, e), (ps, es)| (p + ps.len(), e + es.len()));
    println!(
        "{} messages, {fixes} different fixes, {} cases, {p} proximities, {e} encounters",
        items.len(),
        params.cases
    );
    assert!(p > 100 && e > 5, "a feed worth reading");
    assert!(!full_size() || items.len() >= 100_000, "{} messages", items.len());
    Story { items, expected, fixes }
});

fn whole(items: &[FeedItem]) -> i64 {
    i64::try_from(items.len()).unwrap()
}

#[test]
fn whole_it_says_what_one_step_says() {
    let (story, broker) = (&*STORY, broker("kill-whole", PARTITIONS));
    send(&broker, &story.items);
    let data = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        run_until(options(broker.config.clone(), data.path()), whole(&story.items), PATIENCE).await;
        assert_equal(data.path(), &story.expected, story.fixes).await;
    });
}

#[test]
fn every_record_three_times_in_random_order_changes_nothing() {
    let (story, broker) = (&*STORY, broker("kill-thrice", PARTITIONS));
    println!("thrice: seed {SEED}");
    let mut items: Vec<FeedItem> = story.items.iter().flat_map(|item| std::iter::repeat_n(item, 3)).cloned().collect();
    items.shuffle(&mut ChaCha8Rng::seed_from_u64(SEED));
    send(&broker, &items);
    let data = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        run_until(options(broker.config.clone(), data.path()), whole(&items), PATIENCE).await;
        assert_equal(data.path(), &story.expected, story.fixes).await;
    });
}

/// Half of the kills come at a random moment, half of them inside a commit: between the commits of two tables.
#[test]
fn killed_twenty_times_it_goes_on_from_what_is_stored() {
    let (story, broker) = (&*STORY, broker("kill-killed", PARTITIONS));
    let rounds = if full_size() { 20 } else { 6 };
    println!("killed: seed {SEED}, {rounds} kills");
    let mut moments = ChaCha8Rng::seed_from_u64(SEED);
    let data = tempfile::tempdir().unwrap();
    let task = Task::new(&broker.alone(), data.path());
    let (output, mut at_work, mut inside) = (Arc::new(broker.output()), 0, 0);
    for (round, part) in story.items.chunks(story.items.len().div_ceil(rounds)).enumerate() {
        let tables = moments.random_range(1..5) + 5 * moments.random_range(0..3);
        let task = Task { killed_after: (round % 2 == 1).then_some(tables), ..task.clone() };
        let mut child = Child::start(&task);
        for some in part.chunks(part.len().div_ceil(5)) {
            send_through(&output, some);
            pause(moments.random_range(20..250));
        }
        let began = Stopwatch::start();
        while task.killed_after.is_some() && child.is_running() && began.seconds() < 20.0 {
            pause(20);
        }
        let ran = child.kill();
        at_work += usize::from(ran || task.killed_after.is_some());
        inside += usize::from(runtime().block_on(stand_apart(data.path())));
    }
    println!("killed: {at_work} times at work, {inside} times between the commits of two tables");
    assert_eq!(at_work, rounds, "it works until it is killed");
    assert!(inside >= rounds / 4, "some of them inside commits: {inside}");
    runtime().block_on(async {
        let mut options = options(broker.alone(), data.path());
        options.work.commit_rows = 2_000;
        run_until(options, whole(&story.items), PATIENCE).await;
        assert_equal(data.path(), &story.expected, story.fixes).await;
    });
}

/// Whether a table of a partition lacks what another one has.
async fn stand_apart(data: &std::path::Path) -> bool {
    let next = open(data).await.next_offsets("fixes").await.unwrap();
    next.values().any(|tables| tables.get(&Table::Fixes) != tables.get(&Table::Encounters))
}

#[test]
fn members_that_come_and_go_change_nothing() {
    let (story, broker) = (&*STORY, broker("kill-members", PARTITIONS));
    let data = tempfile::tempdir().unwrap();
    let output = Arc::new(broker.output());
    let signs = tempfile::tempdir().unwrap();
    let sign = |name: &str| signs.path().join(name);
    let start = |name| Child::start(&Task { at_work: Some(sign(name)), ..Task::new(&broker.config, data.path()) });
    let mut parts = story.items.chunks(story.items.len().div_ceil(5));
    // Records come while members come and go: slowly, until the one that is named has its share.
    let mut send_until_at_work = |name: &str| {
        for some in parts.next().map(|part| part.chunks(part.len().div_ceil(50))).into_iter().flatten() {
            send_through(&output, some);
            let ms = if sign(name).exists() { 5 } else { 400 };
            pause(ms);
        }
    };
    let first = start("first");
    send_until_at_work("first");
    let second = start("second");
    send_until_at_work("second");
    let second = second.stop();
    send_until_at_work("first");
    let third = start("third");
    send_until_at_work("third");
    assert!(first.kill(), "it works until it is killed");
    send_until_at_work("third");
    runtime().block_on(async {
        let store = open(data.path()).await;
        let done = tokio::time::timeout(PATIENCE, until_stored(&store, whole(&story.items))).await;
        assert!(done.is_ok(), "{} of {} are stored", stored(&store).await, story.items.len());
        let third = third.stop();
        assert!(second.commits > 0 && third.commits > 0, "each had its share: {} {}", second.commits, third.commits);
        assert_equal(data.path(), &story.expected, story.fixes).await;
    });
}
