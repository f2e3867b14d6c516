//! What was told of each case, and so what is new.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::evaluate::{Finding, Topic};
use crate::sink::report::NamedFinding;

/// So many cases are remembered; of one that was not heard of for longest everything is told again.
const MOST_CASES: usize = 1_000;

/// How a finding stands to what was told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// Its question was not answered before.
    New,
    /// Something of it is otherwise now: the answer, a figure, a record that decides it.
    Changed,
    /// Its question is not asked any more: an incident, a place or a device is not of the case any more.
    Gone,
}

/// A statement of the live feed.
#[derive(Debug, Serialize)]
struct Statement<'a> {
    case_id: &'a str,
    change: Change,
    #[serde(flatten)]
    finding: &'a NamedFinding,
}

/// That a finding is gone.
#[derive(Debug, Serialize)]
struct Gone<'a> {
    case_id: &'a str,
    change: Change,
    id: &'a str,
    topic: Topic,
}

/// Of one topic of a case: the hash of each finding, by its identifier.
type OfTopic = BTreeMap<String, [u8; 32]>;

/// What was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// When each case was told of last, as a count, and what.
    cases: BTreeMap<String, (u64, BTreeMap<Topic, OfTopic>)>,
    count: u64,
}

impl Told {
    /// What is new of a topic of a case, as JSON, and from now on told. A finding that cannot be written is not told.
    pub(super) fn tell(&mut self, case_id: &str, topic: Topic, findings: Vec<Finding>) -> Vec<String> {
        self.count += 1;
        if !self.cases.contains_key(case_id) && self.cases.len() >= MOST_CASES {
            let longest = self.cases.iter().min_by_key(|(_, (count, _))| *count).map(|(case, _)| case.clone());
            longest.map(|case| self.cases.remove(&case));
        }
        let (count, topics) = self.cases.entry(case_id.to_owned()).or_default();
        *count = self.count;
        let before = std::mem::take(topics.entry(topic).or_default());
        let (now, statements) = compared(case_id, topic, before, findings);
        topics.insert(topic, now);
        statements
    }
}

fn compared(case_id: &str, topic: Topic, mut before: OfTopic, findings: Vec<Finding>) -> (OfTopic, Vec<String>) {
    let (mut now, mut statements) = (OfTopic::new(), Vec::new());
    for finding in findings {
        let named = NamedFinding { id: finding.id().to_string(), finding };
        let Ok(text) = serde_json::to_string(&named) else { continue };
        let hash = *blake3::hash(text.as_bytes()).as_bytes();
        let change = match before.remove(&named.id) {
            Some(same) if same == hash => None,
            Some(_) => Some(Change::Changed),
            None => Some(Change::New),
        };
        let statement = change.map(|change| Statement { case_id, change, finding: &named });
        statements.extend(statement.and_then(|s| serde_json::to_string(&s).ok()));
        now.insert(named.id, hash);
    }
    let gone = before.keys().map(|id| Gone { case_id, change: Change::Gone, id, topic });
    statements.extend(gone.filter_map(|g| serde_json::to_string(&g).ok()));
    (now, statements)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::evaluate::{Allegation, Case, Device, Record, Settings};
    use crate::evaluate::{Figure, evaluate, findings_of};

    fn case(records: usize) -> Case {
        let step = |n: usize| Record::at(i64::try_from(n).unwrap() * 60_000_000, 51.5, -0.1, 5.0);
        let incident = |reference: &str, t0_us: i64| Allegation {
            reference: reference.to_owned(),
            t0_us,
            t1_us: t0_us,
            lat_deg: 51.5,
            lon_deg: -0.1,
            uncertainty_m: 0.0,
        };
        Case {
            suspects: vec![Device::new("phone", "suspect", (0..records).map(step).collect())],
            incidents: vec![incident("early", 0), incident("late", 6_000_000_000)],
            ..Case::default()
        }
    }

    fn changes(statements: &[String]) -> Vec<(String, String)> {
        let read = |text: &String| serde_json::from_str::<Value>(text).unwrap();
        let word = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
        statements.iter().map(read).map(|v| (word(&v, "change"), word(&v, "about"))).collect()
    }

    fn pair(change: &str, about: &str) -> (String, String) {
        (change.to_owned(), about.to_owned())
    }

    #[test]
    fn what_is_new_is_told_once_what_changes_again_and_what_is_gone_last() {
        let settings = Settings::default();
        let mut told = Told::default();
        let mut tell = |case: &Case| told.tell("C", Topic::Incident, findings_of(Topic::Incident, case, &settings));
        assert_eq!(changes(&tell(&case(3))), [pair("new", "early"), pair("new", "late")]);
        assert_eq!(tell(&case(3)), Vec::<String>::new());
        // Records about the late incident say nothing new of the early one.
        let more = tell(&case(101));
        assert_eq!(changes(&more), [pair("changed", "late")]);
        assert!(more[0].contains(r#""answer":"places_device_there""#), "{}", more[0]);
        let mut fewer = case(101);
        fewer.incidents.pop();
        assert_eq!(changes(&tell(&fewer)), [pair("gone", "")]);
    }

    #[test]
    fn every_finding_of_a_case_has_an_identifier_of_its_own() {
        let found = evaluate(&case(101), &Settings::default());
        let ids: std::collections::BTreeSet<String> = found.iter().map(|f| f.id().to_string()).collect();
        assert!(found.len() > 4 && ids.len() == found.len(), "{} of {}", ids.len(), found.len());
    }

    #[test]
    fn topics_and_cases_are_told_apart_and_few_are_remembered() {
        let found = || findings_of(Topic::Incident, &case(3), &Settings::default());
        let mut told = Told::default();
        assert_eq!(told.tell("C", Topic::Incident, found()).len(), 2);
        assert_eq!(told.tell("C", Topic::Meeting, Vec::new()).len(), 0, "of another topic nothing is gone");
        for n in 0..MOST_CASES {
            assert_eq!(told.tell(&n.to_string(), Topic::Incident, found()).len(), 2);
        }
        assert_eq!(told.cases.len(), MOST_CASES);
        assert_eq!(told.tell("C", Topic::Incident, found()).len(), 2, "the first one was forgotten");
        assert_eq!(told.tell("999", Topic::Incident, found()).len(), 0);
    }

    #[test]
    fn a_figure_alone_makes_it_another_statement() {
        let mut found = findings_of(Topic::Incident, &case(3), &Settings::default());
        let mut told = Told::default();
        told.tell("C", Topic::Incident, found.clone());
        found[0].figures.push(Figure::count("records", 7));
        assert_eq!(told.tell("C", Topic::Incident, found).len(), 1);
    }
}
