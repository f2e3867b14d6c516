//! The table `rejects`: what could not be used, with the reason and the bytes.
//!
//! | column | type | unit | nullable | meaning |
//! | --- | --- | --- | --- | --- |
//! | `case_id` | Utf8 | | no | the case, `_unknown` if it could not be told; partition |
//! | `topic` | Utf8 | | no | where it came from: a topic, or the file's name |
//! | `partition` | Int32 | | yes | the topic's partition; null for a file |
//! | `offset` | Int64 | | yes | the message's offset; null for a file |
//! | `row` | Int64 | | no | row in the message or file, from 1 |
//! | `field` | Utf8 | | no | the field at fault; empty if it is the whole row |
//! | `value` | Utf8 | | no | its value, cut to a length |
//! | `reason` | Utf8 | | no | a word for what is wrong |
//! | `bytes` | Binary | | yes | the message as it came |
//! | `stored_at` | Timestamp(us, UTC) | us | no | when it was committed |

use datafusion::arrow::datatypes::{DataType, Field};

use super::{Layout, moment, or_null, small, text, whole};

pub(super) fn layout() -> Layout {
    let columns = vec![
        text("case_id"),
        text("topic"),
        or_null(small("partition")),
        or_null(whole("offset")),
        whole("row"),
        text("field"),
        text("value"),
        text("reason"),
        Field::new("bytes", DataType::Binary, true),
        moment("stored_at"),
    ];
    Layout {
        order: &["topic", "partition", "offset", "row"],
        stats: &["offset"],
        words: &["topic", "field", "reason"],
        ..Layout::new(1, columns)
    }
}
