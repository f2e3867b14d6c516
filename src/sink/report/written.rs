//! How fields are written in JSON where serde has no form of its own.

use std::fmt::Display;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A word of the domain, as its `Display` gives it.
pub(super) fn word<T: Display, S: Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(value)
}

/// A value that several share.
pub(super) fn shared<T: Serialize, S: Serializer>(value: &Arc<T>, s: S) -> Result<S::Ok, S::Error> {
    value.serialize(s)
}

/// A word, or `null`.
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
pub(super) fn word_or_null<T: Display, S: Serializer>(value: &Option<T>, s: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => s.collect_str(value),
        None => s.serialize_none(),
    }
}

/// Text shared by many records, or `null`.
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
pub(super) fn shared_or_null<S: Serializer>(value: &Option<Arc<str>>, s: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(text) => s.serialize_str(text),
        None => s.serialize_none(),
    }
}
