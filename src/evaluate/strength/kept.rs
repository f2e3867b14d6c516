//! The routine of a device whose records come and go, without reading all of them again.
//!
//! ```text
//!   chunks   ●●●●●●● ●●●◆●●●● ●●●●●●●          what the changed chunk told is taken out of the routine,
//!   told        0        4       2             and what it tells now is put in
//! ```
//! Invariant: the routine is that of [`Routines::new`] of the records as they stand: its sums are of whole numbers, so that what
//! was put in can be taken out.

use std::sync::Arc;

use super::answer::{Routines, Settings};
use super::routine::Basis;
use super::told::{Told, tell};
use crate::evaluate::chunks::{Chunked, exchange};
use crate::evaluate::passes::{Pass, Passed, View};
use crate::time::ZoneRule;

/// The pass that says what a chunk's records tell of a routine.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tells {
    max_sigma_m: f64,
}

/// What a chunk tells by positions and by sectors.
type Both = Arc<[Vec<Told>; 2]>;

impl Pass for Tells {
    type State = ();
    type Found = Both;

    fn read(&self, (): &mut (), view: &View<'_>) -> Both {
        Arc::new([Basis::Positions, Basis::Sectors].map(|basis| tell(view.own(), basis, self.max_sigma_m)))
    }
}

/// What is kept of the routine of a device.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Passes {
    asked: Option<(ZoneRule, Tells)>,
    told: Passed<Tells>,
    /// What is in the routine, by the numbers of the chunks.
    known: Vec<(u64, Both)>,
    routines: Routines,
}

impl Passes {
    /// The routine that a device's records show as they stand.
    pub(super) fn of(&mut self, device: &Chunked<'_>, settings: &Settings<'_>) -> &Routines {
        let tells = Tells { max_sigma_m: settings.prior.max_sigma_m };
        let now = Some((settings.zone.clone(), tells));
        if self.asked != now {
            *self = Self { asked: now, ..Self::default() };
        }
        let Self { told, known, routines, .. } = self;
        let told = told.of(&tells, device).chunks;
        let now: Vec<(u64, &Both)> =
            device.chunks().iter().zip(told).map(|(chunk, (_, told))| (chunk.number, told)).collect();
        let (new, gone) = exchange(known, &now);
        for told in &new {
            routines.put(told, settings.zone);
        }
        for told in &gone {
            routines.take(told, settings.zone);
        }
        routines
    }
}
