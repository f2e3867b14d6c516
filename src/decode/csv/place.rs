//! Where a row was: degrees, or an Ordnance Survey grid reference turned into degrees.

use hashbrown::HashMap;

use crate::decode::profile::{BlankPosition, BothKinds, Column};
use crate::model::RejectReason;

use super::fault::{Fault, fault, optional_text, text};
use super::numbers::{Axis, degrees, number};
use super::plan::{Plan, Spot};
use super::records::Fields;

/// How many grid references are remembered; call data name the same masts again and again.
const REMEMBERED: usize = 8_192;

/// The extent of the National Grid, metres: easting, northing.
const GRID_M: [[f64; 2]; 2] = [[0.0, 700_000.0], [0.0, 1_300_000.0]];

/// Grid references already turned into `(lat_deg, lon_deg)`.
#[derive(Debug, Default)]
pub(super) struct GridMemory(HashMap<(u64, u64), Option<(f64, f64)>>);

impl GridMemory {
    /// OSGB36 easting and northing in metres to ETRS89 (WGS84) degrees through OSTN15; `None` outside its coverage.
    fn lat_lon(&mut self, easting_m: f64, northing_m: f64) -> Option<(f64, f64)> {
        let key = (easting_m.to_bits(), northing_m.to_bits());
        if let Some(known) = self.0.get(&key) {
            return *known;
        }
        let found = lonlat_bng::convert_osgb36_to_ll(easting_m, northing_m)
            .ok()
            .map(|(lon, lat)| (lat, lon))
            .filter(|(lat, lon)| lat.is_finite() && lon.is_finite());
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(key, found);
        found
    }
}

type Pair<'a> = Option<(&'a str, &'a str)>;

/// The position of a row, or of its end, `(lat_deg, lon_deg)`; `None` if by nature it has none.
pub(super) fn place<'a>(
    plan: &'a Plan<'_>,
    spot: &'a Spot,
    fields: Fields<'a>,
    memory: &mut GridMemory,
) -> Result<Option<(f64, f64)>, Fault<'a>> {
    let rule = &plan.profile.position;
    let grid = pair(fields, spot.grid.as_ref());
    let geographic = pair(fields, spot.geographic.as_ref());
    let (use_grid, use_geographic) = match (&grid, &geographic) {
        (Ok(None), Ok(None)) => return nowhere(plan, spot, fields),
        (Ok(None), _) => (false, true),
        (_, Ok(None)) => (true, false),
        _ => match rule.both {
            BothKinds::Reject => return Err(both_or_neither()),
            BothKinds::Grid => (true, false),
            BothKinds::Geographic => (false, true),
        },
    };
    if let (true, Some(columns), Some(pair)) = (use_grid, &spot.grid, grid?) {
        return from_grid(plan, columns, pair, memory).map(Some);
    }
    if let (true, Some(columns), Some(pair)) = (use_geographic, &spot.geographic, geographic?) {
        check_datum(plan, fields)?;
        return from_degrees(plan, columns, pair).map(Some);
    }
    nowhere(plan, spot, fields)
}

/// Both texts, or none; one without the other is a fault.
fn pair<'a>(fields: Fields<'a>, columns: Option<&'a (Column, Column)>) -> Result<Pair<'a>, Fault<'a>> {
    let Some((first, second)) = columns else { return Ok(None) };
    match (text(fields, first)?, text(fields, second)?) {
        ("", "") => Ok(None),
        ("", _) => Err(fault(first, "", RejectReason::Missing)),
        (_, "") => Err(fault(second, "", RejectReason::Missing)),
        both => Ok(Some(both)),
    }
}

fn both_or_neither<'a>() -> Fault<'a> {
    Fault { field: "position", value: "", reason: RejectReason::CoordinateKind }
}

