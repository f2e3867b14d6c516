//! The victim's path in pieces, and the grid that finds the pieces near a place at a time.
//!
//! ```text
//!   steps  ●────●────●        ●────●       pieces: the straight ways between joined steps
//!          cells of 256 m and hours; a piece stands in every cell that comes within reach of it,
//!          so a fix looks into one cell and at most two hours
//! ```
//! A piece is a chord of the ellipsoid. Between fixes a minute apart at 30 m/s it runs at most 0.1 m below the surface.

use hashbrown::{HashMap, HashSet};

use super::super::chord::{Point, dot, minus, unit};
use super::steps::Step;

/// The side of a cell, metres.
const CELL_M: f64 = 256.0;
/// Longer pieces are put into the grid part by part, metres.
const PART_M: f64 = 512.0;
/// The length of a bucket of time, microseconds.
const HOUR_US: i64 = 3_600 * crate::time::US_PER_S;

/// The straight way between two steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) t0_us: i64,
    pub(super) t1_us: i64,
    from: Point,
    along: Point,
    length2: f64,
    pub(super) heading: Point,
    pub(super) accuracy_m: f64,
    /// Whether it continues the piece before it.
    pub(super) continues: bool,
    /// The steps at its ends.
    pub(super) steps: (usize, usize),
}

impl Piece {
    fn between((i, a): (usize, &Step), (j, b): (usize, &Step)) -> Option<Self> {
        let mean = [a.heading[0] + b.heading[0], a.heading[1] + b.heading[1], a.heading[2] + b.heading[2]];
        let along = minus(b.at, a.at);
        Some(Self {
            t0_us: a.t_us,
            t1_us: b.t_us,
            from: a.at,
            along,
            length2: dot(along, along),
            heading: unit(mean)?,
            accuracy_m: a.accuracy_m.max(b.accuracy_m),
            continues: false,
            steps: (i, j),
        })
    }

    fn at(&self, share: f64) -> Point {
        let [x, y, z] = self.along;
        [self.from[0] + share * x, self.from[1] + share * y, self.from[2] + share * z]
    }

    /// How near it comes to a point, metres, and when, UTC microseconds.
    pub(super) fn nearest(&self, p: Point) -> (f64, i64) {
        let share = if self.length2 > 0.0 {
            (dot(minus(p, self.from), self.along) / self.length2).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let off = minus(p, self.at(share));
        (dot(off, off).sqrt(), self.t0_us + part_us(self.t1_us - self.t0_us, share))
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a piece lasts minutes at most")]
fn part_us(span_us: i64, share: f64) -> i64 {
    (span_us as f64 * share) as i64
}

#[expect(clippy::cast_possible_truncation, reason = "the Earth has fewer than 2^17 cells each way")]
fn cell(x: f64) -> i64 {
    (x / CELL_M).floor() as i64
}

fn cell_of(p: Point) -> [i64; 3] {
    [cell(p[0]), cell(p[1]), cell(p[2])]
}

/// Cells and buckets by number; numbers that coincide only cost a look.
fn key([x, y, z]: [i64; 3], hour: i64) -> u64 {
    let mix = |h: u64, v: i64| (h ^ v.cast_unsigned()).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    [x, y, z, hour].into_iter().fold(0, mix)
}

/// A path with its grid.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) pieces: Vec<Piece>,
    entries: Vec<u32>,
    ranges: HashMap<u64, (u32, u32)>,
    cells: HashSet<u64>,
}

impl Path {
    /// The path through these steps; `reach_m` is the largest distance at which a piece will be looked for.
    pub(super) fn of(steps: &[Step], reach_m: f64) -> Self {
        let mut pieces: Vec<Piece> = Vec::with_capacity(steps.len());
        let mut joined_before = false;
        for (i, pair) in steps.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            let piece = if b.joined { Piece::between((i, a), (i + 1, b)) } else { None };
            let continues = joined_before;
            joined_before = piece.is_some();
            pieces.extend(piece.map(|p| Piece { continues, ..p }));
        }
        let mut placed: Vec<(u64, u32)> = Vec::new();
        let mut cells = HashSet::new();
        for (n, piece) in (0_u32..).zip(&pieces) {
            for_each_cell(piece, reach_m, |at| {
                cells.insert(key(at, 0));
                for hour in piece.t0_us.div_euclid(HOUR_US)..=piece.t1_us.div_euclid(HOUR_US) {
                    placed.push((key(at, hour), n));
                }
            });
        }
        placed.sort_unstable();
        placed.dedup();
        let mut ranges: HashMap<u64, (u32, u32)> = HashMap::new();
        for (at, (key, _)) in (0_u32..).zip(&placed) {
            let range = ranges.entry(*key).or_insert((at, at));
            range.1 = at + 1;
        }
        Self { pieces, entries: placed.into_iter().map(|(_, n)| n).collect(), ranges, cells }
    }

    /// Whether the path ever comes near this point.
    pub(super) fn visits(&self, p: Point) -> bool {
        self.cells.contains(&key(cell_of(p), 0))
    }

    /// The pieces that may be near a point between two times at most an hour apart, by number, into `found`.
    pub(super) fn near(&self, p: Point, from_us: i64, to_us: i64, found: &mut Vec<u32>) {
        found.clear();
        let at = cell_of(p);
        for hour in from_us.div_euclid(HOUR_US)..=to_us.div_euclid(HOUR_US) {
            let Some(&(start, end)) = self.ranges.get(&key(at, hour)) else { continue };
            let range = usize::try_from(start).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
            found.extend_from_slice(self.entries.get(range).unwrap_or_default());
        }
        found.sort_unstable();
        found.dedup();
    }
}

/// Every cell that comes within `reach_m` of a piece (and some more).
fn for_each_cell(piece: &Piece, reach_m: f64, mut visit: impl FnMut([i64; 3])) {
    let parts = (piece.length2.sqrt() / PART_M).ceil().clamp(1.0, 1e4);
    let mut start = 0.0;
    while start < parts {
        let (a, b) = (piece.at(start / parts), piece.at((start + 1.0) / parts));
        let low = [0, 1, 2].map(|i| cell(f64::min(a[i], b[i]) - reach_m));
        let high = [0, 1, 2].map(|i| cell(f64::max(a[i], b[i]) + reach_m));
        for x in low[0]..=high[0] {
            for y in low[1]..=high[1] {
                for z in low[2]..=high[2] {
                    visit([x, y, z]);
                }
            }
        }
        start += 1.0;
    }
}
