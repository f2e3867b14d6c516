//! Sentences about how strong records are as evidence. Both propositions stand in each, and neither is given a probability.

use super::Phrase;

/// The question.
pub const QUESTION: Phrase = Phrase::fact(
    "How much more likely are the {} records of device {} at the time of {} if the device was within {} m of the alleged \
     place (first proposition) than if it kept to its own routine (second proposition), or less likely?",
);
/// The ratio is above 1.
pub const NEAR: Phrase = Phrase::evaluation(
    "The records are {} times more likely if the device was within {} m of the alleged place at the time of {} than if it \
     kept to its own routine, as its records of {} other days show it. On the scale {} this is {} support for the first \
     proposition over the second.",
);
/// The ratio is below 1.
pub const ROUTINE: Phrase = Phrase::evaluation(
    "The records are {} times more likely if the device kept to its own routine, as its records of {} other days show it, \
     than if it was within {} m of the alleged place at the time of {}. On the scale {} this is {} support for the second \
     proposition over the first.",
);
/// The ratio is 1 as far as may be said.
pub const NEITHER: Phrase = Phrase::evaluation(
    "The records are about as likely if the device was within {} m of the alleged place at the time of {} as if it kept to \
     its own routine, as its records of {} other days show it: on the scale {} they support neither proposition over the \
     other.",
);
/// Nothing was recorded.
pub const NO_RECORD: Phrase = Phrase::fact(
    "No record of device {} was supplied for the time of {}. This does not show where the device was, or that it was off.",
);
/// Sources for which there is no model.
pub const NO_MODEL: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: for {} records there is no model of how they come about.",
);
/// Too few other days.
pub const NO_ROUTINE: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: the {} records come with fewer than {} other days of this device \
     at this time of day, so that its routine is not known.",
);
/// No record states its uncertainty.
pub const NO_UNCERTAINTY: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: none of the {} records states how uncertain its position is.",
);
/// The assumptions cannot be used.
pub const BAD_PRIOR: Phrase = Phrase::fact(
    "No likelihood ratio is stated for device {} and {}: an assumption made for {} records cannot be used ({}).",
);

/// What a ratio is not.
pub const NOT_A_PROBABILITY: Phrase = Phrase::evaluation(
    "The ratio is about the records, given each proposition. It is not the probability of either proposition; that takes \
     everything else that is known, and is for the court.",
);
/// Other propositions.
pub const OTHER_PROPOSITIONS: Phrase = Phrase::evaluation(
    "The ratio compares these two propositions only. Another one, such as that somebody else carried the device, or that \
     its routine had changed, needs a ratio of its own.",
);
/// What the bound does.
pub const HELD: Phrase = Phrase::evaluation(
    "The computed ratio is further from 1 than the cases of the validation can carry; the bound is stated instead.",
);
/// How several records are used.
pub const AVERAGED: Phrase = Phrase::evaluation(
    "The moment is not known more closely than the allegation states it. The ratio is the mean over the records in its time, \
     one for each part of it; records are never multiplied, since each depends on the one before.",
);
/// What the first proposition assumes.
pub const EVENLY: Phrase = Phrase::evaluation(
    "Under the first proposition the device is taken to be anywhere within the radius with equal probability, and the error of \
     a position to be Gaussian with the stated uncertainty.",
);
/// What the second proposition assumes.
pub const OTHER_DAYS: Phrase = Phrase::evaluation(
    "Under the second proposition the device does what it did on its other days at this time of day, the day in question left \
     out, with a share for places where it was never recorded. If the records of the other days are few or one-sided, so is \
     the routine.",
);
/// Cells.
pub const CELLS: Phrase = Phrase::evaluation(
    "How far a cell reaches, how wide its beam is and how much lies behind it are assumptions that are printed, not a survey. \
     The cells about the alleged place are taken to be as dense as those about the routine.",
);
/// A cell without a direction.
pub const NO_AZIMUTH: Phrase = Phrase::fact(
    "For some or all of the cells no direction was supplied; they are taken to serve all directions alike.",
);
/// The first alternative.
pub const CARRIED_BY_ANOTHER: Phrase =
    Phrase::fact("The device may have been carried by somebody other than its usual user.");
/// The second.
pub const ROUTINE_NEARBY: Phrase = Phrase::fact(
    "The device may have been near the alleged place for a reason of its own routine that its other days do not show.",
);
/// The third.
pub const WRONG_POSITION: Phrase =
    Phrase::fact("The recorded position may be further off than its stated uncertainty allows.");
/// The fourth.
pub const WRONG_TIME: Phrase = Phrase::fact("The time of the record or of the allegation may be wrong.");

/// All of them.
#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    NEAR,
    ROUTINE,
    NEITHER,
    NO_RECORD,
    NO_MODEL,
    NO_ROUTINE,
    NO_UNCERTAINTY,
    BAD_PRIOR,
    NOT_A_PROBABILITY,
    OTHER_PROPOSITIONS,
    HELD,
    AVERAGED,
    EVENLY,
    OTHER_DAYS,
    CELLS,
    NO_AZIMUTH,
    CARRIED_BY_ANOTHER,
    ROUTINE_NEARBY,
    WRONG_POSITION,
    WRONG_TIME,
];
