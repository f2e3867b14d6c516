//! A case event as the payload of the topic `cases`.

use crate::decode::message::case_event_to_json;
use crate::model::CaseEvent;

use super::feed_error::FeedError;

/// The payload of a case event, without a line end.
///
/// # Errors
/// None; kept as the other payloads' function.
pub fn case_event_json(event: &CaseEvent) -> Result<Vec<u8>, FeedError> {
    Ok(case_event_to_json(event).into_bytes())
}
