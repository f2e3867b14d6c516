//! Positions on Ordnance Survey's National Grid (OSGB36), by OSTN15.
//!
//! Latitude and longitude are taken as ETRS89, as Ordnance Survey advises for GNSS receivers: WGS84 as phones record it
//! differs from it by less than a metre in Great Britain.

/// Eastings that the grid has, metres: from 0 to below this.
const EAST_END_M: f64 = 700_000.0;
/// Northings that the transformation has, metres: from 0 to this.
const NORTH_END_M: f64 = 1_250_000.0;

/// The easting and northing of a position, metres to the millimetre; `None` outside latitudes 49.922 to 60.84 and
/// longitudes -8.579 to 1.78, the rectangle around Great Britain that the transformation is made for.
///
/// In Ireland and on the Continent within it there are numbers, of a grid that is not meant for those countries.
#[must_use]
pub fn to_grid(lat_deg: f64, lon_deg: f64) -> Option<(f64, f64)> {
    let (easting_m, northing_m) = lonlat_bng::convert_osgb36(lon_deg, lat_deg).ok()?;
    on_grid(easting_m, northing_m).then_some((easting_m, northing_m))
}

/// The latitude and longitude of a position on the grid, degrees; `None` off the grid.
#[must_use]
pub fn from_grid(easting_m: f64, northing_m: f64) -> Option<(f64, f64)> {
    if !on_grid(easting_m, northing_m) {
        return None;
    }
    let (lon_deg, lat_deg) = lonlat_bng::convert_osgb36_to_ll(easting_m, northing_m).ok()?;
    (lat_deg.is_finite() && lon_deg.is_finite()).then_some((lat_deg, lon_deg))
}

/// The grid reference of the one-metre square that holds a position on the grid: `TQ 30080 80000`; `None` off the grid.
///
/// Digits are cut, not rounded: a reference names the south-west corner of its square.
///
/// Source: Ordnance Survey, A guide to coordinate systems in Great Britain, section 7.
#[must_use]
pub fn reference(easting_m: f64, northing_m: f64) -> Option<String> {
    if !on_grid(easting_m, northing_m) {
        return None;
    }
    let [easting, northing] = [easting_m, northing_m].map(whole_metres);
    let (east, north) = (easting / 100_000, northing / 100_000);
    // Squares of 500 km, then of 100 km in them: five by five, A in the north-west; the first V begins at the origin.
    let south = 19_u32.checked_sub(north)?;
    let letters = [south - south % 5 + (east + 10) / 5, south * 5 % 25 + east % 5].map(letter);
    let [first, second] = letters;
    Some(format!("{}{} {:05} {:05}", first?, second?, easting % 100_000, northing % 100_000))
}

/// The letter of a square; there is no I.
fn letter(place: u32) -> Option<char> {
    let skipped = place + u32::from(place >= 8);
    char::from_u32(u32::from('A') + skipped).filter(char::is_ascii_uppercase)
}

fn on_grid(easting_m: f64, northing_m: f64) -> bool {
    (0.0..EAST_END_M).contains(&easting_m) && (0.0..=NORTH_END_M).contains(&northing_m)
}

fn whole_metres(metres: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "on the grid: from 0 to 1,250,000")]
    let whole = metres.floor() as u32;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordnance_survey_s_worked_example_and_test_points() {
        // Transformations and OSGM15 User Guide, annex A: Caister water tower.
        assert_eq!(to_grid(52.658_007_833, 1.716_073_973), Some((651_409.804, 313_177.450)));
        // OSTN15_OSGM15_TestInput and TestOutput_ETRStoOSGB: TP01 (St Mary's, Scilly), TP04 and TP07.
        assert_eq!(to_grid(49.922_263_94, -6.299_777_52), Some((91_492.146, 11_318.804)));
        assert_eq!(to_grid(50.575_636_65, -1.297_822_772), Some((449_816.371, 75_335.861)));
        assert_eq!(to_grid(51.374_470_26, 1.444_547_304), Some((639_821.835, 169_565.858)));
        let (lat, lon) = from_grid(651_409.804, 313_177.450).unwrap();
        assert!((lat - 52.658_007_833).abs() < 1e-8 && (lon - 1.716_073_973).abs() < 1e-8, "{lat} {lon}");
    }

    #[test]
    fn references_have_ordnance_survey_s_letters() {
        // The guide, section 7: TG 51409 13177 is at (651409, 313177).
        assert_eq!(reference(651_409.903, 313_177.270).unwrap(), "TG 51409 13177");
        for (easting, northing, want) in [
            (0.0, 0.0, "SV 00000 00000"),
            (99_999.999, 0.0, "SV 99999 00000"),
            (100_000.0, 0.0, "SW 00000 00000"),
            (530_080.0, 180_000.0, "TQ 30080 80000"),
            (400_000.0, 1_200_000.0, "HP 00000 00000"),
            (399_999.0, 1_199_999.0, "HT 99999 99999"),
            (216_600.0, 771_200.0, "NN 16600 71200"),
            (699_999.0, 499_999.0, "TB 99999 99999"),
        ] {
            assert_eq!(reference(easting, northing).as_deref(), Some(want));
        }
    }

    #[test]
    fn off_the_grid_there_is_nothing() {
        for (lat, lon) in [(48.85, 2.35), (90.0, 0.0), (51.5, 180.0), (f64::NAN, 0.0), (49.9, -6.3), (60.85, -1.0)] {
            assert_eq!(to_grid(lat, lon), None, "{lat} {lon}");
        }
        for (e, n) in [(-1.0, 0.0), (700_000.0, 0.0), (0.0, 1_250_000.1), (f64::NAN, 0.0), (f64::INFINITY, 0.0)] {
            assert_eq!((from_grid(e, n), reference(e, n)), (None, None), "{e} {n}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_within_millimetres(easting in 300_000.0..500_000.0_f64, northing in 200_000.0..400_000.0_f64) {
            let (lat, lon) = from_grid(easting, northing).unwrap();
            let (e, n) = to_grid(lat, lon).unwrap();
            prop_assert!((e - easting).abs() < 0.005 && (n - northing).abs() < 0.005, "{} {}", e - easting, n - northing);
        }

        #[test]
        fn no_number_panics(easting in prop::num::f64::ANY, northing in prop::num::f64::ANY) {
            let _ = (from_grid(easting, northing), reference(easting, northing), to_grid(easting, northing));
        }
    }
}
