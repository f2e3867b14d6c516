//! What is said of an incident.

use super::Phrase;

/// Device, radius, incident.
pub(in crate::evaluate) const QUESTION: Phrase = Phrase::fact(
    "Do the records of device {} allow that it came within {} m of the place of incident {} in its time window?",
);

/// Device, distance, incident, grade, radius.
pub(in crate::evaluate) const THERE: Phrase = Phrase::fact(
    "A record of device {} in the time window gives a position {} m from the place of incident {}: {} at a radius of {} m.",
);

/// Device, distance, incident, radius.
pub(in crate::evaluate) const POSSIBLE: Phrase = Phrase::fact(
    "A record of device {} in the time window gives a position {} m from the place of incident {}: within {} m only if its error points that way.",
);

/// Device, radius, incident.
pub(in crate::evaluate) const NOT_FAR: Phrase = Phrase::fact(
    "No record of device {} shows a position within {} m of the place of incident {} in the time window; its records are near enough in space that no speed is needed to have reached it.",
);

/// Device, radius, incident, speed.
pub(in crate::evaluate) const REACHABLE: Phrase = Phrase::fact(
    "No record of device {} shows a position within {} m of the place of incident {} in the time window; between its records it could have reached it at {} m/s or more in a straight line, and a lower speed would not suffice.",
);

/// Device, radius, incident, speed.
pub(in crate::evaluate) const OWN_SPEED: Phrase = Phrase::fact(
    "Device {} could have come within {} m of the place of incident {} in the time window only at {} m/s or more: faster than any declared way of travelling, but other records of the device ask for as much.",
);

/// Radius, incident, device, speed, percentile in per cent, break-even speed.
pub(in crate::evaluate) const EXCLUDES: Phrase = Phrase::fact(
    "The records leave no moment of the time window at which device {} could have been within {} m of the place of incident {} at up to {} m/s in a straight line, if each moment's records hold within their radii at {} %; at least {} m/s would have been needed.",
);

/// Device, radius, incident, speed, percentile in per cent.
pub(in crate::evaluate) const EXCLUDES_THROUGHOUT: Phrase = Phrase::fact(
    "The records leave no moment of the time window at which device {} could have been within {} m of the place of incident {}, at {} m/s or any other speed, if each moment's records hold within their radii at {} %.",
);

/// Device, incident, hours.
pub(in crate::evaluate) const NO_DATA: Phrase = Phrase::fact(
    "No record of device {} bears on incident {}: none lies within {} hours of its time window. This does not show that the device was off, or where it was.",
);

pub(in crate::evaluate) const ALT_CARRIED: Phrase =
    Phrase::fact("The device was carried by somebody other than the subject it is attributed to.");
pub(in crate::evaluate) const ALT_LEFT: Phrase =
    Phrase::fact("The device was left behind or lent, so that it says nothing of where its subject was.");
pub(in crate::evaluate) const ALT_ERROR: Phrase =
    Phrase::fact("A position was recorded with a larger error than its radius allows for.");
pub(in crate::evaluate) const ALT_CLOCK: Phrase =
    Phrase::fact("A clock, or the time that the allegation names, is off by more than the time tolerance.");
pub(in crate::evaluate) const ALT_FASTER: Phrase =
    Phrase::fact("The device went faster than the fastest declared way of travelling.");
pub(in crate::evaluate) const ALT_ELSEWHERE: Phrase =
    Phrase::fact("The device was anywhere else that its records allow: they do not single out this place.");
pub(in crate::evaluate) const ALT_NOT_RETURNED: Phrase = Phrase::fact(
    "The device was switched off, out of coverage, not asked about for this time, or its records were not returned.",
);

pub(in crate::evaluate) const LIMIT_DEVICE: Phrase = Phrase::fact("The records locate a device, not a person.");
pub(in crate::evaluate) const LIMIT_STRAIGHT: Phrase = Phrase::fact(
    "Ways are straight lines over the ground: no road is shorter, so what is called reachable may not be by road.",
);
pub(in crate::evaluate) const LIMIT_GAUSS: Phrase = Phrase::fact(
    "Radii are read as round Gaussian errors at their stated confidence; a source whose errors are larger than stated is not covered.",
);
pub(in crate::evaluate) const LIMIT_CELL: Phrase = Phrase::fact(
    "A cell record gives a mast's or sector's position; the device used that cell, which need not be the nearest one.",
);
pub(in crate::evaluate) const LIMIT_CAMERA: Phrase = Phrase::fact(
    "A camera or beacon record gives the position of the equipment; plates can be misread or copied, and a driver is not identified.",
);
pub(in crate::evaluate) const LIMIT_UNSTATED: Phrase =
    Phrase::fact("A record named here states no uncertainty; the radius in the parameters was assumed for it.");
pub(in crate::evaluate) const LIMIT_NOT_BEFORE: Phrase =
    Phrase::fact("No record before the time window bears on it: not bounded before.");
pub(in crate::evaluate) const LIMIT_NOT_AFTER: Phrase =
    Phrase::fact("No record after the time window bears on it: not bounded after.");
pub(in crate::evaluate) const LIMIT_CONTRADICTED: Phrase = Phrase::fact(
    "Other records of the device shut out what this record shows: they cannot all hold, and the attribution, the clocks and the identifier need to be checked.",
);

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION,
    THERE,
    POSSIBLE,
    NOT_FAR,
    REACHABLE,
    OWN_SPEED,
    EXCLUDES,
    EXCLUDES_THROUGHOUT,
    NO_DATA,
    ALT_CARRIED,
    ALT_LEFT,
    ALT_ERROR,
    ALT_CLOCK,
    ALT_FASTER,
    ALT_ELSEWHERE,
    ALT_NOT_RETURNED,
    LIMIT_DEVICE,
    LIMIT_STRAIGHT,
    LIMIT_GAUSS,
    LIMIT_CELL,
    LIMIT_CAMERA,
    LIMIT_UNSTATED,
    LIMIT_NOT_BEFORE,
    LIMIT_NOT_AFTER,
    LIMIT_CONTRADICTED,
];
