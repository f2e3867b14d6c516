//! What a whole evaluation costs, topic by topic: 10^6 of the suspect's records, 10^5 of hers, 50 incidents.
//!
//! ```text
//!  cargo bench --bench evaluate                      the whole case
//!  cargo bench --bench evaluate -- --days 30         a twelfth of it
//! ```
//! CPU seconds of all threads and the most memory; then what one more record costs where what was found is kept and both
//! phones go on, with a camera that saw his car now and then as a third device: as it is, and with a validation and a second
//! source of his phone; then following alone of two phones that take the same ways every day; then the coincidence alone
//! over 2,400 days of as many records, shifted by days, which is a thousand shifts. `cargo bench -- --test` takes three days
//! of it.

#![expect(clippy::print_stdout, reason = "what it says is what it is for")]

#[path = "../stream/machine.rs"]
mod machine;
mod world;

use std::sync::Arc;

use locard::evaluate::coincidence::CoincidenceParams;
use locard::evaluate::{self, Case, Kept, Record, Settings, Topic, Whose};
use locard::time::{Stopwatch, ZoneRule};
use world::Size;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = arguments.iter().skip_while(|a| *a != "--days").nth(1).and_then(|days| days.parse().ok());
    let small = arguments.iter().any(|a| a == "--test");
    let days = given.unwrap_or(if small { 3 } else { 365 });
    let size = Size { days, his_step_s: 31, her_step_s: 315, incidents: 50 };
    println!("{}", machine::description());
    let case = world::case(size);
    let count = |devices: &[evaluate::Device]| devices.iter().map(|d| d.records().len()).sum::<usize>();
    println!(
        "{} of the suspect's records, {} of hers, {} incidents",
        count(&case.suspects),
        count(&case.victims),
        case.incidents.len()
    );
    machine::forget_peak();
    let held_mib = machine::peak_mib();
    let settings = Settings::default();
    let began_s = machine::cpu_s();
    for topic in Topic::ALL {
        let before_s = machine::cpu_s();
        let findings = evaluate::findings_of(topic, &case, &settings);
        println!("{topic:?}: {} findings, {:.2} CPU s", findings.len(), machine::cpu_s() - before_s);
    }
    println!(
        "all: {:.2} CPU s, at most {:.0} MiB beside the case's {held_mib:.0}",
        machine::cpu_s() - began_s,
        machine::peak_mib() - held_mib
    );
    let records = if small { 22 } else { 660 };
    let case = world::with_camera(case, 36);
    one_more_record(case.clone(), size, Settings::default(), records);
    println!("with a validation and a second source of his phone:");
    let settings = Settings { validation: Some(world::validation(&settings)), ..settings };
    one_more_record(world::with_second_source(case), size, settings, records);
    same_ways(days);
    if !small {
        thousand_shifts();
    }
}

/// What one more record costs where what was found is kept and both phones go on: his every half minute, hers every five.
fn one_more_record(case: Case, size: Size, settings: Settings, records: usize) {
    let phones = [(Whose::Suspect, &case.suspects, size.his_step_s), (Whose::Victim, &case.victims, size.her_step_s)];
    let going = |(whose, devices, step_s): (Whose, &Vec<evaluate::Device>, i64)| {
        let phone = devices.first()?;
        let last = *phone.records().last()?;
        Some(Going {
            whose,
            name: phone.name.clone(),
            last,
            step_us: step_s * 1_000_000,
            put_ms: Vec::new(),
            asked: Vec::new(),
        })
    };
    let mut phones: Vec<Going> = phones.into_iter().filter_map(going).collect();
    let mut kept = Kept::new(case, Arc::new(settings));
    println!("everything: ms by topic: {}", told(&[asked(&mut kept)]));
    println!("nothing new: ms by topic: {}", told(&[asked(&mut kept)]));
    for _ in 0..records {
        // Whose turn it is.
        let Some(phone) = phones.iter_mut().min_by_key(|phone| phone.last.t0_us + phone.step_us) else { return };
        phone.goes_on(&mut kept);
    }
    for Going { name, put_ms, asked, .. } in phones {
        let (many, put_ms) = (asked.len(), median(put_ms));
        println!(
            "one more record of {name}, median of {many}: {put_ms:.3} ms to put it; ms by topic: {}",
            told(&asked)
        );
    }
}

