//! `--cluster`: a scheduler to which questions go. Programs that were built without the feature `cluster` say so.

use std::sync::Arc;

use crate::query::Elsewhere;

/// The cluster of a scheduler, to which all questions that read files go, divided into so many parts.
///
/// # Errors
/// What is wrong with the address, or that this program knows no cluster.
#[cfg(feature = "cluster")]
pub(super) fn all_to(address: &str, parts: Option<usize>) -> Result<Arc<dyn Elsewhere>, String> {
    use crate::cluster::{Cluster, Share};
    let cluster = Cluster::new(address.parse()?, Share::All);
    Ok(Arc::new(cluster.in_parts(parts.unwrap_or(Cluster::PARTS))))
}

/// The cluster of a scheduler; there is none in this program.
///
/// # Errors
/// That this program knows no cluster.
#[cfg(not(feature = "cluster"))]
pub(super) fn all_to(_address: &str, _parts: Option<usize>) -> Result<Arc<dyn Elsewhere>, String> {
    Err("--cluster: this locard was built without the feature `cluster` (cargo build --features cluster)".to_owned())
}
