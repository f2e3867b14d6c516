//! The table `case_events`: what people say about cases, one statement a row.
//!
//! | column | type | unit | nullable | meaning |
//! | --- | --- | --- | --- | --- |
//! | `case_id` | Utf8 | | no | the case; partition |
//! | `event_id` | Utf8 | | no | names the statement |
//! | `recorded_at` | Timestamp(us, UTC) | us | no | when it was recorded |
//! | `author` | Utf8 | | no | who recorded it |
//! | `reason` | Utf8 | | no | why, in their words; may be empty |
//! | `kind` | Utf8 | | no | what kind of statement it is |
//! | `body` | Utf8 | | no | the whole statement as JSON |
//! | `origin_partition` | Int32 | | no | partition of the topic it came through |
//! | `origin_offset` | Int64 | | no | its offset there |
//! | `stored_at` | Timestamp(us, UTC) | us | no | when it was committed |

use super::{Layout, moment, small, text, whole};

pub(super) fn layout() -> Layout {
    let columns = vec![
        text("case_id"),
        text("event_id"),
        moment("recorded_at"),
        text("author"),
        text("reason"),
        text("kind"),
        text("body"),
        small("origin_partition"),
        whole("origin_offset"),
        moment("stored_at"),
    ];
    Layout {
        order: &["recorded_at", "event_id", "origin_offset"],
        stats: &["recorded_at", "origin_partition", "origin_offset"],
        words: &["author", "kind"],
        ..Layout::new(1, columns)
    }
}
