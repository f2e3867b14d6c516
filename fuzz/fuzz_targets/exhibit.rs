//! The whole way from a file to batches, the format detected: also Parquet and Arrow IPC, which need a file.
#![no_main]

use std::io::Write as _;

use locard::decode::{ExhibitOptions, decode_exhibit};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
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
});
