//! Policies as files: read, checked against the schema, refused with file and line.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cedar_policy::ffi::DetailedError;
use cedar_policy::{PolicyId, PolicySet, Schema, ValidationMode, Validator};

use super::Policies;

/// The schema, with which the program was built.
const SCHEMA: &str = include_str!("../../policies/locard.cedarschema");
const SCHEMA_FILE: &str = "locard.cedarschema";
/// The rules that hold unless a folder takes their place.
const DEFAULT: &str = include_str!("../../policies/default.cedar");
const DEFAULT_FILE: &str = "default.cedar";

/// Why policies cannot be used. Nothing is served by half of them.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder without policies would permit nothing, which nobody means.
    #[error("{}: there is no file *.cedar in it", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file is wrong.
    #[error("{file}:{line}: {detail}")]
    Wrong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
}

/// Texts of policies and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySources {
    /// The file as it is named in errors, and its text.
    files: Vec<(String, String)>,
}

impl PolicySources {
    /// Those that the program brings along: `policies/default.cedar`.
    #[must_use]
    pub fn built_in() -> Self {
        Self::of([(DEFAULT_FILE.to_owned(), DEFAULT.to_owned())])
    }

    /// Texts by the name of their file.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { files: files.into_iter().collect() }
    }

    /// All `*.cedar` of a folder, by name, in place of the built-in ones. A schema beside them must be the program's own.
    ///
    /// # Errors
    /// [`PolicyError::Io`], [`PolicyError::Empty`], and [`PolicyError::Wrong`] for another schema.
    pub fn folder(folder: &Path) -> Result<Self, PolicyError> {
        let fault = |path: &Path| {
            let path = path.to_owned();
            move |source| PolicyError::Io { path, source }
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(fault(folder))? {
            paths.push(entry.map_err(fault(folder))?.path());
        }
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let kind = path.extension().and_then(|e| e.to_str()).unwrap_or("");
            if matches!(kind, "cedar" | "cedarschema") {
                let text = fs::read_to_string(&path).map_err(fault(&path))?;
                match kind {
                    "cedar" => files.push((path.display().to_string(), text)),
                    _ => same_schema(&path, &text)?,
                }
            }
        }
        if files.is_empty() { Err(PolicyError::Empty { path: folder.to_owned() }) } else { Ok(Self { files }) }
    }

    /// Checks them.
    ///
    /// # Errors
    /// [`PolicyError::Wrong`] for the first fault: what cannot be read, speaks of what is not in the schema, can never
    /// apply, has an id that another has, or is a template.
    pub fn check(&self) -> Result<Policies, PolicyError> {
        let schema =
            Schema::from_cedarschema_str(SCHEMA).map_err(|e| wrong(SCHEMA_FILE, SCHEMA, &DetailedError::from(&e)))?.0;
        let (mut rules, mut origins) = (PolicySet::new(), BTreeMap::new());
        for (file, text) in &self.files {
            add(file, text, &mut rules, &mut origins)?;
        }
        self.validate(&rules, schema.clone(), &origins)?;
        let mut digest = blake3::Hasher::new();
        for (_, text) in &self.files {
            digest.update(blake3::hash(text.as_bytes()).as_bytes());
        }
        Ok(Policies::checked(rules, schema, digest.finalize().to_hex().to_string()))
    }

    fn validate(
        &self,
        rules: &PolicySet,
        schema: Schema,
        origins: &BTreeMap<PolicyId, String>,
    ) -> Result<(), PolicyError> {
        let checked = Validator::new(schema).validate(rules, ValidationMode::Strict);
        let errors = checked.validation_errors().map(|e| (e.policy_id(), DetailedError::from(e)));
        // A rule that can never apply is a slip of the pen, and might be the one that forbids.
        let warnings = checked.validation_warnings().map(|w| (w.policy_id(), DetailedError::from(w)));
        let Some((id, error)) = errors.chain(warnings).next() else { return Ok(()) };
        let file = origins.get(id).map_or("", String::as_str);
        let text = self.files.iter().find(|(name, _)| name == file).map_or("", |(_, text)| text);
        Err(wrong(file, text, &error))
    }
}

fn same_schema(path: &Path, text: &str) -> Result<(), PolicyError> {
    let differs = text.lines().map(str::trim_end).zip(SCHEMA.lines()).position(|(a, b)| a != b);
    let longer = text.trim_end().lines().count() != SCHEMA.trim_end().lines().count();
    let detail = "the schema is the program's and cannot be edited: leave it out, or copy it again".to_owned();
    match differs {
        Some(line) => Err(PolicyError::Wrong { file: path.display().to_string(), line: line + 1, detail }),
        None if longer => Err(PolicyError::Wrong { file: path.display().to_string(), line: 1, detail }),
        None => Ok(()),
    }
}

/// Adds a file's rules under ids of their own: their `@id`, or the file's name and their number.
fn add(
    file: &str,
    text: &str,
    rules: &mut PolicySet,
    origins: &mut BTreeMap<PolicyId, String>,
) -> Result<(), PolicyError> {
    let parsed: PolicySet = text.parse().map_err(|e| wrong(file, text, &DetailedError::from(&e)))?;
    let at = |line, detail: String| PolicyError::Wrong { file: file.to_owned(), line, detail };
    if parsed.num_of_templates() > 0 {
        let line = text.lines().position(|l| l.contains("?principal") || l.contains("?resource")).unwrap_or(0);
        return Err(at(line + 1, "a template has no effect here: write out the rule".to_owned()));
    }
    for policy in parsed.policies() {
        let given = policy.annotation("id");
        let id = PolicyId::new(given.map_or_else(|| format!("{file}#{}", policy.id()), ToOwned::to_owned));
        let marked = |l: &str| given.is_some_and(|g| l.contains("@id") && l.contains(g));
        let duplicate =
            |e: cedar_policy::PolicySetError| at(text.lines().position(marked).unwrap_or(0) + 1, e.to_string());
        rules.add(policy.new_id(id.clone())).map_err(duplicate)?;
        origins.insert(id, file.to_owned());
    }
    Ok(())
}

fn wrong(file: &str, text: &str, error: &DetailedError) -> PolicyError {
    let start = error.source_locations.first().map_or(0, |at| at.loc.start);
    let before = text.as_bytes().get(..start).unwrap_or(text.as_bytes());
    let line = before.split(|b| *b == b'\n').count();
    let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    PolicyError::Wrong { file: file.to_owned(), line, detail: format!("{}{help}", error.message) }
}
