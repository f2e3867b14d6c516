//! Further settings of librdkafka, by its names: security, compression, buffers.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// Settings by name, as librdkafka's CONFIGURATION.md names them.
///
/// Some of the values are secret, such as `sasl.password`, and which of them cannot be told from a name that may be
/// misspelt. So `Debug` shows names and never a value.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ClientOptions(BTreeMap<String, String>);

impl ClientOptions {
    /// The value of a setting, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Sets one, in place of what it was.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// All that are set, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, String)> for ClientOptions {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_options_is_their_names() {
        let options: ClientOptions = toml::from_str("'sasl.pasword' = 'hunter2'\n'linger.ms' = '5'").unwrap();
        assert_eq!(format!("{options:?}"), r#"{"linger.ms", "sasl.pasword"}"#);
        assert_eq!(options.get("sasl.pasword"), Some("hunter2"));
        assert_eq!(options.all().count(), 2);
    }
}
