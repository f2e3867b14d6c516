//! The report of `locard evaluate`: findings, and what they rest on.
//!
//! ```text
//!  Evaluation ─ parameters ─ exhibits ─ targets ─ findings ─ timeline ─ plots ─ rejects ─ limits
//! ```
//! Around the findings it is the report of `locard check`, field by field; a finding is what [`Finding`] says, with its
//! identifier. A removed or renamed key needs a new [`EVALUATION_VERSION`].

use serde::Serialize;

use super::{ExhibitRead, Moment, Parameters, Rejects, Report, Targets, Tool};
use crate::evaluate::Finding;
use crate::evaluate::pattern::TimelineRow;
use crate::time::ZoneRule;

/// The version of the evaluation's JSON; it changes only when a reader of the old one would be misled or broken.
pub const EVALUATION_VERSION: u32 = 1;

/// A finding and its name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedFinding {
    /// The name of the question with its parameters: [`Finding::id`], 16 hexadecimal characters.
    pub id: String,
    /// What the data say to it.
    #[serde(flatten)]
    pub finding: Finding,
}

/// One row of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnAxis {
    /// When it begins.
    pub from: Moment,
    /// When it ends; the same for a moment.
    pub to: Moment,
    /// What it is, about what and which device.
    #[serde(flatten)]
    pub row: TimelineRow,
}

impl OnAxis {
    /// A row as seen in the zone the report is shown in.
    #[must_use]
    pub fn new(row: TimelineRow, zone: &ZoneRule) -> Self {
        Self { from: Moment::new(row.t0_us, zone), to: Moment::new(row.t1_us, zone), row }
    }
}

/// What `locard evaluate` found, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// [`EVALUATION_VERSION`]; the first key, so that a reader can tell at once.
    pub locard_evaluation: u32,
    /// The program.
    pub tool: Tool,
    /// What counted as near, together and one encounter.
    pub parameters: Parameters,
    /// The files that were read.
    pub exhibits: Vec<ExhibitRead>,
    /// What the suspect's fixes were compared with.
    pub targets: Targets,
    /// The findings, in the order of their topics, then of what they are about.
    pub findings: Vec<NamedFinding>,
    /// Everything of the case that has a time, in order of time.
    pub timeline: Vec<OnAxis>,
    /// The drawings that were made, as files.
    pub plots: Vec<String>,
    /// The rows that were not used.
    pub rejects: Rejects,
    /// What this can and cannot show: sentences of [`wording`](crate::sink::wording).
    pub limits: Vec<String>,
}

impl Evaluation {
    /// The findings with what a check of the same files would report around its encounters.
    #[must_use]
    pub fn new(report: Report, findings: Vec<Finding>) -> Self {
        let mut evaluation = Self::in_order(report, findings);
        evaluation.findings.sort_by(|a, b| key(a).cmp(&key(b)));
        evaluation
    }

    /// As [`Self::new`], with the findings in the order in which they come: the best candidate first.
    #[must_use]
    pub fn in_order(report: Report, findings: Vec<Finding>) -> Self {
        let named = |finding: Finding| NamedFinding { id: finding.id().to_string(), finding };
        let findings = findings.into_iter().map(named).collect();
        let Report { tool, parameters, exhibits, targets, rejects, limits, .. } = report.settled();
        let (locard_evaluation, timeline, plots) = (EVALUATION_VERSION, Vec::new(), Vec::new());
        Self { locard_evaluation, tool, parameters, exhibits, targets, findings, timeline, plots, rejects, limits }
    }
}

fn key(n: &NamedFinding) -> (crate::evaluate::Topic, &str, Option<&str>, &str) {
    (n.finding.topic, &n.finding.about, n.finding.device.as_deref(), &n.id)
}
