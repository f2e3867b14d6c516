//! From cases of known truth to labelled ratios, graded pairs and stated probabilities.
//!
//! ```text
//!  device, place, day ─┬─ a moment at which it truly was near (if there is one) ─────> ratio, labelled near
//!                      └─ a moment about which it truly was away all the time ───────> ratio, labelled routine
//!  suspect's record ─── the victim's record nearest in time, every ten minutes ──────> grade, probability, true distance
//! ```
//! One moment of each label a device, a place and a day: several of one stay would say the same thing more than once.

use std::collections::BTreeMap;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::encounter::{End, Origin, contact};
use crate::evaluate::strength::{ENFSI_2015, Prior, Routines, Settings, computed, in_time};
use crate::evaluate::validation::{Judged, Labelled, LabelledError, Range};
use crate::evaluate::{Allegation, Device, Record};
use crate::index::{distance_m, sigma_m};
use crate::model::{DEFAULT_CONFIDENCE, Place, ProximityParams, Role};
use crate::simulate::feed::{
    DeviceKind, FEED_ZONE, FeedError, FeedFix, FeedParams, KnownCase, KnownDevice, known_case,
};
use crate::time::{US_PER_S, ZoneRule};

const MINUTE_US: i64 = 60 * US_PER_S;
const MINUTES_A_DAY: i64 = 24 * 60;
/// How long an allegation lasts, minutes.
const ALLEGED_MIN: i64 = 5;
/// Pairs are taken this far apart in time at least: those of one minute are nearly one pair.
const PAIR_EVERY_US: i64 = 10 * MINUTE_US;
/// Pairs that lie farther apart than their uncertainties and this tell nothing: nobody doubts them, metres.
const DOUBTFUL_M: f64 = 1_000.0;

/// What is validated.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) radius_m: f64,
    pub(super) window_us: i64,
    pub(super) prior: Prior,
}

/// What is known of one kind of record.
#[derive(Debug)]
pub(super) struct OfSource {
    near: Vec<f64>,
    routine: Vec<f64>,
    pub(super) sigma_m: Range,
    pub(super) radius_m: Range,
    pub(super) judged: Vec<Judged>,
    pub(super) stated: Vec<(f64, bool)>,
}

impl Default for OfSource {
    fn default() -> Self {
        let nothing = Range { from: f64::INFINITY, to: 0.0 };
        Self {
            near: Vec::new(),
            routine: Vec::new(),
            sigma_m: nothing,
            radius_m: nothing,
            judged: Vec::new(),
            stated: Vec::new(),
        }
    }
}

impl OfSource {
    pub(super) fn labelled(&self) -> Result<Labelled, LabelledError> {
        Labelled::new(self.near.clone(), self.routine.clone())
    }

    fn saw(&mut self, sigma_m: f64) {
        self.sigma_m = widened(self.sigma_m, sigma_m);
    }

    fn asked_within(&mut self, radius_m: f64) {
        self.radius_m = widened(self.radius_m, radius_m);
    }
}

fn widened(range: Range, value: f64) -> Range {
    Range { from: range.from.min(value), to: range.to.max(value) }
}

/// By the word of the source.
pub(super) type BySource = BTreeMap<&'static str, OfSource>;

/// Labels the cases of a feed.
pub(super) fn label(params: &FeedParams, asked: &Asked) -> Result<BySource, FeedError> {
    let mut found = BySource::new();
    let zone = ZoneRule::parse(FEED_ZONE)?;
    let mut rng = ChaCha8Rng::seed_from_u64(params.seed);
    for case in (0..params.cases).filter_map(|n| usize::try_from(n).ok()) {
        let known = known_case(params, case)?;
        for device in known.devices.iter().filter(|d| d.role == Role::Suspect && d.kind != DeviceKind::Car) {
            ratios(params, &known, device, (asked, &zone), &mut rng, &mut found);
            for hers in known.devices.iter().filter(|d| d.role == Role::Victim && d.kind == DeviceKind::Phone) {
                pairs(device, hers, asked, &mut found);
            }
        }
    }
    Ok(found)
}

fn degrees(e7: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "180 degrees are 1.8e9, far below 2^53")]
    let whole = e7 as f64;
    whole / 1e7
}

fn record(row: u64, fix: &FeedFix) -> Record {
    Record {
        t0_us: fix.t_us,
        t1_us: fix.t_us,
        lat_deg: degrees(fix.lat_e7),
        lon_deg: degrees(fix.lon_e7),
        uncertainty_m: f64::from(fix.uncertainty_m),
        confidence: DEFAULT_CONFIDENCE,
        source: fix.source,
        azimuth_deg: fix.azimuth_deg.map(f64::from),
        origin: Origin { exhibit: 0, row },
    }
}

