//! A case in memory: its records, whose devices they are of, and what they are compared with.
//!
//! Records and stated targets have numbers that never change while the case is in memory; the join's references carry the
//! case's number above and the record's below.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::Row;
use super::group::{GroupKey, Groups};
use super::record::{Record, Track};
use crate::encounter::{ContentId, End, Origin, TargetPoint, incident_id, place_id};
use crate::model::{
    CaseEvent, CaseState, DEFAULT_CONFIDENCE, FixRow, Numbers, ProximityParams, StatedTarget, TargetKind,
};

/// A place or incident at its number; a corrected one is another.
#[derive(Debug, Clone)]
pub struct Stated {
    /// What it is called in the case.
    pub target_id: String,
    /// Its identifier by content.
    pub id: ContentId,
    /// As the fold takes it.
    pub point: TargetPoint,
    /// As a proximity is judged by it.
    pub end: End,
    /// What was stated.
    pub target: StatedTarget,
}

/// The roles of a device's fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Roles {
    /// The same at any time.
    Always(Part),
    /// They depend on the time.
    ByTime,
}

/// What a fix takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// It is compared with targets.
    pub suspect: bool,
    /// It is a target.
    pub victim: bool,
}

/// A case.
#[derive(Debug)]
pub struct Case {
    /// Its number in the pipeline.
    pub number: i64,
    /// Its name.
    pub id: String,
    /// What people say about it.
    pub state: CaseState,
    /// Its records.
    pub records: Vec<Record>,
    /// Places and incidents that are or were targets.
    pub stated: Vec<Stated>,
    /// Names of devices (suspects' and victims' alike).
    pub devices: Numbers,
    /// Names of devices, places and incidents that can be met.
    pub owners: Numbers,
    /// SHA-256 of exhibits.
    pub exhibits: Numbers,
    /// By device.
    pub tracks: Vec<Track>,
    /// What has been found.
    pub groups: Groups,
    known: HashSet<i64, FixedState>,
    roles: Vec<Roles>,
    /// Numbers of the places and incidents that hold.
    holding: Vec<u32>,
    /// It does not fit in memory: only what was said about it and which records are known is kept.
    aside: bool,
    /// The step in which it was last needed.
    pub(super) used: u64,
    /// What it counts for in [`Cases::bytes`](super::Cases::bytes).
    pub(super) counted: usize,
}

/// What a record takes in the join: its row, and its item in a lane.
const JOIN_BYTES: usize = 160;

/// References of stated targets have this bit in the record's part.
const STATED: u32 = 1 << 31;

impl Case {
    /// A case of which nothing is known.
    #[must_use]
    pub fn new(number: i64, id: &str) -> Self {
        Self {
            number,
            id: id.to_owned(),
            state: CaseState::default(),
            records: Vec::new(),
            stated: Vec::new(),
            devices: Numbers::default(),
            owners: Numbers::default(),
            exhibits: Numbers::default(),
            tracks: Vec::new(),
            groups: Groups::default(),
            known: HashSet::default(),
            roles: Vec::new(),
            holding: Vec::new(),
            aside: false,
            used: 0,
            counted: 0,
        }
    }

    /// Takes in a statement; whether it changes what is compared with what.
    pub fn apply(&mut self, event: &CaseEvent) -> bool {
        let before = self.state.clone();
        if !self.state.apply(event) {
            return false;
        }
        let changes = !self.state.changes_matching(&before).is_none();
        if changes {
            self.look_again();
        }
        changes
    }

    /// Takes in the statements that are stored of it.
    pub fn recall(&mut self, events: &[CaseEvent]) {
        for event in events {
            self.state.apply(event);
        }
        self.look_again();
    }

    /// What follows from the state, for every record: roles of devices, and the places and incidents that hold.
    fn look_again(&mut self) {
        self.roles = self.devices.names.iter().map(|device| roles(&self.state, device)).collect();
        let holding: Vec<(String, StatedTarget)> =
            self.state.targets().map(|(id, target, _)| (id.to_owned(), target.clone())).collect();
        self.holding = holding.into_iter().filter_map(|(id, target)| self.number_of(&id, &target)).collect();
    }

    /// Sets it aside: nothing is kept of its records but that they are known, and nothing is found.
    pub fn set_aside(&mut self, known: &[ContentId]) {
        self.aside = true;
        self.known.extend(known.iter().map(|id| id.as_i64()));
    }

    /// Whether it is set aside.
    #[must_use]
    pub const fn is_aside(&self) -> bool {
        self.aside
    }

