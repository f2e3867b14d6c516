//! Whatever order a case's messages come in, in whatever steps, again and again, and with the case let go and restored in
//! between: the same is said in the end, and the statements made on the way lead to it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::decode::message::FixDecoder;
use crate::join::{SessionOptions, session};
use crate::model::{Attribution, CaseChange, CaseEvent, Incident, Place, ProximityParams, Role, StatedTarget};
use crate::source::{Block, Message, Topic};

const NOW_US: i64 = 1_800_000_000_000_000;
const START_US: i64 = 1_700_000_000_000_000;
const S: i64 = 1_000_000;

#[derive(Debug, Clone, PartialEq)]
enum Item {
    Fix(String),
    Event(Box<CaseEvent>),
}

fn event(id: &str, recorded: i64, change: CaseChange) -> Item {
    Item::Event(Box::new(CaseEvent {
        case_id: "C1".to_owned(),
        event_id: id.to_owned(),
        recorded_us: START_US + recorded,
        author: "DC A".to_owned(),
        reason: String::new(),
        change,
    }))
}

fn attributed(device: &str, role: Role, from_s: Option<i64>, to_s: Option<i64>) -> CaseChange {
    CaseChange::Attributed(Attribution {
        attribution_id: format!("a-{device}"),
        device_id: device.to_owned(),
        subject_id: format!("{role:?}"),
        role,
        from_us: from_s.map(|s| START_US + s * S),
        to_us: to_s.map(|s| START_US + s * S),
        basis: "seized".to_owned(),
    })
}

fn place(name: &str, north_m: f64) -> CaseChange {
    let target = StatedTarget::Place(Place {
        name: name.to_owned(),
        lat_deg: 51.5 + north_m / 111_000.0,
        lon_deg: -0.1,
        radius_m: 30.0,
    });
    CaseChange::TargetAdded { target_id: format!("t-{name}"), target }
}

fn incident(from_s: i64) -> CaseChange {
    let target = StatedTarget::Incident(Incident {
        reference: "I1".to_owned(),
        kind: "stalking".to_owned(),
        t0_us: START_US + from_s * S,
        t1_us: START_US + (from_s + 600) * S,
        lat_deg: 51.5,
        lon_deg: -0.1,
        uncertainty_m: None,
        exhibit: String::new(),
        row: 0,
        time_text: String::new(),
        time_ambiguous: false,
    });
    CaseChange::TargetAdded { target_id: "t-I1".to_owned(), target }
}

fn fixes() -> impl Strategy<Value = Vec<Item>> {
    let devices = prop::sample::select(vec!["s1", "s1", "s2", "v1", "v1", "x"]);
    let uncertainty = prop_oneof![Just(0.0), 1.0..80.0f64];
    let source = prop::sample::select(vec!["gps", "gps", "cell", "wifi"]);
    let length = prop_oneof![8 => Just(0_i64), 1 => 1..600_i64];
    let fix = (devices, 0..7200_i64, length, -250.0..250.0f64, -250.0..250.0f64, uncertainty, source);
    prop::collection::vec(fix, 0..70).prop_map(|fixes| {
        let text = |(device, t, long, north, east, u, source): (&str, i64, i64, f64, f64, f64, &str)| {
            format!(
                r#"{{"case_id":"C1","device_id":"{device}","t0":{},"t1":{},"lat_deg":{},"lon_deg":{},"uncertainty_m":{u},"source":"{source}"}}"#,
                START_US + t * S,
                START_US + (t + long) * S,
                51.5 + north / 111_000.0,
                -0.1 + east / 69_000.0,
            )
        };
        fixes.into_iter().map(|f| Item::Fix(text(f))).collect()
    })
}

