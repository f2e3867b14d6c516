//! A case of a store, evaluated as it stands at the last commit.

use crate::cli::check::{CheckError, parameters};
use crate::cli::query::whole_store;
use crate::cli::{DEFAULT_DATA, parse_data};
use crate::evaluate::{Case, Device, VictimPlace};
use crate::model::{Incident, Place};
use crate::query::{Known, StoredCase};
use crate::sink::report::{Authorised, DeviceCount, IncidentTarget, PlaceTarget};
use crate::sink::{Evaluation, Report};
use crate::store::{Options, Table, facts_at};
use crate::stream::params_stated;

use super::{EvaluateArgs, quarantine};

/// Evaluates a case of a store.
///
/// # Errors
/// [`CheckError::Join`] if the store cannot be read; [`CheckError::Stored`] if it has no such case.
pub(super) async fn findings(args: &EvaluateArgs, case_id: &str) -> Result<Evaluation, CheckError> {
    let data = args.data.as_deref().unwrap_or(DEFAULT_DATA);
    let fault = |detail: String| CheckError::Stored { data: data.to_owned(), case: case_id.to_owned(), detail };
    let location = parse_data(data).map_err(fault)?;
    let session = whole_store(&location, args.case.memory_mib).await.map_err(|e| fault(e.to_string()))?;
    let reading = session.reading();
    let rows = reading.rows_as_written(case_id).await.map_err(|e| fault(e.to_string()))?;
    let said = reading.said(case_id).await.map_err(|e| fault(e.to_string()))?;
    let stated = facts_at(&location, Table::Proximity, &Options::default()).await.map_err(|e| fault(e.to_string()))?;
    let params = args.case.params_over(&params_stated(&stated).unwrap_or_default())?;
    let known =
        Known { params, moved: args.moved.clone(), reports_us: args.report.clone(), custody: args.custody.clone() };
    let stored = StoredCase::of(&rows, said, &known)?;
    if stored.is_empty() {
        return Err(fault("no record in it is of a device that is attributed to a suspect or a victim".to_owned()));
    }
    let StoredCase { case, incidents, outside } = stored;
    let known = |name: &str| case.places.iter().any(|p| p.name == name);
    if let Some((name, _)) = args.moved.iter().find(|(name, _)| !known(name)) {
        return Err(fault(format!("--moved names {name:?}, and no place of it is called that")));
    }
    let mut report = report(args, &case, &incidents);
    report.rejects = quarantine::rejects(&outside, args.case.rejects.as_ref())?;
    Ok(super::evaluation(args, &case, report))
}

fn report(args: &EvaluateArgs, case: &Case, incidents: &[Incident]) -> Report {
    let zone = args.case.shown_zone();
    let mut report = Report::new(parameters(&args.case, &case.params));
    let given = case.set_aside.authorities.given();
    report.parameters.authorised = given.iter().map(|a| Authorised::new(a, &zone)).collect();
    report.targets.places = case.places.iter().map(|p| PlaceTarget::from(&place_of(p))).collect();
    report.targets.incidents = incidents.iter().map(|i| IncidentTarget::new(i, &zone)).collect();
    let counted = |d: &Device| DeviceCount { device: d.name.clone(), fixes: d.records().len() as u64 };
    report.targets.victim_devices = case.victims.iter().map(counted).collect();
    report.targets.victim_fixes = report.targets.victim_devices.iter().map(|d| d.fixes).sum();
    report
}

fn place_of(p: &VictimPlace) -> Place {
    Place { name: p.name.clone(), lat_deg: p.lat_deg, lon_deg: p.lon_deg, radius_m: p.radius_m }
}
