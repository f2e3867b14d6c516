//! Progress on long work: a bar on standard error, silent where that is not a terminal.
//!
//! Nothing here changes a result: a [`FileProgress`] reader gives exactly the bytes of the reader it wraps.

use std::io::Read;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::sink::shortened;

/// How many characters of a file's name stand before its bar.
const NAME_CHARS: usize = 32;
/// Bytes of a file: done, total and what is left.
const BYTES: &str = "{msg:32} [{bar:24}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
/// Records: done, about how many there will be, and what is left.
const RECORDS: &str = "{msg:32} [{bar:24}] {human_pos}/{human_len} {per_sec} {eta}";
/// Work whose end is not known.
const STAGE: &str = "{spinner} {msg} {elapsed}";

/// Where progress is shown.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    shown: bool,
}

impl Progress {
    /// On standard error; nothing is drawn if that is not a terminal.
    #[must_use]
    pub const fn on_stderr() -> Self {
        Self { shown: true }
    }

    /// Nowhere.
    #[must_use]
    pub const fn hidden() -> Self {
        Self { shown: false }
    }

    /// Begins a file of the given size, bytes.
    #[must_use]
    pub fn file(self, name: &str, bytes: u64) -> FileProgress {
        FileProgress { bar: self.bar(Some(bytes), BYTES, name) }
    }

    /// Begins work on about so many records.
    #[must_use]
    pub fn records(self, name: &str, records: u64) -> FileProgress {
        FileProgress { bar: self.bar(Some(records), RECORDS, name) }
    }

    /// Begins a stage whose end is not known.
    #[must_use]
    pub fn stage(self, name: &str) -> FileProgress {
        let bar = self.bar(None, STAGE, name);
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        FileProgress { bar }
    }

    fn bar(self, length: Option<u64>, template: &str, name: &str) -> ProgressBar {
        // indicatif itself draws nothing where standard error is not a terminal.
        let target = if self.shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        // The name comes from a file: it must not draw on the terminal itself.
        ProgressBar::with_draw_target(length, target).with_style(style).with_message(shortened(name, NAME_CHARS))
    }
}

/// The progress of one file or stage; its bar goes away when it is dropped.
#[derive(Debug)]
pub struct FileProgress {
    bar: ProgressBar,
}

impl FileProgress {
    /// Counts what is read through it.
    pub fn reader<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    /// Adds to what is done: bytes of a file, rows of a stage.
    pub fn advance(&self, n: u64) {
        self.bar.inc(n);
    }

    /// How much is done.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.bar.position()
    }
}

impl Drop for FileProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::IsTerminal;

    #[test]
    fn the_bytes_pass_unchanged_and_are_counted() {
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let progress = Progress::hidden().file("a\u{1b}[2J.csv", 100_000);
        let mut read = Vec::new();
        progress.reader(bytes.as_slice()).read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
        assert_eq!(progress.done(), 100_000);
        progress.advance(1);
        assert_eq!(progress.done(), 100_001, "a file that grew is not a fault");
    }

    #[test]
    fn nothing_is_drawn_where_standard_error_is_no_terminal() {
        let hidden = Progress::on_stderr().file("a", 1).bar.is_hidden();
        assert!(hidden || std::io::stderr().is_terminal());
        assert!(Progress::hidden().stage("join").bar.is_hidden());
    }

    #[test]
    fn the_templates_are_valid_and_a_name_cannot_draw() {
        for template in [BYTES, STAGE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
        let progress = Progress::hidden().file("a\u{1b}[2J.csv", 1);
        assert!(!progress.bar.message().contains('\u{1b}'));
    }
}
