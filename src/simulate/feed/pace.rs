//! How fast a feed is sent: so many records a second, evenly.

use std::time::Duration;

/// A rate of records. What is sent does not depend on it, only when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    per_second: f64,
}

impl Pace {
    /// So many records a second; `None` if that is no rate.
    #[must_use]
    pub fn new(per_second: f64) -> Option<Self> {
        (per_second.is_finite() && per_second > 0.0).then_some(Self { per_second })
    }

    /// How long to wait before the next record, when so many have been sent in so many seconds.
    ///
    /// A sender that has fallen behind waits nothing until it has caught up.
    #[must_use]
    pub fn wait(self, sent: u64, seconds: f64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "a number of records is far below 2^53")]
        let due_s = sent as f64 / self.per_second;
        Duration::try_from_secs_f64(due_s - seconds).unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_due_evenly_and_what_is_late_is_not_held() {
        let pace = Pace::new(200.0).unwrap();
        assert_eq!(pace.wait(0, 0.0), Duration::ZERO);
        assert_eq!(pace.wait(100, 0.25), Duration::from_millis(250));
        assert_eq!(pace.wait(100, 0.75), Duration::ZERO);
        assert!([0.0, -1.0, f64::NAN, f64::INFINITY].into_iter().all(|rate| Pace::new(rate).is_none()));
    }
}
