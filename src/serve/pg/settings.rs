//! What a client may set for its own connection, with PostgreSQL's answers. Nothing here reaches the engine's options.
//!
//! Like PostgreSQL's, a setting made in a transaction is undone by its rollback; `SET LOCAL` ends with the transaction.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use datafusion::arrow::array::timezone::Tz;
use jiff::tz::TimeZone;

use super::fault::Fault;
use crate::query::Stated;

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Switch,
    /// Milliseconds, or a number with a unit.
    Span,
    Zone,
    /// UTF-8 under any of its names.
    Utf8,
    /// `ISO`, with any order of day and month: ISO dates are read and written the same way in all.
    IsoDates,
    /// One of these, written in any case.
    OneOf(&'static [&'static str]),
}

/// Isolation of transactions: each only reads, one commit for each table of a statement, whatever is set.
const LEVELS: &[&str] = &["read committed", "read uncommitted", "repeatable read", "serializable"];

/// Name as PostgreSQL shows it, default, kind, whether the client is told of a change.
const KNOWN: &[(&str, &str, Kind, bool)] = &[
    ("application_name", "", Kind::Text, true),
    ("bytea_output", "hex", Kind::OneOf(&["hex"]), false),
    ("client_encoding", "UTF8", Kind::Utf8, true),
    ("client_min_messages", "notice", Kind::Text, false),
    ("DateStyle", "ISO, MDY", Kind::IsoDates, true),
    ("default_transaction_isolation", "read committed", Kind::OneOf(LEVELS), false),
    ("default_transaction_read_only", "on", Kind::OneOf(&["on", "true", "1", "yes"]), true),
    ("extra_float_digits", "1", Kind::Number, false),
    ("idle_in_transaction_session_timeout", "0", Kind::Span, false),
    ("IntervalStyle", "postgres", Kind::OneOf(&["postgres"]), true),
    ("jit", "off", Kind::Switch, false),
    // What is stated with the questions that follow.
    ("locard.authority", "", Kind::Text, false),
    ("locard.purpose", "", Kind::Text, false),
    ("lock_timeout", "0", Kind::Span, false),
    ("row_security", "on", Kind::OneOf(&["on"]), false),
    ("search_path", "public", Kind::Text, false),
    ("standard_conforming_strings", "on", Kind::OneOf(&["on", "true", "1", "yes"]), true),
    ("statement_timeout", "0", Kind::Span, false),
    ("synchronize_seqscans", "on", Kind::Switch, false),
    ("TimeZone", "UTC", Kind::Zone, true),
    ("transaction_isolation", "read committed", Kind::OneOf(LEVELS), false),
    ("transaction_read_only", "on", Kind::OneOf(&["on", "true", "1", "yes"]), false),
];

/// Shown and never set.
const FIXED: &[(&str, &str)] = &[
    ("block_size", "8192"),
    ("default_table_access_method", "heap"),
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("is_superuser", "off"),
    ("lc_collate", "C.UTF-8"),
    ("lc_ctype", "C.UTF-8"),
    ("max_connections", "100"),
    ("max_identifier_length", "63"),
    ("max_index_keys", "32"),
    ("server_encoding", "UTF8"),
    ("server_version", super::SERVER_VERSION),
    ("server_version_num", "160006"),
];

/// The settings of one connection.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, String>,
    /// As the connection began: what RESET goes back to.
    start: BTreeMap<&'static str, String>,
    zone: TimeZone,
    engine_zone: String,
    /// As they were when the transaction began.
    before: Option<BTreeMap<&'static str, String>>,
    /// What is undone at the end of the transaction.
    local: BTreeMap<&'static str, String>,
    /// The same values for `current_setting`, which the engine calls.
    shown: Shown,
}

/// Names in lower case and values, as `current_setting` finds them.
pub(super) type Shown = Arc<RwLock<BTreeMap<String, String>>>;

impl Default for Settings {
    fn default() -> Self {
        let values: BTreeMap<_, _> = KNOWN.iter().map(|(name, value, ..)| (*name, (*value).to_owned())).collect();
        let start = values.clone();
        let (before, local, shown) = (None, BTreeMap::new(), Shown::default());
        let (zone, engine_zone) = (TimeZone::UTC, String::new());
        let mut settings = Self { values, start, zone, engine_zone, before, local, shown };
        settings.follow();
        settings
    }
}

