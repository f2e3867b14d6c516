//! `locard scenes` over a simulated store of many people's records, with one who was at the scenes: its findings are those
//! of the library over the same records in memory.

#[expect(dead_code, reason = "each of the tests uses a part of it")]
#[path = "../sql/world.rs"]
mod world;

use std::collections::BTreeMap;

use clap::Parser;
use locard::access::audit::{Entry, Kind, each_entry};
use locard::cli::check::CheckError;
use locard::cli::scenes::{ScenesArgs, evaluation, run};
use locard::evaluate::scenes::{Authority, BaseRates, Presence, Ranking, SceneParams, findings, presence};
use locard::evaluate::words::refused;
use locard::evaluate::{Allegation, Finding, Record};
use locard::store::Table;
use locard::time::ZoneRule;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use world::{MINUTE_US, World, at, fix, incident, said};

/// Days of records.
const DAYS: i64 = 30;
/// The one who was at four of the five scenes.
const PLANTED: &str = "device-0042";

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    scenes: ScenesArgs,
}

/// A store of two cases, and what is in it.
struct Town {
    world: World,
    scenes: Vec<Allegation>,
    devices: BTreeMap<String, Vec<Record>>,
}

fn spot(n: u32) -> (f64, f64) {
    (51.4 + 0.012 * f64::from(n), -0.1)
}

async fn town(devices: u32, seed: u64) -> Town {
    let scene = |n: u32| {
        let t0_us = at(i64::from(n) * 5 * 1_440 + 20 * 60);
        let (lat_deg, lon_deg) = spot(n * 3);
        let (reference, t1_us) = (format!("I{n}"), t0_us + 30 * MINUTE_US);
        Allegation { reference, t0_us, t1_us, lat_deg, lon_deg, uncertainty_m: 0.0 }
    };
    let scenes: Vec<Allegation> = (0..5).map(scene).collect();
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut all: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for n in 0..devices {
        let home = chance.next_u32() % 20;
        let records = all.entry(format!("device-{n:04}")).or_default();
        for day in 0..DAYS {
            for minute in [8 * 60, 20 * 60 + i64::from(n % 40)] {
                let place = spot(if chance.next_u32() % 4 == 0 { chance.next_u32() % 20 } else { home });
                records.push(Record::at(at(day * 1_440 + minute), place.0, place.1, 10.0));
            }
        }
    }
    let planted = all.get_mut(PLANTED).unwrap();
    for scene in scenes.iter().skip(1) {
        planted.push(Record::at(scene.t0_us + MINUTE_US, scene.lat_deg, scene.lon_deg, 10.0));
    }
    let world = World::new();
    let mut rows: Vec<_> = all
        .iter()
        .flat_map(|(device, records)| records.iter().map(move |record| (device, record)))
        .zip(1_i64..)
        // Another case has most of the records, and a device may have some in either.
        .map(|((d, r), id)| fix(if id % 3 == 0 { "C" } else { "D" }, d, id, r.t0_us, (r.lat_deg, r.lon_deg)))
        .collect();
    let third = rows.len().div_ceil(3);
    rows.rotate_left(third);
    for part in rows.chunks(third) {
        world.write(Table::Fixes, part).await;
    }
    let events: Vec<_> = scenes
        .iter()
        .map(|s| said("C", &s.reference, 0, incident(&s.reference, (s.t0_us, s.t1_us), (s.lat_deg, s.lon_deg))))
        .collect();
    world.write(Table::CaseEvents, &events).await;
    Town { world, scenes, devices: all }
}

impl Town {
    fn args(&self, more: &[&str]) -> ScenesArgs {
        let base = ["scenes", "--case", "C", "--authority", "URN 1", "--purpose", "five assaults", "--data"];
        let words = base.iter().copied().chain([self.world.folder().to_str().unwrap()]).chain(more.iter().copied());
        Line::parse_from(words).scenes
    }

