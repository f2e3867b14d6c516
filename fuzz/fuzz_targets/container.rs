//! Opening `.zip`, `.kmz` and `.gz`, nested too: what comes out stays within the limits.
#![no_main]

use std::io::Write as _;

use locard::source::{SourceError, visit_members};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("room for the input");
    let limits = locard_fuzz::small_limits();
    let (mut members, mut bytes) = (0_u64, 0_u64);
    let _a_broken_container_is_an_error = visit_members(file.path(), &limits, &|_| {}, &mut |member| {
        members += 1;
        if let Ok(content) = member.content {
            let is_plain = content.path.is_some();
            let given = locard_fuzz::drain(content.reader);
            // A plain file streams: the limits are for what is unpacked.
            bytes += if is_plain { 0 } else { given };
        }
        Ok::<(), SourceError>(())
    });
    assert!(members <= limits.max_members, "{members} members");
    assert!(bytes <= limits.max_total_bytes, "{bytes} bytes came out");
});
