//! A profile for an unknown file: a complete TOML text, what in it is sure, and what a person must say.

use std::fmt::Write as _;

use super::guess::{Role, Table};
use super::propose_end::EndColumns;
use super::sample::{Sample, delimiter_name};
use super::value_shape::{families, have_offsets, within};
use super::{Profile, recognise};

/// A proposed profile. It always parses; where it cannot know, it leaves open, and rows are then rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The profile's TOML text.
    pub toml: String,
    /// What the file itself shows.
    pub sure: Vec<String>,
    /// What a person must confirm or find out.
    pub confirm: Vec<String>,
}

/// Proposes a profile from a file's head. Days and months are never guessed: where both orders fit, the text leaves
/// the format open and the notes name both.
#[must_use]
pub fn propose(head: &[u8]) -> Proposal {
    if let Some(found) = recognise(head)
        && let Some(text) = Profile::builtin_text(&found.0.name)
    {
        return of_builtin(&found.0, &found.1, text);
    }
    let table = Table::of(&Sample::read(head));
    let mut draft = Draft::default();
    draft.file(&table);
    draft.time(&table);
    draft.position(&table);
    draft.uncertainty(&table);
    draft.rest(&table);
    draft.end(&table);
    Proposal { toml: draft.toml, sure: draft.sure, confirm: draft.confirm }
}

fn of_builtin(profile: &Profile, because: &str, text: &str) -> Proposal {
    let mut confirm = Vec::new();
    let offsets = profile.time.formats.iter().all(|f| *f == crate::time::TimeFormat::Iso);
    if profile.time.zone.is_none() && !offsets {
        confirm.push(
            "zone: neither the file nor the profile says it; ask the supplier, then give --zone or set [time] zone"
                .to_owned(),
        );
    }
    if let Some(m) = profile.uncertainty.default_m {
        confirm
            .push(format!("uncertainty: {m} m is an assumption where the file states none; see the profile's comment"));
    }
    if !profile.end.is_empty() {
        confirm.push(
            "end: where a row has an end cell and an end time or duration, it gives a second fix; ask what the duration \
             counts from"
                .to_owned(),
        );
    }
    Proposal {
        toml: text.to_owned(),
        sure: vec![format!("the built-in profile {} fits: {because}", profile.name)],
        confirm,
    }
}

#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) toml: String,
    pub(super) sure: Vec<String>,
    pub(super) confirm: Vec<String>,
}

impl Draft {
    pub(super) fn line(&mut self, text: &str) {
        self.toml.push_str(text);
        self.toml.push('\n');
    }

    pub(super) fn key(&mut self, key: &str, table: &Table, at: usize) {
        // Writing to a String cannot fail.
        let _infallible = match table.heading_row {
            Some(_) => writeln!(self.toml, "{key} = {}", quoted(table.headings.get(at).map_or("", String::as_str))),
            None => writeln!(self.toml, "{key} = {}", at + 1),
        };
    }

    fn file(&mut self, table: &Table) {
        self.line("name = \"proposed\"");
        self.line("description = \"Proposed from the file's first lines: confirm it before it is used.\"");
        self.line("\n[file]");
        self.line(&format!(
            "delimiter = {}",
            if table.delimiter == b'\t' {
                "\"tab\"".to_owned()
            } else {
                quoted(&char::from(table.delimiter).to_string())
            }
        ));
        self.sure.push(format!("{} columns, between {}", table.headings.len(), delimiter_name(table.delimiter)));
        match table.heading_row {
            Some(0) => self.sure.push(format!("the headings are {}", table.headings.join(", "))),
            Some(at) => {
                self.line("header_search = 40");
                self.confirm.push(format!(
                    "heading: taken to be row {}, after cover rows: {}",
                    at + 1,
                    table.headings.join(", ")
                ));
            }
            None => {
                self.line("header = false");
                self.line(&format!("fields = {}", table.headings.len().max(1)));
                self.confirm.push("heading: there seems to be none, so columns are named by position".to_owned());
            }
        }
        if table.decimal_comma() {
            self.line("decimal_comma = true");
            self.sure.push("decimals are written with a comma".to_owned());
        }
    }

    fn time(&mut self, table: &Table) {
        self.line("\n[time]");
        let values = self.time_columns(table);
        let fitting = families(&values);
        match fitting.as_slice() {
            [one] => {
                let used: Vec<String> = one.formats.iter().map(|f| quoted(f)).collect();
                self.line(&format!("formats = [{}]", used.join(", ")));
                self.sure.push(format!("times are written as {}", one.name));
            }
            [] => {
                self.line("formats = []");
                self.confirm.push(
                    "time format: none that is known fits; give a pattern such as \"%d/%m/%Y %H:%M:%S\"".to_owned(),
                );
            }
            several => {
                self.line("# Undecided, so every row is rejected. Choose one of these, as the supplier says:");
                for family in several {
                    let used: Vec<String> = family.formats.iter().map(|f| quoted(f)).collect();
                    self.line(&format!("#   formats = [{}]  # {}", used.join(", "), family.name));
                }
                self.line("formats = []");
                let names: Vec<&str> = several.iter().map(|f| f.name).collect();
                self.confirm
                    .push(format!("time format: the first lines fit {}; it is not guessed", names.join(" and ")));
            }
        }
        let epoch = fitting.first().is_some_and(|f| f.formats.iter().any(|x| x.starts_with("epoch")));
        if !values.is_empty() && !epoch && !have_offsets(&values) {
            self.line("# zone = \"Europe/London\"  # as the supplier says, or give --zone");
            self.confirm.push("zone: the times do not say it; ask the supplier".to_owned());
        }
    }

