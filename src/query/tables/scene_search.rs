//! `scene_search(case, least, radius_m, window)`: which devices were at several of a case's incidents, among the records
//! of all cases. It looks at people outside the viewer's cases, so that it is the one thing that the guard does not bound.
//!
//! ```text
//!  stated purpose, authority ─> policies: may they? ─ no ─> refused, written down
//!                                       │ yes
//!  incidents that the viewer may see ───┴─> records of all near them ─> devices at `least` or more ─> made-up names
//!                                                                   └─> how many were looked at ─> row and audit
//! ```
//! Invariants: it is decided anew each time it is planned and each time it is run; the viewer gives values and no text, so
//! that nothing of theirs is evaluated on others' records; a row holds no position, and no name of a device or case that
//! the viewer's own cases do not hold.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{
    Array as _, AsArray as _, Float64Array, Int32Array, RecordBatch, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{
    DataType, Field, Float64Type, Int32Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{MemTable, Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, plan_datafusion_err, plan_err};
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, TableType, col, lit};
use datafusion::physical_plan::{ExecutionPlan, collect, execute_stream};
use futures::StreamExt as _;

use super::AsOf;
use super::fold_rows::columns;
use super::scene_found::{MOST_PAIRS, Naming, Presence, Presences};
use super::schema::Sources;
use super::sealed::outside;
use crate::query::QueryError;
use crate::query::catalogue::{scene_search_doc, table_doc};
use crate::query::functions::{Argument, value};
use crate::query::rights::Rights;
use crate::query::tally::Tally;
use crate::store::CASE_ID;

/// Incidents of a case that are searched for at once.
const MOST_SCENES: usize = 20;
/// The fewest scenes at which a device must have been: everybody was at one.
const LEAST: usize = 2;
/// The largest radius, metres: a walk of some minutes.
const MOST_RADIUS_M: f64 = 2_000.0;
/// The longest time before and after an incident, microseconds: six hours.
const MOST_WINDOW_US: i64 = 6 * 3_600_000_000;
/// The longest incident, microseconds: a day.
const MOST_SCENE_US: i64 = 24 * 3_600_000_000;

/// The table function as a session has it.
#[derive(Clone)]
pub struct SceneSearch {
    sources: Arc<Sources>,
    rights: Arc<Rights>,
    secret: [u8; 32],
}

impl std::fmt::Debug for SceneSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SceneSearch(..)")
    }
}

impl SceneSearch {
    /// What it is called.
    pub const NAME: &'static str = "scene_search";

    /// For a viewer; names of others' devices are made up from the secret.
    #[must_use]
    pub const fn new(sources: Arc<Sources>, rights: Arc<Rights>, secret: [u8; 32]) -> Self {
        Self { sources, rights, secret }
    }
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
struct Search {
    case_id: String,
    least: usize,
    radius_m: f64,
    window_us: i64,
}

impl Search {
    /// Reads the arguments.
    fn read(exprs: &[Expr]) -> Result<Self> {
        let [case, least, radius_m, window] = exprs else {
            return plan_err!("write scene_search(case, least, radius_m, window)");
        };
        let ScalarValue::Utf8(Some(case_id)) = value("case", Argument::Text, case)? else {
            return plan_err!("case is a text in quotes");
        };
        let ScalarValue::Int64(Some(least)) = value("least", Argument::Count, least)? else {
            return plan_err!("least is a whole number");
        };
        let ScalarValue::Float64(Some(radius_m)) = value("radius_m", Argument::Metres, radius_m)? else {
            return plan_err!("radius_m is a number of metres");
        };
        let window_us = window_us(&value("window", Argument::Duration, window)?)?;
        let least = usize::try_from(least).ok().filter(|n| (LEAST..=MOST_SCENES).contains(n));
        let least =
            least.ok_or_else(|| plan_datafusion_err!("least is a number of scenes, {LEAST} to {MOST_SCENES}"))?;
        if !(radius_m > 0.0 && radius_m <= MOST_RADIUS_M) {
            return plan_err!("radius_m is {radius_m} m: more than 0, at most {MOST_RADIUS_M}");
        }
        Ok(Self { case_id, least, radius_m, window_us })
    }
}

fn window_us(window: &ScalarValue) -> Result<i64> {
    let ScalarValue::IntervalMonthDayNano(Some(window)) = window else { return plan_err!("window is a duration") };
    let days_us = i64::from(window.days).saturating_mul(24 * 3_600_000_000);
    let us = days_us.saturating_add(window.nanoseconds / 1_000);
    if window.months == 0 && (0..=MOST_WINDOW_US).contains(&us) {
        return Ok(us);
    }
    plan_err!("window is a duration from nothing to {} hours", MOST_WINDOW_US / 3_600_000_000)
}

impl TableFunctionImpl for SceneSearch {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        tally_of(args.session())?.may_search()?;
        let search = Search::read(args.exprs())?;
        Ok(Arc::new(Searching { of: self.clone(), search, schema: scene_search_doc().schema() }))
    }
}

