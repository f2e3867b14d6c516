//! The arguments that name a case's files and how they are compared, shared by `check` and `evaluate`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};

use crate::decode::Format;
use crate::model::{Authorities, Authority, ParamsError, Place, ProximityParams};
use crate::sink::report::Role;
use crate::time::{US_PER_S, ZoneRule};

use super::authority_arg::authorities_over;
use super::{UsageError, parse_authority, parse_place};

/// The zone local times are shown in if `--zone` gives none: the tool serves England and Wales.
const SHOWN_ZONE: &str = "Europe/London";

/// The files of a case and how they are compared: what `check` and `evaluate` read.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("targets").required(true).multiple(true).args(["victim", "place", "incidents"]))]
pub struct CaseArgs {
    /// Files with the suspect's location records
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub suspect: Vec<PathBuf>,

    /// Files with the victim's location records
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub victim: Vec<PathBuf>,

    /// Compare only this device of the suspect's files (may be repeated) [default: all]
    #[arg(long, value_name = "ID")]
    pub suspect_device: Vec<String>,

    /// Compare only this device of the victim's files (may be repeated) [default: all]
    #[arg(long, value_name = "ID")]
    pub victim_device: Vec<String>,

    /// A place of the victim, latitude first; the radius is 50 m if none is given (may be repeated)
    #[arg(long, value_name = "NAME=LAT,LON[,RADIUS_M]", value_parser = parse_place)]
    pub place: Vec<Place>,

    /// A file of incidents: positions and time windows, as alleged
    #[arg(long, value_name = "FILE")]
    pub incidents: Option<PathBuf>,

    /// What one authority covers, TO not included (may be repeated). Once any is given, records of the suspect's files
    /// outside all of them are rejects and are not compared, and of the victim's files those of a device that one names
    #[arg(long, value_name = "DEVICE=FROM..TO[,REFERENCE]", value_parser = parse_authority)]
    pub authorised: Vec<Authority>,

    /// Two positions this far apart or nearer are near, metres [default: 100, of a stored case that of the store]
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    pub radius_m: Option<f64>,

    /// Two records this far apart in time or nearer are together, seconds [default: 120, or that of the store]
    #[arg(long, value_name = "SECONDS")]
    pub window_s: Option<u32>,

    /// Proximities whose gap is at most this make one encounter, seconds [default: 600, or that of the store]
    #[arg(long, value_name = "SECONDS")]
    pub gap_s: Option<u32>,

    /// An open encounter is held up to this distance, metres [default: the radius]
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    pub exit_radius_m: Option<f64>,

    /// Tracks are interpolated only between fixes at most this far apart, seconds [default: 300, or that of the store]
    #[arg(long, value_name = "SECONDS")]
    pub max_interpolation_s: Option<u32>,

    /// The zone of times that are written without one: an IANA name, UTC or an offset; without it such rows are rejects
    #[arg(long, value_name = "ZONE", value_parser = ZoneRule::parse, allow_hyphen_values = true)]
    pub zone: Option<ZoneRule>,

    /// Read every suspect and victim file as this format, instead of recognising it
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,

    /// Read CSV files by this profile: a file, or the name of a built-in one
    #[arg(long, value_name = "FILE|NAME")]
    pub profile: Option<String>,

    /// Write every row that was not used, with its reason, to this file as CSV
    #[arg(long, value_name = "PATH")]
    pub rejects: Option<PathBuf>,

    /// The memory the join may use, mebibytes; beyond it, fixes wait in a temporary file
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..))]
    pub memory_mib: u32,
}

impl CaseArgs {
    /// Checks what one argument cannot say by itself; `out` is where the report goes, if to a file.
    ///
    /// # Errors
    /// [`UsageError`] names the arguments, their values and what to do.
    pub fn validate(&self, out: Option<&Path>) -> Result<(), UsageError> {
        self.params()?;
        let mut names = BTreeSet::new();
        if let Some(place) = self.place.iter().find(|p| !names.insert(p.name.as_str())) {
            return Err(UsageError::PlaceRepeated(place.name.clone()));
        }
        if !self.victim_device.is_empty() && self.victim.is_empty() {
            return Err(UsageError::VictimNeeded);
        }
        if let (Some(format), Some(_)) = (self.format.filter(|f| *f != Format::Csv), &self.profile) {
            return Err(UsageError::ProfileForFormat(format));
        }
        match (out, &self.rejects) {
            (Some(out), Some(rejects)) if out == rejects => Err(UsageError::OutputsClash(out.to_owned())),
            _ => Ok(()),
        }
    }

    /// The parameters of the join and the encounters, checked.
    ///
    /// # Errors
    /// [`ParamsError`] names the parameter, its value and its unit.
    pub fn params(&self) -> Result<ProximityParams, ParamsError> {
        self.params_over(&ProximityParams::default())
    }

    /// As [`Self::params`], with those of `base` where no argument says otherwise. Whoever gives a radius and no exit radius
    /// means both.
    ///
    /// # Errors
    /// As [`Self::params`].
    pub fn params_over(&self, base: &ProximityParams) -> Result<ProximityParams, ParamsError> {
        let us = |seconds: Option<u32>, base_us: i64| seconds.map_or(base_us, |s| i64::from(s) * US_PER_S);
        let params = ProximityParams {
            radius_m: self.radius_m.unwrap_or(base.radius_m),
            window_us: us(self.window_s, base.window_us),
            gap_us: us(self.gap_s, base.gap_us),
            exit_radius_m: self.exit_radius_m.or(self.radius_m).unwrap_or(base.exit_radius_m),
            max_interpolation_us: us(self.max_interpolation_s, base.max_interpolation_us),
        };
        params.validate().map(|()| params)
    }

    /// What authorities cover of the files of a role: of the suspect's every device must be named by one.
    #[must_use]
    pub fn authorities(&self, role: Role) -> Authorities {
        authorities_over(&self.authorised, role == Role::Victim)
    }

    /// The zone local times are shown in: `--zone`, or Europe/London.
    #[must_use]
    pub fn shown_zone(&self) -> ZoneRule {
        // The bundled database holds Europe/London; UTC is only there so that nothing can panic.
        self.zone.clone().unwrap_or_else(|| ZoneRule::parse(SHOWN_ZONE).unwrap_or_else(|_| ZoneRule::utc()))
    }
}

pub(super) fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .try_map(|name| Format::parse(&name).ok_or_else(|| format!("{name} is no format")))
}
