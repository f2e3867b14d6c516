//! What is printed: a table in Markdown, as in docs/stream-performance.md.

use std::io::Write as _;

use super::broker::Broker;
use super::options::Options;
use super::{Outcome, machine};

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Records.
    pub records: u64,
    /// Wall seconds.
    pub wall_s: f64,
    /// CPU seconds of this process, all threads, user and system.
    pub cpu_s: f64,
    /// Most memory, MiB.
    pub peak_mib: f64,
    /// Flags on the output topics; `None` of a bare consumer.
    pub flags: Option<u64>,
}

impl Used {
    /// Records a second.
    pub fn rate(&self) -> f64 {
        float(self.records) / self.wall_s
    }

    /// CPU nanoseconds a record.
    pub fn ns(&self) -> f64 {
        self.cpu_s * 1e9 / float(self.records)
    }
}

/// Prints as results come.
#[derive(Debug)]
pub struct Report {
    out: std::io::Stdout,
}

impl Report {
    /// Says what is measured, and on what.
    pub fn begin(broker: &Broker, options: &Options) -> Outcome<Self> {
        let mut report = Self { out: std::io::stdout() };
        report.line(&format!("broker: {}; {}", broker.name(), machine::description()))?;
        report.line(&format!(
            "{} records, {} cases, {} partitions",
            options.records,
            options.cases,
            broker.partitions()
        ))?;
        Ok(report)
    }

    /// A line of text.
    pub fn line(&mut self, text: &str) -> Outcome<()> {
        writeln!(self.out, "{text}")?;
        Ok(self.out.flush()?)
    }

    /// The head of a table of runs.
    pub fn head(&mut self, title: &str) -> Outcome<()> {
        self.line(&format!("\n## {title}\n"))?;
        self.line("| run | records | records/s | wall s | CPU s | CPU, ns a record | peak MiB | flags |")?;
        self.line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    }

    /// A row of it.
    pub fn row(&mut self, name: &str, used: &Used) -> Outcome<()> {
        let flags = used.flags.map_or_else(String::new, |n| n.to_string());
        self.line(&format!(
            "| {name} | {} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {flags} |",
            used.records,
            used.rate(),
            used.wall_s,
            used.cpu_s,
            used.ns(),
            used.peak_mib,
        ))
    }
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of records are far below 2^53")]
pub const fn float(n: u64) -> f64 {
    n as f64
}
