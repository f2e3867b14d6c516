//! Asking: one person's session over the tables, which reads and never changes, and ends at its limits.
//!
//! ```text
//!  SQL text ─> plan ─> does it only read? ─> filters of what the viewer may see, below it ─> limits ─> rows
//! ```
//! The invariant: a [`Session`] belongs to one [`Viewer`](crate::access::Viewer), and every table in it is wrapped for
//! that viewer before any text of theirs is read. No text can reach past that.

mod as_of;
mod audit_table;
mod case_columns;
mod case_rows;
mod case_said;
mod catalogue;
mod columns;
mod desk;
mod elsewhere;
mod error;
mod functions;
mod gate;
mod limits;
mod questions;
mod reading;
mod rights;
mod run;
mod session;
mod size;
mod splice;
mod stored_case;
mod tables;
mod tally;
mod workers;
mod zone;

pub use as_of::rewritten as with_as_of;
pub use audit_table::audit_table;
pub use case_columns::{IncidentColumns, WhereColumns};
pub use case_rows::{CaseRows, ReadSoFar};
pub use case_said::CaseSaid;
pub use catalogue::{COMMENT, ColumnDoc, Judged, Kind, TableDoc, catalogue, findings_doc, scene_search_doc, table_doc};
pub use columns::{Columns, Reals, Texts, Wholes};
pub use desk::{Brought, Desk, DeskOptions};
pub use elsewhere::Elsewhere;
pub use error::QueryError;
pub use functions::{TableFunctionDoc, table_functions};
pub use gate::{Gate, Happening, Proof, ScramSecret};
pub use limits::Limits;
pub use questions::{HeaderError, Question, QuestionParameter, question, questions};
pub use reading::Reading;
pub use rights::Standing;
pub use session::Session;
pub use size::check_length;
pub use splice::{FillError, filled, numbered, quoted};
pub use stored_case::{Known, OutsideRecord, StoredCase};
pub use tables::AsOf;
#[cfg(feature = "cluster")]
pub use tables::{OpenedExec, opened};
pub use tally::{Stated, Touched};
pub use workers::Workers;
