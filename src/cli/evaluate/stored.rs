//! A case of a store as it stands at the last commit: what the stream or an import has put there.
//!
//! ```text
//!  attributions ─┐
//!  fixes ────────┴─> a record is the subject's whose claim on its device holds at its time ─> devices ─┐
//!  targets ─────────────────────────────────────────────────────────────────> places, incidents ──────┴─> Case
//! ```
//! It is read through a session like any question, so that it is of one version. A record whose device nobody is named for
//! at its time is nobody's, and not used.

use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, ParamValues, Result, ScalarValue};
use futures::TryStreamExt as _;

use crate::cli::check::{CheckError, parameters};
use crate::cli::columns::Columns;
use crate::cli::query::whole_store;
use crate::cli::{DEFAULT_DATA, parse_data};
use crate::encounter::Origin;
use crate::evaluate::{Case, Device, Record, VictimPlace, evaluate};
use crate::model::{DEFAULT_CONFIDENCE, Incident, Numbers, Place, SourceKind};
use crate::query::Session;
use crate::sink::report::{DeviceCount, IncidentTarget, PlaceTarget};
use crate::sink::{Evaluation, Report};

use super::EvaluateArgs;
use super::gather::{allegations, victim_place};

const CLAIMS: &str = "SELECT CAST(device_id AS VARCHAR) AS device, CAST(role AS VARCHAR) AS role, \
    CAST(from_at AS BIGINT) AS from_us, CAST(to_at AS BIGINT) AS to_us \
    FROM attributions WHERE case_id = $case AND role IN ('suspect', 'victim')";
const RECORDS: &str = "SELECT CAST(device_id AS VARCHAR) AS device, CAST(t0 AS BIGINT) AS t0_us, CAST(t1 AS BIGINT) AS t1_us, \
    lat_deg, lon_deg, uncertainty_m, confidence, CAST(source AS VARCHAR) AS source, CAST(exhibit AS VARCHAR) AS exhibit, \
    CAST(\"row\" AS BIGINT) AS \"row\" FROM fixes WHERE case_id = $case";
const TARGETS: &str = "SELECT CAST(kind AS VARCHAR) AS kind, CAST(name AS VARCHAR) AS name, CAST(t0 AS BIGINT) AS t0_us, \
    CAST(t1 AS BIGINT) AS t1_us, lat_deg, lon_deg, reach_m, CAST(offence AS VARCHAR) AS offence, \
    CAST(exhibit AS VARCHAR) AS exhibit, CAST(time_text AS VARCHAR) AS time_text \
    FROM targets WHERE case_id = $case ORDER BY name, t0, t1";

/// Evaluates a case of a store.
///
/// # Errors
/// [`CheckError::Join`] if the store cannot be read; [`CheckError::Stored`] if it has no such case.
pub(super) async fn findings(args: &EvaluateArgs, case_id: &str) -> std::result::Result<Evaluation, CheckError> {
    let data = args.data.as_deref().unwrap_or(DEFAULT_DATA);
    let fault = |detail: String| CheckError::Stored { data: data.to_owned(), case: case_id.to_owned(), detail };
    let location = parse_data(data).map_err(fault)?;
    let session = whole_store(&location, args.case.memory_mib).await.map_err(|e| fault(e.to_string()))?;
    let (case, incidents) = Read { session: &session, case_id }.case(args).await?;
    if case.suspects.is_empty() && case.victims.is_empty() {
        return Err(fault("no record in it is of a device that is attributed to a suspect or a victim".to_owned()));
    }
    let known = |name: &str| case.places.iter().any(|p| p.name == name);
    if let Some((name, _)) = args.moved.iter().find(|(name, _)| !known(name)) {
        return Err(fault(format!("--moved names {name:?}, and no place of it is called that")));
    }
    Ok(Evaluation::new(report(args, &case, &incidents)?, evaluate(&case, &args.settings())))
}

