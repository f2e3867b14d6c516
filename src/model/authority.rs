//! What authorities cover: an identifier and a period each; what lies outside is not analysed.
//!
//! ```text
//!  request 1  ├──────────────)                      a period holds its start and not its end
//!  request 2                 ├────────)             periods that follow each other without a gap count as one
//!  records  ▪      ▪       ▬▬▬▬    ▪      ▪  ▬▬▬
//!         outside  in      in     in    outside
//! ```
//! Source: Investigatory Powers Act 2016, Part 3, and the Communications Data Code of Practice: data beyond what was
//! authorised is excess data.

use std::collections::{BTreeMap, BTreeSet};

use super::RejectReason;

/// What one authority covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Its reference (URN); empty if it is not stated.
    pub reference: String,
    /// The identifier that it names, as the files write devices.
    pub identifier: String,
    /// Start of the authorised period, UTC microseconds, included.
    pub from_us: i64,
    /// End of the authorised period, UTC microseconds, excluded.
    pub to_us: i64,
}

/// Why a record is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// No authority names the identifier.
    Identifier,
    /// Its time lies in no authorised period.
    Period,
    /// Part of its interval lies in no authorised period.
    PartOfPeriod,
}

impl Outside {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 3] = [Self::Identifier, Self::Period, Self::PartOfPeriod];

    /// The word used in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier_not_authorised",
            Self::Period => "outside_period",
            Self::PartOfPeriod => "partly_outside_period",
        }
    }

    /// The reason that a reject gives.
    #[must_use]
    pub const fn reason(self) -> RejectReason {
        match self {
            Self::Identifier => RejectReason::IdentifierNotAuthorised,
            Self::Period => RejectReason::OutsidePeriod,
            Self::PartOfPeriod => RejectReason::PartlyOutsidePeriod,
        }
    }
}

/// The authorities of a case, and which records need one.
///
/// A record of an identifier that an authority names must lie within its periods. One of an identifier that none names is
/// outside if every identifier must be named ([`Self::every_identifier`]), or if its exhibit was returned under an
/// authority ([`Self::returned`]); otherwise nothing here governs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authorities {
    given: Vec<Authority>,
    /// The union of the periods of each identifier that is named, in order.
    periods: BTreeMap<String, Vec<(i64, i64)>>,
    exhibits: BTreeSet<String>,
    every: bool,
}

impl Authorities {
    /// These authorities, in any order; records of identifiers that none of them names are not governed.
    #[must_use]
    pub fn new(mut given: Vec<Authority>) -> Self {
        given.sort_by(|a, b| {
            let key = |a: &Authority| (a.from_us, a.to_us);
            a.identifier.cmp(&b.identifier).then(key(a).cmp(&key(b))).then_with(|| a.reference.cmp(&b.reference))
        });
        given.dedup();
        let mut periods: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
        for Authority { identifier, from_us, to_us, .. } in &given {
            let of = periods.entry(identifier.clone()).or_default();
            match of.last_mut().filter(|last| *from_us <= last.1) {
                Some(last) => last.1 = last.1.max(*to_us),
                None if from_us < to_us => of.push((*from_us, *to_us)),
                None => {}
            }
        }
        Self { given, periods, exhibits: BTreeSet::new(), every: false }
    }

    /// Every identifier must be named.
    #[must_use]
    pub const fn every_identifier(mut self) -> Self {
        self.every = true;
        self
    }

    /// The exhibits (SHA-256, hex) that were returned under an authority: what they hold of other identifiers is outside.
    #[must_use]
    pub fn returned(mut self, exhibits: impl IntoIterator<Item = String>) -> Self {
        self.exhibits.extend(exhibits);
        self
    }

    /// Whether nothing is governed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.given.is_empty() && self.exhibits.is_empty() && !self.every
    }

    /// The authorities, by identifier and period.
    #[must_use]
    pub fn given(&self) -> &[Authority] {
        &self.given
    }

    /// The authorities that name an identifier, in the order of their periods.
    pub fn of(&self, identifier: &str) -> impl Iterator<Item = &Authority> {
        self.given.iter().filter(move |a| a.identifier == identifier)
    }

    /// Why a record (an identifier's, of an exhibit, from `t0_us` to `t1_us`, both included, UTC microseconds) is outside;
    /// `None` if it is within, or if nothing governs it.
    #[must_use]
    pub fn outside(&self, identifier: &str, exhibit: &str, (t0_us, t1_us): (i64, i64)) -> Option<Outside> {
        let Some(union) = self.periods.get(identifier) else {
            return (self.every || self.exhibits.contains(exhibit)).then_some(Outside::Identifier);
        };
        // Of the periods that begin before the record ends, the last.
        let begun = union.partition_point(|p| p.0 <= t1_us);
        match begun.checked_sub(1).and_then(|last| union.get(last)) {
            Some(p) if p.0 <= t0_us && t1_us < p.1 => None,
            Some(p) if t0_us < p.1 => Some(Outside::PartOfPeriod),
            _ => Some(Outside::Period),
        }
    }
}

