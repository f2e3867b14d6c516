//! Rows of a made-up world, as tables and as plain Rust.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::datasource::MemTable;
use locard::index::{distance_m, haversine_m};

/// A row of either side; every column but the id may be NULL.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Names the row in results.
    pub id: i64,
    /// An equality key.
    pub key: Option<&'static str>,
    /// Latitude, degrees; perhaps not one on Earth.
    pub lat_deg: Option<f64>,
    /// Longitude, degrees; perhaps not one on Earth.
    pub lon_deg: Option<f64>,
    /// Uncertainty, metres; perhaps negative, infinite or not a number.
    pub u_m: Option<f64>,
    /// Start of the interval, microseconds.
    pub t0_us: Option<i64>,
    /// End of the interval, microseconds; perhaps before the start.
    pub t1_us: Option<i64>,
}

impl Row {
    /// A row at a place and a moment, with key `a` and no uncertainty.
    pub fn at(id: i64, lat_deg: f64, lon_deg: f64, t_us: i64) -> Self {
        Self {
            id,
            key: Some("a"),
            lat_deg: Some(lat_deg),
            lon_deg: Some(lon_deg),
            u_m: Some(0.0),
            t0_us: Some(t_us),
            t1_us: Some(t_us),
        }
    }
}

/// What the made-up queries ask: the meaning that SQL, both plans and brute force share.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each switches one part of the condition")]
pub struct Question {
    pub haversine: bool,
    pub radius_m: f64,
    pub left_u: bool,
    pub right_u: bool,
    pub key: bool,
    /// The window, microseconds; `None` asks nothing of times.
    pub window_us: Option<i64>,
    /// Timestamps instead of integers.
    pub timestamps: bool,
    pub strict: bool,
    pub right_first: bool,
}

impl Question {
    /// The condition over tables `l` and `r`.
    pub fn sql(&self) -> String {
        let function = if self.haversine { "haversine_m" } else { "distance_m" };
        let (a, b) = if self.right_first { ("r", "l") } else { ("l", "r") };
        let op = if self.strict { "<" } else { "<=" };
        let mut sql =
            format!("{function}({a}.lat, {a}.lon, {b}.lat, {b}.lon) {op} CAST({:?} AS DOUBLE)", self.radius_m);
        for (asked, term) in [(self.left_u, " + l.u"), (self.right_u, " + r.u"), (self.key, " AND l.k = r.k")] {
            sql += if asked { term } else { "" };
        }
        let reversed = if self.strict { ">" } else { ">=" };
        match self.window_us {
            Some(w) if self.timestamps => {
                let w = format!("INTERVAL '{w} microseconds'");
                sql + &format!(" AND l.ts0 {op} r.ts1 + {w} AND l.ts1 + {w} {reversed} r.ts0")
            }
            Some(w) => sql + &format!(" AND l.t0 {op} r.t1 + {w} AND r.t0 {op} l.t1 + {w}"),
            None => sql,
        }
    }

    /// Whether a pair matches, in the arithmetic of SQL: integers wrap, floats are in total order, NULL is never true.
    pub fn holds(&self, l: &Row, r: &Row) -> bool {
        self.is_near(l, r).unwrap_or(false) && self.is_together(l, r).unwrap_or(false) && (!self.key || same_key(l, r))
    }

    fn is_near(&self, l: &Row, r: &Row) -> Option<bool> {
        let mut radius = self.radius_m;
        radius += if self.left_u { l.u_m? } else { 0.0 };
        radius += if self.right_u { r.u_m? } else { 0.0 };
        let (a, b) = if self.right_first { (r, l) } else { (l, r) };
        let metric = if self.haversine { haversine_m } else { distance_m };
        let d = metric(a.lat_deg?, a.lon_deg?, b.lat_deg?, b.lon_deg?);
        // SQL has one zero; not-a-number, if positive, is beyond infinity.
        let order = d.total_cmp(&(radius + 0.0));
        Some(!d.is_nan() && if self.strict { order.is_lt() } else { order.is_le() })
    }

    fn is_together(&self, l: &Row, r: &Row) -> Option<bool> {
        let Some(w) = self.window_us else { return Some(true) };
        let (l0, l1, r0, r1) = if self.timestamps {
            (sane(l.t0_us?), sane(l.t1_us?), sane(r.t0_us?), sane(r.t1_us?))
        } else {
            (l.t0_us?, l.t1_us?, r.t0_us?, r.t1_us?)
        };
        let before = |a: i64, b: i64| if self.strict { a < b } else { a <= b };
        Some(before(l0, r1.wrapping_add(w)) && before(r0, l1.wrapping_add(w)))
    }
}

/// Timestamps whose sum with a window overflows are an error in every plan: the timestamp columns stay within these.
fn sane(t_us: i64) -> i64 {
    t_us.clamp(i64::MIN / 4, i64::MAX / 4)
}

fn same_key(l: &Row, r: &Row) -> bool {
    l.key.is_some() && l.key == r.key
}

/// The pairs of ids that match, sorted, each as often as it matches.
pub fn brute_force(left: &[Row], right: &[Row], holds: impl Fn(&Row, &Row) -> bool) -> Vec<(i64, i64)> {
    let mut pairs: Vec<(i64, i64)> =
        left.iter().flat_map(|l| right.iter().filter(|r| holds(l, r)).map(|r| (l.id, r.id))).collect();
    pairs.sort_unstable();
    pairs
}

/// `id, k, lat, lon, u, t0, t1, ts0, ts1`.
pub fn schema() -> SchemaRef {
    let ts = || DataType::Timestamp(TimeUnit::Microsecond, None);
    let column = |name: &str, t| Field::new(name, t, true);
    Arc::new(Schema::new(vec![
        column("id", DataType::Int64),
        column("k", DataType::Utf8),
        column("lat", DataType::Float64),
        column("lon", DataType::Float64),
        column("u", DataType::Float64),
        column("t0", DataType::Int64),
        column("t1", DataType::Int64),
        column("ts0", ts()),
        column("ts1", ts()),
    ]))
}

/// Rows as a batch of [`schema`].
pub fn batch(rows: &[Row]) -> RecordBatch {
    let floats = |f: fn(&Row) -> Option<f64>| Arc::new(rows.iter().map(f).collect::<Float64Array>()) as ArrayRef;
    let integers = |f: fn(&Row) -> Option<i64>| Arc::new(rows.iter().map(f).collect::<Int64Array>()) as ArrayRef;
    let stamps = |f: fn(&Row) -> Option<i64>| {
        Arc::new(rows.iter().map(|r| f(r).map(sane)).collect::<TimestampMicrosecondArray>()) as ArrayRef
    };
    let columns = vec![
        integers(|r| Some(r.id)),
        Arc::new(rows.iter().map(|r| r.key).collect::<StringArray>()) as ArrayRef,
        floats(|r| r.lat_deg),
        floats(|r| r.lon_deg),
        floats(|r| r.u_m),
        integers(|r| r.t0_us),
        integers(|r| r.t1_us),
        stamps(|r| r.t0_us),
        stamps(|r| r.t1_us),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

/// Rows as a table of several partitions, each of batches of `batch_rows` rows.
pub fn table(rows: &[Row], partitions: usize, batch_rows: usize) -> MemTable {
    let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new(); partitions.max(1)];
    for (i, chunk) in rows.chunks(batch_rows.max(1)).enumerate() {
        parts[i % partitions.max(1)].push(batch(chunk));
    }
    MemTable::try_new(schema(), parts).unwrap()
}
