//! Flags to be scored: encounters, from whatever wrote them.
//!
//! Read are: the report of `locard check --output json`; a JSON array of flags; flags as one JSON object a line, as the
//! topic `encounters` carries them.
//!
//! | field | meaning | also accepted |
//! | --- | --- | --- |
//! | `case_id` | the case; needed unless one is named for the whole file | |
//! | `device_id` | the suspect's device; needed | `device` |
//! | `target` | the victim's device or the place's name; needed | `target_id` |
//! | `enter_us`, `exit_us` | UTC microseconds; needed | `enter`, `exit`: microseconds, ISO text, or an object with `us` |
//! | `p_within_max` | the highest P(within); needed | |
//! | `emitted_us` | when it was first told, UTC microseconds | `emitted` |
//! | `id`, `revision`, `status` | of several revisions the last counts, none if it is `withdrawn` or `superseded` | `encounter_id` |

use std::collections::BTreeMap;

use serde_json::Value;

use crate::time::parse_iso;

/// An encounter that somebody was told of.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Flag {
    /// The case.
    pub case_id: String,
    /// The suspect's device.
    pub device_id: String,
    /// The victim's device, or the place's name.
    pub target: String,
    /// Its beginning, UTC microseconds.
    pub enter_us: i64,
    /// Its end, UTC microseconds.
    pub exit_us: i64,
    /// The highest P(true distance <= radius) of what it rests on.
    pub p_within_max: f64,
    /// When it was first told, UTC microseconds; `None` if that is not known.
    pub emitted_us: Option<i64>,
}

/// A file that is no list of flags; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// Not JSON.
    #[error("line {line}: not JSON: {detail}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What the parser says.
        detail: String,
    },
    /// A flag lacks something, or has it in a form that is not known.
    #[error("flag {number}: {field} is missing or cannot be read")]
    Field {
        /// The flag's number in the file, from 1.
        number: usize,
        /// Which field.
        field: &'static str,
    },
    /// A flag says no case, and none was given.
    #[error("flag {number} names no case: say which with --case")]
    NoCase {
        /// The flag's number in the file, from 1.
        number: usize,
    },
}

/// Reads flags; `case` is the case of those that name none.
///
/// # Errors
/// [`FlagError`] names the flag and what is wrong with it.
pub fn flags_from_json(text: &str, case: Option<&str>) -> Result<Vec<Flag>, FlagError> {
    let rows = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(rows)) => rows,
        Ok(Value::Object(mut report)) => match report.remove("encounters") {
            Some(Value::Array(rows)) => rows,
            _ => vec![Value::Object(report)],
        },
        _ => lines(text)?,
    };
    let read = |(i, row): (usize, &Value)| revision(row, i + 1, case);
    let revisions: Vec<Revision> = rows.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    Ok(settle(revisions))
}

fn lines(text: &str) -> Result<Vec<Value>, FlagError> {
    let read = |(i, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|e| FlagError::Syntax { line: i + 1, detail: e.to_string() })
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(read).collect()
}

struct Revision {
    flag: Flag,
    /// The encounter it is a revision of.
    id: Option<String>,
    number: i64,
    withdrawn: bool,
}

/// Of each encounter's revisions the last, with the moment of the first.
fn settle(revisions: Vec<Revision>) -> Vec<Flag> {
    let mut flags = Vec::new();
    let mut last: BTreeMap<(String, String), Revision> = BTreeMap::new();
    for mut revision in revisions {
        let Some(id) = revision.id.clone() else {
            flags.push(revision.flag);
            continue;
        };
        let key = (revision.flag.case_id.clone(), id);
        if let Some(known) = last.remove(&key) {
            let first_us = known.flag.emitted_us.into_iter().chain(revision.flag.emitted_us).min();
            if known.number > revision.number {
                revision = known;
            }
            revision.flag.emitted_us = first_us;
        }
        last.insert(key, revision);
    }
    flags.extend(last.into_values().filter(|r| !r.withdrawn).map(|r| r.flag));
    flags.sort_by(|a, b| {
        let key = |f: &Flag| (f.case_id.clone(), f.enter_us, f.exit_us, f.device_id.clone(), f.target.clone());
        key(a).cmp(&key(b))
    });
    flags
}