fn ratios(
    params: &FeedParams,
    known: &KnownCase,
    device: &KnownDevice,
    (asked, zone): (&Asked, &ZoneRule),
    rng: &mut ChaCha8Rng,
    found: &mut BySource,
) {
    let numbered = || (1_u64..).zip(&device.records);
    let records = numbered().map(|(row, r)| record(row, r)).collect();
    let read = Device::new(device.device_id.clone(), "suspect", records);
    let settings = Settings { prior: &asked.prior, zone, validation: None, scale: &ENFSI_2015 };
    let routines = Routines::new(&read, &settings);
    for place in &known.places {
        for day in 0..i64::from(params.days) {
            let from_us = params.start_us + day * MINUTES_A_DAY * MINUTE_US;
            // By turns the place's point and the place with its extent, so that both sizes of "near" are tried.
            let place = Place { radius_m: if day % 2 == 0 { place.radius_m } else { 0.0 }, ..place.clone() };
            for (near, moment_us) in moments(device, &place, from_us, asked, rng) {
                let allegation = Allegation {
                    reference: String::new(),
                    t0_us: moment_us,
                    t1_us: moment_us + ALLEGED_MIN * MINUTE_US,
                    lat_deg: place.lat_deg,
                    lon_deg: place.lon_deg,
                    uncertainty_m: place.radius_m,
                };
                for (source, records) in in_time(&read, &allegation, asked.window_us) {
                    let Ok(c) = computed(&records, &allegation, asked.radius_m, &routines, &settings) else { continue };
                    let of_source = found.entry(source.as_str()).or_default();
                    of_source.asked_within(asked.radius_m + place.radius_m);
                    if near { &mut of_source.near } else { &mut of_source.routine }.push(c.log10_lr);
                    c.used.iter().for_each(|r| of_source.saw(sigma_m(r.uncertainty_m, r.confidence)));
                }
            }
        }
    }
}

/// At most one moment of a day at which the device truly was near the place, and one about which it was away.
fn moments(device: &KnownDevice, place: &Place, from_us: i64, asked: &Asked, rng: &mut ChaCha8Rng) -> Vec<(bool, i64)> {
    let near_at = |minute: i64| {
        let (lat_deg, lon_deg) = device.truly_at(from_us + minute * MINUTE_US);
        distance_m(lat_deg, lon_deg, place.lat_deg, place.lon_deg) <= asked.radius_m + place.radius_m
    };
    let near: Vec<bool> = (0..MINUTES_A_DAY).map(near_at).collect();
    let about = usize::try_from(ALLEGED_MIN + asked.window_us / MINUTE_US + 1).unwrap_or(usize::MAX);
    let (mut there, mut away) = (Vec::new(), Vec::new());
    for (at, near_now) in near.iter().enumerate() {
        let around = near.get(at.saturating_sub(about)..at.saturating_add(about));
        if *near_now {
            there.push(at);
        } else if around.is_some_and(|minutes| !minutes.contains(&true)) {
            away.push(at);
        }
    }
    let mut chosen = Vec::new();
    for (is_near, minutes) in [(true, there), (false, away)] {
        let Some(many) = u64::try_from(minutes.len()).ok().filter(|n| *n > 0) else { continue };
        // A day has 1,440 minutes: what the remainder favours is far below what could be seen.
        let drawn = usize::try_from(rng.next_u64() % many).ok();
        let minute = drawn.and_then(|at| minutes.get(at)).and_then(|m| i64::try_from(*m).ok());
        chosen.extend(minute.map(|m| (is_near, from_us + m * MINUTE_US)));
    }
    chosen
}

/// Grades and probabilities of pairs of records, with the true distance of the two at the moments of their records.
fn pairs(device: &KnownDevice, hers: &KnownDevice, asked: &Asked, found: &mut BySource) {
    let params = ProximityParams {
        radius_m: asked.radius_m,
        exit_radius_m: asked.radius_m,
        window_us: asked.window_us,
        ..ProximityParams::default()
    };
    let (mut next_us, mut before_us) = (i64::MIN, None);
    for fix in &device.records {
        let sampling_us =
            before_us.replace(fix.t_us).map_or(i64::MAX, |before: i64| fix.t_us.abs_diff(before).cast_signed());
        let Some(other) = nearest_in_time(&hers.records, fix.t_us) else { continue };
        if fix.t_us < next_us || fix.t_us.abs_diff(other.t_us) > asked.window_us.unsigned_abs() {
            continue;
        }
        let (f, g) = (end(fix), end(other));
        let uncertainty_sum_m = f.uncertainty_m + g.uncertainty_m;
        if distance_m(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg) > uncertainty_sum_m + DOUBTFUL_M {
            continue;
        }
        next_us = fix.t_us + PAIR_EVERY_US;
        let ((lat1, lon1), (lat2, lon2)) = (device.truly_at(fix.true_us), hers.truly_at(other.true_us));
        let true_distance_m = distance_m(lat1, lon1, lat2, lon2);
        let judged = contact((0, &f), (0, &g), &params);
        let of_source = found.entry(fix.source.as_str()).or_default();
        of_source.judged.push(Judged {
            grade: judged.and_then(|c| c.grade),
            true_distance_m,
            uncertainty_sum_m,
            sampling_s: std::time::Duration::from_micros(sampling_us.unsigned_abs()).as_secs_f64(),
        });
        let far = ProximityParams { exit_radius_m: 1e7, ..params };
        if let Some(c) = contact((0, &f), (0, &g), &far) {
            of_source.stated.push((c.p_within, true_distance_m <= asked.radius_m));
        }
    }
}

fn end(fix: &FeedFix) -> End {
    let uncertainty_m = Some(f64::from(fix.uncertainty_m));
    End::of_fix(degrees(fix.lat_e7), degrees(fix.lon_e7), uncertainty_m, DEFAULT_CONFIDENCE)
}

/// The record whose time is nearest; records are in the order of true time, from which a device's clock is out by a constant.
fn nearest_in_time(records: &[FeedFix], t_us: i64) -> Option<&FeedFix> {
    let after = records.partition_point(|r| r.t_us < t_us);
    let around = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|at| records.get(at));
    around.min_by_key(|r| (r.t_us.abs_diff(t_us), r.t_us))
}
