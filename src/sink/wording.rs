//! Every sentence a report says of its own, in one table, and the words it must not use.
//!
//! Sources: the limits by source are those an expert would be asked about in court (R v Calland, 2017 EWCA Crim 2308;
//! Forensic Science Regulator, FSA-DIG-200; ETSI and platform documents for what a record means). A report states what
//! records show; opinion on their strength is for a named, competent person.

use std::collections::BTreeSet;

use crate::model::{Basis, SourceKind};

use super::quantity::{counted, metres};

/// What a limit applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applies {
    /// Every report.
    Always,
    /// Reports that rest on this kind of source.
    Source(SourceKind),
    /// Reports that rest on positions of this basis.
    Basis(Basis),
    /// Reports of which this holds.
    Fact(Fact),
}

/// Something about a report that a reader must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Some fixes state no uncertainty.
    NoUncertainty,
    /// Some local times had two readings.
    TimesAmbiguous,
    /// Some fixes are of devices that were not asked for.
    OtherDevices,
    /// A file could not be read to its end.
    FileIncomplete,
    /// Some rows were not used.
    Rejects,
    /// Places were compared.
    Places,
    /// Incidents were compared.
    Incidents,
    /// A closest approach was interpolated.
    Interpolated,
    /// An encounter rests on a single suspect fix.
    SingleFix,
    /// No encounter was found.
    NoEncounter,
}

/// The limits, in the order they are printed.
const LIMITS: [(Applies, &str); 32] = [
    (
        Applies::Always,
        "This report shows distances between recorded positions at recorded times. Each number can be computed again \
         from the exhibits and the parameters named here.",
    ),
    (
        Applies::Always,
        "A record locates a device, not a person. Who carried the device is a matter for other evidence.",
    ),
    (
        Applies::Always,
        "An encounter says that records lie within the radius and the window. It does not say why, or that one person \
         saw another.",
    ),
    (
        Applies::Always,
        "Where there is no record, nothing is shown either way: a device can be off, out of cover or not recording.",
    ),
    (
        Applies::Fact(Fact::NoEncounter),
        "No encounter with these parameters is not evidence that the devices were apart.",
    ),
    (
        Applies::Always,
        "Grades and encounters depend on the radius, window and gap chosen: other values give other results.",
    ),
    (
        Applies::Always,
        "P(within) takes the errors of two positions to be independent and Gaussian. It is not the probability that an \
         allegation is true.",
    ),
    (
        Applies::Always,
        "Times are as the suppliers recorded them. How far a device's or a camera's clock was out has not been measured.",
    ),
    (
        Applies::Fact(Fact::NoUncertainty),
        "Fixes that state no uncertainty are treated as exact (0 m). Their grades and probabilities are firmer than \
         such records can bear.",
    ),
    (
        Applies::Fact(Fact::SingleFix),
        "An encounter that rests on a single suspect fix is too little to speak of a stay: one wrong position would \
         account for it.",
    ),
    (
        Applies::Fact(Fact::Interpolated),
        "Closest approach is computed on straight tracks between records. It is not an observation.",
    ),
    (
        Applies::Fact(Fact::TimesAmbiguous),
        "Some local times occur twice (the clocks went back). Both readings are spanned, so such a record is near in \
         time to more than it would be if its offset were stated.",
    ),
    (
        Applies::Fact(Fact::Rejects),
        "Some rows could not be used; each is listed with its reason. They could bear on the result either way.",
    ),
    (
        Applies::Fact(Fact::FileIncomplete),
        "A file could not be read to its end. What follows the fault was not compared.",
    ),
    (
        Applies::Fact(Fact::OtherDevices),
        "The files hold records of devices that were not asked for. They were read and not compared.",
    ),
    (
        Applies::Fact(Fact::Places),
        "A place is compared at all times. A record near it says nothing about where the victim was.",
    ),
    (
        Applies::Fact(Fact::Incidents),
        "The position and the times of an incident are as alleged; they were taken as given.",
    ),
    (
        Applies::Source(SourceKind::Gps),
        "Satellite positions can be thrown off by buildings (multipath). A stated radius is a probability, not a \
         boundary: the true position can lie outside it.",
    ),
    (
        Applies::Source(SourceKind::Wifi),
        "A Wi-Fi position rests on a list of where access points stood. One that has moved gives a wrong position.",
    ),
    (
        Applies::Source(SourceKind::Cell),
        "A cell record gives the position of a mast or sector, not of the device. A device uses the strongest usable \
         cell, not always the nearest; cells overlap, and load or outage changes which one serves.",
    ),
    (
        Applies::Source(SourceKind::Cell),
        "The first cell of a data session can be hours old, and a forwarded call or a voicemail leg need not locate \
         the device at all. The area a cell serves needs a survey and an expert.",
    ),
    (
        Applies::Source(SourceKind::Fused),
        "A fused position mixes sensors and does not say which. Its uncertainty is the platform's own figure.",
    ),
    (
        Applies::Source(SourceKind::Anpr),
        "A number-plate read locates the camera. A plate can be misread or cloned, and a read does not say who drove.",
    ),
    (
        Applies::Source(SourceKind::Tag),
        "An electronic tag's record locates the tag, which can be uncharged or removed. Not all its positions are \
         satellite positions.",
    ),
    (
        Applies::Source(SourceKind::Timeline),
        "A timeline's visits and paths were worked out by a service from other records. They are not measurements, and \
         the account holder can edit them.",
    ),
    (
        Applies::Source(SourceKind::Beacon),
        "A beacon record says that a signal was received. The position is the beacon's, and its range varies.",
    ),
    (
        Applies::Source(SourceKind::Unknown),
        "Some files do not say what produced their positions, so the kind of error they carry is unknown.",
    ),
    (
        Applies::Basis(Basis::Measured),
        "A measured position is one that a sensor worked out. How often its error exceeds the stated radius is for the \
         maker or a test to say.",
    ),
    (
        Applies::Basis(Basis::Estimated),
        "An estimated position was assigned to the record (a mast, a camera); its uncertainty is as wide as the area \
         it stands for.",
    ),
    (
        Applies::Basis(Basis::Inferred),
        "An inferred position was filled in by a service. It rests on other records, which are the better evidence.",
    ),
    (Applies::Basis(Basis::Edited), "Some positions were changed by a person after they were recorded."),
    (Applies::Always, "The program has not been validated by the unit that uses it unless that unit says so."),
];

