//! The rows of a KML file, numbered from 1 as they are found.

use crate::decode::fault::Fault;
use crate::decode::{DecodeError, DecodeOptions, RowSink};
use crate::model::{FixRow, NotAFix};

/// The rows of the file, numbered as they are told.
pub(super) struct Rows<'a> {
    pub(super) options: &'a DecodeOptions,
    pub(super) sink: &'a mut dyn RowSink,
    /// The last row that was numbered, from 1.
    pub(super) last: u64,
}

impl Rows<'_> {
    /// Numbers a row that is told later.
    pub(super) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Tells a row that is by nature not a fix.
    pub(super) fn not_a_fix(&mut self, kind: NotAFix) {
        self.last += 1;
        self.sink.not_a_fix(kind, 1);
    }

    /// Tells a row that was read.
    ///
    /// # Errors
    /// What the receiver says.
    pub(super) fn tell(&mut self, row: u64, path: &str, read: Result<FixRow<'_>, Fault>) -> Result<(), DecodeError> {
        match read {
            Ok(fix) => {
                let device = self.options.device.as_deref().unwrap_or_default();
                self.sink.fix(&FixRow { device, row, path, ..fix })
            }
            Err(fault) => fault.reject(row, path, self.sink),
        }
    }
}
