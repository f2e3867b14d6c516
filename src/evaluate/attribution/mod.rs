//! Whose device: whether two devices travel together, as the two phones of one person do, or a phone and a car.
//!
//! ```text
//!   A    ●     ●        ●  ●          switches: records of different devices that follow each other
//!   B       ○     ○  ○        ○
//!        └──┘  └──┘     …            near: within their uncertainties    apart: no speed allowed brings one to the other
//!        └────── an hour ──────┘     of each hour one pair counts: the one at B's rarest place
//! ```
//! One excluding separation says that the two were not carried together then; a phone left at home does the same, so it is
//! said of the hour and not of the person. Nearness counts for more where B seldom is. The strength of one hour is a
//! likelihood ratio bounded by the number of records that it rests on; hours of one day depend on each other, so ratios are
//! never multiplied.
//!
//! Source: switches, the rarest pair and the bounds are those of `telcell` of the Netherlands Forensic Institute (its
//! `RarePairModel`); Bosma et al., *Establishing phone-pair co-usage by comparing mobility patterns*, Science & Justice 60
//! (2020) 180-190. Telcell learns from measured coverage how far apart two cells of one place lie; here it is the stated
//! uncertainties.

mod apart;
mod beside;
mod finding;
mod places;
mod quartiles;
mod rare;
mod said;
mod seen;
mod stretch;
mod switches;
mod travel;
mod two;

#[cfg(test)]
mod changed_tests;
#[cfg(test)]
mod phones_tests;
#[cfg(test)]
mod plain_tests;

pub use apart::Separation;
pub(super) use finding::changed_finding;
pub use finding::{findings, pair_finding};
pub use rare::HourPair;
pub(super) use travel::Passes;
pub use travel::{AttributionParams, CoTravel, Hour, HourKind, co_travel};
