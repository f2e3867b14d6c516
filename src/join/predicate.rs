//! What a proximity join joins on, as logical expressions of its two sides.

use datafusion::logical_expr::Expr;

use crate::index::Metric;

/// One of the two inputs of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The left input.
    Left,
    /// The right input.
    Right,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// What one side contributes: each expression reads columns of that side only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub struct SideExprs {
    /// Latitude, degrees (`Float64`).
    pub lat: Expr,
    /// Longitude, degrees (`Float64`).
    pub lon: Expr,
    /// Start of the side's interval (integer, timestamp or date); `None` is always.
    pub lo: Option<Expr>,
    /// End of the side's interval.
    pub hi: Option<Expr>,
    /// Keys that must equal the other side's, in order.
    pub keys: Vec<Expr>,
}

/// A term of the radius, metres; `None` for a constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub struct RadiusTerm {
    /// The side it reads.
    pub side: Option<Side>,
    /// The term (`Float64`).
    pub expr: Expr,
}

/// A join by bounded distance, and by bounded time and equal keys where they are given.
///
/// A pair matches when `metric(one, other) <= sum(radius)`, `left.lo <= right.hi`, `right.lo <= left.hi`, the keys are equal
/// and `residual` holds. Whatever was not understood is in `residual`, so the pairs are those of the plain predicate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts of the predicate as written")]
pub struct ProximityPredicate {
    /// Which distance.
    pub metric: Metric,
    /// The right side's position comes first in the call: the last bit of a distance may depend on it.
    pub right_first: bool,
    /// `<` instead of `<=` for the distance.
    pub strict: bool,
    /// `left.lo < right.hi` instead of `<=`.
    pub strict_lo: bool,
    /// `right.lo < left.hi` instead of `<=`.
    pub strict_hi: bool,
    /// The left side.
    pub left: SideExprs,
    /// The right side.
    pub right: SideExprs,
    /// The radius: terms in the order they are added.
    pub radius: Vec<RadiusTerm>,
    /// Everything else, over both sides.
    pub residual: Option<Expr>,
}

impl ProximityPredicate {
    /// One side's expressions.
    #[must_use]
    pub const fn side(&self, side: Side) -> &SideExprs {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    /// All expressions, in a fixed order.
    #[must_use]
    pub fn exprs(&self) -> Vec<Expr> {
        let mut all = Vec::new();
        let mut copy = self.clone();
        copy.visit_exprs(&mut |e| all.push(e.clone()));
        all
    }

    /// The same predicate with its expressions replaced, in the order of [`Self::exprs`].
    #[must_use]
    pub fn with_exprs(&self, exprs: Vec<Expr>) -> Self {
        let mut copy = self.clone();
        let mut exprs = exprs.into_iter();
        copy.visit_exprs(&mut |slot| {
            if let Some(expr) = exprs.next() {
                *slot = expr;
            }
        });
        copy
    }

    fn visit_exprs(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        for side in [&mut self.left, &mut self.right] {
            f(&mut side.lat);
            f(&mut side.lon);
            side.lo.iter_mut().for_each(&mut *f);
            side.hi.iter_mut().for_each(&mut *f);
            side.keys.iter_mut().for_each(&mut *f);
        }
        self.radius.iter_mut().for_each(|t| f(&mut t.expr));
        self.residual.iter_mut().for_each(f);
    }
}

impl std::fmt::Display for ProximityPredicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |items: Vec<String>, by: &str| items.join(by);
        let radius = list(self.radius.iter().map(|t| t.expr.to_string()).collect(), " + ");
        write!(f, "{} {} {radius} m", self.metric.function_name(), if self.strict { "<" } else { "<=" })?;
        for (a, op, b) in [
            (&self.left.lo, if self.strict_lo { "<" } else { "<=" }, &self.right.hi),
            (&self.right.lo, if self.strict_hi { "<" } else { "<=" }, &self.left.hi),
        ] {
            if let (Some(a), Some(b)) = (a, b) {
                write!(f, ", {a} {op} {b}")?;
            }
        }
        for (l, r) in self.left.keys.iter().zip(&self.right.keys) {
            write!(f, ", {l} = {r}")?;
        }
        if let Some(residual) = &self.residual {
            write!(f, ", and {residual}")?;
        }
        Ok(())
    }
}
