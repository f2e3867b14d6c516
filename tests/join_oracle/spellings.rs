//! The usual spellings of near and about-the-same-time: each is planned as a proximity join, and means what it says.

use datafusion::prelude::SessionContext;

use super::engine::{open, plain_options, same_as_plain};
use super::world::Row;

/// Rows on two lines 30 m apart, a fix every 40 s on one and every 70 s on the other; both tables have columns
/// `radius_m` and `window_us`, and times as integers of seconds, as other timestamps and as dates.
fn context() -> SessionContext {
    let line = |n: i32, step_s: i64, lat: f64| -> Vec<Row> {
        let row = |i: i32| {
            let start = i64::from(i) * step_s * 1_000_000;
            let row = Row::at(i64::from(i), lat, -0.1 + 1e-4 * f64::from(i % 17), start);
            Row { t1_us: Some(start + 5_000_000), u_m: Some(f64::from(i % 4)), ..row }
        };
        (0..n).map(row).collect()
    };
    let context = open(&plain_options(), &line(60, 40, 51.5), &line(45, 70, 51.500_27));
    for (view, table) in [("s", "l"), ("v", "r")] {
        let sql = format!(
            "CREATE VIEW {view} AS SELECT *, 20.0 + u AS radius_m, 30000000 + id AS window_us, t0 / 1000000 AS epoch_s, \
             CAST(t0 / 1000000 AS INT) AS epoch_i32, arrow_cast(t0 / 1000000, 'UInt32') AS epoch_u32, \
             arrow_cast(ts0, 'Timestamp(Nanosecond, None)') AS ns, arrow_cast(ts0, 'Timestamp(Millisecond, None)') AS ms, \
             arrow_cast(ts0, 'Timestamp(Microsecond, Some(\"UTC\"))') AS utc, \
             arrow_cast(ts0, 'Timestamp(Second, Some(\"+01:00\"))') AS east, \
             arrow_cast(id * 86400000, 'Date64') AS day64, arrow_cast(CAST(id AS INT), 'Date32') AS day FROM {table}"
        );
        super::engine::run(&context, &sql).unwrap();
    }
    context
}

const NEAR: &str = "distance_m(s.lat, s.lon, v.lat, v.lon) <= 45";
const SOON: &str = "s.t0 <= v.t1 + 60000000 AND s.t1 >= v.t0 - 60000000";

/// Asserts that both plans agree and that the condition both finds and leaves out pairs; the number it finds.
fn found(context: &SessionContext, from_where: &str) -> usize {
    let n = same_as_plain(context, &format!("SELECT s.id, v.id FROM {from_where}")).len();
    assert!(n > 0 && n < 60 * 45, "{n} pairs say little: {from_where}");
    n
}

#[test]
fn spellings_of_near() {
    let context = context();
    let on = |near: &str| found(&context, &format!("s JOIN v ON {near} AND {SOON}"));
    let base = on(NEAR);
    for near in [
        "45 >= distance_m(s.lat, s.lon, v.lat, v.lon)",
        "distance_m(v.lat, v.lon, s.lat, s.lon) <= 45.0",
        "NOT (distance_m(s.lat, s.lon, v.lat, v.lon) > 45)",
        "distance_m(s.lat, s.lon, v.lat, v.lon) BETWEEN 0 AND 45",
        "distance_m(s.lat + 0.0, s.lon, v.lat, v.lon * 1.0) <= 40 + 5",
        "distance_m(CAST(s.lat AS FLOAT8), s.lon, v.lat, v.lon) <= CAST(45 AS SMALLINT)",
    ] {
        assert_eq!(on(near), base, "{near}");
    }
    for near in [
        "distance_m(s.lat, s.lon, v.lat, v.lon) < 45",
        "haversine_m(s.lat, s.lon, v.lat, v.lon) <= 45",
        "haversine_m(v.lat, v.lon, s.lat, s.lon) < 45",
        "distance_m(s.lat, s.lon, v.lat, v.lon) <= s.radius_m + v.radius_m",
        "distance_m(s.lat, s.lon, v.lat, v.lon) <= 30 + s.u + v.u",
        "distance_m(s.lat, s.lon, v.lat, v.lon) <= v.u + s.u + 30",
        "distance_m(s.lat, s.lon, v.lat, v.lon) <= s.radius_m * 2",
        "distance_m(s.lat, s.lon, v.lat, v.lon) <= greatest(v.radius_m, 31)",
        "v.radius_m + s.radius_m > distance_m(s.lat, s.lon, v.lat, v.lon)",
        "distance_m(s.lat, s.lon, v.lat, v.lon) <= 45 AND distance_m(s.lat, s.lon, v.lat, v.lon) > 31",
        "distance_m(s.lat, s.lon, v.lat, v.lon) <= 45 AND s.u + v.u < 4 AND (s.id < v.id OR s.id > 20)",
    ] {
        on(near);
    }
}

