//! A file's path as a URL, so that no character of it is taken for a pattern.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::SqlError;

/// The `file:` URL of a plain file, every byte but letters, digits, `/` and `-._~` percent-encoded (RFC 3986, 2.1).
///
/// Given as a path, `[1]` in a file's name would be a pattern, and `DataFusion` would search its folder.
///
/// # Errors
/// [`SqlError::Input`] if the file cannot be found, is no plain file (a pipe can be read only once), or its name is not
/// UTF-8.
pub fn file_url(file: &Path) -> Result<String, SqlError> {
    let fault = |e: std::io::Error| SqlError::input(file, format!("cannot read it: {e}"));
    let whole = fs::canonicalize(file).map_err(fault)?;
    if !fs::metadata(&whole).map_err(fault)?.is_file() {
        return Err(SqlError::input(file, "it is not a plain file: a folder or pipe cannot be a table"));
    }
    let path = whole.to_str().ok_or_else(|| SqlError::input(file, "its name is not UTF-8"))?;
    Ok(encode(path))
}

fn encode(path: &str) -> String {
    let mut url = String::from("file://");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _infallible = write!(url, "%{byte:02X}");
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_a_url_or_a_pattern_is_encoded() {
        assert_eq!(encode("/a b/[1]*?#%é.csv"), "file:///a%20b/%5B1%5D%2A%3F%23%25%C3%A9.csv");
    }

    #[test]
    fn a_folder_and_a_missing_file_are_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(file_url(folder.path()).unwrap_err().to_string().contains("not a plain file"));
        let missing = file_url(&folder.path().join("none.csv")).unwrap_err().to_string();
        assert!(missing.contains("none.csv: cannot read it"), "{missing}");
    }
}
