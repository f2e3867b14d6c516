//! Positions written as text: `51.5074°, -0.1278°` (Android) and `geo:51.5074,-0.1278` (iOS, RFC 5870).
//!
//! Latitude comes first in both. The degree sign may have been spoilt by a wrong code page (`Â°`): whatever is not
//! ASCII after the number is dropped.

/// A position read from text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LatLon {
    /// Latitude, degrees.
    pub(super) lat_deg: f64,
    /// Longitude, degrees.
    pub(super) lon_deg: f64,
    /// The `u` of a `geo:` text, metres.
    pub(super) uncertainty_m: Option<f64>,
}

/// Reads a position; `None` if the text is not one, or a `geo:` text is not in WGS84.
pub(super) fn parse(text: &str) -> Option<LatLon> {
    let text = text.trim();
    let geo = text.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("geo:"));
    let (coordinates, parameters) =
        if geo { text.get(4..)?.split_once(';').unwrap_or((text.get(4..)?, "")) } else { (text, "") };
    let mut parts = coordinates.split(',');
    let (lat_deg, lon_deg) = (degrees(parts.next()?)?, degrees(parts.next()?)?);
    // A `geo:` text may carry an altitude; a further comma in the other form is a decimal comma.
    let rest = parts.count();
    if rest > usize::from(geo) {
        return None;
    }
    let mut uncertainty_m = None;
    for parameter in parameters.split(';').filter(|p| !p.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if name.eq_ignore_ascii_case("crs") && !value.eq_ignore_ascii_case("wgs84") {
            return None;
        }
        if name.eq_ignore_ascii_case("u") {
            uncertainty_m = Some(value.parse().ok()?);
        }
    }
    Some(LatLon { lat_deg, lon_deg, uncertainty_m })
}

fn degrees(part: &str) -> Option<f64> {
    let number = part.trim().trim_end_matches(|c: char| !c.is_ascii()).trim_end();
    number.parse().ok().filter(|deg: &f64| deg.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_a_spoilt_degree_sign_are_read() {
        let london = Some(LatLon { lat_deg: 51.5074, lon_deg: -0.1278, uncertainty_m: None });
        for text in [
            "51.5074°, -0.1278°",
            "51.5074\u{c2}\u{b0}, -0.1278\u{c2}\u{b0}",
            "51.5074\u{fffd}, -0.1278\u{fffd}",
            "51.5074,-0.1278",
            "geo:51.5074,-0.1278",
            "GEO:51.5074,-0.1278,35.2",
        ] {
            assert_eq!(parse(text), london, "{text}");
        }
        assert_eq!(parse("geo:1,2;crs=wgs84;u=35").and_then(|p| p.uncertainty_m), Some(35.0));
    }

    #[test]
    fn what_is_not_a_position_is_refused() {
        for text in
            ["", "geo:", "51,5°, -0,1°", "51.5", "nan, 1", "inf,0", "geo:1,2;crs=osgb", "°,°", "gé:1,2", "1,2,3"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
