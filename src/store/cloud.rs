//! Tables in an object store: Amazon S3 and what speaks like it, Azure Blob Storage, Google Cloud Storage.
//!
//! ```text
//!  s3://bucket/locard ─┐                              ┌─> put if absent: how a commit to the log is atomic
//!  az://container/… ───┼─> storage, from the bucket's ┤
//!  gs://bucket/… ──────┘   root, by the environment   └─> everything else as on a disk
//! ```
//! Who we are there and where it is the environment says, in the words that those clouds' own tools use: `AWS_…`, `AZURE_…`
//! and `GOOGLE_…`. Nothing else of the environment is looked at: a variable `REGION` may be about anything.
//!
//! Invariant: the storage must refuse to put what is there already (S3: `If-None-Match`). One that does not would let two
//! writers take one version of a table.

use std::sync::Arc;

use datafusion::object_store::ObjectStore;
use url::Url;

use super::StoreError;

/// The schemes of addresses in an object store.
const SCHEMES: [&str; 8] = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "adl"];
/// What the names of the variables begin with that are looked at.
#[cfg(feature = "cloud-storage")]
const PREFIXES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// The storage of an address, from the root of its bucket; `None` if it is not in an object store.
///
/// # Errors
/// [`StoreError::Location`] if the address or the environment is not enough to reach it, or this build has no object stores.
pub(super) fn cloud(
    location: &Url,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Option<Arc<dyn ObjectStore>>, StoreError> {
    if !SCHEMES.contains(&location.scheme()) {
        return Ok(None);
    }
    let opened = open(location, environment);
    opened.map(Some).map_err(|detail| StoreError::Location { location: location.to_string(), detail })
}

#[cfg(feature = "cloud-storage")]
fn open(location: &Url, environment: impl Iterator<Item = (String, String)>) -> Result<Arc<dyn ObjectStore>, String> {
    let of_clouds = environment.filter(|(name, _)| PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
    let opened = object_store::parse_url_opts(location, of_clouds);
    opened.map(|(storage, _)| Arc::from(storage)).map_err(|e| e.to_string())
}

#[cfg(not(feature = "cloud-storage"))]
fn open(_: &Url, _: impl Iterator<Item = (String, String)>) -> Result<Arc<dyn ObjectStore>, String> {
    Err("this build has no object stores: build with the feature cloud-storage".to_owned())
}

/// The environment, as far as it is text.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
#[cfg(feature = "cloud-storage")]
mod tests {
    use super::*;

    fn opened(location: &str, environment: &[(&str, &str)]) -> Result<Option<String>, String> {
        let given = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let storage = cloud(&Url::parse(location).unwrap(), given);
        storage.map(|s| s.map(|s| format!("{s:?}"))).map_err(|e| e.to_string())
    }

    #[test]
    fn the_scheme_says_where_and_the_environment_how() {
        let s3 = [("AWS_ENDPOINT", "http://127.0.0.1:9"), ("AWS_REGION", "eu-west-2"), ("AWS_ALLOW_HTTP", "true")];
        let storage = opened("s3://bucket/locard", &s3).unwrap().unwrap();
        assert!(storage.contains("eu-west-2") && storage.contains("127.0.0.1:9/bucket"), "{storage}");
        let storage = opened("s3://bucket/locard", &[("REGION", "of-something-else"), ("aws_region", "x")]).unwrap();
        assert!(storage.is_some_and(|s| !s.contains("of-something-else")), "only what is said of a cloud");
        let azure = [("AZURE_STORAGE_ACCOUNT_NAME", "force"), ("AZURE_STORAGE_ACCOUNT_KEY", "AAAA")];
        assert!(opened("az://container/locard", &azure).unwrap().is_some_and(|s| s.contains("force")));
        assert!(opened("gs://bucket/locard", &[("GOOGLE_SKIP_SIGNATURE", "true")]).unwrap().is_some());
    }

    #[test]
    fn a_folder_is_in_no_object_store_and_what_is_missing_is_said() {
        assert_eq!(opened("file:///var/lib/locard/", &[]), Ok(None));
        assert_eq!(opened("memory:///locard/", &[]), Ok(None));
        let error = opened("az://container/locard", &[]).unwrap_err();
        assert!(error.contains("az://container/locard") && error.to_lowercase().contains("account"), "{error}");
    }
}
