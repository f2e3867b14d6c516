//! The encounters as CSV: one row each, safe to open in a spreadsheet.

use std::io::Write;

use super::quantity::seconds;
use super::report::{EncounterFound, Record};
use super::{Report, SinkError, cell};

/// The columns, in order; `docs/report.md` says what each holds.
const COLUMNS: [&str; 36] = [
    "id",
    "device",
    "target_kind",
    "target",
    "enter_utc",
    "enter_local",
    "exit_utc",
    "exit_local",
    "dwell_s",
    "grade",
    "p_within_max",
    "p_within_mean",
    "min_distance_m",
    "closest_approach_m",
    "closest_approach_utc",
    "suspect_fixes",
    "target_fixes",
    "sources",
    "single_fix",
    "proximities",
    "suspect_exhibit",
    "suspect_file",
    "suspect_row",
    "suspect_path",
    "suspect_time_text",
    "suspect_lat_deg",
    "suspect_lon_deg",
    "suspect_uncertainty_m",
    "target_exhibit",
    "target_file",
    "target_row",
    "target_path",
    "target_time_text",
    "target_lat_deg",
    "target_lon_deg",
    "target_uncertainty_m",
];

/// Writes the encounters as CSV (RFC 4180 quoting, UTF-8, a heading, lines ending in LF), with the nearest pair of records of each.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_csv(report: &Report, out: &mut dyn Write) -> Result<(), SinkError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for e in &report.encounters {
        let [suspect, target] = [&e.nearest.suspect, &e.nearest.target].map(|record| record_cells(record));
        csv.write_record(encounter_cells(e).into_iter().chain(suspect).chain(target))?;
    }
    csv.flush()?;
    Ok(())
}

fn encounter_cells(e: &EncounterFound) -> [String; 20] {
    [
        cell(&e.id),
        cell(&e.device),
        e.target_kind.as_str().to_owned(),
        cell(&e.target),
        e.enter.utc.clone(),
        e.enter.local.clone(),
        e.exit.utc.clone(),
        e.exit.local.clone(),
        seconds(e.dwell_us).to_string(),
        e.grade.as_str().to_owned(),
        e.p_within_max.to_string(),
        e.p_within_mean.to_string(),
        e.min_distance_m.to_string(),
        optional(e.closest_approach_m),
        e.closest_approach_at.as_ref().map(|m| m.utc.clone()).unwrap_or_default(),
        e.suspect_fixes.to_string(),
        e.target_fixes.to_string(),
        cell(&e.sources.join(";")),
        e.single_fix.to_string(),
        e.rows.len().to_string(),
    ]
}

fn record_cells(r: &Record) -> [String; 8] {
    [
        r.exhibit.as_deref().unwrap_or_default().to_owned(),
        cell(r.file.as_deref().unwrap_or_default()),
        r.row.map(|row| row.to_string()).unwrap_or_default(),
        cell(&r.path),
        cell(&r.time_text),
        r.lat_deg.to_string(),
        r.lon_deg.to_string(),
        optional(r.uncertainty_m),
    ]
}

fn optional(value: Option<f64>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{golden, sample};

    #[test]
    fn one_row_for_each_encounter_and_no_cell_runs() {
        let report = sample::report();
        let mut out = Vec::new();
        write_csv(&report, &mut out).unwrap();
        golden::compare("check.csv", &out);
        assert!(!out.contains(&0x1b));
        let mut rows = csv::Reader::from_reader(out.as_slice());
        let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), report.encounters.len());
        assert_eq!(rows[2].get(3), Some("'=HYPERLINK(\"http://example.invalid\",\"home\")"));
        assert_eq!(rows[0].get(26), Some("-0.0033"), "a negative number is no formula");
    }

    #[test]
    fn no_encounters_still_give_the_heading() {
        let mut report = sample::report();
        report.encounters.clear();
        let mut out = Vec::new();
        write_csv(&report, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().trim_end(), COLUMNS.join(","));
    }
}
