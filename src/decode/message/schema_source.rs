//! Where Avro schemas come from: the one seam between the decoder and the place that keeps them.

use std::sync::Arc;

/// Finds an Avro schema by the number that a message carries.
pub trait SchemaSource: Send + Sync + std::fmt::Debug {
    /// The schema as JSON text; `None` if there is none of this number.
    ///
    /// It may wait for a disk or a network; the decoder asks once for each number that is known.
    ///
    /// # Errors
    /// [`SchemaError`] if the source cannot be asked now; retrying helps.
    fn schema(&self, id: u32) -> Result<Option<Arc<str>>, SchemaError>;
}

/// A source of schemas that cannot be asked now. Retrying helps: it says nothing of the schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schema {id} cannot be asked for at {place}: {detail}")]
pub struct SchemaError {
    /// The schema's number.
    pub id: u32,
    /// The folder or address.
    pub place: String,
    /// What the system said.
    pub detail: String,
}
