//! What the pattern of a case may say.

use super::Phrase;

pub(in crate::evaluate) const QUESTION: Phrase =
    Phrase::fact("On how many separate occasions do the records lie near the victim or her places?");
pub(in crate::evaluate) const SEVERAL: Phrase = Phrase::fact(
    "The records show {} separate occasions on {} days, near {} of the victim's places and on {} occasions near her device \
     ({} encounters and visits in all; those less than {} minutes apart are one occasion).",
);
pub(in crate::evaluate) const ONE: Phrase = Phrase::fact(
    "The records show one occasion ({} encounters and visits; those less than {} minutes apart are one occasion).",
);
pub(in crate::evaluate) const NONE: Phrase =
    Phrase::fact("The records show no occasion, in {} hours in which a device attributed to the suspect was observed.");
pub(in crate::evaluate) const NO_DATA: Phrase =
    Phrase::fact("No device attributed to the suspect has a usable record.");

pub(in crate::evaluate) const TREND_QUESTION: Phrase =
    Phrase::fact("Do the occasions become more or fewer over time, against the hours observed?");
pub(in crate::evaluate) const RISING: Phrase = Phrase::evaluation(
    "The occasions become more: {} in the first half of the time and {} in the second, against the hours observed in \
     each; so large a difference arises with a constant rate in {} of 1,000 cases.",
);
pub(in crate::evaluate) const FALLING: Phrase = Phrase::evaluation(
    "The occasions become fewer: {} in the first half of the time and {} in the second, against the hours observed in \
     each; so large a difference arises with a constant rate in {} of 1,000 cases.",
);
pub(in crate::evaluate) const NO_TREND: Phrase = Phrase::evaluation(
    "No change of the rate is shown: {} occasions in the first half of the time and {} in the second, against the hours \
     observed in each.",
);
pub(in crate::evaluate) const TOO_FEW: Phrase =
    Phrase::fact("Too few occasions ({}) to show a change of the rate, whichever way they fall.");
pub(in crate::evaluate) const NOT_OBSERVED: Phrase =
    Phrase::fact("The device was not observed in both halves of the time, so that no change of the rate can be shown.");

pub(in crate::evaluate) const ONE_TOWN: Phrase = Phrase::fact(
    "Two people of one town come near each other's places by chance and by habit; how often is a question of its own, \
     answered under coincidence.",
);
pub(in crate::evaluate) const MORE_RECORDS: Phrase = Phrase::fact(
    "More occasions may come from more records: a device that records more often shows more of what happens.",
);
pub(in crate::evaluate) const LIMIT_OCCASIONS: Phrase = Phrase::fact(
    "An occasion is a stretch of records near the victim or her places; what was done then is not in the records.",
);
pub(in crate::evaluate) const LIMIT_LAW: Phrase = Phrase::fact(
    "Conduct on at least two occasions is asked for in the Protection from Harassment Act 1997, section 7(3); whether \
     these are such occasions is not for the records to say.",
);
pub(in crate::evaluate) const LIMIT_INDEPENDENCE: Phrase = Phrase::fact(
    "The comparison of halves takes occasions for independent of each other; occasions that bring on each other make \
     differences look rarer than they are.",
);

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    SEVERAL,
    ONE,
    NONE,
    NO_DATA,
    TREND_QUESTION,
    RISING,
    FALLING,
    NO_TREND,
    TOO_FEW,
    NOT_OBSERVED,
    ONE_TOWN,
    MORE_RECORDS,
    LIMIT_OCCASIONS,
    LIMIT_LAW,
    LIMIT_INDEPENDENCE,
];
