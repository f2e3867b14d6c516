//! Opens a gzip file: one member, whose name is the file's without `.gz`.

use std::io::{BufRead, BufReader};

use flate2::bufread::MultiGzDecoder;

use super::SourceError;
use super::budget::Bounded;
use super::container::{BUFFER_BYTES, Walk};
use super::meter::Meter;

/// Visits what a gzip stream holds (RFC 1952; several streams in a row are one file).
pub(super) fn visit<E: From<SourceError>>(
    walk: &mut Walk<'_, E>,
    packed: &mut dyn BufRead,
    meter: &Meter<'_>,
    name: &str,
    depth: u32,
) -> Result<(), E> {
    let budget = walk.budget;
    let unpacked = Bounded::new(MultiGzDecoder::new(packed), name, budget, meter, 0);
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, unpacked);
    walk.member(name, &mut reader, depth)
}
