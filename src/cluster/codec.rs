//! Plans as bytes: Locard's operators by us, Ballista's by Ballista, all others by DataFusion.
//!
//! Ours begin with [`OURS`], which is the beginning of no message of Ballista's.

use std::sync::{Arc, Mutex, PoisonError};

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::arrow::datatypes::Schema;
use datafusion::common::{DataFusionError, Result, internal_datafusion_err, internal_err};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{AsExecutionPlan as _, PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use datafusion_proto::protobuf::{PhysicalPlanNode, Schema as SchemaNode};
use prost::Message;

use super::ClusterError;
use crate::join::{ProximityJoinExec, wire};
use crate::query::OpenedExec;

/// What bytes of ours begin with: field 13 with a wire type that no message begins with.
const OURS: &[u8] = b"locard:";
/// Then comes which operator it is.
const JOIN: u8 = b'j';
const OPENED: u8 = b'o';

/// Reads and writes the operators of a plan.
#[derive(Debug, Default)]
pub(super) struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
    /// The first operator that could not be written, and why.
    refused: Mutex<Option<(String, String)>>,
}

/// An opened operator without its input.
#[derive(Clone, PartialEq, Message)]
struct OpenedNode {
    #[prost(string, tag = "1")]
    table: String,
    #[prost(message, optional, tag = "2")]
    schema: Option<SchemaNode>,
}

/// A plan as bytes.
///
/// # Errors
/// [`ClusterError::NotCarried`] names the operator that has no bytes.
pub(super) fn bytes(plan: &Arc<dyn ExecutionPlan>) -> std::result::Result<Vec<u8>, ClusterError> {
    let codec = Codec::default();
    let written = PhysicalPlanNode::try_from_physical_plan(Arc::clone(plan), &codec);
    written.map(|node| node.encode_to_vec()).map_err(|error| {
        let refused = codec.refused.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (operator, detail) =
            refused.unwrap_or_else(|| (plan.name().to_owned(), error.find_root().strip_backtrace()));
        ClusterError::NotCarried { operator, detail }
    })
}

impl Codec {
    fn ours(
        &self,
        node: &Arc<dyn ExecutionPlan>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Option<Result<(u8, Vec<u8>)>> {
        if let Some(join) = node.downcast_ref::<ProximityJoinExec>() {
            return Some(wire::encode(join, self, converter).map(|bytes| (JOIN, bytes)));
        }
        let opened = node.downcast_ref::<OpenedExec>()?;
        let schema = SchemaNode::try_from(node.schema().as_ref());
        let node = |schema| OpenedNode { table: opened.table().to_owned(), schema: Some(schema) };
        Some(schema.map(|s| (OPENED, node(s).encode_to_vec())).map_err(Into::into))
    }
}

fn opened(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<OpenedExec> {
    let node = OpenedNode::decode(bytes).map_err(|e| internal_datafusion_err!("OpenedExec: {e}"))?;
    let ([inside], Some(schema)) = (inputs, &node.schema) else {
        return internal_err!("OpenedExec takes one input and has columns");
    };
    Ok(OpenedExec::new(&node.table, Arc::clone(inside), Arc::new(Schema::try_from(schema)?)))
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match buf.strip_prefix(OURS) {
            None => self.ballista.try_decode(buf, inputs, ctx, proto_converter),
            Some([JOIN, bytes @ ..]) => Ok(Arc::new(wire::decode(bytes, inputs, ctx, self, proto_converter)?)),
            Some([OPENED, bytes @ ..]) => Ok(Arc::new(opened(bytes, inputs)?)),
            Some(_) => internal_err!("an operator of another version of Locard"),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let written = match self.ours(&node, proto_converter) {
            Some(ours) => ours.map(|(kind, bytes)| {
                buf.extend_from_slice(OURS);
                buf.push(kind);
                buf.extend(bytes);
            }),
            None => self.ballista.try_encode(Arc::clone(&node), buf, proto_converter),
        };
        written.inspect_err(|error: &DataFusionError| {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            // The first sentence: what follows it is the operator in the engine's own words, with all its files.
            let detail = error.strip_backtrace().lines().next().unwrap_or_default().chars().take(200).collect();
            refused.get_or_insert((node.name().to_owned(), detail));
        })
    }
}
