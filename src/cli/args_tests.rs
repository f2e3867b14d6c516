//! What a user types, and what it comes to.

use clap::{CommandFactory, Parser};

use crate::decode::Format;
use crate::model::ProximityParams;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    check: CheckArgs,
}

fn read(line: &[&str]) -> Result<CheckArgs, clap::Error> {
    Line::try_parse_from(["check"].iter().chain(line)).map(|l| l.check)
}

fn with(more: &[&str]) -> CheckArgs {
    let base = ["--suspect", "s.csv", "--victim", "v.json"];
    read(&base.iter().chain(more).copied().collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_command_is_well_formed_and_its_help_names_every_argument() {
    let mut command = Line::command();
    command.clone().debug_assert();
    let help = command.render_long_help().to_string();
    for name in "suspect victim suspect-device victim-device place incidents radius-m window-s gap-s exit-radius-m \
                 max-interpolation-s zone format profile output out rejects memory-mib explain"
        .split_whitespace()
    {
        assert!(help.contains(&format!("--{name} ")) || help.contains(&format!("--{name}\n")), "{name}");
    }
}

#[test]
fn the_defaults_are_those_of_the_model() {
    let args = with(&[]);
    assert_eq!(args.case.params(), Ok(ProximityParams::default()));
    assert_eq!((args.output, args.explain, args.case.zone.is_none()), (Form::Text, false, true));
    assert_eq!(args.case.shown_zone().name(), "Europe/London");
    assert_eq!(args.validate(), Ok(()));
}

#[test]
fn several_files_devices_and_places_are_read_in_order() {
    let args = read(&[
        "--suspect",
        "a.csv",
        "b.gpx",
        "--suspect-device",
        "H1",
        "--suspect-device",
        "H2",
        "--victim",
        "v1",
        "--victim",
        "v2",
        "--place",
        "home=51.5407,-0.0033,75",
        "--place",
        "work=51.5,-0.1",
        "--zone",
        "-05:00",
        "--format",
        "csv",
        "--output",
        "json",
    ])
    .unwrap();
    assert_eq!(args.case.suspect, [PathBuf::from("a.csv"), "b.gpx".into()]);
    assert_eq!(args.case.victim, [PathBuf::from("v1"), "v2".into()]);
    assert_eq!(args.case.suspect_device, ["H1", "H2"]);
    assert_eq!(args.case.place.iter().map(|p| p.radius_m).collect::<Vec<_>>(), [75.0, 50.0]);
    assert_eq!(args.case.shown_zone().name(), "-05:00");
    assert_eq!((args.case.format, args.output), (Some(Format::Csv), Form::Json));
}

#[test]
fn something_to_compare_and_something_to_compare_with_are_required() {
    for line in [&["--victim", "v"][..], &["--suspect", "s"], &[]] {
        let error = read(line).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (clap::error::ErrorKind::MissingRequiredArgument, 2), "{line:?}");
    }
    assert!(read(&["--suspect", "s", "--place", "home=51.5,-0.1"]).is_ok());
    assert!(read(&["--suspect", "s", "--incidents", "i.csv"]).is_ok());
}

#[test]
fn wrong_values_are_refused_with_the_reason() {
    let fault = |more: &[&str]| {
        let base = ["--suspect", "s", "--victim", "v"];
        read(&base.iter().chain(more).copied().collect::<Vec<_>>()).unwrap_err().to_string()
    };
    assert!(fault(&["--place", "home=151.2,-33.9"]).contains("did you mean -33.9,151.2?"));
    assert!(fault(&["--zone", "Nowhere/Land"]).contains("IANA"));
    assert!(fault(&["--output", "docx"]).contains("geojson"), "the forms are listed");
    assert!(fault(&["--format", "xls"]).contains("timeline-android"), "the formats are listed");
    assert!(fault(&["--window-s", "2m"]).contains("--window-s"));
    assert!(fault(&["--memory-mib", "1"]).contains("16"));
}

#[test]
fn parameters_that_cannot_be_used_are_wrong_usage() {
    assert!(matches!(with(&["--radius-m", "-1"]).validate(), Err(UsageError::Params(ParamsError::Radius { .. }))));
    assert!(matches!(with(&["--radius-m", "nan"]).validate(), Err(UsageError::Params(_))));
    let narrow = with(&["--radius-m", "100", "--exit-radius-m", "50"]).validate();
    assert!(matches!(narrow, Err(UsageError::Params(ParamsError::ExitBelowRadius { .. }))));
    assert_eq!(with(&["--radius-m", "250"]).case.params().unwrap().exit_radius_m, 250.0);
    let long = with(&["--window-s", "4294967295"]).validate();
    assert!(matches!(long, Err(UsageError::Params(ParamsError::Duration { .. }))));
}

#[test]
fn arguments_that_do_not_go_together_are_wrong_usage() {
    let twice = with(&["--place", "home=51.5,-0.1", "--place", "home=51.6,-0.1"]).validate();
    assert_eq!(twice, Err(UsageError::PlaceRepeated("home".to_owned())));
    assert_eq!(with(&["--output", "parquet"]).validate(), Err(UsageError::OutNeeded(Form::Parquet)));
    assert_eq!(with(&["--output", "parquet", "--out", "x.parquet"]).validate(), Ok(()));
    assert_eq!(with(&["--format", "gpx", "--profile", "p"]).validate(), Err(UsageError::ProfileForFormat(Format::Gpx)));
    assert!(matches!(with(&["--out", "x", "--rejects", "x"]).validate(), Err(UsageError::OutputsClash(_))));
    let args = read(&["--suspect", "s", "--incidents", "i", "--victim-device", "H"]).unwrap();
    assert_eq!(args.validate(), Err(UsageError::VictimNeeded));
}