fn revision(row: &Value, number: usize, case: Option<&str>) -> Result<Revision, FlagError> {
    let missing = |field| FlagError::Field { number, field };
    let text = |names: &[&str]| names.iter().find_map(|n| row.get(n)?.as_str()).map(str::to_owned);
    let time = |names: &[&str]| names.iter().find_map(|n| moment(row.get(n)?));
    let case_id = text(&["case_id"]).or_else(|| case.map(str::to_owned)).ok_or(FlagError::NoCase { number })?;
    let flag = Flag {
        case_id,
        device_id: text(&["device_id", "device"]).ok_or_else(|| missing("device_id"))?,
        target: text(&["target", "target_id"]).ok_or_else(|| missing("target"))?,
        enter_us: time(&["enter_us", "enter"]).ok_or_else(|| missing("enter_us"))?,
        exit_us: time(&["exit_us", "exit"]).ok_or_else(|| missing("exit_us"))?,
        p_within_max: row.get("p_within_max").and_then(Value::as_f64).ok_or_else(|| missing("p_within_max"))?,
        emitted_us: time(&["emitted_us", "emitted"]),
    };
    Ok(Revision {
        flag,
        id: text(&["id", "encounter_id"]),
        number: row.get("revision").and_then(Value::as_i64).unwrap_or(0),
        withdrawn: matches!(row.get("status").and_then(Value::as_str), Some("withdrawn" | "superseded")),
    })
}

/// A moment: microseconds, ISO text, or an object that has microseconds under `us`.
fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::Number(us) => us.as_i64(),
        Value::String(text) => parse_iso(text, None).ok().map(|reading| reading.t0_us),
        Value::Object(object) => object.get("us")?.as_i64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        r#"{"case_id":"c","device_id":"d","target":"t","enter_us":1,"exit_us":2,"p_within_max":0.9,"id":"i"}"#;

    #[test]
    fn a_report_an_array_and_lines_are_read_alike() {
        let report = r#"{"locard_report":1,"encounters":[{"id":"i","device":"d","target":"t","enter":{"us":1},
                         "exit":{"us":2},"p_within_max":0.9}]}"#;
        let flags = flags_from_json(report, Some("c")).unwrap();
        assert_eq!(flags, flags_from_json(LINE, None).unwrap());
        assert_eq!(flags, flags_from_json(&format!("[{LINE}]"), None).unwrap());
        assert_eq!(flags, flags_from_json(&format!("\n{LINE}\n{LINE}\n"), None).unwrap(), "a redelivery is one flag");
        let iso = LINE.replace("\"enter_us\":1", "\"enter\":\"1970-01-01T00:00:00.000001Z\"");
        assert_eq!(flags, flags_from_json(&iso, None).unwrap());
    }

    #[test]
    fn the_last_revision_counts_with_the_moment_of_the_first() {
        let row = |revision: u32, exit_us: u32, emitted_us: u32, status: &str| {
            LINE.replace("\"exit_us\":2", &format!("\"exit_us\":{exit_us}")).replace(
                "\"id\":\"i\"",
                &format!("\"id\":\"i\",\"revision\":{revision},\"emitted_us\":{emitted_us},\"status\":\"{status}\""),
            )
        };
        let text = [row(2, 30, 200, "open"), row(1, 20, 100, "open")].join("\n");
        let flags = flags_from_json(&text, None).unwrap();
        assert_eq!(flags.iter().map(|f| (f.exit_us, f.emitted_us)).collect::<Vec<_>>(), [(30, Some(100))]);
        for gone in ["withdrawn", "superseded"] {
            let text = [&*text, &*row(3, 30, 300, gone)].join("\n");
            assert_eq!(flags_from_json(&text, None).unwrap(), [], "{gone}");
        }
    }

    #[test]
    fn what_is_no_flag_is_named() {
        let why = |text: &str| flags_from_json(text, None).unwrap_err().to_string();
        assert!(why(&format!("{LINE}\nnonsense")).starts_with("line 2: not JSON"));
        assert!(why(&LINE.replace("p_within_max", "p")).contains("flag 1: p_within_max"));
        assert!(why(&LINE.replace("\"exit_us\":2", "\"exit_us\":\"later\"")).contains("exit_us"));
        assert!(why(&LINE.replace("\"case_id\":\"c\",", "")).contains("--case"));
        assert_eq!(flags_from_json("", None).unwrap(), []);
        assert_eq!(flags_from_json(r#"{"encounters":[]}"#, None).unwrap(), []);
    }
}
