//! Logs: one line a happening on standard error, for a person or for a machine.

use serde::Deserialize;
use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::config_error::ConfigError;

/// The variable that stands above `log.level`: `LOCARD_LOG=info,locard::kafka=debug`.
pub const LOG_VARIABLE: &str = "LOCARD_LOG";

/// Reads the tables' logs, and tells of every look into a table as an `info`: at that level it is asked for warnings only,
/// unless it is named.
const KERNEL: &str = "buoyant_kernel";

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
    logs(form, filter, std::io::stderr).try_init().map_err(|_| ConfigError::LogsStarted)
}

fn logs<W>(form: LogForm, filter: EnvFilter, writer: W) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match form {
        LogForm::Text => logs.finish().into(),
        LogForm::Json => logs.json().flatten_event(true).with_current_span(false).finish().into(),
    }
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
    let mut filter = parts.join(",");
    if parts.contains(&"info") && !text.contains(KERNEL) {
        filter = format!("{KERNEL}=warn,{filter}");
    }
    EnvFilter::builder().with_regex(false).parse(filter).map_err(|e| wrong(e.to_string()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What is written to it can be read.
    #[derive(Clone)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(form: LogForm, level: &str) -> String {
        let written = Arc::new(Mutex::new(Vec::new()));
        let page = Page(Arc::clone(&written));
        let to = logs(form, filter("log.level", level).unwrap(), move || page.clone());
        tracing::dispatcher::with_default(&to, || {
            tracing::warn!(target: "locard::store", attempt = 3, path = "a \"b\"\nc", "disk full");
            tracing::info!(target: "locard::kafka", "link up");
        });
        String::from_utf8(written.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_json_log_is_one_object_a_line() {
        let text = logged(LogForm::Json, "info");
        let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!((&lines[0]["level"], &lines[0]["message"]), (&"WARN".into(), &"disk full".into()));
        assert_eq!((&lines[0]["attempt"], &lines[0]["path"]), (&3.into(), &"a \"b\"\nc".into()));
        assert_eq!(lines[1]["target"], "locard::kafka");
    }

    #[test]
    fn a_place_has_a_level_of_its_own() {
        let text = logged(LogForm::Text, "off,locard::kafka=info");
        assert!(text.contains("link up") && !text.contains("disk full") && text.lines().count() == 1, "{text}");
    }

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
