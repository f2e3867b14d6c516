//! `--place "home=51.5407,-0.0033,75"`: a name, a position (latitude first) and how far the place reaches.

use crate::model::Place;

/// How far a place reaches if no radius is given, metres: a house, its garden and the pavement before it.
///
/// Our choice, and a small one: a wider place makes more proximities, so it should be asked for, not assumed.
pub const DEFAULT_PLACE_RADIUS_M: f64 = 50.0;

/// The largest place, metres; what reaches further is a region, not a place.
const MAX_PLACE_RADIUS_M: f64 = 100_000.0;

/// A `--place` that cannot be used; retrying does not help.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlaceArgError {
    /// Not `NAME=LAT,LON` or `NAME=LAT,LON,RADIUS_M`.
    #[error("a place is NAME=LAT,LON or NAME=LAT,LON,RADIUS_M, as in home=51.5407,-0.0033,75")]
    Shape,
    /// One of the numbers is not a number.
    #[error("{field} {value:?} is not a number; a place is NAME=LAT,LON[,RADIUS_M], as in home=51.5407,-0.0033,75")]
    NotANumber {
        /// Latitude, longitude or radius.
        field: &'static str,
        /// What was given.
        value: String,
    },
    /// Latitude out of range, and longitude would do as a latitude.
    #[error("latitude {lat_deg} is outside -90 to 90 degrees; latitude comes first: did you mean {lon_deg},{lat_deg}?")]
    Swapped {
        /// What stands where latitude belongs, degrees.
        lat_deg: f64,
        /// What stands where longitude belongs, degrees.
        lon_deg: f64,
    },
    /// Latitude out of range.
    #[error("latitude {0} is outside -90 to 90 degrees")]
    Latitude(f64),
    /// Longitude out of range.
    #[error("longitude {0} is outside -180 to 180 degrees")]
    Longitude(f64),
    /// Exactly 0, 0.
    #[error("the position is 0, 0: a point in the Gulf of Guinea that files write when they have no position")]
    NullIsland,
    /// Radius out of range.
    #[error("radius {0} m is outside 0 to 100,000 m")]
    Radius(f64),
}

/// Reads a place; the name is what stands before the last `=`, so that a name may hold one.
///
/// # Errors
/// [`PlaceArgError`] says which part is wrong, with its value and unit.
pub fn parse_place(text: &str) -> Result<Place, PlaceArgError> {
    let (name, numbers) = text.rsplit_once('=').ok_or(PlaceArgError::Shape)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(PlaceArgError::Shape);
    }
    let parts: Vec<&str> = numbers.split(',').collect();
    let (lat_deg, lon_deg, radius_m) = match parts.as_slice() {
        [lat, lon] => (number("latitude", lat)?, number("longitude", lon)?, DEFAULT_PLACE_RADIUS_M),
        [lat, lon, r] => (number("latitude", lat)?, number("longitude", lon)?, number("radius", r)?),
        _ => return Err(PlaceArgError::Shape),
    };
    check(lat_deg, lon_deg, radius_m)?;
    Ok(Place { name: name.to_owned(), lat_deg, lon_deg, radius_m })
}

fn number(field: &'static str, text: &str) -> Result<f64, PlaceArgError> {
    let text = text.trim();
    let fault = || PlaceArgError::NotANumber { field, value: text.to_owned() };
    text.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(fault)
}

fn check(lat_deg: f64, lon_deg: f64, radius_m: f64) -> Result<(), PlaceArgError> {
    let latitude = -90.0..=90.0;
    let longitude = -180.0..=180.0;
    if !latitude.contains(&lat_deg) {
        let swapped = latitude.contains(&lon_deg) && longitude.contains(&lat_deg);
        return Err(if swapped {
            PlaceArgError::Swapped { lat_deg, lon_deg }
        } else {
            PlaceArgError::Latitude(lat_deg)
        });
    }
    if !longitude.contains(&lon_deg) {
        return Err(PlaceArgError::Longitude(lon_deg));
    }
    if lat_deg == 0.0 && lon_deg == 0.0 {
        return Err(PlaceArgError::NullIsland);
    }
    if !(0.0..=MAX_PLACE_RADIUS_M).contains(&radius_m) {
        return Err(PlaceArgError::Radius(radius_m));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_with_and_without_a_radius() {
        let home = parse_place("home=51.5407,-0.0033,75").unwrap();
        assert_eq!(home, Place { name: "home".to_owned(), lat_deg: 51.5407, lon_deg: -0.0033, radius_m: 75.0 });
        let work = parse_place(" Mum's = old house = 51.5 , -0.1 ").unwrap();
        assert_eq!((work.name.as_str(), work.radius_m), ("Mum's = old house", DEFAULT_PLACE_RADIUS_M));
        assert_eq!(parse_place("p=-90,180,0").unwrap().radius_m, 0.0);
    }

    #[test]
    fn each_fault_is_named_with_its_value() {
        use PlaceArgError as E;
        for shape in ["", "home", "51.5,-0.1", "=51.5,-0.1", " =51.5,-0.1", "home=", "home=51.5", "home=1,2,3,4"] {
            let error = parse_place(shape).unwrap_err();
            assert!(matches!(error, E::Shape | E::NotANumber { .. }), "{shape}: {error:?}");
        }
        let not = |field, value: &str| Err(E::NotANumber { field, value: value.to_owned() });
        assert_eq!(parse_place("home=51,5407;-0,0033"), not("longitude", "5407;-0"));
        assert_eq!(parse_place("home=NaN,0"), not("latitude", "NaN"));
        assert_eq!(parse_place("home=51.5,-0.1,inf"), not("radius", "inf"));
        assert_eq!(parse_place("home=91,-181"), Err(E::Latitude(91.0)));
        assert_eq!(parse_place("home=51,181"), Err(E::Longitude(181.0)));
        assert_eq!(parse_place("home=0,0"), Err(E::NullIsland));
        assert_eq!(parse_place("home=51.5,-0.1,-1"), Err(E::Radius(-1.0)));
    }

    #[test]
    fn a_swapped_position_is_hinted_at() {
        let error = parse_place("sydney=151.2,-33.9").unwrap_err();
        assert!(error.to_string().ends_with("did you mean -33.9,151.2?"), "{error}");
        assert!(!parse_place("x=200,10").unwrap_err().to_string().contains("mean"));
    }
}
