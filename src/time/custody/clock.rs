//! The clock of one detention: which ceiling is in force and when the next review is due.

use super::stops::{Limit, Stops};
use super::{CustodyRules, PeriodRule, Remark, RemarkKind};
use crate::model::CustodyStep;

/// Microseconds in an hour.
const US_PER_H: i64 = 3_600 * crate::time::US_PER_S;

/// Which row of the rule table sets a ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CeilingKind {
    /// Nobody's authority is needed.
    Detention,
    /// A superintendent's authority.
    Extension,
    /// A court's warrant.
    Warrant,
    /// A court's extension of its warrant.
    WarrantExtension,
    /// The end of all detention before charge.
    Cap,
}

impl CeilingKind {
    /// The words shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detention => "detention without further authority",
            Self::Extension => "superintendent's extension",
            Self::Warrant => "warrant of further detention",
            Self::WarrantExtension => "extension of the warrant",
            Self::Cap => "absolute limit",
        }
    }

    /// Its row of the table.
    #[must_use]
    pub fn rule(self, rules: &CustodyRules) -> &PeriodRule {
        match self {
            Self::Detention => &rules.detention,
            Self::Extension => &rules.extension,
            Self::Warrant => &rules.warrant,
            Self::WarrantExtension => &rules.warrant_extension,
            Self::Cap => &rules.cap,
        }
    }
}

/// A ceiling, and what set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// The row of the rule table.
    pub kind: CeilingKind,
    /// When it is reached.
    pub limit: Limit,
    /// The step that set it, as its place in the list that was given: who recorded that step authorised it.
    pub set_by: usize,
}

/// The clock of one detention. It says times and nothing about whether a detention is lawful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyClock {
    /// The relevant time, UTC microseconds.
    pub relevant_us: i64,
    /// The ceiling in force.
    pub ceiling: Ceiling,
    /// The absolute limit.
    pub cap: Limit,
    /// When the next review is due; `None` if nobody has stated when detention was authorised.
    pub next_review: Option<Limit>,
    /// When detention ended, UTC microseconds.
    pub released_us: Option<i64>,
    /// What was recorded and does not count as it stands, for a person to look at.
    pub remarks: Vec<Remark>,
}

impl CustodyClock {
    /// The clock that these steps make, in whatever order; `None` if detention has not started.
    ///
    /// Of several starts or releases the last in the list holds ([`crate::model::CaseState`] gives one of each).
    #[must_use]
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a CustodyStep>, rules: &CustodyRules) -> Option<Self> {
        let mut steps: Vec<(usize, &CustodyStep)> = steps.into_iter().enumerate().collect();
        let (start, relevant_us, authorised_us, indictable) = start(&steps)?;
        let released_us = steps.iter().rev().find_map(|(_, step)| match step {
            CustodyStep::Released { at_us } => Some(*at_us),
            _ => None,
        });
        // A warrant is issued before it is extended, also where both are recorded for one moment.
        let extends = |step: &CustodyStep| matches!(step, CustodyStep::WarrantExtended { .. });
        steps.sort_by_key(|(place, step)| (step.at_us(), extends(step), *place));
        let mut remarks = Vec::new();
        steps.retain(|(place, step)| {
            let kind = if step.at_us() < relevant_us {
                Some(RemarkKind::BeforeStart)
            } else if released_us.is_some_and(|at_us| step.at_us() > at_us) {
                Some(RemarkKind::AfterRelease)
            } else {
                None
            };
            remarks.extend(kind.map(|kind| Remark { step: *place, kind }));
            kind.is_none()
        });
        let stops = Stops::of(&steps, released_us, &mut remarks);
        let mut reckoning = Reckoning { rules, stops: &stops, relevant_us, indictable, start, remarks };
        let ceiling = reckoning.ceiling(&steps);
        let next_review = reckoning.next_review(&steps, authorised_us);
        let cap = reckoning.since_relevant(&rules.cap);
        let mut remarks = reckoning.remarks;
        remarks.sort_unstable();
        Some(Self { relevant_us, ceiling, cap, next_review, released_us, remarks })
    }

    /// How much time is left to the ceiling in force at `now_us`, microseconds: negative once it has passed, `None`
    /// once detention has ended.
    #[must_use]
    pub fn left_us(&self, now_us: i64) -> Option<i64> {
        self.released_us.is_none().then(|| self.ceiling.limit.left_us(now_us))
    }

    /// How much time is left to the next review at `now_us`, microseconds: negative once it is overdue.
    #[must_use]
    pub fn review_left_us(&self, now_us: i64) -> Option<i64> {
        self.next_review.filter(|_| self.released_us.is_none()).map(|review| review.left_us(now_us))
    }
}

/// The start that holds: its place, relevant time, authorisation, and whether the offence is indictable.
fn start(steps: &[(usize, &CustodyStep)]) -> Option<(usize, i64, Option<i64>, bool)> {
    steps.iter().rev().find_map(|(place, step)| match step {
        CustodyStep::Started { relevant_us, authorised_us, indictable } => {
            Some((*place, *relevant_us, *authorised_us, *indictable))
        }
        _ => None,
    })
}

