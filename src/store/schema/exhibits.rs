//! The table `exhibits`: returned files. The bytes stand in the folder `exhibits/` of the store, by SHA-256.
//!
//! | column | type | unit | nullable | meaning |
//! | --- | --- | --- | --- | --- |
//! | `case_id` | Utf8 | | no | the case; partition |
//! | `sha256` | Utf8 | | no | of the bytes as returned, hex |
//! | `name` | Utf8 | | no | the file's name as given |
//! | `bytes` | Int64 | bytes | no | its size |
//! | `stored_path` | Utf8 | | no | where it stands, from the store's root |
//! | `imported_at` | Timestamp(us, UTC) | us | no | when it was given |
//! | `subject` | Utf8 | | no | whose records it holds |
//! | `device` | Utf8 | | no | the device that records are of which name none; or the only one that was asked for |
//! | `finished` | Boolean | | no | all its rows are in the tables; the last row of an exhibit holds |
//! | `stored_at` | Timestamp(us, UTC) | us | no | when it was committed |

use super::{Layout, moment, text, truth, whole};

pub(super) fn layout() -> Layout {
    let columns = vec![
        text("case_id"),
        text("sha256"),
        text("name"),
        whole("bytes"),
        text("stored_path"),
        moment("imported_at"),
        text("subject"),
        text("device"),
        truth("finished"),
        moment("stored_at"),
    ];
    Layout { order: &["imported_at", "sha256", "finished"], stats: &["imported_at"], ..Layout::new(1, columns) }
}
