//! The clock is given, never read in passing: a result that depends on "now" can then be recomputed.

/// Tells the present moment.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// UTC microseconds since 1970-01-01T00:00:00Z.
    fn now_us(&self) -> i64;
}

/// The machine's clock; only `main` makes one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that the ban points to")]
    fn now_us(&self) -> i64 {
        jiff::Timestamp::now().as_microsecond()
    }
}

/// A clock that stands still, for tests and for recomputing.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub i64);

impl Clock for FixedClock {
    fn now_us(&self) -> i64 {
        self.0
    }
}
