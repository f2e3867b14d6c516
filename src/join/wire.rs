//! The proximity join as bytes, so that a part of a plan can be run on another machine: what [`ProximityJoinExec`] is made
//! of but for its inputs, which travel beside it.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::{DataFusionError, Result, internal_datafusion_err, internal_err, not_impl_err};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{
    PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::{PhysicalExprNode, Schema as SchemaNode};
use prost::Message;

use super::ProximityJoinExec;
use super::physical::{JoinSpec, RadiusPhysical, Residual, SidePhysical};
use super::predicate::Side;
use crate::index::Metric;

/// A join without its inputs. Sides are true for the left one.
#[derive(Clone, PartialEq, Message)]
struct JoinNode {
    #[prost(bool, tag = "1")]
    haversine: bool,
    #[prost(bool, tag = "2")]
    right_first: bool,
    #[prost(bool, tag = "3")]
    strict: bool,
    #[prost(bool, tag = "4")]
    strict_lo: bool,
    #[prost(bool, tag = "5")]
    strict_hi: bool,
    #[prost(message, optional, tag = "6")]
    left: Option<SideNode>,
    #[prost(message, optional, tag = "7")]
    right: Option<SideNode>,
    #[prost(message, repeated, tag = "8")]
    radius: Vec<TermNode>,
    #[prost(message, optional, tag = "9")]
    residual: Option<ResidualNode>,
    #[prost(string, tag = "10")]
    text: String,
    #[prost(bool, tag = "11")]
    build_left: bool,
    #[prost(message, optional, tag = "12")]
    projection: Option<ColumnsNode>,
}

#[derive(Clone, PartialEq, Message)]
struct SideNode {
    #[prost(message, optional, tag = "1")]
    lat: Option<PhysicalExprNode>,
    #[prost(message, optional, tag = "2")]
    lon: Option<PhysicalExprNode>,
    #[prost(message, optional, tag = "3")]
    lo: Option<PhysicalExprNode>,
    #[prost(message, optional, tag = "4")]
    hi: Option<PhysicalExprNode>,
    #[prost(message, repeated, tag = "5")]
    keys: Vec<PhysicalExprNode>,
}

#[derive(Clone, PartialEq, Message)]
struct TermNode {
    /// None for a constant.
    #[prost(bool, optional, tag = "1")]
    left: Option<bool>,
    #[prost(message, optional, tag = "2")]
    expr: Option<PhysicalExprNode>,
}

#[derive(Clone, PartialEq, Message)]
struct ResidualNode {
    #[prost(message, optional, tag = "1")]
    expr: Option<PhysicalExprNode>,
    #[prost(bool, repeated, tag = "2")]
    left: Vec<bool>,
    #[prost(uint64, repeated, tag = "3")]
    columns: Vec<u64>,
    #[prost(message, optional, tag = "4")]
    schema: Option<SchemaNode>,
}

#[derive(Clone, PartialEq, Message)]
struct ColumnsNode {
    #[prost(uint64, repeated, tag = "1")]
    columns: Vec<u64>,
}

/// Writes a join without its inputs.
///
/// # Errors
/// If both its inputs never end, or an expression of it cannot be written.
pub fn encode(
    join: &ProximityJoinExec,
    codec: &dyn PhysicalExtensionCodec,
    converter: &dyn PhysicalProtoConverterExtension,
) -> Result<Vec<u8>> {
    let Some((spec, build, projection)) = join.parts() else {
        return not_impl_err!("a proximity join of inputs that never end runs on one machine");
    };
    let expr = |e: &Arc<dyn PhysicalExpr>| converter.physical_expr_to_proto(e, codec);
    let optional = |e: &Option<Arc<dyn PhysicalExpr>>| e.as_ref().map(expr).transpose();
    let side = |s: &SidePhysical| {
        let keys = s.keys.iter().map(expr).collect::<Result<_>>()?;
        let (lat, lon) = (Some(expr(&s.lat)?), Some(expr(&s.lon)?));
        Ok::<_, DataFusionError>(SideNode { lat, lon, lo: optional(&s.lo)?, hi: optional(&s.hi)?, keys })
    };
    let term = |t: &RadiusPhysical| {
        Ok::<_, DataFusionError>(TermNode { left: t.side.map(|s| s == Side::Left), expr: Some(expr(&t.expr)?) })
    };
    let residual = |r: &Residual| {
        Ok::<_, DataFusionError>(ResidualNode {
            expr: Some(expr(&r.expr)?),
            left: r.columns.iter().map(|(side, _)| *side == Side::Left).collect(),
            columns: r.columns.iter().map(|(_, column)| *column as u64).collect(),
            schema: Some(SchemaNode::try_from(r.schema.as_ref())?),
        })
    };
    let node = JoinNode {
        haversine: spec.metric == Metric::Haversine,
        right_first: spec.right_first,
        strict: spec.strict,
        strict_lo: spec.strict_lo,
        strict_hi: spec.strict_hi,
        left: Some(side(&spec.left)?),
        right: Some(side(&spec.right)?),
        radius: spec.radius.iter().map(term).collect::<Result<_>>()?,
        residual: spec.residual.as_ref().map(residual).transpose()?,
        text: spec.text.clone(),
        build_left: build == Side::Left,
        projection: projection.map(|p| ColumnsNode { columns: p.iter().map(|c| *c as u64).collect() }),
    };
    Ok(node.encode_to_vec())
}

