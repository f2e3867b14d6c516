//! The table `encounters`: runs of proximities. Of the rows of one `encounter_id` the one of the greatest `revision`
//! holds.
//!
//! | column | type | unit | nullable | meaning |
//! | --- | --- | --- | --- | --- |
//! | `case_id` | Utf8 | | no | the case; partition |
//! | `encounter_id` | Utf8 | | no | the identifier it keeps while it grows |
//! | `content_id` | Utf8 | | no | identifier of all that it rests on, as `locard check` gives it |
//! | `device_id` | Utf8 | | no | the suspect's device |
//! | `target_kind` | Utf8 | | no | a word for the kind of target |
//! | `target` | Utf8 | | no | the victim's device, the place, the incident |
//! | `enter`, `exit` | Timestamp(us, UTC) | us | no | its beginning and end |
//! | `grade` | Utf8 | | no | the best of its proximities |
//! | `p_within_max`, `p_within_mean` | Float64 | share | no | over its proximities |
//! | `min_distance_m` | Float64 | metres | no | of observed fixes |
//! | `closest_approach_m` | Float64 | metres | yes | on the interpolated tracks |
//! | `closest_approach_at` | Timestamp(us, UTC) | us | yes | when that was |
//! | `suspect_fixes`, `target_fixes` | Int64 | | no | how many fixes it rests on |
//! | `sources` | Utf8 | | no | the kinds of sources, with `,` between |
//! | `single_fix` | Boolean | | no | it rests on one fix of the suspect |
//! | `proximities` | Int64 | | no | how many proximities it has |
//! | `closed` | Boolean | | no | its device has later records: only late ones can still change it |
//! | `revision` | Int64 | | no | how many messages of its partition are taken into account; the greatest holds |
//! | `status` | Utf8 | | no | `current`, `superseded`, `withdrawn` |
//! | `superseded_by` | Utf8 | | yes | the encounter that took its place |
//! | `why` | Utf8 | | no | why this revision was made; empty for the first |
//! | `stored_at` | Timestamp(us, UTC) | us | no | when it was committed |

use super::{Layout, float, moment, or_null, text, truth, whole};

pub(super) fn layout() -> Layout {
    let columns = vec![
        text("case_id"),
        text("encounter_id"),
        text("content_id"),
        text("device_id"),
        text("target_kind"),
        text("target"),
        moment("enter"),
        moment("exit"),
        text("grade"),
        float("p_within_max"),
        float("p_within_mean"),
        float("min_distance_m"),
        or_null(float("closest_approach_m")),
        or_null(moment("closest_approach_at")),
        whole("suspect_fixes"),
        whole("target_fixes"),
        text("sources"),
        truth("single_fix"),
        whole("proximities"),
        truth("closed"),
        whole("revision"),
        text("status"),
        or_null(text("superseded_by")),
        text("why"),
        moment("stored_at"),
    ];
    Layout {
        order: &["device_id", "enter", "encounter_id", "revision"],
        stats: &["enter", "exit"],
        words: &["device_id", "target_kind", "target", "grade", "sources", "status", "why"],
        ..Layout::new(1, columns)
    }
}
