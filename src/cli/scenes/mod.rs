//! `locard scenes`: a case's incidents in, findings about who was recorded at several of them out.
//!
//! ```text
//!  incidents of the case ─> scenes ──┬─> records near them, one identifier at a time ─> BaseRates ─┐
//!  records of all cases, in order ───┴─> presence at each scene ─────────────────────────────────> Ranking ─> findings
//! ```
//! Records are read through a session in the order of their identifiers, so that the engine's memory bounds the sorting,
//! and what is held here are the records of one identifier and the best candidates.

mod args;
mod noted;
mod read;

use std::io::Write;

use datafusion::common::DataFusionError;

use super::check::{CheckError, Outcome, drawing, written};
use super::query::whole_store;
use super::{DEFAULT_DATA, parse_data};
use crate::evaluate::Allegation;
use crate::evaluate::figures::scenes_svg;
use crate::evaluate::scenes::{BaseRates, Presence, Ranked, Ranking, ScenesError, findings, presence};
use crate::model::Incident;
use crate::sink::report::{IncidentTarget, Parameters};
use crate::sink::{Evaluation, Report, write_evaluation};
use crate::store::tables_at;
use crate::time::{SystemClock, ZoneRule};

pub use args::ScenesArgs;
use noted::{Noted, Touched};
use read::{Extent, Read};

/// The zone of hours and days unless `--zone` names another: the tool serves England and Wales.
const ZONE: &str = "Europe/London";

/// Searches and writes the findings to `out` (or to `--out`).
///
/// # Errors
/// [`CheckError`] if the arguments do not fit, the store cannot be read or has no such incidents, or the findings cannot be
/// written.
pub async fn run(args: &ScenesArgs, out: &mut (dyn Write + Send)) -> Result<Outcome, CheckError> {
    let found = evaluation(args).await?;
    written(args.out.as_deref(), out, |out| write_evaluation(args.output, &found, &zone(args), out))?;
    Ok(Outcome::Complete)
}

fn zone(args: &ScenesArgs) -> ZoneRule {
    // The bundled database holds Europe/London; UTC is only there so that nothing can panic.
    args.zone.clone().unwrap_or_else(|| ZoneRule::parse(ZONE).unwrap_or_else(|_| ZoneRule::utc()))
}

/// Searches: the findings that [`run`] writes. The store's audit has the search before a record is read, and what came of it
/// when they are there.
///
/// # Errors
/// [`CheckError`] as for [`run`].
pub async fn evaluation(args: &ScenesArgs) -> Result<Evaluation, CheckError> {
    let (params, zone) = (args.params()?, zone(args));
    let data = args.data.as_deref().unwrap_or(DEFAULT_DATA);
    let fault = |detail: String| CheckError::Stored { data: data.to_owned(), case: args.case.clone(), detail };
    // Before anything is read: a search that nobody authorised touches nobody.
    Ranking::new(vec![], args.stated(), 1, 1).map(drop).or_else(but_scenes)?;
    let location = parse_data(data).map_err(fault)?;
    if tables_at(&location).await.map_err(|e| fault(e.to_string()))?.is_empty() {
        return Err(fault("there is no store: locard import and locard serve make one".to_owned()));
    }
    let session = whole_store(&location, args.memory_mib).await.map_err(|e| fault(e.to_string()))?;
    let read = Read { session: &session, case_id: &args.case };
    let incidents = read.incidents().await?;
    if incidents.is_empty() {
        return Err(fault("it has no incidents: these are the scenes".to_owned()));
    }
    let scenes = Allegation::in_order(incidents.iter());
    let noted = Noted::begin(args.audit.as_deref().unwrap_or(data), args, &SystemClock).await?;
    let searched = async {
        let extent = read.extent().await?;
        let ranked = search(args, &read, &extent, &scenes, &zone).await?;
        Ok((extent.others, findings(&ranked, &scenes, &params, &zone), ranked))
    };
    let searched: Result<_, CheckError> = searched.await;
    let touched = searched.as_ref().map(|(others, found, _)| Touched { others: *others, findings: found.len() });
    noted.end(touched.map_err(ToString::to_string)).await?;
    let (_, found, ranked) = searched?;
    let mut evaluation = Evaluation::in_order(report(args, &incidents, &zone)?, found);
    if let Some(folder) = &args.plots {
        let svg = scenes_svg(&ranked).map_err(|e| CheckError::Draw(e.to_string()))?;
        evaluation.plots = vec![drawing(folder, "scenes.svg", &svg)?];
    }
    Ok(evaluation)
}

/// That there are no scenes is not known yet.
fn but_scenes(error: ScenesError) -> Result<(), CheckError> {
    if error == ScenesError::NoScenes { Ok(()) } else { Err(error.into()) }
}

async fn search(
    args: &ScenesArgs,
    read: &Read<'_>,
    extent: &Extent,
    scenes: &[Allegation],
    zone: &ZoneRule,
) -> Result<Ranked, CheckError> {
    let params = args.params()?;
    let mut records = Vec::new();
    let mut rates = BaseRates::new(scenes, extent.range_us, zone, &params);
    let mut near = read.near(scenes, &params).await?;
    while near.next(&mut records).await?.is_some() {
        rates.hear(&records);
    }
    let rates = rates.finish(extent.identifiers);
    let mut ranking = Ranking::new(rates, args.stated(), usize::from(args.least), usize::from(args.most))?;
    let mut all = read.all().await?;
    while let Some(identifier) = all.next(&mut records).await? {
        let presences: Vec<Presence> = scenes.iter().map(|scene| presence(&records, scene, &params)).collect();
        ranking.hear(&identifier, &presences)?;
    }
    Ok(ranking.finish())
}

fn report(args: &ScenesArgs, incidents: &[Incident], zone: &ZoneRule) -> Result<Report, CheckError> {
    let given = args.zone.as_ref().map(ZoneRule::name);
    let mut report = Report::new(Parameters::new(&args.proximity()?, given, zone.name()));
    report.targets.incidents = incidents.iter().map(|i| IncidentTarget::new(i, zone)).collect();
    Ok(report)
}

impl From<ScenesError> for CheckError {
    fn from(error: ScenesError) -> Self {
        match error {
            ScenesError::Authority(_) => Self::Authority(error),
            // The scenes were counted, and each identifier is given as many presences.
            other => Self::Join(DataFusionError::External(Box::new(other))),
        }
    }
}
