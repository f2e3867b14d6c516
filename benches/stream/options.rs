//! What is asked for on the command line.

use std::path::PathBuf;

use super::Outcome;

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Throughput of JSON records.
    Json,
    /// Throughput of Arrow streams.
    Arrow,
    /// From the broker's receipt of a record to that of its flag.
    Latency,
    /// Cost of a record as a case grows.
    Growth,
    /// Cost of a record as there are more cases.
    Cases,
}

const PARTS: [(&str, Part); 5] = [
    ("json", Part::Json),
    ("arrow", Part::Arrow),
    ("latency", Part::Latency),
    ("growth", Part::Growth),
    ("cases", Part::Cases),
];

/// The options, with what stands for those that are not given.
#[derive(Debug, Clone)]
pub struct Options {
    /// Records of each run.
    pub records: u64,
    /// Cases.
    pub cases: u32,
    /// The most records of one case.
    pub largest: u64,
    /// Records a second when latency is measured.
    pub rate: Option<f64>,
    /// What the cases may hold in memory, MiB.
    pub memory_mib: usize,
    /// How long latency is measured, seconds.
    pub paced_s: f64,
    /// How many cases, each in a run of its own.
    pub numbers_of_cases: Vec<u32>,
    /// Very few records, to see that it works.
    pub test: bool,
    /// Where records are to be written.
    pub write: Option<PathBuf>,
    only: Vec<Part>,
}

impl Options {
    /// Reads the arguments; those of `cargo bench` itself mean nothing here.
    pub fn read(args: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self {
            records: 2_000_000,
            cases: 50,
            largest: 1_000_000,
            rate: None,
            memory_mib: 8_192,
            paced_s: 20.0,
            numbers_of_cases: vec![10, 200, 2_000],
            test: false,
            write: None,
            only: PARTS.map(|(_, part)| part).to_vec(),
        };
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--bench" => {}
                "--test" => options.tiny(),
                "--records" => options.records = value()?.parse()?,
                "--cases" => options.cases = value()?.parse()?,
                "--largest" => options.largest = value()?.parse()?,
                "--rate" => options.rate = Some(value()?.parse()?),
                "--memory-mib" => options.memory_mib = value()?.parse()?,
                "--write" => options.write = Some(value()?.into()),
                "--only" => options.only = value()?.split(',').map(part).collect::<Outcome<_>>()?,
                other => return Err(format!("unknown option {other}; see the head of benches/stream/main.rs").into()),
            }
        }
        Ok(options)
    }

    fn tiny(&mut self) {
        (self.test, self.records, self.cases, self.largest) = (true, 2_000, 4, 1_000);
        (self.rate, self.paced_s, self.numbers_of_cases) = (Some(1_000.0), 1.0, vec![2, 8]);
    }

    /// Whether a part is asked for.
    pub fn has(&self, part: Part) -> bool {
        self.only.contains(&part)
    }
}

fn part(name: &str) -> Outcome<Part> {
    let known = PARTS.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
    known.ok_or_else(|| format!("unknown part {name}").into())
}
