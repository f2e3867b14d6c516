//! Random worlds: the join equals brute force and the plain plan, whatever the order, batch size and partitioning.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::engine::{fires, open, pairs, plain_options, set_rule};
use super::world::{Question, Row, brute_force};

const KEYS: [Option<&str>; 5] = [Some("a"), Some("a"), Some("b"), Some(""), None];
const DAY_US: i64 = 86_400_000_000;

/// Where things happen: about these, and no farther than a few radii.
fn centres() -> impl Strategy<Value = (f64, f64)> {
    let pentagons: Vec<(f64, f64)> = h3o::CellIndex::base_cells()
        .filter(|c| c.is_pentagon())
        .map(h3o::LatLng::from)
        .map(|c| (c.lat(), c.lng()))
        .collect();
    prop_oneof![
        Just((51.5, -0.12)),
        Just((0.0, 0.0)),
        prop_oneof![Just((90.0, 0.0)), Just((-90.0, 13.0)), Just((89.9999, 77.0)), Just((-89.99, 180.0))],
        prop_oneof![Just((10.0, 180.0)), Just((-62.0, -180.0)), Just((71.0, 179.9999))],
        prop_oneof![Just((84.99, 20.0)), Just((-85.01, 20.0))],
        prop::sample::select(pentagons),
        (-90.0..90.0f64, -180.0..180.0f64),
    ]
}

/// A place some radii from the centre, brought back onto the Earth; now and then one that is not on it, or NULL.
fn place(centre: (f64, f64), scale_m: f64) -> impl Strategy<Value = (Option<f64>, Option<f64>)> {
    let span = 2.5 * scale_m / 111_000.0;
    let near = (-span..=span, -span..=span, any::<bool>()).prop_map(move |(north, east, far_side)| {
        let lat = centre.0 + north;
        let (lat, turned) = if lat > 90.0 { (180.0 - lat, true) } else { (lat, false) };
        let (lat, turned) = if lat < -90.0 { (-180.0 - lat, true) } else { (lat, turned) };
        // About a pole every longitude is near.
        let around = if lat.abs() > 89.9 && far_side { 137.0 } else { 0.0 };
        let lon = centre.1 + east / lat.to_radians().cos().max(1e-3) + around + if turned { 180.0 } else { 0.0 };
        let lon = (lon + 180.0).rem_euclid(360.0) - 180.0;
        (Some(lat), Some(lon))
    });
    let odd = prop_oneof![
        Just((None, Some(0.0))),
        Just((Some(0.0), None)),
        Just((Some(f64::NAN), Some(0.0))),
        Just((Some(0.0), Some(f64::INFINITY))),
        Just((Some(90.1), Some(0.0))),
        Just((Some(51.5), Some(-180.5))),
    ];
    prop_oneof![20 => near, 4 => Just((Some(centre.0), Some(centre.1))), 1 => odd]
}

fn uncertainty(scale_m: f64) -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        8 => Just(Some(0.0)),
        12 => (0.0..=scale_m).prop_map(Some),
        1 => (scale_m..=30_000.0f64.max(scale_m + 1.0)).prop_map(Some),
        1 => (-2.0 * scale_m..0.0).prop_map(Some),
        1 => prop_oneof![
            Just(None), Just(Some(f64::INFINITY)), Just(Some(f64::NEG_INFINITY)), Just(Some(f64::NAN)),
            Just(Some(-0.0)), Just(Some(1e300)),
        ],
    ]
}

/// Intervals: moments, short and long ones, inverted ones, without end, at the ends of time, NULL.
fn interval(scale_us: i64) -> impl Strategy<Value = (Option<i64>, Option<i64>)> {
    const START: i64 = 1_700_000_000_000_000;
    let some = |(a, b): (i64, i64)| (Some(a), Some(b));
    let start = move || (-3 * scale_us..=3 * scale_us).prop_map(|t| t + START);
    prop_oneof![
        10 => start().prop_map(move |t| some((t, t))),
        6 => (start(), 0..=scale_us.max(1)).prop_map(move |(t, d)| some((t, t + d))),
        2 => (start(), 0..=30 * DAY_US).prop_map(move |(t, d)| some((t, t + d))),
        2 => (start(), 0..=2 * scale_us.max(1)).prop_map(move |(t, d)| some((t, t - d))),
        1 => start().prop_map(move |t| some((t, i64::MAX))),
        1 => prop::sample::select(vec![
            (None, Some(START)), (Some(START), None), (Some(i64::MIN), Some(i64::MAX)), (Some(i64::MIN), Some(i64::MIN)),
            (Some(i64::MAX), Some(i64::MAX)), (Some(i64::MAX), Some(i64::MIN)), (Some(-1), Some(0)),
        ]),
    ]
}

