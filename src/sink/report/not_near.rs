//! A target without a proximity: as important a finding as one with.

use serde::Serialize;

use crate::model::TargetKind;
use crate::sink::wording;

use super::written::word;
use super::{Moment, Record};

/// Which of the two it is: records that lie elsewhere, or no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotNearFinding {
    /// There are records in the window, and none is near.
    RecordedElsewhere,
    /// There are no records in the window: nothing is shown either way.
    NoRecords,
}

/// The record that comes nearest to the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nearest {
    /// Geodesic distance of the centres, metres.
    pub distance_m: f64,
    /// The suspect's record.
    pub record: Record,
}

/// A device and a target it was not recorded near.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotNear {
    /// The suspect's device.
    pub device: String,
    /// The kind of the target.
    #[serde(serialize_with = "word")]
    pub target_kind: TargetKind,
    /// The incident's reference, the place's name or the victim's device.
    pub target: String,
    /// Start of the time looked at, the window before the incident included; `null` for a place, at any time.
    pub from: Option<Moment>,
    /// End of the time looked at.
    pub to: Option<Moment>,
    /// How many records of the device lie in that time.
    pub fixes: u64,
    /// Records elsewhere, or no records.
    pub finding: NotNearFinding,
    /// The nearest of those records; `null` if there are none.
    pub nearest: Option<Nearest>,
    /// The finding in words.
    pub sentence: String,
}

impl NotNear {
    /// A target without a proximity; `during` is the time looked at, `nearest` the nearest record in it.
    #[must_use]
    pub fn new(
        device: &str,
        (target_kind, target): (TargetKind, &str),
        during: Option<(Moment, Moment)>,
        fixes: u64,
        nearest: Option<Nearest>,
    ) -> Self {
        let finding = if fixes == 0 { NotNearFinding::NoRecords } else { NotNearFinding::RecordedElsewhere };
        let sentence = match (finding, &nearest, &during) {
            (NotNearFinding::NoRecords, _, Some(_)) => wording::NO_RECORDS_IN_WINDOW.to_owned(),
            (NotNearFinding::NoRecords, _, None) => wording::NO_RECORDS.to_owned(),
            (_, Some(n), _) => wording::recorded_elsewhere(fixes, n.distance_m),
            (_, None, _) => wording::NONE_NEAR.to_owned(),
        };
        let (from, to) = during.unzip();
        Self {
            device: device.to_owned(),
            target_kind,
            target: target.to_owned(),
            from,
            to,
            fixes,
            finding,
            nearest,
            sentence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_never_said_to_show_absence() {
        let none = NotNear::new("H1", (TargetKind::Incident, "01/23"), None, 0, None);
        assert_eq!(none.finding, NotNearFinding::NoRecords);
        assert!(none.sentence.contains("silence shows nothing"), "{}", none.sentence);
        let some = NotNear::new("H1", (TargetKind::Place, "home"), None, 3, None);
        assert_eq!(some.finding, NotNearFinding::RecordedElsewhere);
        assert!(!some.sentence.contains("silence"), "{}", some.sentence);
    }
}
