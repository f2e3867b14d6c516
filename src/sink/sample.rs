//! A made-up report for tests: every kind of target, hostile names, long lists, a night when the clocks went back.

use std::sync::Arc;

use crate::model::{
    Basis, DEFAULT_CONFIDENCE, Encounter, Fix, Grade, Incident, Place, ProximityParams, SourceKind, TargetKind,
};
use crate::time::{US_PER_S, ZoneRule};

use super::report::{
    Authorised, DeviceCount, EncounterFound, ExhibitRead, IncidentTarget, KindCount, Member, Moment, Nearest, NotNear,
    Parameters, PositionCount, ReasonCount, Record, RejectFound, Rejects, Report, Role, RowCounts, Span, Stage,
    Statistics, Support, Targets, Tool, Uncertainties,
};

/// A device name that would clear a terminal, colour it, break the line and turn it round.
pub(super) const HOSTILE: &str = "Günther's \u{1b}[31mphone\u{1b}[0m\r\nENCOUNTERS\u{202e} 家\t\"x\"";
/// A place whose name is a formula.
const FORMULA: &str = "=HYPERLINK(\"http://example.invalid\",\"home\")";
/// 2025-10-26T00:30:00Z, 01:30 BST; the clocks went back half an hour later.
const T0: i64 = 1_761_438_600 * US_PER_S;

fn london() -> ZoneRule {
    ZoneRule::parse("Europe/London").unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment::new(T0 + seconds * US_PER_S, &london())
}

fn sha(n: u8) -> Arc<str> {
    format!("{n:02x}").repeat(32).into()
}

fn fix(device: &str, (exhibit, file): (u8, &str), row: u64, seconds: i64, lon_deg: f64) -> Record {
    let read = Fix {
        device: device.to_owned(),
        source: if exhibit == 0xa1 { SourceKind::Gps } else { SourceKind::Fused },
        t0_us: T0 + seconds * US_PER_S,
        t1_us: T0 + (seconds + 59) * US_PER_S,
        lat_deg: 51.5407,
        lon_deg,
        uncertainty_m: (row != 2).then_some(12.5),
        confidence: DEFAULT_CONFIDENCE,
        basis: Basis::Measured,
        exhibit: sha(exhibit).as_ref().to_owned(),
        row,
        path: if exhibit == 0xb2 { format!("locations[{}]", row - 1) } else { String::new() },
        time_text: Moment::new(T0 + seconds * US_PER_S, &london()).local[..16].to_owned(),
        time_ambiguous: seconds < 3_600,
    };
    Record::of_fix(&read, &sha(exhibit), &file.into())
}

fn support(suspect: Record, target: Record, distance_m: f64, grade: Grade, p_within: f64) -> Support {
    Support { suspect: Arc::new(suspect), target: Arc::new(target), distance_m, grade, p_within }
}

fn encounter(n: u8, target_kind: TargetKind, rows: Vec<Support>) -> EncounterFound {
    let (first, last) = (rows.first().unwrap(), rows.last().unwrap());
    let [suspect, target] = [&first.suspect, &first.target];
    let fixes = u32::try_from(rows.len()).unwrap();
    let moving = target_kind == TargetKind::VictimFix;
    let mut sources = vec!["gps".to_owned()];
    sources.extend(moving.then(|| "fused".to_owned()));
    let found = Encounter {
        id: format!("{n:02x}").repeat(16),
        device: suspect.name.clone(),
        target_kind,
        target: target.name.clone(),
        enter_us: suspect.time.unwrap().t0_us,
        exit_us: last.suspect.time.unwrap().t1_us,
        grade: first.grade,
        p_within_max: first.p_within,
        p_within_mean: first.p_within,
        min_distance_m: first.distance_m,
        min_pair: (0, 0),
        closest_approach_m: moving.then_some(4.25),
        closest_approach_us: moving.then_some(T0 + 90 * US_PER_S),
        proximities: (0..fixes).map(|i| (i, i)).collect(),
        held: Vec::new(),
        suspect_fixes: fixes,
        target_fixes: if moving { fixes } else { 1 },
        sources,
        single_fix: fixes == 1,
    };
    EncounterFound::new(&found, first.clone(), rows, &london())
}

