//! A case of a store as it stands at the last commit: what the stream or an import has put there.
//!
//! ```text
//!  attributions ─┐
//!  fixes ────────┴─> a record is the subject's whose claim on its device holds at its time ─┬─> devices ─┐
//!  requests ────────> what they authorise ─> a record outside is a reject ──────────────────┘            │
//!  targets ─────────────────────────────────────────────────────────────────> places, incidents ─────────┴─> Case
//! ```
//! It is read through a session like any question: each table is of one version, and of what the session's viewer may see.
//! A record whose device nobody is named for at its time is nobody's, and not used. Pure: whoever asks brings the rows.

use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;

use super::case_said::CaseSaid;
use super::columns::Columns;
use crate::encounter::Origin;
use crate::evaluate::pattern::CustodyMoment;
use crate::evaluate::{Allegation, Case, Device, Record, SetAside, VictimPlace};
use crate::model::{
    Authorities, DEFAULT_CONFIDENCE, Excess, ExcessRow, Incident, Numbers, Outside, Place, ProximityParams, SourceKind,
};

/// What is asked of a session for one case, each with the parameter `$case`, in the order of [`CaseRows`]'s fields.
pub const CASE_STATEMENTS: [&str; 3] = [CLAIMS, RECORDS, TARGETS];

const CLAIMS: &str = "SELECT CAST(device_id AS VARCHAR) AS device, CAST(role AS VARCHAR) AS role, \
    CAST(from_at AS BIGINT) AS from_us, CAST(to_at AS BIGINT) AS to_us \
    FROM attributions WHERE case_id = $case AND role IN ('suspect', 'victim')";
const RECORDS: &str = "SELECT CAST(device_id AS VARCHAR) AS device, CAST(t0 AS BIGINT) AS t0_us, CAST(t1 AS BIGINT) AS t1_us, \
    lat_deg, lon_deg, uncertainty_m, confidence, CAST(source AS VARCHAR) AS source, CAST(exhibit AS VARCHAR) AS exhibit, \
    CAST(\"row\" AS BIGINT) AS \"row\", azimuth_deg, CAST(file AS VARCHAR) AS file, CAST(path AS VARCHAR) AS path, \
    CAST(time_text AS VARCHAR) AS time_text FROM fixes WHERE case_id = $case";
const TARGETS: &str = "SELECT CAST(kind AS VARCHAR) AS kind, CAST(name AS VARCHAR) AS name, CAST(t0 AS BIGINT) AS t0_us, \
    CAST(t1 AS BIGINT) AS t1_us, lat_deg, lon_deg, reach_m, CAST(offence AS VARCHAR) AS offence, \
    CAST(exhibit AS VARCHAR) AS exhibit, CAST(time_text AS VARCHAR) AS time_text \
    FROM targets WHERE case_id = $case";

/// The rows that a session gave for [`CASE_STATEMENTS`].
#[derive(Debug, Clone, Default)]
pub struct CaseRows {
    /// Whose devices are whose, and when.
    pub claims: Vec<RecordBatch>,
    /// Records.
    pub records: Vec<RecordBatch>,
    /// Places and incidents.
    pub targets: Vec<RecordBatch>,
}

/// What the store does not say of a case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// What counts as near, together and one encounter.
    pub params: ProximityParams,
    /// Since when places are hers: the place's name, UTC microseconds.
    pub moved: Vec<(String, i64)>,
    /// When she reported something to the police, UTC microseconds.
    pub reports_us: Vec<i64>,
    /// Steps of detentions besides those that the store knows of.
    pub custody: Vec<CustodyMoment>,
}

/// A case that was read from a store.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoredCase {
    /// What is evaluated.
    pub case: Case,
    /// The incidents as they are stated, in the order of their references.
    pub incidents: Vec<Incident>,
    /// The records that no authority covers, in order of time, device, exhibit and row; none of them is in the case.
    pub outside: Vec<OutsideRecord>,
}

/// A record that no authority covers: where it stands, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutsideRecord {
    /// Start of its interval, UTC microseconds.
    pub t0_us: i64,
    /// End of its interval, UTC microseconds.
    pub t1_us: i64,
    /// The device.
    pub device: String,
    /// SHA-256 of its exhibit, hex.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// Where in the row's record it stands; empty for the row itself.
    pub path: String,
    /// The file's name.
    pub file: String,
    /// Its time as it is written.
    pub time_text: String,
    /// Why it is outside.
    pub why: Outside,
}

