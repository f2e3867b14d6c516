//! What this process has used, from /proc; nothing where there is none.

use std::fs;

/// Clock ticks of /proc, a second: the same on every Linux there is.
const TICKS: f64 = 100.0;

/// CPU seconds of all threads, user and system.
pub fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may hold anything.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

/// The most memory since [`forget_peak`], MiB.
pub fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

/// Begins anew with the peak.
pub fn forget_peak() {
    // Where it cannot be, the peak is that of the whole bench.
    let _told = fs::write("/proc/self/clear_refs", "5");
}

/// The processor and how many threads run at once, and what else the machine does.
pub fn description() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|l| l.strip_prefix("model name"))
        .map_or("a processor", |l| l.trim_start_matches([':', '\t', ' ']));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?").to_owned();
    format!("{cores} threads of {model}; load average before: {load}")
}
