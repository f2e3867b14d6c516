//! What the fold reads: plain rows that point at each other by number, without Arrow.

use crate::model::{Grade, SourceKind, TargetKind};

/// One fix and one target near each other, as the join found them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// Position of the suspect's fix in [`Tables::fixes`].
    pub fix: u32,
    /// Position of the target in [`Tables::targets`].
    pub target: u32,
    /// Geodesic distance of the centres, metres.
    pub distance_m: f64,
    /// The grade at `radius_m`; `None` if the pair is only within `exit_radius_m`: such a contact holds an open
    /// encounter and cannot open one.
    pub grade: Option<Grade>,
    /// P(true distance <= `radius_m`).
    pub p_within: f64,
}

/// Where a record was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Position of the exhibit's SHA-256 in [`Tables::exhibits`].
    pub exhibit: u32,
    /// Row in the exhibit, from 1.
    pub row: u64,
}

/// A suspect's fix, as much of it as the fold needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixPoint {
    /// Position of the device's name in [`Tables::devices`].
    pub device: u32,
    /// Start of the time interval, UTC microseconds.
    pub t0_us: i64,
    /// End of the time interval, UTC microseconds; not before `t0_us`.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// What produced the position.
    pub source: SourceKind,
    /// Where it was read.
    pub origin: Origin,
}

/// A target, as much of it as the fold needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetPoint {
    /// A victim's fix, a place or an incident.
    pub kind: TargetKind,
    /// Position in [`Tables::owners`] of the victim's device, the place's name or the incident's reference.
    pub owner: u32,
    /// Start of its time, UTC microseconds; `i64::MIN` for a place, which is there at any time.
    pub t0_us: i64,
    /// End of its time, UTC microseconds, not before `t0_us`; `i64::MAX` for a place.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// What produced a victim's position; `None` for a place or an incident.
    pub source: Option<SourceKind>,
    /// Where it was read; `None` for a place, which a person states.
    pub origin: Option<Origin>,
}

/// The tables that contacts, fixes and targets point into. Their order never shows in a result.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// Names of suspect devices.
    pub devices: &'a [String],
    /// Names of victim devices and places, and references of incidents.
    pub owners: &'a [String],
    /// SHA-256 of exhibits, hex.
    pub exhibits: &'a [String],
    /// Suspect fixes.
    pub fixes: &'a [FixPoint],
    /// Targets.
    pub targets: &'a [TargetPoint],
}

/// A row points at nothing: the tables do not belong together. Retrying does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a contact points at {what} {index}, but there are {len}: these tables do not belong together")]
pub struct FoldError {
    /// What it points at.
    pub what: &'static str,
    /// The position it names, from 0.
    pub index: u32,
    /// How many there are.
    pub len: usize,
}

impl<'a> Tables<'a> {
    /// The suspect's fix at a position.
    ///
    /// # Errors
    /// [`FoldError`] if there is none there.
    pub fn fix(&self, index: u32) -> Result<&'a FixPoint, FoldError> {
        at(self.fixes, "fix", index)
    }

    /// The target at a position.
    ///
    /// # Errors
    /// [`FoldError`] if there is none there.
    pub fn target(&self, index: u32) -> Result<&'a TargetPoint, FoldError> {
        at(self.targets, "target", index)
    }

    /// The name of a fix's device.
    ///
    /// # Errors
    /// [`FoldError`] if there is none.
    pub fn device(&self, fix: &FixPoint) -> Result<&'a str, FoldError> {
        at(self.devices, "device", fix.device).map(String::as_str)
    }

    /// The name of a target's owner.
    ///
    /// # Errors
    /// [`FoldError`] if there is none.
    pub fn owner(&self, target: &TargetPoint) -> Result<&'a str, FoldError> {
        at(self.owners, "owner", target.owner).map(String::as_str)
    }

    /// The SHA-256 of an exhibit, hex.
    ///
    /// # Errors
    /// [`FoldError`] if there is none.
    pub fn exhibit(&self, origin: Origin) -> Result<&'a str, FoldError> {
        at(self.exhibits, "exhibit", origin.exhibit).map(String::as_str)
    }
}

fn at<'a, T>(items: &'a [T], what: &'static str, index: u32) -> Result<&'a T, FoldError> {
    let found = usize::try_from(index).ok().and_then(|i| items.get(i));
    found.ok_or(FoldError { what, index, len: items.len() })
}
