//! What the lag scan may say.

use super::Phrase;

pub(in crate::evaluate) const QUESTION: Phrase =
    Phrase::fact("Do the records of {} lie on the path of {}, some while later or earlier?");

pub(in crate::evaluate) const LAGGED: Phrase = Phrase::evaluation(
    "The device took the path of the victim's device after it, at a steady lag (occasions: {}; metres in all: {}); the device's other days do not give this as habit.",
);
pub(in crate::evaluate) const LEADING: Phrase = Phrase::evaluation(
    "The device took the path of the victim's device before it, at a steady lag, so that the victim's device was \
     the one behind (occasions: {}; metres in all: {}); the device's other days do not give this as habit.",
);
pub(in crate::evaluate) const BOTH: Phrase = Phrase::evaluation(
    "The device took the path of the victim's device at a steady lag, after it and before it (occasions after: {}; \
     before: {}); the device's other days do not give this as habit.",
);
pub(in crate::evaluate) const NOT_WEIGHED: Phrase = Phrase::fact(
    "The device took the path of the victim's device with a lag (occasions: {}); too few other days are recorded to say \
     whether that is its habit.",
);
pub(in crate::evaluate) const HABITUAL: Phrase = Phrase::fact(
    "The device took the path of the victim's device with a lag (occasions: {}); the same comes about when the device's \
     days are exchanged with each other, as for people who use one road.",
);
pub(in crate::evaluate) const COMMON: Phrase = Phrase::fact(
    "The device took the path of the victim's device with a lag (occasions: {}); with so long a lag, on so small a part of \
     the victim's trip, or as often given by exchanged days, that is not told from chance.",
);
pub(in crate::evaluate) const TOGETHER: Phrase = Phrase::fact(
    "The two devices took one path at the same time (occasions: {}; metres in all: {}); no path with a lag was found.",
);
pub(in crate::evaluate) const SHARED_ROAD: Phrase = Phrase::fact(
    "The two devices used a road in common with a lag (occasions: {}), without the turns or the steady lag that \
     would tell it from other traffic.",
);
pub(in crate::evaluate) const NONE: Phrase = Phrase::fact(
    "No path of {} m or more in common with a lag of up to {} minutes was found, in {} moving records that could be \
     compared.",
);
pub(in crate::evaluate) const NO_MOVEMENT: Phrase =
    Phrase::fact("The records cannot answer this: {} has no usable record of movement.");
pub(in crate::evaluate) const TOO_SPARSE: Phrase = Phrase::fact(
    "The records cannot answer this: {} recorded its position every {} seconds while moving, and {} or less is needed.",
);
pub(in crate::evaluate) const TOO_FEW: Phrase =
    Phrase::fact("The records cannot answer this: {} has {} moving records, and {} or more are needed.");
pub(in crate::evaluate) const NO_COMMON_TIME: Phrase =
    Phrase::fact("The records cannot answer this: {} and {} have no records of moving at about the same time.");

pub(in crate::evaluate) const OTHER_ROAD_USERS: Phrase = Phrase::fact(
    "Both may have used one road for reasons of their own: a bus line, the way from one neighbourhood to another, a \
     diversion.",
);
pub(in crate::evaluate) const ARRANGED: Phrase = Phrase::fact(
    "Both devices may have been taken to one place by arrangement, in two vehicles or one after the other.",
);
pub(in crate::evaluate) const OTHER_HANDS: Phrase =
    Phrase::fact("Somebody else may have carried either device; a record locates a device and no person.");
pub(in crate::evaluate) const CLOCKS: Phrase = Phrase::fact(
    "If the clock of one device is wrong, the lag is wrong by as much: together may read as behind, and behind as ahead.",
);
pub(in crate::evaluate) const LIMIT_PATH: Phrase =
    Phrase::fact("Between records the path is a straight line; what happened between them is not known.");
pub(in crate::evaluate) const LIMIT_SHORT: Phrase = Phrase::fact(
    "Shorter stretches, straight roads, a part of a trip taken up on one occasion, and lags of more than half an hour are \
     not found by this method.",
);
pub(in crate::evaluate) const LIMIT_HABIT: Phrase =
    Phrase::fact("Habit is judged from the days that both devices recorded; a habit of other weeks does not show.");
pub(in crate::evaluate) const LIMIT_DIRECTION: Phrase =
    Phrase::fact("A lag does not say why: which device keeps to which is not in the records.");

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    LAGGED,
    LEADING,
    BOTH,
    NOT_WEIGHED,
    HABITUAL,
    COMMON,
    TOGETHER,
    SHARED_ROAD,
    NONE,
    NO_MOVEMENT,
    TOO_SPARSE,
    TOO_FEW,
    NO_COMMON_TIME,
    OTHER_ROAD_USERS,
    ARRANGED,
    OTHER_HANDS,
    CLOCKS,
    LIMIT_PATH,
    LIMIT_SHORT,
    LIMIT_HABIT,
    LIMIT_DIRECTION,
];
