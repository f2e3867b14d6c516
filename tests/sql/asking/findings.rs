//! `findings(case)`: what an evaluation of the case says, to whom the whole case is open.

use locard::access::Stretch;
use locard::evaluate::{Settings, evaluate};
use locard::model::{CaseChange, Role};
use locard::query::{Known, Limits, QueryError, StoredCase};
use locard::store::Table;
use locard::time::ZoneRule;

use super::world::{World, at, attributed, everything, fix, incident, lines, place, said, session_of};

const HOME: (f64, f64) = (51.5, -0.1);
const ASKED: &str =
    "SELECT finding_id, topic, class, device_id, answer, says, figures, fixes, sensitivity FROM findings";

/// A visit, an incident during it, and a record of hers; and the same in another case, elsewhere.
async fn world() -> World {
    let world = World::new();
    let (mut events, mut rows) = (Vec::new(), Vec::new());
    for (case, north, first) in [("alpha", 0.0, 1), ("bravo", 0.5, 100)] {
        let near = |metres: f64| (HOME.0 + north + metres / 111_000.0, HOME.1);
        events.push(said(case, "o", 0, CaseChange::Opened));
        events.push(said(case, "s", 1, attributed("s", &format!("phone of {case}"), "him", Role::Suspect)));
        events.push(said(case, "v", 2, attributed("v", &format!("watch of {case}"), "her", Role::Victim)));
        events.push(said(case, "p", 3, place("home", near(0.0))));
        events.push(said(case, "i", 4, incident("i1", (at(610), at(620)), near(0.0))));
        for n in 0..20 {
            rows.push(fix(case, &format!("phone of {case}"), first + n, at(600 + n), near(30.0)));
        }
        rows.push(fix(case, &format!("watch of {case}"), first + 30, at(605), near(10.0)));
        rows.push(fix(case, "nobody's", first + 31, at(605), near(20.0)));
    }
    world.write(Table::CaseEvents, &events).await;
    world.write(Table::Fixes, &rows).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_what_an_evaluation_of_the_case_says_in_the_zone_that_is_asked_for() {
    let (_world, desk) = world().await.desk_kept();
    let session = everything(&desk).await;
    let reading = session.reading();
    let (rows, said) = (reading.rows("alpha").await.unwrap(), reading.said("alpha").await.unwrap());
    let stored = StoredCase::of(&rows, said, &Known::default()).unwrap();
    assert_eq!((stored.case.suspects.len(), stored.case.victims.len(), stored.incidents.len()), (1, 1, 1));
    for zone in ["UTC", "Europe/London"] {
        let settings = Settings { zone: ZoneRule::parse(zone).unwrap(), ..Settings::default() };
        let mut expected: Vec<String> = evaluate(&stored.case, &settings)
            .iter()
            .map(|f| {
                let json = |x: &dyn erased::Json| x.json();
                let word = |text: String| text.trim_matches('"').to_owned();
                [
                    f.id().to_string(),
                    word(json(&f.topic)),
                    word(json(&f.class)),
                    f.device.clone().unwrap_or_else(|| "NULL".to_owned()),
                    f.answer.to_owned(),
                    f.says.clone(),
                    json(&f.figures),
                    json(&f.fixes),
                    json(&f.sensitivity),
                ]
                .join("|")
            })
            .collect();
        expected.sort();
        let mut found = lines(&session, &format!("{ASKED}('alpha', '{zone}')")).await.unwrap();
        found.sort();
        assert!(found.len() > 8 && found == expected, "{zone}: {} {}", found.len(), expected.len());
    }
    let there = "SELECT answer FROM findings('alpha') WHERE topic = 'incident'";
    assert_eq!(lines(&session, there).await.unwrap(), ["places_device_there"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_case_has_none_and_a_part_of_the_time_is_refused_in_words() {
    let (_world, desk) = world().await.desk_kept();
    let whole = session_of(&desk, &[("alpha", Stretch::default())], Limits::default()).await;
    assert!(lines(&whole, &format!("{ASKED}('alpha')")).await.unwrap().len() > 8);
    for other in ["bravo", "no such case"] {
        assert_eq!(lines(&whole, &format!("{ASKED}('{other}')")).await.unwrap(), Vec::<String>::new(), "{other}");
    }
    let part = Stretch { from_us: Some(at(0)), until_us: Some(at(615)) };
    let part = session_of(&desk, &[("alpha", part)], Limits::default()).await;
    let error = lines(&part, &format!("{ASKED}('alpha')")).await.unwrap_err();
    assert!(matches!(&error, QueryError::Refused(why) if why.contains("a part of its time")), "{error}");
    let tight = Limits { memory_bytes: 5_000, ..Limits::default() };
    let tight = session_of(&desk, &[("alpha", Stretch::default())], tight).await;
    let error = lines(&tight, &format!("{ASKED}('alpha')")).await.unwrap_err();
    assert!(matches!(error, QueryError::Limit { limit: "memory", .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_told() {
    let (_world, desk) = world().await.desk_kept();
    let session = everything(&desk).await;
    for (call, said) in [
        ("findings()", "findings(case)"),
        ("findings('alpha', 'UTC', 1)", "findings(case, zone)"),
        ("findings(7)", "case is a text"),
        ("findings('alpha', 'Atlantis/Sunk')", "zone"),
    ] {
        let error = lines(&session, &format!("SELECT * FROM {call}")).await.unwrap_err();
        assert!(error.to_string().contains(said), "{call}: {error}");
    }
}

/// JSON of parts of different types in one list.
mod erased {
    pub trait Json {
        fn json(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).unwrap()
        }
    }
}
