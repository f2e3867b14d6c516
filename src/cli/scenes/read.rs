//! What a search reads of a store: the scenes, how many identifiers there are, and the records of one after the other.

use std::fmt::Write as _;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, ParamValues, Result, ScalarValue};
use datafusion::execution::SendableRecordBatchStream;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::evaluate::scenes::SceneParams;
use crate::evaluate::{Allegation, Record};
use crate::model::Incident;
use crate::query::{Columns, IncidentColumns, Session, WhereColumns};

const SCENES: &str = "SELECT CAST(name AS VARCHAR) AS name, CAST(offence AS VARCHAR) AS offence, \
    CAST(t0 AS BIGINT) AS t0_us, CAST(t1 AS BIGINT) AS t1_us, lat_deg, lon_deg, reach_m, \
    CAST(exhibit AS VARCHAR) AS exhibit, CAST(time_text AS VARCHAR) AS time_text \
    FROM targets WHERE case_id = $case AND kind = 'incident' AND t0 IS NOT NULL \
    AND lat_deg IS NOT NULL AND lon_deg IS NOT NULL ORDER BY t0, t1, name";
const EXTENT: &str = "SELECT count(DISTINCT device_id) AS identifiers, CAST(min(t0) AS BIGINT) AS first_us, \
    CAST(max(t1) AS BIGINT) AS last_us, \
    count(DISTINCT device_id) - count(DISTINCT CASE WHEN case_id = $case THEN device_id END) AS others FROM fixes";
const RECORDS: &str = "SELECT CAST(device_id AS VARCHAR) AS device, CAST(t0 AS BIGINT) AS t0_us, \
    CAST(t1 AS BIGINT) AS t1_us, lat_deg, lon_deg, uncertainty_m, confidence FROM fixes";
/// No degree of latitude is shorter, metres (110,574 m at the equator, WGS84).
const LEAST_DEGREE_M: f64 = 110_000.0;

/// A store as it is searched.
pub(super) struct Read<'a> {
    pub(super) session: &'a Session,
    pub(super) case_id: &'a str,
}

/// What the store holds.
pub(super) struct Extent {
    /// How many identifiers have records.
    pub(super) identifiers: u64,
    /// Of how many of them the case has no record.
    pub(super) others: u64,
    /// From the first record's beginning to the last one's end, UTC microseconds.
    pub(super) range_us: (i64, i64),
}

impl Read<'_> {
    async fn stream(&self, sql: &str) -> Result<SendableRecordBatchStream> {
        let failed = |e: crate::query::QueryError| DataFusionError::External(Box::new(e));
        let plan = self.session.plan(sql).await.map_err(failed)?;
        let plan = plan.with_param_values(ParamValues::from(vec![("case", ScalarValue::from(self.case_id))]))?;
        self.session.run(plan).await.map_err(failed)
    }

    /// The incidents of the case, in the order of their time.
    pub(super) async fn incidents(&self) -> Result<Vec<Incident>> {
        let mut incidents = Vec::new();
        for batch in self.stream(SCENES).await?.try_collect::<Vec<_>>().await? {
            let stated = IncidentColumns::of(Columns(&batch))?;
            incidents.extend((0..batch.num_rows()).map(|row| at_its_time(stated.incident(row))));
        }
        Ok(incidents)
    }

    pub(super) async fn extent(&self) -> Result<Extent> {
        let batches: Vec<RecordBatch> = self.stream(EXTENT).await?.try_collect().await?;
        let batch = batches.iter().find(|b| b.num_rows() > 0);
        let batch = batch.ok_or_else(|| DataFusionError::Internal("a count without a row".to_owned()))?;
        let whole = |name| Columns(batch).wholes(name).map(|all| all.at(0).unwrap_or_default());
        let count = |name| Ok::<_, DataFusionError>(u64::try_from(whole(name)?).unwrap_or_default());
        let (identifiers, others) = (count("identifiers")?, count("others")?);
        Ok(Extent { identifiers, others, range_us: (whole("first_us")?, whole("last_us")?) })
    }

    /// The records of each identifier, one identifier at a time.
    pub(super) async fn all(&self) -> Result<OneByOne> {
        self.ordered("").await
    }

    /// As [`Self::all`], of those identifiers and records that are near a scene's place at any time.
    pub(super) async fn near(&self, scenes: &[Allegation], params: &SceneParams) -> Result<OneByOne> {
        let boxes: Vec<String> = scenes.iter().map(|scene| around(scene, params.radius_m)).collect();
        self.ordered(&format!(" WHERE {}", boxes.join(" OR "))).await
    }

    async fn ordered(&self, filter: &str) -> Result<OneByOne> {
        let batches = self.stream(&format!("{RECORDS}{filter} ORDER BY device, t0_us")).await?;
        Ok(OneByOne { batches, batch: None, row: 0 })
    }
}

/// A box of degrees that holds the circle around a scene's place; near a pole or the antimeridian a band of latitude.
fn around(scene: &Allegation, radius_m: f64) -> String {
    let (lat, lon) = (scene.lat_deg, scene.lon_deg);
    let high = radius_m / LEAST_DEGREE_M;
    let wide = high / (lat.abs() + high).to_radians().cos().max(f64::MIN_POSITIVE);
    let mut text = format!("(lat_deg BETWEEN {:e} AND {:e}", lat - high, lat + high);
    if lat.abs() + high < 89.0 && lon.abs() + wide < 180.0 {
        // Writing to a String cannot fail.
        _ = write!(text, " AND lon_deg BETWEEN {:e} AND {:e}", lon - wide, lon + wide);
    }
    text.push(')');
    text
}