fn encounters() -> Vec<EncounterFound> {
    let (s, v) = ((0xa1, "tag.csv"), (0xb2, "takeout.zip!Takeout/Records.json"));
    let mut rows: Vec<_> = (0..7)
        .map(|i| {
            let row = u64::try_from(i).unwrap() + 1;
            let target = fix("her phone", v, row, i * 60, -0.0031);
            support(fix("TAG-1", s, row, i * 60, -0.0033), target, 13.875, Grade::Definite, 0.999_97)
        })
        .collect();
    (rows[6].grade, rows[6].p_within) = (Grade::Probable, 0.75);

    let incident = Record::of_incident(&incident(), &sha(0xc3), &"incidents.csv".into());
    let possible = support(fix(HOSTILE, s, 2, 1_800, -0.0033), incident, 155.5, Grade::Possible, 0.000_4);
    let home = support(fix("TAG-1", s, 9, 7_200, -0.0033), Record::of_place(&place()), 0.0, Grade::Definite, 1.0);
    vec![
        encounter(0xe0, TargetKind::VictimFix, rows),
        encounter(0xe1, TargetKind::Incident, vec![possible]),
        encounter(0xe2, TargetKind::Place, vec![home]),
    ]
}

fn incident() -> Incident {
    Incident {
        reference: "01/23".to_owned(),
        kind: "AB".to_owned(),
        t0_us: T0,
        t1_us: T0 + 3_600 * US_PER_S,
        lat_deg: 51.5407,
        lon_deg: -0.0055,
        uncertainty_m: Some(60.0),
        exhibit: sha(0xc3).as_ref().to_owned(),
        row: 3,
        time_text: "20251026003000 to 20251026013000".to_owned(),
        time_ambiguous: false,
    }
}

fn place() -> Place {
    Place { name: FORMULA.to_owned(), lat_deg: 51.5407, lon_deg: -0.0033, radius_m: 75.0 }
}

fn exhibit(role: Role, file: &str, n: u8, positions: Vec<PositionCount>) -> ExhibitRead {
    let counts = RowCounts { rows: 1_007, fixes: 1_007, ..RowCounts::default() };
    ExhibitRead {
        role,
        file: file.to_owned(),
        sha256: sha(n).as_ref().to_owned(),
        bytes: 1_234_567,
        members: vec![Member {
            name: String::new(),
            format: Some("csv".to_owned()),
            recognised_by: "its heading DATE/TIME,LATITUDE,LONGITUDE,CONFIDENCE CIRCLE".to_owned(),
            profile: Some("em-tag".to_owned()),
        }],
        counts,
        span: Some(Span { from: at(0), to: at(36_000) }),
        devices: vec![DeviceCount { device: "TAG-1".to_owned(), fixes: 1_007 }],
        gaps: Vec::new(),
        positions,
        uncertainties: Uncertainties { stated: 1_007, not_stated: 0 },
        times_ambiguous: 0,
        errors: Vec::new(),
    }
}

fn suspect_exhibit() -> ExhibitRead {
    let count = |source, basis, fixes| PositionCount { source, basis, fixes };
    let positions = vec![count(SourceKind::Gps, Basis::Measured, 990), count(SourceKind::Anpr, Basis::Estimated, 10)];
    let mut e = exhibit(Role::Suspect, "tag.csv", 0xa1, positions);
    e.counts = RowCounts {
        rows: 1_007,
        row_ends: 0,
        fixes: 1_000,
        of_other_devices: 4,
        rejects: 5,
        rejects_by_reason: vec![
            ReasonCount { reason: "latitude outside -90 to 90".to_owned(), rows: 4 },
            ReasonCount { reason: "time zone unknown".to_owned(), rows: 1 },
        ],
        not_fixes: 2,
        not_fixes_by_kind: vec![KindCount { kind: "heading or blank".to_owned(), rows: 2 }],
    };
    e.uncertainties = Uncertainties { stated: 999, not_stated: 1 };
    e.times_ambiguous = 120;
    e.devices =
        ["TAG-1", HOSTILE, "", "d", "e", "f", "g"].map(|d| DeviceCount { device: d.to_owned(), fixes: 143 }).to_vec();
    let times: Vec<_> = (0..8).map(|i| (T0 + i * 5_000 * US_PER_S, T0 + i * 5_000 * US_PER_S)).collect();
    e.gaps = crate::evaluate::gaps(times, crate::evaluate::DEFAULT_MIN_GAP_US)
        .iter()
        .map(|gap| super::report::Gap::new("TAG-1", gap, &london()))
        .collect();
    e.errors = vec!["tag.csv cannot be read past row 1007: \u{1b}]0;title\u{7}".to_owned()];
    e
}

