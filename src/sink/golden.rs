//! Golden outputs of the sample report, for tests.

use std::path::Path;

/// Compares with `tests/fixtures/report/<name>`; with `LOCARD_BLESS=1` writes it instead, for a person to read in the diff.
pub(super) fn compare(name: &str, actual: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report").join(name);
    if std::env::var_os("LOCARD_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    let actual = std::str::from_utf8(actual).unwrap();
    for (n, (want, got)) in expected.lines().zip(actual.lines()).enumerate() {
        assert_eq!(got, want, "{name}, line {}", n + 1);
    }
    assert_eq!(actual, expected, "{name} differs in length");
}