/// Reads a join, whose inputs are these.
///
/// # Errors
/// If the bytes are none of [`encode`], or do not fit the inputs.
pub fn decode(
    bytes: &[u8],
    inputs: &[Arc<dyn ExecutionPlan>],
    task: &TaskContext,
    codec: &dyn PhysicalExtensionCodec,
    converter: &dyn PhysicalProtoConverterExtension,
) -> Result<ProximityJoinExec> {
    let node = JoinNode::decode(bytes).map_err(|e| internal_datafusion_err!("ProximityJoin: {e}"))?;
    let [left, right] = inputs else { return internal_err!("ProximityJoin takes two inputs") };
    let reader = Reader { context: PhysicalPlanDecodeContext::new(task, codec), converter };
    let (l, r) = (left.schema(), right.schema());
    let term = |t: &TermNode| {
        let side = t.left.map(side_of);
        let schema = if side == Some(Side::Right) { &r } else { &l };
        Ok::<_, DataFusionError>(RadiusPhysical { side, expr: reader.needed(t.expr.as_ref(), schema)? })
    };
    let spec = JoinSpec {
        metric: if node.haversine { Metric::Haversine } else { Metric::Geodesic },
        right_first: node.right_first,
        strict: node.strict,
        strict_lo: node.strict_lo,
        strict_hi: node.strict_hi,
        left: reader.side(node.left.as_ref(), &l)?,
        right: reader.side(node.right.as_ref(), &r)?,
        radius: node.radius.iter().map(term).collect::<Result<_>>()?,
        residual: node.residual.as_ref().map(|r| reader.residual(r)).transpose()?,
        text: node.text,
    };
    let projection = node.projection.map(|p| p.columns.into_iter().map(column).collect::<Result<_>>()).transpose()?;
    ProximityJoinExec::try_new(left.clone(), right.clone(), Arc::new(spec), side_of(node.build_left), projection)
}

const fn side_of(left: bool) -> Side {
    if left { Side::Left } else { Side::Right }
}

fn column(at: u64) -> Result<usize> {
    usize::try_from(at).map_err(|_| internal_datafusion_err!("ProximityJoin: there is no column {at}"))
}

struct Reader<'a> {
    context: PhysicalPlanDecodeContext<'a>,
    converter: &'a dyn PhysicalProtoConverterExtension,
}

impl Reader<'_> {
    fn expr(&self, node: &PhysicalExprNode, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        self.converter.proto_to_physical_expr(node, schema, &self.context)
    }

    fn needed(&self, node: Option<&PhysicalExprNode>, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        let missing = || internal_datafusion_err!("ProximityJoin: an expression is missing");
        self.expr(node.ok_or_else(missing)?, schema)
    }

    fn side(&self, node: Option<&SideNode>, schema: &Schema) -> Result<SidePhysical> {
        let Some(node) = node else { return internal_err!("ProximityJoin: a side is missing") };
        let optional = |e: &Option<PhysicalExprNode>| e.as_ref().map(|e| self.expr(e, schema)).transpose();
        Ok(SidePhysical {
            lat: self.needed(node.lat.as_ref(), schema)?,
            lon: self.needed(node.lon.as_ref(), schema)?,
            lo: optional(&node.lo)?,
            hi: optional(&node.hi)?,
            keys: node.keys.iter().map(|e| self.expr(e, schema)).collect::<Result<_>>()?,
        })
    }

    fn residual(&self, node: &ResidualNode) -> Result<Residual> {
        let Some(schema) = &node.schema else { return internal_err!("ProximityJoin: a schema is missing") };
        let schema: SchemaRef = Arc::new(Schema::try_from(schema)?);
        let columns = node.left.iter().zip(&node.columns);
        let columns = columns.map(|(left, at)| Ok((side_of(*left), column(*at)?))).collect::<Result<_>>()?;
        Ok(Residual { expr: self.needed(node.expr.as_ref(), &schema)?, columns, schema })
    }
}
