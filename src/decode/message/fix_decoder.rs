//! The decoder of the topic `fixes`: one for each partition, so that what repeats from block to block is kept.

use std::sync::Arc;

use super::avro::AvroReader;
use super::content_type::ContentType;
use super::json::JsonReader;
use super::rows::{Origin, Rows};
use super::{DecodedFixes, MessageError, SchemaSource, arrow};
use crate::model::RejectReason;
use crate::source::{Block, Message, Topic};

/// Decodes blocks of messages of the topic `fixes`.
///
/// What it keeps between blocks (dictionaries, Avro schemas) changes no result.
#[derive(Debug)]
pub struct FixDecoder {
    rows: Rows,
    json: JsonReader,
    avro: AvroReader,
}

impl FixDecoder {
    /// A decoder; `schemas` is where Avro schemas come from, without which every Avro message is rejected.
    #[must_use]
    pub fn new(schemas: Option<Arc<dyn SchemaSource>>) -> Self {
        Self { rows: Rows::new(), json: JsonReader::new(), avro: AvroReader::new(schemas) }
    }

    /// A decoder without the quick reader of JSON.
    #[cfg(test)]
    pub(super) fn general() -> Self {
        Self { json: JsonReader::general(), ..Self::new(None) }
    }

    /// Decodes a block.
    ///
    /// A time of more than a day after the message was appended is refused; `now_us`, the moment of reading in UTC
    /// microseconds, stands in for messages that do not say when that was. So a message that is read again, however much
    /// later, gets the verdict that it got the first time.
    ///
    /// # Errors
    /// [`MessageError`] if the block as a whole could not be decoded; nothing of it is kept.
    pub fn decode(&mut self, block: &Block, now_us: i64) -> Result<DecodedFixes, MessageError> {
        if block.topic() != Topic::Fixes {
            return Err(MessageError::Topic);
        }
        let partition = block.partition();
        self.rows.start(block.len(), now_us).map_err(|source| MessageError::Batch { partition, source })?;
        self.avro.start();
        // Avro messages that follow each other are read together; the others in between keep the order.
        let mut run = Vec::new();
        for message in block.messages() {
            self.message(Origin::new(partition, message), &mut run)?;
        }
        self.avro.read(&mut run, &mut self.rows)?;
        let done = self.rows.finish(partition)?;
        Ok(DecodedFixes { messages: block.len() as u64, next_offset: block.next_offset(), ..done })
    }

    #[inline]
    fn message<'a>(&mut self, at: Origin<'a>, run: &mut Vec<Origin<'a>>) -> Result<(), MessageError> {
        let Message { payload, content_type, .. } = at.message;
        let Some(payload) = payload else {
            self.rows.reject(&at, 0, "", "", RejectReason::Tombstone);
            return Ok(());
        };
        let Some(kind) = ContentType::parse(content_type) else {
            let named = String::from_utf8_lossy(content_type.unwrap_or_default());
            self.rows.reject(&at, 0, "content-type", &named, RejectReason::ContentType);
            return Ok(());
        };
        if kind == ContentType::Avro {
            run.push(at);
            return Ok(());
        }
        if !run.is_empty() {
            self.avro.read(run, &mut self.rows)?;
        }
        match kind {
            ContentType::ArrowStream => arrow::read(&at, payload, &mut self.rows),
            _ => self.json.read(&at, payload, &mut self.rows),
        }
    }
}

#[cfg(test)]
#[path = "fix_decoder_tests.rs"]
mod tests;
