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

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};

use super::case_columns::{IncidentColumns, WhereColumns};
use super::case_rows::CaseRows;
use super::case_said::CaseSaid;
use super::columns::{Columns, Reals, Texts, Wholes};
use crate::encounter::Origin;
use crate::evaluate::pattern::CustodyMoment;
use crate::evaluate::{Allegation, Case, Device, Exhibits, Record, SetAside, VictimPlace};
use crate::model::{Authorities, Excess, ExcessRow, Incident, Outside, Place, ProximityParams, SourceKind};

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
    /// Where in the row's record it stands; empty for the row itself, and where that was not asked.
    pub path: String,
    /// The file's name; empty where that was not asked.
    pub file: String,
    /// Its time as it is written; empty where that was not asked.
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
        let exhibits = exhibits_of(&rows.records)?;
        let CaseSaid { authorities, custody, recorded } = said;
        let mut outside = Vec::new();
        let [suspects, victims] = devices(&rows.records, (&claims, &authorities), &exhibits, &mut outside)?;
        outside.sort_unstable();
        let mut case = Case {
            suspects,
            victims,
            exhibits,
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
        let (device, role) = (columns.texts("device")?, columns.texts("role")?);
        let (from_us, to_us) = (columns.wholes("from_us")?, columns.wholes("to_us")?);
        for row in 0..batch.num_rows() {
            claims.entry(device.at(row).to_owned()).or_default().push(Claim {
                suspect: role.at(row) == "suspect",
                from_us: from_us.at(row).unwrap_or(i64::MIN),
                to_us: to_us.at(row).unwrap_or(i64::MAX),
            });
        }
    }
    Ok(claims)
}

/// The exhibits that rows name.
fn exhibits_of(rows: &[RecordBatch]) -> Result<Exhibits> {
    let mut all = BTreeSet::new();
    for batch in rows {
        let exhibits = Columns(batch).texts("exhibit")?;
        let mut last = None;
        for exhibit in (0..batch.num_rows()).map(|row| exhibits.at(row)) {
            if last != Some(exhibit) && !all.contains(exhibit) {
                all.insert(exhibit.to_owned());
            }
            last = Some(exhibit);
        }
    }
    Ok(Exhibits::spread(all))
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

/// The columns of records, found once in a batch.
struct RecordColumns<'a> {
    of: WhereColumns<'a>,
    source: Texts<'a>,
    azimuth_deg: Reals<'a>,
    exhibit: Texts<'a>,
    row: Wholes<'a>,
    /// Path, file and time as written, where they were asked for.
    written: Option<[Texts<'a>; 3]>,
}

impl<'a> RecordColumns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self> {
        let columns = Columns(batch);
        let written =
            || Ok::<_, DataFusionError>([columns.texts("path")?, columns.texts("file")?, columns.texts("time_text")?]);
        Ok(Self {
            of: WhereColumns::of(columns)?,
            source: columns.texts("source")?,
            azimuth_deg: columns.reals("azimuth_deg")?,
            exhibit: columns.texts("exhibit")?,
            row: columns.wholes("row")?,
            written: batch.column_by_name("time_text").map(|_| written()).transpose()?,
        })
    }

    /// A record, but for its exhibit's number.
    fn record(&self, row: usize) -> Record {
        let number = self.row.at(row).and_then(|r| u64::try_from(r).ok()).unwrap_or_default();
        Record {
            source: SourceKind::parse(self.source.at(row)).unwrap_or(SourceKind::Unknown),
            azimuth_deg: self.azimuth_deg.at(row),
            origin: Origin { exhibit: 0, row: number },
            ..self.of.record(row)
        }
    }

    fn set_aside(&self, row: usize, record: &Record, why: Outside) -> OutsideRecord {
        let [path, file, time_text] =
            self.written.map_or([""; 3], |texts| texts.map(|text| text.at(row))).map(str::to_owned);
        OutsideRecord {
            t0_us: record.t0_us,
            t1_us: record.t1_us,
            device: self.of.device.at(row).to_owned(),
            exhibit: self.exhibit.at(row).to_owned(),
            row: record.origin.row,
            path,
            file,
            time_text,
            why,
        }
    }
}

/// The suspect's devices, then the victim's; what no authority covers is set aside.
fn devices(
    rows: &[RecordBatch],
    (claims, authorities): (&BTreeMap<String, Vec<Claim>>, &Authorities),
    exhibits: &Exhibits,
    outside: &mut Vec<OutsideRecord>,
) -> Result<[Vec<Device>; 2]> {
    let mut found: [BTreeMap<String, Vec<Record>>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for batch in rows {
        let columns = RecordColumns::of(batch)?;
        // Rows of one file mostly stand together.
        let mut last = None;
        for row in 0..batch.num_rows() {
            let device = columns.of.device.at(row);
            let Some(claims) = claims.get(device) else { continue };
            let mut record = columns.record(row);
            let holds = |c: &&Claim| c.from_us <= record.t1_us && record.t0_us < c.to_us;
            let of_role = |suspect: bool| claims.iter().filter(|c| c.suspect == suspect).any(|c| holds(&c));
            let roles = [of_role(true), of_role(false)];
            if roles == [false, false] {
                continue;
            }
            let exhibit = columns.exhibit.at(row);
            if let Some(why) = authorities.outside(device, exhibit, (record.t0_us, record.t1_us)) {
                outside.push(columns.set_aside(row, &record, why));
                continue;
            }
            let number = last.filter(|(name, _)| *name == exhibit).map(|(_, number)| number);
            record.origin.exhibit = number.or_else(|| exhibits.number(exhibit)).unwrap_or_default();
            last = Some((exhibit, record.origin.exhibit));
            for (of_role, _) in found.iter_mut().zip(roles).filter(|(_, holds)| *holds) {
                match of_role.get_mut(device) {
                    Some(records) => records.push(record),
                    None => _ = of_role.insert(device.to_owned(), vec![record]),
                }
            }
        }
    }
    let [suspects, victims] = found;
    let made = |of: BTreeMap<String, Vec<Record>>, subject: &str| {
        of.into_iter().map(|(name, records)| Device::new(name, subject, records)).collect()
    };
    Ok([made(suspects, "suspect"), made(victims, "victim")])
}

fn targets(
    batch: &RecordBatch,
    moved: &[(String, i64)],
    places: &mut Vec<VictimPlace>,
    incidents: &mut Vec<Incident>,
) -> Result<()> {
    let columns = Columns(batch);
    let (kind, name) = (columns.texts("kind")?, columns.texts("name")?);
    let [lat_deg, lon_deg, reach_m] = [columns.reals("lat_deg")?, columns.reals("lon_deg")?, columns.reals("reach_m")?];
    let stated = IncidentColumns::of(columns)?;
    for row in 0..batch.num_rows() {
        if kind.at(row) != "place" {
            incidents.push(stated.incident(row));
            continue;
        }
        let place = Place {
            name: name.at(row).to_owned(),
            lat_deg: lat_deg.at(row).unwrap_or(f64::NAN),
            lon_deg: lon_deg.at(row).unwrap_or(f64::NAN),
            radius_m: reach_m.at(row).unwrap_or_default(),
        };
        places.push(VictimPlace::of(&place, moved));
    }
    Ok(())
}
