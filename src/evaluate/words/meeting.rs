//! What is said of two devices between their records.

use super::Phrase;

/// Device, device, radius.
pub(in crate::evaluate) const QUESTION: Phrase = Phrase::fact(
    "Could device {} and device {} have been within {} m of each other at a moment for which both have records before and after?",
);

/// Device, device, radius, incident.
pub(in crate::evaluate) const QUESTION_INCIDENT: Phrase = Phrase::fact(
    "Could device {} and device {} have been within {} m of each other, anywhere, in the time window of incident {}?",
);

/// Count, device, device, radius, least distance.
pub(in crate::evaluate) const OBSERVED: Phrase = Phrase::fact(
    "{} records of device {} lie near records of device {}, definite or probable at a radius of {} m; the least distance of two is {} m.",
);

/// Device, device, radius, share possible in per cent, speed.
pub(in crate::evaluate) const POSSIBLE: Phrase = Phrase::fact(
    "No record of device {} is near one of device {}. Between their records they could have been within {} m of each other during {} % of the time for which both have records, at up to {} m/s in a straight line.",
);

/// Device, device, radius, speed, percentile in per cent.
pub(in crate::evaluate) const NEVER: Phrase = Phrase::fact(
    "At no moment for which both have records could device {} and device {} have been within {} m of each other at up to {} m/s in a straight line, if each moment's records hold within their radii at {} %.",
);

/// Device, device.
pub(in crate::evaluate) const NO_DATA: Phrase = Phrase::fact(
    "There is no time for which device {} and device {} both have records before and after; nothing can be said of their distance.",
);

/// Device, device, radius, incident.
pub(in crate::evaluate) const OBSERVED_THEN: Phrase = Phrase::fact(
    "Records of device {} and device {} lie near each other, definite or probable at a radius of {} m, in the time window of incident {}.",
);

/// Device, device, radius, incident.
pub(in crate::evaluate) const POSSIBLE_THEN: Phrase = Phrase::fact(
    "The records of device {} and device {} allow that they were within {} m of each other at some moment of the time window of incident {}; none shows it.",
);

/// Incident, device, device, radius, speed, percentile in per cent.
pub(in crate::evaluate) const NEVER_THEN: Phrase = Phrase::fact(
    "At no moment of the time window of incident {} could device {} and device {} have been within {} m of each other at up to {} m/s in a straight line, if each moment's records hold within their radii at {} %.",
);

/// Incident, device, device.
pub(in crate::evaluate) const NO_DATA_THEN: Phrase = Phrase::fact(
    "For the time window of incident {} device {} and device {} do not both have records before and after; nothing can be said of their distance.",
);

pub(in crate::evaluate) const ALT_APART: Phrase =
    Phrase::fact("The devices were anywhere else that their records allow, far from each other.");
pub(in crate::evaluate) const ALT_BY_CHANCE: Phrase =
    Phrase::fact("Both devices were in a place that many people use, each for its own reason.");
pub(in crate::evaluate) const ALT_CARRIED: Phrase =
    Phrase::fact("A device was carried by somebody other than the subject it is attributed to, or left behind.");
pub(in crate::evaluate) const ALT_ERROR: Phrase =
    Phrase::fact("A position or a clock was wrong by more than its radius or the time tolerance allows for.");
pub(in crate::evaluate) const ALT_FASTER: Phrase =
    Phrase::fact("A device went faster than the fastest declared way of travelling.");
pub(in crate::evaluate) const ALT_NOT_RETURNED: Phrase =
    Phrase::fact("Records of either device for this time exist and were not returned.");

pub(in crate::evaluate) const LIMIT_DEVICES: Phrase = Phrase::fact("The records locate devices, not persons.");
pub(in crate::evaluate) const LIMIT_POSSIBLE: Phrase = Phrase::fact(
    "Possible means only that the records do not rule it out: of two devices in one town with gaps of some minutes it is nearly always so.",
);
pub(in crate::evaluate) const LIMIT_STRAIGHT: Phrase = Phrase::fact(
    "Ways are straight lines over the ground at the fastest declared speed; roads only make less possible.",
);
pub(in crate::evaluate) const LIMIT_COVERAGE: Phrase = Phrase::fact(
    "Before the later of the two first records, and after the earlier of the two last, nothing is bounded and nothing is said.",
);
pub(in crate::evaluate) const LIMIT_GAUSS: Phrase = Phrase::fact(
    "Radii are read as round Gaussian errors at their stated confidence; the percentile is of each moment, not of the whole time together.",
);

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    QUESTION_INCIDENT,
    OBSERVED,
    POSSIBLE,
    NEVER,
    NO_DATA,
    OBSERVED_THEN,
    POSSIBLE_THEN,
    NEVER_THEN,
    NO_DATA_THEN,
    ALT_APART,
    ALT_BY_CHANCE,
    ALT_CARRIED,
    ALT_ERROR,
    ALT_FASTER,
    ALT_NOT_RETURNED,
    LIMIT_DEVICES,
    LIMIT_POSSIBLE,
    LIMIT_STRAIGHT,
    LIMIT_COVERAGE,
    LIMIT_GAUSS,
];
