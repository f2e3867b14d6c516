//! EXPLAIN: the counters of each stage, and the plan.

use crate::sink::SinkError;
use crate::sink::quantity::count;
use crate::sink::report::{Stage, Statistics};

use super::Page;

pub(super) fn section(statistics: &Statistics, page: &mut Page<'_>) -> Result<(), SinkError> {
    page.heading("EXPLAIN")?;
    page.line(2, &row("stage", ["rows in", "candidates", "refined", "matched", "seconds"].map(ToOwned::to_owned)))?;
    for stage in &statistics.stages {
        page.line(2, &row(&stage.stage, counters(stage)))?;
    }
    page.gap()?;
    for line in statistics.plan.lines() {
        page.line(2, line)?;
    }
    Ok(())
}

fn counters(s: &Stage) -> [String; 5] {
    let optional = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), count);
    [count(s.rows_in), optional(s.candidates), optional(s.refined), optional(s.matched), format!("{:.3}", s.seconds)]
}

fn row(stage: &str, [rows_in, candidates, refined, matched, seconds]: [String; 5]) -> String {
    format!("{stage:<12}{rows_in:>15}{candidates:>15}{refined:>15}{matched:>15}{seconds:>12}")
}
