//! H3 cells that cover a disc: none of the disc lies outside them.
//!
//! A cell that meets the disc has its centre within `theta + rho` of the disc's centre, where `theta` is the disc's angle
//! ([`super::disc::angle`]) and `rho` the angle from the cell's centre to its farthest corner. The cells that meet a disc
//! are connected by shared edges, so a flood from the centre's cell over all cells that pass this test finds every one.
//! Nothing is assumed about cell sizes, so pentagons, poles and the antimeridian are no special cases. H3 takes geodetic
//! coordinates for spherical ones, and so does the bound.

use std::collections::BTreeSet;

use h3o::{CellIndex, LatLng, Resolution};

use super::disc::angle;

/// More cells than this are refused: the resolution is too fine for the radius.
pub const MAX_CELLS: usize = 100_000;

/// A disc that cannot be covered; retrying with a coarser resolution helps for [`CoverError::TooMany`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CoverError {
    /// The centre is not a position.
    #[error("{lat_deg}, {lon_deg} degrees is not a position")]
    Position {
        /// Latitude, degrees.
        lat_deg: f64,
        /// Longitude, degrees.
        lon_deg: f64,
    },
    /// The radius is negative or not a number.
    #[error("radius {0} m must be 0 or more")]
    Radius(f64),
    /// The cover would be too large.
    #[error("a disc of {radius_m} m needs more than {MAX_CELLS} cells of resolution {resolution}: use a coarser one")]
    TooMany {
        /// The radius, metres.
        radius_m: f64,
        /// The resolution, 0 to 15.
        resolution: u8,
    },
}

/// The resolution at which a disc is covered by a handful of cells: the finest whose average edge is at least the radius.
#[must_use]
pub fn resolution_for(radius_m: f64) -> Resolution {
    Resolution::range(Resolution::Zero, Resolution::Fifteen)
        .take_while(|r| r.edge_length_m() >= radius_m)
        .last()
        .unwrap_or(Resolution::Zero)
}

/// The cells of `resolution` that cover the disc of `radius_m` metres (geodesic or haversine) about a position, in order.
///
/// # Errors
/// [`CoverError`] if the centre or radius cannot be used, or the cover would exceed [`MAX_CELLS`].
pub fn cover(lat_deg: f64, lon_deg: f64, radius_m: f64, resolution: Resolution) -> Result<Vec<CellIndex>, CoverError> {
    if !super::distance::is_position(lat_deg, lon_deg) {
        return Err(CoverError::Position { lat_deg, lon_deg });
    }
    if radius_m.is_nan() || radius_m < 0.0 {
        return Err(CoverError::Radius(radius_m));
    }
    let centre = LatLng::new(lat_deg, lon_deg).map_err(|_| CoverError::Position { lat_deg, lon_deg })?;
    let theta = angle(radius_m) * (1.0 + 1e-11) + 1e-11;
    let start = centre.to_cell(resolution);
    let (mut found, mut edge) = (BTreeSet::from([start]), vec![start]);
    while let Some(cell) = edge.pop() {
        for near in cell.grid_disk::<Vec<_>>(1) {
            if !found.contains(&near) && meets(near, centre, theta) {
                if found.len() >= MAX_CELLS {
                    return Err(CoverError::TooMany { radius_m, resolution: resolution.into() });
                }
                found.insert(near);
                edge.push(near);
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn meets(cell: CellIndex, centre: LatLng, theta: f64) -> bool {
    let middle = LatLng::from(cell);
    let rho = cell.boundary().iter().map(|corner| middle.distance_rads(*corner)).fold(0.0, f64::max);
    centre.distance_rads(middle) <= theta + rho * (1.0 + 1e-9) + 1e-11
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{DirectGeodesic, Geodesic};
    use proptest::prelude::*;

    /// Centres of pentagons and points around them, poles, the antimeridian, and anywhere.
    fn centres() -> impl Strategy<Value = (f64, f64)> {
        let pentagons: Vec<(f64, f64)> = CellIndex::base_cells()
            .filter(|c| c.is_pentagon())
            .map(|c| (LatLng::from(c).lat(), LatLng::from(c).lng()))
            .collect();
        prop_oneof![
            (prop::sample::select(pentagons), -0.05..0.05f64, -0.05..0.05f64).prop_map(|(p, a, b)| (p.0 + a, p.1 + b)),
            (prop_oneof![89.9..=90.0f64, -90.0..=-89.9f64], -180.0..=180.0f64),
            (-80.0..80.0f64, prop_oneof![179.99..=180.0f64, -180.0..=-179.99f64]),
            (-90.0..=90.0f64, -180.0..=180.0f64),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        #[test]
        fn no_position_within_the_radius_escapes_the_cover(
            (lat, lon) in centres(), resolution in 0u8..=13, size in 0.0..2.5f64,
            azimuth in 0.0..360.0f64, share in prop_oneof![Just(1.0), 0.0..=1.0f64]) {
            let resolution = Resolution::try_from(resolution).unwrap();
            let radius_m = resolution.edge_length_m() * size;
            let cells = cover(lat, lon, radius_m, resolution).unwrap();
            let (lat2, lon2): (f64, f64) = Geodesic::wgs84().direct(lat, lon, azimuth, radius_m * share);
            let cell = LatLng::new(lat2, lon2).unwrap().to_cell(resolution);
            prop_assert!(cells.contains(&cell), "{} not among {} cells", cell, cells.len());
            prop_assert!(cells.len() < 80, "{} cells for {} edges", cells.len(), size);
        }
    }

    #[test]
    fn the_resolution_follows_the_radius() {
        assert_eq!(resolution_for(5.0), Resolution::Twelve);
        assert_eq!(resolution_for(100.0), Resolution::Nine);
        assert_eq!(resolution_for(10_000.0), Resolution::Four);
        assert_eq!(resolution_for(1e9), Resolution::Zero);
    }

    #[test]
    fn what_cannot_be_covered_is_refused() {
        assert!(matches!(cover(91.0, 0.0, 1.0, Resolution::Nine), Err(CoverError::Position { .. })));
        assert!(matches!(cover(0.0, 0.0, f64::NAN, Resolution::Nine), Err(CoverError::Radius(_))));
        assert!(matches!(cover(0.0, 0.0, 1e6, Resolution::Fifteen), Err(CoverError::TooMany { .. })));
    }
}
