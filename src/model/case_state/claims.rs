//! Whose a device was at a time, as far as anybody claims.

use std::collections::BTreeSet;

use super::CaseState;
use crate::model::{Attribution, Role};

/// The claims upon one device at one time, each subject and role once, in order.
///
/// There can be several: a car that two people share, a handset that changed hands within one visit, or two statements
/// that contradict each other. None is preferred, because Locard does not know which is true: the device's fix then
/// counts in every role that is claimed, as a victim's fix *and* as a suspect's, and whoever shows it shows
/// [`Claims::disputed`] with it. Whoever joins fixes leaves out the pairs of a device with itself, which are always near.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims<'a>(BTreeSet<(&'a str, Role)>);

impl<'a> Claims<'a> {
    /// Whether nobody claims anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The subjects and their roles.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Role)> + '_ {
        self.0.iter().copied()
    }

    /// Whether the device is claimed to be a victim's: its fixes are targets.
    #[must_use]
    pub fn victim(&self) -> bool {
        self.has(Role::Victim)
    }

    /// Whether the device is claimed to be a suspect's: its fixes are compared with targets.
    #[must_use]
    pub fn suspect(&self) -> bool {
        self.has(Role::Suspect)
    }

    /// Whether more than one subject or role is claimed.
    #[must_use]
    pub fn disputed(&self) -> bool {
        self.0.len() > 1
    }

    fn has(&self, role: Role) -> bool {
        self.0.iter().any(|(_, r)| *r == role)
    }
}

impl CaseState {
    /// Whose `device` was during a fix's interval `[t0_us, t1_us]`, UTC microseconds.
    ///
    /// An attribution's end is exclusive; a fix that reaches over it belongs to both sides.
    #[must_use]
    pub fn role_of(&self, device: &str, t0_us: i64, t1_us: i64) -> Claims<'_> {
        let holds = |a: &&Attribution| {
            a.from_us.is_none_or(|from_us| from_us <= t1_us) && a.to_us.is_none_or(|to_us| t0_us < to_us)
        };
        Claims(self.attributions_of(device).filter(holds).map(|a| (a.subject_id.as_str(), a.role)).collect())
    }

    /// The attributions of one device that hold, at whatever time.
    pub fn attributions_of(&self, device: &str) -> impl Iterator<Item = &Attribution> {
        let ids = self.by_device.get(device).into_iter().flatten();
        ids.filter_map(|id| self.attributions.get(id)?.upheld()).map(|(_, a)| a)
    }
}