fn side(centre: (f64, f64), scale_m: f64, scale_us: i64, most: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (place(centre, scale_m), uncertainty(scale_m), interval(scale_us), prop::sample::select(KEYS.to_vec()));
    let row = row.prop_map(|((lat_deg, lon_deg), u_m, (t0_us, t1_us), key)| Row {
        id: 0,
        key,
        lat_deg,
        lon_deg,
        u_m,
        t0_us,
        t1_us,
    });
    prop::collection::vec((row, 1..=2usize), 0..=most).prop_map(|rows| {
        // Some rows come twice, with one id: the pairs are a multiset.
        let numbered = (0i64..).zip(rows).flat_map(|(id, (row, times))| vec![Row { id, ..row }; times]);
        numbered.collect()
    })
}

#[derive(Debug, Clone)]
pub struct World {
    pub left: Vec<Row>,
    pub right: Vec<Row>,
    pub question: Question,
    pub partitions: usize,
    pub batch_size: usize,
}

fn questions() -> impl Strategy<Value = Question> {
    let radius = prop_oneof![8 => (0.0..=4.48f64).prop_map(|e| 10f64.powf(e)), 1 => Just(0.0), 1 => Just(1.0)];
    let window = prop_oneof![
        1 => Just(None), 1 => Just(Some(0)), 4 => (1..=8i64, 0..=10u32).prop_map(|(m, e)| Some(m * 10i64.pow(e))),
        1 => Just(Some(DAY_US)),
    ];
    let flags = any::<[bool; 7]>();
    (radius, window, flags).prop_map(|(radius_m, window_us, f)| Question {
        haversine: f[0],
        radius_m,
        left_u: f[1],
        right_u: f[2],
        key: f[3],
        window_us,
        timestamps: f[4],
        strict: f[5],
        right_first: f[6],
    })
}

pub fn worlds() -> impl Strategy<Value = World> {
    let layout = (1..=8usize, prop_oneof![Just(1usize), 2..=7usize, Just(8192usize)], any::<bool>());
    (questions(), centres(), layout).prop_flat_map(|(question, centre, (partitions, batch_size, left_is_large))| {
        let (scale_m, scale_us) = (question.radius_m.max(0.5), question.window_us.unwrap_or(1).max(1));
        let (l, r) = if left_is_large { (45, 20) } else { (20, 45) };
        let sides = (side(centre, scale_m, scale_us, l), side(centre, scale_m, scale_us, r));
        sides.prop_map(move |(left, right)| World { left, right, question, partitions, batch_size })
    })
}

pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_240_229),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(220))]
    #[test]
    fn the_join_is_brute_force_and_the_plain_plan(world in worlds()) {
        let World { left, right, question, partitions, batch_size } = &world;
        let expected = brute_force(left, right, |l, r| question.holds(l, r));
        let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {}", question.sql());
        let mut options = plain_options();
        (options.partitions, options.batch_size) = (*partitions, *batch_size);
        let context = open(&options, left, right);
        if !left.is_empty() && !right.is_empty() {
            prop_assert!(fires(&context, &sql), "the rule did not fire: {}", sql);
        }
        prop_assert_eq!(&pairs(&context, &sql), &expected, "the join: {}", &sql);
        set_rule(&context, false);
        prop_assert!(!fires(&context, &sql), "the rule is off");
        prop_assert_eq!(&pairs(&context, &sql), &expected, "the plain plan: {}", &sql);
    }
}

proptest! {
    #![proptest_config(config(60))]
    #[test]
    fn order_batch_size_and_partitions_change_nothing(world in worlds(), order in any::<prop::sample::Index>()) {
        let World { left, right, question, partitions, batch_size } = world;
        let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {}", question.sql());
        let once = pairs(&open(&plain_options(), &left, &right), &sql);
        let turned = |rows: &[Row]| {
            let mut rows = rows.to_vec();
            let turn = if rows.is_empty() { 0 } else { order.index(rows.len()) };
            rows.rotate_left(turn);
            rows.reverse();
            rows
        };
        let mut options = plain_options();
        (options.partitions, options.batch_size) = (partitions, batch_size);
        prop_assert_eq!(pairs(&open(&options, &turned(&left), &turned(&right)), &sql), once, "{}", sql);
    }
}

/// Without matches a property over pairs says nothing: the worlds above do hold pairs, near misses and all kinds of rows.
#[test]
fn the_worlds_are_worth_asking() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::new(config(1));
    let (mut matched, mut missed, mut some) = (0, 0, 0);
    for _ in 0..150 {
        let World { left, right, question, .. } = worlds().new_tree(&mut runner).unwrap().current();
        let pairs = brute_force(&left, &right, |l, r| question.holds(l, r)).len();
        matched += pairs;
        missed += left.len() * right.len() - pairs;
        some += usize::from(pairs > 0);
    }
    assert!(some > 100 && matched > 3_000 && missed > matched, "{some} worlds with {matched} pairs, {missed} misses");
}
