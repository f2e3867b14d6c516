//! The parameters a report was computed with.

use serde::Serialize;

use super::Moment;
use crate::model::{Authority, ProximityParams};
use crate::sink::quantity::seconds;
use crate::time::ZoneRule;

/// What counted as near, together and one encounter; a result without them cannot be computed again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameters {
    /// Two positions this far apart or nearer are near, metres.
    pub radius_m: f64,
    /// Two records this far apart in time or nearer are together, seconds.
    pub window_s: f64,
    /// Proximities whose gap is at most this make one encounter, seconds.
    pub gap_s: f64,
    /// An open encounter is held up to this distance, metres.
    pub exit_radius_m: f64,
    /// Tracks are interpolated only between fixes at most this far apart, seconds.
    pub max_interpolation_s: f64,
    /// The zone given for times that are written without one; `null`: such rows are rejects.
    pub zone: Option<String>,
    /// The zone local times are shown in.
    pub shown_zone: String,
    /// The suspect's devices asked for; empty: all in the suspect's files.
    pub suspect_devices: Vec<String>,
    /// The victim's devices asked for; empty: all in the victim's files.
    pub victim_devices: Vec<String>,
    /// What authorities cover; records outside are rejects. Empty: none were given, and none was asked for.
    pub authorised: Vec<Authorised>,
}

/// What one authority covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authorised {
    /// The device that it names.
    pub device: String,
    /// Start of the authorised period, included; `null`: it is open.
    pub from: Option<Moment>,
    /// End of the authorised period, not included; `null`: it is open.
    pub to: Option<Moment>,
    /// Its reference; empty if none was given.
    pub reference: String,
}

impl Authorised {
    /// An authority as a report gives it.
    #[must_use]
    pub fn new(authority: &Authority, zone: &ZoneRule) -> Self {
        let Authority { reference, identifier, from_us, to_us } = authority;
        Self {
            device: identifier.clone(),
            from: (*from_us > i64::MIN).then(|| Moment::new(*from_us, zone)),
            to: (*to_us < i64::MAX).then(|| Moment::new(*to_us, zone)),
            reference: reference.clone(),
        }
    }
}

impl Parameters {
    /// From the parameters of the computation; `zone` is what `--zone` said, `shown_zone` the zone of local times.
    #[must_use]
    pub fn new(params: &ProximityParams, zone: Option<&str>, shown_zone: &str) -> Self {
        Self {
            radius_m: params.radius_m,
            window_s: seconds(params.window_us),
            gap_s: seconds(params.gap_us),
            exit_radius_m: params.exit_radius_m,
            max_interpolation_s: seconds(params.max_interpolation_us),
            zone: zone.map(ToOwned::to_owned),
            shown_zone: shown_zone.to_owned(),
            suspect_devices: Vec::new(),
            victim_devices: Vec::new(),
            authorised: Vec::new(),
        }
    }
}