#[test]
fn spellings_of_the_join_itself() {
    let context = context();
    let base = found(&context, &format!("s JOIN v ON {NEAR} AND {SOON}"));
    for from in [
        format!("s, v WHERE {NEAR} AND {SOON}"),
        format!("s CROSS JOIN v WHERE {SOON} AND {NEAR}"),
        format!("s INNER JOIN v ON {SOON} WHERE {NEAR}"),
        format!("s JOIN v ON {NEAR} WHERE {SOON}"),
        format!("v, s WHERE {SOON} AND {NEAR}"),
        format!("v JOIN s ON s.k = v.k AND {NEAR} AND {SOON}"),
        format!("(SELECT * FROM s WHERE k = 'a') s JOIN v USING (k) WHERE {NEAR} AND {SOON}"),
        format!("s LEFT JOIN v ON {NEAR} AND {SOON} WHERE v.id IS NOT NULL"),
    ] {
        assert_eq!(found(&context, &from), base, "{from}");
    }
}

#[test]
fn spellings_of_the_same_time() {
    let context = context();
    let on = |soon: &str| found(&context, &format!("s JOIN v ON {NEAR} AND {soon}"));
    let base = on(SOON);
    for soon in [
        "v.t1 + 60000000 >= s.t0 AND v.t0 - 60000000 <= s.t1",
        "s.t0 - v.t1 <= 60000000 AND v.t0 - s.t1 <= 60000000",
        "s.ts0 <= v.ts1 + INTERVAL '60 seconds' AND s.ts1 >= v.ts0 - INTERVAL '1 minute'",
        "s.ts0 - INTERVAL '1 minute' <= v.ts1 AND v.ts0 - INTERVAL '60 seconds' <= s.ts1",
    ] {
        assert_eq!(on(soon), base, "{soon}");
    }
    let moment = on("s.t0 BETWEEN v.t0 - 90000000 AND v.t0 + 90000000");
    for soon in [
        "v.t0 BETWEEN s.t0 - 90000000 AND s.t0 + 90000000",
        "abs(s.t0 - v.t0) <= 90000000",
        "90000000 >= abs(v.t0 - s.t0)",
        "abs(s.epoch_s - v.epoch_s) <= 90",
        "abs(s.epoch_i32 - v.epoch_i32) <= 90",
        "s.epoch_s - v.epoch_s BETWEEN -90 AND 90",
        "s.ts0 BETWEEN v.ts0 - INTERVAL '90 seconds' AND v.ts0 + INTERVAL '90 seconds'",
        "s.ns BETWEEN v.ts0 - INTERVAL '90 seconds' AND v.ms + INTERVAL '90 seconds'",
        "s.utc BETWEEN v.utc - INTERVAL '90 seconds' AND v.utc + INTERVAL '90 seconds'",
        "s.ts0 - v.ts0 <= INTERVAL '90 seconds' AND v.ts0 - s.ts0 <= INTERVAL '90 seconds'",
        "s.t0 >= v.t0 - 90000000 AND NOT (s.t0 > v.t0 + 90000000)",
        "s.epoch_u32 <= v.epoch_u32 + 90 AND v.epoch_u32 <= s.epoch_u32 + 90",
    ] {
        assert_eq!(on(soon), moment, "{soon}");
    }
}

/// No two of these mean the same; both plans must agree on each.
#[test]
fn other_spellings_of_time() {
    let context = context();
    for soon in [
        "s.t0 < v.t1 + 60000000 AND s.t1 > v.t0 - 60000000",
        "s.t0 < v.t1 AND s.t1 > v.t0",
        "s.ts0 < v.ts1 AND v.ts0 < s.ts1",
        "abs(s.t0 - v.t0) < 90000000",
        "abs(s.t0 - v.t0) <= s.window_us",
        "abs(s.t0 - v.t0) <= v.window_us + s.window_us",
        "abs(s.epoch_u32 - v.epoch_u32) <= 90",
        "s.epoch_u32 - v.epoch_u32 <= 90",
        "s.epoch_u32 - v.epoch_u32 >= 90",
        "abs(CAST(s.t0 - v.t0 AS DOUBLE)) <= 9e7",
        "s.t0 <= v.t0 + v.window_us AND s.t0 >= v.t0 - s.window_us",
        "s.t0 >= v.t0",
        "s.t1 < v.t0 AND s.t1 > v.t0 - 900000000",
        "s.ts0 <= v.east AND s.utc >= v.ns - INTERVAL '5 minutes'",
        "s.utc <= v.east + INTERVAL '65 minutes' AND s.east >= v.utc - INTERVAL '70 minutes'",
        "s.ms <= v.ns AND s.ms > v.ts0 - INTERVAL '3 minutes'",
        "s.day <= v.day AND s.day >= v.day - INTERVAL '3 days'",
        "s.day64 <= v.day64 AND s.day > v.day - 3",
        "s.day <= v.ts0 + INTERVAL '3 days' AND s.day >= v.ts0 - INTERVAL '1 month'",
        "s.ts0 - v.ts0 <= INTERVAL '1 day' AND v.ts0 - s.ts0 <= INTERVAL '2 minutes'",
        "s.ts0 - v.ts0 < INTERVAL '1 month' AND s.ts0 > v.ts0",
        "s.t0 = v.t0",
        "s.t0 / 60000000 = v.t0 / 60000000",
        "date_trunc('minute', s.ts0) = date_trunc('minute', v.ts0)",
        "to_timestamp_seconds(s.epoch_s) <= to_timestamp_seconds(v.epoch_s) + INTERVAL '1 minute' AND s.id >= v.id",
    ] {
        found(&context, &format!("s JOIN v ON {NEAR} AND {soon}"));
    }
}
