//! Bounds what comes out of a decompressor.

use std::cell::Cell;
use std::io::{self, Read};

use super::meter::Meter;
use super::{Limits, SourceError};

/// What one exhibit may still unpack.
pub(super) struct Budget {
    limits: Limits,
    out_bytes: Cell<u64>,
    members: Cell<u64>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, out_bytes: Cell::new(0), members: Cell::new(0) }
    }

    /// Counts the members of a container before any is opened.
    pub(super) fn admit(&self, container: &str, members: u64) -> Result<(), SourceError> {
        let found = self.members.get().saturating_add(members);
        self.members.set(found);
        let limit = self.limits.max_members;
        if found > limit {
            return Err(SourceError::Members { file: container.to_owned(), found, limit });
        }
        Ok(())
    }

    /// Whether a container at this depth may be opened.
    pub(super) fn descend(&self, container: &str, depth: u32) -> Result<(), SourceError> {
        let limit = self.limits.max_depth;
        if depth > limit {
            return Err(SourceError::Depth { file: container.to_owned(), limit });
        }
        Ok(())
    }

    /// The error of an exhibit that has unpacked too much; `Ok` while it has not.
    pub(super) fn check(&self, file: &str) -> Result<(), SourceError> {
        let limit_bytes = self.limits.max_total_bytes;
        if self.out_bytes.get() > limit_bytes {
            return Err(SourceError::TotalBytes { file: file.to_owned(), limit_bytes });
        }
        Ok(())
    }
}

/// What comes out of a decompressor, refused past the limits.
///
/// Bytes in are measured at the disk, never taken from a header: a header can lie.
pub(super) struct Bounded<'a, 'p, R> {
    inner: R,
    file: &'a str,
    budget: &'a Budget,
    meter: &'a Meter<'p>,
    in_before: u64,
    out_bytes: u64,
}

impl<'a, 'p, R: Read> Bounded<'a, 'p, R> {
    /// `in_before` is the meter's count when the member began.
    pub(super) fn new(inner: R, file: &'a str, budget: &'a Budget, meter: &'a Meter<'p>, in_before: u64) -> Self {
        Self { inner, file, budget, meter, in_before, out_bytes: 0 }
    }

    fn check(&self) -> Result<(), SourceError> {
        self.budget.check(self.file)?;
        let limits = &self.budget.limits;
        let in_bytes = self.meter.read().saturating_sub(self.in_before).max(1);
        let out_bytes = self.out_bytes;
        if out_bytes > limits.ratio_floor_bytes && out_bytes / in_bytes >= limits.max_ratio {
            return Err(SourceError::Ratio {
                file: self.file.to_owned(),
                limit: limits.max_ratio,
                out_bytes,
                in_bytes,
            });
        }
        Ok(())
    }
}

impl<R: Read> Read for Bounded<'_, '_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.out_bytes = self.out_bytes.saturating_add(n as u64);
        self.budget.out_bytes.set(self.budget.out_bytes.get().saturating_add(n as u64));
        self.check().map_err(io::Error::other)?;
        Ok(n)
    }
}
