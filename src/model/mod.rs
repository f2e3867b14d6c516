//! The words of the domain: plain types, no I/O, no Arrow.
//!
//! Every other stage speaks in these. Units stand in names: `_us` is UTC microseconds since 1970-01-01T00:00:00Z,
//! `_deg` is WGS84 degrees (latitude first), `_m` is metres on the WGS84 ellipsoid.

mod encounter;
mod exhibit;
mod fix;
mod params;
mod proximity;
mod reject;
mod row_end;
mod target;

pub use encounter::Encounter;
pub use exhibit::{Exhibit, Sha256Hex};
pub use fix::{Basis, DEFAULT_CONFIDENCE, Fix, FixRow, SourceKind};
pub use params::{ParamsError, ProximityParams};
pub use proximity::{Grade, Proximity};
pub use reject::{NotAFix, Reject, RejectReason, RejectRow, VALUE_MAX_CHARS};
pub use row_end::{END_PATH, RowEnd};
pub use target::{Incident, IncidentRow, Place, TargetKind};
