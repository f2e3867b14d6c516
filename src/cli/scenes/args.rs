//! The arguments of `locard scenes`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::evaluate::scenes::{Authority, SceneParams};
use crate::model::{ParamsError, ProximityParams};
use crate::sink::Form;
use crate::time::{US_PER_S, ZoneRule};

/// Says which identifiers were recorded at several of a case's incidents, and how many would be by chance.
///
/// It reads the records of all cases of a store, nearly all of them of people who have nothing to do with the case: it is
/// refused without an authority and a purpose, and says how many it touched.
///
/// Exit codes: 0 whatever is found, 1 for a store that could not be used, 2 for wrong usage.
#[derive(Debug, Clone, Args)]
pub struct ScenesArgs {
    /// The case whose incidents are the scenes
    #[arg(long, value_name = "CASE")]
    pub case: String,

    /// The reference of the authority under which it is searched
    #[arg(long, value_name = "REFERENCE")]
    pub authority: String,

    /// Why the search is necessary and proportionate
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,

    /// The store [default: locard-data]
    #[arg(long, value_name = "DIR|URL")]
    pub data: Option<String>,

    /// The server's folder, in whose audit the search is written down [default: the store]
    #[arg(long, value_name = "FOLDER")]
    pub audit: Option<String>,

    /// Candidates are at so many scenes or more
    #[arg(long, value_name = "SCENES", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    pub least: u16,

    /// So many candidates at most, the best ones
    #[arg(long, value_name = "CANDIDATES", default_value_t = 50)]
    pub most: u16,

    /// A record this far from a scene or nearer is at it, metres
    #[arg(long, value_name = "METRES", default_value_t = 500.0, allow_negative_numbers = true)]
    pub radius_m: f64,

    /// Records this long before and after a scene count, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub window_s: u32,

    /// Base rates are counted on so many other days
    #[arg(long, value_name = "DAYS", default_value_t = 60)]
    pub days: u16,

    /// Draws the other days: the same seed draws the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// The zone whose clock tells hours and days: an IANA name, UTC or an offset [default: Europe/London]
    #[arg(long, value_name = "ZONE", value_parser = ZoneRule::parse, allow_hyphen_values = true)]
    pub zone: Option<ZoneRule>,

    /// The memory the reading may use, mebibytes; beyond it, records wait in temporary files of four times as much
    #[arg(long, value_name = "MIB", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(16..))]
    pub memory_mib: u32,

    /// The form of the findings
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = form_parser())]
    pub output: Form,

    /// A folder for the candidates against the scenes as a drawing, scenes.svg
    #[arg(long, value_name = "FOLDER")]
    pub plots: Option<PathBuf>,

    /// Write the findings to this file instead of standard output
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
}

impl ScenesArgs {
    /// What counts as recorded at a scene.
    ///
    /// # Errors
    /// [`ParamsError`] names the parameter, its value and its unit.
    pub fn params(&self) -> Result<SceneParams, ParamsError> {
        let ProximityParams { radius_m, window_us, .. } = self.proximity()?;
        let (days, seed) = (usize::from(self.days), self.seed);
        Ok(SceneParams { radius_m, window_us, days, seed, ..SceneParams::default() })
    }

    /// The same as parameters of a report.
    pub(super) fn proximity(&self) -> Result<ProximityParams, ParamsError> {
        let window_us = i64::from(self.window_s) * US_PER_S;
        let (radius_m, exit_radius_m) = (self.radius_m, self.radius_m);
        let params = ProximityParams { radius_m, window_us, exit_radius_m, ..ProximityParams::default() };
        params.validate().map(|()| params)
    }

    pub(super) fn stated(&self) -> Authority {
        Authority { reference: self.authority.clone(), reason: self.purpose.clone() }
    }
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
        scenes: ScenesArgs,
    }

    fn read(more: &[&str]) -> Result<ScenesArgs, clap::Error> {
        Line::try_parse_from(["scenes", "--case", "C"].iter().chain(more)).map(|l| l.scenes)
    }

    #[test]
    fn nothing_is_searched_without_an_authority_and_a_purpose() {
        for missing in [&["--authority", "URN 1"][..], &["--purpose", "five assaults"], &[]] {
            assert_eq!(read(missing).unwrap_err().kind(), clap::error::ErrorKind::MissingRequiredArgument);
        }
        let stated = read(&["--authority", "URN 1", "--purpose", "five assaults"]).unwrap();
        assert_eq!(stated.params().unwrap(), SceneParams::default(), "what is not given is as documented");
    }

    #[test]
    fn a_radius_that_is_none_is_refused() {
        let args = read(&["--authority", "a", "--purpose", "p", "--radius-m", "-1"]).unwrap();
        assert!(args.params().unwrap_err().to_string().contains("-1"));
    }
}
