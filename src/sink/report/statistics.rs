//! What `--explain` shows: the plan, and what each stage did.

use serde::Serialize;

/// The plan and its counters.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// The physical plan, as `DataFusion` prints it.
    pub plan: String,
    /// The stages, in the order the data goes through them.
    pub stages: Vec<Stage>,
}

/// The counters of one stage; `null` where a counter has no meaning for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stage {
    /// Its name: `decode`, `index`, `join`, `encounter`.
    pub stage: String,
    /// Rows that came in.
    pub rows_in: u64,
    /// Pairs that shared a cell and a time bucket.
    pub candidates: Option<u64>,
    /// Pairs whose exact distance was computed.
    pub refined: Option<u64>,
    /// Pairs, or rows, that came out.
    pub matched: Option<u64>,
    /// Time it took, seconds; the only numbers of a report that differ from run to run.
    pub seconds: f64,
}
