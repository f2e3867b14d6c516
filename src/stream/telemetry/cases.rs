//! The cases whose time runs out, as metrics: the most urgent only, whatever their number.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use tokio::sync::watch;

use super::labels::case_label;
use super::partition::write;
use crate::source::{CaseLag, sort_cases};

/// At most so many cases have time series of their own; all are in `/api/cases/lag`.
pub const CASES_SHOWN: usize = 20;

/// Looks the cases up when the metrics are asked for.
#[derive(Debug)]
pub(super) struct Cases {
    told: watch::Receiver<Vec<CaseLag>>,
}

impl Cases {
    pub(super) const fn new(told: watch::Receiver<Vec<CaseLag>>) -> Self {
        Self { told }
    }
}

/// The cases with a custody clock or with records that wait, the most urgent of them.
fn shown(mut cases: Vec<CaseLag>) -> Vec<CaseLag> {
    cases.retain(|c| c.left_us.is_some() || c.lag_records > 0);
    sort_cases(&mut cases);
    cases.truncate(CASES_SHOWN);
    cases
}

impl Collector for Cases {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let told = self.told.borrow().clone();
        let aside = told.iter().filter_map(|c| Some((case_label(&c.case), u64::try_from(c.aside_bytes?).ok()?)));
        let help = "Memory that a case needs which does not fit: nothing is said of it";
        write(&mut encoder, "case_aside", help, Some(&Unit::Bytes), aside.take(CASES_SHOWN))?;
        let cases = shown(told);
        let left = cases.iter().filter_map(|c| Some((case_label(&c.case), seconds(c.left_us?))));
        let help =
            "Least time left of the custody clocks of a case, negative once it has passed; the most urgent cases";
        write(&mut encoder, "custody_left", help, Some(&Unit::Seconds), left)?;
        let lag = cases.iter().map(|c| (case_label(&c.case), c.lag_records));
        let help = "Records of a case that were read and are not in the tables yet; the most urgent cases";
        write(&mut encoder, "case_lag", help, Some(&Unit::Other("records".to_owned())), lag)
    }
}

/// To the millisecond, which is exact enough for a clock of days.
fn seconds(us: i64) -> f64 {
    std::time::Duration::from_millis(us.unsigned_abs() / 1_000).as_secs_f64().copysign(if us < 0 { -1.0 } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_most_urgent_cases_have_series() {
        let case = |n: i64, left_us| CaseLag {
            case: format!("C-{n}"),
            partition: 0,
            lag_records: 1,
            left_us,
            aside_bytes: None,
        };
        let mut cases: Vec<_> = (0..30).map(|n| case(n, Some(1_000_000 * (30 - n)))).collect();
        cases.push(case(98, Some(-5)));
        cases.push(CaseLag { lag_records: 0, ..case(99, None) });
        let shown = shown(cases.clone());
        assert_eq!(shown.len(), CASES_SHOWN);
        assert_eq!((shown[0].case.as_str(), shown[19].case.as_str()), ("C-29", "C-10"), "least time left first");
        let few = super::shown(cases.split_off(29));
        let names: Vec<_> = few.iter().map(|c| c.case.as_str()).collect();
        assert_eq!(names, ["C-29", "C-98"], "a case without clock and lag is not shown");
    }

    #[test]
    fn a_clock_that_has_passed_is_negative() {
        assert_eq!(seconds(90_500_999), 90.5);
        assert_eq!(seconds(-1_500_000), -1.5);
    }
}