    /// Takes in a record: its number, or `None` if it is known already. In a case that is set aside there is no record of
    /// that number.
    pub fn add(&mut self, id: ContentId, fix: &FixRow<'_>, exhibit: &str) -> Option<u32> {
        if !self.known.insert(id.as_i64()) {
            return None;
        }
        if self.aside {
            return Some(u32::MAX);
        }
        let device = self.device(fix.device);
        let number = u32::try_from(self.records.len()).ok().filter(|n| *n < STATED)?;
        let record = Record {
            id,
            device,
            t0_us: fix.t0_us,
            t1_us: fix.t1_us,
            lat_deg: fix.lat_deg,
            lon_deg: fix.lon_deg,
            uncertainty_m: fix.uncertainty_m.unwrap_or(0.0),
            confidence: fix.confidence,
            source: fix.source,
            origin: Origin { exhibit: self.exhibits.of(exhibit), row: fix.row },
        };
        if let Some(track) = self.tracks.get_mut(device as usize) {
            track.push(number, &record);
        }
        self.records.push(record);
        Some(number)
    }

    fn device(&mut self, name: &str) -> u32 {
        let number = self.devices.of(name);
        if self.tracks.len() < self.devices.names.len() {
            self.tracks.push(Track::default());
            self.roles.push(roles(&self.state, name));
        }
        number
    }

    /// What a record takes part in.
    #[must_use]
    pub fn part(&self, record: &Record) -> Part {
        match self.roles.get(record.device as usize) {
            None => Part::default(),
            Some(Roles::Always(part)) => *part,
            Some(Roles::ByTime) => {
                let device = self.devices.names.get(record.device as usize).map_or("", String::as_str);
                let claims = self.state.role_of(device, record.t0_us, record.t1_us);
                Part { suspect: claims.suspect(), victim: claims.victim() }
            }
        }
    }

    /// The numbers of the places and incidents that hold now.
    #[must_use]
    pub fn holding(&self) -> &[u32] {
        &self.holding
    }

    fn number_of(&mut self, target_id: &str, target: &StatedTarget) -> Option<u32> {
        let known = self.stated.iter().position(|s| s.target_id == target_id && s.target == *target);
        let at = known.unwrap_or_else(|| {
            let stated = self.state_target(target_id, target);
            self.stated.push(stated);
            self.stated.len() - 1
        });
        u32::try_from(at).ok().filter(|n| *n < STATED)
    }

    fn state_target(&mut self, target_id: &str, target: &StatedTarget) -> Stated {
        let (id, point, end) = match target {
            StatedTarget::Place(p) => {
                let point = TargetPoint {
                    kind: TargetKind::Place,
                    owner: self.owners.of(&p.name),
                    t0_us: i64::MIN,
                    t1_us: i64::MAX,
                    lat_deg: p.lat_deg,
                    lon_deg: p.lon_deg,
                    source: None,
                    origin: None,
                };
                (place_id(p), point, End::of_place(p.lat_deg, p.lon_deg, p.radius_m))
            }
            StatedTarget::Incident(i) => {
                let point = TargetPoint {
                    kind: TargetKind::Incident,
                    owner: self.owners.of(&i.reference),
                    t0_us: i.t0_us,
                    t1_us: i.t1_us,
                    lat_deg: i.lat_deg,
                    lon_deg: i.lon_deg,
                    source: None,
                    origin: Some(Origin { exhibit: self.exhibits.of(&i.exhibit), row: i.row }),
                };
                (incident_id(i), point, End::of_fix(i.lat_deg, i.lon_deg, i.uncertainty_m, DEFAULT_CONFIDENCE))
            }
        };
        Stated { target_id: target_id.to_owned(), id, point, end, target: target.clone() }
    }

    /// A record as the join's suspects take it.
    #[must_use]
    pub fn suspect_row(&self, number: u32, record: &Record) -> Row {
        Row {
            case: self.number,
            reference: reference(self.number, number),
            t0_us: record.t0_us,
            t1_us: record.t1_us,
            lat_deg: record.lat_deg,
            lon_deg: record.lon_deg,
            reach_m: record.uncertainty_m,
        }
    }

    /// A victim's record as the join's targets take it.
    #[must_use]
    pub fn victim_row(&self, number: u32, record: &Record, params: &ProximityParams) -> Row {
        let row = self.suspect_row(number, record);
        target_row(row, record.end().limit_m(params), params)
    }

