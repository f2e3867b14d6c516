//! The rules of the house that no compiler checks: imports run one way, files stay small, modules say what they are.
//!
//! The checkers are pure functions of a path and a text; each is shown a made-up offender, so that it can fail.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path from the package's root with `/` between names, and its text.
struct Source {
    path: String,
    text: String,
}

/// The stages in the order the data goes through them; `model`, `time` and `threads` are one level and may see each other.
const LEVELS: [&[&str]; 9] = [
    &["model", "time", "threads"],
    &["source"],
    &["decode"],
    &["index"],
    &["join"],
    &["encounter"],
    &["evaluate"],
    &["sink"],
    &["stream"],
];
/// Knows `model` and `time` (and Arrow); the sink and what stands above know it.
const STORE: &str = "store";
/// Who may see what: knows `model` and `time`; asking and what stands above know it.
const ACCESS: &str = "access";
/// Asking: knows the stages, the store and who may see what.
const QUERY: &str = "query";
/// Beyond one machine: knows what asking knows, and asking; what stands above knows it.
const CLUSTER: &str = "cluster";
/// Stand above the stages: they may use them all, and of one another only `cli` uses the others.
const ABOVE: [&str; 4] = ["serve", "evidence", "simulate", "cli"];
/// The most lines a file may have.
const MAX_LINES: usize = 500;
/// Names that say nothing and grow for ever.
const BANNED_MODULES: [&str; 5] = ["utils", "util", "common", "helpers", "misc"];
/// Calls that read the machine's clock.
const NOW: [&str; 5] = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "ZonedDateTime::now"];

fn level(stage: &str) -> Option<usize> {
    LEVELS.iter().position(|names| names.contains(&stage))
}

fn is_stage(name: &str) -> bool {
    level(name).is_some() || [STORE, ACCESS, QUERY, CLUSTER].contains(&name) || ABOVE.contains(&name)
}

/// Whether a stage may import another.
fn may_import(from: &str, to: &str) -> bool {
    let base = level(to) == Some(0);
    match (level(from), level(to)) {
        _ if from == to => true,
        (Some(from), Some(to)) => to <= from,
        _ if from == STORE || from == ACCESS => base,
        _ if to == CLUSTER => ABOVE.contains(&from),
        _ if from == CLUSTER => level(to).is_some() || to == STORE || to == QUERY,
        _ if to == ACCESS || to == QUERY => from == QUERY || ABOVE.contains(&from),
        _ if from == QUERY => level(to).is_some() || to == STORE,
        _ if ABOVE.contains(&to) => from == "cli",
        _ if to == STORE => matches!(from, "sink" | "stream") || ABOVE.contains(&from),
        _ => ABOVE.contains(&from),
    }
}

/// The stage a file belongs to: the folder or file under `src`; `None` for `lib.rs` and `main.rs`.
fn stage_of(path: &str) -> Option<&str> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "main")).then_some(name)
}

/// The code of a file without comments, one entry a line; a line of comment is empty.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| {
        let code = line.split("//").next().unwrap_or("");
        // `https://` in a string is not a comment, and never an import either.
        if line.trim_start().starts_with("//") { "" } else { code }
    })
}

/// The stages that follow `prefix` in a piece of code: `crate::a::B` and `crate::{a::B, c}` both.
fn named_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | ':')) {
            continue;
        }
        let rest = code[at + prefix.len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => names.extend(heads_of_group(group)),
            None => names.push(head(rest)),
        }
    }
    names.retain(|n| !n.is_empty());
    names
}

fn head(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first names of the elements of `{a::{b, c}, d}`, the opening brace already taken.
fn heads_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut heads) = (0_usize, true, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && !c.is_whitespace() => {
                heads.push(head(&group[i..]));
                start = false;
            }
            _ => {}
        }
    }
    heads
}

/// `super::` chains that reach the crate's root from a file, as `(prefix)` to look for.
fn root_by_super(path: &str) -> Option<String> {
    let inner = path.strip_prefix("src/")?;
    let depth = inner.split('/').count();
    let depth = if inner.ends_with("/mod.rs") { depth - 1 } else { depth };
    Some("super::".repeat(depth))
}