/// A warrant and what it was extended by: the end follows from the issue and the sum, so that stops count once.
#[derive(Clone, Copy)]
struct Warrant {
    issued_us: i64,
    length_us: i64,
    ceiling: Ceiling,
}

struct Reckoning<'a> {
    rules: &'a CustodyRules,
    stops: &'a Stops,
    relevant_us: i64,
    indictable: bool,
    start: usize,
    remarks: Vec<Remark>,
}

impl Reckoning<'_> {
    fn since_relevant(&self, rule: &PeriodRule) -> Limit {
        self.stops.limit(self.relevant_us, i64::from(rule.hours) * US_PER_H, rule.clock_stops)
    }

    fn ceiling(&mut self, steps: &[(usize, &CustodyStep)]) -> Ceiling {
        let detention = Ceiling {
            kind: CeilingKind::Detention,
            limit: self.since_relevant(&self.rules.detention),
            set_by: self.start,
        };
        let extended = self.extension(steps, detention);
        let mut warrant = None;
        for (place, step) in steps {
            match step {
                CustodyStep::WarrantIssued { at_us, length_us } => {
                    warrant = self.issued(*place, *at_us, *length_us).or(warrant);
                }
                CustodyStep::WarrantExtended { length_us, .. } => {
                    warrant = self.extended_warrant(*place, *length_us, warrant).or(warrant);
                }
                _ => {}
            }
        }
        let in_force = warrant.map_or(extended.unwrap_or(detention), |w: Warrant| w.ceiling);
        let cap = self.since_relevant(&self.rules.cap);
        if cap.end_us < in_force.limit.end_us {
            self.remark(in_force.set_by, RemarkKind::BeyondCap);
            return Ceiling { kind: CeilingKind::Cap, limit: cap, set_by: in_force.set_by };
        }
        in_force
    }

    /// The first superintendent's extension that counts: recorded for a time at which the clock had not run out.
    fn extension(&mut self, steps: &[(usize, &CustodyStep)], detention: Ceiling) -> Option<Ceiling> {
        let mut holding = None;
        for (place, step) in steps {
            let CustodyStep::Extended { at_us } = step else { continue };
            if !self.allowed(*place, &self.rules.extension) {
                continue;
            }
            if detention.limit.left_us(*at_us) < 0 {
                self.remark(*place, RemarkKind::TooLate);
                continue;
            }
            let limit = self.since_relevant(&self.rules.extension);
            holding = holding.or(Some(Ceiling { kind: CeilingKind::Extension, limit, set_by: *place }));
        }
        holding
    }

    fn issued(&mut self, place: usize, at_us: i64, length_us: i64) -> Option<Warrant> {
        let rule = &self.rules.warrant;
        if !self.allowed(place, rule) {
            return None;
        }
        let length_us = self.at_most(place, length_us, rule);
        let limit = self.stops.limit(at_us, length_us, rule.clock_stops);
        let ceiling = Ceiling { kind: CeilingKind::Warrant, limit, set_by: place };
        Some(Warrant { issued_us: at_us, length_us, ceiling })
    }

    fn extended_warrant(&mut self, place: usize, length_us: i64, warrant: Option<Warrant>) -> Option<Warrant> {
        let rule = &self.rules.warrant_extension;
        let Some(warrant) = warrant else {
            self.remark(place, RemarkKind::NoWarrant);
            return None;
        };
        if !self.allowed(place, rule) {
            return None;
        }
        let length_us = warrant.length_us.saturating_add(self.at_most(place, length_us, rule));
        let limit = self.stops.limit(warrant.issued_us, length_us, rule.clock_stops);
        let ceiling = Ceiling { kind: CeilingKind::WarrantExtension, limit, set_by: place };
        Some(Warrant { length_us, ceiling, ..warrant })
    }

    fn next_review(&self, steps: &[(usize, &CustodyStep)], authorised_us: Option<i64>) -> Option<Limit> {
        let rule = &self.rules.reviews;
        let reviewed_us = steps.iter().rev().find_map(|(_, step)| match step {
            CustodyStep::Reviewed { at_us } => Some(*at_us),
            _ => None,
        });
        let (zero_us, hours) = match reviewed_us {
            Some(at_us) => (at_us, rule.then_hours),
            None => (authorised_us?, rule.first_hours),
        };
        Some(self.stops.limit(zero_us, i64::from(hours) * US_PER_H, rule.clock_stops))
    }

    fn allowed(&mut self, place: usize, rule: &PeriodRule) -> bool {
        let allowed = self.indictable || !rule.indictable_only;
        if !allowed {
            self.remark(place, RemarkKind::IndictableOnly);
        }
        allowed
    }

    fn at_most(&mut self, place: usize, length_us: i64, rule: &PeriodRule) -> i64 {
        let most_us = i64::from(rule.hours) * US_PER_H;
        if length_us > most_us {
            self.remark(place, RemarkKind::LongerThanRule);
        }
        length_us.clamp(0, most_us)
    }

    fn remark(&mut self, step: usize, kind: RemarkKind) {
        self.remarks.push(Remark { step, kind });
    }
}
