//! Grants: one case shown to one account, by whom and why, and when that ended.

use serde::{Deserialize, Serialize};

use super::Stretch;

/// A case that an account may see. It is never removed, only withdrawn, so that what was open when stays known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The case.
    pub case_id: String,
    /// Of the victim's time these stretches; one without ends is the whole time, an empty list is nothing.
    pub stretches: Vec<Stretch>,
    /// Who granted it.
    pub by: String,
    /// From when it holds, UTC microseconds.
    pub when_us: i64,
    /// Why.
    pub reason: String,
    /// The first moment at which it no longer holds, UTC microseconds; `None` if it holds until it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_us: Option<i64>,
    /// That it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// The end of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Who withdrew it.
    pub by: String,
    /// When, UTC microseconds.
    pub when_us: i64,
    /// Why.
    pub reason: String,
}

impl Grant {
    /// Whether it holds at a moment, UTC microseconds.
    #[must_use]
    pub fn holds(&self, now_us: i64) -> bool {
        self.when_us <= now_us
            && self.until_us.is_none_or(|until| now_us < until)
            && self.withdrawn.as_ref().is_none_or(|w| now_us < w.when_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_holds_from_its_moment_until_it_ends_or_is_withdrawn() {
        let mut grant = Grant {
            case_id: "a".to_owned(),
            stretches: vec![Stretch::default()],
            by: "sam".to_owned(),
            when_us: 10,
            reason: "team".to_owned(),
            until_us: Some(30),
            withdrawn: None,
        };
        assert_eq!([9, 10, 29, 30].map(|t| grant.holds(t)), [false, true, true, false]);
        grant.withdrawn = Some(Withdrawal { by: "sam".to_owned(), when_us: 20, reason: "left".to_owned() });
        assert_eq!([19, 20].map(|t| grant.holds(t)), [true, false]);
    }
}
