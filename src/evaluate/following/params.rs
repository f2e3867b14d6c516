//! What counts as moving, as near the path, and as a path in common.

use crate::time::{US_PER_S, ZoneRule};

/// The parameters of the lag scan; every finding names them.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowingParams {
    /// A fix this near to the path (besides both uncertainties) is on it, metres.
    pub radius_m: f64,
    /// Lags up to this are looked for, behind and ahead, microseconds; at most 30 minutes.
    pub max_lag_us: i64,
    /// Lags within this of an episode's middle lag belong to it, microseconds.
    pub lag_tolerance_us: i64,
    /// A middle lag up to this, either way, is travelling together, microseconds.
    pub together_us: i64,
    /// A single episode tells something only up to this lag, either way, microseconds; longer lags must be constant.
    pub close_us: i64,
    /// A single episode tells something only if it covers this share of the victim's trip, 0 to 1.
    pub min_trip_share: f64,
    /// The middle half of an episode's lags may spread over this and a tenth of the lag: a follower keeps pace, other traffic
    /// does not, microseconds.
    pub pace_us: i64,
    /// The length of path in common that an episode needs, metres.
    pub min_length_m: f64,
    /// The share of an episode's length that must be on the path at its lag, 0 to 1.
    pub min_share: f64,
    /// The turns in common that an episode needs before its road tells anything.
    pub min_turns: usize,
    /// How much larger than the share at the opposite lag the share must be, 0 to 1.
    pub min_asymmetry: f64,
    /// Two directions further apart than this are not the same way, degrees.
    pub heading_deg: f64,
    /// A pause longer than this ends an episode, microseconds.
    pub max_pause_us: i64,
    /// Slower than this is standing, metres per second, measured over a minute.
    pub min_speed_m_s: f64,
    /// Fixes less certain than this are left out, metres.
    pub max_uncertainty_m: f64,
    /// If half of a device's intervals between fixes while moving are longer than this, it is refused, microseconds.
    pub max_interval_us: i64,
    /// Fewer moving fixes than this are refused.
    pub min_moving: usize,
    /// How many exchanges of days are made at most.
    pub max_exchanges: usize,
    /// An episode on a day that could be exchanged fewer times than this is not weighed.
    pub min_exchanges: usize,
    /// Positions are interpolated only between fixes at most this far apart, microseconds.
    pub max_interpolation_us: i64,
    /// Whose days are exchanged: the local zone.
    pub zone: ZoneRule,
}

impl Default for FollowingParams {
    fn default() -> Self {
        Self {
            radius_m: 50.0,
            max_lag_us: 1_800 * US_PER_S,
            lag_tolerance_us: 75 * US_PER_S,
            together_us: 15 * US_PER_S,
            close_us: 300 * US_PER_S,
            min_trip_share: 0.7,
            pace_us: 20 * US_PER_S,
            min_length_m: 1_000.0,
            min_share: 0.8,
            min_turns: 2,
            min_asymmetry: 0.3,
            heading_deg: 60.0,
            max_pause_us: 300 * US_PER_S,
            min_speed_m_s: 0.7,
            max_uncertainty_m: 50.0,
            max_interval_us: 30 * US_PER_S,
            min_moving: 30,
            max_exchanges: 20,
            min_exchanges: 5,
            max_interpolation_us: 300 * US_PER_S,
            zone: ZoneRule::utc(),
        }
    }
}
