//! A store of two made-up cases, from a seed: devices that wander around London for days, some of them together, near
//! places and incidents; in several commits, so that a table has several files.

use locard::model::{CaseChange, CustodyChange, CustodyStep, DataRequest, Role};
use locard::store::Table;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::world::{World, at, attributed, encounter, fix, incident, place, proximity, said};

pub const HOME: (f64, f64) = (51.5, -0.1);
/// Minutes between the records of a device.
const STEP: i64 = 10;

/// Who is how many metres from whom does not matter here: only that one process and several say the same.
fn near(rng: &mut ChaCha8Rng, (lat, lon): (f64, f64), degrees: f64) -> (f64, f64) {
    (lat + rng.random_range(-degrees..degrees), lon + rng.random_range(-degrees..degrees))
}

/// So many records of each of so many devices; each third device goes with the one before it.
pub fn fixes(case: &str, devices: i64, records: i64, rng: &mut ChaCha8Rng) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    for device in 0..devices {
        let name = format!("device-{device:02}");
        let mut here = near(rng, HOME, 0.02);
        for record in 0..records {
            let id = device * records + record;
            let minute = record * STEP + device % 3;
            // Each tenth hour is silent.
            if (minute / 60) % 10 == 9 {
                continue;
            }
            here = if record % 7 == 0 { near(rng, HOME, 0.003) } else { near(rng, here, 0.004) };
            if device % 3 == 2 {
                let with = rows.iter().rev().find(|r| r["fix_id"] == id - records);
                here = with.map_or(here, |r| (r["lat_deg"].as_f64().unwrap(), r["lon_deg"].as_f64().unwrap()));
            }
            rows.push(fix(case, &name, id, at(minute), here));
        }
    }
    rows
}

fn statements(case: &str) -> Vec<Value> {
    let request = |id: &str, (from, to): (i64, i64)| {
        CaseChange::Requested(DataRequest {
            request_id: id.to_owned(),
            holder: "an operator".to_owned(),
            authority: "URN 1".to_owned(),
            device_id: "device-01".to_owned(),
            from_us: at(from),
            to_us: at(to),
            requested_us: at(0),
            due_us: Some(at(to)),
        })
    };
    let started = CustodyStep::Started { relevant_us: at(0), authorised_us: None, indictable: true };
    let custody = CustodyChange { custody_id: "one".to_owned(), subject_id: "him".to_owned(), step: started };
    let mut changes = vec![
        place("home", HOME),
        attributed("a1", "device-00", "her", Role::Victim),
        attributed("a2", "device-01", "him", Role::Suspect),
        attributed("a3", "device-02", "him", Role::Suspect),
        request("r1", (0, 600)),
        request("r2", (900, 1_500)),
        CaseChange::Custody(custody),
    ];
    for n in 0..5 {
        let begins = at(100 + n * 250);
        changes.push(incident(&format!("I{n}"), (begins, begins + 20 * 60_000_000), HOME));
    }
    let said_each = changes.into_iter().zip(1..).map(|(change, n)| said(case, &format!("{case}-{n}"), n, change));
    said_each.collect()
}

/// Proximities of the first device's fixes, and visits of an hour to the place.
fn flagged(case: &str, fixes: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let of_him = fixes.iter().filter(|f| f["device_id"] == "device-01");
    let near = of_him.clone().zip(0_u32..).map(|(fix, n)| {
        let id = fix["fix_id"].as_i64().unwrap();
        proximity(case, "device-01", id, at(id % 200 * STEP + 1), 10.0 + f64::from(n % 90))
    });
    let visits = (0..6).map(|n| {
        let mut visit = encounter(case, "device-01", &format!("{case}-e{n}"), (at(n * 300), at(n * 300 + 60)), 20.0);
        visit["target_kind"] = "place".into();
        visit["target"] = "home".into();
        visit
    });
    (near.collect(), visits.collect())
}

/// A world with two cases, the first with so many devices of so many records each.
pub fn world(devices: i64, records: i64) -> World {
    let mut world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    for (case, devices) in [("C 1", devices), ("D/2", 3)] {
        let rows = fixes(case, devices, records, &mut rng);
        for (part, commit) in rows.chunks(rows.len().div_ceil(4)).zip(0..) {
            world.now_us = at(20_000 + commit * 60);
            runtime.block_on(world.write(Table::Fixes, part));
        }
        let (near, visits) = flagged(case, &rows);
        runtime.block_on(world.write(Table::CaseEvents, &statements(case)));
        runtime.block_on(world.write(Table::Proximity, &near));
        runtime.block_on(world.write(Table::Encounters, &visits));
    }
    world
}