fn nowhere<'a>(plan: &'a Plan<'_>, spot: &'a Spot, fields: Fields<'a>) -> Result<Option<(f64, f64)>, Fault<'a>> {
    let first = spot.geographic.as_ref().or(spot.grid.as_ref()).map(|(c, _)| c);
    if plan.profile.position.blank == BlankPosition::NoPosition {
        for column in &spot.named_by {
            let name = text(fields, column)?;
            if !name.is_empty() {
                return Err(Fault { field: "position", value: name, reason: RejectReason::Missing });
            }
        }
        return Ok(None);
    }
    match first {
        Some(column) if spot.grid.is_none() || spot.geographic.is_none() => {
            Err(fault(column, "", RejectReason::Missing))
        }
        _ => Err(both_or_neither()),
    }
}

/// Latitude and longitude on OSGB36 lie about a hundred metres from the same numbers on WGS84: refused, not guessed.
fn check_datum<'a>(plan: &'a Plan<'_>, fields: Fields<'a>) -> Result<(), Fault<'a>> {
    let datum = optional_text(fields, plan.datum.as_ref())?;
    match &plan.datum {
        Some(column) if datum.eq_ignore_ascii_case("OSGB36") => Err(fault(column, datum, RejectReason::CoordinateKind)),
        _ => Ok(()),
    }
}

fn from_grid<'a>(
    plan: &'a Plan<'_>,
    (easting, northing): &'a (Column, Column),
    (e_text, n_text): (&'a str, &'a str),
    memory: &mut GridMemory,
) -> Result<(f64, f64), Fault<'a>> {
    let comma = plan.profile.file.decimal_comma;
    let rule = &plan.profile.position;
    let e = number(e_text, comma).ok_or_else(|| fault(easting, e_text, RejectReason::NotANumber))?;
    let n = number(n_text, comma).ok_or_else(|| fault(northing, n_text, RejectReason::NotANumber))?;
    if e == 0.0 && n == 0.0 {
        return Err(fault(easting, e_text, RejectReason::NullIsland));
    }
    let [e_grid, n_grid] = GRID_M;
    if !within(e, Some(e_grid)) || !within(e, rule.easting_range) {
        return Err(fault(easting, e_text, RejectReason::GridRange));
    }
    if !within(n, Some(n_grid)) || !within(n, rule.northing_range) {
        return Err(fault(northing, n_text, RejectReason::GridRange));
    }
    memory.lat_lon(e, n).ok_or_else(|| fault(easting, e_text, RejectReason::GridRange))
}

fn from_degrees<'a>(
    plan: &'a Plan<'_>,
    (lat, lon): &'a (Column, Column),
    (lat_text, lon_text): (&'a str, &'a str),
) -> Result<(f64, f64), Fault<'a>> {
    let comma = plan.profile.file.decimal_comma;
    let rule = &plan.profile.position;
    let read = |column, value, axis, range| {
        let deg =
            degrees(value, rule.unit, axis, comma).ok_or_else(|| fault(column, value, RejectReason::NotANumber))?;
        // A range of the profile's own, narrower than the globe; what is off the globe is told by the common check.
        if within(deg, range) { Ok(deg) } else { Err(fault(column, value, RejectReason::NotAllowed)) }
    };
    Ok((read(lat, lat_text, Axis::Latitude, rule.lat_range)?, read(lon, lon_text, Axis::Longitude, rule.lon_range)?))
}

fn within(value: f64, range: Option<[f64; 2]>) -> bool {
    range.is_none_or(|[least, most]| (least..=most).contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Ordnance Survey, "Transformations and OSGM15 user guide", pages 20 to 23: Caister water
    /// tower. A seven-parameter (Helmert) conversion is metres off here.
    #[test]
    fn a_grid_reference_is_turned_into_degrees_through_ostn15() {
        let mut memory = GridMemory::default();
        for _first_computed_then_remembered in 0..2 {
            let (lat, lon) = memory.lat_lon(651_409.804, 313_177.450).unwrap();
            assert!((lat - 52.658_007_833).abs() < 1e-8 && (lon - 1.716_073_973).abs() < 1e-8, "{lat}, {lon}");
        }
        assert_eq!(memory.lat_lon(1.0, 1.0), None, "in the Atlantic, outside OSTN15");
    }
}
