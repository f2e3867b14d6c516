//! `--data`: where a store is, as a folder or an address.

use std::path::{Path, absolute};

use url::Url;

/// The folder of the store unless `--data` names another.
pub const DEFAULT_DATA: &str = "locard-data";

/// Reads `--data`: what holds `://` is an address (`s3://bucket/locard`), anything else a folder.
///
/// # Errors
/// What is wrong with it.
pub fn parse_data(text: &str) -> Result<Url, String> {
    if text.contains("://") {
        return Url::parse(text).map_err(|e| format!("{text} is no address: {e}"));
    }
    if text.is_empty() {
        return Err("the folder has no name".to_owned());
    }
    let folder = absolute(Path::new(text)).map_err(|e| format!("{text}: {e}"))?;
    Url::from_directory_path(&folder).map_err(|()| format!("{text} cannot be written as an address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_whole_and_an_address_is_kept() {
        assert_eq!(parse_data("s3://bucket/a b").unwrap().as_str(), "s3://bucket/a%20b");
        let here = parse_data("some [folder]").unwrap();
        assert_eq!(here.to_file_path().unwrap(), absolute("some [folder]").unwrap());
        assert!(here.path().ends_with('/'));
        assert!(parse_data("").is_err() && parse_data("://").is_err());
    }
}
