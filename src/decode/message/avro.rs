//! An Avro payload in the Confluent wire format: a zero, the schema's number in four bytes (big-endian), one record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_avro::reader::{Decoder, ReaderBuilder};
use arrow_avro::schema::{AvroSchema, Fingerprint, FingerprintAlgorithm, SchemaStore};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;

use super::arrow::table;
use super::payload_table::Unusable;
use super::rows::{Origin, Rows};
use super::{MessageError, SchemaSource};
use crate::decode::BATCH_ROWS;
use crate::decode::table::guarded;
use crate::model::RejectReason;

/// Reads Avro payloads; each schema is asked for once.
#[derive(Debug)]
pub(super) struct AvroReader {
    source: Option<Arc<dyn SchemaSource>>,
    known: BTreeMap<u32, Reader>,
    /// Numbers that the source did not know, or whose schema cannot be used; asked for anew with each block.
    unknown: BTreeSet<u32>,
}

/// The schema of one number.
#[derive(Debug)]
struct Reader {
    schema: Arc<str>,
    /// `None` after an error: what it had read by then cannot be told from what it had not.
    decoder: Option<Decoder>,
}

impl AvroReader {
    pub(super) fn new(source: Option<Arc<dyn SchemaSource>>) -> Self {
        Self { source, known: BTreeMap::new(), unknown: BTreeSet::new() }
    }

    /// Begins a block: what was unknown may be known by now.
    pub(super) fn start(&mut self) {
        self.unknown.clear();
    }

    /// Reads the messages of a run, which is empty afterwards.
    ///
    /// # Errors
    /// [`MessageError::Schema`] if the source cannot be asked; [`MessageError::Batch`] if the rows make no batch.
    pub(super) fn read(&mut self, run: &mut Vec<Origin<'_>>, rows: &mut Rows) -> Result<(), MessageError> {
        let run = std::mem::take(run);
        for group in run.chunk_by(|a, b| id_of(a) == id_of(b)) {
            match group.first().and_then(id_of) {
                Some(id) => self.group(id, group, rows)?,
                None => group.iter().for_each(|at| rows.reject(at, 0, "", "no schema number", RejectReason::Syntax)),
            }
        }
        Ok(())
    }

    /// Reads messages of one schema.
    fn group(&mut self, id: u32, group: &[Origin<'_>], rows: &mut Rows) -> Result<(), MessageError> {
        let Some(reader) = self.reader(id)? else {
            for at in group {
                rows.reject(at, 0, "schema", &id.to_string(), RejectReason::SchemaUnknown);
            }
            return Ok(());
        };
        for part in group.chunks(BATCH_ROWS) {
            // One bad message would spoil the batch of all: then each is read alone.
            if let Ok(batch) = reader.batch(id, part) {
                put(part, &batch, rows)?;
                continue;
            }
            for one in part.chunks(1) {
                match (reader.batch(id, one), one) {
                    (Ok(batch), _) => put(one, &batch, rows)?,
                    (Err(detail), [at]) => rows.reject(at, 0, "", &detail, RejectReason::Syntax),
                    (Err(_), _) => {}
                }
            }
        }
        Ok(())
    }

    fn reader(&mut self, id: u32) -> Result<Option<&mut Reader>, MessageError> {
        if self.unknown.contains(&id) {
            return Ok(None);
        }
        if !self.known.contains_key(&id) {
            let schema = self.source.as_ref().map_or(Ok(None), |source| source.schema(id))?;
            let reader = schema.and_then(|schema| {
                let decoder = decoder(id, &schema).ok()?;
                Some(Reader { schema, decoder: Some(decoder) })
            });
            match reader {
                Some(reader) => _ = self.known.insert(id, reader),
                None => _ = self.unknown.insert(id),
            }
        }
        Ok(self.known.get_mut(&id))
    }
}

/// The number of a message's schema; `None` if it does not begin as the wire format does.
fn id_of(at: &Origin<'_>) -> Option<u32> {
    let (head, _) = at.message.payload?.split_first_chunk::<5>()?;
    let [0, id @ ..] = *head else { return None };
    Some(u32::from_be_bytes(id))
}

fn put(part: &[Origin<'_>], batch: &RecordBatch, rows: &mut Rows) -> Result<(), MessageError> {
    let table = match table(batch) {
        Ok(table) => table,
        Err(Unusable { field, value, reason }) => {
            for at in part {
                rows.reject(at, 0, &field, &value, reason);
            }
            return Ok(());
        }
    };
    table.count_unknown(rows);
    part.iter().enumerate().try_for_each(|(index, at)| table.put(index, at, 1, rows))
}

impl Reader {
    /// The records of these messages, one each.
    fn batch(&mut self, id: u32, part: &[Origin<'_>]) -> Result<RecordBatch, String> {
        let mut decoder = match self.decoder.take() {
            Some(decoder) => decoder,
            None => decoder(id, &self.schema)?,
        };
        let batch = guarded(|| batch(&mut decoder, part))?;
        self.decoder = Some(decoder);
        Ok(batch)
    }
}

fn batch(decoder: &mut Decoder, part: &[Origin<'_>]) -> Result<RecordBatch, String> {
    for at in part {
        let payload = at.message.payload.unwrap_or_default();
        let room = decoder.capacity();
        let read = decoder.decode(payload).map_err(|e| e.to_string())?;
        if read != payload.len() || room.checked_sub(decoder.capacity()) != Some(1) {
            return Err(format!("{read} of {} bytes make one record", payload.len()));
        }
    }
    let batch = decoder.flush().map_err(|e| e.to_string())?.ok_or("no record")?;
    if batch.num_rows() == part.len() { Ok(batch) } else { Err("not one record for each message".to_owned()) }
}

/// A decoder of one schema, if it is one that a payload cannot use to keep it busy.
fn decoder(id: u32, schema: &str) -> Result<Decoder, String> {
    let build = || {
        let mut store = SchemaStore::new_with_type(FingerprintAlgorithm::Id);
        let fingerprint = store.set(Fingerprint::Id(id), AvroSchema::new(schema.to_owned()))?;
        ReaderBuilder::new()
            .with_writer_schema_store(store)
            .with_active_fingerprint(fingerprint)
            .with_batch_size(BATCH_ROWS)
            .build_decoder()
    };
    let decoder = guarded(|| build().map_err(|e: ArrowError| e.to_string()))?;
    let schema = decoder.schema();
    if schema.fields().iter().any(|field| is_bottomless(field.data_type())) {
        return Err("a list of nothing can be of any length".to_owned());
    }
    Ok(decoder)
}

/// Whether a few bytes can stand for any number of items: a list whose items take none.
fn is_bottomless(kind: &DataType) -> bool {
    match kind {
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) | DataType::LargeListView(item) => {
            is_empty(item.data_type()) || is_bottomless(item.data_type())
        }
        // The names of a map take a byte each at least.
        DataType::Map(item, _) => is_bottomless(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| is_bottomless(field.data_type())),
        DataType::Union(fields, _) => fields.iter().any(|(_, field)| is_bottomless(field.data_type())),
        _ => false,
    }
}

fn is_empty(kind: &DataType) -> bool {
    match kind {
        DataType::Null | DataType::FixedSizeBinary(0) => true,
        DataType::Struct(fields) => fields.iter().all(|field| is_empty(field.data_type())),
        _ => false,
    }
}

#[cfg(test)]
#[path = "avro_tests.rs"]
pub(super) mod tests;
