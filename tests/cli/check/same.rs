//! The same records give the same result: in any order, however packed, with any memory, as often as one likes.

use std::io::Write as _;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::Value;

use super::run::{Folder, check, json};
use super::world::{World, csv, row, worlds};
use locard::sink::Form;

/// Takes away what names the file a record stands in: its hash, name and row, and identifiers that are made of them.
fn without_origin(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for key in ["exhibit", "file", "row", "id"] {
                fields.remove(key);
            }
            fields.values_mut().for_each(without_origin);
        }
        Value::Array(items) => items.iter_mut().for_each(without_origin),
        _ => {}
    }
}

/// Encounters and "not near" lines of a report without origins; encounters that begin and end together are in the order
/// of their identifiers, so their order is taken away too.
fn findings(mut report: Value) -> (Vec<String>, Vec<String>) {
    let texts = |part: &mut Value| -> Vec<String> {
        without_origin(part);
        part.as_array().unwrap().iter().map(ToString::to_string).collect()
    };
    let mut encounters = texts(&mut report["encounters"]);
    encounters.sort();
    (encounters, texts(&mut report["not_near"]))
}

fn gz(content: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(content.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(content.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// The suspect's and the victim's files, and the rest of the arguments.
fn with_files(world: &World, folder: &Folder, suspects: &[String], victims: &[String]) -> Vec<String> {
    let mut args = vec!["--suspect".to_owned()];
    args.extend_from_slice(suspects);
    args.push("--victim".to_owned());
    args.extend_from_slice(victims);
    args.extend(world.parameters(folder));
    args
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn order_and_packing_do_not_show(world in worlds(), by in 0usize..40, cut in 0usize..40) {
        let folder = Folder::new();
        let expected = findings(json(&world.arguments(&folder)));

        let mut turned = world.clone();
        turned.suspects.reverse();
        let by = by.min(turned.victims.len());
        turned.victims.rotate_left(by);
        let shuffled = Folder::new();
        prop_assert_eq!(&findings(json(&turned.arguments(&shuffled))), &expected);

        // Two files, the later part first, one of them compressed; an archive of the victim's two.
        let (first, second) = turned.suspects.split_at(cut.min(turned.suspects.len()));
        let suspects = [
            folder.write("b.csv.gz", gz(&csv("s", second))),
            folder.write("a.csv", csv("s", first)),
        ];
        let (first, second) = turned.victims.split_at(cut.min(turned.victims.len()));
        let members = [("x/1.csv", csv("v", first)), ("x/2.csv", csv("v", second))];
        let members: Vec<_> = members.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let victims = [folder.write("v.zip", zip(&members))];
        prop_assert_eq!(&findings(json(&with_files(&world, &folder, &suspects, &victims))), &expected);
    }
}

/// A world with company: many records of another device far away, before, between and after.
fn large() -> (World, String) {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut worlds = std::iter::repeat_with(|| worlds().new_tree(&mut runner).unwrap().current());
    let rich = |w: &World| w.suspects.len() > 25 && w.victims.len() > 25 && w.incidents.len() > 1;
    let world = worlds.find(rich).unwrap();
    let mut text = csv("s", &world.suspects[..12]);
    for i in 0..70_000_i64 {
        let mut far = world.suspects[0].clone();
        (far.device, far.t0_s, far.t1_s) = (9, i % 7_200, i % 7_200);
        far.lat_deg -= 1.0 + f64::from(i32::try_from(i).unwrap()) * 1e-6;
        text += &row("s", &far);
    }
    text.extend(world.suspects[12..].iter().map(|f| row("s", f)));
    (world, text)
}

#[test]
fn fixes_that_wait_on_disk_give_the_same_bytes() {
    let (world, text) = large();
    let folder = Folder::new();
    let victims = [folder.write("victim.csv", csv("v", &world.victims))];
    let args = with_files(&world, &folder, &[folder.write("suspect.csv", &text)], &victims);
    let run = |mib: &str| {
        let mut all = args.clone();
        all.extend(["--memory-mib".to_owned(), mib.to_owned(), "--output=json".to_owned()]);
        check(&all)
    };
    let (roomy, tight) = (run("1024"), run("16"));
    assert_eq!(roomy.0, 0, "{}", roomy.2);
    assert!(roomy.1.contains("\"enter\"") && roomy.1.contains("recorded_elsewhere"));
    assert_eq!(roomy, tight);

    // The far device changes nothing about the others.
    let alone =
        findings(json(&with_files(&world, &folder, &[folder.write("s.csv", csv("s", &world.suspects))], &victims)));
    let (encounters, not_near) = findings(serde_json::from_str(&roomy.1).unwrap());
    assert_eq!(encounters, alone.0);
    let of_others: Vec<_> = not_near.into_iter().filter(|l| !l.contains("\"device\":\"s9\"")).collect();
    assert_eq!(of_others, alone.1);
}

#[test]
fn running_twice_gives_identical_bytes_in_every_form() {
    let (world, _) = large();
    let folder = Folder::new();
    let args = world.arguments(&folder);
    for form in Form::ALL {
        let [once, twice] = ["1", "2"].map(|n| {
            let out = folder.name(&format!("{n}.{form}"));
            let mut all = args.clone();
            all.extend(["--output".to_owned(), form.as_str().to_owned(), "--out".to_owned(), out.clone()]);
            assert_eq!(check(&all), (0, String::new(), String::new()));
            std::fs::read(out).unwrap()
        });
        assert!(once.len() > 500, "{form}: {} bytes", once.len());
        assert!(once == twice, "{form} differs from run to run");
    }
}
