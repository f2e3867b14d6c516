//! What a decoder needs to know that the file does not say.

use std::sync::Arc;

use crate::time::ZoneRule;

use super::profile::Profile;

/// Options of a decoding.
#[derive(Debug, Clone, Default)]
pub struct DecodeOptions {
    /// The zone of times that are written without one (`--zone`); a profile's own zone goes first.
    pub zone: Option<ZoneRule>,
    /// The profile to read a CSV file by, instead of the detected one.
    pub profile: Option<Arc<Profile>>,
    /// The device of records that name none.
    pub device: Option<String>,
}
