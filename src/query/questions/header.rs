//! The beginning of a file of `queries/`. Pure.

use super::{Question, QuestionParameter};

/// The types of parameters.
const KINDS: [&str; 7] = ["text", "int", "float", "bool", "timestamp", "date", "interval"];

/// What is wrong with the beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A part is missing.
    #[error("{name}: {part} is missing")]
    Missing {
        /// The file.
        name: String,
        /// Which part.
        part: &'static str,
    },
    /// A parameter cannot be read.
    #[error("{name}: {line}: write `param NAME TYPE = DEFAULT: meaning`")]
    Parameter {
        /// The file.
        name: String,
        /// The line.
        line: String,
    },
}

/// Reads a file.
///
/// # Errors
/// [`HeaderError`] names the file and what is wrong.
pub(super) fn read(name: &str, text: &str) -> Result<Question, HeaderError> {
    let lines: Vec<&str> = text.lines().collect();
    let ends = lines.iter().position(|l| !l.starts_with("--")).unwrap_or(lines.len());
    let (head, sql) = lines.split_at(ends);
    let mut parts: [String; 3] = Default::default();
    let mut parameters = Vec::new();
    let mut part = 0;
    for line in head.iter().map(|l| l.trim_start_matches('-').trim()) {
        if let Some(rest) = line.strip_prefix("param ") {
            let bad = || HeaderError::Parameter { name: name.to_owned(), line: line.to_owned() };
            parameters.push(parameter(rest).ok_or_else(bad)?);
            continue;
        }
        let mut said = line;
        for (at, mark) in [(1, "Reading:"), (2, "Caveat:")] {
            if let Some(rest) = line.strip_prefix(mark) {
                (part, said) = (at, rest.trim());
            }
        }
        if let Some(text) = parts.get_mut(part).filter(|_| !said.is_empty()) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(said);
        }
    }
    let [title, reading, caveat] = parts;
    let sql = sql.join("\n").trim().to_owned();
    let named = [("the question", &title), ("Reading:", &reading), ("Caveat:", &caveat), ("the SQL", &sql)];
    if let Some((part, _)) = named.into_iter().find(|(_, text)| text.is_empty()) {
        return Err(HeaderError::Missing { name: name.to_owned(), part });
    }
    Ok(Question { name: name.to_owned(), title, parameters, reading, caveat, sql })
}

fn parameter(text: &str) -> Option<QuestionParameter> {
    let (said, meaning) = text.split_once(": ")?;
    let (named, default) = match said.split_once('=') {
        Some((named, default)) => (named.trim(), Some(default.trim().to_owned())),
        None => (said.trim(), None),
    };
    let (name, kind) = named.split_once(' ')?;
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (plain && KINDS.contains(&kind)).then(|| QuestionParameter {
        name: name.to_owned(),
        kind: kind.to_owned(),
        default,
        meaning: meaning.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "-- What is\n-- asked?\n--\n-- param a text: one: with a colon\n-- param b float = 0.5: two\n\
                        --\n-- Reading: as\n-- it is.\n-- Caveat: none.\nSELECT $a, $b\n-- a comment\n";

    #[test]
    fn every_part_is_read() {
        let question = read("x", FILE).unwrap();
        assert_eq!(question.title, "What is asked?");
        assert_eq!((question.reading.as_str(), question.caveat.as_str()), ("as it is.", "none."));
        assert_eq!(question.sql, "SELECT $a, $b\n-- a comment");
        assert_eq!(question.parameters.len(), 2);
        let (a, b) = (&question.parameters[0], &question.parameters[1]);
        assert_eq!((a.default.as_deref(), a.meaning.as_str()), (None, "one: with a colon"));
        assert_eq!((b.kind.as_str(), b.default.as_deref()), ("float", Some("0.5")));
    }

    #[test]
    fn a_part_that_is_missing_or_wrong_is_named() {
        for (from, to, says) in [
            ("Caveat:", "", "Caveat:"),
            ("Reading:", "", "Reading:"),
            ("SELECT $a, $b\n-- a comment", "", "the SQL"),
            ("a text", "a varchar", "param"),
            ("b float", "bfloat", "param"),
        ] {
            let error = read("x", &FILE.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