/// What belongs to the question that is planned or run.
fn tally_of(state: &dyn Session) -> Result<Arc<Tally>> {
    let missing = || exec_datafusion_err!("a scene search is asked through a session");
    state.config().get_extension::<Tally>().ok_or_else(missing)
}

/// A search that was planned.
#[derive(Debug)]
struct Searching {
    of: SceneSearch,
    search: Search,
    schema: SchemaRef,
}

/// An incident to search for; times in UTC microseconds.
#[derive(Debug, Clone, PartialEq)]
struct Scene {
    name: String,
    from_us: i64,
    to_us: i64,
    lat_deg: f64,
    lon_deg: f64,
}

#[async_trait]
impl TableProvider for Searching {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.rows(state).await?;
        Ok(MemorySourceConfig::try_new_exec(&[vec![rows]], self.schema(), projection.cloned())?)
    }
}

impl Searching {
    /// Searches, once for a question.
    async fn rows(&self, state: &dyn Session) -> Result<RecordBatch> {
        let tally = tally_of(state)?;
        tally.may_search()?;
        let name = format!("{:?}", self.search);
        if let Some(rows) = tally.found(&name) {
            return Ok(rows);
        }
        let scenes = self.scenes(state).await?;
        let presences = self.presences(state, &scenes).await?;
        let naming = Naming { secret: &self.of.secret, case_id: &self.search.case_id };
        let names: Vec<String> = scenes.into_iter().map(|scene| scene.name).collect();
        let rows = columns(scene_search_doc().columns, presences.rows(self.search.least, &names, &naming));
        let rows = RecordBatch::try_new(self.schema(), rows)?;
        tally.keep(name, &rows, presences.others());
        Ok(rows)
    }

    /// The incidents of the case that the viewer may see, with the window around them.
    async fn scenes(&self, state: &dyn Session) -> Result<Vec<Scene>> {
        let Search { case_id, least, window_us, .. } = &self.search;
        let doc = table_doc("targets").ok_or_else(|| exec_datafusion_err!("there are no targets"))?;
        let targets = self.of.sources.guarded(doc, AsOf::Now, &self.of.rights);
        let filters = [col(CASE_ID).eq(lit(case_id)), col("kind").eq(lit("incident"))];
        let plan = targets.scan(state, None, &filters, None).await?;
        let mut scenes = Vec::new();
        for batch in collect(plan, state.task_ctx()).await? {
            scenes.extend(incidents_in(&batch, case_id)?);
        }
        scenes.sort_by(|a, b| a.name.cmp(&b.name));
        if scenes.len() < *least || scenes.len() > MOST_SCENES {
            let held = scenes.len();
            return plan_err!(
                "case {case_id} has {held} incidents that you may see: {least} are asked for, at most {MOST_SCENES} are searched"
            );
        }
        for scene in &mut scenes {
            if scene.to_us.saturating_sub(scene.from_us) > MOST_SCENE_US {
                let hours = MOST_SCENE_US / 3_600_000_000;
                return plan_err!(
                    "incident {} is longer than {hours} hours: nobody can be told from anybody",
                    scene.name
                );
            }
            scene.from_us = scene.from_us.saturating_sub(*window_us);
            scene.to_us = scene.to_us.saturating_add(*window_us);
        }
        Ok(scenes)
    }

