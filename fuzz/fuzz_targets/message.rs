//! Messages of the topic `fixes`: JSON, Arrow streams and Avro, as the first byte picks; each is a fix or a reject.
//!
//! The reader of Arrow may panic on damaged lengths; Locard catches that. As in `exhibit`, the hook is replaced.
#![no_main]

use std::sync::Arc;

use locard::decode::message::{ContentType, FixDecoder, SchemaError, SchemaSource};
use locard::source::{Block, Message, Topic};

/// Knows the documented schema by every number but 0.
#[derive(Debug)]
struct Documented;

impl SchemaSource for Documented {
    fn schema(&self, id: u32) -> Result<Option<Arc<str>>, SchemaError> {
        Ok((id > 0).then(|| include_str!("../../docs/schemas/fix-1.avsc").into()))
    }
}

libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(locard_fuzz::remember_panic)),
    |data: &[u8]| locard_fuzz::abort_on_panic(|| {
        let kinds = [ContentType::Json, ContentType::ArrowStream, ContentType::Avro];
        // A seed that begins as JSON or Arrow does is taken for it; else the first byte picks and is not read.
        let (kind, payload) = match data.split_first() {
            None | Some((b'{' | b' ', _)) => (ContentType::Json, data),
            Some((0xff, _)) => (ContentType::ArrowStream, data),
            Some((first, rest)) => (kinds[usize::from(*first) % kinds.len()], rest),
        };
        let mut block = Block::new(Topic::Fixes, 0);
        for offset in 0..2 {
            let content_type = Some(kind.as_str().as_bytes());
            block.push(&Message { offset, appended_us: None, key: Some(b"C"), content_type, payload: Some(payload) });
        }
        let mut decoder = FixDecoder::new(Some(Arc::new(Documented)));
        let decoded = decoder.decode(&block, locard_fuzz::NOW_US).expect("no source of schemas is down");
        let rows: usize = decoded.batches.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(decoded.counts.fixes, rows as u64, "each fix that is counted is in a batch");
        assert_eq!(decoded.counts.rejected(), decoded.rejects.len() as u64, "each reject is told");
        assert!(decoded.counts.rows() >= 2, "no message is without a fix or a reject");
        assert_eq!(decoder.decode(&block, locard_fuzz::NOW_US).expect("as before"), decoded, "read again, it is the same");
    })
);
