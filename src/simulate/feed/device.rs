//! The devices of a case: what they record, how wrong they are, and when their records are delivered.

use crate::model::Role;
use crate::simulate::noise::Noise;
use crate::time::US_PER_S;

/// What kind of device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// A handset: satellite fixes, and Wi-Fi at rest.
    Phone,
    /// A SIM, located by masts.
    Sim,
    /// A car, located by number-plate cameras.
    Car,
    /// An electronic tag.
    Tag,
}

impl DeviceKind {
    /// The word in device identifiers and in `truth.json`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Sim => "sim",
            Self::Car => "car",
            Self::Tag => "tag",
        }
    }

    /// How far its clock may be out, milliseconds.
    const fn clock_error_ms(self) -> u32 {
        match self {
            Self::Phone => 800,
            Self::Sim | Self::Tag => 2_000,
            Self::Car => 20_000,
        }
    }
}

/// When records are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Each a while after it was made, milliseconds from and to.
    Live(u32, u32),
    /// All together from a moment on, UTC microseconds: a returned file.
    Returned(i64),
}

/// A device of a case.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) id: String,
    pub(super) kind: DeviceKind,
    pub(super) role: Role,
    /// How far its clock is ahead, microseconds.
    pub(super) clock_error_us: i64,
    /// Its true errors are this times what it reports.
    pub(super) error_factor: f64,
    /// No records between these moments.
    pub(super) silences: Vec<(i64, i64)>,
    pub(super) delivery: Delivery,
    /// Its own stream of chance.
    pub(super) stream: u64,
}

impl Device {
    /// A device of a person; `returned_us` is when its records come back all at once, if they do.
    pub(super) fn new(
        kind: DeviceKind,
        (role, subject): (Role, &str),
        returned_us: Option<i64>,
        stream: u64,
        noise: &mut Noise,
    ) -> Self {
        let most_ms = kind.clock_error_ms();
        let ahead_ms = i64::from(noise.whole(0, 2 * most_ms)) - i64::from(most_ms);
        let live = match kind {
            DeviceKind::Phone => Delivery::Live(500, 90_000),
            DeviceKind::Sim => Delivery::Live(60_000, 600_000),
            DeviceKind::Car => Delivery::Live(2_000, 300_000),
            DeviceKind::Tag => Delivery::Live(1_000, 660_000),
        };
        Self {
            id: format!("{subject}-{}", kind.as_str()),
            kind,
            role,
            clock_error_us: ahead_ms * (US_PER_S / 1_000),
            error_factor: (noise.between(0.6, 1.3) * 100.0).round() / 100.0,
            silences: Vec::new(),
            delivery: returned_us.map_or(live, Delivery::Returned),
            stream,
        }
    }

    /// Whether it records at a moment.
    pub(super) fn is_silent(&self, t_us: i64) -> bool {
        let next = self.silences.partition_point(|(from_us, _)| *from_us <= t_us);
        next.checked_sub(1).and_then(|i| self.silences.get(i)).is_some_and(|(_, to_us)| t_us < *to_us)
    }
}
