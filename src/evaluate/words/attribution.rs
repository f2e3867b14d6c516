//! What is said about two devices that may have one carrier.

use super::Phrase;

pub(in crate::evaluate) const QUESTION: Phrase =
    Phrase::fact("Were devices {} and {} recorded together, as two devices of one carrier are?");
pub(in crate::evaluate) const TOGETHER: Phrase = Phrase::fact(
    "In {} of {} hours in which both were recorded within the allowed delay, their records lie within their stated \
     uncertainties of each other; in no hour are they too far apart for one carrier.",
);
pub(in crate::evaluate) const AT_TIMES: Phrase = Phrase::fact(
    "In {} hours the records lie within their stated uncertainties of each other, and in {} hours they are too far apart \
     for one carrier, of {} hours in which both were recorded.",
);
pub(in crate::evaluate) const APART: Phrase = Phrase::fact(
    "In {} of {} hours in which both were recorded, the records are too far apart for one carrier; in no hour do they lie \
     within their stated uncertainties of each other.",
);
pub(in crate::evaluate) const UNDECIDED: Phrase = Phrase::fact(
    "In {} of {} hours in which both were recorded, the records lie within their stated uncertainties of each other; in no \
     hour are they too far apart for one carrier. This is too little to say that the devices travel together or do not.",
);
pub(in crate::evaluate) const NO_DATA: Phrase =
    Phrase::fact("There are no records of both devices near each other in time: nothing can be said.");
pub(in crate::evaluate) const ALTERNATIVES: [Phrase; 4] = [
    Phrase::evaluation("People who live, work or travel together give such records with two devices of two carriers."),
    Phrase::evaluation("All devices in one vehicle are recorded together, whoever sits in it."),
    Phrase::evaluation(
        "Records that are apart show that the devices were not together at that time; one carrier who leaves one of them \
         at home gives the same.",
    ),
    Phrase::evaluation("A cloned number plate or a copied account is recorded in two places at once."),
];
pub(in crate::evaluate) const LIMITS: [Phrase; 4] = [
    Phrase::fact("A record is of a device: it does not show who carried it."),
    Phrase::fact("The position of a cell or of a camera is that of the mast or the camera and not of the device."),
    Phrase::fact("Hours of one day depend on each other: their likelihood ratios must not be multiplied."),
    Phrase::fact(
        "Likelihood ratios are given only with a validation for the same kind of records; without one they are left out.",
    ),
];

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    TOGETHER,
    AT_TIMES,
    APART,
    UNDECIDED,
    NO_DATA,
    ALTERNATIVES[0],
    ALTERNATIVES[1],
    ALTERNATIVES[2],
    ALTERNATIVES[3],
    LIMITS[0],
    LIMITS[1],
    LIMITS[2],
    LIMITS[3],
];
