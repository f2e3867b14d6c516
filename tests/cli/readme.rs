//! The worked example in README.md is what the program prints, to the byte.
//!
//! `LOCARD_BLESS=1 cargo test --test cli readme` writes the output into README.md instead.

use std::path::Path;
use std::process::Command;

const BEGIN: &str = "<!-- example:begin -->\n";
const END: &str = "<!-- example:end -->";

/// The command of the example, and its output, from between the markers.
fn example(readme: &str) -> (&str, &str) {
    let body = readme.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).unwrap().0;
    let body = body.strip_prefix("```console\n").and_then(|b| b.strip_suffix("```\n")).unwrap();
    let (command, output) = body.strip_prefix("$ ").and_then(|b| b.split_once('\n')).unwrap();
    (command, output)
}

fn run(command: &str) -> String {
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("locard"), "the example runs locard");
    let arguments: Vec<String> = words.map(|w| w.trim_matches('"').to_owned()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_locard")).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_worked_example_is_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (command, shown) = example(&readme);
    let printed = run(command);
    if std::env::var_os("LOCARD_BLESS").is_some() {
        let blessed = readme.replace(shown, &printed);
        std::fs::write(&path, blessed).unwrap();
    } else {
        assert_eq!(shown, printed, "README.md shows another output");
    }
}
