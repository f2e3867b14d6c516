//! Table functions over what the viewer may see.

use std::sync::Arc;

use datafusion::prelude::SessionContext;

use super::tables::CaseTables;

/// Makes the table functions known to a session.
pub(super) fn register(_context: &SessionContext, _tables: &Arc<CaseTables>) {}
