//! Identifiers of fixes, targets and proximities, from what is in them.
//!
//! The same record delivered twice has one name, and a changed record another. How the name is made of the fields is
//! in [`Content`].

use crate::model::{Content, ContentId, Fix, FixRow, Incident, Place, ProximityParams, TargetKind};

/// The identifier of a fix: every field of it, its exhibit, row and path included.
#[must_use]
pub fn fix_id(fix: &Fix) -> ContentId {
    fix_row_id(&fix.row(), &fix.exhibit)
}

/// The identifier of a fix of the exhibit with this SHA-256 (empty if it came through none), as [`fix_id`] gives it.
#[must_use]
pub fn fix_row_id(fix: &FixRow<'_>, exhibit: &str) -> ContentId {
    Content::of("fix 1")
        .text(fix.device)
        .text(fix.source.as_str())
        .whole(fix.t0_us)
        .whole(fix.t1_us)
        .real(fix.lat_deg)
        .real(fix.lon_deg)
        .maybe_real(fix.uncertainty_m)
        .real(fix.confidence)
        .text(fix.basis.as_str())
        .text(exhibit)
        .natural(fix.row)
        .text(fix.path)
        .text(fix.time_text)
        .natural(u64::from(fix.time_ambiguous))
        .finish()
}

/// The identifier of a place.
#[must_use]
pub fn place_id(place: &Place) -> ContentId {
    Content::of("place 1").text(&place.name).real(place.lat_deg).real(place.lon_deg).real(place.radius_m).finish()
}

/// The identifier of an incident: every field of it.
#[must_use]
pub fn incident_id(incident: &Incident) -> ContentId {
    Content::of("incident 1")
        .text(&incident.reference)
        .text(&incident.kind)
        .whole(incident.t0_us)
        .whole(incident.t1_us)
        .real(incident.lat_deg)
        .real(incident.lon_deg)
        .maybe_real(incident.uncertainty_m)
        .text(&incident.exhibit)
        .natural(incident.row)
        .text(&incident.time_text)
        .natural(u64::from(incident.time_ambiguous))
        .finish()
}

/// The identifier of a proximity: its fix, its target, and the radius and window at which it is one.
#[must_use]
pub fn proximity_id(fix: ContentId, target: ContentId, params: &ProximityParams) -> ContentId {
    Content::of("proximity 1").id(fix).id(target).real(params.radius_m).whole(params.window_us).finish()
}

/// The identifier that an encounter keeps while it grows: its device, what the device was near, the parameters, and its
/// first pair. An earlier pair that comes later makes it another encounter, which takes the place of this one.
#[must_use]
pub fn anchor_id(
    device: &str,
    target: (TargetKind, &str),
    first: (ContentId, ContentId),
    params: &ProximityParams,
) -> ContentId {
    let content = Content::of("anchor 1").text(device).text(target.0.as_str()).text(target.1);
    content.id(first.0).id(first.1).params(params).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Basis, SourceKind};

    fn fix() -> Fix {
        Fix {
            device: "ab".to_owned(),
            source: SourceKind::Gps,
            t0_us: 1,
            t1_us: 2,
            lat_deg: 0.0,
            lon_deg: -1.5,
            uncertainty_m: None,
            confidence: 0.68,
            basis: Basis::Measured,
            exhibit: "e".to_owned(),
            row: 7,
            path: "c".to_owned(),
            time_text: "d".to_owned(),
            time_ambiguous: false,
        }
    }

    #[test]
    fn the_name_of_a_record_never_changes_between_versions() {
        // Stored tables and statements hold these names: a change here needs a new domain word and a migration.
        assert_eq!(fix_id(&fix()).to_string(), "547c83f12b5bedf8");
        assert_eq!(fix_id(&Fix { lat_deg: -0.0, ..fix() }), fix_id(&fix()));
    }

    #[test]
    fn every_field_of_a_fix_counts() {
        let changed = [
            Fix { device: "a".to_owned(), ..fix() },
            Fix { source: SourceKind::Wifi, ..fix() },
            Fix { t0_us: 0, ..fix() },
            Fix { t1_us: 3, ..fix() },
            Fix { lat_deg: 1e-300, ..fix() },
            Fix { lon_deg: 1.5, ..fix() },
            Fix { uncertainty_m: Some(0.0), ..fix() },
            Fix { uncertainty_m: Some(1.0), ..fix() },
            Fix { confidence: 0.5, ..fix() },
            Fix { basis: Basis::Edited, ..fix() },
            Fix { exhibit: "f".to_owned(), ..fix() },
            Fix { row: 8, ..fix() },
            Fix { path: "cd".to_owned(), time_text: String::new(), ..fix() },
            Fix { time_text: "e".to_owned(), ..fix() },
            Fix { time_ambiguous: true, ..fix() },
        ];
        let mut ids: Vec<_> = changed.iter().map(fix_id).collect();
        ids.push(fix_id(&fix()));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), changed.len() + 1);
    }

    #[test]
    fn a_proximity_is_named_by_both_ends_and_by_what_near_means() {
        let params = ProximityParams::default();
        let (a, b) =
            (fix_id(&fix()), place_id(&Place { name: "home".into(), lat_deg: 0.0, lon_deg: 0.0, radius_m: 1.0 }));
        let id = proximity_id(a, b, &params);
        assert_ne!(id, proximity_id(b, a, &params));
        assert_ne!(id, proximity_id(a, b, &ProximityParams { radius_m: 50.0, ..params }));
        // How proximities are strung together does not change what each of them is.
        assert_eq!(id, proximity_id(a, b, &ProximityParams { gap_us: 0, max_interpolation_us: 0, ..params }));
    }
}
