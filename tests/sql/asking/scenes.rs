//! Scene searches: who may, what they are told, what is written down, and what cannot be had by them.

use std::collections::{BTreeMap, BTreeSet};

use locard::access::audit::Kind;
use locard::access::{PolicySources, Role, Stretch};
use locard::index::distance_m;
use locard::model::CaseChange;
use locard::query::{Limits, QueryError, Session, Stated};
use locard::store::Table;
use serde_json::Value;

use super::house::{House, stated};
use super::world::{MINUTE_US, World, at, fix, incident, iso, lines, said, session_of};

const OWN: &str = "alpha";
const OTHER: &str = "bravo";
const HERE: (f64, f64) = (51.5, -0.1);
/// Three incidents of an hour, a day and about 3 km apart.
const SCENES: [(&str, i64, (f64, f64)); 3] =
    [("i1", 600, HERE), ("i2", 2_040, (51.53, -0.1)), ("i3", 3_480, (51.56, -0.1))];
const SEARCH: &str = "scene_search('alpha', 2, 500, INTERVAL '15 minutes')";

fn near(scene: usize, north_m: f64) -> (f64, f64) {
    let (lat, lon) = SCENES[scene].2;
    (lat + north_m / 111_000.0, lon)
}

/// Records near a scene, so many minutes after it began.
fn at_scene(case: &str, device: &str, id: i64, scene: usize, minute: i64) -> Value {
    fix(case, device, id, at(SCENES[scene].1 + minute), near(scene, 100.0))
}

async fn incidents(world: &World) {
    let mut events = vec![said(OWN, "o", 0, CaseChange::Opened), said(OTHER, "o2", 0, CaseChange::Opened)];
    events.extend(
        SCENES.map(|(name, minute, place)| said(OWN, name, 1, incident(name, (at(minute), at(minute + 60)), place))),
    );
    world.write(Table::CaseEvents, &events).await;
}

async fn world() -> World {
    let world = World::new();
    incidents(&world).await;
    let rows = [
        at_scene(OWN, "his phone", 1, 0, 5),
        at_scene(OWN, "his phone", 2, 1, 5),
        at_scene(OTHER, "his phone", 3, 2, 5),
        at_scene(OTHER, "burner", 4, 0, 10),
        at_scene(OTHER, "burner", 5, 0, 20),
        at_scene(OTHER, "burner", 6, 2, 70),
        at_scene(OTHER, "bystander", 7, 0, 10),
        // Too far, too early, at no time of theirs.
        fix(OTHER, "far", 8, at(600), near(0, 700.0)),
        fix(OTHER, "far", 9, at(2_040), near(1, 700.0)),
        at_scene(OTHER, "early", 10, 0, -16),
        at_scene(OTHER, "early", 11, 1, -16),
    ];
    world.write(Table::Fixes, &rows).await;
    world
}