impl Settings {
    /// Sets one; `None` is its default. Returns name and value if the client must be told.
    ///
    /// # Errors
    /// 42704 for an unknown name, 22023 for a value that it cannot have, 55P02 for one that cannot be set.
    pub fn set(&mut self, name: &str, value: Option<&str>, local: bool) -> Result<Option<(String, String)>, Fault> {
        let Some((name, _, kind, told)) = KNOWN.iter().find(|known| known.0.eq_ignore_ascii_case(name)) else {
            return Err(unknown_or_fixed(name));
        };
        let value = match value {
            Some(value) => checked(name, *kind, value)?,
            None => self.start.get(name).cloned().unwrap_or_default(),
        };
        if *name == "default_transaction_isolation" {
            self.values.insert("transaction_isolation", value.clone());
        }
        let old = self.values.insert(name, value.clone());
        if local && let Some(old) = old {
            self.local.entry(name).or_insert(old);
        }
        self.follow();
        Ok(told.then(|| ((*name).to_owned(), value)))
    }

    /// A value and its name as PostgreSQL writes it.
    ///
    /// # Errors
    /// 42704 for an unknown name.
    pub fn show(&self, name: &str) -> Result<(&'static str, String), Fault> {
        if let Some((name, value)) = self.values.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Ok((name, value.clone()));
        }
        let fixed = FIXED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        fixed.map(|(name, value)| (*name, (*value).to_owned())).ok_or_else(|| unknown(name))
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<(&'static str, String)> {
        let fixed = FIXED.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let mut all: Vec<_> = self.values.iter().map(|(name, value)| (*name, value.clone())).chain(fixed).collect();
        all.sort_by_key(|(name, _)| name.to_lowercase());
        all
    }

    /// Back to how the connection began; returns what the client must be told.
    pub fn reset_all(&mut self) -> Vec<(String, String)> {
        self.values = self.start.clone();
        self.follow();
        self.told()
    }

    /// What a client is told when it has come in, and after many changed at once.
    pub fn told(&self) -> Vec<(String, String)> {
        let told = KNOWN.iter().filter(|known| known.3);
        told.map(|(name, ..)| ((*name).to_owned(), self.values.get(name).cloned().unwrap_or_default())).collect()
    }

    /// The connection begins with what is set now.
    pub fn begun(&mut self) {
        self.start = self.values.clone();
    }

    /// A transaction begins.
    pub fn transaction_begins(&mut self) {
        self.before = Some(self.values.clone());
        self.local.clear();
    }

    /// A transaction ends: kept if it was committed.
    pub fn transaction_ends(&mut self, committed: bool) {
        let before = self.before.take();
        if let (false, Some(before)) = (committed, before) {
            self.values = before;
        }
        self.values.append(&mut self.local);
        self.follow();
    }

    /// The zone that moments are written in.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The same zone as the engine names it.
    pub fn engine_zone(&self) -> &str {
        &self.engine_zone
    }

    /// How long a statement may take; `None` is as long as the session's limits let it.
    pub fn statement_timeout(&self) -> Option<Duration> {
        let millis = self.values.get("statement_timeout").and_then(|value| millis_of(value))?;
        (millis > 0).then(|| Duration::from_millis(millis))
    }

    /// What is stated with the questions that follow; `export` is whether the next one's rows are taken away.
    pub fn stated(&self, export: bool) -> Stated {
        let text = |name: &str| self.values.get(name).cloned().unwrap_or_default();
        Stated { purpose: text("locard.purpose"), authority: text("locard.authority"), export }
    }

    fn follow(&mut self) {
        let name = self.values.get("TimeZone").map_or("UTC", String::as_str);
        let zone = zone_of(name).and_then(|zone| Some((engine_name(&zone)?, zone)));
        (self.engine_zone, self.zone) = zone.unwrap_or_else(|| ("UTC".to_owned(), TimeZone::UTC));
        let all = self.all().into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = all;
    }