fn victim_exhibit() -> ExhibitRead {
    let fused = PositionCount { source: SourceKind::Fused, basis: Basis::Inferred, fixes: 1_007 };
    let mut e = exhibit(Role::Victim, "takeout.zip", 0xb2, vec![fused]);
    e.members[0] = Member {
        name: "Takeout/Records.json".to_owned(),
        format: Some("google-records".to_owned()),
        recognised_by: "\"locations\" with latitudeE7".to_owned(),
        profile: None,
    };
    e
}

fn targets() -> Targets {
    Targets {
        places: vec![(&place()).into()],
        incidents: vec![IncidentTarget::new(&incident(), &london())],
        victim_fixes: 1_007,
        victim_devices: vec![DeviceCount { device: "her phone".to_owned(), fixes: 1_007 }],
    }
}

fn not_near() -> Vec<NotNear> {
    let nearest = Nearest { distance_m: 12_345.6, record: fix("TAG-1", (0xa1, "tag.csv"), 40, 60, 0.2) };
    vec![
        NotNear::new("TAG-1", (TargetKind::Incident, "01/23"), Some((at(-120), at(3_720))), 31, Some(nearest)),
        NotNear::new(HOSTILE, (TargetKind::Incident, "02/23"), Some((at(90_000), at(93_600))), 0, None),
        NotNear::new(HOSTILE, (TargetKind::Place, FORMULA), None, 0, None),
    ]
}

fn rejects() -> Rejects {
    let listed = (1..=6)
        .map(|row| RejectFound {
            file: "tag.csv".to_owned(),
            exhibit: sha(0xa1).as_ref().to_owned(),
            row,
            path: String::new(),
            field: "LATITUDE".to_owned(),
            value: format!("=1{row}\u{1b}[2J"),
            reason: "latitude outside -90 to 90".to_owned(),
            advice: "compare the row with the original and ask the supplier".to_owned(),
        })
        .collect();
    Rejects { total: 1_234, listed }
}

/// The report.
pub(super) fn report() -> Report {
    let mut parameters = Parameters::new(&ProximityParams::default(), Some("Europe/London"), "Europe/London");
    parameters.suspect_devices = vec!["TAG-1".to_owned(), HOSTILE.to_owned()];
    parameters.authorised = vec![Authorised {
        device: "TAG-1".to_owned(),
        from: Some(Moment::new(T0 - 86_400 * US_PER_S, &london())),
        to: None,
        reference: "URN 17".to_owned(),
    }];
    let stage = |name: &str, rows_in, candidates, refined, matched| Stage {
        stage: name.to_owned(),
        rows_in,
        candidates,
        refined,
        matched,
        seconds: 0.125,
    };
    let mut report = Report {
        tool: Tool { name: "locard".to_owned(), version: "0.0.0".to_owned() },
        exhibits: vec![suspect_exhibit(), victim_exhibit()],
        targets: targets(),
        encounters: encounters(),
        not_near: not_near(),
        rejects: rejects(),
        ..Report::new(parameters)
    };
    report.statistics = Some(Statistics {
        plan: "ProximityJoin: radius_m=100\n  FixTable: suspect\n  TargetTable: victim".to_owned(),
        stages: vec![
            stage("decode", 2_014, None, None, Some(2_007)),
            stage("join", 1_234_567, Some(45_678), Some(901), Some(9)),
        ],
    });
    report.settled()
}
