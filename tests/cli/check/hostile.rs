//! Any bytes as any file: an answer or a refusal, never a panic, and an account that adds up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use locard::sink::{Form, write_report};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::run::{Folder, check, report};

/// Files of every format, as seeds; those of the report's own forms are none.
fn seeds() -> Vec<Vec<u8>> {
    fn walk(folder: &Path, found: &mut Vec<Vec<u8>>) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let skipped = path.ends_with("report") || path.ends_with("p_within");
            let no_input = path.extension().is_some_and(|e| e == "py" || e == "txt");
            if path.is_dir() && !skipped {
                walk(&path, found);
            } else if path.is_file() && !no_input {
                found.push(std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"), &mut found);
    assert!(found.len() > 20, "the seeds are gone");
    found
}

/// A change of some bytes of a seed, and where it is cut off.
type Damage = (prop::sample::Index, Vec<(prop::sample::Index, u8)>, Option<prop::sample::Index>);

#[derive(Debug, Clone)]
enum Content {
    Bytes(Vec<u8>),
    Lines(String),
    Damaged(Box<Damage>),
}

fn content() -> impl Strategy<Value = Content> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let damaged = (any::<prop::sample::Index>(), edits, prop::option::of(any::<prop::sample::Index>()));
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Content::Bytes),
        1 => "t0,lat_deg,lon_deg,uncertainty_m\n([-0-9T:Z.,+e\u{1b}\"'= ]{0,40}\n){0,6}".prop_map(Content::Lines),
        4 => damaged.prop_map(|d| Content::Damaged(Box::new(d))),
    ]
}

fn bytes(content: &Content, seeds: &[Vec<u8>]) -> Vec<u8> {
    match content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::Lines(text) => text.clone().into_bytes(),
        Content::Damaged(damage) => {
            let (seed, edits, cut) = damage.as_ref();
            let mut bytes = seed.get(seeds).clone();
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        }
    }
}

fn arguments(folder: &Folder, [suspect, victim, incidents]: [Vec<u8>; 3]) -> Vec<String> {
    let files = [("--suspect", suspect), ("--victim", victim), ("--incidents", incidents)];
    let named = files.into_iter().flat_map(|(role, content)| [role.to_owned(), folder.write(role, content)]);
    named.chain(["--zone=Europe/London".to_owned(), "--radius-m=500".to_owned()]).collect()
}

fn survives(args: &[String]) -> TestCaseResult {
    let Ok(ended) = catch_unwind(AssertUnwindSafe(|| report(args))) else {
        return Err(TestCaseError::fail("a panic"));
    };
    let report = match ended {
        Ok(report) => report,
        Err(why) => {
            prop_assert!(!why.is_usage() && !why.to_string().is_empty(), "{}", why);
            return Ok(());
        }
    };
    for e in &report.exhibits {
        let c = &e.counts;
        prop_assert_eq!(c.rows + c.row_ends, c.fixes + c.rejects + c.not_fixes, "{:?}", e);
    }
    for form in Form::ALL {
        let mut out = Vec::new();
        prop_assert!(write_report(form, &report, &mut out).is_ok(), "{}", form);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_stop_a_check_with_a_panic(contents in [content(), content(), content()]) {
        let seeds = seeds();
        let folder = Folder::new();
        survives(&arguments(&folder, contents.map(|c| bytes(&c, &seeds))))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_program_ends_with_a_code_of_its_own(contents in [content(), content(), content()]) {
        let seeds = seeds();
        let folder = Folder::new();
        let (code, _, err) = check(&arguments(&folder, contents.map(|c| bytes(&c, &seeds))));
        prop_assert!(code == 0 || code == 1, "{} {}", code, err);
        prop_assert_eq!(code == 0, err.is_empty(), "{}", err);
    }
}

#[test]
fn every_fixture_as_it_is_can_be_any_file() {
    for seed in seeds() {
        let folder = Folder::new();
        survives(&arguments(&folder, [seed.clone(), seed.clone(), seed])).unwrap();
    }
}
