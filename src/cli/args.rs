//! The arguments of `locard check`, read and checked before any file is opened.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::decode::Format;
use crate::model::ParamsError;
use crate::sink::Form;

use super::CaseArgs;

/// Says where a suspect's devices were recorded near a victim's devices, places and incidents.
///
/// Exit codes: 0 with or without encounters, 1 for input that could not be used, 2 for wrong usage.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// What is read and how it is compared.
    #[command(flatten)]
    pub case: CaseArgs,

    /// The form of the report
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = form_parser())]
    pub output: Form,

    /// Write the report to this file instead of standard output
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,

    /// Add the plan, and for each stage rows in, candidates, refined, matched and seconds (text and json)
    #[arg(long)]
    pub explain: bool,
}

/// Arguments that are each well formed and cannot be used together; exit code 2.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UsageError {
    /// A radius or duration cannot be used.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// Two places of one name could not be told apart in the report.
    #[error("two places are named {0:?}: give each its own name")]
    PlaceRepeated(String),
    /// Nothing to compare with.
    #[error("give --victim FILE, --place or --incidents FILE: there is nothing to compare with")]
    TargetsNeeded,
    /// Something is said of a place that is not among the places.
    #[error("--moved names {0:?}, and no --place is called that")]
    NoSuchPlace(String),
    /// A binary form on standard output.
    #[error("--output {0} needs --out PATH: it is not text")]
    OutNeeded(Form),
    /// A list of a victim's devices without the victim's files.
    #[error("--victim-device needs --victim FILE")]
    VictimNeeded,
    /// A profile for a format that has no columns.
    #[error("--profile describes the columns of CSV and does not go with --format {0}")]
    ProfileForFormat(Format),
    /// Two outputs, one file.
    #[error("--out and --rejects name the same file {0:?}")]
    OutputsClash(PathBuf),
}

impl CheckArgs {
    /// Checks what one argument cannot say by itself.
    ///
    /// # Errors
    /// [`UsageError`] names the arguments, their values and what to do.
    pub fn validate(&self) -> Result<(), UsageError> {
        self.case.validate(self.out.as_deref())?;
        if self.output.is_binary() && self.out.is_none() {
            return Err(UsageError::OutNeeded(self.output));
        }
        Ok(())
    }
}

fn form_parser() -> impl TypedValueParser<Value = Form> {
    PossibleValuesParser::new(Form::ALL.map(Form::as_str))
        .try_map(|name| Form::parse(&name).ok_or_else(|| format!("{name} is no form")))
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