fn report(args: &EvaluateArgs, case: &Case, incidents: &[Incident]) -> std::result::Result<Report, CheckError> {
    let zone = args.case.shown_zone();
    let mut report = Report::new(parameters(&args.case, &args.case.params()?));
    report.targets.places = case.places.iter().map(|p| PlaceTarget::from(&place_of(p))).collect();
    report.targets.incidents = incidents.iter().map(|i| IncidentTarget::new(i, &zone)).collect();
    let counted = |d: &Device| DeviceCount { device: d.name.clone(), fixes: d.records().len() as u64 };
    report.targets.victim_devices = case.victims.iter().map(counted).collect();
    report.targets.victim_fixes = report.targets.victim_devices.iter().map(|d| d.fixes).sum();
    Ok(report)
}

fn place_of(p: &VictimPlace) -> Place {
    Place { name: p.name.clone(), lat_deg: p.lat_deg, lon_deg: p.lon_deg, radius_m: p.radius_m }
}

/// What a session says of one case.
struct Read<'a> {
    session: &'a Session,
    case_id: &'a str,
}

/// From when to when a device was whose, UTC microseconds; open where nothing is said.
struct Claim {
    suspect: bool,
    from_us: i64,
    to_us: i64,
}

impl Read<'_> {
    async fn rows(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        let failed = |e: crate::query::QueryError| DataFusionError::External(Box::new(e));
        let plan = self.session.plan(sql).await.map_err(failed)?;
        let case = ScalarValue::from(self.case_id);
        let plan = plan.with_param_values(ParamValues::from(vec![("case", case)]))?;
        self.session.run(plan).await.map_err(failed)?.try_collect().await
    }

    async fn case(&self, args: &EvaluateArgs) -> std::result::Result<(Case, Vec<Incident>), CheckError> {
        let claims = self.claims().await?;
        let rows = self.rows(RECORDS).await?;
        let mut exhibits = exhibits_of(&rows)?;
        let [suspects, victims] = devices(&rows, &claims, &mut exhibits)?;
        let mut case =
            Case { suspects, victims, exhibits: exhibits.names, params: args.case.params()?, ..Case::default() };
        let mut incidents = Vec::new();
        for batch in self.rows(TARGETS).await? {
            targets(&batch, args, &mut case.places, &mut incidents)?;
        }
        case.incidents = allegations(incidents.iter());
        case.reports_us.clone_from(&args.report);
        case.reports_us.sort_unstable();
        Ok((case, incidents))
    }

    async fn claims(&self) -> Result<BTreeMap<String, Vec<Claim>>> {
        let mut claims: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
        for batch in self.rows(CLAIMS).await? {
            let columns = Columns(&batch);
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

/// The suspect's devices, then the victim's.
fn devices(
    rows: &[RecordBatch],
    claims: &BTreeMap<String, Vec<Claim>>,
    exhibits: &mut Numbers,
) -> Result<[Vec<Device>; 2]> {
    let mut found: [BTreeMap<String, Vec<Record>>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for batch in rows {
        let columns = Columns(batch);
        for row in 0..batch.num_rows() {
            let device = columns.text("device", row)?;
            let Some(claims) = claims.get(device) else { continue };
            let record = record(&columns, row, exhibits)?;
            let holds = |c: &&Claim| c.from_us <= record.t1_us && record.t0_us < c.to_us;
            for (of_role, suspect) in found.iter_mut().zip([true, false]) {
                if claims.iter().filter(|c| c.suspect == suspect).any(|c| holds(&c)) {
                    of_role.entry(device.to_owned()).or_default().push(record);
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
        origin: Origin {
            exhibit: exhibits.of(columns.text("exhibit", row)?),
            row: columns.whole("row", row)?.and_then(|r| u64::try_from(r).ok()).unwrap_or_default(),
        },
    })
}

fn targets(
    batch: &RecordBatch,
    args: &EvaluateArgs,
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
            places.push(victim_place(&Place { name: text("name")?, lat_deg, lon_deg, radius_m }, &args.moved));
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
