//! The messages of the topics that Locard reads: bytes of a payload in, what they state or why not out.

mod case_event;

pub use case_event::{CaseEventFault, CaseEventRead, case_event, case_event_to_json, read_case_event};