/// Imports against the order, with file and line.
fn back_edges(source: &Source) -> Vec<String> {
    let Some(from) = stage_of(&source.path) else { return Vec::new() };
    if !is_stage(from) {
        return vec![format!(
            "{}:1: stage `{from}` has no place in the order: give it one in tests/arch.rs",
            source.path
        )];
    }
    let by_super = root_by_super(&source.path).unwrap_or_default();
    let mut faults = Vec::new();
    let mut statement = (0, String::new());
    let mut in_tests = false;
    for (line, code) in code_lines(&source.text).enumerate() {
        // In `mod tests` a chain of `super::` is one longer, and never needed to reach the root.
        in_tests |= code.starts_with("mod tests");
        if statement.1.trim().is_empty() {
            statement.0 = line + 1;
        }
        statement.1.push_str(code);
        statement.1.push(' ');
        // A statement that spreads over lines is judged as a whole, so that groups are read to their end.
        if code.contains(';') || code.contains('{') && !statement.1.trim_start().contains("use ") {
            let mut names = named_after(&statement.1, "crate::");
            if !in_tests {
                names.extend(named_after(&statement.1, &by_super));
            }
            let bad = names.into_iter().filter(|to| is_stage(to) && !may_import(from, to));
            faults.extend(bad.map(|to| format!("{}:{}: `{from}` imports `{to}`", source.path, statement.0)));
            statement.1.clear();
        }
    }
    faults
}

fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines > MAX_LINES).then(|| format!("{}: {lines} lines, at most {MAX_LINES}", source.path))
}

fn banned_name(source: &Source) -> Option<String> {
    let mut names = source.path.split('/').map(|n| n.strip_suffix(".rs").unwrap_or(n));
    let bad = names.find(|n| BANNED_MODULES.contains(n))?;
    Some(format!("{}: a module named `{bad}` says nothing: name the concept", source.path))
}

/// A file of tests beside its module is named for what it is, and need not say so again.
fn without_opening(source: &Source) -> Option<String> {
    if source.path.ends_with("/tests.rs") || source.path.ends_with("_tests.rs") {
        return None;
    }
    let opens = source.text.lines().next().is_some_and(|l| l.starts_with("//! "));
    (!opens).then(|| format!("{}:1: does not open with `//!` and a sentence", source.path))
}

fn reads_the_clock(source: &Source) -> Vec<String> {
    if source.path.starts_with("src/time/") {
        return Vec::new();
    }
    let found = |(i, code): (usize, &str)| {
        let call = NOW.iter().find(|call| code.contains(**call))?;
        Some(format!("{}:{}: `{call}`: take a time::Clock", source.path, i + 1))
    };
    code_lines(&source.text).enumerate().filter_map(found).collect()
}

/// Every `.rs` file below the folder, in the order of the paths; none if the folder is missing.
fn sources(folder: &str) -> std::io::Result<Vec<Source>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<PathBuf> = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            let names = path.strip_prefix(root).unwrap_or(&path).iter().map(|n| n.to_string_lossy());
            found.push(Source { path: names.collect::<Vec<_>>().join("/"), text: fs::read_to_string(&path)? });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn imports_run_one_way() {
    let sources = sources("src").unwrap();
    assert!(sources.len() > 20, "the walk finds the source");
    assert_none(&sources.iter().flat_map(back_edges).collect::<Vec<_>>());
}

#[test]
fn files_stay_small() {
    let all = ["src", "tests", "benches"].into_iter().flat_map(|folder| sources(folder).unwrap());
    assert_none(&all.filter_map(|s| too_long(&s)).collect::<Vec<_>>());
}

#[test]
fn modules_are_named_for_what_they_are() {
    assert_none(&sources("src").unwrap().iter().filter_map(banned_name).collect::<Vec<_>>());
}

#[test]
fn modules_open_with_what_they_are() {
    assert_none(&sources("src").unwrap().iter().filter_map(without_opening).collect::<Vec<_>>());
}

#[test]
fn only_the_clock_reads_the_time() {
    assert_none(&sources("src").unwrap().iter().flat_map(reads_the_clock).collect::<Vec<_>>());
}

