//! How a profile names a column: by its heading, by its position, or by several headings of which a file has one.

use serde::Deserialize;

/// One way to name a column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ColumnRef {
    /// Its position, from 1: for files without a heading.
    Position(usize),
    /// Its heading; capitals and runs of blanks do not matter.
    Name(String),
}

/// The names a column may have; the first that the file has is used. Empty: the profile names no such column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Columns(pub Vec<ColumnRef>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(ColumnRef),
    Many(Vec<ColumnRef>),
}

impl From<OneOrMany> for Columns {
    fn from(raw: OneOrMany) -> Self {
        match raw {
            OneOrMany::One(one) => Self(vec![one]),
            OneOrMany::Many(many) => Self(many),
        }
    }
}

impl Columns {
    /// The profile names no such column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names as a person reads them: `Easting or E`.
    #[must_use]
    pub fn describe(&self) -> String {
        let names: Vec<String> = self.0.iter().map(ColumnRef::describe).collect();
        names.join(" or ")
    }
}

impl ColumnRef {
    fn describe(&self) -> String {
        match self {
            Self::Position(at) => format!("column {at}"),
            Self::Name(name) => name.clone(),
        }
    }
}

/// A heading as it is compared: no byte order mark, lower case, one blank where there were several.
#[must_use]
pub fn heading_key(text: &str) -> String {
    let words: Vec<&str> = text.trim_start_matches('\u{feff}').split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// A column of a file, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its position, from 0.
    pub at: usize,
    /// Its heading as the file writes it, or `column 3` where there is none.
    pub name: String,
}

/// The headings of a file, or only their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headings {
    names: Vec<String>,
    keys: Vec<String>,
}

impl Headings {
    /// From a heading line's fields; blank ones at its end are no columns.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Self {
        let used = names.iter().rposition(|n| !n.trim().is_empty()).map_or(0, |at| at + 1);
        names.truncate(used);
        let keys = names.iter().map(|n| heading_key(n)).collect();
        Self { names, keys }
    }

    /// For a file without a heading line whose rows have `width` fields.
    #[must_use]
    pub fn numbered(width: usize) -> Self {
        Self { names: (1..=width).map(|at| format!("column {at}")).collect(), keys: Vec::new() }
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.names.len()
    }

    /// The headings as the file writes them.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The first column that one of the names fits; where two columns have the same heading, the left one.
    #[must_use]
    pub fn find(&self, columns: &Columns) -> Option<Column> {
        columns.0.iter().find_map(|c| self.find_one(c))
    }

    /// All columns that the names fit, in the order of the names.
    #[must_use]
    pub fn find_all(&self, columns: &Columns) -> Vec<Column> {
        columns.0.iter().filter_map(|c| self.find_one(c)).collect()
    }

    fn find_one(&self, column: &ColumnRef) -> Option<Column> {
        let at = match column {
            ColumnRef::Position(from_one) => from_one.checked_sub(1)?,
            ColumnRef::Name(name) => {
                let key = heading_key(name);
                self.keys.iter().position(|k| *k == key)?
            }
        };
        Some(Column { at, name: self.names.get(at)?.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_compared_without_capitals_blanks_and_byte_order_marks() {
        let h = Headings::new(vec!["\u{feff}Date / Time".into(), " LATITUDE".into(), "latitude".into()]);
        let find = |n: &str| h.find(&Columns(vec![ColumnRef::Name(n.into())])).map(|c| c.at);
        assert_eq!(find("DATE /  TIME"), Some(0));
        assert_eq!(find("Latitude"), Some(1), "the left of two equal headings");
        assert_eq!(find("lat"), None, "no part of a heading is enough");
        assert_eq!(h.find(&Columns(vec![ColumnRef::Position(0)])), None);
        assert_eq!(h.find(&Columns(vec![ColumnRef::Position(4)])), None);
    }
}