    /// Writes the columns of the time and gives its values.
    fn time_columns(&mut self, table: &Table) -> Vec<String> {
        let whole = table.by_name(Role::Start).filter(|at| !families(&table.values(*at)).is_empty());
        let parts = table.by_name(Role::Date).zip(table.by_name(Role::Clock)).filter(|(d, c)| d != c);
        if let (None, Some((date, clock))) = (whole, parts) {
            self.key("date", table, date);
            self.key("clock", table, clock);
            self.sure.push("date and time of day are two columns".to_owned());
            let clocks = table.values(clock);
            return table.values(date).iter().zip(&clocks).map(|(d, c)| format!("{d} {c}")).collect();
        }
        let by_value = (0..table.headings.len()).find(|at| !families(&table.values(*at)).is_empty());
        if whole.is_none() {
            self.confirm.push("time column: no usual heading; taken by what its values look like".to_owned());
        }
        let at = whole.or(table.by_name(Role::Start)).or(by_value).unwrap_or(0);
        self.key("start", table, at);
        let end = table.by_name(Role::End).filter(|end| *end != at);
        if let (Some(end), None) = (end, EndColumns::of(table)) {
            self.key("end", table, end);
        }
        table.values(at)
    }

    fn position(&mut self, table: &Table) {
        self.line("\n[position]");
        let grid = table.by_name(Role::Easting).zip(table.by_name(Role::Northing));
        let named = table.by_name(Role::Lat).zip(table.by_name(Role::Lon));
        if let Some((lat, lon)) = named {
            self.degrees(table, lat, lon);
        } else if let Some((easting, northing)) = grid {
            self.key("easting", table, easting);
            self.key("northing", table, northing);
            let fits =
                within(&table.values(easting), 0.0, 700_000.0) && within(&table.values(northing), 0.0, 1_300_000.0);
            let note = "grid: eastings and northings are taken to be OSGB36 National Grid".to_owned();
            if fits { self.sure.push(note) } else { self.confirm.push(note + ", though some values lie outside it") }
        } else {
            let (lat, lon) = table.degrees_by_value().unwrap_or((0, 1));
            self.confirm
                .push("position: no usual heading; two columns are taken by their values, latitude first".to_owned());
            self.degrees(table, lat, lon);
        }
    }

    fn degrees(&mut self, table: &Table, lat: usize, lon: usize) {
        self.key("lat", table, lat);
        self.key("lon", table, lon);
        match (table.degree_unit(lat, 90.0, ['N', 'S']), table.degree_unit(lon, 180.0, ['E', 'W'])) {
            (Some(a), Some(b)) if a == b => {
                self.line(&format!("unit = \"{a}\""));
                self.sure.push(format!("latitude and longitude are written as {a}"));
            }
            _ => self.confirm.push("coordinates: their values do not look like latitude and longitude".to_owned()),
        }
    }

    fn uncertainty(&mut self, table: &Table) {
        self.line("\n[uncertainty]");
        if let Some(at) = table.by_name(Role::Radius) {
            self.key("column", table, at);
            self.line("unit = \"m\"");
            self.line("confidence = 0.68");
            self.confirm
                .push("uncertainty: its unit (metres?) and the share it stands for (68 %?) are assumptions".to_owned());
        } else {
            self.line("# default_m = 50  # if the supplier says how good the positions are");
            self.confirm.push("uncertainty: the file states none".to_owned());
        }
    }

    fn rest(&mut self, table: &Table) {
        for (role, heading, key) in [
            (Role::Source, "source", "column"),
            (Role::Device, "device", "column"),
            (Role::Azimuth, "azimuth", "column"),
        ] {
            if let Some(at) = table.by_name(role) {
                self.line(&format!("\n[{heading}]"));
                self.key(key, table, at);
                if role == Role::Azimuth {
                    self.line("none = [\"0\", \"360\", \"999\"]");
                    self.confirm.push("azimuth: 0, 360 and 999 are taken to mean that there is none".to_owned());
                }
            } else if role == Role::Source {
                self.line("\n[source]");
                self.line("kind = \"unknown\"");
                self.confirm.push("source: say what produced the positions: gps, wifi, cell, anpr, tag".to_owned());
            } else if role == Role::Device {
                self.confirm.push("device: no column names it; give --device".to_owned());
            }
        }
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
