//! All rejects as CSV (`--rejects PATH`), one row as it comes: none is held in memory.

use std::io::Write;

use crate::model::Reject;

use super::{SinkError, cell};

/// The columns of the file of rejects, in order.
const COLUMNS: [&str; 8] = ["file", "exhibit", "row", "path", "field", "value", "reason", "advice"];

/// Writes rejects as CSV; its text cells are safe to open in a spreadsheet.
#[derive(Debug)]
pub struct RejectsCsv<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> RejectsCsv<W> {
    /// Starts the file with its heading.
    ///
    /// # Errors
    /// [`SinkError`] if the output cannot be written to.
    pub fn new(out: W) -> Result<Self, SinkError> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(COLUMNS)?;
        Ok(Self { out })
    }

    /// Writes one reject.
    ///
    /// # Errors
    /// [`SinkError`] if the output cannot be written to.
    pub fn write(&mut self, r: &Reject) -> Result<(), SinkError> {
        self.out.write_record([
            cell(&r.file),
            r.exhibit.clone(),
            r.row.to_string(),
            cell(&r.path),
            cell(&r.field),
            cell(&r.value),
            r.reason.as_str().to_owned(),
            r.reason.advice().to_owned(),
        ])?;
        Ok(())
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// [`SinkError`] if the output cannot be written to.
    pub fn finish(mut self) -> Result<(), SinkError> {
        self.out.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RejectReason;

    #[test]
    fn a_reject_is_one_line_with_its_reason_and_advice() {
        let reject = Reject {
            file: "returned.csv".to_owned(),
            exhibit: "ab".repeat(32),
            row: 7,
            path: String::new(),
            field: "lat".to_owned(),
            value: "=HYPERLINK(\"x\")\n181".to_owned(),
            reason: RejectReason::LatitudeRange,
        };
        let mut out = Vec::new();
        let mut csv = RejectsCsv::new(&mut out).unwrap();
        csv.write(&reject).unwrap();
        csv.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let row = rows.records().next().unwrap().unwrap();
        assert_eq!(row.get(5), Some("'=HYPERLINK(\"x\")\\u{a}181"));
        assert_eq!(row.get(6), Some("latitude outside -90 to 90"));
        assert_eq!(row.get(7), Some(RejectReason::LatitudeRange.advice()));
    }
}
