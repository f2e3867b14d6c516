//! The questions that are asked again and again: the files of `queries/`, in the program.
//!
//! ```text
//!  -- What is asked?
//!  --
//!  -- param NAME TYPE: what it is            (must be given)
//!  -- param NAME TYPE = DEFAULT: what it is
//!  --
//!  -- Reading: how to read the answer
//!  -- Caveat: what it cannot say
//!  SELECT ...
//! ```

mod header;

use std::sync::LazyLock;

pub use header::HeaderError;

/// A parameter of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionParameter {
    /// Its name, without `$`.
    pub name: String,
    /// Its type: `text`, `int`, `float`, `bool`, `timestamp`, `date`, `interval`.
    pub kind: String,
    /// Its value where none is given; `None` if one must be.
    pub default: Option<String>,
    /// What it is, with its unit.
    pub meaning: String,
}

/// A question with its SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name it is asked by: its file's.
    pub name: String,
    /// What is asked, in a sentence.
    pub title: String,
    /// Its parameters, in the order of the file.
    pub parameters: Vec<QuestionParameter>,
    /// How to read the answer.
    pub reading: String,
    /// What it cannot say.
    pub caveat: String,
    /// The SQL, with `$name` for parameters.
    pub sql: String,
}

/// The files, by name.
const FILES: [(&str, &str); 17] = [
    ("arrived-since", include_str!("../../../queries/arrived-since.sql")),
    ("custody-clocks", include_str!("../../../queries/custody-clocks.sql")),
    ("dwell-heat-map", include_str!("../../../queries/dwell-heat-map.sql")),
    ("encounters", include_str!("../../../queries/encounters.sql")),
    ("first-near-address", include_str!("../../../queries/first-near-address.sql")),
    ("gaps", include_str!("../../../queries/gaps.sql")),
    ("impossible-speed", include_str!("../../../queries/impossible-speed.sql")),
    ("nearest-approach-per-day", include_str!("../../../queries/nearest-approach-per-day.sql")),
    ("nights-in-zone", include_str!("../../../queries/nights-in-zone.sql")),
    ("outside-authorised-period", include_str!("../../../queries/outside-authorised-period.sql")),
    ("presence-at-incidents", include_str!("../../../queries/presence-at-incidents.sql")),
    ("present-at-scenes", include_str!("../../../queries/present-at-scenes.sql")),
    ("repeat-locations-before-report", include_str!("../../../queries/repeat-locations-before-report.sql")),
    ("requests-and-records", include_str!("../../../queries/requests-and-records.sql")),
    ("routine-places", include_str!("../../../queries/routine-places.sql")),
    ("travel-together", include_str!("../../../queries/travel-together.sql")),
    ("visits-while-away", include_str!("../../../queries/visits-while-away.sql")),
];

/// All questions, by name. A file that cannot be read is left out; a test reads them all.
#[must_use]
pub fn questions() -> &'static [Question] {
    static ALL: LazyLock<Vec<Question>> =
        LazyLock::new(|| FILES.iter().filter_map(|(name, text)| header::read(name, text).ok()).collect());
    &ALL
}

/// A question by its name.
#[must_use]
pub fn question(name: &str) -> Option<&'static Question> {
    questions().iter().find(|q| q.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_says_what_it_must() {
        let files = std::fs::read_dir("queries").unwrap();
        let mut on_disk: Vec<String> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        on_disk.sort();
        assert_eq!(on_disk, FILES.map(|(name, _)| format!("{name}.sql")), "the table holds the folder");
        for (name, text) in FILES {
            let question = header::read(name, text).unwrap();
            for parameter in &question.parameters {
                assert!(question.sql.contains(&format!("${}", parameter.name)), "{name}: {}", parameter.name);
            }
        }
        assert_eq!(questions().len(), FILES.len());
    }
}
