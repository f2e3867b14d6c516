//! How fast the stream is: records on a broker in, flags on its topics and committed tables out, in one process.
//!
//! ```text
//!  records ─> topic `fixes` ─┬─> a bare librdkafka consumer         what reading alone costs
//!                            └─> an instance: flags and tables      what all of Locard costs      ─> ratio
//! ```
//! `LOCARD_BENCH_KAFKA=127.0.0.1:9092 cargo bench --bench stream -- [OPTIONS]`, with a broker of your own;
//! `tests/kafka/broker.sh start` starts one and `LOCARD_TEST_KAFKA` is taken as well. The topics it makes have names of
//! their own and stay. With `--test`, and without a broker, all of it runs once on very few records, on the mock cluster.
//!
//! ```text
//!  --records N      records of each run (2000000)
//!  --cases C        cases that they are spread over (50)
//!  --only A,B       of json, arrow, latency, growth, cases (all)
//!  --largest N      the most records of one case in `growth` (1000000)
//!  --memory-mib N   what the cases of the instance may hold in memory (8192)
//!  --rate N         records a second in `latency` (half of what `json` reached)
//!  --write FOLDER   writes the records and the targets as JSON lines, for benches/peers/flink.py, and ends
//! ```
//! A record is that of the simulator, about 190 bytes. Three in four are of a suspect's two devices, one of the victim;
//! of a thousand in a case, twelve are of a meeting and six at the victim's home: some 50 proximities, four encounters.

mod broker;
mod drain;
mod latency;
mod load;
mod machine;
mod options;
mod report;
mod world;

use std::error::Error;

use broker::Broker;
use options::{Options, Part};
use report::Report;
use world::World;

/// Whatever goes wrong ends the bench.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Outcome<()> {
    let options = Options::read(std::env::args().skip(1))?;
    if let Some(folder) = &options.write {
        return load::write(&World::new(options.cases), options.records, folder);
    }
    let broker = Broker::find(&options)?;
    let mut report = Report::begin(&broker, &options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut reached = options.rate.map(|rate| rate * 2.0);
    if options.has(Part::Json) {
        let rate = drain::compare(&runtime, &broker, &options, load::Payload::Json, &mut report)?;
        reached = reached.or(Some(rate));
    }
    if options.has(Part::Arrow) {
        drain::compare(&runtime, &broker, &options, load::Payload::Arrow, &mut report)?;
    }
    if options.has(Part::Latency) {
        latency::measure(&runtime, &broker, &options, reached.unwrap_or(200_000.0) / 2.0, &mut report)?;
    }
    if options.has(Part::Growth) {
        drain::growth(&runtime, &broker, &options, &mut report)?;
    }
    if options.has(Part::Cases) {
        drain::cases(&runtime, &broker, &options, &mut report)?;
    }
    Ok(())
}
