//! What is written about `locard serve` outside the program is true: documents, the example, the dashboard, the image.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::*;
use crate::source::kafka::Membership;
use crate::stream::telemetry::{family_names, sample};

const DOCUMENT: &str = include_str!("../../docs/serve.md");
const EXAMPLE: &str = include_str!("../../docker/locard.toml");
const DASHBOARD: &str = include_str!("../../docker/grafana/dashboards/locard.json");
const DOCKERFILE: &str = include_str!("../../docker/Dockerfile");

/// The settings of a section, as the reader names them when it is given one that is none; none if it is no section.
fn fields(section: &str) -> Vec<String> {
    let text = if section.is_empty() { "zz = 1".to_owned() } else { format!("{section}.zz = 1") };
    let error = ServeConfig::parse(&text, "x").map(drop).map_err(|e| e.to_string());
    // A setting that is a word, or a map of anything, fails otherwise.
    let unknown = error.err().filter(|e| e.contains("unknown field `zz`"));
    let list = unknown.and_then(|e| e.split_once("expected ").map(|(_, list)| list.to_owned())).unwrap_or_default();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every setting by its full name, such as `kafka.topics.fixes`.
fn settings_by_name() -> BTreeSet<String> {
    let mut waiting: Vec<String> = fields("");
    assert!(waiting.len() >= 8, "{waiting:?}");
    let mut leaves = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        let below = fields(&name);
        if below.is_empty() {
            leaves.insert(name);
        } else {
            waiting.extend(below.into_iter().map(|f| format!("{name}.{f}")));
        }
    }
    leaves
}

#[test]
fn every_setting_is_documented() {
    let names = settings_by_name();
    assert!(names.len() >= 30 && names.contains("kafka.blocks.linger_ms") && names.contains("log.level"), "{names:?}");
    for name in names {
        assert!(DOCUMENT.contains(&format!("| `{name}` |")), "{name} is not in docs/serve.md");
    }
}

#[test]
fn every_metric_is_documented_and_nothing_else() {
    let (telemetry, _partition, _cases) = sample();
    let text = telemetry.encode();
    let made: BTreeSet<&str> = family_names(&text);
    assert!(made.len() >= 19, "{made:?}");
    let table = DOCUMENT.split_once("## Metrics").unwrap().1;
    assert_eq!(metric_names(table, &made), made);
}

/// The families of the metrics that a text names; a name that is of none stays as it is.
fn metric_names<'a>(text: &'a str, made: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let names = text.match_indices("locard_").map(|(at, _)| {
        let rest = &text[at..];
        &rest[..rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len())]
    });
    let family = |name: &'a str| {
        let suffixes = ["_total", "_bucket", "_sum", "_count", "_info"];
        let cut = suffixes.iter().filter_map(|s| name.strip_suffix(s)).find(|cut| made.contains(cut));
        cut.unwrap_or(name)
    };
    names.map(family).collect()
}

/// Every expression of the dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("expr").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| expressions(v, found));
        }
        Value::Array(list) => list.iter().for_each(|v| expressions(v, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_shows_every_metric_and_none_that_is_not_there() {
    let (telemetry, _partition, _cases) = sample();
    let text = telemetry.encode();
    let made: BTreeSet<&str> = family_names(&text);
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let all = found.join("\n");
    assert_eq!(metric_names(&all, &made), made);
    for expression in &found {
        // A label that no series has gives an empty panel without an error.
        let by = expression.split("by (").nth(1).and_then(|rest| rest.split(')').next()).unwrap_or("");
        for label in by.split(", ").filter(|l| !l.is_empty()) {
            assert!(text.contains(&format!("{label}=\"")), "{expression}: nothing is labelled {label}");
        }
    }
}

#[test]
fn the_example_is_read_and_shows_every_setting() {
    let made = Settings::new(&ServeConfig::parse(EXAMPLE, "docker/locard.toml").unwrap()).unwrap();
    assert_eq!(made.kafka.bootstrap_servers, "kafka:9092");
    assert_eq!(made.store.location.as_str(), "file:///data/");
    assert_eq!(made.listen.port(), 8787, "the port that the image names");
    // What is commented out, put in: it must be the defaults, but for the options and the addresses of schemas.
    let whole: String = EXAMPLE.lines().map(|l| uncommented(l).to_owned() + "\n").collect();
    let all = ServeConfig::parse(&whole, "docker/locard.toml, uncommented").unwrap();
    let usual = ServeConfig::default();
    assert_eq!(
        (&all.memory, &all.log.level, &all.kafka.topics),
        (&usual.memory, &usual.log.level, &usual.kafka.topics)
    );
    assert_eq!((all.kafka.blocks, all.kafka.partitions), (usual.kafka.blocks, usual.kafka.partitions));
    assert_eq!(all.proximity.exit_radius_m, Some(usual.proximity.radius_m));
    assert_eq!(all.proximity, ProximitySection { exit_radius_m: all.proximity.exit_radius_m, ..usual.proximity });
    assert_eq!(Settings::new(&all).map(|s| s.kafka.membership).unwrap(), Membership::Group("locard".to_owned()));
    let shown: toml::Table = whole.replace("#! ", "").parse().unwrap();
    for name in settings_by_name() {
        let found = name.split('.').try_fold(&toml::Value::Table(shown.clone()), |at, key| at.get(key)).is_some();
        assert!(found, "{name} is not in docker/locard.toml");
    }
}

/// A line of the example whose setting is commented out, without the mark; others as they are.
fn uncommented(line: &str) -> &str {
    match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => rest,
        _ => line,
    }
}

#[test]
fn the_health_check_of_the_image_succeeds_while_the_server_runs_and_fails_without_it() {
    let line = DOCKERFILE.lines().find(|l| l.contains("/dev/tcp/")).unwrap();
    let command: Vec<String> = serde_json::from_str(line.trim().strip_prefix("CMD ").unwrap()).unwrap();
    let (program, arguments) = command.split_first().unwrap();
    let healthy = |port: u16| {
        let arguments = arguments.iter().map(|a| a.replace("8787", &port.to_string()));
        Command::new(program).args(arguments).stderr(Stdio::null()).status().unwrap().success()
    };
    let (telemetry, _partition, cases) = sample();
    let shown =
        Shown { telemetry: telemetry.into(), cases: cases.subscribe(), flags: tokio::sync::broadcast::Sender::new(1) };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(HttpServer::bind("127.0.0.1:0".parse().unwrap())).unwrap();
    let port = server.address().port();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        runtime.block_on(server.run(shown, async move {
            let _ = ended.await;
        }));
    });
    assert!(healthy(port));
    drop(end);
    thread.join().unwrap();
    assert!(!healthy(port));
}