/// From when to when a device was whose, UTC microseconds; open where nothing is said.
struct Claim {
    suspect: bool,
    from_us: i64,
    to_us: i64,
}

impl StoredCase {
    /// Puts a case together from rows in any order.
    ///
    /// # Errors
    /// `Internal` if the rows are not those of the statements.
    pub fn of(rows: &CaseRows, said: CaseSaid, known: &Known) -> Result<Self> {
        let claims = claims(&rows.claims)?;
        let mut exhibits = exhibits_of(&rows.records)?;
        let CaseSaid { authorities, custody, recorded } = said;
        let mut outside = Vec::new();
        let [suspects, victims] = devices(&rows.records, (&claims, &authorities), &mut exhibits, &mut outside)?;
        outside.sort_unstable();
        let mut case = Case {
            suspects,
            victims,
            exhibits: exhibits.names,
            params: known.params,
            custody: [custody, known.custody.clone()].concat(),
            recorded,
            set_aside: SetAside { authorities, excess: excess(&outside) },
            ..Case::default()
        };
        let mut incidents = Vec::new();
        for batch in &rows.targets {
            targets(batch, &known.moved, &mut case.places, &mut incidents)?;
        }
        case.places.sort_by(|a, b| {
            let position = a.lat_deg.total_cmp(&b.lat_deg).then(a.lon_deg.total_cmp(&b.lon_deg));
            a.name.cmp(&b.name).then(position).then(a.radius_m.total_cmp(&b.radius_m))
        });
        let when = |i: &Incident| (i.t0_us, i.t1_us);
        incidents.sort_by(|a, b| a.reference.cmp(&b.reference).then(when(a).cmp(&when(b))));
        case.incidents = Allegation::in_order(incidents.iter());
        case.reports_us.clone_from(&known.reports_us);
        case.reports_us.sort_unstable();
        Ok(Self { case, incidents, outside })
    }

    /// Whether no record in it is of a device that is attributed to a suspect or a victim, and none was set aside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.case.suspects.is_empty() && self.case.victims.is_empty() && self.outside.is_empty()
    }
}

fn claims(rows: &[RecordBatch]) -> Result<BTreeMap<String, Vec<Claim>>> {
    let mut claims: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for batch in rows {
        let columns = Columns(batch);
        for row in 0..batch.num_rows() {
            claims.entry(columns.text("device", row)?.to_owned()).or_default().push(Claim {
                suspect: columns.text("role", row)? == "suspect",
                from_us: columns.whole("from_us", row)?.unwrap_or(i64::MIN),
                to_us: columns.whole("to_us", row)?.unwrap_or(i64::MAX),
            });
        }
    }
    Ok(claims)
}

/// Exhibits are numbered in the order of their hashes, so that nothing hangs on the order of rows.
fn exhibits_of(rows: &[RecordBatch]) -> Result<Numbers> {
    let mut all = std::collections::BTreeSet::new();
    for batch in rows {
        for row in 0..batch.num_rows() {
            let exhibit = Columns(batch).text("exhibit", row)?;
            if !all.contains(exhibit) {
                all.insert(exhibit.to_owned());
            }
        }
    }
    let mut numbers = Numbers::default();
    for exhibit in &all {
        numbers.of(exhibit);
    }
    Ok(numbers)
}

/// How many records of each device were set aside, why, and the first of them.
fn excess(outside: &[OutsideRecord]) -> BTreeMap<String, Excess> {
    let mut excess: BTreeMap<String, Excess> = BTreeMap::new();
    for r in outside {
        let row = ExcessRow { t0_us: r.t0_us, t1_us: r.t1_us, exhibit: r.exhibit.clone(), row: r.row };
        excess.entry(r.device.clone()).or_default().add(r.why, row);
    }
    excess
}

