//! Profiles: what the columns of a CSV file mean, as a TOML file that a person can read and correct.
//!
//! ```text
//!  head of the file ──recognise──> a built-in profile, and why
//!                   └─propose────> a TOML text to confirm: what is sure, what a person must say
//! ```
//! A profile never guesses: what the file does not say and the profile does not say, makes a reject.

mod builtin;
mod check;
mod columns;
mod end_rule;
mod guess;
mod propose;
mod propose_end;
mod read_value;
mod recognise;
mod sample;
mod schema;
mod value_shape;

#[cfg(test)]
mod profile_tests;

pub use columns::{Column, ColumnRef, Columns, Headings};
pub use end_rule::EndRule;
pub use propose::{Proposal, propose};
pub use recognise::recognise;
pub use sample::{Dialect, Sample};
pub use schema::{
    AzimuthRule, BasisRule, BlankPosition, BothKinds, DegreeUnit, DeviceRule, FieldShape, FileShape, IncidentRule,
    LengthUnit, MatchRule, PositionRule, RowKind, SourceRule, TimeRule, UncertaintyRule,
};

use std::sync::LazyLock;

use serde::Deserialize;

use super::DecodeError;

/// What the columns of a CSV file mean.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What files it is for, in a sentence.
    #[serde(default)]
    pub description: String,
    /// What the rows are.
    #[serde(default)]
    pub kind: RowKind,
    /// How the text is laid out.
    #[serde(default)]
    pub file: FileShape,
    /// What a file is recognised by.
    #[serde(default, rename = "match")]
    pub recognise: MatchRule,
    /// When.
    pub time: TimeRule,
    /// Where.
    pub position: PositionRule,
    /// How well the position is known.
    #[serde(default)]
    pub uncertainty: UncertaintyRule,
    /// What produced the position.
    #[serde(default)]
    pub source: SourceRule,
    /// What is located.
    #[serde(default)]
    pub device: DeviceRule,
    /// Measured, estimated, inferred or edited.
    #[serde(default)]
    pub basis: BasisRule,
    /// Where a sector or camera points.
    #[serde(default)]
    pub azimuth: AzimuthRule,
    /// Where and when a row ended, if it tells that beside its start.
    #[serde(default)]
    pub end: EndRule,
    /// What an allegation is called.
    #[serde(default)]
    pub incident: IncidentRule,
}

/// Read once: every member of an archive is compared with them.
static BUILTINS: LazyLock<Vec<Profile>> =
    LazyLock::new(|| builtin::NAMES.iter().filter_map(|name| Profile::builtin(name)).collect());

impl Profile {
    /// Reads a profile from TOML; `name` is used where the text names none, and in errors.
    ///
    /// # Errors
    /// [`DecodeError::Profile`] says which key is wrong, or what the profile leaves open.
    pub fn parse_toml(name: &str, text: &str) -> Result<Self, DecodeError> {
        let fail = |detail: String| DecodeError::Profile { profile: name.to_owned(), detail };
        let mut profile: Self = toml::from_str(text).map_err(|e| fail(e.to_string().trim_end().to_owned()))?;
        if profile.name.is_empty() {
            name.clone_into(&mut profile.name);
        }
        check::check(&profile).map_err(fail)?;
        Ok(profile)
    }

    /// The built-in profile of that name.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        Self::parse_toml(name, builtin::text(name)?).ok()
    }

    /// The TOML text of the built-in profile of that name, as a beginning for one's own.
    #[must_use]
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        builtin::text(name)
    }

    /// All built-in profiles, the more special first.
    #[must_use]
    pub fn builtins() -> Vec<Self> {
        BUILTINS.clone()
    }

    /// The column a heading line lacks although the profile cannot do without it, for each such column.
    #[must_use]
    pub fn missing(&self, headings: &Headings) -> Vec<String> {
        check::missing(self, headings)
    }
}
