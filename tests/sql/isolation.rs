//! Nobody sees a case that is not theirs, whatever they write.
//!
//! There are two stores. In one there is a secret: another case, and records of the viewer's own case outside the time
//! they may see. In the other it is as if that had never been. A viewer tries each way to learn which of the two it is, and
//! must get the same answer to the letter: rows, numbers, plans and errors. The same words by somebody who may see
//! everything give two different answers, so that each attempt is one that would have seen something.

mod attempts;
mod told;

use super::world;
use attempts::{Attempt, Must, attempts};
use futures::TryStreamExt as _;
use locard::access::{Scope, Stretch};
use locard::model::{CaseChange, Role};
use locard::query::{Brought, Desk, Limits, Session};
use locard::store::Table;
use world::{
    DAY_US, World, at, attributed, encounter, everything, exhibit, fix, incident, place, proximity, reject, said,
    session_of, viewer,
};

const OWN: &str = "alpha";
const SECRET: &str = "bravo";
const HOME: (f64, f64) = (51.5, -0.1);
const AWAY: (f64, f64) = (57.25, 3.5);

/// The viewer's case as they may see it: the first day.
async fn seen(world: &World) {
    let fixes: Vec<_> = (0..20)
        .map(|n| fix(OWN, "phone", n, at(n * 10), (HOME.0 + 0.001 * f64::from(i32::try_from(n).unwrap()), HOME.1)))
        .collect();
    world.write(Table::Fixes, &fixes).await;
    world.write(Table::Proximity, &[proximity(OWN, "phone", 1, at(10), 40.0)]).await;
    world.write(Table::Encounters, &[encounter(OWN, "phone", "e1", (at(10), at(20)), 40.0)]).await;
    world.write(Table::Exhibits, &[exhibit(OWN, "phone.csv")]).await;
    world.write(Table::Rejects, &[reject(OWN, "x")]).await;
    let events = [
        said(OWN, "o", 0, CaseChange::Opened),
        said(OWN, "a", 1, attributed("a1", "phone", "him", Role::Suspect)),
        said(OWN, "p", 2, place("home", HOME)),
        said(OWN, "i", 3, incident("MADEUP/1", (at(30), at(60)), HOME)),
    ];
    world.write(Table::CaseEvents, &events).await;
}

/// What the viewer must not learn of, or as many commits of a case that is nobody's.
async fn unseen(world: &World, secret: bool) {
    let (case, device, many, place_at) =
        if secret { (SECRET, "burner", 500, AWAY) } else { ("charlie", "phone", 1, HOME) };
    let mut fixes: Vec<_> = (0..many).map(|n| fix(case, device, 9_000 + n, at(n), place_at)).collect();
    let mut events = vec![said(case, "o2", 0, CaseChange::Opened)];
    let mut near = vec![proximity(case, device, 77, at(10), 1.5)];
    let mut met = vec![encounter(case, device, "e77", (at(10), at(20)), 1.5)];
    let mut rejects = vec![reject(case, "hidden")];
    if secret {
        fixes.extend((0..30).map(|n| fix(OWN, "phone", 8_000 + n, at(0) + 2 * DAY_US + n, AWAY)));
        events.push(said(case, "a2", 1, attributed("a2", "burner", "them", Role::Suspect)));
        events.push(said(case, "p2", 2, place("refuge", AWAY)));
        events.push(said(OWN, "i2", 3, incident("MADEUP/2", (at(0) + 2 * DAY_US, at(5) + 2 * DAY_US), AWAY)));
        near.push(proximity(OWN, "phone", 88, at(0) + 2 * DAY_US, 2.5));
        met.push(encounter(OWN, "phone", "e88", (at(1_430), at(1_450)), 2.5));
        rejects.push(reject(OWN, "of a time that is not known"));
    }
    world.write(Table::Fixes, &fixes).await;
    world.write(Table::Proximity, &near).await;
    world.write(Table::Encounters, &met).await;
    world.write(Table::Exhibits, &[exhibit(case, "burner.csv")]).await;
    world.write(Table::Rejects, &rejects).await;
    world.write(Table::CaseEvents, &events).await;
}

async fn world(secret: bool) -> World {
    let world = World::new();
    seen(&world).await;
    unseen(&world, secret).await;
    world
}

async fn insider(desk: &Desk) -> Session {
    let first_day = Stretch { from_us: Some(at(0)), until_us: Some(at(0) + DAY_US) };
    session_of(desk, &[(OWN, first_day)], Limits::default()).await
}

/// What of an attempt is wrong, in sessions of a zone.
async fn wrong(attempt: &Attempt, secret: &Desk, plain: &Desk, zone: &str) -> Option<String> {
    let sql = attempt.sql.as_str();
    let told = async |session: Session| told::told(&session.in_zone(zone).unwrap(), sql).await;
    let inside = (told(insider(secret).await).await, told(insider(plain).await).await);
    let above = (told(everything(secret).await).await, told(everything(plain).await).await);
    let fault = |what: &str, pair: &(String, String)| {
        let name = attempt.name;
        Some(format!("{name} ({zone}): {what}\n  {sql}\n  with the secret: {}\n  without: {}", pair.0, pair.1))
    };
    if inside.0 != inside.1 {
        return fault("the viewer can tell", &inside);
    }
    if told::names_secret(&inside.0, sql) {
        return fault("the viewer is told of it", &inside);
    }
    match attempt.must {
        Must::TellNothing if above.0 == above.1 => fault("nobody could tell, so it shows nothing", &above),
        Must::BeRefused if !inside.0.contains("this only reads") || !above.0.contains("this only reads") => {
            fault("it is not refused", &inside)
        }
        Must::Fail if !inside.0.starts_with("error") || !above.0.starts_with("error") => {
            fault("it is answered", &above)
        }
        Must::BeTheSameForAll if inside.0 != above.0 => {
            fault("it is not the same for all", &(inside.0.clone(), above.0))
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_words_tell_a_viewer_of_what_they_may_not_see() {
    let attempts = attempts();
    assert!(attempts.iter().filter(|a| a.must == Must::TellNothing).count() >= 40);
    let (secret, plain) = (world(true).await, world(false).await);
    let (secret, plain) = (secret.desk_kept(), plain.desk_kept());
    let mut faults = Vec::new();
    for zone in ["UTC", "Europe/London"] {
        for attempt in &attempts {
            faults.extend(wrong(attempt, &secret.1, &plain.1, zone).await);
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), attempts.len(), faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_granted_nothing_sees_no_row_of_any_table() {
    let (_world, desk) = world(true).await.desk_kept();
    let nobody = desk.session(viewer(Scope::default()), Limits::default(), Brought::new()).await.unwrap();
    for table in locard::query::catalogue() {
        let rows = world::lines(&nobody, &format!("SELECT * FROM {}", table.name)).await.unwrap();
        assert!(rows.is_empty(), "{}: {rows:?}", table.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_made_for_one_shows_another_what_it_showed_the_first() {
    // A plan holds the tables of the session it was made in: run by another it shows no more than to whom it was made for.
    let (_world, desk) = world(true).await.desk_kept();
    let (inside, above) = (insider(&desk).await, everything(&desk).await);
    let sql = "SELECT count(*) FROM fixes";
    let counted = async |session: &Session, plan| {
        let rows = session.run(plan).await.unwrap();
        let batches: Vec<_> = rows.try_collect().await.unwrap();
        format!("{:?}", batches[0].column(0))
    };
    let own = inside.plan(sql).await.unwrap();
    assert_eq!(counted(&inside, own.clone()).await, counted(&above, own).await);
}
