//! What is said of how far records can be trusted.

use super::Phrase;

/// Device, hours.
pub(in crate::evaluate) const QUESTION_SILENCE: Phrase =
    Phrase::fact("When was nothing recorded of device {} for longer than {} minutes?");

/// Count, minutes, device, hours in all, hours of the longest.
pub(in crate::evaluate) const SILENT: Phrase = Phrase::fact(
    "There are {} stretches of more than {} minutes between records of device {}, {} hours in all, the longest {} hours. That nothing was recorded shows neither that the device was off nor where it was.",
);

/// Minutes, device.
pub(in crate::evaluate) const NOT_SILENT: Phrase = Phrase::fact(
    "Between its first and its last record nothing longer than {} minutes passed without a record of device {}.",
);

/// Device.
pub(in crate::evaluate) const NO_RECORDS: Phrase =
    Phrase::fact("There are no records of device {} to judge; that says nothing of where it was.");

/// Device, speed.
pub(in crate::evaluate) const QUESTION_MOVEMENT: Phrase =
    Phrase::fact("Do any records of device {} ask for more than {} m/s over the ground from one to the next?");

/// Count, device, speed, greatest speed.
pub(in crate::evaluate) const JUMPS: Phrase = Phrase::fact(
    "{} pairs of records of device {} ask for more than {} m/s from one to the next, their radii taken into account; the greatest asks for {} m/s.",
);

/// Device, count, records in the smaller track, speed.
pub(in crate::evaluate) const ALTERNATING: Phrase = Phrase::fact(
    "The records of device {} change {} times between two tracks, the smaller of {} records, that cannot be joined at {} m/s: one identifier in two places by turns, or two sources whose clocks differ.",
);

/// Device, speed, records.
pub(in crate::evaluate) const NO_JUMPS: Phrase =
    Phrase::fact("No two consecutive records of device {} ask for more than {} m/s, of {} compared.");

/// Source, source, device.
pub(in crate::evaluate) const QUESTION_CLOCK: Phrase = Phrase::fact("Do the clocks of {} and {} of device {} agree?");

/// Source, seconds, later or earlier, source, device, seconds, seconds, per cent, stretches.
pub(in crate::evaluate) const OFFSET: Phrase = Phrase::evaluation(
    "The times of {} are {} s {} than those of {} for the same movement of device {} (offset between {} s and {} s at {} %, from {} stretches of movement). The offset is stated and was not applied to any record.",
);

/// Source, source, device, seconds, seconds, per cent, stretches.
pub(in crate::evaluate) const AGREE: Phrase = Phrase::evaluation(
    "The times of {} and {} of device {} show no offset: it lies between {} s and {} s at {} %, from {} stretches of movement.",
);

/// Source, source, device, reason.
pub(in crate::evaluate) const REFUSED_CLOCK: Phrase =
    Phrase::fact("The clocks of {} and {} of device {} cannot be compared: {}.");

/// Device.
pub(in crate::evaluate) const QUESTION_AUTHORITY: Phrase =
    Phrase::fact("Are all records of device {} within an authorised identifier and period?");

/// Count, count, device, count, count, count.
pub(in crate::evaluate) const OUTSIDE: Phrase = Phrase::fact(
    "{} of {} records of device {} lie outside an authority and were set aside, not analysed: {} because no authority names the identifier, {} outside the period, {} partly outside it.",
);

/// Device, count.
pub(in crate::evaluate) const NOT_NAMED: Phrase = Phrase::fact(
    "No authority that was given names device {}; its {} records were used as they stand, and on what authority they were obtained is not said.",
);

/// Count, device.
pub(in crate::evaluate) const INSIDE: Phrase =
    Phrase::fact("All {} records of device {} lie within an authorised identifier and period.");

pub(in crate::evaluate) const ALT_OFF: Phrase =
    Phrase::fact("The device was off, without coverage, out of battery, or did not record.");
pub(in crate::evaluate) const ALT_NOT_ASKED: Phrase =
    Phrase::fact("Records exist for the time and were not asked for, not retained or not returned.");
pub(in crate::evaluate) const ALT_AT_REST: Phrase =
    Phrase::fact("The device lay still: many devices record nothing while they do not move.");
pub(in crate::evaluate) const ALT_STRAY: Phrase =
    Phrase::fact("A position is wrong by more than its radius: a reflected signal, a wrong cell or access point.");
pub(in crate::evaluate) const ALT_CLOCK: Phrase = Phrase::fact("The clocks of two sources differ.");
pub(in crate::evaluate) const ALT_FLIGHT: Phrase = Phrase::fact("The device was carried in an aircraft.");
pub(in crate::evaluate) const ALT_CLONE: Phrase = Phrase::fact(
    "Two devices use one identifier: a copied plate or card, an account signed in twice, a misread plate.",
);
pub(in crate::evaluate) const ALT_DELAY: Phrase =
    Phrase::fact("A source reports positions late or smooths them, which a shift of its clock would look like.");
pub(in crate::evaluate) const ALT_EXTRACT: Phrase = Phrase::fact(
    "The file was cut or converted after it was supplied, or the authority's period is written down wrongly.",
);

pub(in crate::evaluate) const LIMIT_ENDS: Phrase = Phrase::fact(
    "What lies before the first record and after the last is not counted: the records do not say when they should have begun or ended.",
);
pub(in crate::evaluate) const LIMIT_CONSECUTIVE: Phrase = Phrase::fact(
    "Only what the stated radii cannot explain is counted; a wrong position near the right one is not seen.",
);
pub(in crate::evaluate) const LIMIT_MARKED: Phrase =
    Phrase::fact("Records are marked, not removed: other findings are computed from all of them.");
pub(in crate::evaluate) const LIMIT_ONE_OFFSET: Phrase = Phrase::fact(
    "One offset is assumed for the whole time; a clock that drifts or was set in between widens the interval.",
);
pub(in crate::evaluate) const LIMIT_RELATIVE: Phrase =
    Phrase::fact("It says how two clocks differ, not which of them is right.");
pub(in crate::evaluate) const LIMIT_AUTHORITY: Phrase = Phrase::fact(
    "Times are compared as recorded; whether a record is excess data is for the person who answers for the authority.",
);
pub(in crate::evaluate) const LIMIT_NO_POSITION: Phrase = Phrase::fact(
    "Of a record that was set aside the exhibit, the row and the time are given; its position was not looked at.",
);

#[cfg(test)]
pub(super) const ALL: &[Phrase] = &[
    QUESTION_SILENCE,
    SILENT,
    NOT_SILENT,
    NO_RECORDS,
    QUESTION_MOVEMENT,
    JUMPS,
    ALTERNATING,
    NO_JUMPS,
    QUESTION_CLOCK,
    OFFSET,
    AGREE,
    REFUSED_CLOCK,
    QUESTION_AUTHORITY,
    OUTSIDE,
    NOT_NAMED,
    INSIDE,
    ALT_OFF,
    ALT_NOT_ASKED,
    ALT_AT_REST,
    ALT_STRAY,
    ALT_CLOCK,
    ALT_FLIGHT,
    ALT_CLONE,
    ALT_DELAY,
    ALT_EXTRACT,
    LIMIT_ENDS,
    LIMIT_CONSECUTIVE,
    LIMIT_MARKED,
    LIMIT_ONE_OFFSET,
    LIMIT_RELATIVE,
    LIMIT_AUTHORITY,
    LIMIT_NO_POSITION,
];
