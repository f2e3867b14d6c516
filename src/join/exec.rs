//! The physical operator: the build side is read whole and indexed once, the probe side streams past it; where neither
//! side ends, both are held as they come ([`super::live`]).
//!
//! ```text
//!   build input ─(one partition)─> BuildSide ──shared──┐
//!   probe input ─ partition 0 ───────────────> stream 0 ─> pairs
//!               ─ partition 1 ───────────────> stream 1 ─> pairs
//! ```
//! Output: the left input's columns, then the right input's, all or those of `projection`. Output partitions are the
//! probe's; within one, pairs follow the order of the probe's rows. The build side and its index are taken from the memory
//! pool; the probe holds one batch and its pairs.

use std::fmt;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err, plan_err, project_schema};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions, apply_expression_roots,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::projection::{EmbeddedProjection, ProjectionExec, try_embed_projection};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, InputDistributionRequirements, Partitioning,
    PlanProperties,
};

use super::build::{BuildParts, SharedBuild};
use super::live::{self, Live, LiveParts};
use super::physical::JoinSpec;
use super::predicate::Side;
use super::stream::{self, StreamParts};

/// How the two inputs are read.
#[derive(Debug, Clone)]
enum Mode {
    /// One side whole, before the other.
    Whole(Side),
    /// Both as they come; see [`live`].
    Both(Live),
}

/// An inner join by distance and time.
#[derive(Debug, Clone)]
pub struct ProximityJoinExec {
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    spec: Arc<JoinSpec>,
    mode: Mode,
    /// All columns of both inputs.
    full_schema: SchemaRef,
    projection: Option<Vec<usize>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    built: Arc<OnceLock<SharedBuild>>,
}

impl ProximityJoinExec {
    /// A join of two inputs; `build` is the side that is read whole, unless both never end: then both are read as they
    /// come.
    ///
    /// # Errors
    /// A plan error if the build side never ends and the other does, or the projection names a column that is not there.
    pub fn try_new(
        left: Arc<dyn ExecutionPlan>,
        right: Arc<dyn ExecutionPlan>,
        spec: Arc<JoinSpec>,
        build: Side,
        projection: Option<Vec<usize>>,
    ) -> Result<Self> {
        let endless = |side| {
            let input = if side == Side::Left { &left } else { &right };
            input.properties().boundedness.is_unbounded()
        };
        let mode = match (endless(build), endless(build.other())) {
            (true, true) => Mode::Both(Live::new(Arc::clone(&spec))?),
            (true, false) => return plan_err!("ProximityJoin: the input to be read whole never ends"),
            (false, _) => Mode::Whole(build),
        };
        Self::of_mode(left, right, spec, mode, projection)
    }

    fn of_mode(
        left: Arc<dyn ExecutionPlan>,
        right: Arc<dyn ExecutionPlan>,
        spec: Arc<JoinSpec>,
        mode: Mode,
        projection: Option<Vec<usize>>,
    ) -> Result<Self> {
        let fields = left.schema().fields().iter().chain(right.schema().fields()).cloned().collect::<Vec<_>>();
        let full_schema = Arc::new(Schema::new(fields));
        let schema = project_schema(&full_schema, projection.as_ref())?;
        let (partitions, boundedness) = match &mode {
            Mode::Whole(build) => {
                let probe = if *build == Side::Left { &right } else { &left }.properties();
                (probe.partitioning.partition_count(), probe.boundedness)
            }
            // What is held is bounded by the memory pool, and its owner lets go of keys.
            Mode::Both(_) => (1, Boundedness::Unbounded { requires_infinite_memory: false }),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            boundedness,
        );
        Ok(Self {
            left,
            right,
            spec,
            mode,
            full_schema,
            projection,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
            built: Arc::new(OnceLock::new()),
        })
    }

