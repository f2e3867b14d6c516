//! Counts the bytes that leave the disk.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};

/// How many bytes have been read, and who is told.
pub(super) struct Meter<'p> {
    read: Cell<u64>,
    progress: &'p dyn Fn(u64),
}

impl<'p> Meter<'p> {
    pub(super) fn new(progress: &'p dyn Fn(u64)) -> Self {
        Self { read: Cell::new(0), progress }
    }

    pub(super) fn read(&self) -> u64 {
        self.read.get()
    }
}

/// A reader whose bytes are counted by a [`Meter`].
pub(super) struct Metered<'m, 'p, R> {
    pub(super) inner: R,
    pub(super) meter: &'m Meter<'p>,
}

impl<R: Read> Read for Metered<'_, '_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.meter.read.set(self.meter.read.get().saturating_add(n as u64));
        (self.meter.progress)(self.meter.read.get());
        Ok(n)
    }
}

impl<R: Seek> Seek for Metered<'_, '_, R> {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.inner.seek(pos)
    }
}
