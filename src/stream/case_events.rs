//! A block of the topic `cases` as events; what cannot be used is a reject.

use super::input::Input;
use crate::decode::message::{ContentType, MessageReject, SHOWN_PAYLOAD_BYTES, case_event};
use crate::model::RejectReason;
use crate::source::{Block, Topic};

/// The events of a block; what cannot be used is a reject.
pub(super) fn events(block: &Block, now_us: i64, input: &mut Input, rejects: &mut Vec<MessageReject>) {
    for message in block.messages() {
        let key = message.key.and_then(|key| std::str::from_utf8(key).ok());
        let reject = |field: &str, value: &str, reason| MessageReject {
            topic: Topic::Cases,
            partition: block.partition(),
            offset: message.offset,
            row: 0,
            case_id: key.map(str::to_owned),
            field: field.to_owned(),
            value: crate::model::shorten(value),
            reason,
            bytes: message.payload.unwrap_or_default().iter().take(SHOWN_PAYLOAD_BYTES).copied().collect(),
        };
        let Some(payload) = message.payload else {
            rejects.push(reject("", "", RejectReason::Tombstone));
            continue;
        };
        if ContentType::parse(message.content_type) != Some(ContentType::Json) {
            let named = String::from_utf8_lossy(message.content_type.unwrap_or_default());
            rejects.push(reject("content-type", &named, RejectReason::ContentType));
            continue;
        }
        match case_event(payload, message.appended_us.unwrap_or(now_us)) {
            // Bytes that are no text name no case either.
            Ok(event) if message.key.is_some_and(|key| !key.is_empty() && key != event.case_id.as_bytes()) => {
                rejects.push(reject("case_id", &event.case_id, RejectReason::KeyMismatch));
            }
            Ok(event) => input.events.push((message.offset, event)),
            Err(fault) => rejects.push(reject(&fault.field, &fault.value, fault.reason)),
        }
    }
}