    /// The handle on what the join holds, if both inputs never end.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        match &self.mode {
            Mode::Whole(_) => None,
            Mode::Both(live) => Some(live),
        }
    }

    /// What it is made of but for its inputs: what pairs must satisfy, the side that is read whole, the columns it gives.
    /// None if both inputs never end.
    #[cfg(feature = "cluster")]
    pub(super) fn parts(&self) -> Option<(&JoinSpec, Side, Option<&[usize]>)> {
        match &self.mode {
            Mode::Whole(build) => Some((&self.spec, *build, self.projection.as_deref())),
            Mode::Both(_) => None,
        }
    }

    fn of_children(&self, left: Arc<dyn ExecutionPlan>, right: Arc<dyn ExecutionPlan>) -> Result<Self> {
        match &self.mode {
            Mode::Whole(build) => Self::try_new(left, right, Arc::clone(&self.spec), *build, self.projection.clone()),
            Mode::Both(_) => {
                Self::of_mode(left, right, Arc::clone(&self.spec), self.mode.clone(), self.projection.clone())
            }
        }
    }

    fn execute_both(
        &self,
        live: &Live,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = |side: Side| {
            let input = self.input(side);
            let partitions = input.properties().partitioning.partition_count();
            if partition != 0 || partitions != 1 {
                return internal_err!("ProximityJoin: an input that never ends has {partitions} partitions");
            }
            input.execute(0, Arc::clone(&context))
        };
        let (left, right) = (input(Side::Left)?, input(Side::Right)?);
        let parts = LiveParts {
            live: live.clone(),
            spec: Arc::clone(&self.spec),
            origins: self.origins(),
            schema: self.schema(),
            metrics: self.metrics.clone(),
            context,
        };
        Ok(live::run(parts, left, right))
    }

    fn execute_whole(
        &self,
        side: Side,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = self.input(side).clone();
        let partitions = input.properties().partitioning.partition_count();
        if partitions != 1 {
            return internal_err!("ProximityJoin: the side to be read whole has {partitions} partitions");
        }
        let probe = self.input(side.other()).execute(partition, context.clone())?;
        let build = BuildParts {
            input,
            side,
            spec: self.spec.clone(),
            metrics: self.metrics.clone(),
            partition,
            context: context.clone(),
        };
        let parts = StreamParts {
            built: self.built.get_or_init(|| build.share()).clone(),
            origins: self.origins(),
            schema: self.schema(),
            metrics: self.metrics.clone(),
            partition,
            context,
        };
        Ok(stream::run(parts, probe))
    }

    fn input(&self, side: Side) -> &Arc<dyn ExecutionPlan> {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    /// For each output column, the side and the column it comes from.
    fn origins(&self) -> Vec<(Side, usize)> {
        let left = self.left.schema().fields().len();
        let origin = |i: usize| if i < left { (Side::Left, i) } else { (Side::Right, i - left) };
        match &self.projection {
            Some(columns) => columns.iter().map(|i| origin(*i)).collect(),
            None => (0..self.full_schema.fields().len()).map(origin).collect(),
        }
    }
}

impl EmbeddedProjection for ProximityJoinExec {
    fn with_projection(&self, projection: Option<Vec<usize>>) -> Result<Self> {
        let composed = match (projection, &self.projection) {
            (Some(new), Some(old)) => {
                let Some(columns) = new.iter().map(|i| old.get(*i).copied()).collect() else {
                    return internal_err!("ProximityJoin: a projected column is not there");
                };
                Some(columns)
            }
            (new, old) => new.or_else(|| old.clone()),
        };
        Self::of_mode(self.left.clone(), self.right.clone(), self.spec.clone(), self.mode.clone(), composed)
    }
}

impl DisplayAs for ProximityJoinExec {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = match self.mode {
            Mode::Whole(Side::Left) => "build=left",
            Mode::Whole(Side::Right) => "build=right",
            Mode::Both(_) => "live=both",
        };
        if matches!(t, DisplayFormatType::TreeRender) {
            return writeln!(f, "{}\n{read}", self.spec.text);
        }
        write!(f, "ProximityJoinExec: {read}, on=[{}]", self.spec.text)?;
        if let Some(projection) = &self.projection {
            let names: Vec<&str> = projection.iter().map(|i| self.full_schema.field(*i).name().as_str()).collect();
            write!(f, ", projection=[{}]", names.join(", "))?;
        }
        Ok(())
    }
}

impl ExecutionPlan for ProximityJoinExec {
    fn name(&self) -> &'static str {
        "ProximityJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.left, &self.right]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let of = |side| match self.mode {
            Mode::Whole(build) if build != side => Distribution::UnspecifiedDistribution,
            _ => Distribution::SinglePartition,
        };
        InputDistributionRequirements::new(vec![of(Side::Left), of(Side::Right)])
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots(self.spec.exprs(), f)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([left, right]) = <[Arc<dyn ExecutionPlan>; 2]>::try_from(children) else {
            return internal_err!("ProximityJoinExec takes two inputs");
        };
        Ok(Arc::new(self.of_children(left, right)?))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        let mut fresh = Self::clone(&self);
        fresh.built = Arc::new(OnceLock::new());
        fresh.metrics = ExecutionPlanMetricsSet::new();
        if let Mode::Both(live) = &mut fresh.mode {
            *live = Live::new(Arc::clone(&self.spec))?;
        }
        Ok(Arc::new(fresh))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        match &self.mode {
            Mode::Whole(build) => self.execute_whole(*build, partition, context),
            Mode::Both(live) => self.execute_both(live, partition, context),
        }
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn child_stats_requests(&self, _partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::Skip, ChildStats::Skip]
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::new(Statistics::new_unknown(&self.schema())))
    }

    fn try_swapping_with_projection(&self, projection: &ProjectionExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        try_embed_projection(projection, self)
    }
}
