//! What is said about identifiers recorded at several scenes.

use super::Phrase;

pub(in crate::evaluate) const QUESTION: Phrase =
    Phrase::evaluation("Which identifiers were recorded at several of the {} scenes, and how many would be by chance?");
pub(in crate::evaluate) const MORE: Phrase = Phrase::evaluation(
    "{} identifiers were searched. {} of them were recorded at {} or more of {} scenes, where chance gives {}.",
);
pub(in crate::evaluate) const AS_BY_CHANCE: Phrase = Phrase::evaluation(
    "{} identifiers were searched. {} of them were recorded at {} or more of {} scenes; chance gives {}, so that this tells \
     nobody apart.",
);
pub(in crate::evaluate) const NONE: Phrase =
    Phrase::fact("{} identifiers were searched. None of them was recorded at {} or more of {} scenes.");
pub(in crate::evaluate) const CANDIDATE_QUESTION: Phrase =
    Phrase::fact("At which of the scenes was identifier {} recorded, and which of them do its records exclude?");
pub(in crate::evaluate) const CANDIDATE: Phrase = Phrase::evaluation(
    "Identifier {} was recorded at {} of {} scenes. Of the others its records exclude {}, show it elsewhere within the \
     window at {}, and say nothing of {}. Chance gives {} identifiers at as many scenes, of {} searched.",
);
pub(in crate::evaluate) const ALTERNATIVES: [Phrase; 4] = [
    Phrase::evaluation("Whoever lives, works or drives for a living near several scenes is recorded at them."),
    Phrase::evaluation(
        "Scenes near each other, or at like hours, are not independent: somebody at one is likelier to be at the next.",
    ),
    Phrase::evaluation(
        "People whose work brings them to scenes, such as officers and ambulance crews, are recorded there.",
    ),
    Phrase::evaluation("A victim of several incidents is recorded at all of them, and so is who lives with her."),
];
pub(in crate::evaluate) const LIMITS: [Phrase; 5] = [
    Phrase::fact("An identifier is a number, a plate or an address of a device: it does not show who used it."),
    Phrase::fact("Only records that were asked for are searched; a device without records there may have been there."),
    Phrase::fact(
        "Absence of a record is not absence of the device, unless the finding says that the scene is excluded.",
    ),
    Phrase::fact(
        "The number by chance rests on the base rates, which rest on the days and windows they were counted in.",
    ),
    Phrase::fact(
        "The search touched the data of all identifiers that it counted, nearly all of them of uninvolved people.",
    ),
];

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    MORE,
    AS_BY_CHANCE,
    NONE,
    CANDIDATE_QUESTION,
    CANDIDATE,
    ALTERNATIVES[0],
    ALTERNATIVES[1],
    ALTERNATIVES[2],
    ALTERNATIVES[3],
    LIMITS[0],
    LIMITS[1],
    LIMITS[2],
    LIMITS[3],
    LIMITS[4],
];
