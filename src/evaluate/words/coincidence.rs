//! What is said about encounters and chance.

use super::Phrase;

pub(in crate::evaluate) const QUESTION: Phrase = Phrase::evaluation(
    "How many encounters of device {} with device {} would there be if their days had nothing to do with each other?",
);
pub(in crate::evaluate) const MORE: Phrase = Phrase::evaluation(
    "There are more encounters than by chance. At places where both devices often are: {} recorded, {} expected, as many \
     or more in {} of {} shifts. Elsewhere: {} recorded, {} expected, as many or more in {} of {} shifts. {}",
);
pub(in crate::evaluate) const FEWER: Phrase = Phrase::evaluation(
    "There are fewer encounters than by chance. At places where both devices often are: {} recorded, {} expected, as many \
     or more in {} of {} shifts. Elsewhere: {} recorded, {} expected, as many or more in {} of {} shifts. {}",
);
pub(in crate::evaluate) const BOTH: Phrase = Phrase::evaluation(
    "There are more encounters than by chance at one kind of place and fewer at the other. At places where both devices \
     often are: {} recorded, {} expected, as many or more in {} of {} shifts. Elsewhere: {} recorded, {} expected, as many \
     or more in {} of {} shifts. {}",
);
pub(in crate::evaluate) const LONGER: Phrase = Phrase::evaluation(
    "There are fewer encounters than by chance, but they are longer: the devices were near each other in more hours than by \
     chance. At places where both devices often are: {} recorded, {} expected, as many or more in {} of {} shifts. \
     Elsewhere: {} recorded, {} expected, as many or more in {} of {} shifts. {}",
);
pub(in crate::evaluate) const WITHIN: Phrase = Phrase::evaluation(
    "The number of encounters is one that chance gives. At places where both devices often are: {} recorded, {} expected, \
     as many or more in {} of {} shifts. Elsewhere: {} recorded, {} expected, as many or more in {} of {} shifts. {}",
);
pub(in crate::evaluate) const BY_WEEKS: Phrase =
    Phrase::fact("The records were shifted by whole weeks: hour of day and weekday are kept.");
pub(in crate::evaluate) const BY_DAYS: Phrase = Phrase::fact(
    "The records were shifted by whole days, since there are too few weeks: hour of day is kept, and working days are \
     compared with working days, Saturdays and Sundays with these.",
);
pub(in crate::evaluate) const NO_RECORDS: Phrase =
    Phrase::fact("One of the devices has no records: nothing can be said about chance. Encounters recorded: {}.");
pub(in crate::evaluate) const NO_HOURS: Phrase = Phrase::fact(
    "There is no hour in which both devices were recorded: nothing can be said about chance. Encounters recorded: {}.",
);
pub(in crate::evaluate) const TOO_FEW: Phrase = Phrase::fact(
    "Encounters recorded: {}. The records can be compared under {} shifts only: too few for any number to be unusual, so \
     nothing is said about chance.",
);
pub(in crate::evaluate) const ALTERNATIVES: [Phrase; 3] = [
    Phrase::evaluation(
        "Encounters by arrangement, for instance to hand over a child, are more than chance gives, and are not unwanted.",
    ),
    Phrase::evaluation(
        "Both may go where something happens on one day only, such as a match or a market: a shift does not move that day.",
    ),
    Phrase::evaluation(
        "A habit that both share for a part of the period only, such as a course or a job that ended, is more than chance \
         gives.",
    ),
];
pub(in crate::evaluate) const LIMITS: [Phrase; 6] = [
    Phrase::fact("A number above chance does not show why the devices were near each other, nor who carried them."),
    Phrase::fact("A number that chance gives does not show that no encounter was intended."),
    Phrase::fact("Hours in which one of the devices was not recorded are not compared and say nothing."),
    Phrase::fact("Public holidays are compared as the weekdays on which they fall."),
    Phrase::fact(
        "A person who is always near at a fixed hour of the week is near after a shift, too: regular encounters do not \
         stand out.",
    ),
    Phrase::fact(
        "Every pair of devices is a question of its own: of twenty pairs that have nothing to do with each other about one \
         reaches a chance of 0.05.",
    ),
];

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    MORE,
    FEWER,
    BOTH,
    LONGER,
    WITHIN,
    BY_WEEKS,
    BY_DAYS,
    NO_RECORDS,
    NO_HOURS,
    TOO_FEW,
    ALTERNATIVES[0],
    ALTERNATIVES[1],
    ALTERNATIVES[2],
    LIMITS[0],
    LIMITS[1],
    LIMITS[2],
    LIMITS[3],
    LIMITS[4],
    LIMITS[5],
];
