//! The table `proximity`: fixes near targets. Of the rows of one `proximity_id` the one of the greatest `revision` holds.
//!
//! | column | type | unit | nullable | meaning |
//! | --- | --- | --- | --- | --- |
//! | `case_id` | Utf8 | | no | the case; partition |
//! | `proximity_id` | Int64 | | no | identifier from the content, bit-cast from u64 |
//! | `fix_id` | Int64 | | no | the suspect's fix |
//! | `target_kind` | Utf8 | | no | a word for the kind of target |
//! | `target_id` | Utf8 | | no | the target: a fix's identifier, a place, an incident |
//! | `device_id` | Utf8 | | no | the device of the fix |
//! | `t0`, `t1` | Timestamp(us, UTC) | us | no | the time interval of the fix |
//! | `distance_m` | Float64 | metres | no | between the centres |
//! | `grade` | Utf8 | | no | `definite`, `probable`, `possible` |
//! | `p_within` | Float64 | share | no | probability of being within `radius_m` |
//! | `radius_m` | Float64 | metres | no | the radius asked for |
//! | `window_s` | Float64 | seconds | no | the window asked for |
//! | `revision` | Int64 | | no | how many messages of its partition are taken into account; the greatest holds |
//! | `status` | Utf8 | | no | `current` or `withdrawn` |
//! | `why` | Utf8 | | no | why this revision was made; empty for the first |
//! | `stored_at` | Timestamp(us, UTC) | us | no | when it was committed |

use super::{Layout, float, moment, text, whole};

pub(super) fn layout() -> Layout {
    let columns = vec![
        text("case_id"),
        whole("proximity_id"),
        whole("fix_id"),
        text("target_kind"),
        text("target_id"),
        text("device_id"),
        moment("t0"),
        moment("t1"),
        float("distance_m"),
        text("grade"),
        float("p_within"),
        float("radius_m"),
        float("window_s"),
        whole("revision"),
        text("status"),
        text("why"),
        moment("stored_at"),
    ];
    Layout {
        order: &["device_id", "t0", "proximity_id", "revision"],
        stats: &["t0", "t1"],
        words: &["target_kind", "target_id", "device_id", "grade", "radius_m", "window_s", "status", "why"],
        ..Layout::new(1, columns)
    }
}
