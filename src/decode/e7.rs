//! Degrees written as whole numbers of 1e-7 degree, as Google's exports do.
//!
//! Some older exports wrote negative values as unsigned 32-bit numbers: what is beyond a pole or the antimeridian is
//! 2^32 too large.

use super::json_row::Fault;
use super::json_scalar::Scalar;
use crate::model::RejectReason;

const POLE_E7: i64 = 900_000_000;
const ANTIMERIDIAN_E7: i64 = 1_800_000_000;
const WRAP: i64 = 1 << 32;

/// Latitude and longitude in degrees; `None` if neither is given. `fields` names the two.
///
/// # Errors
/// A [`Fault`]: one of the two is absent, not a whole number, or far out of range.
pub(super) fn position(
    lat: &Scalar<'_>,
    lon: &Scalar<'_>,
    fields: [&'static str; 2],
) -> Result<Option<(f64, f64)>, Fault> {
    let [lat_field, lon_field] = fields;
    match (lat.whole(lat_field)?, lon.whole(lon_field)?) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Fault::missing(lat_field)),
        (Some(_), None) => Err(Fault::missing(lon_field)),
        (Some(lat_e7), Some(lon_e7)) => {
            let lat_deg = degrees(lat_e7, POLE_E7).ok_or_else(|| lat.fault(lat_field, RejectReason::LatitudeRange))?;
            let lon_deg =
                degrees(lon_e7, ANTIMERIDIAN_E7).ok_or_else(|| lon.fault(lon_field, RejectReason::LongitudeRange))?;
            Ok(Some((lat_deg, lon_deg)))
        }
    }
}

fn degrees(e7: i64, limit_e7: i64) -> Option<f64> {
    let unwrapped = if e7 > limit_e7 { e7.checked_sub(WRAP)? } else { e7 };
    i32::try_from(unwrapped).ok().map(|v| f64::from(v) / 1e7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lat: i64, lon: i64) -> Result<Option<(f64, f64)>, Fault> {
        position(&Scalar::Int(lat), &Scalar::Int(lon), ["lat", "lon"])
    }

    #[test]
    fn wrapped_values_are_unwrapped_only_beyond_the_limits() {
        assert_eq!(read(900_000_000, 1_800_000_000), Ok(Some((90.0, 180.0))));
        assert_eq!(read(4_294_967_296 - 338_000_000, 4_294_967_296 - 1_246_000), Ok(Some((-33.8, -0.1246))));
        assert_eq!(read(900_000_001, 0).unwrap_err().reason, RejectReason::LatitudeRange);
        assert_eq!(read(0, i64::MAX).unwrap_err().reason, RejectReason::LongitudeRange);
        assert_eq!(read(i64::MIN, 0).unwrap_err().reason, RejectReason::LatitudeRange);
    }

    #[test]
    fn half_a_position_is_a_fault_that_names_the_missing_half() {
        let fault = position(&Scalar::Int(1), &Scalar::Null, ["lat", "lon"]).unwrap_err();
        assert_eq!((fault.field, fault.reason), ("lon", RejectReason::Missing));
        assert_eq!(position(&Scalar::Null, &Scalar::Null, ["lat", "lon"]), Ok(None));
    }
}