    /// What `current_setting` finds.
    pub fn shown(&self) -> Shown {
        Arc::clone(&self.shown)
    }
}

fn unknown(name: &str) -> Fault {
    Fault::new("42704", format!("unrecognized configuration parameter \"{name}\""))
}

fn unknown_or_fixed(name: &str) -> Fault {
    if FIXED.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Fault::new("55P02", format!("parameter \"{name}\" cannot be changed"));
    }
    unknown(name)
}

/// The value as it is kept.
fn checked(name: &str, kind: Kind, value: &str) -> Result<String, Fault> {
    let refused = || Fault::new("22023", format!("invalid value for parameter \"{name}\": \"{value}\""));
    match kind {
        Kind::Text => Ok(value.to_owned()),
        Kind::Number => value.trim().parse::<i64>().map(|n| n.to_string()).map_err(|_| refused()),
        Kind::Span => millis_of(value).map(span_text).ok_or_else(refused),
        Kind::Zone => {
            zone_of(value).filter(|zone| engine_name(zone).is_some()).map(|_| zone_name(value)).ok_or_else(refused)
        }
        Kind::Utf8 => {
            let plain = value.trim().replace(['-', '_'], "").to_lowercase();
            if matches!(plain.as_str(), "utf8" | "unicode") { Ok("UTF8".to_owned()) } else { Err(refused()) }
        }
        Kind::IsoDates => iso_dates(value).ok_or_else(refused),
        Kind::Switch => match value.to_lowercase().as_str() {
            "on" | "true" | "yes" | "1" => Ok("on".to_owned()),
            "off" | "false" | "no" | "0" => Ok("off".to_owned()),
            _ => Err(refused()),
        },
        Kind::OneOf(allowed) => {
            let found = allowed.iter().find(|a| a.eq_ignore_ascii_case(value.trim())).ok_or_else(refused)?;
            let is_switch = allowed.first() == Some(&"on");
            Ok(if is_switch { "on" } else { found }.to_owned())
        }
    }
}

fn iso_dates(value: &str) -> Option<String> {
    let parts: Vec<String> = value.split(',').map(|part| part.trim().to_uppercase()).collect();
    let order = parts.iter().find(|part| matches!(part.as_str(), "MDY" | "DMY" | "YMD")).map_or("MDY", String::as_str);
    let fine = parts.iter().all(|part| matches!(part.as_str(), "ISO" | "MDY" | "DMY" | "YMD"));
    fine.then(|| format!("ISO, {order}"))
}

