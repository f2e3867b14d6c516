//! Tables that are counted together from what the viewer may see.

use super::{ColumnDoc, Judged, TableDoc, moment, text, whole};

pub(super) const TABLES: &[TableDoc] = &[TableDoc {
    name: "devices",
    meaning: "A device of a case, of the records that the viewer may see",
    judged: Judged::ByCase,
    columns: DEVICES,
}];

const DEVICES: &[ColumnDoc] = &[
    text("case_id", "The case"),
    text("device_id", "The device, as its records name it"),
    whole("fixes", "How many records there are"),
    moment("first_at", "When the first begins"),
    moment("last_at", "When the last ends"),
    whole("sources", "How many kinds of sources"),
    whole("exhibits", "How many exhibits they come from"),
];
