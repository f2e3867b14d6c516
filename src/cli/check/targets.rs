//! The targets of a check in one relation: the victim's fixes, then places, then incidents.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray, UInt32Array};
use datafusion::arrow::error::ArrowError;

use crate::decode::{FixStore, FixView};
use crate::encounter::{End, Origin, TargetPoint};
use crate::model::{DEFAULT_CONFIDENCE, Numbers, Place, ProximityParams, TargetKind};

use super::CheckError;
use super::read::IncidentRead;

/// The targets, in the order of the relation's column `target`.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub(super) points: Vec<TargetPoint>,
    pub(super) ends: Vec<End>,
    pub(super) owners: Vec<String>,
    pub(super) exhibits: Vec<String>,
    /// Places and incidents, by their position less the number of victim fixes.
    pub(super) stated: Vec<Stated>,
    pub(super) victim_fixes: usize,
}

/// A target that a person stated.
#[derive(Debug, Clone)]
pub(super) enum Stated {
    Place(Place),
    Incident(Box<IncidentRead>),
}

impl Targets {
    pub(super) fn gather(victims: &FixStore, places: &[Place], incidents: &[IncidentRead]) -> Result<Self, CheckError> {
        let total = victims.len() + (places.len() + incidents.len()) as u64;
        if u32::try_from(total).is_err() {
            return Err(CheckError::TooMany(total));
        }
        let mut targets = Self::default();
        let (mut owners, mut exhibits) = (Numbers::default(), Numbers::default());
        for batch in victims.batches()? {
            targets.victims(&FixView::new(&batch?)?, &mut owners, &mut exhibits);
        }
        targets.victim_fixes = targets.points.len();
        for place in places {
            targets.place(place, owners.of(&place.name));
        }
        for read in incidents {
            let owner = owners.of(&read.incident.reference);
            targets.incident(read, owner, exhibits.of(&read.incident.exhibit));
        }
        (targets.owners, targets.exhibits) = (owners.names, exhibits.names);
        Ok(targets)
    }

    /// Places and incidents with their positions among the targets, in order.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u32, &Stated)> {
        (0u32..).skip(self.victim_fixes).zip(&self.stated)
    }

    /// The place or incident at a position; `None` for a victim's fix.
    pub(super) fn stated(&self, target: u32) -> Option<&Stated> {
        let at = usize::try_from(target).ok()?.checked_sub(self.victim_fixes)?;
        self.stated.get(at)
    }

    fn victims(&mut self, view: &FixView<'_>, owners: &mut Numbers, exhibits: &mut Numbers) {
        for row in 0..view.len() {
            let (lat_deg, lon_deg) = (view.lat_deg[row], view.lon_deg[row]);
            self.ends.push(End::of_fix(lat_deg, lon_deg, view.uncertainty_at(row), view.confidence[row]));
            self.points.push(TargetPoint {
                kind: TargetKind::VictimFix,
                owner: owners.of(view.device.word(row)),
                t0_us: view.t0_us[row],
                t1_us: view.t1_us[row],
                lat_deg,
                lon_deg,
                source: Some(view.source_at(row)),
                origin: Some(Origin { exhibit: exhibits.of(view.exhibit.word(row)), row: view.row_at(row) }),
            });
        }
    }

    fn place(&mut self, place: &Place, owner: u32) {
        self.ends.push(End::of_place(place.lat_deg, place.lon_deg, place.radius_m));
        self.points.push(TargetPoint {
            kind: TargetKind::Place,
            owner,
            t0_us: i64::MIN,
            t1_us: i64::MAX,
            lat_deg: place.lat_deg,
            lon_deg: place.lon_deg,
            source: None,
            origin: None,
        });
        self.stated.push(Stated::Place(place.clone()));
    }

    fn incident(&mut self, read: &IncidentRead, owner: u32, exhibit: u32) {
        let incident = &read.incident;
        let (lat_deg, lon_deg) = (incident.lat_deg, incident.lon_deg);
        self.ends.push(End::of_fix(lat_deg, lon_deg, incident.uncertainty_m, DEFAULT_CONFIDENCE));
        self.points.push(TargetPoint {
            kind: TargetKind::Incident,
            owner,
            t0_us: incident.t0_us,
            t1_us: incident.t1_us,
            lat_deg: incident.lat_deg,
            lon_deg: incident.lon_deg,
            source: None,
            origin: Some(Origin { exhibit, row: incident.row }),
        });
        self.stated.push(Stated::Incident(Box::new(read.clone())));
    }

    /// The relation that is joined: `target` `UInt32`; `t0`, `t1` the target's time widened by the window, UTC
    /// microseconds; `lat_deg`, `lon_deg`; `limit_m`, how far from the point a fix without uncertainty may be.
    pub(super) fn relation(&self, params: &ProximityParams) -> Result<RecordBatch, ArrowError> {
        let numbers = UInt32Array::from_iter_values((0u32..).take(self.points.len()));
        let times = |f: fn(&TargetPoint, i64) -> i64| -> ArrayRef {
            let values = self.points.iter().map(|p| f(p, params.window_us));
            Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
        };
        let floats =
            |values: &mut dyn Iterator<Item = f64>| -> ArrayRef { Arc::new(Float64Array::from_iter_values(values)) };
        RecordBatch::try_from_iter([
            ("target", Arc::new(numbers) as ArrayRef),
            ("t0", times(|p, w| p.t0_us.saturating_sub(w))),
            ("t1", times(|p, w| p.t1_us.saturating_add(w))),
            ("lat_deg", floats(&mut self.points.iter().map(|p| p.lat_deg))),
            ("lon_deg", floats(&mut self.points.iter().map(|p| p.lon_deg))),
            ("limit_m", floats(&mut self.ends.iter().map(|e| e.limit_m(params)))),
        ])
    }
}
