//! Who said something, when and why; and of the things said about one matter, which one holds.

use crate::model::{CaseEvent, ContentId, case_event_id};

/// The circumstances of one statement; statements are ordered by them.
///
/// The order is by `recorded_us`, then by `event_id`. What is said decides only between two different statements that
/// claim one `event_id`, so that the order in which they came never decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// When it was recorded, UTC microseconds.
    pub recorded_us: i64,
    /// Names the statement.
    pub event_id: String,
    /// The identifier of what is said.
    pub content: ContentId,
    /// Who recorded it.
    pub author: String,
    /// Why, in their words; may be empty.
    pub reason: String,
}

impl Said {
    /// The circumstances of an event.
    #[must_use]
    pub fn of(event: &CaseEvent) -> Self {
        Self {
            recorded_us: event.recorded_us,
            event_id: event.event_id.clone(),
            content: case_event_id(event),
            author: event.author.clone(),
            reason: event.reason.clone(),
        }
    }
}

/// Something that is stated, corrected and withdrawn under one name: the latest of each is kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held<T> {
    stated: Option<(Said, T)>,
    withdrawn: Option<Said>,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { stated: None, withdrawn: None }
    }
}

impl<T> Held<T> {
    /// A statement; returns whether it is the latest.
    pub(super) fn state(&mut self, said: Said, value: T) -> bool {
        let latest = self.stated.as_ref().is_none_or(|(before, _)| *before < said);
        if latest {
            self.stated = Some((said, value));
        }
        latest
    }

    /// A withdrawal; returns whether it is the latest.
    pub(super) fn withdraw(&mut self, said: Said) -> bool {
        let latest = self.withdrawn.as_ref().is_none_or(|before| *before < said);
        if latest {
            self.withdrawn = Some(said);
        }
        latest
    }

    /// What holds: the latest statement, unless a withdrawal was recorded after it.
    pub(super) fn upheld(&self) -> Option<(&Said, &T)> {
        let (said, value) = self.stated.as_ref()?;
        self.withdrawn.as_ref().is_none_or(|w| w < said).then_some((said, value))
    }

    /// The withdrawal that holds, and what it withdrew; `None` of the latter if its statement has not come (yet).
    pub(super) fn withdrawn(&self) -> Option<(&Said, Option<&T>)> {
        let withdrawn = self.withdrawn.as_ref()?;
        let stated = self.stated.as_ref();
        stated.is_none_or(|(said, _)| said <= withdrawn).then(|| (withdrawn, stated.map(|(_, value)| value)))
    }
}
