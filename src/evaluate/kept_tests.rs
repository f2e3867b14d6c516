//! Whatever is put, replaced and asked, and in whatever order: the findings are those of the case as it stands.
//!
//! Chunks have three records here, so that every case has many, and a case's records are of all kinds: far away, long, less
//! certain, of a mast.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::evaluate::strength::Prior;
use crate::evaluate::strength::worlds::validation_of;
use crate::evaluate::{Allegation, Exhibits, VictimPlace, evaluate, evaluate_in_time, findings_of, timeline_of};
use crate::model::{ProximityParams, SourceKind};

const HOUR_US: i64 = 3_600_000_000;
/// 2026-03-02T00:00:00Z, a Monday.
const START_US: i64 = 1_772_409_600_000_000;

/// The numbers of the two exhibits that a case begins with, where there is room for others beside them.
const A: u32 = 0x5555_5555;
const C: u32 = 0xaaaa_aaaa;

fn two() -> BTreeSet<String> {
    ["a".repeat(64), "c".repeat(64)].into()
}

/// A record in a small town, somewhere in four days.
fn record(hour: i64, place: u8, row: u64, exhibit: u32) -> Record {
    let at = f64::from(place);
    let mut record = Record::at(START_US + hour * HOUR_US / 4, 51.5 + at * 4e-4, -0.12 + at * 3e-4, 10.0);
    (record.origin.row, record.origin.exhibit) = (row, exhibit);
    record
}

/// A record as before, far away (places from six on) or at home, long, uncertain, or a mast's; what it is hangs on its hour.
fn varied(hour: i64, place: u8, row: u64, exhibit: u32) -> Record {
    let mut varied = record(hour, place % 6, row, exhibit);
    varied.lat_deg += if place < 6 { 0.0 } else { 2.0 };
    varied.t1_us += if hour % 7 == 3 { HOUR_US * (hour % 5) } else { 0 };
    varied.uncertainty_m = [10.0, 30.0, 10.0, 250.0, 10.0, 0.0, 5.0, 20.0][usize::try_from(hour % 8).unwrap()];
    varied.source = if hour % 9 == 4 { SourceKind::Cell } else { SourceKind::Gps };
    varied
}

fn incident(reference: &str, hour: i64) -> Allegation {
    let t0_us = START_US + hour * HOUR_US;
    let t1_us = t0_us + HOUR_US / 2;
    Allegation { reference: reference.to_owned(), t0_us, t1_us, lat_deg: 51.5, lon_deg: -0.12, uncertainty_m: 20.0 }
}

fn place(name: &str, at: f64) -> VictimPlace {
    let (lat_deg, lon_deg) = (51.5 + at * 4e-4, -0.12 + at * 3e-4);
    VictimPlace { name: name.to_owned(), lat_deg, lon_deg, radius_m: 30.0, from_us: None, to_us: None }
}

fn device(name: &str, subject: &str, records: &[(i64, u8)]) -> Device {
    let rows = records.iter().zip(1..).map(|((hour, place), row)| record(*hour, *place, row, C));
    Device::new(name, subject, rows.collect())
}

fn case(his: &[(i64, u8)], hers: &[(i64, u8)]) -> Case {
    Case {
        suspects: vec![device("his-car", "suspect", &his[his.len() / 2..]), device("his-phone", "suspect", his)],
        victims: vec![device("her-phone", "victim", hers)],
        places: vec![place("home", 0.0)],
        incidents: vec![incident("early", 20), incident("late", 70)],
        exhibits: Exhibits::spread(two()),
        ..Case::default()
    }
}

fn varied_case(his: &[(i64, u8)], hers: &[(i64, u8)]) -> Case {
    let device = |name: &str, subject: &str, records: &[(i64, u8)]| {
        let rows = records.iter().zip(1..).map(|((hour, place), row)| varied(*hour, *place, row, C));
        Device::new(name, subject, rows.collect())
    };
    Case {
        suspects: vec![device("his-car", "suspect", &his[his.len() / 2..]), device("his-phone", "suspect", his)],
        victims: vec![device("her-phone", "victim", hers)],
        ..case(his, hers)
    }
}

