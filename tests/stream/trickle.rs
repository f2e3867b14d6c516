//! Rows that come one by one: what the join holds of each, counted and as the process sees it.

use locard::join::{SessionOptions, session};
use locard::stream::{Matching, Row};
use locard::time::Stopwatch;

use super::harness::runtime;

/// The `n`th record of a thousand devices that never come near each other.
fn row(n: i64) -> Row {
    let minute_us = n * 60_000_000;
    let (lat_deg, lon_deg) = (50.0 + f64::from(i32::try_from(n % 1_000).unwrap()) / 100.0, -0.1);
    Row { case: n % 1_000, reference: n, t0_us: minute_us, t1_us: minute_us, lat_deg, lon_deg, reach_m: 100.0 }
}

fn resident_bytes() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4_096
}

#[test]
#[ignore = "measures; to be run alone, with --nocapture"]
fn what_a_hundred_thousand_trickled_rows_take() {
    let rows = 100_000;
    runtime().block_on(async {
        let options = SessionOptions { partitions: 1, memory_bytes: 1 << 30, ..SessionOptions::default() };
        let mut matching = Matching::start(&session(&options).unwrap()).await.unwrap();
        let (before, watch) = (resident_bytes(), Stopwatch::start());
        for n in 0..rows {
            matching.put_targets(&[row(n)]).unwrap();
            assert_eq!(matching.drain().await.unwrap(), []);
        }
        let (resident, seconds) = (resident_bytes() - before, watch.seconds());
        println!(
            "{rows} rows one by one: {} bytes counted and {} resident a row; {:.1} us a row",
            matching.bytes_held() / usize::try_from(rows).unwrap(),
            resident / rows,
            seconds * 1e6 / f64::from(i32::try_from(rows).unwrap())
        );
    });
}
