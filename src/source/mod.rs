//! Returned files as they lie on disk: named by what is in them, and opened as far as their containers go.
//!
//! ```text
//!  case.zip ──sha-256──> Exhibit
//!     └─ open ─> a.csv                 member "a.csv"
//!            ├─> b.gpx.gz ─ open ─>    member "b.gpx.gz!b.gpx"
//!            └─> photos/               skipped: a folder
//! ```
//! Nothing of a container is written to disk under a name it brought along: names are labels. What comes out of a
//! container is bounded by [`Limits`], so that a small file cannot fill the machine.

mod authorities;
mod block;
mod budget;
mod container;
mod error;
mod file;
mod gz;
mod head;
pub mod kafka;
mod limits;
mod meter;
mod names;
mod schedule;
mod zipped;

pub use authorities::{Authorities, AuthoritiesError};
pub use block::{Block, Message, Topic};
pub use container::{Content, Member, visit_members};
pub use error::SourceError;
pub use file::{identify, spool};
pub use head::Rejoined;
pub use limits::Limits;
pub use schedule::{CaseLag, PartitionLag, ScheduleRules, Turn, Waiting, schedule, sort_cases};