/// How many of the records that lie outside are named: the first in time.
const NAMED: usize = 5;

/// A record outside, by where it stands: what it says is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExcessRow {
    /// Start of its interval, UTC microseconds.
    pub t0_us: i64,
    /// End of its interval, UTC microseconds.
    pub t1_us: i64,
    /// SHA-256 of its exhibit, hex.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
}

/// The records of one identifier that lie outside: how many, by reason, and the first of them.
///
/// It is the same whatever order the records come in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excess {
    counts: BTreeMap<Outside, u64>,
    first: Vec<ExcessRow>,
}

impl Excess {
    /// Counts a record.
    pub fn add(&mut self, why: Outside, row: ExcessRow) {
        *self.counts.entry(why).or_default() += 1;
        self.put(row);
    }

    /// Takes in another account of the same identifier.
    pub fn merge(&mut self, other: Self) {
        for (why, n) in other.counts {
            *self.counts.entry(why).or_default() += n;
        }
        other.first.into_iter().for_each(|row| self.put(row));
    }

    fn put(&mut self, row: ExcessRow) {
        let at = self.first.partition_point(|known| *known < row);
        if at < NAMED {
            self.first.insert(at, row);
            self.first.truncate(NAMED);
        }
    }

    /// How many lie outside for a reason.
    #[must_use]
    pub fn count(&self, why: Outside) -> u64 {
        self.counts.get(&why).copied().unwrap_or_default()
    }

    /// How many lie outside.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The first in time.
    #[must_use]
    pub fn first(&self) -> &[ExcessRow] {
        &self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn authority(identifier: &str, from_us: i64, to_us: i64) -> Authority {
        Authority { reference: "U1".to_owned(), identifier: identifier.to_owned(), from_us, to_us }
    }

    #[test]
    fn what_no_authority_names_is_governed_only_where_that_is_said() {
        let given = vec![authority("d", 0, 10)];
        let plain = Authorities::new(given.clone());
        assert_eq!(plain.outside("e", "x", (0, 0)), None);
        let every = Authorities::new(given.clone()).every_identifier();
        assert_eq!(every.outside("e", "x", (0, 0)), Some(Outside::Identifier));
        let returned = Authorities::new(given).returned(["x".to_owned()]);
        assert_eq!(returned.outside("e", "x", (0, 0)), Some(Outside::Identifier));
        assert_eq!(returned.outside("e", "y", (0, 0)), None);
        assert_eq!(returned.outside("d", "x", (0, 9)), None);
        assert!(Authorities::default().is_empty() && !plain.is_empty());
        assert_eq!(Authorities::default().outside("d", "x", (0, 0)), None);
    }

    #[test]
    fn an_account_names_the_first_rows_whatever_order_they_come_in() {
        let row = |t: i64| ExcessRow { t0_us: t, t1_us: t, exhibit: "x".to_owned(), row: 1 };
        let (mut one, mut other, mut half) = (Excess::default(), Excess::default(), Excess::default());
        (0..9).for_each(|t| one.add(Outside::Period, row(t)));
        (5..9).rev().for_each(|t| other.add(Outside::Period, row(t)));
        (0..5).rev().for_each(|t| half.add(Outside::Period, row(t)));
        other.merge(half);
        assert_eq!(one, other);
        assert_eq!((one.total(), one.count(Outside::Period), one.first().len()), (9, 9, NAMED));
        assert_eq!(one.first()[0].t0_us, 0);
    }

    proptest! {
        #[test]
        fn a_record_is_within_if_every_microsecond_of_it_is_authorised(
            periods in prop::collection::vec((0_i64..60, 0_i64..25, any::<bool>()), 0..6),
            (t0, long) in (0_i64..70, 0_i64..15)) {
            let given: Vec<Authority> = periods
                .iter()
                .map(|&(from, long, own)| authority(if own { "d" } else { "e" }, from, from + long))
                .collect();
            let named = given.iter().any(|a| a.identifier == "d");
            let covered = |us: i64| given.iter().any(|a| a.identifier == "d" && (a.from_us..a.to_us).contains(&us));
            let all = t0..=t0 + long;
            let want = match (named, all.clone().all(covered), all.clone().any(covered)) {
                (false, _, _) => Some(Outside::Identifier),
                (true, true, _) => None,
                (true, false, true) => Some(Outside::PartOfPeriod),
                (true, false, false) => Some(Outside::Period),
            };
            let authorities = Authorities::new(given).every_identifier();
            prop_assert_eq!(authorities.outside("d", "x", (t0, t0 + long)), want);
        }
    }
}
