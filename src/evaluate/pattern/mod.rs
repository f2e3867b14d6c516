//! Patterns together: separate occasions, days, places, hours, their trend, and everything on one axis of time.
//!
//! ```text
//!   encounters   ▬   ▬▬          ▬          │
//!   visits         ▬▬▬                 ▬▬   │  gaps of at most gap_us join: what is counted is occasions
//!   occasions    └──1──┘         2     └3┘  │
//!   reports              ▲                ▲ │
//!   custody                                 ╎ ▲   timeline: the same axis
//! ```
//! A course of conduct is conduct on at least two occasions (Protection from Harassment Act 1997, s.7(3)): occasions, days
//! and places are counted, never records. The rate is weighed against the hours in which a device was observed at all.

mod drawing;
mod finding;
mod occasion;
mod timeline;
mod trend;

#[cfg(test)]
mod pattern_tests;

pub use drawing::{DrawError, timeline_svg};
pub(super) use finding::findings_seen;
pub use finding::{PatternParams, pattern_findings};
pub(super) use occasion::appearances_of;
pub use occasion::{Appearance, Kind, Occasion, occasions, visit_appearances};
pub use timeline::{CustodyMoment, Lane, TimelineRow, timeline};
pub use trend::{Half, Trend, TrendAnswer, Week, trend, weeks};
