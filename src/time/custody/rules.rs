//! The rule table of a custody clock: data, with the legal source beside each row.

use serde::Deserialize;

use crate::time::{ZoneError, ZoneRule};

const PACE: &str = include_str!("pace.toml");
/// No period of a table is longer, hours: two weeks is the longest that any such law of these islands has known.
const MAX_HOURS: u32 = 336;

/// The periods of a custody clock, as a TOML file states them; `src/time/custody/pace.toml` is the one built in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyRules {
    /// What law it is.
    pub name: String,
    /// Who compared it with the law, and when.
    pub checked_by: String,
    /// The IANA zone in which times are shown.
    pub zone: String,
    /// Detention without anybody's authority.
    pub detention: PeriodRule,
    /// Detention on a superintendent's authority.
    pub extension: PeriodRule,
    /// The longest warrant of further detention.
    pub warrant: PeriodRule,
    /// The longest extension of a warrant.
    pub warrant_extension: PeriodRule,
    /// The end of all detention before charge.
    pub cap: PeriodRule,
    /// How often detention is reviewed.
    pub reviews: ReviewRule,
}

/// A row: how long detention lasts, and from when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodRule {
    /// How long, hours of elapsed time.
    pub hours: u32,
    /// From when it is counted. Which rows count from where is fixed; the word is there for the reader, and checked.
    pub from: Zero,
    /// It is for indictable (and either-way) offences only.
    pub indictable_only: bool,
    /// Time for which the clock is stopped is not counted.
    pub clock_stops: bool,
    /// Where the law says so.
    pub source: String,
}

/// The row of the reviews.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewRule {
    /// The first is due this long after detention was first authorised, hours of elapsed time.
    pub first_hours: u32,
    /// Each other one is due this long after the one before, hours of elapsed time.
    pub then_hours: u32,
    /// Time for which the clock is stopped is not counted.
    pub clock_stops: bool,
    /// Where the law says so.
    pub source: String,
}

/// From when a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Zero {
    /// The relevant time, as custody staff state it.
    #[serde(rename = "relevant time")]
    RelevantTime,
    /// When the warrant was issued.
    #[serde(rename = "issue")]
    Issue,
    /// When the warrant in force ends.
    #[serde(rename = "end of the warrant")]
    EndOfWarrant,
}

/// A rule table that cannot be used; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// It is not TOML, or a key is missing, unknown or of the wrong type.
    #[error("{file}: {message}")]
    Layout {
        /// The file.
        file: String,
        /// Where and what, as the TOML reader says it.
        message: String,
    },
    /// A value makes no sense.
    #[error("{file}: {key} is {value}: {why}")]
    Value {
        /// The file.
        file: String,
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        why: String,
    },
    /// The zone is not known.
    #[error("{file}: zone: {source}")]
    Zone {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: ZoneError,
    },
}

impl CustodyRules {
    /// The table that is part of the program: PACE 1984.
    ///
    /// # Errors
    /// None that a test has not seen: the table is read like any other.
    pub fn pace() -> Result<Self, RulesError> {
        Self::parse(PACE, "pace.toml")
    }

    /// Reads a table; `file` is its name, for errors.
    ///
    /// # Errors
    /// [`RulesError`] names the file, the key and what it must be.
    pub fn parse(text: &str, file: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text)
            .map_err(|e| RulesError::Layout { file: file.to_owned(), message: e.to_string().trim_end().to_owned() })?;
        match rules.fault() {
            Some((key, value, why)) => Err(RulesError::Value { file: file.to_owned(), key, value, why }),
            None => rules.zone_rule().map(|_| ()).map_err(|source| RulesError::Zone { file: file.to_owned(), source }),
        }?;
        Ok(rules)
    }

    /// The zone in which times are shown.
    ///
    /// # Errors
    /// [`ZoneError`] if it is not known; a table that was read by [`CustodyRules::parse`] has none.
    pub fn zone_rule(&self) -> Result<ZoneRule, ZoneError> {
        ZoneRule::parse(&self.zone)
    }

    fn fault(&self) -> Option<(&'static str, String, String)> {
        use Zero::{EndOfWarrant, Issue, RelevantTime};
        let rows = [
            ("detention.hours", "detention.from", "detention.source", &self.detention, RelevantTime),
            ("extension.hours", "extension.from", "extension.source", &self.extension, RelevantTime),
            ("warrant.hours", "warrant.from", "warrant.source", &self.warrant, Issue),
            (
                "warrant_extension.hours",
                "warrant_extension.from",
                "warrant_extension.source",
                &self.warrant_extension,
                EndOfWarrant,
            ),
            ("cap.hours", "cap.from", "cap.source", &self.cap, RelevantTime),
        ];
        let of_row =
            |(hours, from, source, row, zero): &(&'static str, &'static str, &'static str, &PeriodRule, Zero)| {
                fault_of_hours(hours, row.hours).or_else(|| fault_of_source(source, &row.source)).or_else(|| {
                    (row.from != *zero).then(|| (*from, format!("{:?}", row.from), format!("must be {zero:?}")))
                })
            };
        rows.iter()
            .find_map(of_row)
            .or_else(|| fault_of_hours("reviews.first_hours", self.reviews.first_hours))
            .or_else(|| fault_of_hours("reviews.then_hours", self.reviews.then_hours))
            .or_else(|| fault_of_source("reviews.source", &self.reviews.source))
            .or_else(|| self.fault_of_order())
    }

    fn fault_of_order(&self) -> Option<(&'static str, String, String)> {
        let (detention, extension, cap) = (self.detention.hours, self.extension.hours, self.cap.hours);
        if extension < detention {
            let why = format!("must not be less than detention.hours, {detention}");
            Some(("extension.hours", extension.to_string(), why))
        } else if cap < extension {
            let why = format!("must not be less than extension.hours, {extension}");
            Some(("cap.hours", cap.to_string(), why))
        } else {
            None
        }
    }
}