    /// What the library finds in the same records.
    fn expected(&self, least: usize) -> Vec<Finding> {
        let (params, zone) = (SceneParams::default(), ZoneRule::parse("Europe/London").unwrap());
        let mut sorted = self.devices.clone();
        for records in sorted.values_mut() {
            records.sort_by(Record::order);
        }
        let times = || sorted.values().flatten().map(|r| r.t0_us);
        let range = (times().min().unwrap(), times().max().unwrap());
        let mut rates = BaseRates::new(&self.scenes, range, &zone, &params);
        for records in sorted.values() {
            rates.hear(records);
        }
        let rates = rates.finish(u64::try_from(sorted.len()).unwrap());
        let authority = Authority { reference: "URN 1".to_owned(), reason: "five assaults".to_owned() };
        let mut ranking = Ranking::new(rates, authority, least, 50).unwrap();
        for (device, records) in &sorted {
            let presences: Vec<Presence> = self.scenes.iter().map(|s| presence(records, s, &params)).collect();
            ranking.hear(device, &presences).unwrap();
        }
        findings(&ranking.finish(), &self.scenes, &params, &zone)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_findings_are_the_library_s_and_the_one_who_was_there_comes_first() {
    let town = town(150, 7).await;
    let found = evaluation(&town.args(&[])).await.unwrap();
    let found: Vec<Finding> = found.findings.into_iter().map(|named| named.finding).collect();
    assert_eq!(found, town.expected(2), "in the same order, to the digit");
    assert_eq!((found[0].answer, found[1].about.as_str()), ("more_than_chance", PLANTED), "{}", found[0].says);
    assert!(found[0].says.starts_with("150 identifiers were searched"), "{}", found[0].says);
    // Who lives near a scene was at one.
    let found = evaluation(&town.args(&["--least", "1"])).await.unwrap();
    let found: Vec<Finding> = found.findings.into_iter().map(|named| named.finding).collect();
    assert_eq!(found, town.expected(1));
    assert!(found.len() > 10, "{}", found.len());
}

async fn json_with_plots(town: &Town, folder: &str) {
    let mut json = Vec::new();
    run(&town.args(&["--output", "json", "--plots", folder]), &mut json).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["plots"], serde_json::json!([format!("{folder}/scenes.svg")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_written_as_text_and_as_json() {
    let town = town(60, 1).await;
    let mut text = Vec::new();
    run(&town.args(&[]), &mut text).await.unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("SCENES IN COMMON") && text.contains(PLANTED), "{text}");
    assert_eq!(refused(&text), None);
    let mut json = Vec::new();
    run(&town.args(&["--output", "json"]), &mut json).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["locard_evaluation"], 1);
    assert_eq!(json["findings"][1]["about"], PLANTED);
    let stated: Vec<&str> =
        json["findings"][0]["parameters"].as_array().unwrap().iter().filter_map(|p| p["value"].as_str()).collect();
    assert!(stated.contains(&"URN 1") && stated.contains(&"five assaults"), "{stated:?}");
    assert_eq!(json["targets"]["incidents"].as_array().unwrap().len(), 5);
    assert_eq!(json["plots"], serde_json::json!([]));
    let plots = town.world.folder().join("plots");
    json_with_plots(&town, plots.to_str().unwrap()).await;
    assert!(std::fs::read_to_string(plots.join("scenes.svg")).unwrap().ends_with("</svg>\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_written_down_with_how_many_others_it_touched_or_not_answered() {
    let town = town(43, 1).await;
    let found = evaluation(&town.args(&[])).await.unwrap();
    let folder = town.world.folder().join("audit");
    let mut entries = Vec::new();
    let mut each = |entry: Option<&Entry>| {
        entries.extend(entry.cloned());
        Ok(())
    };
    each_entry(&folder, &mut each).unwrap();
    let [begun, entry] = &entries[..] else { panic!("{entries:?}") };
    let d = &entry.details;
    assert_eq!((begun.details.text.as_str(), begun.details.rows), ("locard scenes: begins", None));
    let asked = ["radius_m=500", "window_s=900", "least=2", "most=50", "days=60", "seed=1", "zone=Europe/London"];
    assert_eq!(
        (&begun.details.parameters[..], &begun.details.authority),
        (&asked.map(str::to_owned)[..], &d.authority)
    );
    assert_eq!(d.parameters, begun.details.parameters);
    assert_eq!((entry.kind, entry.client.as_str(), &d.cases[..]), (Kind::Query, "console", &["C".to_owned()][..]));
    assert_eq!((d.purpose.as_deref(), d.authority.as_deref()), (Some("five assaults"), Some("URN 1")));
    // Every third record is the case's own, so that it has some of every device.
    assert_eq!((d.rows, d.others), (Some(u64::try_from(found.findings.len()).unwrap()), Some(0)));
    let strangers = [fix("E", "stranger-1", 1, at(0), (51.0, 0.0)), fix("E", "stranger-2", 2, at(1), (51.0, 0.0))];
    town.world.write(Table::Fixes, &strangers).await;
    evaluation(&town.args(&[])).await.unwrap();
    let mut others = Vec::new();
    each_entry(&folder, |entry| {
        others.extend(entry.and_then(|e| e.details.others));
        Ok(())
    })
    .unwrap();
    assert_eq!(others, [0, 2]);

    // A file where the folder should be: it cannot be written down.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "").unwrap();
    let error = evaluation(&town.args(&[])).await.unwrap_err();
    assert!(matches!(error, CheckError::NotNoted(_)) && !error.is_usage(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_authorised_is_not_searched_and_a_case_without_scenes_is_said() {
    let town = town(43, 1).await;
    let mut blank = town.args(&[]);
    blank.purpose = " ".to_owned();
    let error = evaluation(&blank).await.unwrap_err();
    assert!(matches!(error, CheckError::Authority(_)) && error.is_usage(), "{error}");
    let mut other = town.args(&[]);
    other.case = "D".to_owned();
    let error = evaluation(&other).await.unwrap_err().to_string();
    assert!(error.contains("no incidents"), "{error}");
    other.data = Some("/nowhere/at/all".to_owned());
    assert!(evaluation(&other).await.unwrap_err().to_string().contains("no store"));
}
