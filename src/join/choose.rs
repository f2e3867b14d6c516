//! Which two comparisons are the time bounds, when a condition has more than two: `a.id < b.id` looks like one as well.
//!
//! Any choice gives the same pairs, since the rest is evaluated as written; a good one makes short intervals.

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;

use super::bounds::{TimeBound, time_bounds};
use super::recognise::Schemas;

/// The two time bounds of a condition, and what is left of it.
pub struct Chosen {
    /// `left <= right`.
    pub lower: Option<TimeBound>,
    /// `right <= left`.
    pub upper: Option<TimeBound>,
    /// The conjuncts that the bounds do not stand for.
    pub rest: Vec<Expr>,
}

/// Chooses among the bounds that conjuncts give.
pub fn choose_bounds(conjuncts: &[Expr], schemas: Schemas<'_>) -> Chosen {
    let steady = (0usize..).zip(conjuncts).filter(|(_, c)| !c.is_volatile());
    let found = steady.flat_map(|(at, c)| time_bounds(c, schemas).into_iter().map(move |bound| (at, bound)));
    let (lower, upper): (Vec<_>, Vec<_>) = found.partition(|(_, bound)| bound.left_is_low);
    let mut best = (None, None, None);
    for l in 0..lower.len().max(1) {
        for u in 0..upper.len().max(1) {
            let (low, high) = (lower.get(l), upper.get(u));
            let score = Some(worth(low) + worth(high) + together(low, high));
            // Of equals the first written.
            if score > best.0 {
                best = (score, low, high);
            }
        }
    }
    let (_, lower, upper) = best;
    let stands_for = |at: usize| [lower, upper].into_iter().flatten().any(|(of, bound)| *of == at && bound.exact);
    let rest = (0usize..).zip(conjuncts).filter(|(at, _)| !stands_for(*at)).map(|(_, c)| c.clone()).collect();
    Chosen { lower: lower.map(|b| b.1.clone()), upper: upper.map(|b| b.1.clone()), rest }
}

/// How likely a bound is one of time: by its type, and unless it compares a column with its namesake, as `id < id` does.
fn worth(bound: Option<&(usize, TimeBound)>) -> u32 {
    let Some((_, bound)) = bound else { return 0 };
    let clock = matches!(bound.kind, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64);
    let namesakes = matches!((&bound.left, &bound.right), (Expr::Column(l), Expr::Column(r)) if l.name == r.name);
    u32::from(clock) * 8 + u32::from(!namesakes)
}

/// How likely two bounds are of one interval: by their types and the columns they share.
fn together(lower: Option<&(usize, TimeBound)>, upper: Option<&(usize, TimeBound)>) -> u32 {
    let (Some((_, l)), Some((_, u))) = (lower, upper) else { return 0 };
    let theirs = [u.left.column_refs(), u.right.column_refs()];
    let ours = [l.left.column_refs(), l.right.column_refs()];
    let shared = ours.iter().flatten().any(|c| theirs.iter().any(|t| t.contains(*c)));
    u32::from(l.kind == u.kind) * 4 + u32::from(shared) * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::{Field, Schema};
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::{col, lit};

    #[test]
    fn an_order_of_ids_is_not_taken_for_the_time() {
        let fields = ["id", "t0", "t1"].map(|name| Field::new(name, DataType::Int64, true));
        let schema = Schema::new(fields.to_vec());
        let [left, right] = ["a", "b"].map(|table| DFSchema::try_from_qualified_schema(table, &schema).unwrap());
        let times = [col("a.t0").lt_eq(col("b.t1") + lit(60i64)), col("a.t1").gt_eq(col("b.t0") - lit(60i64))];
        let ids = [col("a.id").lt(col("b.id")), col("a.id").gt(col("b.id"))];
        for id in ids {
            let conjuncts = vec![id.clone(), times[0].clone(), times[1].clone()];
            let chosen = choose_bounds(&conjuncts, Schemas { left: &left, right: &right });
            assert_eq!(chosen.lower.unwrap().left, col("a.t0"));
            assert_eq!(chosen.upper.unwrap().left, col("a.t1"));
            assert_eq!(chosen.rest, vec![id]);
        }
    }
}
