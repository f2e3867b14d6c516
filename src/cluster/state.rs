//! The one way sessions are made for the cluster: by who asks, by the scheduler and by executors alike, with Locard's
//! functions, operator and settings.

use std::sync::Arc;

use ballista_core::extension::SessionConfigExt as _;
use datafusion::error::Result;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;

use crate::join::{LocardOptions, SessionOptions, session};
use crate::store::PlainFiles;

/// Settings under which a plan is made that can be carried: tables as plain files; nothing between operators that only one
/// process has; text as it is sent; into so many parts.
///
/// Of joins by equality, those that can go to disk are taken: nobody sees how much memory an executor has.
pub(super) fn carried(config: SessionConfig, parts: usize) -> SessionConfig {
    let mut config =
        config.upgrade_for_ballista().with_target_partitions(parts.max(1)).with_extension(Arc::new(PlainFiles));
    if let Some(options) = config.options_mut().extensions.get_mut::<LocardOptions>() {
        options.windows_by_column = false;
    }
    config
}

/// Settings that a process of the cluster begins with; those of each question come with it.
pub(super) fn begun() -> SessionConfig {
    let mut config = SessionConfig::new().with_option_extension(LocardOptions::default()).upgrade_for_ballista();
    config.options_mut().execution.time_zone = Some("UTC".to_owned());
    config
}

/// A state with all functions, from which those of questions are made.
///
/// # Errors
/// If the engine cannot make its temporary folder.
pub(super) fn functions() -> Result<SessionState> {
    Ok(session(&SessionOptions::default())?.state())
}

/// The state of one question.
pub(super) fn of_question(functions: &SessionState, config: SessionConfig) -> SessionState {
    SessionStateBuilder::new_from_existing(functions.clone()).with_config(config).build()
}
