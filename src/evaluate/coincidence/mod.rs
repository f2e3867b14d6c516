//! Against coincidence: how many encounters two devices would have if their days had nothing to do with each other.
//!
//! ```text
//!   victim    Mon Tue Wed Thu Fri …          observed: the devices' own days
//!   suspect   Mon Tue Wed Thu Fri …
//!
//!   victim    Mon Tue Wed Thu Fri Sat Sun Mon Tue …       shift k: the suspect's records k days later,
//!   suspect   … Sat Sun  ·   ·   ·   ·   ·  Mon Tue …     by the clock on the wall: hour and weekday are kept;
//!             └─ what is moved past the end ─┘             comes in again at the beginning
//!
//!   only hours count in which both devices were recorded, with and without the shift
//! ```
//! What both do by habit (living in one town, working in one street, the same bus) happens under a shift as often as
//! without it; what one does because of the other does not. So the observed number is compared with the numbers under many
//! shifts. Encounters at places where both devices are often are counted apart, since chance is strong there.
//!
//! Source: shifts for two series that each depend on their own past, Harris, *A shift test for independence in generic time
//! series* (arXiv 2012.06862, 2020); whole days in animal tracking, Spiegel et al., Methods Ecol. Evol. 7 (2016) 971-981.
//! Shifts around a circle make the observed arrangement one of equals, so that its rank among them is uniform where the two
//! have nothing to do with each other and neither's habits change along the period.
//!
//! - `wall_clock`: UTC to the clock on the wall. Weekday and hour are kept across a change to summer time.
//! - `parts`: records in runs at one spot, so that a night at home is one thing and not a thousand.
//! - `laid`: the contacts of two devices laid over each other at one shift, joined to what
//!   [`encounter::fold`](crate::encounter::fold()) gives, to the record.
//! - `account`, `side`: what each chunk of records says of its device, and when it stands.
//! - `lists`: the contacts under every shift, chunk by chunk, so that one more record lays its own chunk again.
//! - `prepared`: what is kept of two devices between evaluations.
//! - `cited`: the records that show an encounter.
//! - `how`: on which axis of time two devices are laid over each other.
//! - `hours`: in which hours a device was recorded.
//! - `anchors`: the places where both devices often are.
//! - `shifts`, `permutation`: which shifts can be compared, and where the observed number lies among them.

mod account;
mod anchors;
mod cited;
mod finding;
mod heard;
mod hours;
mod how;
mod laid;
mod lists;
mod near;
mod parts;
mod permutation;
mod prepared;
mod reach;
mod shifts;
mod side;

#[cfg(test)]
mod geolife_tests;
#[cfg(test)]
mod kept_tests;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod uniform_tests;
#[cfg(test)]
mod world;

pub(super) use finding::changed_finding;
pub use finding::{finding_among_pairs, findings, pair_finding};
pub use laid::Met;
pub use permutation::{Coincidence, CoincidenceParams, Refusal, Stratum, coincidence};
pub(super) use prepared::Passes;
pub use shifts::Step;
