//! The arguments of `locard evaluate`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::{CaseArgs, UsageError};
use crate::evaluate::Settings;
use crate::evaluate::pattern::CustodyMoment;
use crate::evaluate::validation::Validation;
use crate::model::CustodyStep;
use crate::sink::Form;
use crate::time::parse_utc;

/// The argument that names a stored case.
const STORED: &str = "stored";
/// Arguments that only files have.
const FROM_FILES: [&str; 10] = [
    "suspect",
    "victim",
    "suspect_device",
    "victim_device",
    "place",
    "incidents",
    "zone",
    "format",
    "profile",
    "authorised",
];

/// Says what the records of a case show, what they exclude and what they cannot say, question by question.
///
/// Exit codes: 0 whatever is found, 1 for input that could not be used, 2 for wrong usage.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("suspect", |a| a.required(false).required_unless_present(STORED)))]
#[command(mut_group("targets", |g| g.required(false)))]
pub struct EvaluateArgs {
    /// What is read and how it is compared.
    #[command(flatten)]
    pub case: CaseArgs,

    /// Evaluate this case of a store instead of files: its records, attributions, places and incidents as they hold now
    #[arg(id = STORED, long = "case", value_name = "CASE", conflicts_with_all = FROM_FILES)]
    pub stored: Option<String>,

    /// The store [default: locard-data]
    #[arg(long, value_name = "DIR|URL", requires = STORED)]
    pub data: Option<String>,

    /// Since when a place is the victim's: the place's name and a moment in UTC (may be repeated)
    #[arg(long, value_name = "NAME=MOMENT", value_parser = moved_in)]
    pub moved: Vec<(String, i64)>,

    /// When the victim reported something to the police, a moment in UTC (may be repeated)
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub report: Vec<i64>,

    /// A step of a detention, for the timeline: started, paused, resumed, reviewed, extended, warrant_issued,
    /// warrant_extended or released, and a moment in UTC (may be repeated); those that a stored case states are added
    #[arg(long, value_name = "STEP=MOMENT", value_parser = custody_step)]
    pub custody: Vec<CustodyMoment>,

    /// A folder for the timeline as a drawing, timeline.svg
    #[arg(long, value_name = "FOLDER")]
    pub plots: Option<PathBuf>,

    /// What was shown of likelihood ratios: a file of `locard validate`; without it none is stated
    #[arg(long, value_name = "FILE", value_parser = validation)]
    pub validation: Option<Validation>,

    /// The form of the findings
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = form_parser())]
    pub output: Form,

    /// Write the findings to this file instead of standard output
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
}

impl EvaluateArgs {
    /// Checks what one argument cannot say by itself.
    ///
    /// # Errors
    /// [`UsageError`] names the arguments, their values and what to do.
    pub fn validate(&self) -> Result<(), UsageError> {
        self.case.validate(self.out.as_deref())?;
        let targets = self.case.victim.len() + self.case.place.len() + usize::from(self.case.incidents.is_some());
        if self.stored.is_none() && targets == 0 {
            return Err(UsageError::TargetsNeeded);
        }
        // What a store knows of places is not known yet.
        if self.stored.is_some() {
            return Ok(());
        }
        let known = |name: &str| self.case.place.iter().any(|p| p.name == name);
        match self.moved.iter().find(|(name, _)| !known(name)) {
            Some((name, _)) => Err(UsageError::NoSuchPlace(name.clone())),
            None => Ok(()),
        }
    }

    /// What the findings are computed with, besides the parameters of proximity.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let (zone, validation) = (self.case.shown_zone(), self.validation.clone());
        Settings { zone, validation, ..Settings::default() }
    }
}

/// Reads `NAME=MOMENT`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn moved_in(text: &str) -> Result<(String, i64), String> {
    let (name, at) = text.rsplit_once('=').ok_or("expected NAME=MOMENT, such as home=2026-03-01T00:00:00Z")?;
    Ok((name.to_owned(), moment(at)?))
}

