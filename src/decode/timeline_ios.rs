//! STUB timeline_ios

use std::io::BufRead;

use super::{DecodeError, DecodeOptions, RowSink};

/// STUB
///
/// # Errors
/// [`DecodeError`] if reading fails or the structure breaks.
pub fn decode(
    _reader: &mut dyn BufRead,
    _file: &str,
    _options: &DecodeOptions,
    _sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    Ok(())
}
