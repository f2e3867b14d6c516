//! Which cases may be seen, and which stretch of time of each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A stretch of the victim's time: from the first moment on, up to and without the last. UTC microseconds; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// The first moment that may be seen.
    pub from_us: Option<i64>,
    /// The first moment after it that may not.
    pub until_us: Option<i64>,
}

impl Stretch {
    /// Whether something from `t0_us` to `t1_us` lies wholly in it: what reaches out of it is not seen.
    #[must_use]
    pub fn holds(&self, t0_us: i64, t1_us: i64) -> bool {
        self.from_us.is_none_or(|from| t0_us >= from) && self.until_us.is_none_or(|until| t1_us < until)
    }

    /// Whether another stretch lies wholly in it.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        let begins = self.from_us.is_none_or(|from| other.from_us.is_some_and(|other| other >= from));
        begins && self.until_us.is_none_or(|until| other.until_us.is_some_and(|other| other <= until))
    }
}

/// What may be seen. Empty unless something is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every case, the whole time.
    Everything,
    /// These cases, of each what lies in one of its stretches.
    Cases(BTreeMap<String, Vec<Stretch>>),
}

impl Default for Scope {
    fn default() -> Self {
        Self::Cases(BTreeMap::new())
    }
}

impl Scope {
    /// Whether anything of a case may be seen.
    #[must_use]
    pub fn sees_case(&self, case_id: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Cases(cases) => cases.get(case_id).is_some_and(|stretches| !stretches.is_empty()),
        }
    }

    /// Whether something of a case from `t0_us` to `t1_us` may be seen.
    #[must_use]
    pub fn sees(&self, case_id: &str, t0_us: i64, t1_us: i64) -> bool {
        match self {
            Self::Everything => true,
            Self::Cases(cases) => cases.get(case_id).is_some_and(|all| all.iter().any(|s| s.holds(t0_us, t1_us))),
        }
    }

    /// Whether all that another scope shows is shown by this one too. Two stretches side by side do not make up for one
    /// that reached over both: then it says no.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Cases(_), Self::Everything) => false,
            (Self::Cases(mine), Self::Cases(theirs)) => theirs.iter().all(|(case, stretches)| {
                let held = mine.get(case).map_or(&[][..], Vec::as_slice);
                stretches.iter().all(|stretch| held.iter().any(|h| h.includes(stretch)))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_seen_unless_it_is_granted() {
        let scope = Scope::default();
        assert!(!scope.sees_case("a"));
        let granted = Scope::Cases([("a".to_owned(), vec![Stretch { from_us: Some(10), until_us: Some(20) }])].into());
        assert!(granted.sees_case("a") && !granted.sees_case("b"));
        assert!(!Scope::Cases([("a".to_owned(), Vec::new())].into()).sees_case("a"));
    }

    #[test]
    fn what_reaches_out_of_a_stretch_is_not_seen() {
        let stretch = Stretch { from_us: Some(10), until_us: Some(20) };
        assert!(stretch.holds(10, 19) && Stretch::default().holds(i64::MIN, i64::MAX));
        assert!(!stretch.holds(9, 12) && !stretch.holds(12, 20));
    }

    #[test]
    fn a_scope_covers_what_lies_in_it() {
        let of = |cases: &[(&str, Stretch)]| {
            Scope::Cases(cases.iter().map(|(case, stretch)| ((*case).to_owned(), vec![*stretch])).collect())
        };
        let (part, more) =
            (Stretch { from_us: Some(10), until_us: Some(20) }, Stretch { from_us: Some(5), until_us: Some(20) });
        let two = of(&[("a", more), ("b", Stretch::default())]);
        assert!(two.covers(&of(&[("a", part)])) && two.covers(&two) && two.covers(&Scope::default()));
        assert!(!of(&[("a", part)]).covers(&two), "a case less");
        assert!(!of(&[("a", part)]).covers(&of(&[("a", more)])), "a shorter stretch");
        assert!(!of(&[("a", part)]).covers(&of(&[("a", Stretch::default())])), "an end where there was none");
        assert!(Scope::Everything.covers(&two) && !two.covers(&Scope::Everything));
    }
}