/// The suspect's devices, then the victim's; what no authority covers is set aside.
fn devices(
    rows: &[RecordBatch],
    (claims, authorities): (&BTreeMap<String, Vec<Claim>>, &Authorities),
    exhibits: &mut Numbers,
    outside: &mut Vec<OutsideRecord>,
) -> Result<[Vec<Device>; 2]> {
    let mut found: [BTreeMap<String, Vec<Record>>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for batch in rows {
        let columns = Columns(batch);
        for row in 0..batch.num_rows() {
            let device = columns.text("device", row)?;
            let Some(claims) = claims.get(device) else { continue };
            let record = record(&columns, row, exhibits)?;
            let holds = |c: &&Claim| c.from_us <= record.t1_us && record.t0_us < c.to_us;
            let of_role = |suspect: bool| claims.iter().filter(|c| c.suspect == suspect).any(|c| holds(&c));
            let roles = [of_role(true), of_role(false)];
            if roles == [false, false] {
                continue;
            }
            let exhibit = columns.text("exhibit", row)?;
            if let Some(why) = authorities.outside(device, exhibit, (record.t0_us, record.t1_us)) {
                outside.push(set_aside(&columns, row, &record, why)?);
                continue;
            }
            for (of_role, _) in found.iter_mut().zip(roles).filter(|(_, holds)| *holds) {
                of_role.entry(device.to_owned()).or_default().push(record);
            }
        }
    }
    let [suspects, victims] = found;
    let made = |of: BTreeMap<String, Vec<Record>>, subject: &str| {
        of.into_iter().map(|(name, records)| Device::new(name, subject, records)).collect()
    };
    Ok([made(suspects, "suspect"), made(victims, "victim")])
}

fn set_aside(columns: &Columns<'_>, row: usize, record: &Record, why: Outside) -> Result<OutsideRecord> {
    let text = |name| columns.text(name, row).map(ToOwned::to_owned);
    Ok(OutsideRecord {
        t0_us: record.t0_us,
        t1_us: record.t1_us,
        device: text("device")?,
        exhibit: text("exhibit")?,
        row: record.origin.row,
        path: text("path")?,
        file: text("file")?,
        time_text: text("time_text")?,
        why,
    })
}

fn record(columns: &Columns<'_>, row: usize, exhibits: &mut Numbers) -> Result<Record> {
    let t0_us = columns.whole("t0_us", row)?.unwrap_or_default();
    Ok(Record {
        t0_us,
        t1_us: columns.whole("t1_us", row)?.unwrap_or(t0_us).max(t0_us),
        lat_deg: columns.real("lat_deg", row)?.unwrap_or(f64::NAN),
        lon_deg: columns.real("lon_deg", row)?.unwrap_or(f64::NAN),
        uncertainty_m: columns.real("uncertainty_m", row)?.unwrap_or_default(),
        confidence: columns.real("confidence", row)?.unwrap_or(DEFAULT_CONFIDENCE),
        source: SourceKind::parse(columns.text("source", row)?).unwrap_or(SourceKind::Unknown),
        azimuth_deg: columns.real("azimuth_deg", row)?,
        origin: Origin {
            exhibit: exhibits.of(columns.text("exhibit", row)?),
            row: columns.whole("row", row)?.and_then(|r| u64::try_from(r).ok()).unwrap_or_default(),
        },
    })
}

fn targets(
    batch: &RecordBatch,
    moved: &[(String, i64)],
    places: &mut Vec<VictimPlace>,
    incidents: &mut Vec<Incident>,
) -> Result<()> {
    let columns = Columns(batch);
    for row in 0..batch.num_rows() {
        let position = |name| columns.real(name, row).map(|x| x.unwrap_or(f64::NAN));
        let (lat_deg, lon_deg, reach_m) = (position("lat_deg")?, position("lon_deg")?, columns.real("reach_m", row)?);
        let text = |name| columns.text(name, row).map(ToOwned::to_owned);
        if columns.text("kind", row)? == "place" {
            let radius_m = reach_m.unwrap_or_default();
            places.push(VictimPlace::of(&Place { name: text("name")?, lat_deg, lon_deg, radius_m }, moved));
            continue;
        }
        incidents.push(Incident {
            reference: text("name")?,
            kind: text("offence")?,
            t0_us: columns.whole("t0_us", row)?.unwrap_or(i64::MIN),
            t1_us: columns.whole("t1_us", row)?.unwrap_or(i64::MAX),
            lat_deg,
            lon_deg,
            uncertainty_m: reach_m,
            exhibit: text("exhibit")?,
            row: 0,
            time_text: text("time_text")?,
            time_ambiguous: false,
        });
    }
    Ok(())
}
