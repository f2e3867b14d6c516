//! Where a case's files stand in a table's folder.

use sha2::{Digest as _, Sha256};

use crate::model::Sha256Hex;

/// File systems allow 255 bytes in a name.
const LONGEST: usize = 200;

/// The name of the folder of a case: `case_id=` and the case, with every byte but letters, digits, `-`, `_` and `.`
/// written as `=` and two hexadecimal digits; a very long one by its SHA-256. Different cases have different folders.
///
/// Delta Lake takes the partition value from its log and never from the path, so the name need only be safe.
#[must_use]
pub(super) fn case_folder(case_id: &str) -> String {
    use std::fmt::Write as _;
    let mut name = String::from("case_id=");
    for byte in case_id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            name.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _infallible = write!(name, "={byte:02X}");
        }
    }
    if name.len() > LONGEST {
        let digest: [u8; 32] = Sha256::digest(case_id.as_bytes()).into();
        name = format!("case_id==sha256={}", Sha256Hex::from_bytes(&digest));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_case_reaches_out_of_its_folder_or_into_another() {
        let long = "é".repeat(300);
        let longer = "é".repeat(301);
        let cases = ["C-1.a_b", "../x", "a/b", "a=2Fb", "", "%41", "A", "é", long.as_str(), longer.as_str()];
        let folders: std::collections::BTreeSet<String> = cases.iter().map(|c| case_folder(c)).collect();
        assert_eq!(folders.len(), cases.len());
        for folder in &folders {
            let safe = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
            assert!(folder.len() < 255 && folder.chars().all(safe), "{folder}");
        }
        assert_eq!(case_folder("C-1.a_b"), "case_id=C-1.a_b");
        assert_eq!(case_folder("a/b"), "case_id=a=2Fb");
    }
}