/// What may happen to a case.
#[derive(Debug, Clone)]
enum Happening {
    Put(Whose, &'static str, i64, u8),
    /// After all of a device's records; before all of them; the same as one of them.
    Last(Whose, u8),
    First(Whose, u8),
    Again(Whose, usize),
    /// Several records of a device come with the case.
    Several(Whose, Vec<(i64, u8)>),
    /// Records of both come by themselves, of exhibits that stand in another order there, and maybe one more.
    Grown(Vec<(i64, u8)>, bool),
    /// A file comes back whose hash stands between the others; the case is read anew, and numbers its exhibits anew.
    NewExhibit(i64, u8),
    NewDevice(Vec<(i64, u8)>),
    /// A record of a device of either says another place than before.
    Corrected(Whose, usize, u8),
    Gone,
    Incident(i64),
    Moved,
    Narrower,
    Asked(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    let put = |whose, name| (0..400_i64, 0..8_u8).prop_map(move |(at, place)| Happening::Put(whose, name, at, place));
    let whose = || prop_oneof![Just(Whose::Suspect), Just(Whose::Victim)];
    prop_oneof![
        4 => put(Whose::Suspect, "his-phone"),
        2 => put(Whose::Suspect, "his-car"),
        3 => put(Whose::Victim, "her-phone"),
        2 => (whose(), 0..8_u8).prop_map(|(whose, place)| Happening::Last(whose, place)),
        1 => (whose(), 0..8_u8).prop_map(|(whose, place)| Happening::First(whose, place)),
        2 => (whose(), 0..40_usize).prop_map(|(whose, at)| Happening::Again(whose, at)),
        1 => (whose(), prop::collection::vec((0..400_i64, 0..8_u8), 1..4))
            .prop_map(|(whose, records)| Happening::Several(whose, records)),
        2 => (prop::collection::vec((0..400_i64, 0..8_u8), 1..4), any::<bool>())
            .prop_map(|(records, is_new)| Happening::Grown(records, is_new)),
        1 => prop::collection::vec((0..400_i64, 0..8_u8), ONE_BY_ONE..ONE_BY_ONE + 8)
            .prop_map(|records| Happening::Grown(records, false)),
        2 => (0..400_i64, 0..6_u8).prop_map(|(at, place)| Happening::NewExhibit(at, place)),
        1 => prop::collection::vec((0..400_i64, 0..6_u8), 1..6).prop_map(Happening::NewDevice),
        2 => (any::<bool>(), 0..40_usize, 0..6_u8).prop_map(|(his, at, place)| {
            Happening::Corrected(if his { Whose::Suspect } else { Whose::Victim }, at, place)
        }),
        1 => Just(Happening::Gone),
        1 => (0..96_i64).prop_map(Happening::Incident),
        1 => Just(Happening::Moved),
        1 => Just(Happening::Narrower),
        12 => (0..Topic::ALL.len()).prop_map(Happening::Asked),
    ]
}

/// Records of his phone and hers by themselves, their exhibits with numbers of their own; those of hers of one that is new,
/// or not.
fn by_themselves((records, is_new): (&[(i64, u8)], bool), row: u64) -> Case {
    let (a, b) = ("a".repeat(64), format!("b{row:063}"));
    let exhibits = Exhibits::spread([Some(a.clone()), is_new.then(|| b.clone())].into_iter().flatten().collect());
    let [of_his, of_hers] = [&a, if is_new { &b } else { &a }].map(|name| exhibits.number(name).unwrap());
    let of = |his: bool| {
        let own = records.iter().zip(row..).filter(move |(_, row)| (row % 3 > 0) == his);
        own.map(move |((at, place), row)| varied(*at, *place, row, if his { of_his } else { of_hers })).collect()
    };
    Case {
        suspects: vec![Device::new("his-phone", "suspect", of(true))],
        victims: vec![Device::new("her-phone", "victim", of(false))],
        exhibits,
        ..Case::default()
    }
}

/// The case with an exhibit between its first and its last, and a record of it.
fn with_exhibit(case: &Case, (at, place): (i64, u8), row: u64) -> Case {
    let (mut new, b) = (case.clone(), format!("b{row:063}"));
    let names = case.exhibits.names().chain([&*b]).map(str::to_owned).collect();
    new.renumber(Exhibits::spread(names));
    if let (Some(first), Some(b)) = (new.suspects.first_mut(), new.exhibits.number(&b)) {
        first.insert(record(at, place, row, b));
    }
    new
}

/// A record of the last device of a side at the time that its records give.
fn put_beside(kept: &mut Kept, whose: Whose, at: impl Fn(&[Record]) -> Option<i64>, place: u8) {
    let device = devices(kept.case(), whose).last().cloned();
    let Some((device, t_us)) = device.and_then(|device| Some((device.name.clone(), at(device.records())?))) else {
        return;
    };
    let record = Record { t0_us: t_us, t1_us: t_us, ..varied(0, place, 0, number_of_a(kept.case())) };
    assert!(kept.put(whose, &device, record));
}

fn number_of_a(case: &Case) -> u32 {
    case.exhibits.number(&"a".repeat(64)).unwrap()
}

fn happens(kept: &mut Kept, what: &Happening, row: u64) {
    let now = kept.case().clone();
    let a = number_of_a(&now);
    match what {
        Happening::Put(whose, name, at, place) => {
            let there = devices(&now, *whose).iter().any(|d| d.name == *name);
            assert_eq!(kept.put(*whose, name, varied(*at, *place, row, a)), there);
        }
        Happening::Last(whose, place) => {
            put_beside(kept, *whose, |records| Some(records.last()?.t0_us + HOUR_US / 4), *place);
        }
        Happening::First(whose, place) => {
            put_beside(kept, *whose, |records| Some(records.first()?.t0_us - HOUR_US / 4), *place);
        }
        Happening::Again(whose, at) => {
            let Some(device) = devices(&now, *whose).last() else { return };
            let again = device.records()[at % device.records().len()];
            assert!(kept.put(*whose, &device.name, again));
        }
        Happening::Several(whose, records) => {
            let mut new = now;
            if let Some(device) = devices_mut(&mut new, *whose).last_mut() {
                for (at, place) in records {
                    device.insert(varied(*at, *place, row, a));
                }
            }
            kept.replace(new);
        }
        Happening::NewExhibit(at, place) => kept.replace(with_exhibit(&now, (*at, *place), row)),
        Happening::NewDevice(records) => {
            let c = now.exhibits.number(&"c".repeat(64)).unwrap();
            let records = records.iter().zip(1..).map(|((hour, place), row)| record(*hour, *place, row, c)).collect();
            let new = Device::new(format!("another-{row}"), "suspect", records);
            kept.replace(Case { suspects: [vec![new], now.suspects].concat(), ..now });
        }
        Happening::Corrected(whose, at, place) => {
            let mut new = now;
            if let Some(device) = devices_mut(&mut new, *whose).last_mut() {
                let mut records = device.records().to_vec();
                let at = at % records.len();
                records[at].lat_deg = 51.5 + f64::from(*place) * 4e-4;
                *device = Device::new(device.name.clone(), device.subject.clone(), records);
            }
            kept.replace(new);
        }
        Happening::Gone => {
            let suspects = now.suspects.iter().skip(1).cloned().collect();
            kept.replace(Case { suspects, ..now });
        }
        Happening::Incident(hour) => {
            let incidents = [vec![incident(&format!("new-{row}"), *hour)], now.incidents].concat();
            kept.replace(Case { incidents, ..now });
        }
        Happening::Moved => {
            let places = [now.places, vec![place("work", f64::from(u8::try_from(row % 5).unwrap()))]].concat();
            kept.replace(Case { places, ..now });
        }
        Happening::Narrower => {
            let params = ProximityParams { radius_m: now.params.radius_m * 0.75, ..now.params };
            kept.replace(Case { params, ..now });
        }
        Happening::Grown(records, is_new) => grows(kept, (records, *is_new), row),
        Happening::Asked(topic) => _ = kept.findings(Topic::ALL[*topic]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn findings_are_those_of_the_case_as_it_stands(
        his in prop::collection::vec((0..400_i64, 0..8_u8), 2..40),
        hers in prop::collection::vec((0..400_i64, 0..8_u8), 1..40),
        room in any::<bool>(),
        validated in any::<bool>(),
        happenings in prop::collection::vec(happening(), 1..14)) {
        // A routine of one day is enough here, so that ratios are stated in four.
        let prior = Prior { min_days: 1, ..Prior::default() };
        let validation = validated.then(|| validation_of(&prior));
        let settings = Settings { prior, validation, ..Settings::default() };
        let mut begins = varied_case(&his, &hers);
        if !room {
            begins.renumber(Exhibits::dense(two()));
        }
        let mut kept = Kept::in_chunks(begins, settings.clone().into(), 3);
        ask_all(&mut kept);
        for (what, row) in happenings.iter().zip(1_000..) {
            happens(&mut kept, what, row);
        }
        for topic in Topic::ALL {
            let expected = findings_of(topic, kept.case(), &settings);
            prop_assert_eq!(kept.findings(topic), expected, "{:?}", topic);
        }
    }
}

/// Grows by records if it has the devices, as a case that is put together of all of them would; else not at all.
fn grows(kept: &mut Kept, records: (&[(i64, u8)], bool), row: u64) {
    let (more, before) = (by_themselves(records, row), kept.case().clone());
    let known = [Whose::Suspect, Whose::Victim].iter().all(|whose| {
        let known = |new: &Device| devices(&before, *whose).iter().any(|device| device.name == new.name);
        devices(&more, *whose).iter().all(known)
    });
    assert_eq!(kept.grow(&more), known);
    if known {
        let expected: BTreeSet<_> = named(&before).into_iter().chain(named(&more)).collect();
        assert_eq!(named(kept.case()), expected);
    } else {
        assert_eq!(kept.case(), &before);
    }
}

/// Each record with its device and the name of its exhibit.
fn named(case: &Case) -> BTreeSet<(String, Option<String>, u64, i64)> {
    let all =
        case.suspects.iter().chain(&case.victims).flat_map(|device| device.records().iter().map(|r| (&device.name, r)));
    let exhibit = |r: &Record| case.exhibits.name(r.origin.exhibit).map(str::to_owned);
    all.map(|(name, r)| (name.clone(), exhibit(r), r.origin.row, r.t0_us)).collect()
}

fn ask_all(kept: &mut Kept) {
    for topic in Topic::ALL {
        kept.findings(topic);
    }
}

fn whole() -> Kept {
    let all: Vec<(i64, u8)> = (0..384).map(|quarter| (quarter, u8::try_from(quarter % 6).unwrap())).collect();
    let mut kept = Kept::new(case(&all, &all), Settings::default().into());
    ask_all(&mut kept);
    kept
}

fn left(kept: &Kept, topic: Topic) -> Vec<Option<usize>> {
    kept.found.keys().filter(|key| key.topic == topic).map(|key| key.incident).collect()
}

#[test]
fn a_record_forgets_what_reads_its_device_and_the_incidents_that_it_bears_on() {
    let mut kept = whole();
    let (all, asked) = (kept.found.len(), kept.settings.reach.horizon_us / HOUR_US);
    assert!(asked < 40, "the incidents are further apart than the horizon");
    assert!(kept.put(Whose::Suspect, "his-phone", record(4 * 70, 3, 1_000, A)));
    // Both devices, both incidents: of four only that of the phone and the late one is gone.
    for topic in [Topic::Incident, Topic::Strength] {
        assert_eq!(left(&kept, topic), [Some(0), Some(1), Some(0)], "{topic:?}");
    }
    assert_eq!((left(&kept, Topic::Meeting).len(), left(&kept, Topic::Attribution).len()), (1, 0));
    assert_eq!((left(&kept, Topic::Quality).len(), left(&kept, Topic::Pattern).len()), (2, 0));
    ask_all(&mut kept);
    assert_eq!(kept.found.len(), all);
    assert!(kept.put(Whose::Victim, "her-phone", record(0, 3, 1_001, A)));
    assert_eq!((left(&kept, Topic::Incident).len(), left(&kept, Topic::Meeting).len()), (4, 0));
    assert_eq!((left(&kept, Topic::Visit).len(), left(&kept, Topic::Attribution).len()), (0, 1));
    assert!(!kept.put(Whose::Victim, "his-phone", record(0, 3, 1_002, A)));
}

#[test]
fn a_record_that_lasts_for_days_changes_what_may_be_said_of_each_incident_in_its_time() {
    let mut kept = whole();
    let mut long = record(0, 3, 1_000, A);
    long.t1_us += 71 * HOUR_US;
    assert!(kept.put(Whose::Suspect, "his-phone", long));
    // The late incident is further from its beginning than a stay is taken to last, …
    assert_eq!(left(&kept, Topic::Incident), [Some(0), Some(1), Some(1)]);
    // … and what was recorded in an incident's time was recorded, however long it took.
    assert_eq!(left(&kept, Topic::Strength), [Some(0), Some(1)]);
    let anew = findings_of(Topic::Strength, kept.case(), &Settings::default());
    assert_eq!(kept.findings(Topic::Strength), anew);
}

#[test]
fn the_same_case_with_another_exhibit_keeps_what_it_does_not_touch() {
    let mut kept = whole();
    let before = kept.found.len();
    kept.replace(kept.case().clone());
    assert_eq!(kept.found.len(), before);
    // A record of his car, out of a file whose hash stands between those of the others.
    kept.replace(with_exhibit(kept.case(), (4 * 20, 2), 1));
    assert_eq!(left(&kept, Topic::Incident), [Some(1), Some(0), Some(1)]);
    assert_eq!((left(&kept, Topic::Meeting).len(), left(&kept, Topic::Quality).len()), (1, 2));
}

#[test]
fn a_file_that_comes_back_leaves_what_is_remembered_of_all_other_records() {
    let mut kept = whole();
    let numbers = |kept: &Kept| -> Vec<u32> {
        kept.case().suspects.iter().flat_map(|device| device.records().iter().map(|r| r.origin.exhibit)).collect()
    };
    let (before, records) = (numbers(&kept), kept.records());
    // Few records and many, by themselves and with the whole case: each of a file whose hash stands before that of the others.
    let few: Vec<(i64, u8)> = (0..3).map(|at| (at, 1)).collect();
    let many: Vec<(i64, u8)> = (0..ONE_BY_ONE + 3).map(|at| (i64::try_from(at).unwrap(), 1)).collect();
    for (file, row) in [(&few, 3_000), (&many, 4_000)] {
        assert!(kept.grow(&by_themselves((file, true), row)));
    }
    kept.replace(with_exhibit(kept.case(), (4 * 20, 2), 5_000));
    assert_eq!(kept.records(), records + few.len() + many.len() + 1);
    let of_the_first: Vec<u32> = numbers(&kept).into_iter().filter(|number| *number == C).collect();
    assert_eq!(of_the_first, before);
    for topic in Topic::ALL {
        assert_eq!(kept.findings(topic), findings_of(topic, kept.case(), &Settings::default()), "{topic:?}");
    }
}

#[test]
fn a_case_does_not_grow_by_a_device_that_it_does_not_know() {
    let mut kept = whole();
    let before = kept.case().clone();
    let more = by_themselves((&[(1, 1), (2, 2), (3, 3)], false), 1);
    let mut with_tablet = more.clone();
    with_tablet.victims.push(device("her-tablet", "victim", &[]));
    assert!(!kept.grow(&with_tablet));
    assert_eq!(kept.case(), &before);
    assert!(kept.grow(&more));
    let records = |case: &Case| case.suspects.iter().chain(&case.victims).map(|d| d.records().len()).sum::<usize>();
    assert_eq!(kept.records(), records(&before) + 3);
}

#[test]
fn a_ratio_hangs_on_records_of_any_day() {
    let prior = Prior { min_days: 1, ..Prior::default() };
    let settings = Settings { validation: Some(validation_of(&prior)), prior, ..Settings::default() };
    let all: Vec<(i64, u8)> = (0..384).map(|quarter| (quarter, u8::try_from(quarter % 6).unwrap())).collect();
    let mut kept = Kept::new(case(&all, &all), settings.clone().into());
    let before = kept.findings(Topic::Strength);
    // Two days before the late incident, at its hour: another routine.
    assert!(kept.put(Whose::Suspect, "his-phone", record(4 * 22, 0, 1_000, A)));
    let after = kept.findings(Topic::Strength);
    assert_ne!(after, before);
    assert_eq!(after, findings_of(Topic::Strength, kept.case(), &settings));
    // One that lasts until then and began nine hours before: where the device is expected at that hour counts, too.
    let long = Record { t1_us: START_US + 70 * HOUR_US, ..record(4 * 61, 0, 1_001, A) };
    assert!(kept.put(Whose::Suspect, "his-phone", long));
    let before = kept.findings(Topic::Strength);
    for row in 0..4 {
        assert!(kept.put(Whose::Suspect, "his-phone", record(4 * 37, 5, 1_002 + row, A)));
    }
    let after = kept.findings(Topic::Strength);
    assert_ne!(after, before);
    assert_eq!(after, findings_of(Topic::Strength, kept.case(), &settings));
}

#[test]
fn every_topic_is_its_parts() {
    let mut kept = whole();
    let by_topic: Vec<Finding> = Topic::ALL.into_iter().flat_map(|topic| kept.findings(topic)).collect();
    let case = kept.case();
    assert_eq!(by_topic, evaluate(case, &Settings::default()));
    let (found, timeline) = evaluate_in_time(case, &Settings::default());
    assert_eq!((found, timeline), (by_topic, timeline_of(case, &Settings::default())));
    let reach = crate::evaluate::prism::ReachParams::default();
    assert_eq!(findings_of(Topic::Incident, case, &Settings::default()), incident::findings(case, &reach));
    assert_eq!(
        findings_of(Topic::Meeting, case, &Settings::default()),
        crate::evaluate::meeting::findings(case, &reach)
    );
}
