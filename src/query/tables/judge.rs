//! From what a viewer may see to a condition on the rows of a table. Pure.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, col, lit};

use crate::access::{Scope, Stretch};
use crate::query::catalogue::Judged;
use crate::store::CASE_ID;

/// The condition that rows must meet to be seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Allowed {
    /// Every row may be seen.
    Everything,
    /// None may.
    Nothing,
    /// Those that meet the condition may.
    Rows(Box<Rows>),
}

/// Which rows may be seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The condition that they meet.
    pub condition: Expr,
    /// A looser one, on the case alone, by which files are left out.
    pub cases: Expr,
}

/// What of a table may be seen.
#[must_use]
pub fn allowed(scope: &Scope, judged: Judged) -> Allowed {
    let Scope::Cases(cases) = scope else { return Allowed::Everything };
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    for (case, stretches) in cases {
        if stretches.is_empty() {
            continue;
        }
        let open = stretches.contains(&Stretch::default());
        match judged {
            Judged::ByTime(from, to) if !open => parts.push((case.as_str(), within(stretches, from, to))),
            Judged::WholeCase if !open => {}
            _ => whole.push(case.as_str()),
        }
    }
    if whole.is_empty() && parts.is_empty() {
        return Allowed::Nothing;
    }
    let of = |names: &[&str]| col(CASE_ID).in_list(names.iter().map(|n| lit(*n)).collect(), false);
    let all: Vec<&str> = whole.iter().copied().chain(parts.iter().map(|(case, _)| *case)).collect();
    let mut conditions: Vec<Expr> = (!whole.is_empty()).then(|| of(&whole)).into_iter().collect();
    conditions.extend(parts.into_iter().map(|(case, time)| col(CASE_ID).eq(lit(case)).and(time)));
    Allowed::Rows(Box::new(Rows { condition: any(conditions), cases: of(&all) }))
}

/// The whole row lies in one of the stretches, or has no time.
fn within(stretches: &[Stretch], from: &str, to: &str) -> Expr {
    let inside = stretches.iter().map(|stretch| {
        let after = stretch.from_us.map(|us| col(from).gt_eq(at(us)));
        let before = stretch.until_us.map(|us| col(to).lt(at(us)));
        after.into_iter().chain(before).reduce(Expr::and).unwrap_or_else(|| lit(true))
    });
    any(inside.collect()).or(col(from).is_null().and(col(to).is_null()))
}

fn at(us: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(us), Some("UTC".into())))
}

/// Any of the conditions, as a tree of little depth: there may be thousands.
fn any(mut conditions: Vec<Expr>) -> Expr {
    while conditions.len() > 1 {
        let mut pairs = conditions.into_iter();
        let mut halved = Vec::new();
        while let Some(first) = pairs.next() {
            halved.push(pairs.next().map_or(first.clone(), |second| first.or(second)));
        }
        conditions = halved;
    }
    conditions.pop().unwrap_or_else(|| lit(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMED: Judged = Judged::ByTime("t0", "t1");

    fn scope(cases: &[(&str, &[Stretch])]) -> Scope {
        Scope::Cases(cases.iter().map(|(case, all)| ((*case).to_owned(), all.to_vec())).collect())
    }

    fn text(scope: &Scope, judged: Judged) -> String {
        match allowed(scope, judged) {
            Allowed::Rows(rows) => rows.condition.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn nothing_is_allowed_unless_granted() {
        for judged in [TIMED, Judged::ByCase, Judged::WholeCase] {
            assert_eq!(allowed(&Scope::default(), judged), Allowed::Nothing);
            assert_eq!(allowed(&scope(&[("A", &[])]), judged), Allowed::Nothing);
            assert_eq!(allowed(&Scope::Everything, judged), Allowed::Everything);
        }
    }

    #[test]
    fn a_stretch_bounds_rows_with_a_time_and_hides_those_whose_time_is_unknown() {
        let part = scope(&[("A", &[Stretch { from_us: Some(1), until_us: Some(2) }])]);
        let timed = text(&part, TIMED);
        assert!(timed.contains("t0 >= ") && timed.contains("t1 < ") && timed.contains("case_id = "), "{timed}");
        assert_eq!(allowed(&part, Judged::WholeCase), Allowed::Nothing);
        assert!(!text(&part, Judged::ByCase).contains("t0"));
        let whole = scope(&[("A", &[Stretch { from_us: Some(1), until_us: None }, Stretch::default()])]);
        assert!(!text(&whole, TIMED).contains("t0"), "one open stretch opens the case");
    }

    #[test]
    fn thousands_of_cases_make_no_deep_condition() {
        let bounded = vec![Stretch { from_us: Some(1), until_us: None }];
        let cases = (0..5_000).map(|n| (format!("C{n}"), bounded.clone())).collect();
        let allowed = allowed(&Scope::Cases(cases), TIMED);
        let rows = if let Allowed::Rows(rows) = &allowed { Some(rows) } else { None };
        let mut depth = 0;
        let mut at = &rows.unwrap().condition;
        while let Expr::BinaryExpr(binary) = at {
            (at, depth) = (&binary.left, depth + 1);
        }
        assert!(depth < 20, "{depth}");
    }
}