    /// Who was at them, among the records of all cases.
    async fn presences(&self, state: &dyn Session, scenes: &[Scene]) -> Result<Presences> {
        let told = |e| outside(SceneSearch::NAME, e);
        let plan = self.plan(state, scenes).map_err(told)?;
        let physical = state.create_physical_plan(&plan).await.map_err(told)?;
        let mut batches = execute_stream(physical, state.task_ctx()).map_err(told)?;
        let mut presences = Presences::default();
        while let Some(batch) = batches.next().await {
            for presence in presences_in(&batch.map_err(told)?)? {
                if !presences.add(presence) {
                    let detail = format!("{MOST_PAIRS} devices at scenes: narrow radius_m or window");
                    return Err(DataFusionError::External(Box::new(QueryError::Limit { limit: "size", detail })));
                }
            }
        }
        Ok(presences)
    }

    /// Of each device at each scene when it was there, and whether the viewer's cases hold it.
    fn plan(&self, state: &dyn Session, scenes: &[Scene]) -> Result<LogicalPlan> {
        let missing = || exec_datafusion_err!("there are no fixes to search");
        let fixes = provider_as_source(self.of.sources.all_fixes().ok_or_else(missing)?);
        let doc = table_doc("fixes").ok_or_else(missing)?;
        let own = provider_as_source(self.of.sources.guarded(doc, AsOf::Now, &self.of.rights));
        let distance = state.scalar_functions().get("distance_m").ok_or_else(missing)?;
        let from = scenes.iter().map(|s| s.from_us).min().unwrap_or(i64::MAX);
        let to = scenes.iter().map(|s| s.to_us).max().unwrap_or(i64::MIN);
        let distance = distance.call(vec![col("lat_deg"), col("lon_deg"), col("scene_lat"), col("scene_lon")]);
        let near = [
            distance.lt_eq(lit(self.search.radius_m)),
            col("t0").lt_eq(col("scene_to")),
            col("t1").gt_eq(col("scene_from")),
        ];
        let own = LogicalPlanBuilder::scan("own", own, None)?
            .project([col("device_id").alias("own_device")])?
            .distinct()?
            .build()?;
        LogicalPlanBuilder::scan("all", fixes, None)?
            .filter(col("t0").lt_eq(at(to)).and(col("t1").gt_eq(at(from))))?
            .project(["device_id", "t0", "t1", "lat_deg", "lon_deg"].map(col))?
            .join_on(scenes_plan(scenes)?, JoinType::Inner, near)?
            .aggregate(
                [col("device_id"), col("scene")],
                [min(col("t0")).alias("first_at"), max(col("t1")).alias("last_at")],
            )?
            .join_on(own, JoinType::Left, [col("device_id").eq(col("own_device"))])?
            .project([
                col("device_id"),
                col("scene"),
                col("first_at"),
                col("last_at"),
                col("own_device").is_not_null().alias("own"),
            ])?
            .build()
    }
}

fn at(us: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(us), Some("UTC".into())))
}

/// The scenes as rows to join with.
fn scenes_plan(scenes: &[Scene]) -> Result<LogicalPlan> {
    let moment = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = [
        ("scene", DataType::Int32),
        ("scene_from", moment()),
        ("scene_to", moment()),
        ("scene_lat", DataType::Float64),
        ("scene_lon", DataType::Float64),
    ];
    let schema = Arc::new(Schema::new(fields.map(|(name, kind)| Field::new(name, kind, false)).to_vec()));
    let numbers = (0..scenes.len()).map(|n| i32::try_from(n).unwrap_or(i32::MAX));
    let times = |of: fn(&Scene) -> i64| {
        let times: TimestampMicrosecondArray = scenes.iter().map(|s| Some(of(s))).collect();
        Arc::new(times.with_timezone("UTC"))
    };
    let degrees = |of: fn(&Scene) -> f64| Arc::new(Float64Array::from_iter_values(scenes.iter().map(of)));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(Int32Array::from_iter_values(numbers)),
            times(|s| s.from_us),
            times(|s| s.to_us),
            degrees(|s| s.lat_deg),
            degrees(|s| s.lon_deg),
        ],
    )?;
    let table = MemTable::try_new(schema, vec![vec![batch]])?;
    LogicalPlanBuilder::scan("scenes", provider_as_source(Arc::new(table)), None)?.build()
}