/// Milliseconds of `5000`, `5s`, `2 min`.
fn millis_of(value: &str) -> Option<u64> {
    let value = value.trim();
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// In the largest unit that it is whole in, as PostgreSQL shows it.
fn span_text(millis: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    let fits = units.iter().find(|(factor, _)| millis > 0 && millis.is_multiple_of(*factor));
    match fits {
        Some((factor, unit)) => format!("{}{unit}", millis / factor),
        None if millis == 0 => "0".to_owned(),
        None => format!("{millis}ms"),
    }
}

fn zone_name(value: &str) -> String {
    if matches!(value.to_lowercase().as_str(), "default" | "local") { "UTC".to_owned() } else { value.to_owned() }
}

/// A zone by name, or by hours east of UTC (`+01`, `-5`, `5.5`).
fn zone_of(value: &str) -> Option<TimeZone> {
    let name = zone_name(value.trim());
    if let Ok(hours) = name.parse::<f64>() {
        let seconds = hours * 3600.0;
        #[expect(clippy::cast_possible_truncation, reason = "bounded before")]
        let seconds = (seconds.abs() <= 93_599.0).then_some(seconds as i32)?;
        return jiff::tz::Offset::from_seconds(seconds).ok().map(TimeZone::fixed);
    }
    if matches!(name.to_uppercase().as_str(), "UTC" | "GMT" | "ETC/UTC" | "Z") {
        return Some(TimeZone::UTC);
    }
    TimeZone::get(&name).ok()
}

/// A zone as the engine names it: of the IANA's, `UTC`, or an offset; none if it is none that the engine knows.
fn engine_name(zone: &TimeZone) -> Option<String> {
    if *zone == TimeZone::UTC {
        return Some("UTC".to_owned());
    }
    let offset = || zone.to_fixed_offset().ok().map(|offset| offset.to_string());
    let name = zone.iana_name().map(str::to_owned).or_else(offset)?;
    name.parse::<Tz>().ok().map(|_| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_postgresql_shows_them() {
        let mut settings = Settings::default();
        for (name, value, shown) in [
            ("timezone", "Europe/London", "Europe/London"),
            ("STATEMENT_TIMEOUT", "5000", "5s"),
            ("statement_timeout", "1500", "1500ms"),
            ("statement_timeout", "2min", "2min"),
            ("datestyle", "ISO", "ISO, MDY"),
            ("datestyle", "iso, dmy", "ISO, DMY"),
            ("client_encoding", "utf-8", "UTF8"),
            ("extra_float_digits", "3", "3"),
            ("application_name", "psql", "psql"),
        ] {
            settings.set(name, Some(value), false).unwrap();
            assert_eq!(settings.show(name).unwrap().1, shown, "{name}");
        }
        assert_eq!(settings.statement_timeout(), Some(Duration::from_mins(2)));
    }

    #[test]
    fn what_is_unknown_unsafe_or_senseless_is_refused() {
        let mut settings = Settings::default();
        for (name, value, code) in [
            ("datafusion.execution.batch_size", "1", "42704"),
            ("nope", "1", "42704"),
            ("server_version", "9", "55P02"),
            ("default_transaction_read_only", "off", "22023"),
            ("standard_conforming_strings", "off", "22023"),
            ("client_encoding", "LATIN1", "22023"),
            ("datestyle", "German", "22023"),
            ("timezone", "Atlantis/Centre", "22023"),
            // A minute and a half past the hour: the engine knows no such offset.
            ("timezone", "1.025", "22023"),
            ("statement_timeout", "soon", "22023"),
        ] {
            assert_eq!(settings.set(name, Some(value), false).unwrap_err().code, code, "{name}");
        }
        assert_eq!(settings.show("nope").unwrap_err().code, "42704");
    }

    #[test]
    fn a_rollback_undoes_and_local_ends_with_the_transaction() {
        let mut settings = Settings::default();
        let zone = |s: &Settings| s.show("timezone").unwrap().1;
        settings.transaction_begins();
        settings.set("timezone", Some("Asia/Tokyo"), false).unwrap();
        settings.transaction_ends(false);
        assert_eq!(zone(&settings), "UTC");
        settings.transaction_begins();
        settings.set("timezone", Some("Asia/Tokyo"), true).unwrap();
        assert_eq!(zone(&settings), "Asia/Tokyo");
        settings.transaction_ends(true);
        assert_eq!(zone(&settings), "UTC");
        settings.transaction_begins();
        settings.set("timezone", Some("Asia/Tokyo"), false).unwrap();
        settings.transaction_ends(true);
        assert_eq!(zone(&settings), "Asia/Tokyo");
        settings.set("timezone", None, false).unwrap();
        assert_eq!(zone(&settings), "UTC");
    }

    #[test]
    fn the_engine_knows_a_zone_by_its_name_or_its_offset() {
        let mut settings = Settings::default();
        assert_eq!(settings.engine_zone(), "UTC");
        for (value, name) in [
            ("Europe/London", "Europe/London"),
            ("gmt", "UTC"),
            ("0", "UTC"),
            ("+05", "+05"),
            ("-3.5", "-03:30"),
            ("default", "UTC"),
        ] {
            settings.set("TimeZone", Some(value), false).unwrap();
            assert_eq!(settings.engine_zone(), name, "{value}");
        }
    }

    #[test]
    fn a_connection_resets_to_how_it_began() {
        let mut settings = Settings::default();
        settings.set("timezone", Some("Europe/London"), false).unwrap();
        settings.begun();
        settings.set("timezone", Some("+05"), false).unwrap();
        assert_eq!(settings.zone().to_offset(jiff::Timestamp::UNIX_EPOCH).seconds(), 18_000);
        settings.reset_all();
        assert_eq!(settings.show("TimeZone").unwrap(), ("TimeZone", "Europe/London".to_owned()));
    }
}