/// Identifiers with their records, as they come: what is held is a batch and the records of one identifier.
pub(super) struct OneByOne {
    batches: SendableRecordBatchStream,
    batch: Option<RecordBatch>,
    row: usize,
}

impl OneByOne {
    /// Fills `records` with those of the next identifier, in the order of content, and gives its name; `None` at the end.
    pub(super) async fn next(&mut self, records: &mut Vec<Record>) -> Result<Option<String>> {
        records.clear();
        let mut of: Option<String> = None;
        loop {
            let Some(batch) = self.batch.take() else {
                match self.batches.next().await.transpose()? {
                    Some(next) => (self.batch, self.row) = (Some(next), 0),
                    None => break,
                }
                continue;
            };
            let columns = WhereColumns::of(Columns(&batch))?;
            while self.row < batch.num_rows() {
                let device = columns.device.at(self.row);
                match &of {
                    Some(of) if of != device => break,
                    Some(_) => {}
                    None => of = Some(device.to_owned()),
                }
                records.push(columns.record(self.row));
                self.row += 1;
            }
            if self.row < batch.num_rows() {
                self.batch = Some(batch);
                break;
            }
        }
        records.sort_unstable_by(Record::order);
        Ok(of)
    }
}

/// Without an end it is of one moment.
fn at_its_time(mut incident: Incident) -> Incident {
    if incident.t1_us == i64::MAX {
        incident.t1_us = incident.t0_us;
    }
    incident
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use datafusion::arrow::array::{Float64Array, Int64Array, StringArray};
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
    use proptest::prelude::*;

    use super::*;
    use crate::index::distance_m;

    /// Two records of each device from `first` on.
    fn batch(first: usize, devices: usize) -> RecordBatch {
        let of = |n: usize| first + n / 2;
        let rows = 0..2 * devices;
        let texts: StringArray = rows.clone().map(|n| Some(format!("{:06}", of(n)))).collect();
        let times: Int64Array = rows.clone().map(|n| i64::try_from(n % 2).ok()).collect();
        let real = || Arc::new(rows.clone().map(|_| Some(51.0)).collect::<Float64Array>());
        RecordBatch::try_from_iter([
            ("device", Arc::new(texts) as _),
            ("t0_us", Arc::new(times.clone()) as _),
            ("t1_us", Arc::new(times) as _),
            ("lat_deg", real() as _),
            ("lon_deg", real() as _),
            ("uncertainty_m", real() as _),
            ("confidence", real() as _),
        ])
        .unwrap()
    }

    #[tokio::test]
    async fn however_many_devices_there_are_one_is_held_and_a_batch() {
        const BATCHES: usize = 500;
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        // A batch begins with the second record of the device that the one before ends with.
        let batches = futures::stream::iter(0..BATCHES).map(move |n| {
            counted.fetch_add(1, Ordering::SeqCst);
            let whole = batch(n * 10, 11);
            let (from, rows) = if n == 0 { (0, 21) } else { (1, 20) };
            Ok(whole.slice(from, rows))
        });
        let batches = Box::pin(RecordBatchStreamAdapter::new(batch(0, 1).schema(), batches));
        let (mut all, mut records, mut count) = (OneByOne { batches, batch: None, row: 0 }, Vec::new(), 0);
        while let Some(device) = all.next(&mut records).await.unwrap() {
            assert_eq!(device, format!("{count:06}"));
            let whole = if count == BATCHES * 10 { 1 } else { 2 };
            assert_eq!(records.len(), whole, "{device}");
            count += 1;
            assert!(read.load(Ordering::SeqCst) <= count / 10 + 1, "no more is read than is needed");
        }
        assert_eq!(count, BATCHES * 10 + 1);
        assert!(records.capacity() < 64, "{}", records.capacity());
    }

    fn numbers(text: &str) -> Vec<f64> {
        text.split(|c: char| !c.is_ascii_digit() && !"+-.e".contains(c)).filter_map(|t| t.parse().ok()).collect()
    }

    proptest! {
        /// Whatever is within the radius is in the box.
        #[test]
        fn a_box_holds_the_circle(
            lat in -90.0..90.0_f64, lon in -180.0..180.0_f64, radius_m in 1.0..5_000.0_f64,
            north in -1.0..1.0_f64, east in -1.0..1.0_f64) {
            let scene = Allegation { reference: String::new(), t0_us: 0, t1_us: 0, lat_deg: lat, lon_deg: lon, uncertainty_m: 0.0 };
            let (other_lat, other_lon) = (
                (lat + north * radius_m / 110_000.0).clamp(-90.0, 90.0),
                lon + east * radius_m / 110_000.0 / lat.to_radians().cos().max(1e-3),
            );
            prop_assume!(other_lon.abs() <= 180.0 && distance_m(lat, lon, other_lat, other_lon) <= radius_m);
            let text = around(&scene, radius_m);
            let bounds = numbers(&text);
            prop_assert!(bounds[0] <= other_lat && other_lat <= bounds[1], "{}", text);
            if bounds.len() == 4 {
                prop_assert!(bounds[2] <= other_lon && other_lon <= bounds[3], "{}", text);
            } else {
                prop_assert!(lat.abs() > 88.0 || lon.abs() > 170.0);
            }
        }
    }
}