fn refused(error: &QueryError) -> &str {
    if let QueryError::Refused(why) = error { why } else { "" }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_at_several_scenes_are_found_in_all_cases_under_made_up_names() {
    let house = House::new(world().await);
    let token = house.account("ann", Role::Analyst, &[OWN]);
    let session = house.come_in(&token).await.unwrap();
    let sql = format!(
        "SELECT device_id, scene, scenes, of_scenes, first_at, last_at, others FROM {SEARCH} ORDER BY scenes DESC, scene"
    );
    let rows = house.ask(&session, stated(), &sql).await.unwrap();
    let row = |id: &str, scene: usize, scenes: i64, first: i64, last: i64| {
        let moment = |m: i64| iso(at(SCENES[scene].1 + m));
        format!("{id}|{}|{scenes}|3|{}|{}|2", SCENES[scene].0, moment(first), moment(last))
    };
    let expected = [
        row("his phone", 0, 3, 5, 5),
        row("his phone", 1, 3, 5, 5),
        row("his phone", 2, 3, 5, 5),
        row("NULL", 0, 2, 10, 20),
        row("NULL", 2, 2, 70, 70),
    ];
    assert_eq!(rows, expected);
    let entry = house.last();
    assert_eq!(
        (entry.kind, entry.details.others, &entry.details.cases[..]),
        (Kind::Query, Some(2), &[OWN.to_owned()][..])
    );
    assert_eq!(entry.details.purpose.as_deref(), Some("find who was there"));
    assert_eq!(entry.details.authority.as_deref(), Some("DSU Made-up, 17 March"));
    assert_eq!(entry.details.rules, ["scene-search-with-purpose-and-authority"]);
    assert_eq!(entry.client, super::house::CLIENT);

    // The same name again in another session of another person; whoever may see the other case sees its own name too.
    let names = "SELECT DISTINCT device FROM {SEARCH} ORDER BY 1".replace("{SEARCH}", SEARCH);
    let mine = house.ask(&session, stated(), &names).await.unwrap();
    let both = house.come_in(&house.account("ben", Role::Investigator, &[OWN, OTHER])).await.unwrap();
    assert_eq!(house.ask(&both, stated(), &names).await.unwrap(), mine);
    assert!(mine.iter().all(|name| name.starts_with("device-")), "{mine:?}");
    let sql = format!("SELECT DISTINCT device_id, others FROM {SEARCH} ORDER BY 1");
    assert_eq!(house.ask(&both, stated(), &sql).await.unwrap(), ["burner|0", "his phone|0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_refused_without_purpose_or_authority_or_right_and_that_is_written_down() {
    let house = House::new(world().await);
    let session = house.come_in(&house.account("ann", Role::Analyst, &[OWN])).await.unwrap();
    let blank = Stated { authority: "  ".to_owned(), ..stated() };
    for (statement, sql) in [
        (Stated::default(), format!("SELECT * FROM {SEARCH}")),
        (Stated { purpose: String::new(), ..stated() }, format!("SELECT count(*) FROM {SEARCH}")),
        (blank, format!("SELECT 1 FROM cases WHERE EXISTS (SELECT 1 FROM {SEARCH})")),
        (Stated::default(), format!("EXPLAIN SELECT * FROM {SEARCH}")),
        (Stated::default(), format!("EXPLAIN ANALYZE SELECT * FROM {SEARCH}")),
        (Stated::default(), format!("WITH s AS (SELECT * FROM {SEARCH}) SELECT count(*) FROM fixes, s")),
    ] {
        let error = house.ask(&session, statement, &sql).await.unwrap_err();
        assert!(refused(&error).contains("locard.purpose and locard.authority"), "{sql}: {error}");
        let entry = house.last();
        assert_eq!((entry.kind, &entry.details.text, entry.details.others), (Kind::Refused, &sql, None));
        assert!(entry.details.fault.unwrap().contains("on whose authority"));
    }
    let auditor = house.come_in(&house.account("eve", Role::Auditor, &[])).await.unwrap();
    let error = house.ask(&auditor, stated(), &format!("SELECT * FROM {SEARCH}")).await.unwrap_err();
    assert!(refused(&error).contains("policies do not permit"), "{error}");
    let entry = house.last();
    assert_eq!((entry.kind, entry.details.purpose.as_deref()), (Kind::Refused, Some("find who was there")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_made_with_a_purpose_is_not_run_without_one() {
    let house = House::new(world().await);
    let session = house.come_in(&house.account("ann", Role::Analyst, &[OWN])).await.unwrap();
    let plan = session.stating(stated()).plan(&format!("SELECT * FROM {SEARCH}")).await.unwrap();
    let error = session.stating(Stated::default()).run(plan.clone()).await.err().unwrap();
    assert!(refused(&error).contains("locard.purpose"), "{error}");
    assert!(session.run(plan.clone()).await.is_err(), "nor outside of a question");
    assert!(session.stating(stated()).run(plan).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_force_says_in_its_policies_who_may_search() {
    let stricter = "[Role::\"investigator\", Role::\"supervisor\", Role::\"analyst\"].contains(principal.role) &&\n  context.purpose";
    let house = House::edited(world().await, stricter, "principal.role == Role::\"supervisor\" &&\n  context.purpose");
    let sql = format!("SELECT count(*) FROM {SEARCH}");
    let ann = house.come_in(&house.account("ann", Role::Analyst, &[OWN])).await.unwrap();
    let error = house.ask(&ann, stated(), &sql).await.unwrap_err();
    assert!(refused(&error).contains("policies do not permit"), "{error}");
    let sam = house.come_in(&house.account("sam", Role::Supervisor, &[OWN])).await.unwrap();
    assert_eq!(house.ask(&sam, stated(), &sql).await.unwrap(), ["5"]);
}

/// What could tell of the other case: its name, its devices, and positions.
fn tells(text: &str) -> bool {
    ["bravo", "burner", "bystander", "early", "51.5609"].iter().any(|word| text.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_words_around_it_tell_more_than_it_does() {
    let house = House::new(world().await);
    let session = house.come_in(&house.account("ann", Role::Analyst, &[OWN])).await.unwrap();
    for sql in [
        "SELECT * FROM {S}",
        "SELECT * FROM {S} s JOIN fixes f ON f.device_id = s.device_id OR s.device_id IS NULL",
        "SELECT * FROM {S} s FULL JOIN devices d ON d.device_id = s.device",
        "SELECT f.* FROM {S} s JOIN fixes f ON f.t0 = s.first_at",
        "SELECT d.* FROM {S} s, LATERAL (SELECT * FROM devices d WHERE d.first_at <= s.last_at) d",
        "SELECT (SELECT min(device_id) FROM fixes WHERE device_id > s.device) FROM {S} s",
        "SELECT * FROM cases WHERE case_id NOT IN (SELECT case_id FROM {S})",
        "SELECT * FROM {S} UNION ALL SELECT * FROM {S}",
        "EXPLAIN VERBOSE SELECT * FROM {S} WHERE device_id LIKE 'b%'",
        "EXPLAIN ANALYZE VERBOSE SELECT * FROM {S}",
        "SELECT CAST(device AS BIGINT) FROM {S}",
        "SELECT CAST(coalesce(device_id, device) AS BIGINT) FROM {S} WHERE 1 / (scenes - 2) = 1",
        "SELECT case_id, lat_deg FROM {S}",
        "SELECT * FROM information_schema.columns",
    ] {
        let sql = sql.replace("{S}", SEARCH);
        let told = match house.ask(&session, stated(), &sql).await {
            Ok(rows) => rows.join("\n"),
            Err(error) => error.to_string(),
        };
        assert!(!tells(&told), "{sql}: {told}");
    }
    // A name that is guessed is not confirmed.
    let guessed = format!("SELECT count(*) FROM {SEARCH} WHERE device_id = 'burner'");
    assert_eq!(house.ask(&session, stated(), &guessed).await.unwrap(), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_case_that_is_not_theirs_it_says_what_it_says_of_none() {
    let house = House::new(world().await);
    let session = house.come_in(&house.account("ben", Role::Analyst, &[OTHER])).await.unwrap();
    let mut told = Vec::new();
    for case in [OWN, "nowhere", OTHER] {
        let sql = format!("SELECT * FROM scene_search('{case}', 2, 500, 900)");
        let error = house.ask(&session, stated(), &sql).await.unwrap_err().to_string();
        told.push(error.replace(case, "X"));
    }
    told.dedup();
    assert!(told.len() == 1 && told[0].contains("0 incidents"), "{told:?}");
    // Of the time that may be seen, incidents outside of it are none.
    let part = Stretch { from_us: None, until_us: Some(at(700)) };
    let desk = house.world.desk();
    let seen = session_of(&desk, &[(OWN, part)], Limits::default()).await;
    assert_eq!(lines(&seen, "SELECT count(*) FROM targets").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_policies_nobody_searches() {
    let world = world().await;
    let desk = world.desk();
    let session = super::world::everything(&desk).await;
    let question = session.stating(stated());
    let error = lines(&question, &format!("SELECT * FROM {SEARCH}")).await.unwrap_err();
    assert!(refused(&error).contains("ask a server"), "{error}");
}

/// The next of a sequence of numbers that looks random, 0 to `below`.
fn next(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// Of each device at which scenes, by comparing every record with every scene.
fn brute(rows: &[Value]) -> BTreeMap<String, BTreeSet<usize>> {
    let mut found: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for row in rows {
        let (lat, lon) = (row["lat_deg"].as_f64().unwrap(), row["lon_deg"].as_f64().unwrap());
        let t_us = at(row["row"].as_i64().unwrap() / 1_000);
        for (n, (_, minute, place)) in SCENES.iter().enumerate() {
            let (from, to) = (at(*minute) - 15 * MINUTE_US, at(minute + 60) + 15 * MINUTE_US);
            if (from..=to).contains(&t_us) && distance_m(lat, lon, place.0, place.1) <= 500.0 {
                found.entry(row["device_id"].as_str().unwrap().to_owned()).or_default().insert(n);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn it_finds_what_comparing_everything_finds() {
    let world = World::new();
    incidents(&world).await;
    let mut seed = 7;
    let rows: Vec<Value> = (0..1_500)
        .map(|n| {
            let case = ["alpha", "bravo", "charlie"][usize::try_from(next(&mut seed, 3)).unwrap()];
            // Devices of each case's own, and some that several cases have.
            let device = match next(&mut seed, 4) {
                0 => format!("shared {}", next(&mut seed, 10)),
                _ => format!("{case} {}", next(&mut seed, 40)),
            };
            let scene = usize::try_from(next(&mut seed, 3)).unwrap();
            let minute = SCENES[scene].1 + i64::try_from(next(&mut seed, 180)).unwrap() - 60;
            let metres = f64::from(u32::try_from(next(&mut seed, 1_600)).unwrap()) - 800.0;
            // The row's number carries its minute, for the brute force.
            let mut row = fix(case, &device, n, at(minute), near(scene, metres));
            row["row"] = (minute * 1_000 + n % 1_000).into();
            row
        })
        .collect();
    world.write(Table::Fixes, &rows).await;
    let all = brute(&rows);
    let own: BTreeSet<&str> =
        rows.iter().filter(|r| r["case_id"] == "alpha").map(|r| r["device_id"].as_str().unwrap()).collect();
    let house = House::new(world);
    let session = house.come_in(&house.account("ann", Role::Analyst, &[OWN])).await.unwrap();
    let got = house.ask(&session, stated(), &format!("SELECT device_id, device, scene, others FROM {SEARCH}")).await;
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut unnamed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in got.unwrap() {
        let parts: Vec<&str> = row.split('|').collect();
        let (into, name) = if parts[0] == "NULL" { (&mut unnamed, parts[1]) } else { (&mut named, parts[0]) };
        into.entry(name.to_owned()).or_default().insert(parts[2].to_owned());
        let others = all.keys().filter(|d| !own.contains(d.as_str())).count();
        assert_eq!(parts[3], others.to_string());
    }
    let names = |scenes: &BTreeSet<usize>| scenes.iter().map(|n| SCENES[*n].0.to_owned()).collect::<BTreeSet<_>>();
    let several = all.iter().filter(|(_, scenes)| scenes.len() >= 2);
    let (theirs, others): (Vec<_>, Vec<_>) = several.partition(|(device, _)| own.contains(device.as_str()));
    assert!(theirs.len() > 5 && others.len() > 5, "{} {}", theirs.len(), others.len());
    let expected: BTreeMap<String, BTreeSet<String>> = theirs.iter().map(|(d, s)| ((*d).clone(), names(s))).collect();
    assert_eq!(named, expected);
    let mut shapes: Vec<_> = unnamed.into_values().collect();
    let mut expected: Vec<_> = others.iter().map(|(_, scenes)| names(scenes)).collect();
    shapes.sort();
    expected.sort();
    assert_eq!(shapes, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_finds_nobody_says_how_many_it_looked_at() {
    let house = House::with(world().await, &PolicySources::built_in(), Limits::default());
    let session: std::sync::Arc<Session> = house.come_in(&house.account("ann", Role::Analyst, &[OWN])).await.unwrap();
    let sql = "SELECT device, scene, others FROM scene_search('alpha', 3, 90, 0)";
    assert_eq!(house.ask(&session, stated(), sql).await.unwrap(), ["NULL|NULL|0"]);
    let sql = "SELECT device, scene, others FROM scene_search('alpha', 3, 120, 900) WHERE device_id IS NULL";
    assert_eq!(house.ask(&session, stated(), sql).await.unwrap(), [""; 0], "his phone was at all three");
    assert_eq!(house.last().details.others, Some(2), "though no row says so");
}
