//! How strong a record is as evidence.

mod local;
mod prior;
mod ratio;
#[cfg(test)]
mod ratio_tests;
mod routine;
#[cfg(test)]
mod routine_tests;
mod scale;
mod sector;
#[cfg(test)]
pub(in crate::evaluate) mod worlds;

pub use prior::{Environment, NOVEL_SCALES_M, Prior, PriorError, SectorPrior};
pub use ratio::{Target, position_log10_lr, sector_log10_lr};
pub use routine::{Basis, Component, Habit, Routine};
pub use scale::{AFSP_2009, Band, ENFSI_2015, Scale, grouped, said};
pub use sector::{Azimuths, Sector};