/// A phone that is recorded again and again, and what each of its records cost.
struct Going {
    whose: Whose,
    name: String,
    last: Record,
    step_us: i64,
    put_ms: Vec<f64>,
    asked: Vec<Vec<f64>>,
}

impl Going {
    /// One more record, a few metres north or south of the last.
    fn goes_on(&mut self, kept: &mut Kept) {
        let north_deg = if self.asked.len().is_multiple_of(2) { 3e-5 } else { -3e-5 };
        self.last.lat_deg += north_deg;
        (self.last.t0_us, self.last.t1_us) = (self.last.t0_us + self.step_us, self.last.t1_us + self.step_us);
        self.last.origin.row += 1;
        let watch = Stopwatch::start();
        kept.put(self.whose, &self.name, self.last);
        self.put_ms.push(watch.seconds() * 1e3);
        self.asked.push(asked(kept));
    }
}

/// Asks for all findings; how long each topic took, milliseconds.
fn asked(kept: &mut Kept) -> Vec<f64> {
    let ms = |topic| {
        let watch = Stopwatch::start();
        std::hint::black_box(kept.findings(topic));
        watch.seconds() * 1e3
    };
    Topic::ALL.into_iter().map(ms).collect()
}

/// The median of each topic; of all of them together also what 95 in a hundred take, and the most.
fn told(asked: &[Vec<f64>]) -> String {
    let of = |place: usize| median(asked.iter().filter_map(|ms| ms.get(place)).copied().collect());
    let topics = Topic::ALL.into_iter().enumerate().map(|(place, topic)| format!("{topic:?} {:.1}", of(place)));
    let mut sums: Vec<f64> = asked.iter().map(|ms| ms.iter().sum()).collect();
    let all = median(sums.clone());
    sums.sort_by(f64::total_cmp);
    let most = sums.last().copied().unwrap_or_default();
    let many = sums.get(sums.len() * 95 / 100).copied().unwrap_or_default();
    format!("{}; all {all:.1}, 95 in a hundred {many:.1}, most {most:.1}", topics.collect::<Vec<_>>().join(", "))
}

/// The one in the middle, the greater of two.
fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or_default()
}

/// Following of two phones with as many trips in common as there can be, and after one more record.
fn same_ways(days: i64) {
    let case = world::same_ways(days);
    let last = case.suspects.first().and_then(|phone| Some((phone.name.clone(), phone.records().last().copied()?)));
    let Some((name, mut record)) = last else { return };
    let mut kept = Kept::new(case, Arc::new(Settings::default()));
    let before_s = machine::cpu_s();
    let findings = kept.findings(Topic::Following).len();
    println!("following on the same ways of {days} days: {findings} finding, {:.2} CPU s", machine::cpu_s() - before_s);
    (record.t0_us, record.t1_us) = (record.t0_us + 10_000_000, record.t1_us + 10_000_000);
    kept.put(Whose::Suspect, &name, record);
    let watch = Stopwatch::start();
    let findings = kept.findings(Topic::Following).len();
    println!("after one more record: {findings} finding, {:.1} ms", watch.seconds() * 1e3);
}

/// The coincidence of a case long enough for a thousand shifts by days.
fn thousand_shifts() {
    let case = world::case(Size { days: 2_400, his_step_s: 206, her_step_s: 2_072, incidents: 0 });
    let before_s = machine::cpu_s();
    let how = CoincidenceParams { enough_weeks: usize::MAX, ..CoincidenceParams::default() };
    let findings = evaluate::coincidence::findings(&case, &ZoneRule::utc(), &how);
    let figures = findings.iter().flat_map(|f| &f.figures);
    let shifts =
        figures.filter(|f| f.name == "shifts").map(|f| format!("{:?}", f.value)).collect::<Vec<_>>().join(", ");
    println!("coincidence by days, shifts {shifts}: {:.2} CPU s", machine::cpu_s() - before_s);
}
