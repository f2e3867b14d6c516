//! The build side, one record a row: everything that a candidate's test reads, in one cache line.

use datafusion::common::{Result, exec_err};

use crate::index::Comparator;
use crate::index::compare::Anchor;
use crate::index::distance::is_position;

use super::keys::{KeyCodes, NO_KEY};
use super::physical::{JoinSpec, SideColumns};
use super::predicate::Side;

/// A row of the build side that can match at all.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Its position, prepared for comparing.
    pub anchor: Anchor,
    /// Start of its interval; `i64::MIN` for always.
    pub lo: i64,
    /// End of its interval; `i64::MAX` for always.
    pub hi: i64,
    /// Its row in the build side's batch.
    pub row: u32,
    /// The code of its keys.
    pub key: u32,
}

impl Item {
    /// The interval in order; a row whose end is before its start still matches what spans the two.
    pub const fn span(&self) -> (i64, i64) {
        if self.lo <= self.hi { (self.lo, self.hi) } else { (self.hi, self.lo) }
    }
}

/// The build side ready to be indexed.
#[derive(Debug)]
pub struct Items {
    /// The rows that can match.
    pub rows: Vec<Item>,
    /// How far each item's own terms and the constants reach, metres; in step with `rows`.
    pub reaches_m: Vec<f64>,
    /// The codes of keys.
    pub keys: KeyCodes,
}

/// The interval of a row as two integers, with strict comparisons turned into inclusive ones on the build side.
///
/// `None` if no interval of the other side can match.
pub fn interval(columns: &SideColumns, row: usize, spec: &JoinSpec, side: Side) -> Option<(i64, i64)> {
    let mut lo = columns.lo.as_ref().map_or(i64::MIN, |c| c.value(row));
    let mut hi = columns.hi.as_ref().map_or(i64::MAX, |c| c.value(row));
    // left.lo < right.hi is left.lo <= right.hi - 1; right.lo < left.hi is right.lo <= left.hi - 1.
    let (strict_lo, strict_hi) = match side {
        Side::Left => (spec.strict_lo, spec.strict_hi),
        Side::Right => (spec.strict_hi, spec.strict_lo),
    };
    if strict_hi && columns.hi.is_some() {
        hi = hi.checked_sub(1)?;
    }
    if strict_lo && columns.lo.is_some() {
        lo = lo.checked_add(1)?;
    }
    Some((lo, hi))
}

/// How far terms of a radius reach together, metres: their sum, and what adding them in another order may differ by.
///
/// Each of a few additions is off by at most 2^-53 of the largest sum.
pub fn reach_m(terms: impl Iterator<Item = f64>) -> f64 {
    let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), term: f64| (sum + term, size + term.abs()));
    sum + size * 4e-15
}

impl Items {
    /// Reads the build side's columns.
    ///
    /// `constants` are those of the radius; without them, no row can match.
    pub fn build(
        spec: &JoinSpec,
        side: Side,
        columns: &SideColumns,
        constants: Option<&[Option<f64>]>,
    ) -> Result<Self> {
        let rows = columns.lat.len();
        if u32::try_from(rows).is_err() {
            return exec_err!("ProximityJoin: the build side has {rows} rows, more than 4,294,967,295");
        }
        let comparator = Comparator::new(spec.metric);
        let (keys, codes) = KeyCodes::build(&columns.keys, rows)?;
        let mut built = Self { rows: Vec::with_capacity(rows), reaches_m: Vec::with_capacity(rows), keys };
        let Some(constants) = constants else { return Ok(built) };
        for (row, key) in codes.into_iter().enumerate() {
            let (lat, lon) = (columns.lat.value(row), columns.lon.value(row));
            let null = columns.valid.as_ref().is_some_and(|v| v.is_null(row));
            if null || key == NO_KEY || !is_position(lat, lon) {
                continue;
            }
            let Some((lo, hi)) = interval(columns, row, spec, side) else { continue };
            let own = columns.radius.iter().map(|(_, c)| c.value(row));
            let reach = reach_m(constants.iter().copied().flatten().chain(own));
            #[expect(clippy::cast_possible_truncation, reason = "the row count was checked above")]
            let row = row as u32;
            built.rows.push(Item { anchor: comparator.anchor(lat, lon), lo, hi, row, key });
            built.reaches_m.push(reach);
        }
        Ok(built)
    }
}
