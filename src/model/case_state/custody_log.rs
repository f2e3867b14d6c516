//! What was said about one detention; of statements about one step the later recorded holds.

use std::collections::BTreeMap;

use super::Said;
use crate::model::CustodyStep;

/// All statements about one detention, and which of them were withdrawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct CustodyLog {
    /// The subject and the step of each statement.
    statements: BTreeMap<Said, (String, CustodyStep)>,
    /// By the `event_id` of the mistaken statement.
    withdrawn: BTreeMap<String, Said>,
}

/// A detention as the statements that hold describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct Custody<'a> {
    /// Names the detention in the case.
    pub custody_id: &'a str,
    /// The person detained: as its start says, else as the statement recorded last says.
    pub subject_id: &'a str,
    /// Its steps in the order of their times.
    pub steps: Vec<StatedStep<'a>>,
}

/// A step of a detention, and who said so.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedStep<'a> {
    /// What happened.
    pub step: &'a CustodyStep,
    /// Who said so, when and why.
    pub said: &'a Said,
}

/// What a step is about: a detention starts and ends once, and of the other steps there is one at a time of each kind.
fn matter(step: &CustodyStep) -> (&'static str, Option<i64>) {
    let once = matches!(step, CustodyStep::Started { .. } | CustodyStep::Released { .. });
    (step.kind(), (!once).then(|| step.at_us()))
}

impl CustodyLog {
    /// A statement about a step; returns whether what holds has changed.
    pub(super) fn state(&mut self, said: Said, subject_id: &str, step: &CustodyStep) -> bool {
        self.change(|log| {
            log.statements.insert(said, (subject_id.to_owned(), step.clone()));
        })
    }

    /// A statement was a mistake; returns whether what holds, or what is known of the mistake, has changed.
    pub(super) fn withdraw(&mut self, step_event_id: &str, said: Said) -> bool {
        let latest = self.withdrawn.get(step_event_id).is_none_or(|before| *before < said);
        if latest {
            self.withdrawn.insert(step_event_id.to_owned(), said);
        }
        latest
    }

    /// The withdrawals, each with the `event_id` of the statement that was a mistake.
    pub(super) fn withdrawals(&self) -> impl Iterator<Item = (&str, &Said)> {
        self.withdrawn.iter().map(|(event_id, said)| (event_id.as_str(), said))
    }

    /// The detention; `None` if no statement about it holds.
    pub(super) fn view<'a>(&'a self, custody_id: &'a str) -> Option<Custody<'a>> {
        let mut holding = BTreeMap::new();
        // In the order of recording, so that the later takes the place of the earlier.
        for (said, (subject, step)) in &self.statements {
            if !self.withdrawn.contains_key(&said.event_id) {
                holding.insert(matter(step), (said, subject, step));
            }
        }
        let latest = holding.values().max_by_key(|(said, ..)| *said)?;
        let start = holding.values().find(|(.., step)| matches!(step, CustodyStep::Started { .. }));
        let subject_id = start.unwrap_or(latest).1;
        let mut steps: Vec<_> = holding.into_values().map(|(said, _, step)| StatedStep { step, said }).collect();
        steps.sort_by_key(|s| (s.step.at_us(), s.step.kind()));
        Some(Custody { custody_id, subject_id, steps })
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) -> bool {
        let seen = |log: &Self| -> Vec<Said> {
            log.view("").map_or_else(Vec::new, |c| c.steps.into_iter().map(|s| s.said.clone()).collect())
        };
        let before = seen(self);
        change(self);
        seen(self) != before
    }
}