/// Why there is no closest approach to a moving target.
pub const NO_TRACK: &str = "no two fixes of both devices close enough in time to interpolate between";
/// Why there is no closest approach to a target that does not move.
pub const NO_TARGET_TRACK: &str = "no two fixes of the device close enough in time to interpolate between";
/// No records of a device in an incident's window.
pub const NO_RECORDS_IN_WINDOW: &str = "no records in the window: silence shows nothing";
/// No records of a device at all.
pub const NO_RECORDS: &str = "no records of the device: silence shows nothing";
/// Records, and none of them near; the nearest was not computed.
pub const NONE_NEAR: &str = "records in the time looked at, and none within the radius";
/// No encounter at all.
pub const NO_ENCOUNTERS: &str = "No encounter with these parameters.";
/// An encounter that rests on one suspect fix.
pub const SINGLE_FIX: &str = "rests on a single suspect fix: too little to speak of a stay";
/// What is assumed of fixes that state no uncertainty.
pub const TREATED_AS_EXACT: &str = "none stated = treated as exact, 0 m";
/// Every target has an encounter with every device.
pub const ALL_NEAR: &str = "Every incident and place has an encounter with every suspect device.";
/// There was nothing to be near to.
pub const NO_FIXED_TARGETS: &str = "No incident or place was given.";

/// Records elsewhere: how many, and how far the nearest of them is.
#[must_use]
pub fn recorded_elsewhere(fixes: u64, nearest_m: f64) -> String {
    let records = counted(fixes, "record", "records");
    format!("{records} in the time looked at, none within the radius; the nearest lies {} away", metres(nearest_m))
}

/// The limits that apply, in the order they are printed.
#[must_use]
pub fn limits(applies: &BTreeSet<Applies>) -> Vec<String> {
    let holds = |a: Applies| a == Applies::Always || applies.contains(&a);
    LIMITS.iter().filter(|(a, _)| holds(*a)).map(|(_, sentence)| (*sentence).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::words::refused;
    use crate::model::{NotAFix, RejectReason};

    #[test]
    fn no_sentence_of_ours_claims_too_much() {
        let fixed = [
            NO_TRACK,
            NO_TARGET_TRACK,
            NO_RECORDS_IN_WINDOW,
            NO_RECORDS,
            NONE_NEAR,
            NO_ENCOUNTERS,
            SINGLE_FIX,
            TREATED_AS_EXACT,
            ALL_NEAR,
            NO_FIXED_TARGETS,
        ];
        let limits = LIMITS.iter().map(|(_, s)| *s);
        for sentence in fixed.into_iter().chain(limits) {
            assert_eq!(refused(sentence), None, "{sentence}");
        }
        assert_eq!(refused(&recorded_elsewhere(2, 1.0)), None);
        assert_eq!(refused(RejectReason::TimeSkipped.as_str()), None);
        // "link, not followed" is about a link in a file: the one use of a refused word that speaks of no device.
        for kind in NotAFix::ALL.into_iter().filter(|k| *k != NotAFix::Link) {
            assert_eq!(refused(kind.as_str()), None);
        }
    }

    #[test]
    fn every_source_has_its_limits_and_only_those_present_are_printed() {
        for kind in SourceKind::ALL {
            let with = limits(&BTreeSet::from([Applies::Source(kind)]));
            assert!(with.len() > limits(&BTreeSet::new()).len(), "{kind} has no limit");
        }
        for basis in Basis::ALL {
            assert!(LIMITS.iter().any(|(a, _)| *a == Applies::Basis(basis)), "{basis}");
        }
        assert!(!limits(&BTreeSet::from([Applies::Source(SourceKind::Gps)])).iter().any(|l| l.contains("mast")));
    }
}