fn made_up(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[test]
fn a_back_edge_is_found_in_every_way_of_writing_it() {
    let offenders = [
        ("src/model/fix.rs", "//! x\nuse crate::decode::Format;\n", "src/model/fix.rs:2: `model` imports `decode`"),
        (
            "src/index/mod.rs",
            "use crate::{\n    model,\n    sink::{A, B},\n};\n",
            "src/index/mod.rs:1: `index` imports `sink`",
        ),
        (
            "src/join/rule.rs",
            "fn f() {\n    crate::evaluate::run();\n}\n",
            "src/join/rule.rs:2: `join` imports `evaluate`",
        ),
        ("src/join/mod.rs", "use super::sink::A;\n", "src/join/mod.rs:1: `join` imports `sink`"),
        ("src/join/a/b.rs", "use super::super::super::cli;\n", "src/join/a/b.rs:1: `join` imports `cli`"),
        ("src/query/run.rs", "use crate::cluster;\n", "src/query/run.rs:1: `query` imports `cluster`"),
        ("src/serve/http.rs", "use crate::cli;\n", "src/serve/http.rs:1: `serve` imports `cli`"),
        ("src/store/log.rs", "use crate::decode::X;\n", "src/store/log.rs:1: `store` imports `decode`"),
        ("src/evaluate/a.rs", "pub(crate) use crate::store::X;\n", "src/evaluate/a.rs:1: `evaluate` imports `store`"),
    ];
    for (path, text, fault) in offenders {
        assert_eq!(back_edges(&made_up(path, text)), [fault]);
    }
    let stranger = back_edges(&made_up("src/magic/mod.rs", ""));
    assert_eq!(stranger.len(), 1, "a folder that is in no order is a fault: {stranger:?}");
}

#[test]
fn imports_that_run_the_right_way_are_left_alone() {
    let fine = [
        ("src/time/parse.rs", "use crate::model::RejectReason;\n"),
        ("src/model/a.rs", "use crate::time::utc_text;\n"),
        ("src/sink/text.rs", "use crate::{evaluate::A, model::{B, C}, store};\n"),
        ("src/cli/demo.rs", "use crate::simulate::case;\n"),
        ("src/decode/gpx.rs", "//! See crate::sink.\n/// [`crate::sink::Report`]\nuse super::{RowSink, sink};\n"),
        ("src/decode/mod.rs", "mod sink;\npub use sink::RowSink;\nuse mycrate::sink;\nuse other::crate_::sink;\n"),
        ("src/model/mod.rs", "mod encounter;\nmod tests {\n    use super::encounter::A;\n}\n"),
        ("src/lib.rs", "use crate::sink::A;\n"),
    ];
    for (path, text) in fine {
        assert_none(&back_edges(&made_up(path, text)));
    }
}

#[test]
fn the_other_rules_can_be_broken() {
    let lines = |n: usize| made_up("src/a.rs", &"x\n".repeat(n));
    assert!(too_long(&lines(MAX_LINES)).is_none() && too_long(&lines(MAX_LINES + 1)).is_some());
    assert!(banned_name(&made_up("src/join/utils.rs", "")).is_some());
    assert!(banned_name(&made_up("src/common/mod.rs", "")).is_some());
    assert!(banned_name(&made_up("src/join/commonality.rs", "")).is_none());
    assert!(without_opening(&made_up("src/a.rs", "//! What it is.\n")).is_none());
    assert!(without_opening(&made_up("src/a.rs", "use x;\n//! late\n")).is_some());
    assert!(without_opening(&made_up("src/a.rs", "")).is_some());
    assert!(without_opening(&made_up("src/a/store_tests.rs", "")).is_none());
    let clock = "//! Instant::now is banned\nfn f() {\n    let t = std::time::Instant::now();\n}\n";
    assert_eq!(
        reads_the_clock(&made_up("src/join/a.rs", clock)),
        ["src/join/a.rs:3: `Instant::now`: take a time::Clock"]
    );
    assert!(reads_the_clock(&made_up("src/time/clock.rs", clock)).is_empty());
}
