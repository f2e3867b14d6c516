//! A case of a feed as it truly is: every record, and where its device truly was, for validation.
//!
//! The records are those of the device's returned file, each once; the truth is the same that [`truth`](super::truth())
//! tells of, moment by moment.

use std::sync::Arc;

use super::case_feed::CaseStory;
use super::device::DeviceKind;
use super::feed_error::FeedError;
use super::params::FeedParams;
use super::people::CITY_DEG;
use super::record::FeedFix;
use crate::model::{Place, Role};
use crate::simulate::plane::Plane;
use crate::simulate::track::Track;

/// A device of which the truth is known.
#[derive(Debug)]
pub struct KnownDevice {
    /// The device, as its records name it.
    pub device_id: String,
    /// Whose it is: a victim's or a suspect's.
    pub role: Role,
    /// Phone, SIM, car or tag.
    pub kind: DeviceKind,
    /// Its records, each once, in the order of true time.
    pub records: Vec<FeedFix>,
    track: Arc<Track>,
}

impl KnownDevice {
    /// Where it truly was at a moment of true time (UTC microseconds): WGS84 latitude and longitude, degrees.
    ///
    /// Before its owner's life begins and after it ends it rests where it was first and last.
    #[must_use]
    pub fn truly_at(&self, true_us: i64) -> (f64, f64) {
        Plane::around(CITY_DEG.0, CITY_DEG.1).degrees(self.track.at(true_us))
    }
}

/// A case of which the truth is known.
#[derive(Debug)]
pub struct KnownCase {
    /// The case.
    pub case_id: String,
    /// Its devices, in the order of the feed.
    pub devices: Vec<KnownDevice>,
    /// The victims' places.
    pub places: Vec<Place>,
}

/// A case of a feed by its number, from 0, with the truth about it.
///
/// # Errors
/// [`FeedError`] if the parameters cannot be used.
pub fn known_case(params: &FeedParams, case: usize) -> Result<KnownCase, FeedError> {
    params.validate()?;
    let story = CaseStory::tell(params, case)?;
    let known = |(number, device): (usize, &Arc<super::device::Device>)| {
        let track = story.track(number)?;
        let device_id: Arc<str> = device.id.as_str().into();
        let records = story.sampler(params, number)?;
        let records = records.map(|o| FeedFix::new(Arc::clone(&device_id), number, &o, false)).collect();
        Some(KnownDevice { device_id: device.id.clone(), role: device.role, kind: device.kind, records, track })
    };
    let devices = story.devices.iter().enumerate().filter_map(known).collect();
    Ok(KnownCase { case_id: story.case_id.to_string(), devices, places: story.places })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::distance_m;

    #[test]
    fn records_lie_about_the_truth_and_their_errors_are_bounded() {
        let params = FeedParams { cases: 1, days: 2, ..FeedParams::default() };
        let case = known_case(&params, 0).unwrap();
        let phone = case.devices.iter().find(|d| d.kind == DeviceKind::Phone && d.role == Role::Suspect).unwrap();
        assert!(phone.records.len() > 1_000, "{}", phone.records.len());
        let mut errors_m: Vec<f64> = phone
            .records
            .iter()
            .map(|r| {
                let (lat_deg, lon_deg) = phone.truly_at(r.true_us);
                let e7 = |n: i64| f64::from(i32::try_from(n).unwrap()) / 1e7;
                distance_m(e7(r.lat_e7), e7(r.lon_e7), lat_deg, lon_deg)
            })
            .collect();
        errors_m.sort_by(f64::total_cmp);
        assert!(errors_m[errors_m.len() / 2] > 1.0, "positions have errors");
        assert!(errors_m[errors_m.len() - 1] < 252.0, "{:?}", errors_m.last());
        assert!(errors_m[errors_m.len() / 2] < 30.0, "the truth is where the records are");
    }
}