fn events() -> impl Strategy<Value = Vec<Item>> {
    let bounds = (prop::option::of(0..7200_i64), prop::option::of(0..7200_i64));
    let some = any::<[bool; 6]>();
    (bounds, some, 0..7200_i64).prop_map(|((from, to), some, at)| {
        let mut events = vec![
            event("e0", 0, CaseChange::Opened),
            event("e1", 1, attributed("s1", Role::Suspect, None, None)),
            event("e2", 2, attributed("s2", Role::Suspect, from, to)),
            event("e3", 3, attributed("v1", Role::Victim, None, None)),
            event("e4", 4, place("home", 0.0)),
            event("e5", 5, incident(at)),
        ];
        let more = [
            event("e6", 6, CaseChange::AttributionWithdrawn { attribution_id: "a-s1".to_owned() }),
            event("e7", 7, attributed("s2", Role::Victim, None, None)),
            event("e8", 8, place("home", 120.0)),
            event("e9", 9, CaseChange::TargetWithdrawn { target_id: "t-I1".to_owned() }),
            event("e10", 10, attributed("x", Role::Suspect, None, to)),
            event("e11", 11, place("work", -90.0)),
        ];
        events.extend(more.into_iter().zip(some).filter(|(_, keep)| *keep).map(|(e, _)| e));
        events
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn pipeline() -> Pipeline {
    let options = SessionOptions { memory_bytes: 1 << 26, partitions: 1, ..SessionOptions::default() };
    Pipeline::start(&session(&options).unwrap(), ProximityParams::default()).await.unwrap()
}

fn input(items: &[Item], first_offset: i64) -> Input {
    let mut block = Block::new(Topic::Fixes, 0);
    let mut events = Vec::new();
    for (offset, item) in (first_offset..).zip(items) {
        match item {
            Item::Fix(json) => block.push(&Message {
                offset,
                appended_us: None,
                key: Some(b"C1"),
                content_type: Some(b"application/json"),
                payload: Some(json.as_bytes()),
            }),
            Item::Event(event) => events.push((offset, CaseEvent::clone(event))),
        }
    }
    let decoded = FixDecoder::new(None).decode(&block, NOW_US).unwrap();
    assert_eq!(decoded.rejects, []);
    Input { fixes: decoded.batches, events }
}

type Said = (BTreeMap<i64, ProximitySaid>, BTreeMap<i64, EncounterSaid>);

/// What a reader who kept the last statement of each identifier holds true.
#[derive(Default)]
struct Reader(Said);

impl Reader {
    fn hear(&mut self, outcome: &Outcome) {
        let (proximities, encounters) = &mut self.0;
        for out in &outcome.proximities {
            if out.withdrawn {
                assert!(proximities.remove(&out.said.id.as_i64()).is_some(), "withdrawn, and never said: {out:?}");
            } else {
                proximities.insert(out.said.id.as_i64(), out.said.clone());
            }
        }
        for out in &outcome.encounters {
            let e = &out.said.encounter;
            let before = match out.said.change {
                Change::Superseded(_) | Change::Withdrawn => encounters.remove(&e.id.as_i64()),
                _ => encounters.insert(e.id.as_i64(), e.clone()),
            };
            assert_eq!(before.is_none(), out.said.change == Change::Opened, "{out:?}");
            if out.said.change.status() == "current" {
                assert_ne!(before.as_ref(), Some(e), "said twice: {out:?}");
            } else {
                assert_eq!(before.as_ref(), Some(e), "what is gone is what was said last: {out:?}");
            }
        }
    }
}

fn said_of(pipeline: &mut Pipeline) -> Said {
    let (proximities, encounters) = pipeline.said_of("C1").unwrap_or_default();
    (
        proximities.into_iter().map(|p| (p.id.as_i64(), p)).collect(),
        encounters.into_iter().map(|e| (e.id.as_i64(), e)).collect(),
    )
}

/// Everything in one step.
fn at_once(items: &[Item]) -> Said {
    runtime().block_on(async {
        let mut pipeline = pipeline().await;
        let mut reader = Reader::default();
        reader.hear(&pipeline.step(input(items, 0)).await.unwrap());
        let said = said_of(&mut pipeline);
        assert_eq!(reader.0, said);
        said
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(41), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(60))]
    #[test]
    fn what_is_said_is_a_function_of_the_set_of_messages(
        fixes in fixes(), events in events(), seed in any::<u64>(), steps in prop::collection::vec(1..12usize, 1..20),
    ) {
        let mut items: Vec<Item> = events.into_iter().chain(fixes).collect();
        let expected = at_once(&items);
        // Another order, and a third of it again.
        shuffle(&mut items, seed);
        let again: Vec<Item> = items.iter().step_by(3).cloned().collect();
        items.extend(again);
        shuffle(&mut items, seed ^ 7);
        runtime().block_on(async {
            let mut pipeline = pipeline().await;
            let mut reader = Reader::default();
            let mut stored = StoredCase::default();
            let (mut rest, mut offset, mut steps) = (items.as_slice(), 0, steps.into_iter().cycle());
            while !rest.is_empty() {
                let n = steps.next().unwrap().min(rest.len());
                let (now, later) = rest.split_at(n);
                let outcome = pipeline.step(input(now, offset)).await.unwrap();
                reader.hear(&outcome);
                stored.fixes.extend(outcome.fixes.iter().cloned());
                stored.events.extend(outcome.events.iter().map(|(_, e)| e.clone()));
                (rest, offset) = (later, offset + i64::try_from(n).unwrap());
                if n == 11 {
                    // Let go and taken in again: nothing is said, and nothing forgotten.
                    pipeline.forget("C1").unwrap();
                    pipeline.restore("C1", &stored).await.unwrap();
                }
                assert_eq!(reader.0, said_of(&mut pipeline));
            }
            assert_eq!(reader.0, expected);
        });
    }
}

proptest! {
    #![proptest_config(config(200))]
    #[test]
    fn the_case_that_leaves_is_the_one_needed_longest_ago(
        steps in prop::collection::vec((0..8usize, any::<bool>()), 1..60), asked in 0..60u64,
    ) {
        let (mut cases, mut model) = (Cases::default(), Vec::<(u64, i64, String)>::new());
        for (step, (case, closes)) in (0..).zip(steps) {
            let id = format!("C{case}");
            model.retain(|(_, _, known)| *known != id);
            if closes {
                cases.close(&id);
            } else {
                // Needed twice in a step: once is meant.
                cases.entry(&id, step);
                model.push((step, cases.entry(&id, step).number, id));
            }
            let oldest = model.iter().filter(|(used, ..)| *used <= asked).min();
            prop_assert_eq!(cases.idle(asked), oldest.map(|(_, _, id)| id.as_str()));
        }
    }
}

/// A fixed shuffle by a small generator, so that a failure can be repeated.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for i in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
    }
}

fn fix(device: &str, t_s: i64, north_m: f64) -> Item {
    Item::Fix(format!(
        r#"{{"case_id":"C1","device_id":"{device}","t0":{},"lat_deg":{},"lon_deg":-0.1,"uncertainty_m":5,"source":"gps"}}"#,
        START_US + t_s * S,
        51.5 + north_m / 111_000.0
    ))
}

fn run(steps: &[Vec<Item>]) -> Vec<Vec<(Change, String)>> {
    runtime().block_on(async {
        let mut pipeline = pipeline().await;
        let mut all = Vec::new();
        for items in steps {
            let outcome = pipeline.step(input(items, 0)).await.unwrap();
            let changes = outcome.encounters.iter().map(|e| (e.said.change, e.why.clone()));
            all.push(changes.collect());
        }
        all
    })
}

#[test]
fn an_encounter_opens_grows_merges_closes_and_is_withdrawn_with_the_reason() {
    let open = vec![
        event("e1", 1, attributed("s1", Role::Suspect, None, None)),
        event("e3", 3, attributed("v1", Role::Victim, None, None)),
    ];
    let quiet = String::new();
    let withdrawn = CaseChange::AttributionWithdrawn { attribution_id: "a-s1".to_owned() };
    let all = run(&[
        open,
        vec![fix("v1", 0, 0.0), fix("s1", 10, 20.0)],
        vec![fix("v1", 2000, 0.0), fix("s1", 2010, 20.0)],
        // A late record between the two, near both in time: they are one.
        vec![
            fix("v1", 550, 0.0),
            fix("s1", 560, 20.0),
            fix("v1", 1100, 0.0),
            fix("s1", 1110, 20.0),
            fix("v1", 1600, 0.0),
            fix("s1", 1610, 20.0),
        ],
        // The device is elsewhere, long after.
        vec![fix("s1", 9000, 5000.0)],
        vec![event("e9", 9, withdrawn)],
    ]);
    assert_eq!(all[0], []);
    assert_eq!(all[1], [(Change::Opened, quiet.clone())]);
    assert_eq!(all[2].iter().map(|c| c.0).collect::<Vec<_>>(), [Change::Closed, Change::Opened]);
    assert!(matches!(all[3][..], [(Change::Grew, _), (Change::Superseded(_), _)]), "{:?}", all[3]);
    assert_eq!(all[4], [(Change::Closed, quiet)]);
    assert_eq!(all[5].len(), 1);
    assert_eq!(all[5][0].0, Change::Withdrawn);
    assert!(all[5][0].1.contains("attribution_withdrawn by DC A (e9)"), "{}", all[5][0].1);
}

#[test]
fn a_target_stated_late_flags_records_that_came_before_it() {
    let early = vec![event("e1", 1, attributed("s1", Role::Suspect, None, None)), fix("s1", 10, 20.0)];
    let all = run(&[early, vec![event("e4", 4, place("home", 0.0))]]);
    assert_eq!(all[0], []);
    assert_eq!(all[1].iter().map(|c| c.0).collect::<Vec<_>>(), [Change::Opened]);
}

/// Blocks that one decoder reads share a dictionary of cases: one that left memory must not come back for the records of
/// another.
#[test]
fn a_step_needs_the_cases_of_its_own_records_only() {
    let mut decoder = FixDecoder::new(None);
    let mut step = |case: &str| {
        let json = format!(r#"{{"case_id":"{case}","device_id":"d","t0":{START_US},"lat_deg":51.5,"lon_deg":-0.1}}"#);
        let mut block = Block::new(Topic::Fixes, 0);
        let payload = Some(json.as_bytes());
        block.push(&Message { offset: 0, appended_us: None, key: None, content_type: None, payload });
        Input { fixes: decoder.decode(&block, NOW_US).unwrap().batches, events: Vec::new() }
    };
    runtime().block_on(async {
        let mut pipeline = pipeline().await;
        pipeline.step(step("C1")).await.unwrap();
        pipeline.step(step("C2")).await.unwrap();
        assert_eq!(pipeline.idle(2).as_deref(), Some("C1"));
        pipeline.forget("C1").unwrap();
        let input = step("C2");
        assert_eq!(pipeline.missing(&input), std::collections::BTreeSet::new());
        pipeline.step(input).await.unwrap();
        assert_eq!(pipeline.cases_in_memory(), 1);
        assert_eq!(pipeline.missing(&step("C1")), ["C1".to_owned()].into());
    });
}
