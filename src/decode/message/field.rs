//! The fields of a fix on the topic; `docs/schemas/fix-1.schema.json` describes each.

/// A field; its position among the others is its place in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    CaseId,
    DeviceId,
    T0,
    T1,
    LatDeg,
    LonDeg,
    UncertaintyM,
    Confidence,
    Source,
    Basis,
    AzimuthDeg,
    Exhibit,
    Row,
    Path,
    File,
    TimeText,
    TimeAmbiguous,
}

impl Field {
    /// How many fields there are.
    pub(super) const COUNT: usize = 17;

    /// All fields, in the order of their declaration.
    #[cfg(test)]
    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::CaseId,
        Self::DeviceId,
        Self::T0,
        Self::T1,
        Self::LatDeg,
        Self::LonDeg,
        Self::UncertaintyM,
        Self::Confidence,
        Self::Source,
        Self::Basis,
        Self::AzimuthDeg,
        Self::Exhibit,
        Self::Row,
        Self::Path,
        Self::File,
        Self::TimeText,
        Self::TimeAmbiguous,
    ];

    /// The name in JSON, Avro and Arrow.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::CaseId => "case_id",
            Self::DeviceId => "device_id",
            Self::T0 => "t0",
            Self::T1 => "t1",
            Self::LatDeg => "lat_deg",
            Self::LonDeg => "lon_deg",
            Self::UncertaintyM => "uncertainty_m",
            Self::Confidence => "confidence",
            Self::Source => "source",
            Self::Basis => "basis",
            Self::AzimuthDeg => "azimuth_deg",
            Self::Exhibit => "exhibit",
            Self::Row => "row",
            Self::Path => "path",
            Self::File => "file",
            Self::TimeText => "time_text",
            Self::TimeAmbiguous => "time_ambiguous",
        }
    }

    /// Reads a name; `None` if it is no field of this version.
    #[inline]
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name.as_bytes() {
            b"case_id" => Self::CaseId,
            b"device_id" => Self::DeviceId,
            b"t0" => Self::T0,
            b"t1" => Self::T1,
            b"lat_deg" => Self::LatDeg,
            b"lon_deg" => Self::LonDeg,
            b"uncertainty_m" => Self::UncertaintyM,
            b"confidence" => Self::Confidence,
            b"source" => Self::Source,
            b"basis" => Self::Basis,
            b"azimuth_deg" => Self::AzimuthDeg,
            b"exhibit" => Self::Exhibit,
            b"row" => Self::Row,
            b"path" => Self::Path,
            b"file" => Self::File,
            b"time_text" => Self::TimeText,
            b"time_ambiguous" => Self::TimeAmbiguous,
            _ => return None,
        })
    }

    /// The field's bit in a set of fields.
    #[inline]
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_the_bits_are_distinct() {
        let mut all = 0;
        for (i, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(Field::of(field.as_str()), Some(field));
            assert_eq!(field as usize, i);
            all |= field.bit();
        }
        assert_eq!(all, (1 << Field::COUNT) - 1);
        assert_eq!(Field::of("lat"), None);
    }
}