fn fault_of_hours(key: &'static str, hours: u32) -> Option<(&'static str, String, String)> {
    (!(1..=MAX_HOURS).contains(&hours))
        .then(|| (key, hours.to_string(), format!("must be a whole number of hours from 1 to {MAX_HOURS}")))
}

fn fault_of_source(key: &'static str, source: &str) -> Option<(&'static str, String, String)> {
    source.trim().is_empty().then(|| (key, "empty".to_owned(), "must name where the law says so".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(from: &str, to: &str) -> String {
        assert!(PACE.contains(from), "{from}");
        CustodyRules::parse(&PACE.replacen(from, to, 1), "ours.toml").unwrap_err().to_string()
    }

    #[test]
    fn the_table_that_is_built_in_is_read() {
        let rules = CustodyRules::pace().unwrap();
        assert_eq!((rules.detention.hours, rules.extension.hours, rules.warrant.hours), (24, 36, 36));
        assert_eq!((rules.cap.hours, rules.reviews.first_hours, rules.reviews.then_hours), (96, 6, 9));
        assert!(rules.extension.indictable_only && !rules.detention.indictable_only);
    }

    #[test]
    fn the_documentation_has_the_rows_of_the_table() {
        let rules = CustodyRules::pace().unwrap();
        let page = include_str!("../../../docs/custody.md");
        let row = |name: &str| page.lines().find(|l| l.starts_with(&format!("| `{name}` |"))).unwrap().to_owned();
        for (name, rule) in [
            ("detention", &rules.detention),
            ("extension", &rules.extension),
            ("warrant", &rules.warrant),
            ("warrant_extension", &rules.warrant_extension),
            ("cap", &rules.cap),
        ] {
            let indictable_only = if rule.indictable_only { "| yes |" } else { "| no |" };
            let source = rule.source.strip_prefix("PACE 1984 ").unwrap();
            for part in [&format!("{} h |", rule.hours), indictable_only, source] {
                assert!(row(name).contains(part), "{name}: {part}");
            }
        }
        let reviews = format!("{} h, then {} h each", rules.reviews.first_hours, rules.reviews.then_hours);
        assert!(row("reviews").contains(&reviews));
        assert!(page.contains(&rules.checked_by));
    }

    #[test]
    fn a_table_that_makes_no_sense_is_refused_with_file_and_key() {
        let order = "ours.toml: extension.hours is 12: must not be less than detention.hours, 24";
        assert_eq!(changed("hours = 36", "hours = 12"), order);
        assert!(changed("hours = 24", "hours = 0").starts_with("ours.toml: detention.hours is 0: must be a whole"));
        assert!(changed("hours = 96", "hours = 9999").starts_with("ours.toml: cap.hours is 9999"));
        assert!(changed("then_hours = 9", "then_hours = 0").starts_with("ours.toml: reviews.then_hours"));
        assert!(changed("PACE 1984 s.42(1), (4)", " ").starts_with("ours.toml: extension.source is empty"));
        assert!(changed("\"issue\"", "\"relevant time\"").starts_with("ours.toml: warrant.from is RelevantTime"));
        assert!(changed("Europe/London", "Europe/Lundun").starts_with("ours.toml: zone: time zone \"Europe/Lundun\""));
        assert!(changed("hours = 24", "hour = 24").contains("unknown field `hour`"));
        assert!(changed("hours = 24", "hours = \"24\"").contains("line"), "says where");
        assert!(CustodyRules::parse("", "ours.toml").unwrap_err().to_string().contains("missing field"));
    }
}
