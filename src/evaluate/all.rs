//! Every question that a case's records can be asked, in the order of the topics.

use super::memory::Memory;
use super::part::{Part, parts};
use super::pattern::{Appearance, Kind, PatternParams, TimelineRow, appearances_of, findings_seen, timeline};
use super::prism::ReachParams;
use super::quality::QualityParams;
use super::strength::{self, ENFSI_2015, Prior};
use super::validation::Validation;
use super::visit::observed::Stretches;
use super::visit::{self, VisitParams};
use super::{Case, Device, Finding, Topic, Whose, meeting};
use crate::time::ZoneRule;

/// What findings are computed with, besides the parameters of proximity; every finding names those it used.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The zone of hours of the day, nights and weekdays.
    pub zone: ZoneRule,
    /// How far a device can have moved between its records.
    pub reach: ReachParams,
    /// What counts as silent, and as impossible.
    pub quality: QualityParams,
    /// What likelihood ratios assume.
    pub prior: Prior,
    /// What was shown of likelihood ratios; without it none is stated.
    pub validation: Option<Validation>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: ZoneRule::utc(),
            reach: ReachParams::default(),
            quality: QualityParams::default(),
            prior: Prior::default(),
            validation: None,
        }
    }
}

/// Evaluates a case: every finding, negative ones among them.
///
/// Candidates of a scene search are not among them: that question is about everybody, and asks for an authority of its own.
#[must_use]
pub fn evaluate(case: &Case, settings: &Settings) -> Vec<Finding> {
    Topic::ALL.into_iter().flat_map(|topic| findings_of(topic, case, settings)).collect()
}

/// The findings of one topic; none of [`Topic::Scenes`], for which a case is not enough.
#[must_use]
pub fn findings_of(topic: Topic, case: &Case, settings: &Settings) -> Vec<Finding> {
    let found = |part: Part<'_>| part.findings(case, settings, &mut Memory::none());
    parts(topic, case, false).into_iter().flat_map(found).collect()
}

/// Everything of the case that has a time, on one axis.
#[must_use]
pub fn timeline_of(case: &Case, settings: &Settings) -> Vec<TimelineRow> {
    timeline(case, &appearances(case, settings, &mut Memory::none()))
}

/// The findings of [`evaluate`] and the rows of [`timeline_of`], with what both need found once.
#[must_use]
pub fn evaluate_in_time(case: &Case, settings: &Settings) -> (Vec<Finding>, Vec<TimelineRow>) {
    let appearances = appearances(case, settings, &mut Memory::none());
    let of_topic = |topic| match topic {
        Topic::Pattern => patterns(case, &appearances, settings, &mut Memory::none()),
        _ => findings_of(topic, case, settings),
    };
    (Topic::ALL.into_iter().flat_map(of_topic).collect(), timeline(case, &appearances))
}

/// The patterns of a case, from its appearances.
pub(super) fn patterns(
    case: &Case,
    appearances: &[Appearance],
    settings: &Settings,
    memory: &mut Memory,
) -> Vec<Finding> {
    let params = PatternParams { zone: settings.zone.clone(), ..PatternParams::default() };
    let times = case.suspects.iter().map(|device| {
        let records = memory.chunked(Whose::Suspect, device);
        Stretches::of(&records, params.silence_us, memory.observed(device))
    });
    findings_seen(appearances, times, &params)
}

pub(super) fn appearances(case: &Case, settings: &Settings, memory: &mut Memory) -> Vec<Appearance> {
    let params = VisitParams::of(&case.params, settings.zone.clone());
    let visits = appearances_of(case, |device| {
        let suspect = &memory.chunked(Whose::Suspect, device);
        let asked = visit::Asked { name: &device.name, suspect, victims: &[], places: &case.places };
        asked.usual(&params, memory.keeps(), memory.visits())
    });
    [visits, encounters(case, memory)].concat()
}

pub(super) fn weighing(settings: &Settings) -> strength::Settings<'_> {
    strength::Settings {
        prior: &settings.prior,
        zone: &settings.zone,
        validation: settings.validation.as_ref(),
        scale: &ENFSI_2015,
    }
}

/// Encounters of the suspect's devices with the victim's: contacts whose gaps are at most the gap, as appearances.
fn encounters(case: &Case, memory: &mut Memory) -> Vec<Appearance> {
    let pairs = case.suspects.iter().flat_map(|suspect| case.victims.iter().map(move |victim| (suspect, victim)));
    pairs.flat_map(|(suspect, victim)| of_pair(case, suspect, victim, memory)).collect()
}

fn of_pair(case: &Case, suspect: &Device, victim: &Device, memory: &mut Memory) -> Vec<Appearance> {
    let (a, b) = (memory.reached(Whose::Suspect, suspect), memory.reached(Whose::Victim, victim));
    let kept = memory.keeps();
    let appearance = |(t0_us, t1_us): (i64, i64)| Appearance {
        t0_us,
        t1_us,
        kind: Kind::Encounter,
        device: suspect.name.clone(),
        about: victim.name.clone(),
    };
    let encounters = meeting::encounters(case, &a, &b, kept, memory.meetings(suspect, victim));
    encounters.into_iter().map(appearance).collect()
}
