//! What visits may say.

use super::Phrase;

pub(in crate::evaluate) const QUESTION: Phrase =
    Phrase::fact("When do the records of {} lie near {}, and where was the victim's device then?");
pub(in crate::evaluate) const STAYS: Phrase = Phrase::fact(
    "The records show the device near {} on {} days (visits: {}; of these stays: {}, lingering: {}, passes: {}).",
);
pub(in crate::evaluate) const PASSES_ONLY: Phrase =
    Phrase::fact("The records show the device passing {} on {} days (passes: {}); no stay is recorded.");
pub(in crate::evaluate) const NO_VISIT: Phrase = Phrase::fact(
    "No record lies within {} m of {}, in {} hours in which the device was observed while the place was the victim's.",
);
pub(in crate::evaluate) const NO_DATA: Phrase =
    Phrase::fact("The device has no usable record from the time in which {} was the victim's.");

pub(in crate::evaluate) const AROUND_QUESTION: Phrase =
    Phrase::fact("Do the records of {} near {} begin before the victim's device arrived, or go on after it left?");
pub(in crate::evaluate) const BEFORE: Phrase = Phrase::fact(
    "On {} of {} visits near {} the records begin before the victim's device is recorded as arriving (still there when it \
     arrived: {}).",
);
pub(in crate::evaluate) const AFTER: Phrase = Phrase::fact(
    "On {} of {} visits near {} the records go on after the victim's device is recorded as leaving, or begin soon after.",
);
pub(in crate::evaluate) const BEFORE_AND_AFTER: Phrase = Phrase::fact(
    "Of {} visits near {}, {} begin before the victim's device is recorded as arriving and {} go on after it is recorded \
     as leaving, or begin soon after.",
);
pub(in crate::evaluate) const NEITHER: Phrase = Phrase::fact(
    "None of {} visits near {} begins before a recorded arrival of the victim's device or goes on after a recorded \
     leaving, within {} minutes.",
);
pub(in crate::evaluate) const AROUND_NOT_KNOWN: Phrase =
    Phrase::fact("The victim's records do not show where her device was during any of {} visits near {}.");
pub(in crate::evaluate) const AROUND_NO_VISIT: Phrase =
    Phrase::fact("No visit near {} is recorded, so none begins before an arrival or goes on after a leaving.");

pub(in crate::evaluate) const MOVE_QUESTION: Phrase =
    Phrase::fact("Do the records of {} come near {} after the victim moved there, and did they before?");
pub(in crate::evaluate) const AFTER_MOVE_ONLY: Phrase = Phrase::fact(
    "The first record near {} is {} days after the victim moved there; in {} observed hours before the move there is none.",
);
pub(in crate::evaluate) const BEFORE_AND_AFTER_MOVE: Phrase = Phrase::fact(
    "Records lie near {} after the victim moved there, the first {} days after it, and on {} visits before.",
);
pub(in crate::evaluate) const BEFORE_NOT_OBSERVED: Phrase = Phrase::fact(
    "The first record near {} is {} days after the victim moved there; the device has no records from before the move, so \
     it is not known whether it had come there before.",
);
pub(in crate::evaluate) const NO_APPEARANCE: Phrase =
    Phrase::fact("No record lies near {} in {} observed hours after the victim moved there.");
pub(in crate::evaluate) const MOVE_NO_DATA: Phrase =
    Phrase::fact("The device has no usable record from after the victim moved to {}.");

pub(in crate::evaluate) const OWN_REASONS: Phrase = Phrase::fact(
    "The device may come near the place for reasons of its holder's own: a home, work, school, shop or road beside it.",
);
pub(in crate::evaluate) const BY_ARRANGEMENT: Phrase =
    Phrase::fact("A visit may have been arranged or allowed: children handed over, belongings fetched.");
pub(in crate::evaluate) const OTHER_HOLDER: Phrase =
    Phrase::fact("Somebody else may have carried the device; a record locates a device and no person.");
pub(in crate::evaluate) const LIMIT_SILENCE: Phrase = Phrase::fact(
    "Where no record exists nothing is known: a device that records seldom passes many places unrecorded, and silence of \
     the victim's device is not absence.",
);
pub(in crate::evaluate) const LIMIT_STAY: Phrase = Phrase::fact(
    "A stay point needs records close to each other in time and place; a device at rest that records seldom gives none, \
     and one wrong position ends one.",
);
pub(in crate::evaluate) const LIMIT_NEAR: Phrase =
    Phrase::fact("Near is a distance on the map: another flat, the street behind, or a passing bus may be as near.");
pub(in crate::evaluate) const LIMIT_HER_DEVICE: Phrase =
    Phrase::fact("Where the victim's device was is where it was recorded; a device left at home stays at home.");

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    STAYS,
    PASSES_ONLY,
    NO_VISIT,
    NO_DATA,
    AROUND_QUESTION,
    BEFORE,
    AFTER,
    BEFORE_AND_AFTER,
    NEITHER,
    AROUND_NOT_KNOWN,
    AROUND_NO_VISIT,
    MOVE_QUESTION,
    AFTER_MOVE_ONLY,
    BEFORE_AND_AFTER_MOVE,
    BEFORE_NOT_OBSERVED,
    NO_APPEARANCE,
    MOVE_NO_DATA,
    OWN_REASONS,
    BY_ARRANGEMENT,
    OTHER_HOLDER,
    LIMIT_SILENCE,
    LIMIT_STAY,
    LIMIT_NEAR,
    LIMIT_HER_DEVICE,
];