    /// A place or incident as the join's targets take it; `None` if there is none of that number.
    #[must_use]
    pub fn stated_row(&self, number: u32, params: &ProximityParams) -> Option<Row> {
        let stated = self.stated.get(number as usize)?;
        let p = &stated.point;
        let row = Row {
            case: self.number,
            reference: reference(self.number, number | STATED),
            t0_us: p.t0_us,
            t1_us: p.t1_us,
            lat_deg: p.lat_deg,
            lon_deg: p.lon_deg,
            reach_m: 0.0,
        };
        Some(target_row(row, stated.end.limit_m(params), params))
    }

    /// A target of the join by its number, as the fold takes it, with its owner.
    #[must_use]
    pub fn target(&mut self, number: u32) -> Option<TargetPoint> {
        if number & STATED != 0 {
            return self.stated.get((number & !STATED) as usize).map(|s| s.point);
        }
        let r = self.records.get(number as usize)?;
        let device = self.devices.names.get(r.device as usize)?;
        Some(TargetPoint {
            kind: TargetKind::VictimFix,
            owner: self.owners.of(device),
            t0_us: r.t0_us,
            t1_us: r.t1_us,
            lat_deg: r.lat_deg,
            lon_deg: r.lon_deg,
            source: Some(r.source),
            origin: Some(r.origin),
        })
    }

    /// A target as a proximity is judged by it.
    #[must_use]
    pub fn target_end(&self, number: u32) -> Option<End> {
        if number & STATED != 0 {
            return self.stated.get((number & !STATED) as usize).map(|s| s.end);
        }
        self.records.get(number as usize).map(Record::end)
    }

    /// What a target is called, and its identifier by content.
    #[must_use]
    pub fn target_name(&self, number: u32) -> Option<(String, ContentId)> {
        if number & STATED != 0 {
            return self.stated.get((number & !STATED) as usize).map(|s| (s.target_id.clone(), s.id));
        }
        self.records.get(number as usize).map(|r| (r.id.to_string(), r.id))
    }

    /// Whether a suspect's record and a target are of one device, which is always near itself.
    #[must_use]
    pub fn is_itself(&self, fix: &Record, target: u32) -> bool {
        target & STATED == 0 && self.records.get(target as usize).is_some_and(|t| t.device == fix.device)
    }

    /// The latest record of a device, UTC microseconds.
    #[must_use]
    pub fn latest_us(&self, device: u32) -> Option<i64> {
        self.tracks.get(device as usize).and_then(Track::latest_us)
    }

    /// The group that a contact belongs to.
    #[must_use]
    pub const fn group_of(record: &Record, target: &TargetPoint) -> GroupKey {
        GroupKey { device: record.device, kind: target.kind, owner: target.owner }
    }

    /// About how many bytes it holds, beside what the join holds of it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.records.capacity() * size_of::<Record>()
            + self.known.capacity() * (size_of::<i64>() + 1)
            + self.tracks.iter().map(Track::bytes).sum::<usize>()
            + self.groups.bytes()
            + size_of::<Self>()
    }

    /// About how many bytes it needs where all of its records come into the join.
    #[must_use]
    pub fn needs_bytes(&self) -> usize {
        self.bytes() + self.join_bytes()
    }

    /// About how many bytes the join holds of it at most.
    #[must_use]
    pub const fn join_bytes(&self) -> usize {
        self.records.len() * JOIN_BYTES
    }
}

/// A row as a target: its time widened by the window.
const fn target_row(row: Row, reach_m: f64, params: &ProximityParams) -> Row {
    let (t0_us, t1_us) = (row.t0_us.saturating_sub(params.window_us), row.t1_us.saturating_add(params.window_us));
    Row { t0_us, t1_us, reach_m, ..row }
}

fn roles(state: &CaseState, device: &str) -> Roles {
    let mut part = Part::default();
    for a in state.attributions_of(device) {
        if a.from_us.is_some() || a.to_us.is_some() {
            return Roles::ByTime;
        }
        let claims = state.role_of(device, 0, 0);
        part = Part { suspect: claims.suspect(), victim: claims.victim() };
    }
    Roles::Always(part)
}

/// The reference of a record or target in the join.
const fn reference(case: i64, number: u32) -> i64 {
    (case << 32) | number as i64
}

/// The case and the number that a reference names.
#[must_use]
pub const fn dereference(reference: i64) -> (i64, u32) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the lower half is the number")]
    let number = reference as u32;
    (reference >> 32, number)
}
