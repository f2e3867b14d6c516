//! Intersections of discs in the plane and the distance between two of them.

/// A disc in the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Disc {
    /// Metres east and north of the plane's centre.
    pub centre: (f64, f64),
    /// Metres.
    pub radius_m: f64,
}

/// A point this far outside a disc still counts as in it, metres: corners are computed with such an error.
const SLACK_M: f64 = 1e-3;

type Point = (f64, f64);

fn apart(p: Point, q: Point) -> f64 {
    libm::hypot(p.0 - q.0, p.1 - q.1)
}

impl Disc {
    /// The point of the rim in the direction of another point.
    fn rim_towards(&self, p: Point) -> Point {
        let away = apart(self.centre, p);
        if away > 0.0 {
            let k = self.radius_m / away;
            (self.centre.0 + k * (p.0 - self.centre.0), self.centre.1 + k * (p.1 - self.centre.1))
        } else {
            (self.centre.0 + self.radius_m, self.centre.1)
        }
    }

    /// Where two rims cross; touching rims give one point twice.
    fn corners(&self, other: &Self) -> Option<[Point; 2]> {
        let d = apart(self.centre, other.centre);
        let reach =
            d <= self.radius_m + other.radius_m + SLACK_M && d >= (self.radius_m - other.radius_m).abs() - SLACK_M;
        if !reach || d <= 0.0 {
            return None;
        }
        let along = (d * d + self.radius_m * self.radius_m - other.radius_m * other.radius_m) / (2.0 * d);
        let across = (self.radius_m * self.radius_m - along * along).max(0.0).sqrt();
        let (ux, uy) = ((other.centre.0 - self.centre.0) / d, (other.centre.1 - self.centre.1) / d);
        let foot = (self.centre.0 + along * ux, self.centre.1 + along * uy);
        Some([(foot.0 - across * uy, foot.1 + across * ux), (foot.0 + across * uy, foot.1 - across * ux)])
    }
}

fn inside(discs: &[Disc], p: Point) -> bool {
    discs.iter().all(|d| apart(d.centre, p) <= d.radius_m + SLACK_M)
}

/// The corners of an intersection of discs.
fn corners(discs: &[Disc]) -> impl Iterator<Item = Point> {
    let pairs = discs.iter().enumerate().flat_map(|(n, a)| discs.iter().skip(n + 1).filter_map(|b| a.corners(b)));
    pairs.flatten().filter(|&p| inside(discs, p))
}

/// The distance of a point from an intersection of discs; `None` if that is empty.
fn from_point(p: Point, discs: &[Disc]) -> Option<f64> {
    if inside(discs, p) {
        return Some(0.0);
    }
    // The nearest point lies within one rim, in the direction of its centre, or at a corner.
    let rims = discs.iter().map(|d| d.rim_towards(p)).filter(|&q| inside(discs, q));
    rims.chain(corners(discs)).map(|q| apart(p, q)).reduce(f64::min)
}

/// The distance between two intersections of discs, metres; 0 if they share a point, `None` if one of them is empty.
///
/// If they share none, the nearest two points lie on rims facing each other on the line of the centres, or one of them is
/// a corner.
pub(super) fn distance_m(a: &[Disc], b: &[Disc]) -> Option<f64> {
    let both: Vec<Disc> = a.iter().chain(b).copied().collect();
    // An intersection that is not empty has a corner, or is one whole disc.
    if both.iter().any(|d| inside(&both, d.centre)) || corners(&both).next().is_some() {
        return Some(0.0);
    }
    let facing = a.iter().flat_map(|p| b.iter().map(move |q| (p.rim_towards(q.centre), q.rim_towards(p.centre))));
    let rims = facing.filter(|&(x, y)| inside(a, x) && inside(b, y)).map(|(x, y)| apart(x, y));
    let from_a = corners(a).filter_map(|x| from_point(x, b));
    let from_b = corners(b).filter_map(|y| from_point(y, a));
    rims.chain(from_a).chain(from_b).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn onto(discs: &[Disc], mut p: Point) -> Point {
        // Dykstra's projections onto an intersection of convex sets: another way to the same point.
        let mut carried = vec![(0.0, 0.0); discs.len()];
        for _ in 0..400 {
            for (d, c) in discs.iter().zip(&mut carried) {
                let from = (p.0 + c.0, p.1 + c.1);
                let to = if apart(d.centre, from) <= d.radius_m { from } else { d.rim_towards(from) };
                *c = (from.0 - to.0, from.1 - to.1);
                p = to;
            }
        }
        p
    }

    /// The distance by alternating projections (Cheney and Goldstein 1959), without any geometry of arcs.
    fn by_projection(a: &[Disc], b: &[Disc]) -> f64 {
        let (mut x, mut y) = (a[0].centre, b[0].centre);
        for _ in 0..60 {
            x = onto(a, y);
            y = onto(b, x);
        }
        apart(x, y)
    }

    fn disc() -> impl Strategy<Value = Disc> {
        (-50.0..50.0f64, -50.0..50.0f64, 5.0..70.0f64).prop_map(|(x, y, radius_m)| Disc { centre: (x, y), radius_m })
    }

    /// Discs that share a point well inside: each is centred off it by less than its radius.
    fn zone(at: f64) -> impl Strategy<Value = Vec<Disc>> {
        prop::collection::vec(disc(), 1..4).prop_map(move |discs| {
            let fit = |d: Disc| Disc {
                centre: (d.centre.0 + at, d.centre.1),
                radius_m: apart(d.centre, (0.0, 0.0)) + d.radius_m / 4.0,
            };
            discs.into_iter().map(fit).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn it_is_what_alternating_projections_find(a in zone(0.0), b in zone(60.0)) {
            let (found, want) = (distance_m(&a, &b).unwrap(), by_projection(&a, &b));
            prop_assert!(found <= want + 5e-3, "{} {}: projections stay within both", found, want);
            prop_assert!(want - found < 0.3 + 0.01 * want, "{} {}: they close in slowly", found, want);
            prop_assert_eq!(distance_m(&b, &a).map(|m| (m * 1e6).round()), distance_m(&a, &b).map(|m| (m * 1e6).round()));
        }
    }

    #[test]
    fn by_hand() {
        let at = |x, radius_m| Disc { centre: (x, 0.0), radius_m };
        assert!((distance_m(&[at(0.0, 3.0)], &[at(10.0, 4.0)]).unwrap() - 3.0).abs() < 1e-9);
        assert_eq!(distance_m(&[at(0.0, 5.0)], &[at(1.0, 1.0)]), Some(0.0), "one inside the other");
        // A lens about x = 0 of half-width 1 and half-height 3 (discs of radius 5 at -4 and 4), seen from above.
        let lens = [at(-4.0, 5.0), at(4.0, 5.0)];
        let above = Disc { centre: (0.0, 10.0), radius_m: 2.0 };
        assert!((distance_m(&lens, &[above]).unwrap() - 5.0).abs() < 1e-9, "corner to rim");
        assert!((distance_m(&lens, &[at(10.0, 2.0)]).unwrap() - 7.0).abs() < 1e-9, "rim to rim");
        assert_eq!(distance_m(&[at(0.0, 1.0), at(9.0, 1.0)], &[at(4.0, 1.0)]), None, "empty");
    }
}
