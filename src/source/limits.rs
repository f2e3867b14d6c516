//! How much may come out of a container.

/// Limits on containers (`.zip`, `.kmz`, `.gz`); a plain file of any size is read, for it streams.
///
/// They guard against files made to exhaust a machine. The defaults are far above what returned files need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that may come out of one exhibit, all layers and members together. Default 64 GiB: a decade of the largest
    /// account exports is a few GiB.
    pub max_total_bytes: u64,
    /// Bytes out for each byte in, of one member, past [`Limits::ratio_floor_bytes`]. Default 200: location records as
    /// text compress 5 to 30 times, the most repetitive XML about 60 times; DEFLATE ends at 1032, where bombs live.
    pub max_ratio: u64,
    /// The ratio is not looked at before this many bytes have come out of a member. Default 64 MiB: small members may
    /// be as repetitive as they like.
    pub ratio_floor_bytes: u64,
    /// Members of one exhibit, nested ones included. Default 10 000.
    pub max_members: u64,
    /// Containers within each other. Default 2: a `.gz` in a `.zip`, and no further.
    pub max_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_total_bytes: 64 << 30,
            max_ratio: 200,
            ratio_floor_bytes: 64 << 20,
            max_members: 10_000,
            max_depth: 2,
        }
    }
}
