//! Fixes as the topic takes them: Arrow IPC streams of about a thousand records.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::writer::StreamWriter;

/// Records of one payload at most.
const ROWS: usize = 1_000;
/// Bytes of one payload, if it holds more than one record: brokers take a mebibyte unless they are set otherwise.
const BYTES: usize = 700 << 10;

/// The records of a batch as payloads, in their order.
///
/// # Errors
/// If a batch cannot be written.
pub(super) fn payloads(batch: &RecordBatch) -> Result<Vec<Vec<u8>>, ArrowError> {
    let starts = (0..batch.num_rows()).step_by(ROWS);
    // The last first, so that the first is taken first.
    let mut waiting: Vec<(usize, usize)> = starts.map(|at| (at, ROWS.min(batch.num_rows() - at))).rev().collect();
    let mut payloads = Vec::with_capacity(waiting.len());
    while let Some((at, rows)) = waiting.pop() {
        let payload = encoded(&batch.slice(at, rows))?;
        if payload.len() > BYTES && rows > 1 {
            let half = rows / 2;
            waiting.extend([(at + half, rows - half), (at, half)]);
        } else {
            payloads.push(payload);
        }
    }
    Ok(payloads)
}

fn encoded(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref())?;
    writer.write(batch)?;
    writer.finish()?;
    writer.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::message::{ContentType, FixDecoder};
    use crate::decode::{Checked, FixBuilder, FixView, RowSink as _};
    use crate::encounter::fix_row_id;
    use crate::model::{Basis, FixRow, SourceKind};
    use crate::source::{Block, Message, Topic};

    const NOW_US: i64 = 1_800_000_000_000_000;

    fn batch(rows: u64, path: &str) -> RecordBatch {
        let mut batches = Vec::new();
        let exhibit = "a1".repeat(32);
        let builder = FixBuilder::new("f.zip!a.csv", &exhibit, |b| {
            batches.push(b);
            Ok(())
        });
        let mut sink = Checked::new(builder, NOW_US);
        for row in 1..=rows {
            let t0_us = 1_700_000_000_000_000 + i64::try_from(row).unwrap();
            let odd = row % 2 == 1;
            sink.fix(&FixRow {
                device: if odd { " H 1" } else { "07700900123" },
                source: SourceKind::ALL[usize::try_from(row).unwrap() % SourceKind::ALL.len()],
                t0_us,
                t1_us: t0_us + i64::from(odd),
                lat_deg: 0.1 + 51.0,
                lon_deg: -1e-300,
                uncertainty_m: odd.then_some(0.1 + 0.2),
                confidence: 0.95,
                basis: Basis::ALL[usize::try_from(row).unwrap() % Basis::ALL.len()],
                azimuth_deg: odd.then_some(360.0),
                row,
                path,
                time_text: if odd { "01/06/2025 12:00 " } else { "" },
                time_ambiguous: odd,
            })
            .unwrap();
        }
        sink.into_parts().0.finish().unwrap();
        batches.remove(0)
    }

    fn ids(batch: &RecordBatch) -> Vec<crate::model::ContentId> {
        let view = FixView::new(batch).unwrap();
        (0..view.len()).map(|row| fix_row_id(&view.row(row), view.exhibit.word(row))).collect()
    }

    /// The records that the stream makes of a batch.
    fn through_the_stream(batch: &RecordBatch) -> (Vec<RecordBatch>, usize) {
        let mut block = Block::new(Topic::Fixes, -1);
        let payloads = payloads(batch).unwrap();
        for (payload, offset) in payloads.iter().zip(0..) {
            let content_type = Some(ContentType::ArrowStream.as_str().as_bytes());
            let payload = Some(payload.as_slice());
            block.push(&Message { offset, appended_us: None, key: Some(b"C"), content_type, payload });
        }
        let decoded = FixDecoder::new(None).decode(&block, NOW_US).unwrap();
        assert_eq!(decoded.rejects, []);
        assert!(decoded.unknown_fields.is_empty());
        (decoded.batches, payloads.len())
    }

    #[test]
    fn a_record_is_the_same_record_on_the_other_side() {
        let sent = batch(2_500, "");
        let (got, payloads) = through_the_stream(&sent);
        assert_eq!(payloads, 3);
        let found: Vec<_> = got.iter().flat_map(ids).collect();
        assert_eq!(found, ids(&sent));
        let file = FixView::new(&got[0]).unwrap();
        assert_eq!(file.file.word(7), "f.zip!a.csv");
        assert_eq!(got[0].column_by_name("azimuth_deg").unwrap().null_count(), got[0].num_rows() / 2);
    }

    #[test]
    fn no_payload_is_larger_than_brokers_take() {
        let sent = batch(700, &"p".repeat(4_000));
        for payload in payloads(&sent).unwrap() {
            assert!(payload.len() <= BYTES, "{}", payload.len());
        }
        let found: Vec<_> = through_the_stream(&sent).0.iter().flat_map(ids).collect();
        assert_eq!(found, ids(&sent));
    }
}