/// The column of a batch; that it is missing is a defect.
fn named<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn datafusion::arrow::array::Array> {
    let column = batch.column_by_name(name).ok_or_else(|| exec_datafusion_err!("there is no column {name}"))?;
    Ok(column.as_ref())
}

/// The case's incidents in a batch of targets.
fn incidents_in(batch: &RecordBatch, case_id: &str) -> Result<Vec<Scene>> {
    let (cases, kinds) = (named(batch, CASE_ID)?.as_string_view(), named(batch, "kind")?.as_string_view());
    let names = named(batch, "target_id")?.as_string_view();
    let from = named(batch, "t0")?.as_primitive::<TimestampMicrosecondType>();
    let to = named(batch, "t1")?.as_primitive::<TimestampMicrosecondType>();
    let lat = named(batch, "lat_deg")?.as_primitive::<Float64Type>();
    let lon = named(batch, "lon_deg")?.as_primitive::<Float64Type>();
    // What a table leaves out by a condition it may also not leave out.
    let is_one = |row: &usize| cases.value(*row) == case_id && kinds.value(*row) == "incident" && from.is_valid(*row);
    let scene = |row: usize| Scene {
        name: names.value(row).to_owned(),
        from_us: from.value(row),
        to_us: to.value(row),
        lat_deg: lat.value(row),
        lon_deg: lon.value(row),
    };
    Ok((0..batch.num_rows()).filter(is_one).map(scene).collect())
}

/// Devices at scenes in a batch of the plan.
fn presences_in(batch: &RecordBatch) -> Result<Vec<Presence>> {
    let devices = named(batch, "device_id")?.as_string_view();
    let scenes = named(batch, "scene")?.as_primitive::<Int32Type>();
    let first = named(batch, "first_at")?.as_primitive::<TimestampMicrosecondType>();
    let last = named(batch, "last_at")?.as_primitive::<TimestampMicrosecondType>();
    let own = named(batch, "own")?.as_boolean();
    let presence = |row: usize| Presence {
        device_id: devices.value(row).to_owned(),
        scene: usize::try_from(scenes.value(row)).unwrap_or(usize::MAX),
        times_us: (first.value(row), last.value(row)),
        own: own.value(row),
    };
    Ok((0..batch.num_rows()).map(presence).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(case: Expr, least: i64, radius_m: f64, window: ScalarValue) -> Result<Search> {
        Search::read(&[case, lit(least), lit(radius_m), Expr::Literal(window, None)])
    }

    #[test]
    fn a_search_is_bounded() {
        let window = |days, seconds: i64| ScalarValue::new_interval_mdn(0, days, seconds * 1_000_000_000);
        let quarter = window(0, 900);
        let search = read(lit("a"), 2, 500.0, quarter.clone()).unwrap();
        assert_eq!(search, Search { case_id: "a".to_owned(), least: 2, radius_m: 500.0, window_us: 900_000_000 });
        assert!(read(lit("a"), 20, MOST_RADIUS_M, window(0, 6 * 3_600)).is_ok());
        for (wrong, says) in [
            (read(lit("a"), 1, 500.0, quarter.clone()), "least"),
            (read(lit("a"), 21, 500.0, quarter.clone()), "least"),
            (read(lit("a"), 2, 2_001.0, quarter.clone()), "radius_m"),
            (read(lit("a"), 2, 0.0, quarter.clone()), "radius_m"),
            (read(lit("a"), 2, f64::NAN, quarter.clone()), "radius_m"),
            (read(lit("a"), 2, 500.0, window(0, 6 * 3_600 + 1)), "window"),
            (read(lit("a"), 2, 500.0, window(1, 0)), "window"),
            (read(lit("a"), 2, 500.0, window(0, -1)), "window"),
            (read(lit("a"), 2, 500.0, ScalarValue::new_interval_mdn(1, 0, 0)), "window"),
            (read(col("case_id"), 2, 500.0, quarter), "case"),
            (Search::read(&[lit("a")]), "scene_search(case, least, radius_m, window)"),
        ] {
            let error = wrong.unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
    }
}