/// Reads `STEP=MOMENT`.
///
/// # Errors
/// What is wrong with it, in words.
fn custody_step(text: &str) -> Result<CustodyMoment, String> {
    let (step, at) = text.split_once('=').ok_or("expected STEP=MOMENT, such as started=2026-03-01T10:00:00Z")?;
    let known = CustodyStep::KINDS.into_iter().find(|kind| kind.strip_prefix("custody_") == Some(step));
    let kind = known.ok_or_else(|| format!("{step:?} is no step of a detention, such as started or released"))?;
    Ok(CustodyMoment { at_us: moment(at)?, kind })
}

fn validation(path: &str) -> Result<Validation, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    Validation::parse(&text).map_err(|e| e.to_string())
}

fn moment(text: &str) -> Result<i64, String> {
    parse_utc(text).ok_or_else(|| format!("{text:?} is no moment in UTC, such as 2026-03-01T18:30:00Z"))
}

fn form_parser() -> impl TypedValueParser<Value = Form> {
    let forms = [Form::Text, Form::Json];
    PossibleValuesParser::new(forms.map(Form::as_str))
        .try_map(|name| Form::parse(&name).ok_or_else(|| format!("{name} is no form")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        evaluate: EvaluateArgs,
    }

    fn read(more: &[&str]) -> Result<EvaluateArgs, clap::Error> {
        let base = ["evaluate", "--suspect", "s.csv", "--place", "home=51.5,-0.1"];
        Line::try_parse_from(base.iter().chain(more)).map(|l| l.evaluate)
    }

    #[test]
    fn a_move_names_a_place_that_is_there_and_a_moment() {
        let args = read(&["--moved", "home=1970-01-01T00:00:01Z", "--report", "1970-01-02T00:00:00Z"]).unwrap();
        assert_eq!(
            (args.moved.clone(), args.report.clone()),
            (vec![("home".to_owned(), 1_000_000)], vec![86_400_000_000])
        );
        assert_eq!(args.validate(), Ok(()));
        let unknown = read(&["--moved", "work=1970-01-01T00:00:01Z"]).unwrap().validate();
        assert_eq!(unknown, Err(UsageError::NoSuchPlace("work".to_owned())));
        for wrong in ["home", "home=yesterday", "home=2026-03-01T18:30:00"] {
            assert!(read(&["--moved", wrong]).unwrap_err().to_string().contains("2026-03-01"), "{wrong}");
        }
    }

    #[test]
    fn a_step_of_a_detention_is_one_that_a_case_can_state() {
        let args = read(&["--custody", "warrant_issued=1970-01-01T00:00:01Z", "--plots", "p"]).unwrap();
        assert_eq!(args.custody, [CustodyMoment { at_us: 1_000_000, kind: "custody_warrant_issued" }]);
        for wrong in ["started", "arrested=1970-01-01T00:00:01Z", "custody_started=1970-01-01T00:00:01Z", "started=x"] {
            assert!(read(&["--custody", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_case_is_read_from_files_or_from_a_store_and_not_from_both() {
        let line = |more: &[&str]| Line::try_parse_from(["evaluate"].iter().chain(more)).map(|l| l.evaluate);
        let stored = line(&["--case", "C1", "--data", "d"]).unwrap();
        assert_eq!((stored.stored.as_deref(), stored.validate()), (Some("C1"), Ok(())));
        assert!(line(&["--case", "C1", "--suspect", "s.csv"]).is_err());
        assert!(line(&["--case", "C1", "--zone", "UTC"]).is_err());
        assert!(line(&["--data", "d"]).is_err() && line(&[]).is_err());
        assert_eq!(line(&["--suspect", "s.csv"]).unwrap().validate(), Err(UsageError::TargetsNeeded));
    }

    #[test]
    fn only_forms_that_carry_every_finding_are_offered() {
        assert_eq!(read(&["--output", "json"]).unwrap().output, Form::Json);
        assert!(read(&["--output", "csv"]).is_err());
    }
}
