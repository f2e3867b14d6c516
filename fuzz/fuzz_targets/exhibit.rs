//! The whole way from a file to batches, the format detected: also Parquet and Arrow IPC, which need a file.
//!
//! The readers of those two panic on damaged lengths; Locard catches that and calls the table damaged. The fuzzer's
//! own hook would abort at the panic, caught or not: it is replaced, and what is not caught still ends the run.
#![no_main]

use std::io::Write as _;

use locard::decode::{ExhibitOptions, decode_exhibit};

libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(locard_fuzz::remember_panic)),
    |data: &[u8]| locard_fuzz::abort_on_panic(|| {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(data).expect("room for the input");
        let mut options = ExhibitOptions::new(locard_fuzz::NOW_US);
        options.limits = locard_fuzz::small_limits();
        let mut rows = 0_u64;
        let report = decode_exhibit(file.path(), &options, &|_, _| {}, &mut |batch| {
            rows += batch.num_rows() as u64;
            Ok(())
        });
        if let Ok(report) = report {
            assert_eq!(report.counts().fixes, rows, "each fix that is counted is in a batch");
        }
    })
);
