//! The alibi query: could two moving devices have been within a radius of each other between their records?
//!
//! ```text
//!   at a moment t:      lens of A            lens of B             each lens is where its device could have been:
//!                      ╱▒▒▒▒▒╲  <─ h(t) ─>  ╱▒▒▒▒▒╲               the discs that the record before and the record
//!                      ╲▒▒▒▒▒╱              ╲▒▒▒▒▒╱               after allow, their radii linear in t
//!
//!   t ─────────[ possible ]────────[ certainly_not ]────────[ possible ]──>   h(t) <= radius, or not
//! ```
//! Every constraint `|x - p_i| <= R_i(t)` with `R_i` linear is a second-order cone, so `(t, x, y)` range over a convex set
//! and `h(t) = min |x - y|` is convex: its minimum over a stretch of time is found by a section search, and where it is
//! below the radius is one interval (notes: Kuijpers, Grimson, Othman, arXiv 0712.1996, for the question; the convex test
//! in its place).
//!
//! The plane: azimuthal equidistant about one of the records. On a surface of curvature between 0 and `1/b^2` that map
//! shortens no distance and lengthens none by more than `c / sin c`, `c` the angle of the farthest point that matters
//! (Rauch's comparison; for 100 km, 0.004 %). Radii are lengthened by as much, so that `certainly_not` in the plane is
//! `certainly_not` on the ellipsoid, and the error is towards `possible`.

mod account;
mod around;
mod cone;
mod finding;
mod flat;
mod front;
mod gate;
mod observed;
mod overlap;
mod plane;
mod sweep;
mod windows;
mod zone;

pub(super) use finding::{Passes, changed_findings, encounters};
pub use finding::{findings, pair_findings};
pub use observed::{Contact, contacts};
pub use sweep::{MeetingResult, meet};

/// Whether two devices were or could have been near each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Two of their records are near each other, definite or probable.
    Observed,
    /// Their records allow it.
    Possible,
    /// At no moment could they have been.
    CertainlyNot,
    /// There is no time for which both have records before and after.
    NoData,
}

impl Answer {
    /// The word used in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Possible => "possible",
            Self::CertainlyNot => "certainly_not",
            Self::NoData => "no_data",
        }
    }
}

#[cfg(test)]
mod meeting_tests;
