//! The words of the domain: plain types, no I/O, no Arrow.
//!
//! Every other stage speaks in these. Units stand in names: `_us` is UTC microseconds since 1970-01-01T00:00:00Z,
//! `_deg` is WGS84 degrees (latitude first), `_m` is metres on the WGS84 ellipsoid.

mod authority;
mod case_event;
mod case_event_id;
#[cfg(test)]
pub(crate) mod case_event_sample;
pub mod case_state;
mod content;
mod encounter;
mod exhibit;
mod fix;
mod numbers;
mod params;
mod proximity;
mod reject;
mod row_end;
mod target;

pub use authority::{Authorities, Authority, Excess, ExcessRow, Outside};
pub use case_event::{Attribution, CaseChange, CaseEvent, CustodyChange, CustodyStep, DataRequest, Role, StatedTarget};
pub use case_event_id::case_event_id;
pub use case_state::CaseState;
pub(crate) use content::Content;
pub use content::ContentId;
pub use encounter::Encounter;
pub use exhibit::{Exhibit, Sha256Hex};
pub use fix::{Basis, DEFAULT_CONFIDENCE, Fix, FixRow, SourceKind};
pub use numbers::Numbers;
pub use params::{ParamsError, ProximityParams};
pub use proximity::{Grade, Proximity};
pub use reject::{NotAFix, Reject, RejectReason, RejectRow, VALUE_MAX_CHARS, shorten};
pub use row_end::{END_PATH, RowEnd};
pub use target::{Incident, IncidentRow, Place, TargetKind};
