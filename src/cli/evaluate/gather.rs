//! From the stores of what was read to the case that is evaluated.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::Array as _;

use crate::cli::check::CheckError;
use crate::decode::{FixStore, FixView};
use crate::encounter::Origin;
use crate::evaluate::{Allegation, Case, Device, Exhibits, Record, SetAside, VictimPlace};
use crate::model::{Excess, Incident, ProximityParams};
use crate::sink::report::Role;

use super::EvaluateArgs;

/// Puts a case together; exhibits are numbered in the order of their hashes, so that nothing hangs on the order of files.
pub(super) fn case<'a>(
    args: &EvaluateArgs,
    params: ProximityParams,
    (suspects, victims): (&FixStore, &FixStore),
    incidents: impl Iterator<Item = &'a Incident>,
    excess: BTreeMap<String, Excess>,
) -> Result<Case, CheckError> {
    let mut all = BTreeSet::new();
    for store in [suspects, victims] {
        for batch in store.batches()? {
            let batch = batch?;
            all.extend(FixView::new(&batch)?.exhibit.words().iter().flatten().map(ToOwned::to_owned));
        }
    }
    let exhibits = Exhibits::dense(all);
    let incidents = Allegation::in_order(incidents);
    let mut reports_us = args.report.clone();
    reports_us.sort_unstable();
    let mut places: Vec<VictimPlace> = args.case.place.iter().map(|p| VictimPlace::of(p, &args.moved)).collect();
    places.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Case {
        suspects: devices(suspects, "suspect", &exhibits)?,
        victims: devices(victims, "victim", &exhibits)?,
        places,
        incidents,
        reports_us,
        exhibits,
        params,
        recorded: Vec::new(),
        custody: args.custody.clone(),
        set_aside: SetAside { authorities: args.case.authorities(Role::Suspect), excess },
    })
}

fn devices(store: &FixStore, subject: &str, exhibits: &Exhibits) -> Result<Vec<Device>, CheckError> {
    let mut found: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for batch in store.batches()? {
        let batch = batch?;
        let view = FixView::new(&batch)?;
        // Words are few and rows many.
        let numbers: Vec<u32> =
            view.exhibit.words().iter().map(|w| w.and_then(|name| exhibits.number(name)).unwrap_or_default()).collect();
        let mut rows: Vec<Vec<Record>> = vec![Vec::new(); view.device.words().len()];
        for row in 0..view.len() {
            if let Some(of_device) = rows.get_mut(view.device.key(row)) {
                of_device.push(record(&view, row, &numbers));
            }
        }
        for (name, mut of_device) in view.device.words().iter().zip(rows).filter(|(_, rows)| !rows.is_empty()) {
            found.entry(name.unwrap_or_default().to_owned()).or_default().append(&mut of_device);
        }
    }
    Ok(found.into_iter().map(|(name, records)| Device::new(name, subject, records)).collect())
}

fn record(view: &FixView<'_>, row: usize, exhibits: &[u32]) -> Record {
    Record {
        t0_us: view.t0_us[row],
        t1_us: view.t1_us[row],
        lat_deg: view.lat_deg[row],
        lon_deg: view.lon_deg[row],
        uncertainty_m: view.uncertainty_at(row).unwrap_or_default(),
        confidence: view.confidence[row],
        source: view.source_at(row),
        azimuth_deg: view.azimuth_at(row),
        origin: Origin {
            exhibit: exhibits.get(view.exhibit.key(row)).copied().unwrap_or_default(),
            row: view.row_at(row),
        },
    }
}
