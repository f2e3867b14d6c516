//! Logs: one line a happening on standard error, for a person or for a machine.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::config_error::ConfigError;

/// The variable that stands above `log.level`: `LOCARD_LOG=info,locard::kafka=debug`.
pub const LOG_VARIABLE: &str = "LOCARD_LOG";

/// The form of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// Lines for a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the logs of the process; `variable` is what [`LOG_VARIABLE`] holds, if it is set.
///
/// # Errors
/// [`ConfigError::Value`] for a level that is none; [`ConfigError::LogsStarted`] if the process has logs already.
pub fn start_logs(form: LogForm, level: &str, variable: Option<&str>) -> Result<(), ConfigError> {
    let filter = match variable.filter(|text| !text.trim().is_empty()) {
        Some(text) => filter(LOG_VARIABLE, text)?,
        None => filter("log.level", level)?,
    };
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match form {
        LogForm::Text => logs.finish().try_init(),
        LogForm::Json => logs.json().flatten_event(true).with_current_span(false).finish().try_init(),
    };
    started.map_err(|_| ConfigError::LogsStarted)
}

/// Reads a level: `info`, or several with their places, `info,locard::kafka=debug`.
pub(super) fn filter(field: &str, text: &str) -> Result<EnvFilter, ConfigError> {
    let wrong = |why: String| ConfigError::value(field, format!("{text:?}"), why);
    if text.trim().is_empty() {
        return Err(wrong("expected off, error, warn, info, debug or trace".to_owned()));
    }
    let parts: Vec<_> = text.split(',').map(str::trim).collect();
    // A word that is no level would be taken for the name of a module, and everything else would fall silent.
    for word in parts.iter().filter(|w| !w.contains(['=', '['])) {
        let level = word.parse::<tracing::level_filters::LevelFilter>();
        if level.is_err() && !word.contains("::") {
            return Err(wrong(format!("{word:?} is none of off, error, warn, info, debug and trace")));
        }
    }
    EnvFilter::builder().with_regex(false).parse(parts.join(",")).map_err(|e| wrong(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_refused_and_not_taken_for_a_module() {
        for good in ["info", "off", "info,locard::kafka=debug", "warn, locard=trace", "locard::store"] {
            assert!(filter("log.level", good).is_ok(), "{good}");
        }
        for (bad, word) in [("inof", "\"inof\" is none of"), ("", "expected off"), ("info,locard=loud", "log.level")] {
            let error = filter("log.level", bad).unwrap_err().to_string();
            assert!(error.starts_with("log.level is") && error.contains(word), "{error}");
        }
        let error = start_logs(LogForm::Text, "info", Some("lout")).unwrap_err().to_string();
        assert!(error.starts_with("LOCARD_LOG is \"lout\""), "the variable stands above the file: {error}");
        assert!(start_logs(LogForm::Text, "lout", Some(" ")).unwrap_err().to_string().starts_with("log.level"));
    }
}
